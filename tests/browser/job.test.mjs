// One job on the page: its facts, its output, when it may be done, and deleting it.
import test from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { alice, bob, createJob, eventually, reader, send, startJobd, worker } from '../api/harness.mjs';
import { claimed, tell } from '../api/leases.mjs';
import { createJobs, freshType, get, report } from '../api/support.mjs';
import { barOf, finish, live, row, signedInPage, untilNames } from './browser.mjs';

const server = await startJobd();
const SELF = { selfManaged: true };
const fact = (page, label) =>
  page
    .locator('.facts > div')
    .filter({ has: page.locator('dt', { hasText: new RegExp(`^${label}$`) }) })
    .locator('dd');

function append(id, offset, text, auth = alice, headers = {}) {
  const target = `/rest/jobd/v1/jobs/${id}/log?offset=${offset}`;
  const body = Buffer.from(text);
  return send(server, 'PUT', target, {
    auth,
    body,
    headers: { 'Content-Type': 'text/plain', ...headers },
  });
}

test('everything about a job a worker holds', async () => {
  const type = freshType();
  const { id } = await createJob(server, alice, {
    name: 'Nightly',
    type,
    maxAttempts: 3,
    priority: 7,
  });
  const [{ fence }] = await claimed(server, type, { workerId: 'host-1:99' });
  await tell(server, worker, id, fence, { progressPercentage: 30, message: 'reading <b>rows</b>' });
  const page = await signedInPage(server, alice, `/?job=${id}`);
  await page.getByRole('heading', { name: 'Nightly' }).waitFor();
  assert.equal(await barOf(page).getAttribute('aria-valuenow'), '30');
  assert.equal(await barOf(page).getAttribute('aria-label'), 'Progress of Nightly');
  await page.getByText('reading <b>rows</b>').waitFor();
  await page.getByText('host-1:99').first().waitFor();
  const facts = {
    Type: type,
    State: 'Running',
    Owner: 'alice',
    Attempt: '1 of 3',
    Priority: '7',
    Id: id,
  };
  for (const [label, text] of Object.entries(facts)) {
    assert.equal(await fact(page, label).textContent(), text, label);
  }
  assert.match(await fact(page, 'Lease').textContent(), /^held until \d\d:\d\d:\d\d$/);
  await live(page);
  await tell(server, worker, id, fence, { state: 'COMPLETED', result: 'COMPLETED_WITH_ERROR' });
  await page.locator('.job-mark', { hasText: 'With errors' }).waitFor();
  await page.locator('.timeline li', { hasText: 'With errors' }).waitFor();
  await finish(page);
});

test('what is left, by its own rate and by its like', async () => {
  const type = freshType();
  const jobs = await createJobs(
    server,
    alice,
    Array.from({ length: 4 }, () => ({ name: 'like', type, ...SELF })),
  );
  for (const { id } of jobs) {
    await report(server, alice, id, { state: 'RUNNING' });
    await report(server, alice, id, { state: 'COMPLETED' });
  }
  const job = await createJob(
    server,
    alice,
    { name: 'Now', type, ...SELF },
    { state: 'RUNNING', progressPercentage: 40 },
  );
  const page = await signedInPage(server, alice, `/?job=${job.id}`);
  await page.locator('.eta', { hasText: 'left' }).waitFor();
  await page.getByText('longer than usual').waitFor();
  await finish(page);
});

test('progress is announced by quarters, and the end', async () => {
  const job = await createJob(
    server,
    alice,
    { name: 'Spoken', ...SELF },
    { state: 'RUNNING', progressPercentage: 10 },
  );
  const page = await signedInPage(server, alice, `/?job=${job.id}`);
  await live(page);
  const said = page.locator('[aria-live=polite].unseen');
  await report(server, alice, job.id, { progressPercentage: 52 });
  await said.filter({ hasText: 'Spoken: 50 %' }).waitFor({ state: 'attached' });
  await report(server, alice, job.id, { state: 'COMPLETED' });
  await said.filter({ hasText: 'Spoken: Completed' }).waitFor({ state: 'attached' });
  await finish(page);
});

