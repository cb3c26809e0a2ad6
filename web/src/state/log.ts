// The output of the job on the screen, followed while it grows.
import { effect, signal, untracked } from '@preact/signals';
import { readOutput } from '../api/output';
import { ApiError, isAbort } from '../api/request';
import { Output } from '../model/output';
import { mayStream } from './link';

const WAIT = 25; // seconds a question may stay open
const RETRY = 2000;

const pause = () => new Promise((resolve) => setTimeout(resolve, RETRY));

export class Log {
  readonly output = new Output();
  readonly version = signal(0); // rises with the output, which itself is too large to be copied
  readonly complete = signal(false);
  readonly error = signal('');
  private offset = 0;
  private run: AbortController | undefined;
  private readonly unwatch: () => void;

  constructor(private readonly id: string) {
    this.unwatch = effect(() => {
      this.run?.abort();
      if (!mayStream.value) return;
      const run = new AbortController();
      this.run = run;
      untracked(() => void this.follow(run.signal));
    });
  }

  close(): void {
    this.unwatch();
    this.run?.abort();
  }

  private async follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !this.complete.value) {
      try {
        await this.read(signal);
        this.error.value = '';
      } catch (error) {
        if (signal.aborted || isAbort(error)) return;
        this.error.value = error instanceof Error ? error.message : String(error);
        if (error instanceof ApiError && error.status >= 400 && error.status < 500) return;
        await pause();
      }
    }
  }

  // What is there comes at once; only then is there anything to wait for.
  private async read(signal: AbortSignal): Promise<void> {
    const part = await readOutput(
      this.id,
      this.offset,
      this.version.value === 0 ? 0 : WAIT,
      signal,
    );
    if (signal.aborted) return;
    this.offset = part.next;
    this.output.push(part.bytes);
    this.complete.value = part.complete;
    this.version.value++;
  }
}
