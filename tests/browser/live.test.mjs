// Jobs that move on the page by themselves, and what it does when it may not, or cannot, hear of them.
import test from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import {
  admin,
  alice,
  createJob,
  eventually,
  JOBS,
  call,
  startJobd,
  worker,
} from '../api/harness.mjs';
import { claimed, tell } from '../api/leases.mjs';
import { freshType } from '../api/support.mjs';
import {
  barOf,
  finish,
  live,
  openPage,
  row,
  signedInPage,
  fillSignIn,
  untilNames,
} from './browser.mjs';

const server = await startJobd();
const SELF = { selfManaged: true };

// A worker's job, and how it reports on it.
async function workedJob(fields = {}) {
  const type = freshType();
  await createJob(server, alice, { name: `Work ${type}`, type, ...fields });
  const [{ job, fence }] = await claimed(server, type);
  return { ...job, type, report: (body) => tell(server, worker, job.id, fence, body) };
}

const value = (bar) => bar.getAttribute('aria-valuenow');
const untilValue = (bar, wanted) =>
  eventually(async () => (await value(bar)) === String(wanted), `a bar at ${wanted} %`);
const streams = (page) => page.requests.filter(({ open }) => open).length;

// Keeps count of the streams the page has open.
function watchStreams(page) {
  page.requests = [];
  page.on('request', (request) => {
    if (request.url().includes('/events?')) page.requests.push({ request, open: true });
  });
  const close = (request) => {
    const found = page.requests.find((each) => each.request === request);
    if (found) found.open = false;
  };
  page.on('requestfinished', close);
  page.on('requestfailed', close);
}

test('a bar moves as the worker reports, in both of two browsers, without a reload', async () => {
  const job = await workedJob();
  const one = await signedInPage(server, alice, `/?type=${job.type}`);
  const two = await signedInPage(server, admin, `/?type=${job.type}`);
  for (const page of [one, two]) {
    await live(page);
    await row(page, job.id).waitFor();
    await page.evaluate(() => (window.sameDocument = true));
  }
  for (const progress of [10, 55, 90]) {
    await job.report({ progressPercentage: progress, message: `step ${progress}` });
    for (const page of [one, two]) {
      await untilValue(barOf(row(page, job.id)), progress);
      await row(page, job.id).getByText(`step ${progress}`).waitFor();
    }
  }
  await job.report({ state: 'COMPLETED' });
  for (const page of [one, two]) {
    await row(page, job.id).getByText('Completed').waitFor();
    assert.equal(await page.evaluate(() => window.sameDocument), true);
    await finish(page);
  }
});

test('under the pointer no row moves: what is new is offered, and comes when asked for', async () => {
  const type = freshType();
  await createJob(server, alice, { name: 'first', type });
  const page = await signedInPage(server, alice, `/?type=${type}`);
  await live(page);
  await untilNames(page, ['first']);
  await page.locator('.row').hover();
  await createJob(server, alice, { name: 'second', type });
  await createJob(server, alice, { name: 'third', type });
  await page.getByRole('button', { name: '2 new' }).waitFor();
  await page.waitForTimeout(2500); // it would come by itself within one second
  await untilNames(page, ['first']);
  await page.keyboard.press('n');
  await untilNames(page, ['third', 'second', 'first']);
  await finish(page);
});

test('with nobody at the list what is new comes by itself', async () => {
  const type = freshType();
  await createJob(server, alice, { name: 'first', type });
  const page = await signedInPage(server, alice, `/?type=${type}`);
  await page.mouse.move(5, 5);
  await live(page);
  await untilNames(page, ['first']);
  await createJob(server, alice, { name: 'second', type });
  await untilNames(page, ['second', 'first']);
  await finish(page);
});

test('a job that no longer matches stays in sight, marked', async () => {
  const job = await workedJob();
  const page = await signedInPage(server, alice, `/?state=RUNNING&type=${job.type}`);
  await live(page);
  await row(page, job.id).hover();
  await job.report({ state: 'FAILED', message: 'no' });
  await row(page, job.id).getByText('no longer matches').waitFor();
  await page.getByRole('button', { name: '1 gone' }).click();
  await page.getByText('No job matches.').waitFor();
  await finish(page);
});

