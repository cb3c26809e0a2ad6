// run: the command's own life (exit, signals, output) and what the server is told of it.
import test from 'node:test';
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { alice, eventually, startJobd, tempDir, worker, call } from '../api/harness.mjs';
import {
  JOBCTL, User, deleteJob, fakeJob, fakeServer, jobNamed, jobThat, logOf,
} from './jobctl.mjs';

const server = await startJobd();
const user = new User(server.url, alice);
let count = 0;

// The arguments of a run with a name of its own: [name, args].
function named(command, options = []) {
  count += 1;
  const name = `run ${count}`;
  return [name, ['run', '--name', name, '--type', 'RUN', ...options, '--', ...command]];
}

const sh = (script) => ['sh', '-c', script];

async function runToEnd(command, options, settings) {
  const [name, args] = named(command, options);
  const done = await user.run(args, settings);
  return { ...done, job: await jobNamed(server, alice, name) };
}

test('exit status 0 is COMPLETED with SUCCESS, and nothing is said', async () => {
  const { code, stdout, stderr, job } = await runToEnd(['echo', 'hello'], ['--message', 'to begin']);
  assert.equal(code, 0);
  assert.equal(stdout, 'hello\n');
  assert.equal(stderr, '');
  assert.equal(job.state, 'COMPLETED');
  assert.equal(job.result, 'SUCCESS');
  assert.equal(job.selfManaged, true);
  assert.equal(job.type, 'RUN');
  assert.equal(job.message, 'to begin');
  assert.ok(job.startDate <= job.endDate);
  assert.equal(job.progressPercentage, undefined);
});

test('any other exit status is the job\'s FAILURE and our own', async () => {
  for (const status of [1, 3, 255]) {
    const { code, stderr, job } = await runToEnd(sh(`exit ${status}`));
    assert.equal(code, status);
    assert.equal(stderr, '');
    assert.equal(job.state, 'FAILED');
    assert.equal(job.result, 'FAILURE');
    assert.equal(job.message, `exit status ${status}`);
  }
});

test('a signal that kills the command is named', async () => {
  for (const [signal, number] of [['SEGV', 11], ['KILL', 9], ['USR1', 10]]) {
    const { code, job } = await runToEnd(sh(`ulimit -c 0; kill -${signal} $$`));
    assert.equal(code, 128 + number);
    assert.equal(job.state, 'FAILED');
    assert.equal(job.result, 'FAILURE');
    assert.equal(job.message, `killed by SIG${signal}`);
  }
});

test('a command that cannot be executed is 127 or 126, and its job fails', async () => {
  const file = path.join(tempDir(), 'not-executable');
  fs.writeFileSync(file, '');
  for (const [command, status, reason] of [['/nonexistent/\u001b[2J\xff', 127, 'No such file'],
    [file, 126, 'Permission denied']]) {
    const { code, stderr, job } = await runToEnd([command]);
    assert.equal(code, status);
    assert.match(stderr, new RegExp(`^jobctl run: cannot execute .*${reason}`));
    assert.doesNotMatch(stderr, /\u001b/);
    assert.equal(job.state, 'FAILED');
    assert.equal(job.result, 'FAILURE');
    assert.match(job.message, /^cannot execute /);
  }
});

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT']) {
  test(`${signal} is passed on to the whole group, and the job is ABORTED`, async () => {
    const [name, args] = named(sh('ulimit -c 0; sleep 1000; exit 9'));
    const { child, ended } = user.start(args);
    await jobThat(server, alice, name, (job) => job.state === 'RUNNING');
    child.kill(signal);
    const { code } = await ended;
    const job = await jobNamed(server, alice, name);
    assert.equal(job.state, 'FAILED');
    assert.equal(job.result, 'ABORTED');
    assert.equal(job.message, `stopped by ${signal}`);
    assert.ok(code > 128, `exit status ${code}`);
  });
}

