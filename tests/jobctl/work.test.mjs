// work: jobs claimed, run by a command each, and reported, through everything that can go wrong.
import test from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { alice, createJob, eventually, startJobd, tempDir, worker } from '../api/harness.mjs';
import { preloaded } from '../fault/fault.mjs';
import { freshType } from '../api/support.mjs';
import { JOBCTL, User, deleteJob, fakeJob, fakeServer, logOf, nobody } from './jobctl.mjs';
import { GO, relayTo, workersOf } from './worker.mjs';

const server = await startJobd();
const { startWorker, jobNow, jobThat, untilState } = workersOf(server);
const isAlive = (pid) => { try { process.kill(pid, 0); return true; } catch { return false; } };

test('a command for each job, as many at once as there are slots', async () => {
  const { submit, touch, stop } = startWorker(GO, { options: ['--slots', '2'] });
  const jobs = [await submit(), await submit(), await submit()];
  await untilState(jobs[0].id, 'RUNNING');
  await untilState(jobs[1].id, 'RUNNING');
  assert.equal((await jobNow(jobs[2].id)).state, 'WAITING');
  touch('go');
  for (const { id } of jobs) {
    const job = await untilState(id, 'COMPLETED');
    assert.equal(job.result, 'SUCCESS');
  }
  assert.deepEqual(await stop().then(({ code, stdout, stderr }) => [code, stdout, stderr]), [0, '', '']);
});

test('the command learns of its job, and its payload is for it alone', async () => {
  const script = 'env >"$DIR/env-$JOBD_JOB_NAME"; cat "$JOBD_PAYLOAD" >"$DIR/payload-$JOBD_JOB_NAME"; '
    + 'stat -c %a "$JOBD_PAYLOAD" >"$DIR/mode"; cat >"$DIR/stdin"; ps -o pgid= -p $$ | tr -d " " >"$DIR/group"; echo $$ >>"$DIR/group"';
  const { submit, read, stop, type } = startWorker(script);
  const payload = { text: 'é "quoted"', list: [1, null, 2.5] };
  const one = await submit({ name: 'one', payload, maxAttempts: 3 });
  const two = await submit({ name: 'two' });
  await untilState(one.id, 'COMPLETED');
  await untilState(two.id, 'COMPLETED');
  const env = Object.fromEntries(read('env-one').split('\n').map((line) => line.split(/=(.*)/s)));
  assert.equal(env.JOBD_JOB_ID, one.id);
  assert.equal(env.JOBD_JOB_TYPE, type);
  assert.equal(env.JOBD_FENCE, '1');
  assert.equal(env.JOBD_ATTEMPT, '1');
  assert.equal(env.JOBD_URL, server.url);
  assert.match(env.JOBD_FD, /^\d$/);
  assert.match(env.TRACEPARENT, /^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/);
  assert.deepEqual(JSON.parse(read('payload-one')), payload);
  assert.equal(read('payload-two'), 'null');
  assert.equal(read('mode'), '600\n');
  assert.equal(read('stdin'), '');
  const [group, pid] = read('group').trim().split('\n');
  assert.equal(group, pid);
  assert.equal((await stop()).code, 0);
  assert.ok(!fs.existsSync(path.dirname(env.JOBD_PAYLOAD)), 'nothing is left behind');
});

test('progress comes by $JOBD_FD and by the output, which passes through', async () => {
  const { submit, touch, stop } = startWorker(`echo "30 a third" >&$JOBD_FD; echo "60% done"; echo "on stderr" >&2; ${GO}; printf "no newline"`,
    { options: ['--progress-regex', '([0-9]+)% done'] });
  const { id } = await submit();
  await jobThat(id, (job) => job.progressPercentage === 60 && job.message === 'a third');
  touch('go');
  const job = await untilState(id, 'COMPLETED');
  assert.deepEqual([job.progressPercentage, job.message], [60, 'a third']);
  const { stdout, stderr } = await stop();
  assert.equal(stdout, '60% done\nno newline');
  assert.equal(stderr, 'on stderr\n');
});

