// Every view at three widths and in both themes: what axe finds, what runs over, and a picture to look at.
import test from 'node:test';
import assert from 'node:assert/strict';
import { admin, alice, bob, createJob, send, startJobd, worker } from '../api/harness.mjs';
import { claimed, tell } from '../api/leases.mjs';
import {
  checkAccess,
  finish,
  live,
  openPage,
  row,
  SCHEMES,
  screenshot,
  fillSignIn,
  WIDTHS,
} from './browser.mjs';

const server = await startJobd();

const NAMES = [
  'Nightly import of customers',
  'Export to the data lake',
  'Scan of warehouse “North”',
  'Synchronise the catalogue',
  'Import of supplier prices from the partner portal of the southern region, weekly',
];
const TYPES = ['IMPORT', 'EXPORT', 'SCAN', 'SYNC'];
const ENDS = [
  { state: 'COMPLETED' },
  { state: 'COMPLETED', result: 'COMPLETED_WITH_ERROR', message: '3 of 4711 rows rejected' },
  { state: 'COMPLETED' },
  { state: 'FAILED', message: 'Connection to db-3 lost after 30 s' },
  { state: 'COMPLETED' },
  { state: 'FAILED', result: 'ABORTED' },
];

async function fill() {
  for (let index = 0; index < 30; index++) {
    const who = index % 3 ? alice : bob;
    const fields = { name: NAMES[index % 5], type: TYPES[index % 4], selfManaged: true };
    const { id } = await createJob(server, who, fields, {
      state: 'RUNNING',
      progressPercentage: 100,
    });
    await send(server, 'PATCH', `/rest/jobd/v1/jobs/${id}`, { auth: who, body: ENDS[index % 6] });
  }
  for (let index = 0; index < 4; index++) {
    await createJob(server, alice, { name: NAMES[index], type: 'HELD', maxAttempts: 2 });
  }
  const claims = await claimed(server, 'HELD', {
    max: 4,
    workerId: 'worker-7:4711',
    leaseSeconds: 3600,
  });
  for (const [index, { job, fence }] of claims.entries()) {
    const body = index === 3 ? { message: 'counting' } : { progressPercentage: 17 + 25 * index };
    await tell(server, worker, job.id, fence, body);
  }
  await createJob(server, bob, { name: NAMES[4], type: 'EXPORT' });
  const { job, fence } = claims[0];
  const text = Array.from(
    { length: 200 },
    (_, n) => `16:0${n % 10}:07 INFO  batch ${n}: ${n * 37} rows read\n`,
  ).join('');
  const headers = { 'Lease-Fence': `${fence}`, 'Content-Type': 'text/plain' };
  await send(server, 'PUT', `/rest/jobd/v1/jobs/${job.id}/log?offset=0`, {
    auth: worker,
    body: text,
    headers,
  });
  return job;
}
const held = await fill();

const VIEWS = {
  list: async (page) => {
    await page.goto(`${server.url}/`);
    await live(page);
    await row(page, held.id).waitFor();
  },
  job: async (page) => {
    await page.goto(`${server.url}/?job=${held.id}`);
    await page.getByText('batch 199').waitFor();
    await page.locator('.facts', { hasText: 'worker-7' }).waitFor();
  },
  overview: async (page) => {
    await page.goto(`${server.url}/?view=overview&hours=1`);
    await page.locator('.u-legend').nth(2).waitFor();
  },
  delete: async (page) => {
    await page.goto(`${server.url}/?job=${held.id}`);
    await page.getByRole('button', { name: 'Delete…' }).click();
    await page.getByRole('dialog').waitFor();
  },
  help: async (page) => {
    await page.goto(`${server.url}/`);
    await row(page, held.id).waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
  },
};

const overflow = (page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

for (const colorScheme of SCHEMES) {
  for (const width of WIDTHS) {
    test(`the views, ${width} wide, ${colorScheme}`, async () => {
      const options = {
        width,
        height: width < 500 ? 740 : 900,
        colorScheme,
        reducedMotion: 'reduce',
      };
      const page = await openPage(server, '/', options);
      await page.getByLabel('Password').waitFor();
      await checkAccess(page, 'sign-in');
      await screenshot(page, `sign-in-${width}-${colorScheme}`);
      await fillSignIn(page, admin);
      await page.getByRole('table').waitFor();
      for (const [name, open] of Object.entries(VIEWS)) {
        await open(page);
        await checkAccess(page, `${name} ${width} ${colorScheme}`);
        await screenshot(page, `${name}-${width}-${colorScheme}`);
        assert.equal(await overflow(page), 0, `${name} is wider than the screen`);
      }
      await finish(page);
    });
  }
}
