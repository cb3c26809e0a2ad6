// When a running job may be done: a range, from its own rate and from how long its like took.

export interface Eta {
  low: number; // seconds from now
  high: number;
  basis: 'rate' | 'history' | 'both';
}

const FEWEST = 3; // jobs that make a history
const ENOUGH = 0.02; // of its work, for a job to have a rate of its own

function quantile(sorted: number[], part: number): number {
  const at = (sorted.length - 1) * part;
  const low = sorted[Math.floor(at)]!;
  return low + (sorted[Math.ceil(at)]! - low) * (at - Math.floor(at));
}

// At the rate so far; the less is done, the less that says.
function byRate(elapsed: number, done: number): [number, number] | undefined {
  if (done < ENOUGH || done >= 1) return undefined;
  const left = (elapsed * (1 - done)) / done;
  const doubt = 1 - done;
  return [left * (1 - 0.4 * doubt), left * (1 + 0.8 * doubt)];
}

// The middle half of what those jobs had left that took longer than this one has so far.
function byHistory(elapsed: number, durations: number[]): [number, number] | undefined {
  if (durations.length < FEWEST) return undefined;
  const left = durations.filter((each) => each > elapsed).map((each) => each - elapsed);
  if (left.length === 0) return undefined;
  left.sort((a, b) => a - b);
  return [quantile(left, 0.25), quantile(left, 0.75)];
}

// `durations`: of recent successful jobs of its type, in seconds. History counts in the beginning, the job's own
// rate in the end.
export function etaOf(
  elapsed: number,
  progress: number | undefined,
  durations: number[],
): Eta | undefined {
  const done = (progress ?? 0) / 100;
  const rate = byRate(elapsed, done);
  const history = byHistory(elapsed, durations);
  if (rate && history) {
    const mix = (index: 0 | 1) => rate[index] * done + history[index] * (1 - done);
    return { low: mix(0), high: mix(1), basis: 'both' };
  }
  const [low, high] = rate ?? history ?? [];
  return low === undefined || high === undefined
    ? undefined
    : { low, high, basis: rate ? 'rate' : 'history' };
}

// Whether it has run for longer than nearly all of its like.
export function isLate(elapsed: number, durations: number[]): boolean {
  if (durations.length < FEWEST) return false;
  return (
    elapsed >
    1.25 *
      quantile(
        [...durations].sort((a, b) => a - b),
        0.95,
      )
  );
}
