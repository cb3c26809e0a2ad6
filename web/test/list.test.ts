// The list of jobs under the reader's eyes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  appendPage,
  applyNews,
  emptied,
  emptyList,
  MOST_FRESH,
  newsCount,
  newsText,
  receive,
  tooMuchNews,
  type List,
} from '../src/model/list';
import type { Job } from '../src/model/job';
import type { Sort } from '../src/model/place';
import { idOf, jobOf } from './jobs';

const NEWEST: Sort = { order: 'DESC' };

function listOf(jobs: Job[], nextCursor?: string, sort = NEWEST): List {
  return appendPage(emptyList(sort), { results: jobs, ...(nextCursor ? { nextCursor } : {}) });
}

const said = (...jobs: Job[]) => jobs.map((job) => ({ kind: 'job' as const, job }));
const gone = (number: number) => ({ kind: 'gone' as const, id: idOf(number) });
const names = (list: List) => list.rows.map(({ name }) => name.replace('job ', '')).join(' ');

test('a change of a row happens in its place', () => {
  const list = receive(
    listOf([jobOf(3), jobOf(2), jobOf(1)]),
    said(jobOf(2, { state: 'RUNNING', progressPercentage: 5 })),
  );
  assert.equal(list.rows[1]?.progressPercentage, 5);
  assert.equal(newsText(list), '');
});

test('a new job waits until it is asked for', () => {
  const before = listOf([jobOf(2), jobOf(1)]);
  const list = receive(before, said(jobOf(4), jobOf(3)));
  assert.equal(names(list), '2 1');
  assert.equal(newsText(list), '2 new');
  assert.equal(names(applyNews(list)), '4 3 2 1');
  assert.equal(newsCount(applyNews(list)), 0);
  assert.equal(newsCount(before), 0, 'the list before is as it was');
});

test('news of the same job count once, and show the latest', () => {
  const list = receive(
    receive(listOf([jobOf(1)]), said(jobOf(2))),
    said(jobOf(2, { state: 'RUNNING' })),
  );
  assert.equal(newsText(list), '1 new');
  assert.equal(applyNews(list).rows[0]?.state, 'RUNNING');
});

test('a job of a page yet to come is no news', () => {
  const list = receive(listOf([jobOf(9), jobOf(8)], 'next'), said(jobOf(3, { state: 'RUNNING' })));
  assert.equal(newsText(list), '');
});

test('all pages here, every unknown job is news', () => {
  assert.equal(newsText(receive(listOf([jobOf(9), jobOf(8)]), said(jobOf(3)))), '1 new');
  assert.equal(newsText(receive(listOf([]), said(jobOf(3)))), '1 new');
});

test('a job that matches no longer stays, marked, until the reader asks', () => {
  const list = receive(listOf([jobOf(2), jobOf(1)]), [gone(2)]);
  assert.equal(names(list), '2 1');
  assert.equal(list.gone.has(idOf(2)), true);
  assert.equal(newsText(list), '1 gone');
  assert.equal(names(applyNews(list)), '1');
});

test('a job that left and came back is none that is gone; one that was only news is forgotten', () => {
  const back = receive(listOf([jobOf(2)]), [gone(2), ...said(jobOf(2))]);
  assert.equal(newsText(back), '');
  const forgotten = receive(listOf([jobOf(2)]), [...said(jobOf(3)), gone(3), gone(4)]);
  assert.equal(newsText(forgotten), '');
});

test('a row whose place is another one by now stays where it is until the reader asks', () => {
  const sort: Sort = { field: 'STATE', order: 'ASC' };
  const rows = [jobOf(3, { state: 'RUNNING' }), jobOf(2, { state: 'RUNNING' }), jobOf(1)];
  const list = receive(
    listOf(rows, undefined, sort),
    said(jobOf(3, { state: 'COMPLETED', result: 'SUCCESS' }), jobOf(1, { state: 'DELETED' })),
  );
  assert.equal(names(list), '3 2 1');
  assert.equal(newsText(list), '2 moved');
  assert.equal(names(applyNews(list)), '3 1 2');
});

test('a page brings what is not there yet, and newer versions of what is', () => {
  const first = listOf([jobOf(5), jobOf(4)], 'next');
  const later = jobOf(4, { message: 'later', lastModifiedOn: '2026-11-26T00:00:00.000Z' });
  const list = appendPage(first, { results: [later, jobOf(3)] });
  assert.equal(names(list), '5 4 3');
  assert.equal(list.rows[1]?.message, 'later');
  const stale = appendPage(list, { results: [jobOf(4)] });
  assert.equal(stale.rows[1]?.message, 'later');
});

test('a page that brings what was news takes it from the news', () => {
  const list = receive(listOf([jobOf(5), jobOf(4)], 'next'), said(jobOf(6)));
  assert.equal(newsText(appendPage(list, { results: [jobOf(6), jobOf(3)] })), '');
});

test('nothing is heard before the first page', () => {
  assert.equal(newsCount(receive(emptyList(NEWEST), said(jobOf(1)))), 0);
});

test('news are kept up to a limit, which is said', () => {
  const jobs = Array.from({ length: MOST_FRESH + 10 }, (_, index) => jobOf(index + 2));
  const list = receive(listOf([jobOf(1)]), said(...jobs));
  assert.equal(tooMuchNews(list), true);
  assert.equal(newsText(list), `${MOST_FRESH}+ new`);
});

test('all kinds of news in one line', () => {
  const sort: Sort = { field: 'STATE', order: 'DESC' };
  const list = receive(listOf([jobOf(3), jobOf(2), jobOf(1)], undefined, sort), [
    ...said(jobOf(4), jobOf(2, { state: 'RUNNING' })),
    gone(1),
  ]);
  assert.equal(newsText(list), '1 new, 1 moved, 1 gone');
});

test('a stalled job is known as such until it moves, ends or matches no longer', () => {
  const stall = (number: number) => ({
    kind: 'stalled' as const,
    id: idOf(number),
    progressOn: jobOf(number).lastModifiedOn,
  });
  const before = listOf([jobOf(3), jobOf(2), jobOf(1)]);
  const list = receive(before, [stall(3), stall(2), stall(1)]);
  assert.deepEqual([...list.stalled.keys()], [idOf(3), idOf(2), idOf(1)]);
  assert.equal(newsText(list), '');
  const moved = receive(list, [...said(jobOf(3, { progressPercentage: 5 })), gone(2)]);
  assert.deepEqual([...moved.stalled.keys()], [idOf(1)]);
});

test('a list that is read anew remembers what stalled, but for what has moved since', () => {
  const stalls = [2, 1].map((number) => ({
    kind: 'stalled' as const,
    id: idOf(number),
    progressOn: jobOf(number).lastModifiedOn,
  }));
  const list = receive(listOf([jobOf(2), jobOf(1)]), stalls);
  const later = new Date(Date.parse(jobOf(2).lastModifiedOn) + 1).toISOString();
  const results = [jobOf(2, { lastModifiedOn: later }), jobOf(1)];
  assert.deepEqual([...appendPage(emptied(list), { results }).stalled.keys()], [idOf(1)]);
});
