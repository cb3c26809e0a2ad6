// One job, kept up to date: the job itself by the feed, what is around it by asking now and then.
import { signal } from '@preact/signals';
import { getDetail, getJob, recentDurations, type Detail } from '../api/jobs';
import { ApiError, isAbort } from '../api/request';
import type { StreamEvent } from '../model/event-stream';
import { hasEnded, type Job } from '../model/job';
import { filterQuery, NO_FILTER } from '../model/place';
import { spokenChange } from '../model/steps';
import { announce } from './announcer';
import { mayStream } from './link';
import { Live } from './live';

const DETAIL_EVERY = 10_000;
const LONGEST_NAME = 300; // in a query string; a longer one is left to its type and user

// The narrowest filter that holds for a job all its life.
const feedQuery = (job: Job) => {
  const query = filterQuery({ ...NO_FILTER, type: [job.type], user: job.user });
  const name = new URLSearchParams({ name: job.name, nameMatchMode: 'EXACT' }).toString();
  return name.length > LONGEST_NAME ? query : `${query}&${name}`;
};

export class OpenJob {
  readonly job = signal<Job | undefined>(undefined);
  readonly detail = signal<Detail | undefined>(undefined);
  readonly durations = signal<number[]>([]);
  readonly error = signal<ApiError | undefined>(undefined);
  private live: Live | undefined;
  private readonly abort = new AbortController();
  private readonly timer: ReturnType<typeof setInterval>;

  constructor(readonly id: string) {
    void this.load();
    this.timer = setInterval(() => {
      if (this.job.value?.state === 'RUNNING' && mayStream.value) void this.refresh();
    }, DETAIL_EVERY);
  }

  close(): void {
    clearInterval(this.timer);
    this.live?.stop();
    this.abort.abort();
  }

  // Also what a failed load is tried again by.
  async load(): Promise<void> {
    this.error.value = undefined;
    try {
      const { job, change } = await getJob(this.id, this.abort.signal);
      if (this.abort.signal.aborted) return;
      this.show(job);
      this.live ??= new Live(feedQuery(job), this, change);
      this.live.start();
      await Promise.all([this.refresh(), this.learnHistory(job)]);
    } catch (error) {
      if (isAbort(error)) return;
      this.error.value = error instanceof ApiError ? error : new ApiError(0, '', String(error));
    }
  }

  lost(): void {
    void this.load();
  }

  // What no change of the job tells: its lease, and how much it has written.
  async refresh(): Promise<void> {
    try {
      this.detail.value = await getDetail(this.id, this.abort.signal);
    } catch {
      // What is shown stays: the job itself says when it could not be read.
    }
  }

  private async learnHistory(job: Job): Promise<void> {
    if (hasEnded(job)) return;
    this.durations.value = await recentDurations(job.type, this.abort.signal).catch(() => []);
  }

  take(events: StreamEvent[]): void {
    let told = false;
    for (const { event, data } of events) {
      if (event !== 'job') continue;
      const about = JSON.parse(data) as Job;
      if (about.id !== this.id) continue;
      told = this.show(about) || told;
    }
    if (told) void this.refresh();
  }

  // Whether it is in another state than before.
  private show(job: Job): boolean {
    const before = this.job.value;
    announce(spokenChange(before, job));
    this.job.value = job;
    const other = before !== undefined && before.state !== job.state;
    const resumed = this.detail.value?.lease?.stalled === true;
    return other || resumed;
  }
}

// The one on the screen.
export const openJob = signal<OpenJob | undefined>(undefined);
