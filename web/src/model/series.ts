// The statistics as the lines of plots: one row of x values, and a row of y values for each line.

export interface Point {
  at: string;
  succeeded: number;
  failed: number;
  aborted: number;
  seconds: number;
}

export interface Statistics {
  from: string;
  to: string;
  stepSeconds: number;
  types: { type: string; points: Point[] }[];
}

export interface Line {
  label: string;
  values: (number | null)[];
}

export interface Plotted {
  xs: number[]; // seconds since 1970
  lines: Line[];
}

const OTHERS = 'other types';

// Every step from the first to the last, those in which nothing happened too.
function steps(statistics: Statistics): number[] {
  const step = statistics.stepSeconds;
  const first = Math.floor(Date.parse(statistics.from) / 1000 / step) * step;
  const last = Date.parse(statistics.to) / 1000;
  const xs: number[] = [];
  for (let x = first; x <= last; x += step) xs.push(x);
  return xs;
}

function sums(statistics: Statistics, points: Point[], value: (point: Point) => number): number[] {
  const xs = steps(statistics);
  const found = new Map<number, number>();
  for (const point of points) {
    const x =
      Math.floor(Date.parse(point.at) / 1000 / statistics.stepSeconds) * statistics.stepSeconds;
    found.set(x, (found.get(x) ?? 0) + value(point));
  }
  return xs.map((x) => found.get(x) ?? 0);
}

const ended = (point: Point) => point.succeeded + point.failed + point.aborted;
const total = (points: Point[], value: (point: Point) => number) =>
  points.reduce((sum, point) => sum + value(point), 0);

// How many jobs ended in each step, by how they ended.
export function throughput(statistics: Statistics): Plotted {
  const all = statistics.types.flatMap(({ points }) => points);
  const line = (label: string, value: (point: Point) => number) => ({
    label,
    values: sums(statistics, all, value),
  });
  return {
    xs: steps(statistics),
    lines: [
      line('succeeded', (point) => point.succeeded),
      line('failed', (point) => point.failed),
      line('aborted', (point) => point.aborted),
    ],
  };
}

// The types with the most of something; the others are left out rather than drawn as a knot of lines.
function foremost(statistics: Statistics, value: (point: Point) => number, most: number) {
  return statistics.types
    .map(({ type, points }) => ({ label: type || OTHERS, points, weight: total(points, value) }))
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight)
    .slice(0, most);
}

export function failures(statistics: Statistics, most = 6): Plotted {
  const value = (point: Point) => point.failed + point.aborted;
  const lines = foremost(statistics, value, most).map(({ label, points }) => ({
    label,
    values: sums(statistics, points, value),
  }));
  return { xs: steps(statistics), lines };
}

// The mean run time of the jobs that ended in each step; a gap where none did.
export function durations(statistics: Statistics, most = 6): Plotted {
  const lines = foremost(statistics, ended, most).map(({ label, points }) => {
    const seconds = sums(statistics, points, (point) => point.seconds);
    const jobs = sums(statistics, points, ended);
    return { label, values: jobs.map((count, index) => (count ? seconds[index]! / count : null)) };
  });
  return { xs: steps(statistics), lines };
}

// Where values stand between two gaps: no line runs through them.
export function lone(values: Line['values']): number[] {
  const missing = (index: number) => (values[index] ?? null) === null;
  return [...values.keys()].filter(
    (index) => !missing(index) && missing(index - 1) && missing(index + 1),
  );
}

export interface TypeRow {
  type: string;
  ended: number;
  failed: number;
  mean: number; // seconds
}

// The same in a table, busiest type first.
export function byType(statistics: Statistics): TypeRow[] {
  return foremost(statistics, ended, Infinity).map(({ label, points, weight }) => ({
    type: label,
    ended: weight,
    failed: total(points, (point) => point.failed + point.aborted),
    mean: total(points, (point) => point.seconds) / weight,
  }));
}