test('a command that ends well after the signal gives its own exit status', async () => {
  const [name, args] = named(sh('trap "exit 7" TERM; echo ready; while :; do sleep 0.05; done'));
  const { child, ended, so_far } = user.start(args);
  await eventually(() => so_far('stdout') === 'ready\n', 'the trap');
  child.kill('SIGTERM');
  assert.equal((await ended).code, 7);
  assert.equal((await jobNamed(server, alice, name)).message, 'stopped by SIGTERM');
});

test('a signal ignored from the start (nohup) stays ignored', async () => {
  const [name, args] = named(sh('echo ready; while :; do sleep 0.05; done'));
  const { child, ended, so_far } = user.start(['-c', 'trap "" HUP; exec "$0" "$@"', JOBCTL, ...args],
    { bin: '/bin/sh' });
  await eventually(() => so_far('stdout') === 'ready\n', 'the start');
  child.kill('SIGHUP');
  child.kill('SIGTERM');
  assert.equal((await ended).code, 143);
  assert.equal((await jobNamed(server, alice, name)).message, 'stopped by SIGTERM');
});

test('the command has a group, standard input and environment of its own', async () => {
  const { code, stdout } = await runToEnd(
    sh('cat; echo "$KEPT"; ps -o pgid= -p $$ | tr -d " "; echo $$'), [],
    { stdin: 'typed\n', env: { KEPT: 'yes' } });
  assert.equal(code, 0);
  const [typed, kept, group, pid] = stdout.trim().split('\n');
  assert.deepEqual([typed, kept], ['typed', 'yes']);
  assert.equal(group, pid);
});

test('progress comes by $JOBD_FD, in all its forms, to any shell', async () => {
  for (const [line, percent, message] of [['42 half way', 42, 'half way'], ['17%', 17, 'begun'],
    ['99', 99, 'begun'], ['55% most', 55, 'most'], ['counting sheep', 1, 'counting sheep'],
    ['101 dalmatians', 1, '101 dalmatians'], ['3.7 nearly four', 3, 'nearly four']]) {
    const script = 'echo "1 begun" >&$JOBD_FD; printf "%s\\n" "$1" >&$JOBD_FD; read wait';
    const [name, args] = named(['sh', '-c', script, 'sh', line]);
    const { child, ended } = user.start(args, { stdin: null });
    const job = await jobThat(server, alice, name,
      (seen) => seen.progressPercentage === percent && seen.message === message);
    assert.equal(job.state, 'RUNNING');
    child.stdin.end('\n');
    assert.equal((await ended).code, 0);
    const last = await jobNamed(server, alice, name);
    assert.deepEqual([last.state, last.progressPercentage, last.message], ['COMPLETED', percent, message]);
  }
});

test('progress is coalesced: the latest counts, about twice a second', async () => {
  const patches = [];
  const fake = await fakeServer((request) => {
    if (request.method === 'POST') return { status: 201, body: fakeJob() };
    patches.push({ at: Date.now(), ...JSON.parse(request.body || '{}') });
    return { status: 200, body: { job: fakeJob() } };
  });
  const there = new User(fake.url, alice);
  const script = 'i=0; while [ $i -lt 100 ]; do i=$((i+1)); echo $i >&$JOBD_FD; sleep 0.02; done';
  const [, args] = named(sh(script));
  const { code, ms } = await there.run(args);
  assert.equal(code, 0);
  const last = patches.at(-1);
  assert.deepEqual([last.state, last.result, last.progressPercentage], ['COMPLETED', 'SUCCESS', 100]);
  assert.ok(patches.length >= 4, `${patches.length} reports`);
  assert.ok(patches.length <= 4 + ms / 450, `${patches.length} reports in ${ms} ms`);
  const percents = patches.map((patch) => patch.progressPercentage ?? 0);
  assert.deepEqual(percents, [...percents].sort((a, b) => a - b));
});

