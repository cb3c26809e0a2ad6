// jobd move: what it refuses, what it says, and that the daemon goes on with the new store where it was with the old.
import test from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { admin, alice, call, createJob, JOBD, JOBS, OURS, runJobd, startJobd, tempDir } from './harness.mjs';

const dir = tempDir();
let stores = 0;

function fresh() {
  stores += 1;
  return `sqlite:${path.join(dir, `moved-${stores}.db`)}`;
}

// The engines to move into; PostgreSQL where there is one.
function targets() {
  const postgres = process.env.JOBD_TEST_POSTGRESQL;
  stores += 1;
  return postgres ? [fresh(), postgres.replace('SCHEMA', `move_${process.pid}_${stores}`)] : [fresh()];
}

function move(from, to) {
  return runJobd(['move', '--from', from, `--to=${to}`]);
}

for (const args of [[], ['--from'], ['--from', 'sqlite:a.db'], ['--from=sqlite:a', '--to=sqlite:a'], ['--fro', 'x']]) {
  test(`jobd move ${args.join(' ')} is refused as wrong usage`, async () => {
    const done = await runJobd(['move', ...args], { cwd: dir });
    assert.equal(done.code, 2, done.stderr);
    assert.match(done.stderr, /^jobd move: /);
  });
}

test('what is in memory is not moved', async () => {
  const done = await move('memory:', fresh());
  assert.equal(done.code, 1);
  assert.match(done.stderr, /memory:/);
});

test('a store that a daemon serves is not moved', async () => {
  const server = await startJobd();
  const done = await move(server.store, fresh());
  assert.equal(done.code, 1);
  assert.match(done.stderr, /--from: (Another jobd .* uses the store|The store is in use)/);
});

test('the daemon goes on with the moved store where it was', async () => {
  const server = await startJobd();
  const made = [];
  for (let i = 0; i < 60; i += 1) made.push(await createJob(server, alice, { name: `Job ${i}`, selfManaged: true }));
  const page = await call(server, 'GET', `${JOBS}?limit=50`, { auth: alice });
  await server.stop();
  for (const target of targets()) {
    const done = await move(server.store, target);
    assert.equal(done.code, 0, done.stderr);
    assert.match(done.stdout, /rows were copied into .* All are the same\.\n$/);
    assert.match(done.stderr, /copying +job +60 of 60 rows, \d+ a second/);
    const served = await startJobd({ store: target, users: [] });
    const { json } = await call(served, 'GET', `${OURS}/${made[7].id}`, { auth: admin });
    assert.equal(json.job.name, 'Job 7');
    const next = await call(served, 'GET', `${JOBS}?limit=50&cursor=${page.json.nextCursor}`, { auth: alice });
    assert.equal(next.json.results.length, 10, next.text);
    await createJob(served, alice);
    await served.stop();
  }
});

test('a move that is killed leaves what no daemon serves, and goes on when it is run again', async () => {
  const server = await startJobd();
  const jobs = Array.from({ length: 1000 }, (_, i) => ({ name: `Job ${i}`, type: 'BULK' }));
  for (let i = 0; i < 10; i += 1) await call(server, 'POST', `${OURS}/bulk`, { auth: alice, body: { jobs } });
  await server.stop();
  const target = fresh();
  assert.equal((await runJobd(['user', 'list', '--store', target])).code, 0);
  const child = spawn(JOBD, ['move', '--from', server.store, '--to', target], { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.on('close', (code, signal) => resolve(signal ?? code)));
  for (;;) {
    const refused = await runJobd(['user', 'list', '--store', target]);
    if (child.exitCode !== null || /only in part/.test(refused.stderr)) break;
  }
  child.kill('SIGKILL');
  const how = await ended;
  if (how === 'SIGKILL') {
    const refused = await runJobd(['serve', '--store', target, '--listen', '127.0.0.1:0']);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /only in part: run jobd move again/);
    const again = await move(server.store, target);
    assert.equal(again.code, 0, again.stderr);
  } else {
    assert.equal(how, 0);
  }
  const { code, stdout } = await runJobd(['user', 'list', '--store', target]);
  assert.equal(code, 0);
  assert.match(stdout, /alice/);
});
