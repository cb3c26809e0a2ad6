// The statistics as lines of plots.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  byType,
  durations,
  failures,
  lone,
  throughput,
  type Statistics,
} from '../src/model/series';

const point = (minute: number, succeeded: number, failed = 0, aborted = 0, seconds = 0) => ({
  at: `2026-11-25T12:${String(minute).padStart(2, '0')}:00.000Z`,
  succeeded,
  failed,
  aborted,
  seconds,
});

const STATISTICS: Statistics = {
  from: '2026-11-25T12:00:00.000Z',
  to: '2026-11-25T12:30:00.000Z',
  stepSeconds: 600,
  types: [
    { type: 'IMPORT', points: [point(0, 2, 1, 0, 30), point(20, 1, 0, 0, 7)] },
    { type: '', points: [point(20, 4, 0, 3, 70)] },
  ],
};

test('every step has its place, empty ones too', () => {
  const { xs, lines } = throughput(STATISTICS);
  const first = Date.parse(STATISTICS.from) / 1000;
  assert.deepEqual(xs, [first, first + 600, first + 1200, first + 1800]);
  assert.deepEqual(lines, [
    { label: 'succeeded', values: [2, 0, 5, 0] },
    { label: 'failed', values: [1, 0, 0, 0] },
    { label: 'aborted', values: [0, 0, 3, 0] },
  ]);
});

test('the types with the most failures come first', () => {
  assert.deepEqual(failures(STATISTICS).lines, [
    { label: 'other types', values: [0, 0, 3, 0] },
    { label: 'IMPORT', values: [1, 0, 0, 0] },
  ]);
  assert.equal(failures(STATISTICS, 1).lines.length, 1);
});

test('a mean where something ended, a gap elsewhere', () => {
  const [others, imports] = durations(STATISTICS).lines;
  assert.deepEqual(others?.values, [null, null, 10, null]);
  assert.deepEqual(imports?.values, [10, null, 7, null]);
});

test('a value without neighbours is alone, at the ends too', () => {
  assert.deepEqual(lone([7, null, 7, 7, null, 0, null, null, 7]), [0, 5, 8]);
  assert.deepEqual(lone([7]), [0]);
  assert.deepEqual(lone([null, null]), []);
});

test('in figures', () => {
  assert.deepEqual(byType(STATISTICS)[1], { type: 'IMPORT', ended: 4, failed: 1, mean: 37 / 4 });
});

test('nothing ended', () => {
  const none = { ...STATISTICS, types: [] };
  assert.deepEqual(byType(none), []);
  assert.deepEqual(failures(none).lines, []);
});