test('messages the server would refuse are made fit', async () => {
  const script = 'printf "5 a\\033[31mred\\377 \\302\\205 end\\n" >&$JOBD_FD; printf "6 " >&$JOBD_FD; '
    + 'head -c 20000 /dev/zero | tr "\\0" x >&$JOBD_FD; echo >&$JOBD_FD; exit 0';
  const { code, stderr, job } = await runToEnd(sh(script));
  assert.equal(code, 0);
  assert.equal(stderr, '');
  assert.equal(job.progressPercentage, 6);
  assert.match(job.message, /^x{3000,4000}$/);
  const one = await runToEnd(sh('printf "5 a\\033[31mred\\377 \\302\\205 end" >&$JOBD_FD'));
  assert.equal(one.job.message, 'a [31mred?   end');
});

test('a command that closes the descriptor goes on as before', async () => {
  const { code, stdout, job } = await runToEnd(sh(
    'echo 10 >&$JOBD_FD; eval "exec $JOBD_FD>&-"; sleep 0.2; echo still here'));
  assert.equal(code, 0);
  assert.equal(stdout, 'still here\n');
  assert.equal(job.progressPercentage, 10);
});

test('a command that floods the descriptor is not held up', async () => {
  const { code, job } = await runToEnd(sh(
    'i=0; yes "50 flood" | head -n 400000 >&$JOBD_FD; echo "90 over" >&$JOBD_FD'));
  assert.equal(code, 0);
  assert.deepEqual([job.progressPercentage, job.message], [90, 'over']);
});

test('progress comes from the output by a regular expression, and the output passes through', async () => {
  const script = 'printf "10%% one\\r20%% two\\r\\n"; echo "30% three" >&2; sleep 0.1; printf "40%% four"';
  const { code, stdout, stderr, job } = await runToEnd(sh(script),
    ['--progress-regex', '([0-9]+)% *(.*)']);
  assert.equal(code, 0);
  assert.equal(stdout, '10% one\r20% two\r\n40% four');
  assert.equal(stderr, '30% three\n');
  assert.deepEqual([job.progressPercentage, job.message], [40, 'four']);
});

test('an expression without a second group leaves the message alone', async () => {
  const { job } = await runToEnd(sh('echo "step 3 of 5: 60.4 percent"'),
    ['--progress-regex', '([0-9.]+) percent', '--message', 'kept']);
  assert.deepEqual([job.progressPercentage, job.message], [60, 'kept']);
});

test('output reaches its reader at once, before the command ends', async () => {
  const [, args] = named(sh('printf "no newline"; printf "5%%" >&2; read wait'),
    ['--progress-regex', '([0-9]+)%']);
  const { child, ended, so_far } = user.start(args, { stdin: null });
  await eventually(() => so_far('stdout') === 'no newline' && so_far('stderr') === '5%', 'the output');
  child.stdin.end('\n');
  assert.equal((await ended).code, 0);
});

test('sixteen megabytes pass byte for byte, with and without a regular expression', async () => {
  const file = path.join(tempDir(), 'bytes');
  const bytes = crypto.randomBytes(16 << 20);
  fs.writeFileSync(file, bytes);
  for (const options of [[], ['--progress-regex', '([0-9]+)%']]) {
    const [, args] = named(sh(`cat ${file} & cat ${file} >&2; wait`), options);
    const { code, stdout, stderr } = await user.run(args, { encoding: null });
    assert.equal(code, 0);
    assert.ok(stdout.equals(bytes), `standard output: ${stdout.length} bytes`);
    assert.ok(stderr.equals(bytes), `standard error: ${stderr.length} bytes`);
  }
});

test('a reader that goes away ends the command as a pipe would', async () => {
  for (const options of [[], ['--progress-regex', '([0-9]+)%']]) {
    const [name, args] = named(['yes'], options);
    const { code, stdout } = await user.run(
      ['-c', '{ "$0" "$@"; echo "status $?" >&2; } | head -n 2', JOBCTL, ...args], { bin: '/bin/sh' });
    assert.equal(code, 0);
    assert.equal(stdout, 'y\ny\n');
    assert.equal((await jobNamed(server, alice, name)).message, 'killed by SIGPIPE');
  }
});

