// SIGTERM: what was sent is answered, what was acknowledged is kept, and nobody can hold it up.
import test from 'node:test';
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import fs from 'node:fs';
import path from 'node:path';
import { alice, basic, createJob, eventually, JOBS, OURS, send, startJobd, tempDir, worker } from '../api/harness.mjs';
import { claimed } from '../api/leases.mjs';
import { connect, request } from '../api/raw.mjs';
import { checkIntegrity, preloaded, startOnDisk } from './fault.mjs';
import { Ledger } from './ledger.mjs';
import { randomFrom, seedOf } from './random.mjs';

const AUTH = `Authorization: ${basic(alice)}`;
const DRAIN = 1500;
// Beyond the limit: closing the store, and a busy machine.
const MARGIN = 2000;

const drains = (limit) => ['--drain-timeout', `${limit}ms`];

// Sends the signal and gives { code, took }.
async function stopped(server, signal = 'SIGTERM') {
  const begun = Date.now();
  const code = await server.signal(signal);
  return { code, took: Date.now() - begun };
}

async function refusesConnections(server) {
  const raw = await connect(server).catch(() => null);
  raw?.destroy();
  return raw === null;
}

test('under load', async (t) => {
  const { server, disk, file } = await startOnDisk({ args: drains(10_000) });
  const ledger = new Ledger(server, randomFrom(seedOf(t)));
  for (const delay of [0, 5000, 20_000]) {
    disk.set('sync_us', delay);
    const answers = [];
    await ledger.warm();
    ledger.onAnswer = (answer) => answers.push(answer);
    const working = ledger.work(48);
    await Promise.race([sleep(300), working]);
    const signalled = Date.now();
    server.child.kill('SIGTERM');
    // From the first refusal on, every further one says the same.
    await eventually(() => answers.some(({ error }) => error) || server.end, 'the end of the service');
    ledger.stop();
    await working;
    assert.equal(await server.exited(), 0);
    assert.ok(Date.now() - signalled < 10_000 + MARGIN);
    server.agent.destroy();
    // A millisecond is what both clocks may differ by.
    const lost = answers.filter(({ sent, error }) => error && sent < signalled - 1);
    assert.deepEqual(lost.map(({ error }) => error.message), [], 'sent before the signal and not answered');
    const cut = answers.filter(({ error }) => error && !['ECONNREFUSED'].includes(error.code));
    t.diagnostic(`sync ${delay} us: ${answers.length} requests, ${cut.length} cut after the signal`);
    assert.ok(answers.some(({ sent, answer }) => answer && sent < signalled), 'there was a load');
    await checkIntegrity(file);
    assert.equal(fs.existsSync(`${file}-wal`), false, 'the store was closed: no WAL is left');
    await server.start();
    await ledger.check();
  }
});

// Two threads of libmicrohttpd take the listening socket out of the same set, one behind the other.
test('under load, when the removal of the listening socket is slow', async () => {
  const dir = tempDir();
  const env = { LD_PRELOAD: preloaded('quiesce'), JOBD_FAULT_DIR: dir };
  const server = await startJobd({ store: 'memory', env, args: drains(10_000) });
  const working = Array.from({ length: 32 }, async () => {
    while (await send(server, 'GET', '/healthz').catch(() => null));
  });
  await send(server, 'GET', `${JOBS}?pageSize=1`, { auth: alice });
  const { code } = await stopped(server);
  await Promise.all(working);
  assert.equal(code, 0);
  assert.ok(fs.existsSync(path.join(dir, 'raced')), 'both did');
});

test('with nothing to do it ends at once', async () => {
  const { server } = await startOnDisk({ args: drains(30_000) });
  const idle = await connect(server);
  await idle.write(request('GET', '/healthz'));
  assert.equal((await idle.answer()).status, 200);
  const fresh = await connect(server);
  const { code, took } = await stopped(server);
  assert.equal(code, 0);
  assert.ok(took < MARGIN, `${took} ms`);
  await idle.closed();
  await fresh.closed();
  await server.start();
  assert.equal((await stopped(server, 'SIGINT')).code, 0);
});

// Each holds its connection and never ends what it began.
const HOLDERS = {
  'half a head': async (server) => {
    const raw = await connect(server);
    await raw.write(`GET ${JOBS} HTTP/1.1\r\nHost: jobd\r\n`);
    return raw;
  },
  'half a body': async (server) => {
    const raw = await connect(server);
    await raw.write(request('POST', OURS, [AUTH, 'Content-Length: 1000'], '{"name":'));
    return raw;
  },
  'an answer nobody reads': async (server) => {
    const raw = await connect(server, { paused: true });
    raw.write(request('GET', `${JOBS}?type=LARGE&pageSize=50`, [AUTH]).repeat(100));
    return raw;
  },
};

