// The server's order of jobs, in the browser.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareJobs } from '../src/model/order';
import type { Job } from '../src/model/job';
import type { Sort } from '../src/model/place';
import { jobOf } from './jobs';

const sorted = (jobs: Job[], sort: Sort) =>
  [...jobs].sort(compareJobs(sort)).map(({ id }) => Number(id.slice(9, 13)));

test('without a field the newest comes first', () => {
  assert.deepEqual(sorted([jobOf(1), jobOf(3), jobOf(2)], { order: 'DESC' }), [3, 2, 1]);
});

test('names sort by folded text, equal ones newest first', () => {
  const jobs = [
    jobOf(1, { name: 'beta' }),
    jobOf(2, { name: 'Alpha' }),
    jobOf(3, { name: 'ALPHA' }),
  ];
  assert.deepEqual(sorted(jobs, { field: 'NAME', order: 'ASC' }), [3, 2, 1]);
  assert.deepEqual(sorted(jobs, { field: 'NAME', order: 'DESC' }), [1, 3, 2]);
});

test('a job without that date comes last in both orders', () => {
  const jobs = [
    jobOf(1),
    jobOf(2, { startDate: '2026-11-25T10:00:00.000Z' }),
    jobOf(3, { startDate: '2026-11-25T11:00:00.000Z' }),
  ];
  assert.deepEqual(sorted(jobs, { field: 'START_DATE', order: 'DESC' }), [3, 2, 1]);
  assert.deepEqual(sorted(jobs, { field: 'START_DATE', order: 'ASC' }), [2, 3, 1]);
});
