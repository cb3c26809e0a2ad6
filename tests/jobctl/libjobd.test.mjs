// libjobd as others use it: installed, found by pkg-config, with nothing visible but its API.
import test from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { ROOT, alice, createJob, eventually, startJobd, tempDir, worker } from '../api/harness.mjs';
import { freshType, get } from '../api/support.mjs';
import { User, deleteJob, fakeJob, fakeServer, nobody } from './jobctl.mjs';

const BUILD = path.resolve(process.env.JOBD_BUILD ?? path.join(ROOT, 'build'));
const run = (command, args, options) => execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], ...options });

const server = await startJobd();
const root = tempDir();
run('meson', ['install', '-C', BUILD, '--no-rebuild', '--quiet', '--destdir', root]);

function findFile(name, dir = root) {
  for (const entry of fs.readdirSync(dir, { withFileTypes: true })) {
    const at = path.join(dir, entry.name);
    if (entry.isDirectory()) {
      const found = findFile(name, at);
      if (found) return found;
    } else if (entry.name === name) return at;
  }
  return undefined;
}

// The functions the header declares.
const API = [...fs.readFileSync(path.join(ROOT, 'include/jobd.h'), 'utf8')
  .matchAll(/^JOBD_API \w[\w ]*\*?(\bjobd_\w+)\(/gm)].map(([, name]) => name).sort();

test('the library exports what the header declares, and nothing else', () => {
  const symbols = run('nm', ['-D', '--defined-only', findFile('libjobd.so')]);
  const names = symbols.trim().split('\n').map((line) => line.split(' ').pop().replace(/@.*/, '')).sort();
  assert.ok(API.length >= 9, API.join());
  assert.deepEqual(names, API);
});

test('its name carries the version of its interface', () => {
  const lib = path.dirname(findFile('libjobd.so'));
  assert.match(run('readelf', ['-d', path.join(lib, 'libjobd.so')]), /SONAME.*\[libjobd\.so\.0\]/);
  assert.ok(fs.existsSync(path.join(lib, 'libjobd.so.0')));
});

test('the header, the pages and jobctl are installed', () => {
  for (const name of ['jobd.h', 'libjobd.pc', 'jobctl', 'jobctl.1']) assert.ok(findFile(name), name);
});

// An example or another program, compiled as a stranger would.
function compile(name, std = 'c11', from = 'examples') {
  const config = path.dirname(findFile('libjobd.pc'));
  const flags = run('pkg-config', ['--cflags', '--libs', 'libjobd'], {
    env: { ...process.env, PKG_CONFIG_PATH: config, PKG_CONFIG_SYSROOT_DIR: root },
  }).trim().split(/\s+/);
  const program = path.join(fs.mkdtempSync(path.join(root, 'example-')), name);
  run('cc', [`-std=${std}`, '-D_POSIX_C_SOURCE=200809L', '-Wall', '-Wextra', '-Werror',
    path.join(ROOT, `${from}/${name}.c`), '-o', program, ...flags]);
  return program;
}

const libraries = () => ({ LD_LIBRARY_PATH: path.dirname(findFile('libjobd.so.0')) });
test('the examples are under fifty lines, and compile by pkg-config', () => {
  for (const name of ['report', 'worker']) {
    const source = fs.readFileSync(path.join(ROOT, `examples/${name}.c`), 'utf8');
    assert.ok(source.split('\n').length <= 50, name);
    for (const std of ['c99', 'c11']) compile(name, std);
  }
});

test('the example of reporting reports', async () => {
  const done = await new User(server.url, alice).run([], { bin: compile('report'), env: libraries() });
  assert.equal(done.code, 0, done.stderr);
  const { json: job } = await get(server, alice, done.stdout.trim());
  assert.deepEqual([job.state, job.result, job.progressPercentage, job.message, job.selfManaged],
    ['COMPLETED', 'SUCCESS', 100, 'all done', true]);
});

test('a failure is told to the program, and by the program alone', async () => {
  const done = await new User(await nobody(), alice).run([], { bin: compile('report'), env: libraries() });
  assert.equal(done.code, 1);
  assert.match(done.stderr, /^report: cannot reach http:\S+: .*\n$/);
  assert.equal(done.stdout, '');
});

test('jobs are watched until a signal handler says stop', async () => {
  const job = await createJob(server, alice, { type: 'WATCHED' });
  const { headers } = await get(server, alice, job.id);
  const bin = compile('watch', 'c11', 'tests/jobctl');
  const watching = new User(server.url, alice).start(['WATCHED'], { bin, env: libraries() });
  const seen = `job ${job.id} ${headers.etag}\nsynced  -\n`;
  await eventually(() => watching.so_far('stdout') === seen, 'the snapshot');
  watching.child.kill('SIGTERM');
  const { code, stdout } = await watching.ended;
  assert.deepEqual([code, stdout], [0, `${seen}stopped after 2\n`]);
});

test('output is appended and read back, and what is not there said', async () => {
  const { id } = await createJob(server, alice);
  const bin = compile('call', 'c11', 'tests/jobctl');
  const append = (...args) => new User(server.url, alice).run(['append', ...args], { bin, env: libraries() });
  assert.equal((await append(id, '0', 'one')).stdout, 'next 3: one (next 3, more to come)\n');
  assert.equal((await append(id, '1', 'ne two')).stdout, 'next 7: one two (next 7, more to come)\n');
  assert.match((await append(id, '9', 'x')).stderr, /^next 7: 409 conflict: .*7 bytes/);
  assert.match((await append(id, '-1', 'x')).stderr, /^next -1: 400 invalidRequest: /);
  assert.match((await append(id, '0', '')).stderr, /^next -1: 400 invalidRequest: /);
  await deleteJob(server, alice, id);
  assert.match((await append(id, '7', 'x')).stderr, /^next -1: 409 jobDeleted: /);
});

test('a job is ended and the next one claimed, without waiting for one', async () => {
  const type = freshType();
  const claim = { workerId: 'next' };
  const held = async () => (await createJob(server, worker, { type, claim })).id;
  const { id } = await createJob(server, alice, { type });
  const bin = compile('call', 'c11', 'tests/jobctl');
  const next = (url, job) => new User(url, worker).run(['next', job, '1', type], { bin, env: libraries() });
  assert.equal((await next(server.url, await held())).stdout, `${id} 1\n`);
  assert.deepEqual(await next(server.url, await held()).then(({ code, stdout, stderr }) => [code, stdout, stderr]), [0, '', '']);
  const fake = await fakeServer(() => ({ status: 200, body: { job: fakeJob() } }));
  assert.equal((await next(fake.url, fakeJob().id)).stdout, 'not known\n');
});

const exampleJob = (payload) => createJob(server, alice, { type: 'EXAMPLE', payload });
const jobNow = async (id) => (await get(server, alice, id)).json;
const untilState = (id, state) => eventually(async () => (await jobNow(id)).state === state, `${id} ${state}`);

test('the example worker in C works on several jobs at once, and drains on SIGTERM', async () => {
  const jobs = await Promise.all([{ a: 1 }, ['b'], undefined].map(exampleJob));
  const working = new User(server.url, worker).start([], { bin: compile('worker'), env: libraries() });
  const lines = () => working.so_far('stdout').split('\n').sort();
  await eventually(() => lines().length > jobs.length, 'all begun'); // what is only granted would be given back
  working.child.kill('SIGTERM');
  const done = await working.ended;
  assert.equal(done.code, 0, done.stderr);
  assert.deepEqual(lines(), ['', 'A job: ["b"]', 'A job: no payload', 'A job: {"a":1}']);
  for (const { id } of jobs) {
    const job = await jobNow(id);
    assert.deepEqual([job.state, job.result, job.progressPercentage, job.message],
      ['COMPLETED', 'SUCCESS', 100, 'all done']);
  }
  const left = await exampleJob();
  assert.equal((await jobNow(left.id)).state, 'WAITING');
  await deleteJob(server, alice, left.id);
});

test('a worker that may not claim says so and ends', async () => {
  const done = await new User(server.url, alice).run([], { bin: compile('worker'), env: libraries() });
  assert.equal(done.code, 1);
  assert.match(done.stderr, /^worker: .*role/);
});

// The example worker in shell, in a process group of its own.
function startShell(env) {
  const user = new User(server.url, worker);
  const started = user.start(['-w', path.join(ROOT, 'examples/worker.sh')], { bin: '/usr/bin/setsid', env });
  return { ...started, end: () => process.kill(-started.child.pid, 'SIGTERM') };
}

test('the example worker in shell claims, reports and ends jobs', async () => {
  const { ended, end } = startShell({ WORK_SECONDS: '0' });
  const jobs = [await exampleJob({ fence: 17 }), await exampleJob()];
  for (const { id } of jobs) await untilState(id, 'COMPLETED');
  assert.deepEqual([(await jobNow(jobs[0].id)).progressPercentage, (await jobNow(jobs[0].id)).message], [90, 'all done']);
  end();
  assert.equal((await ended).stderr, '');
});

test('the example worker in shell keeps its job, and lets a deleted one go', async () => {
  const { ended, end } = startShell({ WORK_SECONDS: '1000', LEASE_SECONDS: '5' });
  const job = await exampleJob();
  await untilState(job.id, 'RUNNING');
  const began = Date.now();
  await eventually(() => Date.now() - began > 7000, 'more than a lease');
  assert.equal((await jobNow(job.id)).state, 'RUNNING');
  await deleteJob(server, alice, job.id);
  const next = await exampleJob();
  await untilState(next.id, 'RUNNING');
  end();
  await ended;
});
