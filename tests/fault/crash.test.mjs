// kill -9 at any moment loses nothing that was acknowledged, and the next start is a quick one.
import test from 'node:test';
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkIntegrity, startOnDisk } from './fault.mjs';
import { Ledger } from './ledger.mjs';
import { randomFrom, seedOf } from './random.mjs';

const ROUNDS = 12;
const CLIENTS = 32;
// A second on a machine with nothing else to do; the tests share two processors.
const START_LIMIT = 2000;

const { server, disk, file } = await startOnDisk();

async function start() {
  const begun = Date.now();
  await server.start();
  return Date.now() - begun;
}

test('kill -9 under load', async (t) => {
  const random = randomFrom(seedOf(t));
  const ledger = new Ledger(server, random);
  let slowest = 0;
  for (let round = 1; round <= ROUNDS; round++) {
    // With slow syncs most of the time is spent between a write and its acknowledgement.
    disk.set('sync_us', random.pick([0, 0, 1000, 5000]));
    const before = ledger.acknowledged;
    await ledger.warm();
    const working = ledger.work(CLIENTS);
    const moment = 50 + random.below(400);
    await Promise.race([sleep(moment), working]);
    ledger.stop();
    await server.kill();
    await working;
    await checkIntegrity(file);
    slowest = Math.max(slowest, await start());
    await ledger.check();
    t.diagnostic(`round ${round}: killed after ${moment} ms and ${ledger.acknowledged - before} writes`);
  }
  await ledger.check({ all: true });
  assert.ok(ledger.acknowledged > ROUNDS * CLIENTS, `${ledger.acknowledged} acknowledged writes`);
  assert.ok(ledger.unanswered > ROUNDS, `only ${ledger.unanswered} writes were under way at a kill`);
  t.diagnostic(`${ledger.acknowledged} writes, ${ledger.jobs.size} jobs, slowest start ${slowest} ms`);
  assert.ok(slowest < START_LIMIT, `a start took ${slowest} ms`);
});

test('kill -9 while starting', async () => {
  await server.stop();
  for (let round = 0; round < 5; round++) {
    const starting = server.start().catch(() => null);
    await sleep(round * 4);
    await server.kill();
    await starting;
  }
  await checkIntegrity(file);
  assert.ok(await start() < START_LIMIT);
});