test('a reader that is slow gets everything', async () => {
  const [, args] = named(sh('seq 1 40000'), ['--progress-regex', '([0-9]+)%']);
  const { code, stdout } = await user.run(
    ['-c', '"$0" "$@" | { sleep 1; cat; }', JOBCTL, ...args], { bin: '/bin/sh' });
  assert.equal(code, 0);
  assert.equal(stdout, Array.from({ length: 40000 }, (_, i) => `${i + 1}\n`).join(''));
});

test('what the command leaves running holds nobody up', async () => {
  for (const options of [[], ['--progress-regex', '([0-9]+)%']]) {
    const [name, args] = named(sh('(while :; do echo x; sleep 0.1; done) & echo "pid $!"'), options);
    const out = path.join(tempDir(), 'out');
    const { code } = await user.run(['-c', `"$0" "$@" >${out} 2>&1`, JOBCTL, ...args],
      { bin: '/bin/sh', deadline: 30_000 });
    try { process.kill(Number(fs.readFileSync(out, 'utf8').match(/pid (\d+)/)[1])); } catch { /* ended by SIGPIPE */ }
    assert.equal(code, 0);
    assert.equal((await jobNamed(server, alice, name)).state, 'COMPLETED');
  }
});

test('with --json standard output holds the Job alone', async () => {
  for (const options of [[], ['--progress-regex', '([0-9]+)%']]) {
    const [name, args] = named(sh('echo out; echo err >&2; exit 4'), ['--json', ...options]);
    const { code, stdout, stderr } = await user.run(args);
    assert.equal(code, 4);
    assert.deepEqual(stderr.split('\n').sort(), ['', 'err', 'out']);
    assert.deepEqual(JSON.parse(stdout), await jobNamed(server, alice, name));
  }
});

test('missing standard streams do no harm', async () => {
  const [name, args] = named(sh('echo $JOBD_FD'));
  const { code } = await user.run(['-c', '"$0" "$@" <&- >&- 2>&-', JOBCTL, ...args], { bin: '/bin/sh' });
  assert.equal(code, 0);
  assert.equal((await jobNamed(server, alice, name)).state, 'COMPLETED');
});

test('a job deleted on the server ends its command: TERM, and KILL after the grace', async () => {
  const [name, args] = named(sh('trap "" TERM; while :; do sleep 0.05; echo 1 >&$JOBD_FD; done'),
    ['--grace', '300ms']);
  const { ended } = user.start(args);
  const job = await jobThat(server, alice, name, (seen) => seen.state === 'RUNNING');
  await deleteJob(server, alice, job.id);
  const { code, stderr } = await ended;
  assert.equal(code, 137);
  assert.equal(stderr, 'jobctl run: the job was deleted\n');
  assert.equal((await jobNamed(server, alice, name)).state, 'DELETED');
});

test('a deletion is seen within seconds by a command with nothing to report', async () => {
  const [name, args] = named(['sleep', '1000']);
  const { ended } = user.start(args);
  const job = await jobThat(server, alice, name, (seen) => seen.state === 'RUNNING');
  await deleteJob(server, alice, job.id);
  const { code, stderr } = await ended;
  assert.equal(code, 143);
  assert.match(stderr, /the job was deleted/);
});

test('what the command writes is kept with the job, unless nobody wants that', async () => {
  const script = 'echo out; sleep 0.2; echo err >&2; sleep 0.2; printf end';
  const kept = await runToEnd(sh(script));
  assert.deepEqual([kept.stdout, kept.stderr], ['out\nend', 'err\n']);
  assert.equal(await logOf(server, alice, kept.job.id), 'out\nerr\nend');
  const json = await runToEnd(sh(script), ['--json']);
  assert.equal(await logOf(server, alice, json.job.id), 'out\nerr\nend');
  const never = await runToEnd(sh(script), ['--log', 'never']);
  assert.equal(await logOf(server, alice, never.job.id), '');
});

test('output is there while the command runs', async () => {
  const [name, args] = named(sh('echo begun; read wait; echo over'));
  const { child, ended } = user.start(args, { stdin: null });
  const { id } = await jobThat(server, alice, name, (job) => job.state === 'RUNNING');
  await eventually(async () => (await logOf(server, alice, id)) === 'begun\n', 'the first line');
  child.stdin.end('\n');
  await ended;
  assert.equal(await logOf(server, alice, id), 'begun\nover\n');
});

