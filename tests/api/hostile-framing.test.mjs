// Where a request ends: lengths, chunks, pipelines, and requests hidden in bodies.
import test from 'node:test';
import assert from 'node:assert/strict';
import { alice, call, JOBS, OURS, startJobd, UNKNOWN_ID, WHOAMI } from './harness.mjs';
import { AUTH, checkGood, checkUnharmed, probe, probes, resources, startPatient } from './hostile.mjs';
import { onConnection, request, withBody } from './raw.mjs';

const server = await startPatient();

const BODY = '{"name":"n","type":"FRAMING"}';
const SIZE = BODY.length;
const HEX = SIZE.toString(16);
const create = (headers, body = BODY) => request('POST', OURS, [AUTH, ...headers], body);
const chunked = (body, ...headers) => create(['Transfer-Encoding: chunked', ...headers], body);
const ONE_CHUNK = `${HEX}\r\n${BODY}\r\n0\r\n\r\n`;

// A request that must never be answered when it lies in another one's body.
const HIDDEN = request('GET', '/healthz?hidden');

probes(server, 'Content-Length', [
  ['right', create([`Content-Length: ${SIZE}`]), '201 kept'],
  ['with blanks around', create([`Content-Length: \t ${SIZE}  `]), '201|400 canned'],
  ['twice, different', create([`Content-Length: ${SIZE}`, 'Content-Length: 3']), '400 closed canned'],
  ['twice, different, the shorter first', create(['Content-Length: 3', `Content-Length: ${SIZE}`]),
    '400 closed canned'],
  ['twice, equal', create([`Content-Length: ${SIZE}`, `Content-Length: ${SIZE}`]), '400 closed canned'],
  ['a list', create([`Content-Length: ${SIZE}, ${SIZE}`]), '400 closed canned'],
  ...['-1', '+5', '0x1f', '1e1', '1_0', '5;', '5 5', '"5"', 'five', '', '\x0b5', '\xd9\xa5', '5.0']
    .map((value) => [JSON.stringify(value), create([`Content-Length: ${value}`]), '400 closed canned']),
  ...['9223372036854775808', '18446744073709551615', '18446744073709551616', '99999999999999999999',
    '9'.repeat(300)]
    .map((value) => [value.slice(0, 30), create([`Content-Length: ${value}`]), '400|413 closed canned']),
  ['with Transfer-Encoding', create([`Content-Length: ${ONE_CHUNK.length}`, 'Transfer-Encoding: chunked'],
    ONE_CHUNK), '400 closed'],
  ['behind Transfer-Encoding', chunked(ONE_CHUNK, `Content-Length: ${ONE_CHUNK.length}`), '400 closed'],
  ['on a GET, whose body is read and ignored', request('GET', '/healthz',
    [`Content-Length: ${HIDDEN.length}`], HIDDEN), '200|400'],
  ['on a DELETE', withBody('DELETE', `${JOBS}/${UNKNOWN_ID}`, [AUTH], '{"message":"m"}'), '404 kept'],
]);

probes(server, 'transfer codings', [
  ['chunked', chunked(ONE_CHUNK), '201 kept'],
  ['Chunked, with blanks', create(['Transfer-Encoding:  Chunked '], ONE_CHUNK), '201|400|501'],
  ...['gzip', 'identity', 'deflate', 'gzip, chunked', 'chunked, gzip', 'chunked, chunked', 'xchunked',
    'chunked;q=1', '"chunked"', 'chunke', ', chunked', 'chunked,']
    .map((value) => [value, create([`Transfer-Encoding: ${value}`], ONE_CHUNK), '501|400 closed']),
  ['nothing', create(['Transfer-Encoding:'], ONE_CHUNK), '501|400 closed canned'],
  ['a control character', create(['Transfer-Encoding: \x0bchunked'], ONE_CHUNK), '400 closed'],
  ['twice chunked', chunked(ONE_CHUNK, 'Transfer-Encoding: chunked'), '501|400 closed'],
  ['chunked, then identity', chunked(ONE_CHUNK, 'Transfer-Encoding: identity'), '501|400 closed'],
  ['chunked in HTTP/1.0', `POST ${OURS} HTTP/1.0\r\nHost: jobd\r\n${AUTH}\r\n`
    + `Transfer-Encoding: chunked\r\n\r\n${ONE_CHUNK}`, '400 closed'],
  ['on a GET', request('GET', '/healthz', ['Transfer-Encoding: chunked'], '0\r\n\r\n'), '200|400'],
]);

