// The page: its document and files, compressed, cached as long as they hold, and shut off from other origins.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import zlib from 'node:zlib';
import { assertError, send, startJobd } from './harness.mjs';

const server = await startJobd({ users: [] });

const get = (target, headers = {}, method = 'GET') => send(server, method, target, { headers });
const index = await get('/');
const assets = [...index.text.matchAll(/(?:src|href)="\.\/(assets\/[^"]+)"/g)].map(
  ([, path]) => `/${path}`,
);

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
  "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

function assertProtected({ headers }) {
  assert.equal(headers['content-security-policy'], POLICY);
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.equal(headers['referrer-policy'], 'no-referrer');
}

function decoded({ headers, bytes }) {
  const coding = headers['content-encoding'];
  if (coding === 'br') return zlib.brotliDecompressSync(bytes);
  return coding === 'gzip' ? zlib.gunzipSync(bytes) : bytes;
}

test('the document needs no credentials and names its files relatively', () => {
  assert.equal(index.status, 200);
  assert.equal(index.headers['content-type'], 'text/html; charset=utf-8');
  assertProtected(index);
  assert.ok(assets.length > 0, index.text);
  assert.doesNotMatch(index.text, /(src|href)="(\/|https?:)/);
});

test('the document has nothing its own policy forbids', () => {
  assert.doesNotMatch(index.text, /<script(?![^>]*\bsrc=)/);
  assert.doesNotMatch(index.text, /<style|\bstyle=|\bon\w+=/);
});

test('the query is the page’s own', async () => {
  assert.equal((await get('/?job=01890a5d-ac96-774b-bcce-b302099a8057&state=RUNNING')).text, index.text);
});

test('the document is asked for each time, and answered by 304 while it is the same', async () => {
  assert.equal(index.headers['cache-control'], 'no-cache');
  assert.match(index.headers.etag, /^"\w+"$/);
  for (const tag of [index.headers.etag, `W/${index.headers.etag}`, `"x", ${index.headers.etag}`, '*']) {
    const again = await get('/', { 'If-None-Match': tag });
    assert.equal(again.status, 304, tag);
    assert.equal(again.bytes.length, 0);
    assert.equal(again.headers.etag, index.headers.etag);
    assert.equal(again.headers['cache-control'], 'no-cache');
    assert.equal(again.headers.vary, 'Accept-Encoding');
    assertProtected(again);
  }
  assert.equal((await get('/', { 'If-None-Match': '"other"' })).status, 200);
});

test('files with a hash in their name are kept for ever', async () => {
  for (const path of assets) {
    const answer = await get(path);
    assert.equal(answer.status, 200, path);
    assert.equal(answer.headers['cache-control'], 'public, max-age=31536000, immutable');
    assert.match(path, /-[\w-]{8}\.\w+$/);
    assert.match(answer.headers['content-type'], /^(text\/(javascript|css); charset=utf-8|image\/.+)$/);
    assertProtected(answer);
  }
});

test('each coding has the same content and a tag of its own', async () => {
  for (const path of ['/', ...assets]) {
    const plain = await get(path);
    assert.equal(plain.headers['content-encoding'], undefined);
    for (const coding of ['br', 'gzip']) {
      const answer = await get(path, { 'Accept-Encoding': coding });
      assert.deepEqual(decoded(answer), plain.bytes, `${path} as ${coding}`);
      assert.equal(answer.headers.vary, 'Accept-Encoding');
      if (answer.headers['content-encoding'] === undefined) continue;
      assert.equal(answer.headers['content-encoding'], coding);
      assert.ok(answer.bytes.length < plain.bytes.length);
      assert.notEqual(answer.headers.etag, plain.headers.etag);
    }
  }
});

test('the document is compressed, by the coding the client likes best', async () => {
  for (const [accepted, coding] of [
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip, deflate', 'gzip'],
    ['br;q=0.1, gzip', 'gzip'],
    ['br;q=0, gzip;q=0', undefined],
    ['deflate', undefined],
  ]) {
    const { headers } = await get('/', { 'Accept-Encoding': accepted });
    assert.equal(headers['content-encoding'], coding, accepted);
  }
});

test('HEAD is GET without the body', async () => {
  const head = await get('/', { 'Accept-Encoding': 'br' }, 'HEAD');
  const full = await get('/', { 'Accept-Encoding': 'br' });
  assert.equal(head.status, 200);
  assert.equal(head.bytes.length, 0);
  for (const name of ['content-length', 'content-encoding', 'etag', 'content-type']) {
    assert.equal(head.headers[name], full.headers[name], name);
  }
});

test('what is no file of the page is a 404 that is protected as well', async () => {
  for (const path of ['/assets/nothing.js', '/assets/index.html', '/assets/..%2Findex.html']) {
    const answer = await get(path);
    assertError(answer, 404, 'pathNotFound');
    assertProtected(answer);
  }
});

test('the page is read only', async () => {
  for (const path of ['/', ...assets]) {
    assertError(await get(path, {}, 'POST'), 405, 'methodNotAllowed');
  }
});
