// A disk without room, or gone: writes say so, reads go on, and it is over when there is room again.
import test from 'node:test';
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { alice, assertError, call, createJob, eventually, JOBS, OURS } from '../api/harness.mjs';
import { PAGE, SESSION } from '../api/sessions.mjs';
import { checkIntegrity, startOnDisk } from './fault.mjs';
import { Ledger } from './ledger.mjs';
import { randomFrom, seedOf } from './random.mjs';

const AGAIN = 10_000; // how soon after there is room a write has to succeed, in ms

const { server, disk, file } = await startOnDisk();
const allow = [503];
const auth = alice;

function writes(job, serial) {
  const fresh = { name: `w ${serial}`, type: job.type };
  return {
    'a create': ['POST', OURS, { auth, body: fresh }],
    'a create with a key': ['POST', OURS, { auth, body: fresh, headers: { 'Idempotency-Key': `k${serial}` } }],
    'a bulk create': ['POST', `${OURS}/bulk?atomic=true`, { auth, body: { jobs: [fresh, fresh] } }],
    'a report': ['PATCH', `${OURS}/${job.id}`, { auth, body: { state: 'RUNNING', message: `m${serial}` } }],
    'a delete': ['DELETE', `${JOBS}/${job.id}`, { auth }],
    'a sign-in': ['POST', SESSION, { headers: PAGE, body: { user: auth.name, password: auth.password } }],
  };
}

async function checkRefused([method, target, options]) {
  const answer = await call(server, method, target, { ...options, allow });
  assertError(answer, 503, 'storeUnavailable');
  assert.match(answer.headers['retry-after'], /^[1-9]\d*$/);
}

const readiness = async () => (await call(server, 'GET', '/readyz', { allow })).status;

async function checkReads(job) {
  assert.deepEqual((await call(server, 'GET', `${JOBS}/${job.id}`, { auth })).json, job);
  const found = await call(server, 'GET', `${JOBS}?type=${job.type}`, { auth });
  assert.deepEqual(found.json.results.map(({ id }) => id), [job.id], 'nothing that failed is there');
  assert.equal((await call(server, 'GET', `${JOBS}?name=disk`, { auth })).status, 200);
  assert.equal((await call(server, 'GET', '/healthz')).status, 200);
}

async function recovered() {
  await eventually(async () => (await readiness()) === 200, 'readiness', AGAIN);
  const answer = await call(server, 'POST', OURS, { auth, body: { name: 'after', type: 'AFTER' } });
  assert.equal(answer.status, 201, answer.text);
}

for (const knob of ['full', 'cut']) {
  test(`the disk is ${knob}`, async (t) => {
    const job = await createJob(server, auth, { name: `${knob} disk`, type: `DISK-${knob}` });
    assert.equal(await readiness(), 200);
    disk.set(knob);
    for (const [what, write] of Object.entries(writes(job, knob))) {
      await t.test(what, () => checkRefused(write));
    }
    await t.test('reads go on', () => checkReads(job));
    await t.test('it says it is not ready', async () => assert.equal(await readiness(), 503));
    await t.test('many writes at once', () => Promise.all(Array.from({ length: 100 }, (_, i) =>
      checkRefused(Object.values(writes(job, `${knob}${i}`))[i % 6]))));
    await t.test('reads still go on', () => checkReads(job));
    disk.clear(knob);
    await t.test('with room again it writes, without a restart', recovered);
    await t.test('what failed can be done now', async () => {
      const before = await call(server, 'GET', `${JOBS}/${job.id}`, { auth });
      assert.deepEqual(before.json, job, 'untouched by what failed');
      for (const [method, target, options] of Object.values(writes(job, knob))) {
        const answer = await call(server, method, target, options);
        assert.ok(answer.status < 300, answer.text);
      }
      const found = await call(server, 'GET', `${JOBS}?type=${job.type}&state=WAITING`, { auth });
      assert.equal(found.json.results.length, 4, 'each once');
    });
    await checkIntegrity(file);
  });
}

// More probes than threads, each waiting for the disk: who asks for anything else is served meanwhile.
test('probes of a slow disk hold nobody up', async () => {
  const job = await createJob(server, auth, { name: 'slow', type: 'SLOW' });
  disk.set('full');
  await checkRefused(writes(job, 'slow')['a bulk create']);
  disk.clear('full');
  disk.set('sync_us', 3_000_000);
  let answered = 0;
  const probes = Array.from({ length: 32 }, async () => {
    const answer = await call(server, 'GET', '/readyz', { allow });
    answered += 1;
    return answer.status;
  });
  for (let i = 0; i < 50; i++) assert.equal((await call(server, 'GET', '/healthz')).status, 200);
  assert.equal(answered, 0, 'no probe was waited for');
  disk.clear('sync_us');
  assert.deepEqual(new Set(await Promise.all(probes)), new Set([200]));
});

test('room comes and goes under load', async (t) => {
  const random = randomFrom(seedOf(t));
  const ledger = new Ledger(server, random);
  await ledger.warm();
  const working = ledger.work(32);
  for (let i = 0; i < 8; i++) {
    await Promise.race([sleep(50 + random.below(150)), working]);
    disk.set('full');
    await Promise.race([sleep(20 + random.below(150)), working]);
    disk.clear('full');
  }
  await Promise.race([sleep(100), working]);
  ledger.stop();
  await working;
  await recovered();
  await ledger.check({ all: true });
  assert.ok(ledger.refused > 0, 'some writes were refused');
  assert.ok(ledger.acknowledged > 100, 'some were not');
  t.diagnostic(`${ledger.acknowledged} acknowledged, ${ledger.refused} refused`);
  await server.kill();
  await server.start();
  await ledger.check({ all: true });
  await checkIntegrity(file);
});

test('full from the start', async () => {
  const own = await startOnDisk();
  const job = await createJob(own.server, auth);
  await own.server.kill();
  own.disk.set('full');
  // It may refuse to start, saying why, or start and read; either way nothing is lost.
  const started = await own.server.start().then(() => true, () => false);
  if (!started) assert.match(own.server.tail(), /space|full|disk/i);
  else await own.server.kill();
  own.disk.clear('full');
  await own.server.start();
  assert.deepEqual((await call(own.server, 'GET', `${JOBS}/${job.id}`, { auth })).json, job);
});