// Here the head was good and the body turned out to be none: libmicrohttpd answers by itself.
const CHUNK_FAULT = '400|413|cut closed canned';
probes(server, 'chunks', [
  ...['zz', '-5', '+1d', '0x1d', '', ' ', ';', 'g', '1d\0', '\x0b1d', '1d,', '1 d', '--', '.', '1d.0']
    .map((size) => [`size ${JSON.stringify(size)}`, chunked(`${size}\r\n${BODY}\r\n0\r\n\r\n`), CHUNK_FAULT]),
  ...['FFFFFFFFFFFFFFFFF', '1000000000000001d', 'f'.repeat(400)]
    .map((size) => [`size ${size.slice(0, 20)}`, chunked(`${size}\r\n${BODY}\r\n0\r\n\r\n`), CHUNK_FAULT]),
  ['more data than the size says', chunked(`5\r\n${BODY}\r\n0\r\n\r\n`), CHUNK_FAULT],
  ['no end of line behind the data', chunked(`${HEX}\r\n${BODY}0\r\n\r\n`), CHUNK_FAULT],
  ['other bytes than an end of line there', chunked(`${HEX}\r\n${BODY}xx0\r\n\r\n`), CHUNK_FAULT],
  ['bare LF', chunked(`${HEX}\n${BODY}\n0\n\n`), '201|400|cut canned'],
  ['bare CR', chunked(`${HEX}\r${BODY}\r0\r\r\n`), CHUNK_FAULT],
  ['capital digits and leading zeros', chunked(`000${HEX.toUpperCase()}\r\n${BODY}\r\n00\r\n\r\n`), '201 kept'],
  ['extensions are ignored', chunked(`${HEX};a=b;c="d e"\r\n${BODY}\r\n0;x\r\n\r\n`), '201 kept'],
  // No room for such a line: the library says 500, as it does when an application takes no data.
  ['an extension of 100,000 bytes', chunked(`${HEX};a=${'b'.repeat(100_000)}\r\n${BODY}\r\n0\r\n\r\n`),
    '400|413|431|500|cut closed canned'],
  ['a size of 100,000 zeros', chunked(`${'0'.repeat(100_000)}${HEX}\r\n${BODY}\r\n0\r\n\r\n`),
    '400|413|431|500|cut closed canned'],
  ['trailers are ignored', chunked(`${HEX}\r\n${BODY}\r\n0\r\nX-A: b\r\n\r\n`), '201 kept'],
  ['trailers change nothing', chunked(`${HEX}\r\n${BODY}\r\n0\r\nContent-Length: 50\r\nHost: b\r\n`
    + 'Transfer-Encoding: gzip\r\nAuthorization: Basic bm86bm8=\r\n\r\n'), '201|400'],
  ['trailers of 100,000 bytes', chunked(`${HEX}\r\n${BODY}\r\n0\r\nX-A: ${'b'.repeat(100_000)}\r\n\r\n`),
    '201|400|413|431|cut closed canned'],
  ['trailers without a colon', chunked(`${HEX}\r\n${BODY}\r\n0\r\nnonsense\r\n\r\n`),
    '201|400|cut canned'],
  ['20,000 chunks of one byte', chunked(`${'1\r\n \r\n'.repeat(20_000)}${ONE_CHUNK}`), '201 kept'],
]);