test('a command that fails is its job\'s failure, or is tried again while attempts remain', async () => {
  const { submit, stop } = startWorker('case $JOBD_JOB_NAME in exit) exit 3;; kill) kill -9 $$;; again) [ $JOBD_ATTEMPT = 2 ] || exit 4;; esac');
  const exit = await submit({ name: 'exit' });
  const kill = await submit({ name: 'kill' });
  const again = await submit({ name: 'again', maxAttempts: 2 });
  const results = [await untilState(exit.id, 'FAILED'), await untilState(kill.id, 'FAILED')];
  assert.deepEqual(results.map(({ result, message }) => [result, message]),
    [['FAILURE', 'exit status 3'], ['FAILURE', 'killed by SIGKILL']]);
  await jobThat(again.id, (job) => job.state === 'WAITING' && job.message === 'exit status 4');
  await untilState(again.id, 'COMPLETED');
  await stop();
});

test('what commands write is kept with their jobs, attempt after attempt', async () => {
  const script = 'echo "attempt $JOBD_ATTEMPT"; sleep 0.1; echo err >&2; [ $JOBD_ATTEMPT = 2 ]';
  const { submit, stop } = startWorker(script);
  const { id } = await submit({ maxAttempts: 2 });
  await untilState(id, 'COMPLETED');
  assert.equal(await logOf(server, alice, id), 'attempt 1\nerr\nattempt 2\nerr\n');
  assert.equal((await stop()).stdout, 'attempt 1\nattempt 2\n');
  const silent = startWorker(script, { options: ['--log', 'never'] });
  const other = await silent.submit();
  await untilState(other.id, 'FAILED');
  assert.equal(await logOf(server, alice, other.id), '');
  await silent.stop();
});

test('a deleted job ends its command: TERM, and KILL for the whole group after the grace', async () => {
  const { submit, lines, stop } = startWorker(
    'trap "echo term >>$DIR/said" TERM; (trap "" TERM; while :; do sleep 0.1; done) & echo $! >>"$DIR/pids"; echo $$ >>"$DIR/pids"; while :; do sleep 0.05; done',
    { options: ['--grace', '300ms', '--lease', '5s'] });
  const { id } = await submit();
  const pids = await eventually(() => lines('pids').length === 2 && lines('pids').map(Number), 'the command');
  await deleteJob(server, alice, id);
  await eventually(() => !pids.some(isAlive), 'the end of the group');
  assert.deepEqual(lines('said'), ['term']);
  assert.equal((await jobNow(id)).state, 'DELETED');
  assert.equal((await stop()).code, 0);
});

test('what a command left running goes with it when the job is deleted, but not otherwise', async () => {
  const { submit, lines, stop } = startWorker(`(trap "" TERM; while :; do sleep 0.1; done) >/dev/null 2>&1 & echo $! >>"$DIR/pids"; [ $JOBD_JOB_NAME = short ] || sleep 1000`,
    { options: ['--lease', '5s'] });
  const short = await submit({ name: 'short' });
  await untilState(short.id, 'COMPLETED');
  const long = await submit({ name: 'long' });
  const [left, gone] = await eventually(() => lines('pids').length === 2 && lines('pids').map(Number), 'both');
  await deleteJob(server, alice, long.id);
  await eventually(() => !isAlive(gone), 'the end of what the deleted one left');
  assert.ok(isAlive(left));
  process.kill(left, 'SIGKILL');
  await stop();
});

test('SIGTERM while nothing is to do ends the worker at once', async () => {
  const { submit, stop, ended } = startWorker('true');
  await untilState((await submit()).id, 'COMPLETED');
  const began = Date.now();
  assert.equal((await stop()).code, 0);
  assert.ok(Date.now() - began < 15_000, 'it does not wait for its claim to end');
  assert.equal((await ended).signal, null);
});

