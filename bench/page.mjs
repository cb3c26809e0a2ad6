// A hundred open pages that show a running job, and how soon each of them shows what is reported on it.
import { launch } from '../tests/browser/chromium.mjs';

const { name, address, signIn, report, reports, gap, pages: count } = JSON.parse(process.argv[2]);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// In the page: each change of the shown percentage with the time of the frame after it.
function watch() {
  window.shown = new Map();
  const percentage = () =>
    document.querySelector('[role=progressbar]')?.ariaValueNow ??
    /(\d+)\s*%/.exec(document.querySelector('main, #root')?.textContent ?? '')?.[1];
  const look = () => {
    const value = Number(percentage());
    if (window.shown.has(value)) return;
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => window.shown.set(value, performance.timeOrigin + performance.now());
      port2.postMessage(0);
    });
  };
  new MutationObserver(look).observe(document, {
    subtree: true,
    childList: true,
    characterData: true,
    attributes: true,
  });
}

function countBytes(session) {
  const count = { bytes: 0, requests: 0 };
  session.on('Network.dataReceived', ({ encodedDataLength }) => (count.bytes += encodedDataLength));
  session.on('Network.responseReceived', () => (count.requests += 1));
  return count;
}

// Each page has a context of its own: the six connections to an origin that a browser allows are one profile's,
// and a page alone in its context stays visible, so that nothing of it is throttled or paused.
async function open(browser, storageState) {
  const viewport = { width: 1280, height: 800 };
  const page = await (await browser.newContext({ viewport, storageState })).newPage();
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  const sent = countBytes(session);
  // Fonts from elsewhere would be measured by how far elsewhere is.
  const { origin } = new URL(address);
  await page.route(
    (url) => url.origin !== origin,
    (route) => route.abort(),
  );
  await page.goto(address);
  if (signIn && !storageState) {
    await page.getByLabel('Password').fill(signIn.password);
    await page.getByLabel('Name', { exact: true }).fill(signIn.user);
    await page.keyboard.press('Enter');
  }
  await page
    .getByText(/\d+\s*%/)
    .first()
    .waitFor({ timeout: 120_000 });
  if (!(await page.evaluate(() => document.visibilityState === 'visible')))
    throw new Error('A page is hidden, and so measures nothing.');
  await page.evaluate(watch);
  return { page, sent, load: { ...sent }, paint: await firstPaint(page) };
}

const firstPaint = (page) =>
  page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime);

// When this page showed the value.
async function seen({ page }, value) {
  await page.waitForFunction((wanted) => window.shown.has(wanted), value, {
    timeout: 60_000,
    polling: 200,
  });
  return page.evaluate((wanted) => window.shown.get(wanted), value);
}

async function measureReports(all) {
  const times = [];
  for (let value = 1; value <= reports; value++) {
    await pause(gap * Math.random());
    await fetch(report.url.replace('VALUE', value), {
      method: report.method,
      headers: report.headers,
      ...(report.body ? { body: report.body.replace('VALUE', value) } : {}),
    });
    const acknowledged = performance.timeOrigin + performance.now();
    const shown = await Promise.all(all.map((each) => seen(each, value)));
    times.push(...shown.map((time) => time - acknowledged));
  }
  return times;
}

const at = (values, part) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))].toFixed(0);
};
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

const browser = await launch();
const first = await open(browser);
const all = [first];
const state = await first.page.context().storageState();
while (all.length < count) all.push(await open(browser, state));
const before = all.map(({ sent }) => sent.bytes);
const times = await measureReports(all);
const each = mean(all.map(({ sent }, index) => sent.bytes - before[index])) / reports;
console.log(
  `${name}: ${count} pages, acknowledged to seen p50 ${at(times, 0.5)} ms, p99 ${at(times, 0.99)} ms (${reports} reports on each page)`,
);
console.log(
  `  first paint ${first.paint.toFixed(0)} ms with no other page open, p50 ${at(all.map(({ paint }) => paint), 0.5)} ms; ` +
    `${(first.load.bytes / 1024).toFixed(0)} KiB in ${first.load.requests} answers to show the job; ${each.toFixed(0)} bytes a report and page`,
);
await browser.close();
process.exit(0);
