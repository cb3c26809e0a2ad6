// A job's output: appended by offset, read from anywhere, followed by long polls; whose it is to write.
import test from 'node:test';
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import {
  admin,
  alice,
  assertError,
  basic,
  bob,
  call,
  createJob,
  JOBS,
  OURS,
  reader,
  startJobd,
  UNKNOWN_ID,
  worker,
} from './harness.mjs';
import { heldJob, tell, untilWatched } from './leases.mjs';
import { connect, request } from './raw.mjs';
import { get, report } from './support.mjs';

const server = await startJobd();
const KIB = 1024;
const END = 512 * KIB; // what is kept of a long output at either end
const SOON = 5000; // milliseconds in which what is woken is there, on a busy machine

const target = (id) => `${OURS}/${id}/log`;

function put(id, offset, body, { auth = alice, fence, on = server } = {}) {
  const headers = {
    'Content-Type': 'application/octet-stream',
    ...(fence === undefined ? {} : { 'Lease-Fence': `${fence}` }),
  };
  return call(on, 'PUT', `${target(id)}?offset=${offset}`, { auth, body, headers });
}

// The size of the stream, by an answer that must be a success.
async function append(id, offset, body, options) {
  const answer = await put(id, offset, body, options);
  assert.equal(answer.status, 204, answer.text);
  return Number(answer.headers['log-next-offset']);
}

async function read(id, query = '', { auth = alice, on = server } = {}) {
  const answer = await call(on, 'GET', `${target(id)}${query}`, { auth });
  if (answer.status === 200) {
    assert.equal(answer.headers['content-type'], 'text/plain; charset=utf-8');
    assert.equal(answer.headers['x-content-type-options'], 'nosniff');
  }
  return {
    ...answer,
    next: Number(answer.headers['log-next-offset']),
    complete: { true: true, false: false }[answer.headers['log-complete']],
  };
}

async function timed(promise) {
  const begun = Date.now();
  return { value: await promise, took: Date.now() - begun };
}

test('what is appended is read, from any offset', async () => {
  const { id } = await createJob(server, alice);
  const empty = await read(id);
  assert.deepEqual([empty.status, empty.text, empty.next, empty.complete], [200, '', 0, false]);
  assert.equal(await append(id, 0, 'one\n'), 4);
  assert.equal(await append(id, 4, 'two\n'), 8);
  for (const [query, text] of Object.entries({
    '': 'one\ntwo\n',
    '?offset=0': 'one\ntwo\n',
    '?offset=5': 'wo\n',
    '?offset=8': '',
    '?offset=-3': 'wo\n',
    '?offset=-100': 'one\ntwo\n',
    '?offset=': 'one\ntwo\n',
  })) {
    const answer = await read(id, query);
    assert.deepEqual([answer.text, answer.next, answer.complete], [text, 8, false], query);
  }
});

test('bytes are kept as they came, whatever they are', async () => {
  const { id } = await createJob(server, alice);
  const bytes = crypto.randomBytes(200_000);
  let at = 0;
  for (const size of [1, 100, 4095, 4097, 60_000]) {
    assert.equal(await append(id, at, bytes.subarray(at, at + size)), at + size);
    at += size;
  }
  await append(id, at, bytes.subarray(at));
  assert.ok((await read(id)).bytes.equals(bytes));
  assert.ok((await read(id, '?offset=70000')).bytes.equals(bytes.subarray(70_000)));
});

test('repetitions and overlaps add only what is new', async () => {
  const { id } = await createJob(server, alice);
  await append(id, 0, 'one two ');
  assert.equal(await append(id, 0, 'one two '), 8);
  assert.equal(await append(id, 4, 'two'), 8);
  assert.equal(await append(id, 4, 'two three'), 13);
  assert.equal((await read(id)).text, 'one two three');
});

test('a hole is a conflict that says where to go on', async () => {
  const { id } = await createJob(server, alice);
  await append(id, 0, 'one');
  const answer = await put(id, 4, 'x');
  assertError(answer, 409, 'conflict', /3 bytes/);
  assert.equal(answer.headers['log-next-offset'], '3');
  assert.equal((await read(id)).text, 'one');
});

test('who is ahead of the stream stays there', async () => {
  const { id } = await createJob(server, alice);
  await append(id, 0, 'one');
  const answer = await read(id, '?offset=50');
  assert.deepEqual([answer.text, answer.next], ['', 50]);
});

