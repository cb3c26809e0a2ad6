// One daemon a file; other processes may look at it and write to it, and hold it up no longer than they do.
import test from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { alice, call, createJob, JOBS, OURS, runJobd, startJobd } from '../api/harness.mjs';

const server = await startJobd();
const file = server.store.slice('sqlite:'.length);
const auth = alice;

async function checkRefused(store, options = {}) {
  const second = await runJobd(['serve', '--store', store, '--listen', '127.0.0.1:0'],
    { deadline: 10_000, ...options });
  assert.equal(second.code, 1, second.stderr);
  assert.match(second.stderr, /jobd\.db|link\.db/, 'the message names the file');
  assert.equal((await createJob(server, auth)).state, 'WAITING', 'the first one goes on');
}

test('a second daemon on the same file', async (t) => {
  await t.test('by its path', () => checkRefused(`sqlite:${file}`));
  await t.test('by a relative path', () => checkRefused('sqlite:jobd.db', { cwd: path.dirname(file) }));
  await t.test('by a symbolic link', () => {
    fs.symlinkSync(file, path.join(path.dirname(file), 'link.db'));
    return checkRefused(`sqlite:${path.join(path.dirname(file), 'link.db')}`);
  });
});

test('commands work beside it', async () => {
  assert.equal((await server.user(['list'])).code, 0);
  await server.addUser({ name: 'late', role: 'reader', password: 'late-password' });
});

test('the lock goes with the process', async () => {
  const job = await createJob(server, auth);
  await server.kill();
  await server.start();
  assert.deepEqual((await call(server, 'GET', `${JOBS}/${job.id}`, { auth })).json, job);
  await checkRefused(`sqlite:${file}`);
});

// Holds a write lock on the file; resolves once it has it: { released } resolves when it has let go.
async function holdLock(seconds) {
  const child = spawn('python3', ['-c', `
import sqlite3, sys, time
base = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
base.execute("BEGIN IMMEDIATE")
print("held", flush=True)
time.sleep(float(sys.argv[2]))
base.execute("ROLLBACK")`, file, String(seconds)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const released = new Promise((resolve) => child.on('close', resolve));
  await new Promise((resolve, reject) => {
    child.stdout.once('data', resolve);
    child.once('error', reject);
    child.once('close', (code) => reject(new Error(`ended with ${code}`)));
  });
  return { released };
}

test('another process writes for two seconds', async () => {
  const job = await createJob(server, auth);
  const begun = Date.now();
  const { released } = await holdLock(2);
  const writing = Promise.all(Array.from({ length: 30 }, (_, i) => call(server, 'POST', OURS,
    { auth, body: { name: `${i}`, type: 'BUSY' } })));
  const reporting = call(server, 'PATCH', `${OURS}/${job.id}`, { auth, body: { state: 'RUNNING' } });
  for (let i = 0; i < 10; i++) {
    assert.equal((await call(server, 'GET', `${JOBS}/${job.id}`, { auth })).json.state, 'WAITING');
  }
  assert.ok(Date.now() - begun < 1900, 'reads do not wait');
  for (const answer of await writing) assert.equal(answer.status, 201, answer.text);
  assert.equal((await reporting).json.job.state, 'RUNNING');
  assert.equal(await released, 0);
  const found = await call(server, 'GET', `${JOBS}?type=BUSY&pageSize=50`, { auth });
  assert.equal(found.json.results.length, 30, 'each once');
});