test('pause ends the stream, resume catches up', async () => {
  const job = await workedJob();
  const page = await openPage(server, `/?type=${job.type}`);
  watchStreams(page);
  await fillSignIn(page, alice);
  await live(page);
  await row(page, job.id).waitFor();
  assert.equal(streams(page), 1);
  await page.keyboard.press('p');
  await page.getByText('Paused').waitFor();
  await eventually(() => streams(page) === 0, 'no stream');
  await job.report({ progressPercentage: 40 });
  await page.getByRole('button', { name: 'Resume live updates' }).click();
  await untilValue(barOf(row(page, job.id)), 40);
  assert.equal(streams(page), 1);
  await finish(page);
});

test('a row says that its job stalls, until there is progress again', async () => {
  const own = await startJobd({ args: ['--stalled-after', '1s'] });
  const type = freshType();
  await createJob(own, alice, { name: 'Slow', type });
  const [{ job, fence }] = await claimed(own, type);
  const page = await signedInPage(own, alice, `/?type=${type}`);
  await live(page);
  await tell(own, worker, job.id, fence, { progressPercentage: 30 });
  await untilValue(barOf(row(page, job.id)), 30);
  await row(page, job.id).getByText('Stalled').waitFor();
  await tell(own, worker, job.id, fence, { progressPercentage: 31 });
  await untilValue(barOf(row(page, job.id)), 31);
  await row(page, job.id).getByText('Running').waitFor();
  await finish(page);
});

test('a page that is hidden rests, and catches up when it is seen again', async () => {
  const job = await workedJob();
  const page = await openPage(server, `/?type=${job.type}`);
  watchStreams(page);
  const hide = (hidden) =>
    page.evaluate((value) => {
      Object.defineProperty(document, 'hidden', { configurable: true, value });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
  await fillSignIn(page, alice);
  await live(page);
  await row(page, job.id).waitFor();
  await hide(true);
  await eventually(() => streams(page) === 0, 'no stream');
  await job.report({ progressPercentage: 70 });
  await hide(false);
  await untilValue(barOf(row(page, job.id)), 70);
  await finish(page);
});

test('one stream a page, whichever view it shows', async () => {
  const job = await workedJob();
  const page = await openPage(server, '/');
  watchStreams(page);
  await fillSignIn(page, alice);
  await live(page);
  await page.getByRole('link', { name: job.name }).click();
  await page.getByRole('heading', { name: job.name }).waitFor();
  await eventually(() => streams(page) === 1, 'one stream for the job');
  await page.getByRole('link', { name: 'Overview' }).click();
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  await eventually(() => streams(page) === 1, 'one stream for the overview');
  await finish(page);
});

test('a store that was put back to an earlier state is read anew', async () => {
  const own = await startJobd({ users: [alice] });
  const kept = await createJob(own, alice, { name: 'Kept', ...SELF });
  const page = await signedInPage(own, alice);
  await live(page);
  await untilNames(page, ['Kept']);
  const file = own.store.replace('sqlite:', '');
  const copy = `${own.dir}/copy`;
  await own.stop();
  fs.copyFileSync(file, copy);
  await own.restart({ args: ['--listen', `127.0.0.1:${own.port}`] });
  await createJob(own, alice, { name: 'Lost', ...SELF });
  await page.getByRole('button', { name: '1 new' }).click();
  await untilNames(page, ['Lost', 'Kept']);
  await own.stop();
  for (const end of ['', '-wal', '-shm']) fs.rmSync(file + end, { force: true });
  fs.copyFileSync(copy, file);
  await own.restart();
  await row(page, kept.id).waitFor();
  await untilNames(page, ['Kept']);
  await finish(page);
});

test('the server dies and comes back: the page says so, waits, and goes on', async () => {
  const own = await startJobd({ users: [alice] });
  const job = await createJob(
    own,
    alice,
    { name: 'Long', selfManaged: true },
    { state: 'RUNNING' },
  );
  const report = (body) =>
    call(own, 'PATCH', `/rest/jobd/v1/jobs/${job.id}`, { auth: alice, body });
  const page = await signedInPage(own, alice);
  await live(page);
  await row(page, job.id).waitFor();
  await report({ progressPercentage: 20 });
  await untilValue(barOf(row(page, job.id)), 20);
  await own.kill();
  await page.getByText('Reconnecting…').waitFor();
  await page.getByText('No connection.').waitFor();
  await page.getByText(/^Stale since/).waitFor();
  await own.restart({ args: ['--listen', `127.0.0.1:${own.port}`] });
  await report({ progressPercentage: 60 });
  await live(page);
  await untilValue(barOf(row(page, job.id)), 60);
  await page.getByText('No connection.').waitFor({ state: 'detached' });
  const { json } = await call(own, 'GET', `${JOBS}/${job.id}`, { auth: alice });
  assert.equal(json.progressPercentage, 60);
  await finish(page);
});
