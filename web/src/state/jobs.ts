// The list the reader looks at: its pages, what the feed adds, and where it was left.
import { computed, signal } from '@preact/signals';
import { findJobs } from '../api/jobs';
import { ApiError, isAbort } from '../api/request';
import type { StreamEvent } from '../model/event-stream';
import type { Job } from '../model/job';
import {
  appendPage,
  applyNews,
  emptied,
  emptyList,
  newsCount,
  receive,
  tooMuchNews,
  type Change,
  type List,
} from '../model/list';
import { filterQuery, findQuery, type Place } from '../model/place';
import { spokenChange } from '../model/steps';
import { announce } from './announcer';
import { noteChange } from './summary';
import { Live } from './live';

const SYNC_PATIENCE = 1500; // a feed that does not come up holds the list back no longer

const changeOf = (event: StreamEvent): Change[] => {
  switch (event.event) {
    case 'job':
      return [{ kind: 'job', job: JSON.parse(event.data) as Job }];
    case 'gone':
      return [{ kind: 'gone', id: (JSON.parse(event.data) as { id: string }).id }];
    case 'stalled':
      return [{ kind: 'stalled', ...(JSON.parse(event.data) as { id: string; progressOn: string }) }];
    default:
      return [];
  }
};

export class JobList {
  readonly list = signal<List>(emptyList({ order: 'DESC' }));
  readonly loading = signal(false);
  readonly error = signal('');
  readonly selected = signal('');
  scrollTop = 0;
  private readonly query: string;
  private readonly live: Live;
  private readonly abort = new AbortController();
  private synced: () => void = () => {};
  private round = 0; // a page of an earlier one comes too late
  private heard = false; // the feed began, and nothing was missed since

  // The feed is opened first, so that nothing falls between it and the first page.
  constructor(place: Place) {
    this.query = findQuery(place.filter, place.sort);
    this.list.value = emptyList(place.sort);
    this.live = new Live(filterQuery(place.filter), this);
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
    const { round } = this;
    this.loading.value = true;
    try {
      const page = await findJobs(this.query, cursor, this.abort.signal);
      if (round !== this.round) return;
      this.list.value = appendPage(this.list.value, page);
      this.error.value = '';
    } catch (error) {
      if (isAbort(error)) return;
      this.error.value = error instanceof ApiError ? error.message : String(error);
    } finally {
      if (round === this.round) this.loading.value = false;
    }
  }

  // Shows what is new; more than is kept is fetched instead.
  apply(): void {
    if (tooMuchNews(this.list.value)) this.reload();
    else this.list.value = applyNews(this.list.value);
  }

  // Tells of a change the page made itself, where the feed stands still.
  put(job: Job): void {
    if (this.list.value.at.has(job.id))
      this.list.value = receive(this.list.value, [{ kind: 'job', job }]);
  }

  take(events: StreamEvent[]): void {
    const changes = events.flatMap(changeOf);
    if (changes.length > 0) {
      this.speak(changes);
      this.list.value = receive(this.list.value, changes);
      noteChange();
    }
    if (events.some(({ event }) => event === 'synced')) this.sync();
  }

  lost(): void {
    this.heard = false;
  }

  // What was read before the feed began may have changed in between, unseen.
  private sync(): void {
    if (!this.heard && this.list.value.begun) this.reload();
    this.heard = true;
    this.synced();
  }

  private reload(): void {
    this.round++;
    this.loading.value = false;
    this.list.value = emptied(this.list.value);
    void this.more();
  }

  // Of the job the keyboard is at.
  private speak(changes: Change[]): void {
    const { rows, at } = this.list.value;
    for (const change of changes) {
      if (change.kind !== 'job' || change.job.id !== this.selected.value) continue;
      announce(spokenChange(rows[at.get(change.job.id) ?? -1], change.job));
    }
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
