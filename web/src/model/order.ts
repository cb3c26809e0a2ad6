// The order of jobs as the server has it, so that what the feed brings finds its row.
import type { Job } from './job';
import type { Sort, SortField } from './place';

// Names sort by folded text; this is the folding a browser has.
const folded = (text: string) => text.normalize('NFKC').toLowerCase();

const KEYS: Record<SortField, (job: Job) => string | undefined> = {
  NAME: (job) => folded(job.name),
  TYPE: (job) => job.type,
  START_DATE: (job) => job.startDate,
  END_DATE: (job) => job.endDate,
  STATE: (job) => job.state,
  RESULT: (job) => job.result,
};

// What a job is sorted by; a job whose key changed belongs somewhere else.
export function sortKey(job: Job, sort: Sort): string | undefined {
  return sort.field && KEYS[sort.field](job);
}

const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

// Newest first within equal keys: an id begins with the job's place in time. No date comes last in both orders.
export function compareJobs(sort: Sort): (a: Job, b: Job) => number {
  const sign = sort.order === 'ASC' ? 1 : -1;
  return (a, b) => {
    const x = sortKey(a, sort);
    const y = sortKey(b, sort);
    if (x !== y) {
      if (x === undefined) return 1;
      if (y === undefined) return -1;
      return sign * byText(x, y);
    }
    return byText(b.id, a.id);
  };
}
