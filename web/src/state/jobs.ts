// The list the reader looks at: its pages, what the feed adds, and where it was left.
import { computed, signal } from '@preact/signals';
import { findJobs } from '../api/jobs';
import { ApiError, isAbort } from '../api/request';
import type { StreamEvent } from '../model/event-stream';
import type { Job } from '../model/job';
import {
  appendPage,
  applyNews,
  emptyList,
  newsCount,
  receive,
  tooMuchNews,
  type Change,
  type List,
} from '../model/list';
import { filterQuery, findQuery, type Place } from '../model/place';
import { noteChange } from './summary';
import { Live } from './live';

const SYNC_PATIENCE = 1500; // a feed that does not come up holds the list back no longer

const changeOf = (event: StreamEvent): Change[] => {
  if (event.event === 'job') return [{ kind: 'job', job: JSON.parse(event.data) as Job }];
  if (event.event === 'gone')
    return [{ kind: 'gone', id: (JSON.parse(event.data) as { id: string }).id }];
  return [];
};

export class JobList {
  readonly list = signal<List>(emptyList({ order: 'DESC' }));
  readonly loading = signal(false);
  readonly error = signal('');
  readonly stalled = signal<ReadonlySet<string>>(new Set());
  readonly selected = signal('');
  scrollTop = 0;
  private readonly query: string;
  private readonly live: Live;
  private readonly abort = new AbortController();
  private synced: () => void = () => {};

  // The feed is opened first, so that nothing falls between it and the first page.
  constructor(place: Place) {
    this.query = findQuery(place.filter, place.sort);
    this.list.value = emptyList(place.sort);
    this.live = new Live(filterQuery(place.filter), (events) => this.hear(events));
    const ready = new Promise<void>((resolve) => {
      this.synced = resolve;
      setTimeout(resolve, SYNC_PATIENCE);
    });
    void ready.then(() => this.more());
  }

  resume(): void {
    this.live.start();
  }

  suspend(): void {
    this.live.stop();
  }

  // Nothing of it will be needed again.
  close(): void {
    this.live.stop();
    this.abort.abort();
  }

  // The next page, unless it is on its way or there is none.
  async more(): Promise<void> {
    const { begun, cursor } = this.list.value;
    if (this.loading.value || (begun && !cursor)) return;
    this.loading.value = true;
    try {
      const page = await findJobs(this.query, cursor, this.abort.signal);
      this.list.value = appendPage(this.list.value, page);
      this.error.value = '';
    } catch (error) {
      if (isAbort(error)) return;
      this.error.value = error instanceof ApiError ? error.message : String(error);
    } finally {
      this.loading.value = false;
    }
  }

  // Shows what is new; more than is kept is fetched instead.
  apply(): void {
    if (tooMuchNews(this.list.value)) {
      this.list.value = emptyList(this.list.value.sort);
      void this.more();
    } else {
      this.list.value = applyNews(this.list.value);
    }
  }

  // Tells of a change the page made itself, where the feed stands still.
  put(job: Job): void {
    if (this.list.value.at.has(job.id))
      this.list.value = receive(this.list.value, [{ kind: 'job', job }]);
  }

  private hear(events: StreamEvent[]): void {
    const changes = events.flatMap(changeOf);
    this.noteStalls(events);
    if (changes.length > 0) {
      this.list.value = receive(this.list.value, changes);
      noteChange();
    }
    if (events.some(({ event }) => event === 'synced')) this.synced();
  }

  // A stalled job is one until it is heard of again.
  private noteStalls(events: StreamEvent[]): void {
    const next = new Set(this.stalled.value);
    for (const { event, data } of events) {
      if (event === 'stalled') next.add((JSON.parse(data) as { id: string }).id);
      else if (event === 'job' && next.size > 0) next.delete((JSON.parse(data) as Job).id);
    }
    if (next.size > 0 || this.stalled.value.size > 0) this.stalled.value = next;
  }
}

const current = signal<{ key: string; jobs: JobList } | undefined>(undefined);
export const jobs = computed(() => current.value?.jobs);

// The list of a place: the one there is, if it shows the same.
export function openList(place: Place): JobList {
  const key = findQuery(place.filter, place.sort);
  if (current.value?.key !== key) {
    current.value?.jobs.close();
    current.value = { key, jobs: new JobList(place) };
  }
  return current.value!.jobs;
}

export function forgetList(): void {
  current.value?.jobs.close();
  current.value = undefined;
}

export const waitingNews = computed(() => (jobs.value ? newsCount(jobs.value.list.value) : 0));
