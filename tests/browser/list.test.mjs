// Finding jobs on the page: filters, orders, pages, and the address that holds them.
import test from 'node:test';
import assert from 'node:assert/strict';
import { alice, bob, call, createJob, eventually, OURS, startJobd } from '../api/harness.mjs';
import { finish, rowNames, signedInPage, untilNames } from './browser.mjs';

const server = await startJobd();
const SELF = { selfManaged: true };
const END = { state: 'COMPLETED', result: 'SUCCESS' };
await createJob(server, alice, { name: 'Import of äpfel', type: 'IMPORT', ...SELF }, END);
await createJob(server, alice, { name: 'Export', type: 'EXPORT', ...SELF }, { state: 'FAILED' });
await createJob(server, bob, { name: 'Scan', type: 'SCAN', ...SELF }, { state: 'RUNNING' });
await createJob(server, bob, { name: 'Clean', type: 'SCAN' });
const ALL = ['Clean', 'Scan', 'Export', 'Import of äpfel'];

const query = (page) => decodeURIComponent(new URL(page.url()).search);
const chip = (page, name) => page.locator('.chip', { hasText: name });

test('searching by name as it is typed, forgetting it by going back', async () => {
  const page = await signedInPage(server, alice);
  await untilNames(page, ALL);
  await page.keyboard.press('/');
  await page.keyboard.type('ÄPF');
  await untilNames(page, ['Import of äpfel']);
  assert.equal(query(page), '?name=ÄPF');
  await page.goBack();
  await untilNames(page, ALL);
  assert.equal(query(page), '');
  assert.equal(await page.getByLabel('Search by name').inputValue(), '');
  await finish(page);
});

test('states are ticked together, and counted', async () => {
  const page = await signedInPage(server, alice);
  await chip(page, 'Failed').click();
  await untilNames(page, ['Export']);
  await chip(page, 'Running').click();
  await untilNames(page, ['Scan', 'Export']);
  assert.equal(query(page), '?state=RUNNING&state=FAILED');
  assert.equal(await chip(page, 'Completed').locator('.chip-count').textContent(), '1');
  await page.goBack();
  await untilNames(page, ['Export']);
  await page.goForward();
  await untilNames(page, ['Scan', 'Export']);
  await page.getByRole('button', { name: 'Clear' }).click();
  await untilNames(page, ALL);
  await finish(page);
});

test('type, result and owner', async () => {
  const page = await signedInPage(server, alice);
  await page.locator('summary', { hasText: 'Type' }).click();
  await page.getByRole('checkbox', { name: 'SCAN' }).click();
  await untilNames(page, ['Clean', 'Scan']);
  await page.getByLabel('Another type').fill('EXPORT');
  await page.keyboard.press('Enter');
  await untilNames(page, ['Clean', 'Scan', 'Export']);
  await page.keyboard.press('Escape');
  await page.getByLabel('Owner').selectOption({ label: 'bob' });
  await untilNames(page, ['Clean', 'Scan']);
  await page.getByRole('button', { name: 'Clear' }).click();
  await page.locator('summary', { hasText: 'Result' }).click();
  await page.getByRole('checkbox', { name: 'Failure' }).click();
  await untilNames(page, ['Export']);
  assert.equal(query(page), '?result=FAILURE');
  await finish(page);
});

test('orders, by the columns and by the menu', async () => {
  const page = await signedInPage(server, alice, '/', { width: 1440 });
  await page.getByRole('button', { name: 'Name' }).click();
  await untilNames(page, ['Clean', 'Export', 'Import of äpfel', 'Scan']);
  await page.getByRole('button', { name: 'Name' }).click();
  await untilNames(page, ['Scan', 'Import of äpfel', 'Export', 'Clean']);
  assert.equal(query(page), '?sortField=NAME');
  await page.getByRole('button', { name: 'Ended' }).click();
  await untilNames(page, ['Export', 'Import of äpfel', 'Clean', 'Scan']);
  await page.getByLabel('Order').selectOption({ label: 'Type A–Z' });
  await untilNames(page, ['Export', 'Import of äpfel', 'Clean', 'Scan']);
  await page.getByRole('button', { name: 'Created' }).click();
  await untilNames(page, ALL);
  assert.equal(query(page), '');
  await finish(page);
});

test('an address is a view: another browser sees the same', async () => {
  const page = await signedInPage(server, bob, '/?state=FAILED&state=COMPLETED&sortField=NAME');
  await untilNames(page, ['Import of äpfel', 'Export']);
  assert.equal(await chip(page, 'Failed').getAttribute('aria-pressed'), 'true');
  await finish(page);
});

test('no job matches: that is said', async () => {
  const page = await signedInPage(server, alice, '/?name=nothing%20like%20it');
  await page.getByText('No job matches.').waitFor();
  await finish(page);
});

test('thousands of rows by scrolling, of which few exist, and back from a job to the same place', async () => {
  const many = await startJobd({ users: [alice] });
  for (let page = 0; page < 3; page++) {
    const jobs = Array.from({ length: 1000 }, (_, index) => ({
      name: `Job ${page * 1000 + index}`,
      type: 'MANY',
    }));
    const made = await call(many, 'POST', `${OURS}/bulk`, { auth: alice, body: { jobs } });
    assert.equal(made.status, 200, made.text);
  }
  const page = await signedInPage(many, alice);
  await page.getByText('Job 2999').waitFor();
  await eventually(async () => {
    await page.locator('.table').evaluate((table) => table.scrollTo(0, table.scrollHeight));
    return page.getByText('All 3000 jobs').isVisible();
  }, 'the end of the list');
  assert.ok((await page.locator('.row').count()) < 100);
  const scrollTo = (top) =>
    page.locator('.table').evaluate((table, to) => table.scrollTo(0, to), top);
  await scrollTo(1e9);
  await page.getByText('Job 0', { exact: true }).waitFor();
  await scrollTo(34 * 1500);
  await page.getByRole('link', { name: 'Job 1490', exact: true }).click();
  await page.getByRole('heading', { name: 'Job 1490' }).waitFor();
  await page.goBack();
  await page.getByRole('link', { name: 'Job 1490', exact: true }).waitFor();
  assert.equal(await page.locator('.table').evaluate((table) => table.scrollTop), 34 * 1500);
  await page.waitForFunction(() => document.activeElement?.textContent === 'Job 1490');
  assert.ok((await rowNames(page)).length < 100);
  await finish(page);
});