test('of a long output both ends are kept, and a line says how much was dropped', async () => {
  const { id } = await createJob(server, alice);
  const bytes = Buffer.from(
    Array.from({ length: 75_000 }, (_, i) => `line ${i}`.padEnd(15)).join('\n'),
  );
  for (let at = 0; at < bytes.length; at += 256 * KIB)
    await append(id, at, bytes.subarray(at, at + 256 * KIB));
  const size = bytes.length;
  const dropped = size - 2 * END;
  const mark = (count) => Buffer.from(`[… ${count} bytes dropped …]\n`);
  const tail = bytes.subarray(size - END);
  const whole = await read(id);
  const expected = Buffer.concat([bytes.subarray(0, END), mark(dropped), tail]);
  assert.equal(bytes[END - 1], 10);
  assert.ok(whole.bytes.equals(expected));
  assert.equal(whole.next, size);
  const late = await read(id, `?offset=${END + 1000}`);
  assert.ok(late.bytes.equals(Buffer.concat([mark(dropped - 1000), tail])));
  const middle = await read(id, `?offset=${END - 5}`); // the line of the mark is one of its own
  assert.ok(middle.bytes.equals(Buffer.concat([bytes.subarray(END - 5, END), mark(dropped), tail])));
  assert.ok((await read(id, '?offset=-100')).bytes.equals(bytes.subarray(size - 100)));
  assert.equal(await append(id, END, bytes.subarray(END, END + 10)), size);
});

test('the mark begins a line of its own', async () => {
  const { id } = await createJob(server, alice);
  const piece = Buffer.alloc(256 * KIB, 'x');
  for (let at = 0; at < 5; at++) await append(id, at * piece.length, piece);
  const { text } = await read(id, `?offset=${END - 2}`);
  assert.ok(text.startsWith('xx\n[… 262144 bytes dropped …]\nxxx'), text.slice(0, 50));
});

test('a read that waits is woken by the append', async () => {
  const { id } = await createJob(server, alice);
  await append(id, 0, 'one');
  const waiting = timed(read(id, '?offset=3&wait=30'));
  const other = timed(read(id, '?offset=3&wait=30', { auth: reader }));
  await untilWatched(server, 2);
  await append(id, 0, 'one'); // nothing new wakes nobody
  const begun = Date.now();
  await append(id, 3, 'two');
  for (const { value } of [await waiting, await other])
    assert.deepEqual([value.text, value.next, value.complete], ['two', 6, false]);
  assert.ok(Date.now() - begun < SOON);
  await untilWatched(server, 0);
});

test('a read that waits does not mind other changes, and gives up in time', async () => {
  const { id } = await createJob(server, alice);
  const waiting = timed(read(id, '?wait=2'));
  await untilWatched(server, 1);
  await report(server, alice, id, { state: 'RUNNING' });
  await report(server, alice, id, { progressPercentage: 50 });
  const { value, took } = await waiting;
  assert.deepEqual([value.status, value.text, value.next, value.complete], [200, '', 0, false]);
  assert.ok(took >= 1900 && took < 2000 + SOON, `${took} ms`);
});

test('a read that waits ends with the job', async () => {
  const ends = {
    completed: (id) => report(server, alice, id, { state: 'COMPLETED' }),
    failed: (id) => report(server, alice, id, { state: 'FAILED' }),
    deleted: (id) => call(server, 'DELETE', `${JOBS}/${id}`, { auth: alice }),
  };
  for (const [name, end] of Object.entries(ends)) {
    const { id } = await createJob(server, alice);
    const waiting = timed(read(id, '?wait=30'));
    await untilWatched(server, 1);
    await end(id);
    const { value, took } = await waiting;
    assert.deepEqual([value.text, value.complete], ['', true], name);
    assert.ok(took < SOON, `${name}: ${took} ms`);
    const again = await timed(read(id, '?wait=30'));
    assert.equal(again.value.complete, true);
    assert.ok(again.took < SOON);
  }
});

test('a client that hangs up is not waited for', async () => {
  const { id } = await createJob(server, alice);
  const raw = await connect(server);
  await raw.write(
    request('GET', `${target(id)}?wait=30`, [`Authorization: ${basic(alice)}`]),
  );
  await untilWatched(server, 1);
  raw.socket.destroy();
  await untilWatched(server, 0);
});

test('a server that stops answers who waits at once', async () => {
  const own = await startJobd({ args: ['--drain-timeout', '20s'] });
  const { id } = await createJob(own, alice);
  const waiting = Array.from({ length: 10 }, () => read(id, '?wait=30', { on: own }));
  await untilWatched(own, 10);
  const { value: code, took } = await timed(own.stop());
  assert.equal(code, 0);
  assert.ok(took < 2 * SOON, `${took} ms`);
  for (const answer of await Promise.all(waiting))
    assert.deepEqual([answer.status, answer.text], [200, '']);
});

test('while a job is held its output is its holder’s', async () => {
  const { job, fence } = await heldJob(server, alice);
  for (const auth of [alice, admin, worker])
    assertError(await put(job.id, 0, 'x', { auth }), 409, 'leaseLost');
  assertError(await put(job.id, 0, 'x', { auth: worker, fence: fence + 1 }), 409, 'leaseLost');
  assert.equal(await append(job.id, 0, 'one', { auth: worker, fence }), 3);
  const before = (await get(server, alice, job.id)).headers.etag;
  await append(job.id, 3, 'two', { auth: worker, fence });
  assert.equal((await get(server, alice, job.id)).headers.etag, before);
});

