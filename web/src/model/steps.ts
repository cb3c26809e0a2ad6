// What is worth being read aloud about a job: quarters of its way, and its end.
import { hasEnded, markOf, MARK_NAMES, progressOf, type Job } from './job';

const STEP = 25;

const quarter = (job: Job) => Math.floor((progressOf(job) ?? 0) / STEP);

// '' for a change nobody needs to hear of.
export function spokenChange(before: Job | undefined, after: Job): string {
  if (!before || before.id !== after.id) return '';
  if (before.state !== after.state) return `${after.name}: ${MARK_NAMES[markOf(after)]}`;
  if (hasEnded(after) || quarter(after) <= quarter(before)) return '';
  return `${after.name}: ${quarter(after) * STEP} %`;
}
