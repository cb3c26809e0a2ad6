// What the keys do wherever nobody is writing.
import { deleting, helping, isDialogOpen } from '../state/dialogs';
import { jobs } from '../state/jobs';
import { togglePause } from '../state/link';
import { openJob } from '../state/job';
import { go, place } from '../state/place';
import { mayDelete } from '../state/session';
import { neighbour, select } from './selection';

function move(step: number): void {
  const { job } = place.value;
  const next = neighbour(job || (jobs.value?.selected.value ?? ''), step);
  if (!next) return;
  if (job) {
    jobs.value!.selected.value = next.id;
    go({ job: next.id }, { replace: true });
  } else {
    select(next.id);
  }
}

function search(): void {
  go({ job: '', view: 'jobs' });
  const focus = () => document.querySelector<HTMLInputElement>('#search')?.focus();
  focus(); // at once, where it is there already: the next key is meant for it
  requestAnimationFrame(focus);
}

function leave(): void {
  if (place.value.job) go({ job: '' });
}

function remove(): void {
  const list = jobs.value?.list.value;
  const index = list?.at.get(jobs.value?.selected.value ?? '');
  const job = place.value.job
    ? openJob.value?.job.value
    : index === undefined
      ? undefined
      : list?.rows[index];
  if (job && mayDelete(job)) deleting.value = job;
}

function showNews(): void {
  document.querySelector<HTMLButtonElement>('.news')?.click();
}

const KEYS: Record<string, () => void> = {
  '/': search,
  '?': () => (helping.value = true),
  j: () => move(1),
  k: () => move(-1),
  n: showNews,
  p: togglePause,
  d: remove,
  Escape: leave,
};

const isWriting = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  (target.matches('input:not([type=checkbox]), textarea, select') || target.isContentEditable);

function onKey(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || isDialogOpen() || isWriting(event.target))
    return;
  const action = KEYS[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

// Returns what ends it.
export function listenToKeys(): () => void {
  addEventListener('keydown', onKey);
  return () => removeEventListener('keydown', onKey);
}