test('the last lines may come after the end', async () => {
  const { job, fence } = await heldJob(server, alice);
  await tell(server, worker, job.id, fence, { state: 'COMPLETED' });
  assert.equal(await append(job.id, 0, 'one', { auth: worker, fence }), 3);
  assertError(await put(job.id, 3, 'x', { auth: worker, fence: fence + 1 }), 409, 'leaseLost');
  assertError(await put(job.id, 3, 'x', { auth: bob }), 403, 'jobNotOwned');
  assert.equal(await append(job.id, 3, 'two'), 6);
  assert.deepEqual((await read(job.id)).complete, true);
});

test('the next attempt goes on behind the one before, which is heard no more', async () => {
  const { job, fence } = await heldJob(server, alice, { maxAttempts: 2 });
  await append(job.id, 0, 'one', { auth: worker, fence });
  await tell(server, worker, job.id, fence, { state: 'WAITING' });
  assertError(await put(job.id, 3, 'x', { auth: worker, fence }), 409, 'leaseLost');
  assert.equal(await append(job.id, 3, 'two'), 6);
});

test('who may append, and who may read', async () => {
  const { id } = await createJob(server, alice);
  assertError(await put(id, 0, 'x', { auth: reader }), 403, 'forbidden');
  assertError(await put(id, 0, 'x', { auth: bob }), 403, 'jobNotOwned');
  assertError(await put(id, 0, 'x', { auth: worker }), 403, 'jobNotOwned');
  assert.equal(await append(id, 0, 'x', { auth: admin }), 1);
  for (const auth of [bob, worker, reader]) assert.equal((await read(id, '', { auth })).text, 'x');
  for (const method of ['GET', 'PUT'])
    assertError(await call(server, method, `${target(id)}?offset=0`), 401, 'notAuthenticated');
});

test('a deleted job takes no output, and keeps what it has', async () => {
  const { job, fence } = await heldJob(server, alice);
  await append(job.id, 0, 'one', { auth: worker, fence });
  await call(server, 'DELETE', `${JOBS}/${job.id}`, { auth: alice });
  assertError(await put(job.id, 3, 'x', { auth: worker, fence }), 409, 'jobDeleted');
  assertError(await put(job.id, 3, 'x'), 409, 'jobDeleted');
  const answer = await read(job.id);
  assert.deepEqual([answer.text, answer.complete], ['one', true]);
});

test('a job that is not there has no output', async () => {
  assertError(await put(UNKNOWN_ID, 0, 'x'), 404, 'jobNotFoundId');
  assertError(await read(UNKNOWN_ID), 404, 'jobNotFoundId');
  assertError(await read(UNKNOWN_ID, '?wait=30'), 404, 'jobNotFoundId');
  assertError(await put('x', 0, 'x'), 400, 'invalidRequest');
});

test('256 KiB at once, and no more', async () => {
  const { id } = await createJob(server, alice);
  assertError(await put(id, 0, Buffer.alloc(256 * KIB + 1)), 413, 'payloadTooLarge');
  assert.equal(await append(id, 0, Buffer.alloc(256 * KIB)), 256 * KIB);
  assertError(await put(id, 256 * KIB, ''), 400, 'invalidRequest', /empty/);
});

test('what makes no sense is refused by name', async () => {
  const { id } = await createJob(server, alice);
  const most = 2 ** 53;
  for (const offset of ['', '-1', 'x', '1.5', `${most + 2}`, '0&offset=1'])
    assertError(await put(id, offset, 'x'), 400, 'invalidRequest', /offset/);
  for (const query of ['offset=x', 'offset=1e3', `offset=${most + 2}`, `offset=-${most + 2}`])
    assertError(await read(id, `?${query}`), 400, 'invalidRequest', /offset/);
  for (const query of ['wait=-1', 'wait=31', 'wait=x'])
    assertError(await read(id, `?${query}`), 400, 'invalidRequest', /wait/);
  assertError(await put(id, 0, 'x', { fence: 'x' }), 400, 'invalidRequest', /Lease-Fence/);
  assert.equal((await read(id, `?offset=-${most}`)).text, '');
  assertError(await call(server, 'DELETE', target(id), { auth: alice }), 405, 'methodNotAllowed');
});

test('HEAD tells the offsets', async () => {
  const { id } = await createJob(server, alice, {}, { state: 'COMPLETED' });
  await append(id, 0, 'one');
  const answer = await call(server, 'HEAD', target(id), { auth: alice });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['log-next-offset'], '3');
  assert.equal(answer.headers['log-complete'], 'true');
});

test('many jobs write at once, and nothing is mixed up', async () => {
  const jobs = await Promise.all(Array.from({ length: 20 }, () => createJob(server, alice)));
  await Promise.all(
    jobs.map(async ({ id }, n) => {
      for (let at = 0, i = 0; i < 20; i++) at = await append(id, at, `${n}: line ${i}\n`);
    }),
  );
  for (const [n, { id }] of jobs.entries()) {
    const lines = Array.from({ length: 20 }, (_, i) => `${n}: line ${i}\n`);
    assert.equal((await read(id)).text, lines.join(''));
  }
});
