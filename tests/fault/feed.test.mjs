// A reader that is cut off anywhere, and resumes, ends with every job as the store has it.
import test from 'node:test';
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { admin, alice, eventually, JOBS, OURS, send, startJobd } from '../api/harness.mjs';
import { follow } from '../api/events.mjs';
import { walk } from '../api/support.mjs';
import { randomFrom, seedOf } from './random.mjs';

const ROUNDS = 6;
const WRITERS = 12;
const TYPES = ['A', 'B'];

// What each reader asks for, and which jobs it has to end with.
const FILTERS = [
  ['', () => true],
  ['type=A', (job) => job.type === 'A'],
  ['state=RUNNING', (job) => job.state === 'RUNNING'],
  ['result=SUCCESS&type=B', (job) => job.result === 'SUCCESS' && job.type === 'B'],
  ['name=7', (job) => job.name.includes('7')],
];

const server = await startJobd({ args: ['--auth-failures', '0'] });

class Reader {
  constructor([query, wants], lines, random) {
    Object.assign(this, { query, wants, lines, random, jobs: new Map(), connections: 0 });
    this.events = 0;
  }

  async run() {
    while (!this.stopped) {
      const stream = await this.connect();
      if (!stream) continue;
      this.connections += 1;
      await Promise.race([sleep(this.random.below(400)), stream.untilEnd().catch(() => {})]);
      stream.cut();
      this.take(stream);
    }
  }

  // Null while the daemon is away; anything but a refused connection is a fault.
  async connect() {
    const resumed = this.last === undefined ? { query: `${this.query}&snapshot=true` } : {};
    const headers = this.last === undefined ? {} : { 'Last-Event-ID': this.last };
    try {
      return await follow(server, alice, { query: this.query, lines: this.lines, headers, ...resumed });
    } catch (error) {
      assert.doesNotMatch(error.message, /^status/);
      await sleep(10);
      return null;
    }
  }

  // Whatever has come whole, in order; the rest comes again.
  take(stream) {
    for (const { event, id, data } of stream.all) {
      if (id !== undefined) this.last = id;
      if (event === 'job') this.jobs.set(data.id, data);
      if (event === 'gone') this.jobs.delete(data.id);
      this.events += event === undefined ? 0 : 1;
    }
  }

  agrees(store) {
    const wanted = store.filter(this.wants).sort((a, b) => (a.id < b.id ? -1 : 1));
    const have = [...this.jobs.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    assert.deepEqual(have, wanted);
    return true;
  }
}

// Creates, reports and deletes until told to stop; a daemon that is away is waited for.
async function write(control, random) {
  const ids = [];
  while (!control.stopped) {
    try {
      await writeOne(ids, random);
    } catch {
      await sleep(10);
    }
  }
}

async function writeOne(ids, random) {
  if (ids.length === 0 || random.below(4) === 0) {
    const body = { name: `job ${random.below(100)}`, type: random.pick(TYPES), selfManaged: true };
    const { json } = await send(server, 'POST', OURS, { auth: alice, body });
    if (json?.id) ids.push(json.id);
    return;
  }
  const id = random.pick(ids);
  if (random.below(20) === 0) {
    await send(server, 'DELETE', `${JOBS}/${id}`, { auth: alice });
    return;
  }
  const body = random.pick([
    { state: 'RUNNING', progressPercentage: random.below(101) },
    { state: 'RUNNING', message: `message ${random.below(1000)}` },
    { state: 'COMPLETED', result: 'SUCCESS' },
  ]);
  await send(server, 'PATCH', `${OURS}/${id}`, { auth: alice, body });
}

test('readers that are cut off, and a daemon that is killed, lose nothing', async (t) => {
  const random = randomFrom(seedOf(t));
  const control = { stopped: false };
  const readers = FILTERS.flatMap((filter) => [
    new Reader(filter, false, random),
    new Reader(filter, true, random),
  ]);
  const running = readers.map((reader) => reader.run());
  const writing = Array.from({ length: WRITERS }, () => write(control, random));
  for (let round = 0; round < ROUNDS; round++) {
    await sleep(300 + random.below(700));
    await server.kill();
    await server.start();
  }
  control.stopped = true;
  await Promise.all(writing);
  const store = await walk(server, admin, { pageSize: 50 });
  for (const reader of readers)
    await eventually(() => reader.agrees(store), `${reader.query} to be as the store has it`);
  for (const reader of readers) reader.stopped = true;
  await Promise.all(running);
  const sum = (member) => readers.reduce((all, reader) => all + reader[member], 0);
  t.diagnostic(`${store.length} jobs, ${sum('events')} events over ${sum('connections')} connections`);
  assert.ok(store.length > 100, `only ${store.length} jobs`);
  assert.ok(sum('connections') > readers.length * ROUNDS, `only ${sum('connections')} connections`);
});