probes(server, 'smuggling', [
  ['in a body with a length', withBody('POST', OURS, [AUTH], HIDDEN), '400 kept'],
  ['in a body of chunks', chunked(`${HIDDEN.length.toString(16)}\r\n${HIDDEN}\r\n0\r\n\r\n`), '400 kept'],
  ['behind a 401', withBody('POST', OURS, [], HIDDEN), '401'],
  ['behind a 404', withBody('POST', '/nothing', [AUTH], HIDDEN), '404'],
  ['behind a 405', withBody('PUT', OURS, [AUTH], HIDDEN), '405'],
  ['behind a 400 of the path', withBody('DELETE', `${JOBS}/x`, [AUTH], HIDDEN), '400'],
  ['in a DELETE', withBody('DELETE', `${JOBS}/${UNKNOWN_ID}`, [AUTH], HIDDEN), '400|404'],
  ['CL.TE', create(['Content-Length: 5', 'Transfer-Encoding: chunked'], `0\r\n\r\n${HIDDEN}`), '400 closed'],
  ['TE.CL', chunked(`0\r\n\r\n${HIDDEN}`, 'Content-Length: 5'), '400 closed'],
  ['CL.CL', create(['Content-Length: 0', `Content-Length: ${HIDDEN.length}`], HIDDEN), '400 closed canned'],
  ['CL 0.TE', request('GET', '/healthz', ['Content-Length: 0', 'Transfer-Encoding: chunked'],
    `0\r\n\r\n${HIDDEN}`), '400 closed'],
  ...['xchunked', 'chunked, identity', '\tchunked\x0b', 'chun\tked', "'chunked'"]
    .map((value) => [`TE ${JSON.stringify(value)}`, create([`Transfer-Encoding: ${value}`],
      `0\r\n\r\n${HIDDEN}`), '400|501 closed canned']),
  ['TE with a blank before the colon', create(['Content-Length: 5', 'Transfer-Encoding : chunked'],
    `0\r\n\r\n${HIDDEN}`), '400 closed canned'],
  ['CL with a blank before the colon', create([`Content-Length : ${HIDDEN.length}`], HIDDEN),
    '400 closed canned'],
  ['CL folded', create([`Content-Length:\r\n ${HIDDEN.length}`], HIDDEN), '400 closed'],
  ['TE folded', create(['Content-Length: 5', 'Transfer-Encoding:\r\n chunked'], `0\r\n\r\n${HIDDEN}`),
    '400|501 closed canned'],
  ['TE behind a bare LF', create(['Content-Length: 5', 'X: y\nTransfer-Encoding: chunked'],
    `0\r\n\r\n${HIDDEN}`), '400 closed canned'],
  ['TE behind a bare CR', create(['Content-Length: 5', 'X: y\rTransfer-Encoding: chunked'],
    `0\r\n\r\n${HIDDEN}`), '400 closed canned'],
  ['behind a bad chunk', chunked(`5\r\nabcdefgh\r\n0\r\n\r\n${HIDDEN}`), '400|cut closed canned'],
  ['behind an overflowing chunk', chunked(`10000000000000005\r\nabcde\r\n0\r\n\r\n${HIDDEN}`),
    '400|413|cut closed canned'],
]);

test('bytes behind a body are another request, and a bad one', () => onConnection(server, async (raw) => {
  await raw.write(create([`Content-Length: ${SIZE}`], `${BODY}garbage\r\n\r\n`));
  assert.equal((await raw.answer()).status, 201);
  const second = await raw.answer();
  assert.ok(second === null || second.status >= 400 && second.status < 500, 'garbage answered');
  await raw.closed();
  assert.equal(raw.bytes.length, 0);
}));

