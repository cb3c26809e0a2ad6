// Many workers, paused, killed and cut off at random, and the daemon killed among them: each job is held by one at a
// time, ends once, and none is lost.
import test, { after } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { admin, basic, eventually, OURS, startJobd, tempDir, worker } from '../api/harness.mjs';
import { walk } from '../api/support.mjs';
import { faultsOf, PLENTY, statisticsOf } from './history.mjs';
import { Proxy } from './proxy.mjs';
import { randomFrom, seedOf } from './random.mjs';
import { Client, readRecord } from './record.mjs';

const SCRIPT = path.join(path.dirname(fileURLToPath(import.meta.url)), 'worker.mjs');
const TYPE = 'CHAOS';
const WORKERS = 6;
const SLOTS = 2;
const LEASE_SECONDS = 5; // the shortest there is
const CHAOS_MS = 20_000;
const CREATE_MS = 60;
const CUT_PERCENT = 5;

// The worker processes there are, and the records of all there ever were.
class Crew {
  constructor(port, random) {
    Object.assign(this, { port, random, dir: tempDir(), files: [], alive: new Set(), kills: 0, pauses: 0 });
    after(() => this.killAll());
  }

  hire() {
    const name = `w-${this.files.length + 1}`;
    const file = path.join(this.dir, name);
    fs.writeFileSync(file, ''); // it may be killed before it writes
    this.files.push(file);
    const settings = { port: this.port, authorization: basic(worker), type: TYPE, name, file,
      seed: this.random.below(2 ** 31), leaseSeconds: LEASE_SECONDS, slots: SLOTS };
    const child = spawn(process.execPath, [SCRIPT, JSON.stringify(settings)], { stdio: ['pipe', 'ignore', 'inherit'] });
    child.stdin.on('error', () => {});
    child.ended = new Promise((resolve) => { child.on('close', (code, signal) => resolve({ code, signal })); });
    this.alive.add(child);
  }

  async kill(child) {
    this.alive.delete(child);
    child.kill('SIGKILL');
    await child.ended;
  }

  async killOne() {
    this.kills += 1;
    await this.kill(this.random.pick([...this.alive]));
    this.hire();
  }

  // For less than a lease, or for longer.
  async pauseOne() {
    this.pauses += 1;
    const child = this.random.pick([...this.alive]);
    child.kill('SIGSTOP');
    await sleep(this.random.pick([500, 2000, 7000]));
    child.kill('SIGCONT');
  }

  async dismiss() {
    for (const child of this.alive) child.kill('SIGTERM');
    for (const child of this.alive) assert.deepEqual(await child.ended, { code: 0, signal: null });
  }

  killAll() { return Promise.all([...this.alive].map((child) => this.kill(child))); }

  history() { return this.files.flatMap((file) => readRecord(file)); }
}

// Creates jobs until the time is over, each asked for under its key until it is acknowledged.
async function produce(port, random, until) {
  const client = new Client(port, basic(admin));
  const created = [];
  while (Date.now() < until) {
    const attempts = random.below(3) === 0 ? 1 + random.below(2) : PLENTY;
    const body = { name: `job ${created.length}`, type: TYPE, maxAttempts: attempts };
    const headers = { 'Idempotency-Key': `key-${created.length}` };
    const { json } = await eventually(async () => {
      const answer = await client.ask('POST', OURS, { headers, body });
      assert.equal(answer.status, 201);
      return answer;
    }, 'the acknowledgement of a create');
    created.push({ id: json.id, attempts });
    await sleep(random.below(2 * CREATE_MS));
  }
  return created;
}

async function disturb({ crew, proxy, random, until }) {
  const pauses = [];
  while (Date.now() < until) {
    await sleep(200 + random.below(800));
    const choice = random.below(10);
    if (choice < 4) await crew.killOne();
    else if (choice < 8) pauses.push(crew.pauseOne());
    else proxy.cutAny();
  }
  await Promise.all(pauses);
}

// The only one there is, or one of those that share a store: it has claims in flight as well.
async function killDaemon(server, random) {
  const victim = server.daemons.at(-1);
  await sleep(CHAOS_MS / 2 + random.below(2000));
  await victim.kill();
  await sleep(random.below(1000));
  await victim.start();
}

function finals(server) { return walk(server, admin, { type: TYPE, pageSize: 50 }); }

async function allEnded(server) {
  const jobs = await finals(server);
  return jobs.every((job) => ['COMPLETED', 'FAILED'].includes(job.state)) && jobs;
}

test('one holder, one ending, nothing lost', async (t) => {
  const random = randomFrom(seedOf(t));
  const server = await startJobd();
  const proxy = await new Proxy(() => server.next().port, random, CUT_PERCENT).listen();
  after(() => proxy.close());
  const crew = new Crew(proxy.port, random);
  for (let i = 0; i < WORKERS; i++) crew.hire();

  const until = Date.now() + CHAOS_MS;
  const [created] = await Promise.all([produce(proxy.port, random, until),
    disturb({ crew, proxy, random, until }), killDaemon(server, random)]);
  proxy.cutting = false;
  const jobs = await eventually(() => allEnded(server), 'the end of all jobs', 120_000);
  await crew.dismiss();

  const leaseMs = LEASE_SECONDS * 1000;
  const history = { calls: crew.history(), created, finals: await finals(server), leaseMs };
  const statistics = statisticsOf(history);
  const done = { jobs: created.length, kills: crew.kills, pauses: crew.pauses, cuts: proxy.cuts };
  t.diagnostic(JSON.stringify({ ...done, ...statistics }));
  assert.deepEqual(faultsOf(history), []);
  assert.deepEqual(history.finals, jobs, 'an ended job stays as it is');
  for (const what of ['unanswered', 'chained', 'chainsSeen', 'replays', 'retaken', 'refused', 'completed'])
    assert.ok(statistics[what] > 0, `no ${what} in this history: it shows nothing`);
});