test('output is followed as it grows, unless one scrolls away, and can be kept', async () => {
  const job = await createJob(server, alice, { name: 'Talker', ...SELF }, { state: 'RUNNING' });
  const lines = Array.from(
    { length: 3000 },
    (_, index) => `line ${index} \u001b[31mred\u001b[0m äöü`,
  ).join('\n');
  const first = Buffer.byteLength(`${lines}\n`);
  assert.equal((await append(job.id, 0, `${lines}\n`)).status, 204);
  const page = await signedInPage(server, alice, `/?job=${job.id}`);
  const box = page.locator('.log-box');
  await page.getByText('line 2999 red äöü').waitFor();
  await append(job.id, first, 'and one more\n');
  await page.getByText('and one more').waitFor();
  const bottom = () => box.evaluate((it) => it.scrollHeight - it.scrollTop - it.clientHeight < 30);
  await eventually(bottom, 'the end of the output in sight');
  await box.evaluate((it) => it.scrollTo(0, 0));
  await page.waitForFunction(() => !document.querySelectorAll('.log-tools input')[1].checked);
  await append(job.id, first + 13, 'unseen for now\n');
  await page.getByText('unseen for now').waitFor({ state: 'attached' });
  assert.equal(await bottom(), false);
  await page.getByLabel('Follow').check();
  await eventually(bottom, 'the end of the output in sight');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download' }).click(),
  ]);
  assert.match(fs.readFileSync(await download.path(), 'utf8'), /line 0 .*unseen for now\n$/s);
  await finish(page);
});

test('deleting: by name and owner, with a reason of 128 characters at most, keeping one’s place', async () => {
  const type = freshType();
  await createJob(server, alice, { name: 'Keep', type });
  const job = await createJob(server, alice, { name: 'Drop', type });
  const page = await signedInPage(server, alice, `/?state=WAITING&type=${type}`);
  await untilNames(page, ['Drop', 'Keep']);
  await row(page, job.id).hover();
  await page.getByRole('button', { name: 'Delete Drop' }).click();
  const dialog = page.getByRole('dialog');
  assert.match(await dialog.textContent(), /Drop of alice/);
  const reason = dialog.getByRole('textbox');
  await reason.fill('😀'.repeat(129));
  await dialog.getByText('129 of 128 characters').waitFor();
  assert.equal(await dialog.getByRole('button', { name: 'Delete the job' }).isDisabled(), true);
  await reason.fill('😀'.repeat(128));
  await reason.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  await row(page, job.id).getByText('Deleted', { exact: true }).waitFor();
  assert.equal(new URL(page.url()).search, `?state=WAITING&type=${type}`);
  const { json } = await get(server, alice, job.id);
  assert.equal(json.state, 'DELETED');
  assert.equal(json.message, '😀'.repeat(128));
  await finish(page);
});

test('deleting is offered to whom it is allowed, and refused by the server all the same', async () => {
  const type = freshType();
  const job = await createJob(server, alice, { name: 'Hers', type });
  for (const account of [bob, reader]) {
    const page = await signedInPage(server, account, `/?type=${type}`);
    await untilNames(page, ['Hers']);
    assert.equal(await page.getByRole('button', { name: 'Delete Hers' }).count(), 0);
    await page.getByRole('link', { name: 'Hers' }).click();
    await page.getByRole('heading', { name: 'Hers' }).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Delete…' }).count(), 0);
    const status = await page.evaluate(
      (id) =>
        fetch(`rest/jobs/v1/jobs/${id}`, {
          method: 'DELETE',
          headers: { 'X-Requested-With': 'jobd' },
        }).then((answer) => answer.status),
      job.id,
    );
    assert.equal(status, 403);
    await finish(page);
  }
});

test('a job that is not there', async () => {
  const page = await signedInPage(server, alice, '/?job=019ab1c0-1111-7222-8333-444455556666');
  await page.getByText('There is no such job.').waitFor();
  await page.getByRole('link', { name: 'All jobs' }).click();
  await page.getByRole('table').waitFor();
  await finish(page);
});