for (const [what, hold] of Object.entries(HOLDERS)) {
  test(`${what} delays it to the limit and no further`, async () => {
    const { server } = await startOnDisk({ args: drains(DRAIN) });
    for (let i = 0; i < 50; i++) {
      await createJob(server, alice, { type: 'LARGE', message: '\u{1f600}'.repeat(4000) });
    }
    const raw = await hold(server);
    await eventually(async () => (await send(server, 'GET', '/healthz')).status === 200);
    const { code, took } = await stopped(server);
    assert.equal(code, 0);
    assert.ok(took < DRAIN + MARGIN, `${took} ms`);
    raw.destroy();
  });
}

test('a request begun before is answered, a new one is not taken', async () => {
  const { server } = await startOnDisk({ args: drains(20_000) });
  const body = JSON.stringify({ name: 'begun', type: 'BEGUN' });
  const raw = await connect(server);
  await raw.write(request('POST', OURS, [AUTH, `Content-Length: ${body.length}`], body.slice(0, 10)));
  // The head has been read once a later connection's request is answered.
  await send(server, 'GET', `${JOBS}?pageSize=1`, { auth: alice });
  server.child.kill('SIGTERM');
  await eventually(() => refusesConnections(server), 'no new connections');
  assert.equal(server.end, null, 'it waits');
  await raw.write(body.slice(10));
  const answer = await raw.answer();
  assert.equal(answer.status, 201);
  assert.match(answer.headers.connection ?? '', /close/i);
  await raw.closed();
  assert.equal(await server.exited(), 0);
  await server.start();
  const kept = await send(server, 'GET', `${JOBS}/${answer.json.id}`, { auth: alice });
  assert.deepEqual(kept.json, answer.json);
});

test('an end that comes while it stops is taken, and brings no job along', async () => {
  const { server } = await startOnDisk({ args: drains(20_000) });
  const type = 'STOPS';
  await createJob(server, alice, { type });
  const [held] = await claimed(server, type);
  const waiting = await createJob(server, alice, { type });
  const body = JSON.stringify({ state: 'COMPLETED', next: { types: [type], workerId: 'w' } });
  const raw = await connect(server);
  const head = [`Authorization: ${basic(worker)}`, `Lease-Fence: ${held.fence}`, `Content-Length: ${body.length}`];
  await raw.write(request('PATCH', `${OURS}/${held.job.id}`, head, body.slice(0, 10)));
  await send(server, 'GET', `${JOBS}?pageSize=1`, { auth: alice });
  server.child.kill('SIGTERM');
  await eventually(() => refusesConnections(server), 'no new connections');
  await raw.write(body.slice(10));
  const { status, json } = await raw.answer();
  assert.equal(status, 200);
  assert.equal(json.job.state, 'COMPLETED');
  assert.deepEqual(json.claims, []);
  assert.equal(await server.exited(), 0);
  await server.start();
  const kept = await send(server, 'GET', `${JOBS}/${waiting.id}`, { auth: alice });
  assert.deepEqual(kept.json, waiting);
});

test('clients that left while their writes waited do not hold it up', async () => {
  const { server, disk } = await startOnDisk({ args: drains(10_000) });
  const made = await createJob(server, alice);
  const body = JSON.stringify({ name: 'left', type: 'LEFT' });
  disk.set('sync_us', 300_000);
  const clients = await Promise.all(Array.from({ length: 50 }, () => connect(server)));
  await Promise.all(clients.map((raw) => raw.write(request('POST', OURS,
    [AUTH, `Content-Length: ${body.length}`], body))));
  const seen = disk.syncs();
  await eventually(() => disk.syncs() > seen, 'a write under way');
  for (const raw of clients) raw.reset();
  const { code, took } = await stopped(server);
  assert.equal(code, 0);
  assert.ok(took < 3000 + MARGIN, `${took} ms`);
  disk.clear('sync_us');
  await server.start();
  assert.equal((await send(server, 'GET', `${JOBS}/${made.id}`, { auth: alice })).status, 200);
});

test('a second SIGTERM ends it at once', async () => {
  const { server } = await startOnDisk({ args: drains(60_000) });
  const made = await createJob(server, alice);
  const raw = await HOLDERS['half a body'](server);
  await send(server, 'GET', `${JOBS}?pageSize=1`, { auth: alice });
  server.child.kill('SIGTERM');
  await eventually(() => refusesConnections(server), 'no new connections');
  assert.equal(server.end, null, 'it waits');
  const { took } = await stopped(server);
  assert.ok(took < MARGIN, `${took} ms`);
  assert.equal(server.end.signal, null, 'it still closes its store');
  raw.destroy();
  await server.start();
  assert.equal((await send(server, 'GET', `${JOBS}/${made.id}`, { auth: alice })).status, 200);
});
