// What the page must never do: leave its origin, break its own policy, be large, or need the root of a server.
import test, { after } from 'node:test';
import assert from 'node:assert/strict';
import http from 'node:http';
import { alice, createJob, send, startJobd } from '../api/harness.mjs';
import { fillSignIn, finish, openPage, signedInPage, untilNames } from './browser.mjs';

const server = await startJobd({ users: [alice] });
const job = await createJob(
  server,
  alice,
  { name: 'Import', selfManaged: true },
  { state: 'RUNNING' },
);

test('nothing but its own origin is asked, and the browser finds no break of the policy', async () => {
  const page = await openPage(server);
  const strangers = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(server.url)) strangers.push(request.url());
  });
  await fillSignIn(page, alice);
  await untilNames(page, ['Import']);
  await page.goto(`${server.url}/?job=${job.id}`);
  await page.getByRole('heading', { name: 'Import' }).waitFor();
  await page.goto(`${server.url}/?view=overview`);
  await page.locator('.u-over').first().waitFor();
  assert.deepEqual(strangers, []);
  await finish(page);
});

test('all of it, plots included, is under 60 KB as a browser gets it', async () => {
  const page = await openPage(server);
  const addresses = new Set();
  page.on('request', (request) => addresses.add(new URL(request.url()).pathname));
  await page.reload();
  await fillSignIn(page, alice);
  await untilNames(page, ['Import']); // the next page would cut the signing in short
  await page.goto(`${server.url}/?view=overview`);
  await page.locator('.u-over').first().waitFor();
  const files = [...addresses].filter((path) => path === '/' || path.startsWith('/assets/'));
  assert.ok(files.length >= 4, files.join(' '));
  let bytes = 0;
  for (const file of files) {
    const { headers, text } = await send(server, 'GET', file, {
      headers: { 'Accept-Encoding': 'gzip' },
    });
    bytes += Number(headers['content-length']);
    assert.ok(headers['content-encoding'] === 'gzip' || text.length < 1000, file);
  }
  assert.ok(bytes < 60_000, `${bytes} bytes`);
  await finish(page);
});

// A proxy that serves jobd under a path of its own, and takes that path away.
async function subPath(prefix) {
  const proxy = http.createServer((request, response) => {
    if (!request.url.startsWith(prefix)) return response.writeHead(404).end();
    const { method, headers } = request;
    const path = request.url.slice(prefix.length - 1);
    const onward = http.request({ port: server.port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    return request.pipe(onward);
  });
  await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  after(() => {
    proxy.close();
    proxy.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${proxy.address().port}` };
}

test('under a path of a proxy', async () => {
  const proxy = await subPath('/tools/jobd/');
  const page = await signedInPage(proxy, alice, '/tools/jobd/');
  await untilNames(page, ['Import']);
  await page.locator('.link-sign.live').waitFor();
  await page.getByRole('link', { name: 'Import' }).click();
  await page.waitForURL(`${proxy.url}/tools/jobd/?job=${job.id}`);
  await page.getByRole('link', { name: 'Overview' }).click();
  await page.locator('.u-over').first().waitFor();
  await page.getByRole('link', { name: 'Jobs', exact: true }).click();
  await page.waitForURL(`${proxy.url}/tools/jobd/`);
  await finish(page);
});