test('SIGTERM drains: what runs is finished, nothing more is begun', async () => {
  const { submit, touch, child, ended, has } = startWorker(`touch "$DIR/begun"; ${GO}`, { options: ['--grace', '50s'] });
  const first = await submit();
  const second = await submit();
  await eventually(() => has('begun'), 'the first');
  child.kill('SIGTERM');
  const idle = eventually(async () => (await jobNow(second.id)).state !== 'WAITING', 'a second', 1500);
  await assert.rejects(idle, 'the second is not begun');
  assert.equal((await jobNow(first.id)).state, 'RUNNING');
  touch('go');
  assert.equal((await ended).code, 0);
  assert.equal((await jobNow(first.id)).state, 'COMPLETED');
  assert.equal((await jobNow(second.id)).state, 'WAITING');
});

test('after the grace, or at a second signal, commands are ended and their jobs given back', async () => {
  for (const [grace, signals] of [['200ms', 1], ['50s', 2]]) {
    const { submit, child, ended, has } = startWorker('trap "exit 0" TERM; touch "$DIR/begun"; while :; do sleep 0.05; done',
      { options: ['--grace', grace] });
    const { id } = await submit();
    await eventually(() => has('begun'), 'the command');
    for (let i = 0; i < signals; i++) {
      child.kill('SIGTERM');
      if (i + 1 < signals) await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.equal((await ended).code, 0);
    assert.equal((await jobNow(id)).state, 'WAITING');
  }
});

test('a worker whose standard output nobody reads any more still does its work', async () => {
  const { submit, child, stop } = startWorker('echo one; sleep 0.2; echo two; sleep 0.2; echo three');
  child.stdout.destroy();
  const { id } = await submit();
  assert.equal((await jobThat(id, (job) => ['COMPLETED', 'FAILED'].includes(job.state))).state, 'COMPLETED');
  assert.equal(await logOf(server, alice, id), 'one\ntwo\nthree\n');
  await stop();
});

test('a worker whose output is stuck ends when it is to, and gives its jobs back', async () => {
  for (const [script, state] of [
    ['touch "$DIR/begun"; yes', 'WAITING'],
    ['yes & sleep 1; kill $!; touch "$DIR/begun"', 'COMPLETED'],
  ]) {
    const { submit, child, ended, has } = startWorker(script, { options: ['--grace', '300ms'] });
    child.stdout.pause();
    const { id } = await submit();
    await eventually(() => has('begun'), 'the command');
    child.kill('SIGTERM');
    await eventually(async () => (await jobNow(id)).state === state, `the job ${state}`);
    child.stdout.resume();
    assert.equal((await ended).code, 0);
  }
});

// Jobs of a fake server, as a claim gives them.
const claimsOf = (...ids) => ({ claims: ids.map((id) => (
  { job: fakeJob({ id, state: 'RUNNING' }), fence: 1, leaseExpiresOn: '2099-01-01T00:00:00.000Z', attempt: 1, maxAttempts: 1 })) });
const LEASE = { status: 200, body: { leaseExpiresOn: '2099-01-01T00:00:00.000Z', drain: false } };

test('a job whose heartbeats fail does not keep those of the others from being sent', async () => {
  const [bad, good] = ['01890a5d-ac96-774b-bcce-b302099a8057', '01890a5d-ac96-774b-bcce-b302099a8058'];
  const fake = await fakeServer(({ path: asked }, count) => {
    if (asked === '/rest/jobd/v1/claims') return count === 1 ? { status: 200, body: claimsOf(bad, good) } : null;
    return asked.includes(bad) ? { status: 500, body: {} } : LEASE;
  });
  const { child, ended } = startWorker('exec sleep 1000', { url: fake.url, options: ['--lease', '5s', '--slots', '2', '--grace', '100ms'] });
  const beats = (id) => fake.requests.filter(({ path: asked }) => asked.endsWith(`${id}/lease`)).length;
  await eventually(() => beats(bad) >= 8, 'the failing heartbeats');
  assert.ok(beats(good) >= 2, `${beats(good)} of the other`);
  child.kill('SIGTERM');
  assert.equal((await ended).code, 0);
});

test('a server that does not answer does not keep a worker from stopping', async () => {
  const fake = await fakeServer(({ path: asked }, count) =>
    (asked === '/rest/jobd/v1/claims' && count === 1 ? { status: 200, body: claimsOf(fakeJob().id) } : null));
  const { child, ended, has } = startWorker('touch "$DIR/begun"; trap "" TERM; echo out; echo "1 one" >&$JOBD_FD; exec sleep 1000',
    { url: fake.url, options: ['--grace', '300ms'] });
  await eventually(() => has('begun'), 'the command');
  const began = Date.now();
  child.kill('SIGTERM');
  assert.equal((await ended).code, 0);
  assert.ok(Date.now() - began < 15_000, `${Date.now() - began} ms`);
});

test('a server that is away at the start is waited for, with one warning', async () => {
  const own = await startJobd();
  const url = own.url;
  await own.stop();
  const { submit, so_far, stop } = startWorker('true', { url, on: own });
  await eventually(() => /cannot reach/.test(so_far('stderr')), 'the warning');
  await own.restart({ args: ['--listen', url.slice('http://'.length)] });
  await untilState((await submit()).id, 'COMPLETED', own);
  const { code, stderr } = await stop();
  assert.equal(code, 0);
  assert.match(stderr, /^jobctl work: cannot reach .*; trying again until it is there\njobctl work: http\S+ is there again\n$/);
});

test('a server that is killed and comes back under a running worker loses nothing', async () => {
  const own = await startJobd();
  const { submit, touch, lines, has, stop } = startWorker(
    `echo "$JOBD_JOB_NAME" >>"$DIR/runs"; while [ ! -e "$DIR/$JOBD_JOB_NAME" ]; do sleep 0.05; done; echo "90 $JOBD_JOB_NAME" >&$JOBD_FD; touch "$DIR/$JOBD_JOB_NAME-done"`,
    { options: ['--slots', '3', '--lease', '6s'], url: own.url, on: own });
  const jobs = {};
  for (const name of ['before', 'during', 'after']) jobs[name] = await submit({ name, maxAttempts: 3 });
  await eventually(() => lines('runs').length === 3, 'all commands');
  touch('before');
  await untilState(jobs.before.id, 'COMPLETED', own);
  await own.kill();
  touch('during');
  await eventually(() => has('during-done'), 'the one that ends meanwhile');
  await own.restart({ args: ['--listen', own.url.slice('http://'.length)] });
  const during = await untilState(jobs.during.id, 'COMPLETED', own);
  assert.deepEqual([during.progressPercentage, during.message], [90, 'during']);
  touch('after');
  await untilState(jobs.after.id, 'COMPLETED', own);
  assert.deepEqual(lines('runs').sort(), ['after', 'before', 'during'], 'each ran once');
  await stop();
});

test('a claim whose answer is lost is asked for again, and its job runs once', async () => {
  const type = freshType();
  const job = await createJob(server, alice, { type });
  const relay = await relayTo(server, (text) => text.startsWith('POST /rest/jobd/v1/claims'));
  const { lines, stop } = startWorker('echo "$JOBD_FENCE" >>"$DIR/runs"', { url: relay.url, type });
  await untilState(job.id, 'COMPLETED');
  assert.equal(relay.cuts(), 1);
  assert.deepEqual(lines('runs'), ['1']);
  await stop();
});

test('an end whose answer is lost is reported again, once', async () => {
  const relay = await relayTo(server, (text) => text.includes('"COMPLETED"'));
  const { submit, lines, stop } = startWorker('echo "$JOBD_FENCE" >>"$DIR/runs"', { url: relay.url });
  const { id } = await submit();
  await untilState(id, 'COMPLETED');
  const next = await submit();
  await untilState(next.id, 'COMPLETED');
  assert.equal(relay.cuts(), 1);
  assert.deepEqual(lines('runs'), ['1', '1']);
  await stop();
});

test('a worker that was silent for too long lets go, and never runs a job twice at once', async () => {
  const script = 'mkdir "$DIR/lock" || echo "$JOBD_FENCE" >>"$DIR/overlaps"; echo "$JOBD_FENCE" >>"$DIR/runs"; '
    + '[ $JOBD_FENCE = 1 ] || exit 0; trap "echo term >>$DIR/said; sleep 9; rmdir $DIR/lock; exit 1" TERM; while :; do sleep 0.05; done';
  const { submit, child, lines, stop } = startWorker(script, { options: ['--lease', '5s', '--grace', '30s', '--slots', '2'] });
  const { id } = await submit({ maxAttempts: 10 });
  await eventually(() => lines('runs').length === 1, 'the first run');
  child.kill('SIGSTOP');
  await untilState(id, 'WAITING');
  child.kill('SIGCONT');
  await eventually(() => lines('said').length === 1, 'the end of the first');
  await untilState(id, 'COMPLETED');
  assert.deepEqual(lines('overlaps'), []);
  assert.equal(lines('runs').length, 2);
  await stop();
});

test('a worker that is killed takes its commands with it, and another gets the job', async () => {
  const script = '[ $JOBD_ATTEMPT = 1 ] || exit 0; (trap "" TERM; while :; do sleep 0.1; done) & echo $! >>"$DIR/pids"; echo $$ >>"$DIR/pids"; wait';
  const options = ['--lease', '5s', '--grace', '200ms'];
  const first = startWorker(script, { options });
  const { id } = await first.submit({ maxAttempts: 2 });
  const pids = await eventually(() => first.lines('pids').length === 2 && first.lines('pids').map(Number), 'the command');
  const killed = Date.now();
  first.child.kill('SIGKILL');
  await eventually(() => !pids.some(isAlive), 'the end of the commands');
  await untilState(id, 'WAITING');
  assert.ok(Date.now() - killed < 5000 + 2000 + 1500, `${Date.now() - killed} ms`);
  const second = startWorker(script, { options, type: first.type });
  await untilState(id, 'COMPLETED');
  await second.stop();
});

// Its number may be another's by the time the grace of the others is over.
test('a group that has gone is sent no more signals', async () => {
  const script = 'echo "$JOBD_JOB_NAME $$" >>"$DIR/pids"; [ $JOBD_JOB_NAME = short ] || trap "" TERM; while :; do sleep 0.05; done';
  const dir = tempDir();
  const { submit, lines, child } = startWorker(script, {
    options: ['--slots', '2', '--grace', '5s'], env: { LD_PRELOAD: preloaded('kills'), JOBD_FAULT_DIR: dir } });
  await Promise.all([submit({ name: 'short' }), submit({ name: 'long' })]);
  await eventually(() => lines('pids').length === 2, 'the commands');
  const { short, long } = Object.fromEntries(lines('pids').map((line) => line.split(' ')));
  child.kill('SIGKILL');
  await eventually(() => ![short, long].some((pid) => isAlive(Number(pid))), 'the end of the commands');
  const sent = fs.readFileSync(path.join(dir, 'kills'), 'utf8').trimEnd().split('\n').map((line) => line.split(' '));
  const failed = (group) => sent.filter(([to, signal]) => to === group && Number(signal) !== os.constants.signals.SIGCONT)
    .map(([, , error]) => error !== '0');
  assert.equal(failed(short).indexOf(true), failed(short).length - 1, 'looked for until it was gone');
  assert.ok(failed(long).length > failed(short).length);
});

test('nobody is left unwaited for', async () => {
  const { submit, child, stop } = startWorker('true', { options: ['--slots', '4'] });
  for (const { id } of await Promise.all(Array.from({ length: 12 }, () => submit()))) await untilState(id, 'COMPLETED');
  const children = fs.readdirSync(`/proc/${child.pid}/task`)
    .flatMap((task) => fs.readFileSync(`/proc/${child.pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean));
  assert.equal(children.length, 1, 'the keeper alone');
  await stop();
});

test('with --json standard output holds what became of the jobs, and nothing else', async () => {
  const { submit, stop } = startWorker('echo out; [ $JOBD_JOB_NAME = good ]', { options: ['--json'] });
  const good = await submit({ name: 'good' });
  await untilState(good.id, 'COMPLETED');
  const bad = await submit({ name: 'bad' });
  await untilState(bad.id, 'FAILED');
  const { stdout, stderr } = await stop();
  assert.deepEqual(stdout.trim().split('\n').map((line) => JSON.parse(line)), [
    { id: good.id, fence: 1, outcome: 'SUCCESS' }, { id: bad.id, fence: 1, outcome: 'FAILURE' }]);
  assert.equal(stderr, 'out\nout\n');
});

// A pipe that is full, and whose reader looks on.
test('with --json a reader that stops to read does not keep ends from being reported', async () => {
  const dir = tempDir();
  const fifo = path.join(dir, 'fifo');
  const bin = path.join(dir, 'jobctl');
  execFileSync('mkfifo', [fifo]);
  fs.writeFileSync(bin, `#!/bin/sh\nexec ${JOBCTL} "$@" >${fifo}\n`, { mode: 0o755 });
  const reader = fs.openSync(fifo, fs.constants.O_RDWR | fs.constants.O_NONBLOCK);
  assert.throws(() => { for (;;) fs.writeSync(reader, 'x'.repeat(4096)); }, { code: 'EAGAIN' });
  const { submit, stop, so_far: soFar } = startWorker('true', { options: ['--json'], bin });
  const { id } = await submit();
  await untilState(id, 'COMPLETED');
  assert.match(soFar('stderr'), new RegExp(`cannot write what became of the job ${id}: `));
  assert.throws(() => { for (const room = Buffer.alloc(4096);;) fs.readSync(reader, room); }, { code: 'EAGAIN' });
  const next = await submit();
  await untilState(next.id, 'COMPLETED');
  const line = Buffer.alloc(4096);
  assert.equal(JSON.parse(line.toString('utf8', 0, fs.readSync(reader, line))).id, next.id);
  assert.equal((await stop()).code, 0);
  fs.closeSync(reader);
});

test('what cannot work is said at the start', async () => {
  const user = new User(server.url, worker);
  const file = path.join(tempDir(), 'not-executable');
  fs.writeFileSync(file, '', { mode: 0o644 });
  for (const [args, code, message, who = user] of [
    [['--type', 'T', '--', '/nonexistent'], 127, /cannot execute \/nonexistent/],
    [['--type', 'T', '--', 'no-such-command-here'], 127, /cannot execute/],
    [['--type', 'T', '--', file], 126, /cannot execute/],
    [['--type', 'T', '--', path.dirname(file)], 126, /cannot execute/],
    [['--type', 'T', '--lease', '1s', '--', 'true'], 2, /--lease must be from 5s to 3600s/],
    [['--type', 'T', '--slots', '0', '--', 'true'], 2, /--slots must be/],
    [['--', 'true'], 2, /--type is missing/],
    [['--type', 'T', '--', 'true'], 1, /role/, new User(server.url, alice)],
    [['--type', 'T', '--', 'true'], 1, /must begin with http/, new User('nonsense', worker)],
  ]) {
    const done = await who.run(['work', ...args]);
    assert.equal(done.code, code, done.stderr);
    assert.match(done.stderr, message);
    assert.match(done.stderr, /^jobctl work: .*\n$/);
  }
  const away = new User(await nobody(), worker).start(['work', '--type', 'T', '--', 'true']);
  await eventually(() => /cannot reach/.test(away.so_far('stderr')), 'the warning');
  away.child.kill('SIGTERM');
  assert.equal((await away.ended).code, 0);
});
