// The page without a mouse.
import test from 'node:test';
import assert from 'node:assert/strict';
import { alice, createJob, startJobd } from '../api/harness.mjs';
import { finish, signedInPage, untilNames } from './browser.mjs';

const server = await startJobd({ users: [alice] });
for (const name of ['one', 'two', 'three']) await createJob(server, alice, { name });

const untilFocused = (page, text) =>
  page.waitForFunction((wanted) => document.activeElement?.textContent === wanted, text);

test('rows, opening one, going through them, and back', async () => {
  const page = await signedInPage(server, alice);
  await untilNames(page, ['three', 'two', 'one']);
  await page.keyboard.press('j');
  await untilFocused(page, 'three');
  await page.keyboard.press('j');
  await untilFocused(page, 'two');
  await page.keyboard.press('k');
  await untilFocused(page, 'three');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'three' }).waitFor();
  await page.keyboard.press('j');
  await page.getByRole('heading', { name: 'two' }).waitFor();
  await page.keyboard.press('Escape');
  await untilNames(page, ['three', 'two', 'one']);
  await untilFocused(page, 'two');
  await finish(page);
});

test('searching, and leaving the search', async () => {
  const page = await signedInPage(server, alice);
  await page.keyboard.press('/');
  await page.keyboard.type('on?');
  assert.equal(await page.getByLabel('Search by name').inputValue(), 'on?');
  await page.keyboard.press('Backspace');
  await untilNames(page, ['one']);
  await page.keyboard.press('Escape');
  assert.equal(await page.evaluate(() => document.activeElement === document.body), true);
  await finish(page);
});

test('help, and closing it', async () => {
  const page = await signedInPage(server, alice);
  await page.keyboard.press('?');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('p');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Pause live updates' }).waitFor();
  await finish(page);
});

test('every control is reached by Tab, and shows it', async () => {
  const page = await signedInPage(server, alice);
  await untilNames(page, ['three', 'two', 'one']);
  const seen = new Set();
  for (let step = 0; step < 40; step++) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(() => {
      const element = document.activeElement;
      const ring = element.closest('.row:has(.row-link:focus)') ?? element;
      const { outlineStyle, outlineWidth } = getComputedStyle(ring);
      const name = element.getAttribute('aria-label') ?? element.textContent;
      return { name, ring: outlineStyle !== 'none' && outlineWidth !== '0px' };
    });
    if (at.name === (await page.evaluate(() => document.body.textContent))) continue;
    assert.ok(at.ring, `${at.name} shows no focus`);
    seen.add(at.name);
  }
  for (const name of [
    'Overview',
    'Pause live updates',
    'Search by name',
    'Owner',
    'three',
    'Delete three',
  ]) {
    assert.ok(seen.has(name), `${name} among ${[...seen]}`);
  }
  await finish(page);
});
