// One browser page that shows a running job, a hundred readers of the same, and a job that is reported on.
import { chromium } from '../tests/node_modules/playwright-core/index.mjs';

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
];
const { name, address, signIn, report, reader, reports, gap } = JSON.parse(process.argv[2]);
const READERS = 99; // beside the page
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

// Keeps reading as the page does: a stream for ever, or a poll every so often.
async function read({ url, headers, every }) {
  for (;;) {
    const response = await fetch(url, { headers });
    for await (const _ of response.body);
    await pause(every);
  }
}

async function open(browser) {
  const page = await (
    await browser.newContext({ viewport: { width: 1280, height: 800 } })
  ).newPage();
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  const count = countBytes(session);
  // Fonts from elsewhere would be measured by how far elsewhere is.
  const { origin } = new URL(address);
  await page.route(
    (url) => url.origin !== origin,
    (route) => route.abort(),
  );
  await page.goto(address);
  if (signIn) {
    await page.getByLabel('Password').fill(signIn.password);
    await page.getByLabel('Name', { exact: true }).fill(signIn.user);
    await page.keyboard.press('Enter');
  }
  return { page, count };
}

const firstPaint = (page) =>
  page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime);

async function measureReports(page) {
  const times = [];
  for (let value = 1; value <= reports; value++) {
    await pause(gap * Math.random());
    await fetch(report.url.replace('VALUE', value), {
      method: report.method,
      headers: report.headers,
      ...(report.body ? { body: report.body.replace('VALUE', value) } : {}),
    });
    const acknowledged = performance.timeOrigin + performance.now();
    await page.waitForFunction((wanted) => window.shown.has(wanted), value, {
      timeout: 60_000,
      polling: 20,
    });
    times.push((await page.evaluate((wanted) => window.shown.get(wanted), value)) - acknowledged);
  }
  return times.sort((a, b) => a - b);
}

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGS });
const { page, count } = await open(browser);
await page
  .getByText(/\d+\s*%/)
  .first()
  .waitFor();
const load = { ...count };
for (let index = 0; index < READERS; index++) void read(reader);
await page.evaluate(watch);
const times = await measureReports(page);
const at = (part) => times[Math.min(times.length - 1, Math.floor(times.length * part))].toFixed(0);
const each = (count.bytes - load.bytes) / reports;
console.log(
  `${name}: acknowledged to seen p50 ${at(0.5)} ms, p99 ${at(0.99)} ms (${reports} reports)`,
);
console.log(
  `  first paint ${(await firstPaint(page)).toFixed(0)} ms; ${(load.bytes / 1024).toFixed(0)} KiB in ${load.requests} answers to show the job; ${each.toFixed(0)} bytes a report`,
);
await browser.close();
process.exit(0);
