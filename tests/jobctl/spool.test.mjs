// run without a server: nothing is delayed, nothing is lost, nothing is told twice.
import test, { after } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { alice, eventually, reader, startJobd } from '../api/harness.mjs';
import {
  User, errorBody, fakeJob, fakeServer, jobNamed, jobThat, jobsNamed, nobody,
} from './jobctl.mjs';

const server = await startJobd();
let count = 0;

function named(command, options = []) {
  count += 1;
  const name = `spool ${count}`;
  return [name, ['run', '--name', name, '--type', 'SPOOL', ...options, '--', ...command]];
}

const sh = (script) => ['sh', '-c', script];

// A user whose last run found nobody, and whose spool now names `url`.
async function spooled(url, command = sh('exit 3')) {
  const away = await nobody();
  const user = new User(away, alice);
  const [name, args] = named(command);
  const done = await user.run(args);
  redirect(user, url);
  return { user, name, done };
}

// As if the same server had come back elsewhere.
function redirect(user, url) {
  user.url = url;
  for (const file of user.spool()) {
    const entry = { ...user.spoolEntry(file), url };
    fs.writeFileSync(path.join(user.spoolDir(), file), JSON.stringify(entry));
  }
}

test('a server that is down: the command runs, one warning, one file without a secret', async () => {
  const url = await nobody();
  const user = new User(url, alice);
  const [name, args] = named(sh('echo "30 part" >&$JOBD_FD; echo out; sleep 0.5; exit 3'));
  const began = new Date().toISOString();
  const { code, stdout, stderr, ms } = await user.run(args);
  assert.equal(code, 3);
  assert.equal(stdout, 'out\n');
  assert.match(stderr, /^jobctl run: cannot reach .*; the command goes on, .*\n$/);
  assert.equal(stderr.split('\n').length, 2);
  assert.ok(ms < 3000, `${ms} ms`);
  const [file, ...others] = user.spool();
  assert.deepEqual(others, []);
  const entry = user.spoolEntry(file);
  assert.equal(entry.url, url);
  const { claim, ...create } = JSON.parse(entry.create);
  assert.deepEqual(create, { name, type: 'SPOOL', selfManaged: true });
  assert.equal(claim.leaseSeconds, 60);
  assert.equal(entry.fence, 1);
  const report = JSON.parse(entry.report);
  assert.deepEqual([report.state, report.result, report.progressPercentage], ['FAILED', 'FAILURE', 30]);
  const when = report.message.match(/^exit status 3 \(ended (\S+Z)\)$/)[1];
  assert.ok(when >= began && when <= new Date().toISOString(), when);
  assert.match(entry.idempotencyKey, /^[0-9a-f-]{36}$/);
  assert.equal(entry.id, undefined);
  const text = fs.readFileSync(path.join(user.spoolDir(), file), 'utf8');
  assert.ok(!text.includes(alice.password) && !text.includes('alice'));
  assert.equal(fs.statSync(path.join(user.spoolDir(), file)).mode & 0o777, 0o600);
  assert.equal(fs.statSync(user.spoolDir()).mode & 0o777, 0o700);
});

