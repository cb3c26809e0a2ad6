// The overview: what there is, live, and what the plots are made of.
import test from 'node:test';
import assert from 'node:assert/strict';
import { alice, createJob, eventually, startJobd } from '../api/harness.mjs';
import { finish, live, signedInPage, untilNames } from './browser.mjs';

const server = await startJobd({ users: [alice] });
const SELF = { selfManaged: true };
for (const [name, end] of [
  ['good', { state: 'COMPLETED' }],
  ['bad', { state: 'FAILED' }],
]) {
  const { id } = await createJob(
    server,
    alice,
    { name, type: 'IMPORT', ...SELF },
    { state: 'RUNNING' },
  );
  assert.ok(id);
  await createJob(server, alice, { name: `${name} too`, type: 'SCAN', ...SELF }, end);
}

const count = (page, label) =>
  page.locator('.tile', { hasText: label }).locator('.tile-count').textContent();

test('counts follow what happens, and lead to the jobs', async () => {
  const page = await signedInPage(server, alice, '/?view=overview');
  await live(page);
  await eventually(async () => (await count(page, 'Running')) === '2', 'two running jobs');
  assert.equal(await count(page, 'Failed'), '1');
  await createJob(server, alice, { name: 'third', ...SELF }, { state: 'RUNNING' });
  await eventually(async () => (await count(page, 'Running')) === '3', 'three running jobs');
  await page.locator('.tile', { hasText: 'Failed' }).click();
  await untilNames(page, ['bad too']);
  await finish(page);
});

test('plots and figures by type, for a span that is in the address', async () => {
  const page = await signedInPage(server, alice, '/?view=overview');
  await page.locator('.u-over').nth(2).waitFor();
  const figures = page.locator('.type-table tr', { hasText: 'SCAN' });
  assert.deepEqual(
    await figures
      .locator('td')
      .allTextContents()
      .then((cells) => cells.slice(0, 3)),
    ['2', '1', '50.0 %'],
  );
  assert.match(
    await page.getByRole('img', { name: /^Ended:/ }).getAttribute('aria-label'),
    /succeeded up to 1, failed up to 1/,
  );
  await page.getByRole('button', { name: 'Week' }).click();
  await page.waitForURL(/hours=168/);
  await page.reload();
  assert.equal(
    await page.getByRole('button', { name: 'Week' }).getAttribute('aria-pressed'),
    'true',
  );
  await finish(page);
});
