// PostgreSQL fails in the ways it can, beneath several daemons at work: nothing that was acknowledged is lost, and what
// was refused was not done.
import test, { after } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { alice, call, createJob, eventually, JOBS, OURS, reader, send, startJobd, WHOAMI, worker }
  from '../api/harness.mjs';
import { followNow } from '../api/events.mjs';
import { CLAIMS, untilWaiting } from '../api/leases.mjs';
import { Cluster, storeAt } from './cluster.mjs';
import { Ledger } from './ledger.mjs';
import { randomFrom, seedOf } from './random.mjs';

const DAEMONS = 3;
const CLIENTS = 24;

const primary = await Cluster.primary();
let stores = 0;

async function daemonsOn(clusters, options = {}) {
  stores += 1;
  return startJobd({ store: storeAt(clusters, `fault_${stores}`, options.server), daemons: DAEMONS,
    args: ['--auth-failures', '0', '--auth-cache', '1h'], ...options });
}

// Clients at work while `disturb` does its worst, and then until they write again; all of it is checked.
async function underLoad(t, server, disturb) {
  const ledger = new Ledger(server, randomFrom(seedOf(t)));
  await ledger.warm();
  const working = ledger.work(CLIENTS);
  const before = ledger.acknowledged;
  const enough = (count) => eventually(() => ledger.acknowledged > count + 100, 'acknowledged writes');
  await Promise.race([working, (async () => {
    await enough(before);
    await disturb(ledger);
    await enough(ledger.acknowledged);
    ledger.stop();
  })()]);
  await working;
  await ledger.check({ all: true });
  t.diagnostic(`${ledger.acknowledged} acknowledged, ${ledger.refused} refused, ${ledger.unanswered} unknown`);
  return ledger;
}

function linesOf(server, msg) {
  return server.log().filter((line) => line.includes(`msg="${msg}"`));
}

async function readiness(server) {
  const answers = await Promise.all(server.daemons.map((daemon) => send(server, 'GET', '/readyz', { daemon })));
  return answers.map(({ status }) => status);
}

const untilReadiness = (server, status, what) =>
  eventually(async () => (await readiness(server)).every((one) => one === status), what);
const untilReady = (server) => untilReadiness(server, 200, 'being ready again');

test('connections are cut at random, mostly in the middle of a transaction', async (t) => {
  const server = await daemonsOn([primary]);
  const cut = `SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity
    WHERE application_name = 'jobd' AND pid <> pg_backend_pid() ORDER BY state = 'active' DESC, random() LIMIT 3) AS x`;
  let cuts = 0;
  await underLoad(t, server, async () => {
    const until = Date.now() + 6000;
    while (Date.now() < until || cuts <= 50) {
      cuts += Number(await primary.sql(cut));
      await sleep(20);
    }
  });
});

test('the database restarts under load, and says so once', async (t) => {
  const server = await daemonsOn([primary]);
  await underLoad(t, server, async () => {
    await primary.crash();
    await untilReadiness(server, 503, 'not being ready');
    await sleep(1500);
    await primary.start();
    await untilReady(server);
  });
  await eventually(() => linesOf(server, 'store found').length === DAEMONS, 'the end in the log');
  assert.equal(linesOf(server, 'store lost').length, DAEMONS, linesOf(server, 'store lost').join('\n'));
  assert.equal(server.log().filter((line) => /level=(warn|error)/.test(line)).length, DAEMONS, 'one line each');
});

test('an idle daemon notices that the database is gone', async () => {
  const server = await daemonsOn([primary]);
  await primary.crash();
  await untilReadiness(server, 503, 'not being ready');
  const answer = await send(server, 'GET', JOBS, { auth: alice });
  assert.ok(answer.status === 503 && answer.headers['retry-after'] === '1', answer.text);
  await primary.start();
  await eventually(async () => (await send(server, 'GET', JOBS, { auth: alice })).status === 200, 'an answer');
});

// Everybody who follows is told of every job's last state, in the order of the changes, whatever else is open.
test('changes become visible in order beside long transactions', async () => {
  const server = await daemonsOn([primary]);
  const old = primary.sql(`BEGIN ISOLATION LEVEL REPEATABLE READ; CREATE TABLE public.beside (n int);
    INSERT INTO public.beside SELECT pg_current_xact_id()::text::bigint; SELECT pg_sleep(5); COMMIT`);
  const streams = [];
  for (let i = 0; i < DAEMONS; i++) streams.push(await followNow(server, reader, { query: 'type=ORDER' }));
  const one = async (name) => {
    const { id } = await createJob(server, alice, { name, type: 'ORDER', selfManaged: true });
    for (const progressPercentage of [20, 40, 60, 80]) {
      await call(server, 'PATCH', `${OURS}/${id}`, { auth: alice, body: { state: 'RUNNING', progressPercentage } });
    }
    const body = { state: 'COMPLETED', result: 'SUCCESS' };
    assert.equal((await call(server, 'PATCH', `${OURS}/${id}`, { auth: alice, body })).status, 200);
  };
  await Promise.all(Array.from({ length: 12 }, async (_, i) => {
    for (let j = 0; j < 8; j++) await one(`${i}.${j}`);
  }));
  for (const stream of streams) {
    const ended = () => stream.all.filter(({ event, data }) => event === 'job' && data.state === 'COMPLETED');
    await eventually(() => ended().length === 96, 'the last state of every job');
    const ids = stream.all.filter(({ event }) => event === 'job').map(({ id }) => Number(id));
    assert.deepEqual(ids, [...ids].sort((a, b) => a - b), 'in order');
    stream.cut();
  }
  await old;
});

