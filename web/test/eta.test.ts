// When a job may be done.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { etaOf, isLate } from '../src/model/eta';

test('nothing is said where nothing is known', () => {
  assert.equal(etaOf(10, undefined, []), undefined);
  assert.equal(etaOf(10, 0, [20, 30]), undefined);
  assert.equal(etaOf(10, 100, []), undefined);
});

test('by its own rate: around what is left, closer as it gets on', () => {
  const early = etaOf(10, 10, [])!;
  const late = etaOf(90, 90, [])!;
  assert.equal(early.basis, 'rate');
  assert.ok(early.low < 90 && early.high > 90);
  assert.ok(late.low < 10 && late.high > 10);
  assert.ok((late.high - late.low) / 10 < (early.high - early.low) / 90);
});

test('by its like: the middle half of what they had left', () => {
  const eta = etaOf(100, undefined, [50, 140, 160, 180, 200, 220])!;
  assert.equal(eta.basis, 'history');
  assert.deepEqual([eta.low, eta.high], [60, 100]);
});

test('both: its like in the beginning, its rate in the end', () => {
  const like = [1000, 1000, 1000, 1000];
  const begin = etaOf(10, 4, like)!; // at its rate 240 s are left, by its like 990
  const end = etaOf(960, 96, like)!; // 40 either way
  assert.equal(begin.basis, 'both');
  assert.ok(begin.low > 900);
  assert.ok(end.low > 35 && end.high < 45);
});

test('a range is one', () => {
  for (let progress = 2; progress < 100; progress++) {
    const eta = etaOf(60, progress, [30, 61, 80, 300, 700])!;
    assert.ok(eta.low > 0 && eta.low <= eta.high, String(progress));
  }
});

test('longer than all its like: its own rate alone, and it is late', () => {
  assert.equal(etaOf(500, 50, [100, 110, 120])?.basis, 'rate');
  assert.equal(isLate(500, [100, 110, 120]), true);
  assert.equal(isLate(115, [100, 110, 120]), false);
  assert.equal(isLate(500, [100]), false);
});
