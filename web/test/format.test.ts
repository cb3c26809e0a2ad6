// Times, durations and amounts as text.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  codePoints,
  formatBytes,
  formatDuration,
  formatRange,
  formatRough,
  formatTime,
} from '../src/model/format';

test('durations', () => {
  const pairs: [number, string][] = [
    [0.42, '0.4 s'],
    [9.96, '10 s'],
    [59.4, '59 s'],
    [59.6, '1:00'],
    [187, '3:07'],
    [3765, '1:02:45'],
    [172_800, '2 d 00 h'],
    [273_600, '3 d 04 h'],
  ];
  for (const [seconds, text] of pairs) assert.equal(formatDuration(seconds), text);
});

test('rough durations', () => {
  const pairs: [number, string][] = [
    [0, '1 s'],
    [7, '7 s'],
    [33, '35 s'],
    [58, '1 min'],
    [200, '3 min'],
    [7800, '2 h 10 min'],
    [7200, '2 h'],
    [259_200, '3 d'],
  ];
  for (const [seconds, text] of pairs) assert.equal(formatRough(seconds), text);
});

test('ranges name a unit once', () => {
  assert.equal(formatRange(300, 480), '5–8 min');
  assert.equal(formatRange(40, 300), '40 s – 5 min');
  assert.equal(formatRange(300, 310), '5 min');
  assert.equal(formatRange(7200, 7800), '2 h – 2 h 10 min');
  assert.equal(formatRange(3000, 7260), '50 min – 2 h 1 min');
});

test('times: the clock today, the day this year, the year before', () => {
  const now = new Date(2026, 10, 25, 18, 0, 0).getTime();
  assert.equal(formatTime(new Date(2026, 10, 25, 9, 5, 7).toISOString(), now), '09:05:07');
  assert.equal(formatTime(new Date(2026, 10, 3, 9, 5).toISOString(), now), '3 Nov 09:05');
  assert.equal(formatTime(new Date(2025, 0, 3, 9, 5).toISOString(), now), '3 Jan 2025');
});

test('bytes, and lengths in code points', () => {
  assert.equal(formatBytes(1023), '1023 B');
  assert.equal(formatBytes(1536), '1.5 KiB');
  assert.equal(formatBytes(1024 * 1024), '1.0 MiB');
  assert.equal(codePoints('é😀'), 2);
});