// libmicrohttpd may miss that the other side has ended; then the time limit for bodies helps.
test('a body that ends early creates nothing', async (t) => {
  const brief = await startJobd({ args: ['--body-timeout', '1s'] });
  await checkGood(brief);
  const before = resources(brief);
  const body = '{"name":"n","type":"EARLY"}';
  const early = {
    'a shorter body': create(['Content-Length: 1000'], body),
    'no body': create(['Content-Length: 1000'], ''),
    'a chunk of 2^63 bytes': chunked(`8000000000000000\r\n${body}`),
    'a chunk of 2^64 - 1 bytes': chunked(`FFFFFFFFFFFFFFFF\r\n${body}`),
    'half a chunk': chunked(`ff\r\n${body}`),
    'no last chunk': chunked(`${body.length.toString(16)}\r\n${body}\r\n`),
    'no end of the trailers': chunked(`${body.length.toString(16)}\r\n${body}\r\n0\r\n`),
  };
  for (const [what, bytes] of Object.entries(early)) {
    await t.test(`${what}, then the end`, () => onConnection(brief, async (raw) => {
      await raw.write(bytes);
      raw.half();
      const answer = await raw.answer();
      assert.ok(answer === null || [400, 408].includes(answer.status), answer?.text);
      await raw.closed();
    }));
    await t.test(`${what}, then a reset`, () => onConnection(brief, async (raw) => {
      await raw.write(bytes);
      raw.reset();
    }));
  }
  await checkUnharmed(brief, before);
  const found = await call(brief, 'GET', `${JOBS}?type=EARLY`, { auth: alice });
  assert.deepEqual(found.json.results, []);
});

const CEILINGS = [
  ['POST', OURS, 1 << 20], ['POST', `${OURS}/bulk`, 16 << 20], ['PATCH', `${OURS}/${UNKNOWN_ID}`, 512 << 10],
  ['DELETE', `${JOBS}/${UNKNOWN_ID}`, 64 << 10],
];

test('a body beyond the ceiling', async (t) => {
  const before = resources(server);
  for (const [method, target, ceiling] of CEILINGS) {
    const what = `${method} ${target}`;
    for (const size of [ceiling + 1, 2 ** 40]) {
      await t.test(`${what}, ${size} bytes announced, none sent`, () => probe(server,
        request(method, target, [AUTH, `Content-Length: ${size}`]), '413 closed'));
    }
    await t.test(`${what}, announced, with Expect`, () => probe(server,
      request(method, target, [AUTH, `Content-Length: ${ceiling + 1}`, 'Expect: 100-continue']), '413'));
    await t.test(`${what}, just under it is read`, () => probe(server,
      withBody(method, target, [AUTH], Buffer.alloc(ceiling, ' ')), '400|404 kept'));
    await t.test(`${what}, one byte too many in chunks`, () => probe(server, Buffer.concat([
      Buffer.from(request(method, target, [AUTH, 'Transfer-Encoding: chunked'],
        `${(ceiling + 1).toString(16)}\r\n`)), Buffer.alloc(ceiling + 1, ' '), Buffer.from('\r\n0\r\n\r\n'),
    ]), '413'));
    await t.test(`${what}, far too many bytes in chunks`, () => probe(server,
      chunkedBytes(method, target, ceiling + (24 << 20)), '413'));
    await t.test(`${what}, no end of chunks`, () => endlessChunks(method, target, ceiling));
  }
  await t.test('the daemon is unharmed', () => checkUnharmed(server, before));
});

function chunkedBytes(method, target, size) {
  const head = request(method, target, [AUTH, 'Transfer-Encoding: chunked']);
  const block = Buffer.from(`40000\r\n${' '.repeat(0x40000)}\r\n`);
  return Buffer.concat([Buffer.from(head), ...Array(size >> 18).fill(block), Buffer.from('0\r\n\r\n')]);
}