// What is read under the right to write must be what is there then, and a channel's name is shorter than a schema's.
test('defaults of the database that suit nobody, and a schema with the longest name', async () => {
  await primary.sql("ALTER ROLE jobd SET default_transaction_isolation = 'serializable'");
  const server = await startJobd({ store: storeAt([primary], 'x'.repeat(63)), daemons: DAEMONS });
  const [first, second] = server.daemons;
  const body = { types: ['ODD'], workerId: 'w', waitSeconds: 30 };
  const waiting = send(server, 'POST', CLAIMS, { auth: worker, body, daemon: first });
  await untilWaiting(server, 1);
  const began = Date.now();
  await send(server, 'POST', OURS, { auth: alice, body: { name: 'odd', type: 'ODD' }, daemon: second });
  assert.equal((await waiting).status, 200);
  assert.ok(Date.now() - began < 10_000, 'woken by the other daemon, not by the end of its time');
  const made = await Promise.all(Array.from({ length: 90 }, (_, i) => createJob(server, alice, { name: `${i}` })));
  assert.equal(new Set(made.map(({ id }) => id)).size, 90);
  await primary.sql('ALTER ROLE jobd RESET default_transaction_isolation');
});

test('the disk is full', async (t) => {
  const dir = path.join(primary.dir, 'small');
  fs.mkdirSync(dir);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'tmpfs', dir]);
  } catch {
    t.skip('needs the right to mount a file system');
    return;
  }
  after(() => execFileSync('umount', ['-l', dir]));
  primary.own(dir);
  await primary.sql(`CREATE TABLESPACE small LOCATION '${dir}'`);
  const server = await daemonsOn([primary], { server: ' -cdefault_tablespace=small' });
  const ballast = path.join(dir, 'ballast');
  const ledger = await underLoad(t, server, async (at) => {
    try { execFileSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=1M'], { stdio: 'ignore' }); } catch { /* full */ }
    await eventually(() => at.refused > 50, 'refusals');
    const job = [...at.jobs.keys()][0];
    assert.equal((await send(server, 'GET', `${JOBS}/${job}`, { auth: alice })).status, 200, 'reading goes on');
    fs.rmSync(ballast);
  });
  assert.ok(ledger.refused > 50);
});

test('a primary is killed under load and its standby promoted', async (t) => {
  const first = await Cluster.primary();
  const second = await first.standby();
  const server = await daemonsOn([first, second]);
  await underLoad(t, server, async () => {
    await sleep(1000);
    await first.kill();
    await sleep(500);
    await second.promote();
  });
  await untilReady(server);
  assert.equal((await call(server, 'GET', WHOAMI, { auth: alice })).status, 200);
});

// A backend that is terminated while it waits for the standby has committed what the standby may not have.
test('what the standby has not confirmed is not acknowledged, nor lost', async () => {
  const first = await Cluster.primary();
  const second = await first.standby();
  const server = await daemonsOn([first, second]);
  const kept = await createJob(server, alice, { name: 'kept' });
  process.kill(await second.receiver(), 'SIGSTOP');
  let answered = null;
  const creating = send(server, 'POST', OURS, { auth: alice, body: { name: 'torn', type: 'TORN' } })
    .then((answer) => { answered = answer; });
  const waits = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND application_name = 'jobd'";
  const torn = await eventually(() => first.sql(waits), 'a commit that waits');
  await first.sql(`SELECT pg_terminate_backend(${torn.split('\n')[0]})`);
  await eventually(async () => {
    const now = await first.sql(waits);
    return now !== '' && now !== torn;
  }, 'the look at what became of it');
  assert.equal(answered, null, 'not before the standby has it');
  await first.kill();
  await second.loseReceiver();
  await second.promote();
  await creating;
  const found = await eventually(async () => {
    const answer = await send(server, 'GET', `${JOBS}?type=TORN`, { auth: alice });
    return answer.status === 200 && answer.json.results;
  }, 'an answer');
  await untilReady(server);
  const expected = { 201: 1, 503: 0 }[answered.status];
  assert.equal(found.length, expected, `${answered.text}`);
  assert.equal((await call(server, 'GET', `${JOBS}/${kept.id}`, { auth: alice })).status, 200);
});
