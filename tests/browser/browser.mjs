// Debian's Chromium against a daemon: pages that are signed in, what is on them, and what axe finds there.
import { after } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import axe from 'axe-core';
import { DEADLINE, ROOT } from '../api/harness.mjs';
import { launch } from './chromium.mjs';

let starting;

// One browser for each file of tests, each with a profile of its own.
function browser() {
  starting ??= launch();
  return starting;
}
after(async () => (await starting)?.close());

export const WIDTHS = [1440, 900, 360];
export const SCHEMES = ['light', 'dark'];

// A page of a context of its own (cookies, storage), opened at an address of the server's. Whatever the
// browser complains about, a broken policy above all, fails the test that closes it by check().
export async function openPage(
  server,
  address = '/',
  { width = 1280, height = 800, ...options } = {},
) {
  const context = await (await browser()).newContext({ viewport: { width, height }, ...options });
  context.setDefaultTimeout(DEADLINE);
  const page = await context.newPage();
  page.complaints = [];
  page.on('pageerror', (error) => page.complaints.push(String(error)));
  page.on('console', (message) => {
    const expected = /Failed to load resource/.test(message.text());
    if (['error', 'warning'].includes(message.type()) && !expected) {
      page.complaints.push(message.text());
    }
  });
  await page.goto(`${server.url}${address}`);
  return page;
}

export async function fillSignIn(page, { name, password }) {
  await page.getByLabel('Password').fill(password);
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

export async function signedInPage(server, account, address = '/', options = {}) {
  const page = await openPage(server, address, options);
  await fillSignIn(page, account);
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
  return page;
}

// Once the change feed is open.
export const live = (page) => page.locator('.link-sign.live').waitFor();

export async function finish(page) {
  const { complaints } = page;
  await page.context().close();
  assert.deepEqual(complaints, []);
}

export const row = (page, id) => page.locator(`.row[data-id="${id}"]`);
export const rowNames = (page) => page.locator('.row .row-link').allTextContents();
export const barOf = (scope) => scope.getByRole('progressbar');

// Once the list shows exactly these names, in this order.
export function untilNames(page, names) {
  return page.waitForFunction(
    (wanted) =>
      JSON.stringify(
        [...document.querySelectorAll('.row')]
          .sort((a, b) => a.ariaRowIndex - b.ariaRowIndex)
          .map((each) => each.querySelector('.row-link').textContent),
      ) === wanted,
    JSON.stringify(names),
  );
}

// What is serious enough to keep somebody from using the view.
export async function checkAccess(page, what) {
  const { violations } = await page.evaluate(`${axe.source}; axe.run()`);
  const serious = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, nodes }) =>
        `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join('\n')}`,
    );
  assert.deepEqual(serious, [], what);
}

// To be looked at: build/screenshots/NAME-WIDTH-SCHEME.png.
export async function screenshot(page, name) {
  const dir = path.join(ROOT, 'build/screenshots');
  fs.mkdirSync(dir, { recursive: true });
  await page.screenshot({ path: path.join(dir, `${name}.png`) });
}
