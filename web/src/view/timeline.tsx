// What happened to a job, in order, and how long it was between.
import type { Detail } from '../api/jobs';
import { formatDuration } from '../model/format';
import { hasEnded, markOf, MARK_NAMES, type Job } from '../model/job';
import { nameOf } from '../state/session';
import { Time } from './time';

interface Moment {
  what: string;
  at: string;
  by?: string;
}

function momentsOf(job: Job, detail: Detail | undefined): Moment[] {
  const moments: Moment[] = [{ what: 'Created', at: job.createdOn, by: nameOf(job.createdBy) }];
  const lease = detail?.lease;
  if (detail?.runAfter) moments.push({ what: 'Not before', at: detail.runAfter });
  if (job.startDate)
    moments.push({
      what: 'Started',
      at: job.startDate,
      ...(lease ? { by: lease.workerId } : {}),
    });
  if (job.state === 'RUNNING' && lease?.held) {
    moments.push(
      { what: 'Last progress', at: lease.progressOn },
      { what: 'Last heartbeat', at: lease.beatOn },
    );
  }
  if (job.state === 'DELETED') {
    if (job.endDate && job.endDate !== job.lastModifiedOn)
      moments.push({ what: 'Ended', at: job.endDate });
    moments.push({ what: 'Deleted', at: job.lastModifiedOn, by: nameOf(job.lastModifiedBy) });
  } else if (hasEnded(job) && job.endDate) {
    moments.push({ what: MARK_NAMES[markOf(job)], at: job.endDate });
  }
  return moments.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

export function Timeline({ job, detail }: { job: Job; detail: Detail | undefined }) {
  const moments = momentsOf(job, detail);
  return (
    <section aria-labelledby="timeline-title">
      <h2 id="timeline-title">Timeline</h2>
      <ol class="timeline">
        {moments.map(({ what, at, by }, index) => {
          const before = moments[index - 1];
          const since = before && (Date.parse(at) - Date.parse(before.at)) / 1000;
          return (
            <li key={what}>
              <span class="what">{what}</span>
              <Time iso={at} />
              <span class="muted num">
                {since === undefined ? '' : `+ ${formatDuration(since)}`}
              </span>
              {by && <span class="muted by">{by}</span>}
            </li>
          );
        })}
      </ol>
    </section>
  );
}