test('of too much output the front and the end are kept, and a line says what is missing', async () => {
  const { stdout, job } = await runToEnd(sh('seq -f "line %.0f" 1000000'));
  assert.equal(stdout.split('\n').length, 1000001);
  const log = await logOf(server, alice, job.id);
  assert.match(log, /^line 1\nline 2\n/);
  assert.match(log, /\n\[… \d+ bytes dropped …\]\n/);
  assert.match(log, /line 999999\nline 1000000\n$/);
});

test('a server that keeps no output gets everything else', async () => {
  const told = [];
  const fake = await fakeServer((request) => {
    if (request.path.includes('/log')) return { status: 404, body: { statusCode: 404, errorCode: 'pathNotFound', userMessage: 'No.' } };
    if (request.method === 'PATCH') told.push(JSON.parse(request.body).state);
    return request.method === 'POST' ? { status: 201, body: fakeJob() } : { status: 200, body: { job: fakeJob() } };
  });
  const done = await new User(fake.url, alice).run(named(sh('echo a; sleep 1; echo b'))[1]);
  assert.deepEqual([done.code, done.stdout, told.at(-1)], [0, 'a\nb\n', 'COMPLETED']);
  assert.match(done.stderr, /^jobctl run: the output is not kept: No\.\n$/);
});

const LEASE = { status: 200, body: { leaseExpiresOn: '2099-01-01T00:00:00.000Z', drain: false } };

// A server that answers everything but output, which it takes without an end.
function slowWithOutput() {
  return fakeServer(({ method, path: asked }) => {
    if (asked.includes('/log')) return null;
    if (asked.endsWith('/lease')) return LEASE;
    return method === 'POST' ? { status: 201, body: fakeJob() } : { status: 200, body: { job: fakeJob() } };
  });
}

test('output that does not get through does not keep the end from being reported', async () => {
  const fake = await slowWithOutput();
  const own = new User(fake.url, alice);
  assert.equal((await own.run(named(sh('echo out; exit 3'))[1])).code, 3);
  assert.deepEqual(fake.requests.filter(({ method }) => method === 'PATCH').map(({ body }) => JSON.parse(body).state), ['RUNNING', 'FAILED']);
  assert.deepEqual(own.spool(), []);
});

test('a standard error that nobody reads does not cost the lease', async () => {
  let beats = 0;
  const fake = await fakeServer(({ method, path: asked }) => {
    if (asked.endsWith('/lease')) return (beats += 1) === 1 ? { status: 500, body: {} } : LEASE;
    return method === 'POST' ? { status: 201, body: fakeJob() } : { status: 200, body: { job: fakeJob() } };
  });
  const script = 'yes >&2 & sleep 1; kill $!; read wait';
  const stuck = 'exec "$0" "$@" 2> >(sleep 60 >/dev/null 2>&1)';
  const { child, ended } = new User(fake.url, alice).start(['-c', stuck, JOBCTL, ...named(sh(script), ['--lease', '5s'])[1]],
    { bin: 'bash', stdin: null });
  await eventually(() => beats > 1, 'the heartbeats after the warning', 30_000);
  child.kill('SIGKILL');
  child.stdin.end('\n');
  await ended;
});

test('output that does not get through does not cost the lease', async () => {
  const fake = await slowWithOutput();
  const { child, ended } = new User(fake.url, alice).start(named(sh('echo out; read wait'), ['--lease', '5s'])[1], { stdin: null });
  const at = (what) => eventually(() => fake.requests.some(({ path: asked }) => asked.includes(what)) && Date.now(), what);
  const began = await at('/log');
  assert.ok(await at('/lease') - began < 5000);
  child.stdin.end('\n');
  assert.equal((await ended).code, 0);
});