test('the next run against the same server delivers it, once', async () => {
  const { user, name } = await spooled(server.url);
  const [next, args] = named(['true']);
  const { code, stderr } = await user.run(args);
  assert.equal(code, 0);
  assert.equal(stderr, '');
  assert.deepEqual(user.spool(), []);
  const job = await jobNamed(server, alice, name);
  assert.deepEqual([job.state, job.result], ['FAILED', 'FAILURE']);
  assert.match(job.message, /^exit status 3 \(ended /);
  assert.equal((await jobNamed(server, alice, next)).state, 'COMPLETED');
  await user.run(named(['true'])[1]);
  await jobNamed(server, alice, name);
});

test('a longer command delivers it while it runs', async () => {
  const { user, name } = await spooled(server.url);
  const { child, ended } = user.start(named(sh('read wait'))[1], { stdin: null });
  await jobThat(server, alice, name, (job) => job.state === 'FAILED');
  await eventually(() => user.spool().length === 0, 'the empty spool');
  child.stdin.end('\n');
  assert.equal((await ended).code, 0);
});

test('a run against another server leaves it', async () => {
  const { user, name } = await spooled('http://127.0.0.1:9/elsewhere');
  user.url = server.url;
  assert.equal((await user.run(named(['true'])[1])).code, 0);
  assert.equal(user.spool().length, 1);
  assert.deepEqual(await jobsNamed(server, alice, name), []);
});

test('two runs at once deliver each file once', async () => {
  const user = new User(await nobody(), alice);
  const names = [];
  for (let i = 0; i < 8; i++) {
    const [name, args] = named(['true']);
    names.push(name);
    await user.run(args);
  }
  assert.equal(user.spool().length, 8);
  redirect(user, server.url);
  await Promise.all(Array.from({ length: 4 }, () => user.run(named(['true'])[1])));
  assert.deepEqual(user.spool(), []);
  for (const name of names) assert.equal((await jobNamed(server, alice, name)).state, 'COMPLETED');
});

test('a file locked by another process is left to it', async () => {
  const { user, name } = await spooled(server.url);
  const file = path.join(user.spoolDir(), user.spool()[0]);
  const holder = spawn('flock', [file, 'sh', '-c', 'echo locked; read wait'], { stdio: ['pipe', 'pipe', 'inherit'] });
  after(() => holder.stdin.destroy());
  await new Promise((resolve) => holder.stdout.once('data', resolve));
  assert.equal((await user.run(named(['true'])[1])).code, 0);
  assert.deepEqual(await jobsNamed(server, alice, name), []);
  assert.equal(user.spool().length, 1);
  const gone = new Promise((resolve) => holder.on('close', resolve));
  holder.stdin.end('\n');
  await gone;
  assert.equal((await user.run(named(['true'])[1])).code, 0);
  assert.deepEqual(user.spool(), []);
});

test('a server that takes connections and never answers delays nobody', async () => {
  const silent = net.createServer(() => {});
  await new Promise((resolve) => silent.listen(0, '127.0.0.1', resolve));
  after(() => silent.close());
  const user = new User(`http://127.0.0.1:${silent.address().port}`, alice);
  const { child, ended, so_far } = user.start(named(sh('echo at once; read wait'))[1], { stdin: null });
  await eventually(() => so_far('stdout') === 'at once\n', 'the command');
  const began = Date.now();
  child.stdin.end('\n');
  const { code } = await ended;
  assert.equal(code, 0);
  assert.ok(Date.now() - began < 8000, `${Date.now() - began} ms`);
  assert.equal(user.spool().length, 1);
});

test('whoever cannot wait for the delivery gets the spool at once', async () => {
  const fake = await fakeServer(() => null);
  const user = new User(fake.url, alice);
  const { child, ended } = user.start(named(['true'])[1]);
  await eventually(() => fake.requests.length > 0, 'the first request');
  await new Promise((resolve) => setTimeout(resolve, 200));
  child.kill('SIGINT');
  const { code } = await ended;
  assert.equal(code, 0);
  assert.equal(user.spool().length, 1);
});

test('a create whose answer is lost makes one job', async () => {
  // The first create reaches the server, but its answer never comes back.
  let swallow = true;
  const relay = net.createServer((socket) => {
    const upstream = net.connect(server.port, '127.0.0.1');
    socket.on('error', () => {}).on('close', () => upstream.destroy());
    upstream.on('error', () => {}).on('close', () => socket.destroy());
    socket.pipe(upstream);
    upstream.on('data', (bytes) => {
      if (swallow) { swallow = false; socket.destroy(); } else socket.write(bytes);
    });
  });
  await new Promise((resolve) => relay.listen(0, '127.0.0.1', resolve));
  after(() => relay.close());
  const user = new User(`http://127.0.0.1:${relay.address().port}`, alice);
  const [name, args] = named(sh('sleep 1'));
  const { code, stderr } = await user.run(args);
  assert.equal(code, 0);
  assert.match(stderr, /the command goes on/);
  assert.equal((await jobNamed(server, alice, name)).state, 'COMPLETED');
  assert.deepEqual(user.spool(), []);
});

test('a server that goes away in the middle: the end is spooled with the id, and told later', async () => {
  const own = await startJobd();
  const user = new User(own.url, alice);
  const [name, args] = named(sh('read wait; echo "80 nearly" >&$JOBD_FD; read wait; exit 6'));
  const { child, ended, so_far } = user.start(args, { stdin: null });
  const { id } = await jobThat(own, alice, name, (job) => job.state === 'RUNNING');
  await own.stop();
  child.stdin.write('\n');
  await eventually(() => /cannot reach/.test(so_far('stderr')), 'the warning');
  child.stdin.end('\n');
  assert.equal((await ended).code, 6);
  assert.equal(user.spoolEntry(user.spool()[0]).id, id);
  await own.start();
  redirect(user, own.url);
  assert.equal((await user.run(named(['true'])[1])).code, 0);
  const job = await jobNamed(own, alice, name);
  assert.equal(job.id, id);
  assert.deepEqual([job.state, job.progressPercentage], ['FAILED', 80]);
  assert.match(job.message, /^exit status 6 \(ended /);
});

test('a server that comes back while the command runs gets it all, without a file', async () => {
  const own = await startJobd();
  const port = own.port;
  const user = new User(own.url, alice);
  const [name, args] = named(sh('read wait'));
  await own.stop();
  const { child, ended, so_far } = user.start(args, { stdin: null });
  await eventually(() => /cannot reach/.test(so_far('stderr')), 'the warning');
  own.options.args = ['--listen', `127.0.0.1:${port}`];
  await own.start();
  await jobThat(own, alice, name, (job) => job.state === 'RUNNING');
  child.stdin.end('\n');
  const { code, stderr } = await ended;
  assert.equal(code, 0);
  assert.equal(stderr.split('\n').length, 2, stderr);
  assert.equal((await jobNamed(own, alice, name)).state, 'COMPLETED');
  assert.deepEqual(user.spool(), []);
});

test('a temporary refusal keeps the file, a definite one drops it with a warning', async () => {
  for (const [status, code, kept] of [[500, 'internalError', true], [503, 'storeUnavailable', true],
    [401, 'notAuthenticated', true], [403, 'forbidden', true], [408, 'requestTimeout', true],
    [429, 'tooManyRequests', true], [400, 'invalidRequest', false], [404, 'jobNotFoundId', false],
    [409, 'conflict', false], [422, 'idempotencyKeyReused', false]]) {
    // Our own job is taken, the earlier one is not.
    const fake = await fakeServer((request) => {
      if (request.body.includes('(ended') || request.body.includes('"spool')) return errorBody(status, code);
      return request.method === 'POST' ? { status: 201, body: fakeJob() } : { status: 200, body: { job: fakeJob() } };
    });
    const { user } = await spooled(fake.url);
    const done = await user.run(['run', '--name', 'own', '--type', 'T', '--', 'true']);
    assert.equal(done.code, 0);
    assert.equal(user.spool().length, kept ? 1 : 0, `${status}`);
    if (kept) assert.equal(done.stderr, '');
    else assert.match(done.stderr, /^jobctl run: an earlier job's report was refused and is dropped: No\.\n$/);
  }
});

test('credentials that are refused now may be good later', async () => {
  const user = new User(server.url, { name: 'alice', password: 'not-her-password' });
  const [name, args] = named(sh('exit 1'));
  const { code, stderr } = await user.run(args);
  assert.equal(code, 1);
  assert.match(stderr, /authenticate.*; the command goes on/);
  assert.equal(user.spool().length, 1);
  user.account = reader;
  await user.run(named(['true'])[1]);
  assert.equal(user.spool().length, 2, 'a reader may not create');
  user.account = alice;
  await user.run(named(['true'])[1]);
  assert.deepEqual(user.spool(), []);
  assert.equal((await jobNamed(server, alice, name)).state, 'FAILED');
});

test('an id learnt while replaying is kept for the next time', async () => {
  const fake = await fakeServer((request) => {
    if (request.method === 'POST') return { status: 201, body: fakeJob() };
    if (request.body.includes('(ended')) return errorBody(503, 'storeUnavailable');
    return { status: 200, body: { job: fakeJob() } };
  });
  const { user } = await spooled(fake.url);
  await user.run(['run', '--name', 'own', '--type', 'T', '--', 'true']);
  assert.equal(user.spoolEntry(user.spool()[0]).id, fakeJob().id);
});

test('a broken file is dropped with a warning, and strangers are left alone', async () => {
  const user = new User(server.url, alice);
  fs.mkdirSync(user.spoolDir(), { recursive: true });
  fs.writeFileSync(path.join(user.spoolDir(), '1-broken.json'), '{"url":');
  fs.writeFileSync(path.join(user.spoolDir(), 'notes.txt'), 'mine');
  const { code, stderr } = await user.run(named(['true'])[1]);
  assert.equal(code, 0);
  assert.match(stderr, /1-broken\.json is broken and is dropped/);
  assert.deepEqual(user.spool(), ['notes.txt']);
});

test('a full spool takes no more, and says so', async () => {
  const user = new User(await nobody(), alice);
  fs.mkdirSync(user.spoolDir(), { recursive: true });
  for (let i = 0; i < 1000; i++) fs.writeFileSync(path.join(user.spoolDir(), `${i}.json`), '{}');
  const { code, stderr } = await user.run(named(sh('exit 2'))[1]);
  assert.equal(code, 2);
  assert.match(stderr, /could not be delivered, nor kept: .* holds 1000 files already/);
  assert.equal(user.spool().length, 1000);
});

test('without a place to keep it, that is said', async () => {
  const user = new User(await nobody(), alice);
  const { code, stderr } = await user.run(named(['true'])[1], { env: { XDG_STATE_HOME: '/proc/none' } });
  assert.equal(code, 0);
  assert.match(stderr, /nor kept: cannot make \/proc\/none/);
});

test('with --json an end that was not delivered is null', async () => {
  const user = new User(await nobody(), alice);
  const { stdout } = await user.run(named(['true'], ['--json'])[1]);
  assert.equal(stdout, 'null\n');
});

test('credentials that never come do not hold up the end for long', async () => {
  const user = new User(server.url, { name: 'alice' });
  const fifo = path.join(user.home, 'fifo');
  execFileSync('mkfifo', [fifo]);
  const { child, ended, so_far } = user.start(named(sh('echo ready; read wait; exit 3'))[1],
    { stdin: null, env: { JOBD_PASSWORD_FILE: fifo } });
  await eventually(() => so_far('stdout') === 'ready\n', 'the command');
  child.stdin.end('\n');
  const children = `/proc/${child.pid}/task/${child.pid}/children`;
  await eventually(() => fs.readFileSync(children, 'utf8') === '', 'the command\'s end');
  child.kill('SIGINT');
  const { code, stderr } = await ended;
  assert.equal(code, 3);
  assert.match(stderr, /would take too long/);
});
