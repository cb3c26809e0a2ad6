// How many jobs there are in each state, asked again soon after something changed.
import { signal } from '@preact/signals';
import { getSummary, type Summary } from '../api/jobs';

const PAUSE = 2000;

export const summary = signal<Summary | undefined>(undefined);

let timer: ReturnType<typeof setTimeout> | undefined;
let askedAt = 0;

export async function refreshSummary(): Promise<void> {
  clearTimeout(timer);
  timer = undefined;
  askedAt = Date.now();
  summary.value = await getSummary().catch(() => summary.value);
}

// At most one question every two seconds, however much happens.
export function noteChange(): void {
  timer ??= setTimeout(refreshSummary, Math.max(200, askedAt + PAUSE - Date.now()));
}
