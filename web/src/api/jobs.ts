// The Job API's operations, and what jobd says about jobs beyond them.
import type { Job } from '../model/job';
import type { Page } from '../model/list';
import type { Statistics } from '../model/series';
import { request, requestJson } from './request';

const JOBS = 'rest/jobs/v1/jobs';
const OURS = 'rest/jobd/v1';
const PAGE_SIZE = 50;

export function findJobs(
  query: string,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<Page> {
  const params = new URLSearchParams(query);
  params.set('pageSize', String(PAGE_SIZE));
  if (cursor) params.set('cursor', cursor);
  return requestJson(`${JOBS}?${params}`, { signal });
}

// The job and the number of its last change, from which the change feed goes on.
export async function getJob(
  id: string,
  signal: AbortSignal,
): Promise<{ job: Job; change?: string }> {
  const response = await request(`${JOBS}/${id}`, { signal });
  const change = /^(?:W\/)?"(\d+)"$/.exec(response.headers.get('ETag') ?? '')?.[1];
  return { job: await response.json(), ...(change ? { change } : {}) };
}

export async function deleteJob(id: string, message: string): Promise<void> {
  const query = message ? `?${new URLSearchParams({ message })}` : '';
  await request(`${JOBS}/${id}${query}`, { method: 'DELETE' });
}

export interface Lease {
  held: boolean;
  workerId: string;
  account: string;
  expiresOn?: string;
  beatOn: string;
  progressOn: string;
  stalled: boolean;
}

export interface Detail {
  job: Job;
  priority: number;
  attempt: number;
  maxAttempts: number;
  runAfter?: string;
  lease?: Lease;
  logSize?: number;
}

export const getDetail = (id: string, signal: AbortSignal) =>
  requestJson<Detail>(`${OURS}/jobs/${id}`, { signal });

// Run times, in seconds, of the latest successful jobs of a type.
export async function recentDurations(type: string, signal: AbortSignal): Promise<number[]> {
  const query = new URLSearchParams({
    type,
    state: 'COMPLETED',
    result: 'SUCCESS',
    sortField: 'END_DATE',
    pageSize: '50',
  });
  const page = await requestJson<Page>(`${JOBS}?${query}`, { signal });
  return page.results
    .filter((job) => job.startDate && job.endDate)
    .map((job) => (Date.parse(job.endDate!) - Date.parse(job.startDate!)) / 1000)
    .filter((seconds) => seconds > 0);
}

export type Count = number | string; // '10000+' where it was not counted further

export interface Summary {
  states: Record<string, Count>;
  stalled: Count;
}

export const getSummary = (signal?: AbortSignal) =>
  requestJson<Summary>(`${OURS}/summary`, signal ? { signal } : {});

export const getStatistics = (hours: number, signal: AbortSignal) =>
  requestJson<Statistics>(`${OURS}/statistics?hours=${hours}`, { signal });
