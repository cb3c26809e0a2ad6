// Signing in and out by the page's form, without losing one's place.
import test from 'node:test';
import assert from 'node:assert/strict';
import { admin, alice, call, createJob, startJobd } from '../api/harness.mjs';
import { fillSignIn, finish, openPage, signedInPage, untilNames } from './browser.mjs';

const server = await startJobd();
await createJob(server, alice, { name: 'Import', type: 'IMPORT' });
const other = await createJob(server, alice, { name: 'Export', type: 'EXPORT' });

test('a wrong password is said to be wrong, the right one lets in', async () => {
  const page = await openPage(server);
  await fillSignIn(page, { ...alice, password: 'no' });
  await page.getByText('The name or the password is wrong.').waitFor();
  await fillSignIn(page, alice);
  await untilNames(page, ['Export', 'Import']);
  await finish(page);
});

test('the session lasts over a reload, and ends with signing out', async () => {
  const page = await signedInPage(server, alice);
  await page.reload();
  await untilNames(page, ['Export', 'Import']);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('Password').waitFor();
  await page.reload();
  await page.getByLabel('Password').waitFor();
  await finish(page);
});

test('a deep link leads where it says, after the sign-in', async () => {
  const page = await signedInPage(server, alice, `/?type=EXPORT&job=${other.id}`);
  await page.getByRole('heading', { name: 'Export' }).waitFor();
  await page.getByRole('link', { name: 'All jobs' }).click();
  await untilNames(page, ['Export']);
  await finish(page);
});

test('a session that ends on the server asks for a sign-in and keeps the place', async () => {
  const page = await signedInPage(server, alice, '/?type=IMPORT');
  await untilNames(page, ['Import']);
  const cookies = await page.context().cookies();
  const { name, value } = cookies.find((cookie) => cookie.httpOnly);
  const headers = { Cookie: `${name}=${value}`, 'X-Requested-With': 'jobd' };
  await call(server, 'DELETE', '/rest/jobd/v1/session', { headers });
  await page.locator('.chip', { hasText: 'Waiting' }).click();
  await fillSignIn(page, alice);
  await untilNames(page, ['Import']);
  assert.equal(new URL(page.url()).search, '?state=WAITING&type=IMPORT');
  await finish(page);
});

test('whoever signs in next sees the page as theirs', async () => {
  const page = await signedInPage(server, alice);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await fillSignIn(page, admin);
  await page.locator('.account', { hasText: 'admin' }).waitFor();
  await finish(page);
});