// The daemon must stop listening 32 MiB after the ceiling: the socket buffers on the way hold some
// megabytes more. It may say 413 or just cut, because the client is still talking.
function endlessChunks(method, target, ceiling) {
  const block = 1 << 18;
  const chunk = Buffer.concat([Buffer.from(`${block.toString(16)}\r\n`), Buffer.alloc(block, ' '),
    Buffer.from('\r\n')]);
  return onConnection(server, async (raw) => {
    await raw.write(request(method, target, [AUTH, 'Transfer-Encoding: chunked']));
    let sent = 0;
    while (!raw.gone && raw.bytes.length === 0 && sent < ceiling + (48 << 20)) {
      await raw.write(chunk);
      sent += block;
    }
    assert.ok(sent < ceiling + (48 << 20), `${sent} bytes were read`);
    const answer = await raw.answer();
    assert.ok(answer === null || answer.status === 413, answer?.text);
    await raw.closed();
  });
}

test('a body nobody may send is not waited for', async (t) => {
  for (const [what, head, expectation] of [
    ['401', request('POST', `${OURS}/bulk`, ['Content-Length: 10000000']), '401 closed'],
    ['404', request('POST', '/nothing', ['Content-Length: 10000000']), '404 closed'],
    ['405', request('PUT', OURS, [AUTH, 'Content-Length: 10000000']), '405 closed'],
  ]) await t.test(what, () => probe(server, head, expectation));
});

test('Expect', async (t) => {
  await t.test('100-continue is answered before the body comes', () => onConnection(server, async (raw) => {
    await raw.write(create([`Content-Length: ${SIZE}`, 'Expect: 100-continue'], ''));
    assert.equal((await raw.answer()).status, 100);
    await raw.write(BODY);
    assert.equal((await raw.answer()).status, 201);
  }));
  await t.test('a refusal comes instead of a 100', () => onConnection(server, async (raw) => {
    await raw.write(request('POST', OURS, [`Content-Length: ${SIZE}`, 'Expect: 100-continue'], ''));
    assert.equal((await raw.answer()).status, 401);
  }));
  await t.test('something else is refused or ignored', () => probe(server,
    create([`Content-Length: ${SIZE}`, 'Expect: nonsense']), '201|417|400'));
});

test('pipelined requests are answered in their order', async (t) => {
  await t.test('reads and refusals', () => onConnection(server, async (raw) => {
    const kinds = [['/healthz', 200], ['/nothing', 404], [WHOAMI, 200], [`${JOBS}/x`, 400],
      [`${JOBS}/${UNKNOWN_ID}`, 404], [`${JOBS}?pageSize=0`, 400], [`${JOBS}?pageSize=1`, 200]];
    const order = Array.from({ length: 70 }, (_, i) => kinds[(i * 3) % kinds.length]);
    await raw.write(order.map(([target]) => request('GET', target, [AUTH])).join(''));
    for (const [target, status] of order) assert.equal((await raw.answer()).status, status, target);
  }));
  await t.test('writes and reads', () => onConnection(server, async (raw) => {
    const names = Array.from({ length: 40 }, (_, i) => `pipelined ${i}`);
    const bodies = names.map((name) => withBody('POST', OURS, [AUTH], JSON.stringify({ name, type: 'PIPE' })));
    await raw.write(Buffer.concat(bodies.flatMap((bytes) =>
      [bytes, Buffer.from(request('GET', `${JOBS}?type=PIPE&pageSize=1`, [AUTH]))])));
    for (const name of names) {
      const made = await raw.answer();
      assert.deepEqual([made.status, made.json.name], [201, name]);
      const listed = await raw.answer();
      assert.equal(listed.json.results[0].name, name, 'a read behind a write sees it');
    }
  }));
  await t.test('up to a bad one, and no further', () => onConnection(server, async (raw) => {
    const good = request('GET', '/healthz');
    await raw.write(`${good}${good}${request('get', '/healthz')}${good}`);
    assert.equal((await raw.answer()).status, 200);
    assert.equal((await raw.answer()).status, 200);
    assert.equal((await raw.answer()).status, 400);
    await raw.closed();
    assert.equal(raw.bytes.length, 0);
  }));
  await t.test('byte by byte', () => onConnection(server, async (raw) => {
    for (const byte of request('GET', '/healthz')) await raw.write(byte);
    assert.equal((await raw.answer()).status, 200);
  }));
});
