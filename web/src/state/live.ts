// A reader of the change feed that comes back by itself, where it was, and rests while nobody looks.
import { effect, untracked } from '@preact/signals';
import { readEvents } from '../api/events';
import { ApiError, isAbort, serverNow } from '../api/request';
import type { StreamEvent } from '../model/event-stream';
import { connection, heardAt, mayStream, troubled } from './link';

const SHORTEST = 500;
const LONGEST = 10_000;

const sleep = (ms: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });

export interface Listener {
  take(events: StreamEvent[]): void; // what came since the last frame
  lost(): void; // the server knows the position no more: all that was read is to be read anew
}

export class Live {
  private run: AbortController | undefined;
  private unwatch: (() => void) | undefined;
  private pending: StreamEvent[] = [];
  private frame = 0;

  // `query` is the filter; without `after` the feed begins with what happens from now on.
  constructor(
    private readonly query: string,
    private readonly listener: Listener,
    private after?: string,
  ) {}

  start(): void {
    this.unwatch ??= effect(() => {
      this.run?.abort();
      this.run = undefined;
      if (!mayStream.value) return;
      const run = new AbortController();
      this.run = run;
      untracked(() => void this.stay(run.signal));
    });
  }

  // What was heard is remembered: start() goes on from there.
  stop(): void {
    this.unwatch?.();
    this.unwatch = undefined;
    this.run?.abort();
    this.run = undefined;
  }

  private async stay(signal: AbortSignal): Promise<void> {
    let patience = SHORTEST;
    connection.value = 'connecting';
    while (!signal.aborted) {
      const begun = Date.now();
      try {
        await readEvents(this.query, this.after, signal, (events) => this.hear(events));
        this.lose('The server ended the stream.');
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof ApiError && error.status === 401) return;
        if (error instanceof ApiError && error.status === 400) this.forget();
        this.lose(
          isAbort(error)
            ? 'The server fell silent.'
            : error instanceof ApiError
              ? error.message
              : '',
        );
      }
      if (Date.now() - begun > LONGEST) patience = SHORTEST;
      await sleep(patience * (0.75 + Math.random() / 2), signal);
      patience = Math.min(LONGEST, patience * 2);
    }
  }

  // Its store is another one by now, or an older state of the same.
  private forget(): void {
    if (this.after === undefined) return;
    this.after = undefined;
    this.listener.lost();
  }

  private lose(why: string): void {
    connection.value = 'away';
    troubled.value = why || 'The connection broke.';
  }

  private hear(events: StreamEvent[]): void {
    connection.value = 'live';
    heardAt.value = serverNow();
    for (const event of events) {
      if (event.id) this.after = event.id;
      if (event.event !== 'beat') this.pending.push(event);
    }
    if (this.pending.length > 0) this.frame ||= requestAnimationFrame(() => this.flush());
  }

  private flush(): void {
    this.frame = 0;
    this.listener.take(this.pending.splice(0));
  }
}