test('a killed jobctl shows within its lease, and what it left running goes on', async () => {
  const [name, args] = named(sh('echo $$; exec sleep 1000'), ['--lease', '5s']);
  const { child, so_far } = user.start(args);
  const { id } = await jobThat(server, alice, name, (job) => job.state === 'RUNNING');
  const pid = Number(await eventually(() => so_far('stdout').trim(), 'the command'));
  child.kill('SIGKILL');
  const killed = Date.now();
  const job = await jobThat(server, alice, name, (seen) => seen.state !== 'RUNNING');
  assert.ok(Date.now() - killed < 5000 + 2000 + 1500, `${Date.now() - killed} ms`);
  assert.deepEqual([job.id, job.state, job.result, job.message], [id, 'FAILED', 'ABORTED', 'Worker lost']);
  process.kill(pid, 'SIGKILL');
});

test('a command that says nothing for longer than its lease keeps its job', async () => {
  const [name, args] = named(sh('read wait'), ['--lease', '5s']);
  const { child, ended } = user.start(args, { stdin: null });
  await jobThat(server, alice, name, (job) => job.state === 'RUNNING');
  const began = Date.now();
  await eventually(() => Date.now() - began > 8000, 'more than a lease');
  assert.equal((await jobNamed(server, alice, name)).state, 'RUNNING');
  child.stdin.end('\n');
  assert.equal((await ended).code, 0);
  assert.equal((await jobNamed(server, alice, name)).state, 'COMPLETED');
});

test('a jobctl that was silent for too long says so, and its command ends as it would', async () => {
  const [name, args] = named(sh('read wait; exit 5'), ['--lease', '5s']);
  const { child, ended, so_far } = user.start(args, { stdin: null });
  await jobThat(server, alice, name, (job) => job.state === 'RUNNING');
  child.kill('SIGSTOP');
  await jobThat(server, alice, name, (job) => job.state === 'FAILED');
  child.kill('SIGCONT');
  await eventually(() => /not reported on: /.test(so_far('stderr')), 'the warning');
  child.stdin.end('\n');
  assert.equal((await ended).code, 5);
  assert.equal((await jobNamed(server, alice, name)).message, 'Worker lost');
  assert.deepEqual(user.spool(), []);
});

test('a job that somebody else ended does not end the command', async () => {
  const [name, args] = named(sh('read wait; echo "50 more" >&$JOBD_FD; read wait; exit 5'));
  const { child, ended, so_far } = user.start(args, { stdin: null });
  const job = await jobThat(server, alice, name, (seen) => seen.state === 'RUNNING');
  await call(server, 'PATCH', `/rest/jobd/v1/jobs/${job.id}`, { auth: alice, headers: { 'Lease-Fence': '1' }, body: { state: 'COMPLETED' } });
  child.stdin.write('\n');
  await eventually(() => /not reported on/.test(so_far('stderr')), 'the warning');
  child.stdin.end('\n');
  const { code, stderr } = await ended;
  assert.equal(code, 5);
  assert.equal(stderr.trimEnd().split('\n').length, 1, stderr);
});

test('a job the server refuses does not keep the command from running', async () => {
  const { code, stdout, stderr } = await user.run(
    ['run', '--name', '', '--type', 't', '--', 'echo', 'ran']);
  assert.equal(code, 0);
  assert.equal(stdout, 'ran\n');
  assert.match(stderr, /^jobctl run: the job is not reported on: .*name/);
  assert.deepEqual(user.spool(), []);
});

test('wrong settings do not keep the command from running', async () => {
  const { code, stdout, stderr } = await new User('nonsense', alice).run(
    ['run', '--name', 'n', '--type', 't', '--', 'echo', 'ran']);
  assert.equal(code, 0);
  assert.equal(stdout, 'ran\n');
  assert.match(stderr, /^jobctl run: no job is made: the server's address/);
});

test('on behalf of another user', async () => {
  const { json: me } = await call(server, 'GET', '/rest/jobd/v1/whoami', { auth: alice });
  const there = new User(server.url, worker);
  const [name, args] = named(['true'], ['--user', me.id]);
  assert.equal((await there.run(args)).code, 0);
  assert.equal((await jobNamed(server, alice, name)).user, me.id);
});
