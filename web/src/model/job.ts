// A job as the Job API sends it, and what the page says about its state.

export const STATES = ['WAITING', 'RUNNING', 'COMPLETED', 'FAILED', 'DELETED'] as const;
export const RESULTS = [
  'NOT_SET',
  'SUCCESS',
  'COMPLETED_WITH_ERROR',
  'FAILURE',
  'ABORTED',
] as const;
export type State = (typeof STATES)[number];
export type Result = (typeof RESULTS)[number];

export interface Job {
  id: string;
  name: string;
  type: string;
  state: State;
  result: Result;
  selfManaged: boolean;
  user: string;
  createdBy: string;
  createdOn: string;
  lastModifiedBy: string;
  lastModifiedOn: string;
  startDate?: string;
  endDate?: string;
  progressPercentage?: number;
  message?: string;
}

export const STATE_NAMES: Record<State, string> = {
  WAITING: 'Waiting',
  RUNNING: 'Running',
  COMPLETED: 'Completed',
  FAILED: 'Failed',
  DELETED: 'Deleted',
};

export const RESULT_NAMES: Record<Result, string> = {
  NOT_SET: 'None yet',
  SUCCESS: 'Success',
  COMPLETED_WITH_ERROR: 'With errors',
  FAILURE: 'Failure',
  ABORTED: 'Aborted',
};

// What a job's sign looks like: its state, or how it ended where that says more.
export type Mark =
  'waiting' | 'running' | 'stalled' | 'done' | 'flawed' | 'aborted' | 'failed' | 'deleted';

export function markOf(job: Job, stalled = false): Mark {
  switch (job.state) {
    case 'WAITING':
      return 'waiting';
    case 'RUNNING':
      return stalled ? 'stalled' : 'running';
    case 'DELETED':
      return 'deleted';
    case 'FAILED':
      return job.result === 'ABORTED' ? 'aborted' : 'failed';
    case 'COMPLETED':
      return job.result === 'ABORTED' ? 'aborted' : job.result === 'SUCCESS' ? 'done' : 'flawed';
  }
}

export const MARK_NAMES: Record<Mark, string> = {
  waiting: 'Waiting',
  running: 'Running',
  stalled: 'Stalled',
  done: 'Completed',
  flawed: 'With errors',
  aborted: 'Aborted',
  failed: 'Failed',
  deleted: 'Deleted',
};

// The sign of a state as such.
export const STATE_MARKS: Record<State, Mark> = {
  WAITING: 'waiting',
  RUNNING: 'running',
  COMPLETED: 'done',
  FAILED: 'failed',
  DELETED: 'deleted',
};

export const hasEnded = (job: Job) => job.state !== 'WAITING' && job.state !== 'RUNNING';

// The percentage a bar shows; undefined where the job has not said.
export const progressOf = (job: Job) =>
  job.progressPercentage === undefined
    ? undefined
    : Math.min(100, Math.max(0, job.progressPercentage));

// From its start to its end, or to `now`; undefined for a job that never started.
export function runSeconds(job: Job, now: number): number | undefined {
  if (!job.startDate) return undefined;
  const end = job.endDate ? Date.parse(job.endDate) : now;
  return Math.max(0, (end - Date.parse(job.startDate)) / 1000);
}
