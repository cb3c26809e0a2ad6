// The list of jobs on the screen: rows stay where they are until the reader asks for what is new.
import type { Job } from './job';
import { compareJobs, sortKey } from './order';
import type { Sort } from './place';

export interface Page {
  results: Job[];
  nextCursor?: string;
}

export type Change =
  | { kind: 'job'; job: Job }
  | { kind: 'gone'; id: string }
  | { kind: 'stalled'; id: string; progressOn: string };

export interface List {
  readonly sort: Sort;
  readonly rows: readonly Job[];
  readonly at: ReadonlyMap<string, number>;
  readonly cursor?: string; // of the next page; none: all rows are here
  readonly begun: boolean; // the first page is here
  readonly fresh: ReadonlyMap<string, Job>; // belong among the rows, but are not shown yet
  readonly gone: ReadonlySet<string>; // are shown, but match no longer
  readonly moved: ReadonlySet<string>; // are shown, but belong to another place
  readonly stalled: ReadonlyMap<string, string>; // when they moved last; none has moved since
}

// More than this is not kept: whoever wants to see it gets the list anew.
export const MOST_FRESH = 2000;

export function emptyList(sort: Sort): List {
  return {
    sort,
    rows: [],
    at: new Map(),
    begun: false,
    fresh: new Map(),
    gone: new Set(),
    moved: new Set(),
    stalled: new Map(),
  };
}

// To be read anew: what stalls is told once, so it is kept.
export const emptied = (list: List): List => ({ ...emptyList(list.sort), stalled: list.stalled });

const placesOf = (rows: readonly Job[]) => new Map(rows.map((job, index) => [job.id, index]));

// A job that is there already (it moved behind the cursor) keeps its row and is brought up to date.
export function appendPage(list: List, page: Page): List {
  const rows = [...list.rows];
  const at = new Map(list.at);
  const fresh = new Map(list.fresh);
  const stalled = new Map(list.stalled);
  for (const job of page.results) {
    const known = at.get(job.id);
    if (known === undefined) at.set(job.id, rows.push(job) - 1);
    else if (job.lastModifiedOn >= rows[known]!.lastModifiedOn) rows[known] = job;
    fresh.delete(job.id);
    const movedOn = stalled.get(job.id);
    if (movedOn && Date.parse(job.lastModifiedOn) > Date.parse(movedOn)) stalled.delete(job.id);
  }
  return { ...list, rows, at, fresh, stalled, cursor: page.nextCursor, begun: true };
}

// Whether a job belongs among the rows so far, and not to a page yet to come.
function belongs(list: List, job: Job): boolean {
  const last = list.rows[list.rows.length - 1];
  return list.cursor === undefined || last === undefined || compareJobs(list.sort)(job, last) < 0;
}

interface Draft {
  rows: Job[];
  fresh: Map<string, Job>;
  gone: Set<string>;
  moved: Set<string>;
  stalled: Map<string, string>;
}

function takeJob(list: List, draft: Draft, job: Job): void {
  draft.stalled.delete(job.id);
  const index = list.at.get(job.id);
  if (index !== undefined) {
    if (sortKey(draft.rows[index]!, list.sort) !== sortKey(job, list.sort)) draft.moved.add(job.id);
    draft.rows[index] = job;
    draft.gone.delete(job.id);
  } else if (belongs(list, job)) {
    if (draft.fresh.has(job.id) || draft.fresh.size < MOST_FRESH) draft.fresh.set(job.id, job);
  } else {
    draft.fresh.delete(job.id);
  }
}

function takeGone(list: List, draft: Draft, id: string): void {
  draft.stalled.delete(id);
  draft.fresh.delete(id);
  if (list.at.has(id)) draft.gone.add(id);
}

// What the feed said: rows change in place, everything else waits.
export function receive(list: List, changes: readonly Change[]): List {
  if (!list.begun || changes.length === 0) return list;
  const draft: Draft = {
    rows: [...list.rows],
    fresh: new Map(list.fresh),
    gone: new Set(list.gone),
    moved: new Set(list.moved),
    stalled: new Map(list.stalled),
  };
  for (const change of changes) {
    if (change.kind === 'job') takeJob(list, draft, change.job);
    else if (change.kind === 'gone') takeGone(list, draft, change.id);
    else draft.stalled.set(change.id, change.progressOn);
  }
  return { ...list, ...draft };
}

// Every row to its place, the new ones in, those that match no longer out.
export function applyNews(list: List): List {
  if (newsCount(list) === 0) return list;
  const rows = [...list.rows.filter((job) => !list.gone.has(job.id)), ...list.fresh.values()];
  rows.sort(compareJobs(list.sort));
  return { ...list, rows, at: placesOf(rows), fresh: new Map(), gone: new Set(), moved: new Set() };
}

export const newsCount = (list: List) => list.fresh.size + list.gone.size + list.moved.size;
export const tooMuchNews = (list: List) => list.fresh.size >= MOST_FRESH;

// What the button says: '12 new', '3 moved', '1 gone', or several of them; '' for nothing.
export function newsText(list: List): string {
  const moved = [...list.moved].filter((id) => !list.gone.has(id)).length;
  const parts: [number, string][] = [
    [list.fresh.size, 'new'],
    [moved, 'moved'],
    [list.gone.size, 'gone'],
  ];
  const more = tooMuchNews(list) ? '+' : '';
  return parts
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count}${word === 'new' ? more : ''} ${word}`)
    .join(', ');
}
