// submit, get, list, wait, delete: what they do, print and refuse.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import {
  alice, bob, call, createJob, eventually, JOBS, startJobd, tempDir, UNKNOWN_ID, worker,
} from '../api/harness.mjs';
import { untilWatched } from '../api/leases.mjs';
import { createJobs, freshType, get, report } from '../api/support.mjs';
import { JOBCTL, User, TERMINAL, errorBody, fakeJob, fakeServer } from './jobctl.mjs';

const server = await startJobd();
const user = new User(server.url, alice);

async function good(args, options) {
  const done = await user.run(args, options);
  assert.equal(done.code, 0, done.stderr);
  assert.equal(done.stderr, '');
  return done.stdout;
}

const json = async (args, options) => JSON.parse(await good([...args, '--json'], options));

test('submit prints the id of a job as it was asked for', async () => {
  const id = (await good(['submit', '--name', 'Zürich ☂', '--type', 'SCAN', '--message', 'first',
    '--priority', '-7', '--max-attempts', '3', '--run-after', '1h', '--payload', '{"a":[1,2]}'])).trim();
  const { json: job } = await get(server, alice, id);
  assert.equal(job.name, 'Zürich ☂');
  assert.equal(job.type, 'SCAN');
  assert.equal(job.message, 'first');
  assert.equal(job.state, 'WAITING');
  assert.equal(job.selfManaged, false);
});

test('submit sends every field, and the payload from a file or standard input', async () => {
  const fake = await fakeServer(() => ({ status: 201, body: fakeJob() }));
  const there = new User(fake.url, alice);
  const file = path.join(tempDir(), 'payload.json');
  fs.writeFileSync(file, '{ "from": "file" }\n');
  const base = ['submit', '--name', 'n', '--type', 't'];
  await there.run([...base, '--self-managed', '--user', UNKNOWN_ID, '--priority', '5',
    '--max-attempts', '2', '--run-after', '2026-11-23T17:00:00+01:00', '--key', 'k-1', '--payload', '-'],
  { stdin: '"text"' });
  await there.run([...base, '--payload', `@${file}`]);
  assert.deepEqual(JSON.parse(fake.requests[0].body), {
    name: 'n', type: 't', selfManaged: true, user: UNKNOWN_ID, priority: 5, maxAttempts: 2,
    runAfter: '2026-11-23T16:00:00.000Z', payload: 'text',
  });
  assert.equal(fake.requests[0].headers['idempotency-key'], 'k-1');
  assert.deepEqual(JSON.parse(fake.requests[1].body).payload, { from: 'file' });
  assert.equal(fake.requests[1].headers['idempotency-key'], undefined);
});

test('submit refuses what it cannot send before anything is sent', async () => {
  const fake = await fakeServer(() => ({ status: 201, body: fakeJob() }));
  const there = new User(fake.url, alice);
  const base = ['submit', '--name', 'n', '--type', 't'];
  const withNul = path.join(tempDir(), 'nul.json');
  fs.writeFileSync(withNul, '1\0');
  for (const [more, message] of [
    [['--payload', '{'], /payload is not one JSON value/],
    [['--payload', '1}, "x": {"a":1'], /payload is not one JSON value/],
    [['--payload', '1,2'], /payload is not one JSON value/],
    [['--payload', ''], /payload is not one JSON value/],
    [['--payload', '@/nonexistent'], /cannot read \/nonexistent/],
    [['--payload', '@/dev/zero'], /: \/dev\/zero is too large/],
    [['--payload', `@${withNul}`], new RegExp(`: ${withNul} is no JSON`)],
    [['--key', 'a\r\nX-Evil: 1'], /idempotency key is/],
    [['--key', ''], /idempotency key is/],
  ]) {
    const { code, stderr, stdout } = await there.run([...base, ...more]);
    assert.equal(code, 1, `${more}: ${stderr}`);
    assert.match(stderr, message);
    assert.equal(stdout, '');
  }
  assert.equal(fake.requests.length, 0);
});

test('submit with the same key gives the same job', async () => {
  const args = ['submit', '--name', 'once', '--type', freshType(), '--key', 'only-once'];
  const first = await good(args);
  assert.equal(await good(args), first);
  assert.equal((await json(args)).id, first.trim());
});

test('submit tells what the server refuses', async () => {
  const { code, stderr } = await user.run(['submit', '--name', '', '--type', 't']);
  assert.equal(code, 1);
  assert.match(stderr, /^jobctl submit: .*name/);
});

test('get shows a job to people and to programs', async () => {
  const job = await createJob(server, alice, { name: 'To get', message: 'one\ntwo\tthree' },
    { state: 'RUNNING', progressPercentage: 42 });
  const text = await good(['get', job.id]);
  assert.match(text, new RegExp(`^id +${job.id}$`, 'm'));
  assert.match(text, /^name +To get$/m);
  assert.match(text, /^state +RUNNING$/m);
  assert.match(text, /^progress +42%$/m);
  assert.match(text, /^message +one two three$/m);
  assert.match(text, /^started +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/m);
  assert.doesNotMatch(text, /\x1b|\t|ended/);
  assert.deepEqual(await json(['get', job.id]), (await get(server, alice, job.id)).json);
});

test('get of an unknown job is one sentence and nothing on standard output', async () => {
  for (const more of [[], ['--json']]) {
    const { code, stdout, stderr } = await user.run(['get', UNKNOWN_ID, ...more]);
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.equal(stderr, `jobctl get: ${UNKNOWN_ID}: The resource could not be found.\n`);
  }
});

test('names cannot steer the terminal', async () => {
  const name = 'evil \u001b]0;title\u0007\u202eexe\u009b31m';
  const fake = await fakeServer((request) => (request.path.includes('?')
    ? { status: 200, body: { results: [fakeJob({ name, message: '\u001b[2J' })] } }
    : { status: 200, body: fakeJob({ name, message: '\u001b[2J' }) }));
  const there = new User(fake.url, alice);
  for (const args of [['list'], ['get', UNKNOWN_ID]]) {
    const { code, stdout } = await there.run(args);
    assert.equal(code, 0);
    assert.doesNotMatch(stdout, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    assert.match(stdout, /evil \\x1b\]0;title\\x07\\u202eexe\\u009b31m/);
  }
});

test('list shows one line a job, newest first', async () => {
  const type = freshType();
  await createJob(server, alice, { type, name: 'first' }, { state: 'COMPLETED' });
  await createJob(server, alice, { type, name: 'second' }, { state: 'RUNNING', progressPercentage: 7 });
  const lines = (await good(['list', '--type', type])).trimEnd().split('\n');
  assert.equal(lines.length, 2);
  assert.match(lines[0], new RegExp(`^[0-9a-f-]{36} RUNNING +- +7% +[-0-9]+ [:0-9]+ ${type} +second$`));
  assert.match(lines[1], new RegExp(`^[0-9a-f-]{36} COMPLETED +SUCCESS +- +[-0-9]+ [:0-9]+ ${type} +first$`));
  assert.equal(lines[0].indexOf('second'), lines[1].indexOf('first'), 'aligned');
  assert.doesNotMatch(lines.join('\n'), /\t/);
});

test('list passes every filter and order on', async () => {
  const fake = await fakeServer(() => ({ status: 200, body: { results: [] } }));
  await new User(fake.url, alice).run(['list', '--name', 'a&b ü', '--match', 'start', '--state', 'running',
    '--state', 'FAILED', '--result', 'ABORTED', '--type', 'A', '--type', 'B,C', '--user', UNKNOWN_ID,
    '--sort', 'END_DATE', '--order', 'asc', '--limit', '7']);
  const given = new URL(fake.requests[0].path, 'http://x').searchParams;
  assert.deepEqual([...given], [['name', 'a&b ü'], ['nameMatchMode', 'START'], ['state', 'RUNNING'],
    ['state', 'FAILED'], ['result', 'ABORTED'], ['type', 'A'], ['type', 'B,C'], ['user', UNKNOWN_ID],
    ['sortField', 'END_DATE'], ['sortOrder', 'ASC'], ['pageSize', '7']]);
});

test('list follows cursors up to the limit, twenty unless told otherwise', async () => {
  const type = freshType();
  await createJobs(server, alice, Array.from({ length: 120 }, (_, i) => ({ type, name: `n${i}` })));
  const names = async (args) => (await json(['list', '--type', type, ...args])).map((job) => job.name);
  const newest = Array.from({ length: 120 }, (_, i) => `n${119 - i}`);
  assert.deepEqual(await names([]), newest.slice(0, 20));
  assert.deepEqual(await names(['--limit', '101']), newest.slice(0, 101));
  assert.deepEqual(await names(['--limit', '1000']), newest);
  assert.deepEqual(await json(['list', '--type', freshType()]), []);
  assert.equal(await good(['list', '--type', freshType()]), '');
});

test('list stops at an error in the middle, and prints nothing', async () => {
  const page = Array.from({ length: 50 }, () => fakeJob());
  const fake = await fakeServer((_, count) => (count === 1
    ? { status: 200, body: { results: page, nextCursor: 'c' } } : errorBody(503, 'storeUnavailable')));
  const { code, stdout, stderr } = await new User(fake.url, alice).run(['list', '--limit', '60', '--json']);
  assert.equal(code, 1);
  assert.equal(stdout, '');
  assert.match(stderr, /^jobctl list: No\./);
});

function onTerminal(columns, args, env = {}) {
  return user.run([TERMINAL, columns, JOBCTL, ...args],
    { bin: 'python3', env: { TERM: 'xterm', ...env } });
}

test('on a terminal there are a heading, a bar and colours, and names are cut to fit', async () => {
  const type = 'T';
  const job = await createJob(server, alice, { type, name: `wide ${'漢字'.repeat(60)}` },
    { state: 'RUNNING', progressPercentage: 42 });
  const list = (await onTerminal('140', ['list', '--type', type])).stdout;
  assert.match(list, /^ID +STATE +RESULT +PROGRESS/);
  assert.match(list, /\x1b\[36mRUNNING +\x1b\[0m/);
  assert.match(list, /\[####\.{6}\] +42%/);
  assert.match(list, /漢…\r?\n|字…\r?\n/);
  const line = list.split('\r\n')[1].replace(/\x1b\[\d*m/g, '');
  const width = [...line].reduce((sum, c) => sum + (/[漢字]/.test(c) ? 2 : 1), 0);
  assert.ok(width <= 140, `${width} columns`);
  assert.match((await onTerminal('140', ['get', job.id])).stdout, /progress +\[####\.{6}\] +42%/);

  const narrow = (await onTerminal('80', ['list', '--type', type], { NO_COLOR: '1' })).stdout;
  assert.match(narrow, /^ID +STATE +PROGRESS +NAME\r\n/);
  assert.match(narrow, /RUNNING +\[####\.{6}\] +42% wide (漢字)+…/);

  const plain = (await onTerminal('140', ['list', '--type', type], { NO_COLOR: '1' })).stdout;
  assert.match(plain, /\[####/);
  assert.doesNotMatch(plain, /\x1b/);
  const dumb = (await onTerminal('140', ['list', '--type', type], { TERM: 'dumb' })).stdout;
  assert.doesNotMatch(dumb, /\x1b|\[#|^ID/);
  const data = (await onTerminal('140', ['list', '--type', type, '--json'])).stdout;
  assert.equal(JSON.parse(data).length, 1);
});

test('wait ends when the jobs have ended: 0 when all of them succeeded', async () => {
  const one = await createJob(server, alice);
  const two = await createJob(server, alice, {}, { state: 'COMPLETED', message: 'was quick' });
  const { ended } = user.start(['wait', one.id, two.id]);
  await report(server, alice, one.id, { state: 'COMPLETED', result: 'SUCCESS', message: 'done' });
  const { code, stdout, stderr } = await ended;
  assert.equal(code, 0, stderr);
  assert.deepEqual(stdout.trimEnd().split('\n').sort(),
    [`${one.id} COMPLETED SUCCESS done`, `${two.id} COMPLETED SUCCESS was quick`].sort());
});

test('wait lets the server hold the call rather than asking again and again', async () => {
  const other = await startJobd({ users: [alice] });
  const job = await createJob(other, alice);
  const { ended } = new User(other.url, alice).start(['wait', job.id]);
  await untilWatched(other);
  await report(other, alice, job.id, { state: 'COMPLETED' });
  assert.equal((await ended).code, 0);
});

test('wait ends with 1 when one did not succeed', async () => {
  const fine = await createJob(server, alice, {}, { state: 'COMPLETED' });
  for (const ending of [{ state: 'FAILED' }, { state: 'COMPLETED', result: 'COMPLETED_WITH_ERROR' }]) {
    const bad = await createJob(server, alice, {}, ending);
    const { code, stdout } = await user.run(['wait', fine.id, bad.id, '--json']);
    assert.equal(code, 1);
    assert.deepEqual(JSON.parse(stdout).map((job) => job.id), [fine.id, bad.id]);
  }
  const gone = await createJob(server, alice);
  await call(server, 'DELETE', `${JOBS}/${gone.id}`, { auth: alice });
  assert.equal((await user.run(['wait', gone.id])).code, 1);
});

test('wait ends with 124 when the time runs out, and shows what it saw', async () => {
  const job = await createJob(server, alice);
  const done = await user.run(['wait', '--timeout', '300ms', job.id, '--json']);
  assert.equal(done.code, 124);
  assert.ok(done.ms >= 300, `${done.ms} ms`);
  assert.match(done.stderr, /^jobctl wait: 1 of 1 had not ended in time\n$/);
  assert.equal(JSON.parse(done.stdout)[0].state, 'WAITING');
  assert.equal((await user.run(['wait', '--timeout', '0s', job.id])).code, 124);
});

test('wait asks less and less often, but at least about once a second', async () => {
  const fake = await fakeServer((_, count) => ({
    status: 200, body: fakeJob(count < 8 ? {} : { state: 'COMPLETED', result: 'SUCCESS' }),
  }));
  const done = await new User(fake.url, alice).run(['wait', UNKNOWN_ID]);
  assert.equal(done.code, 0);
  // 50 ms, then half as much again each time: seven pauses are 1.6 s.
  assert.ok(done.ms > 1500 && done.ms < 30_000, `${done.ms} ms`);
});

test('wait bears with a server that goes away for a while', async () => {
  const fake = await fakeServer((_, count) => {
    if (count > 1 && count < 4) return errorBody(503, 'storeUnavailable', 'Later.');
    return { status: 200, body: fakeJob(count < 6 ? {} : { state: 'COMPLETED', result: 'SUCCESS' }) };
  });
  const { code, stderr } = await new User(fake.url, alice).run(['wait', UNKNOWN_ID]);
  assert.equal(code, 0);
  assert.equal(stderr, 'jobctl wait: Later.; waiting on\n');
});

test('wait does not wait for what is not there', async () => {
  const { code, stderr } = await user.run(['wait', UNKNOWN_ID]);
  assert.equal(code, 1);
  assert.match(stderr, /could not be found/);
});

test('wait draws a bar on a terminal', async () => {
  const job = await createJob(server, alice, { name: 'Watched' }, { state: 'RUNNING', progressPercentage: 50 });
  const { ended, so_far } = user.start([TERMINAL, '100', JOBCTL,
    'wait', job.id], { bin: 'python3', env: { TERM: 'xterm' } });
  await eventually(() => so_far('stdout').includes('[#####.....]  50% RUNNING  Watched'), 'the bar');
  await report(server, alice, job.id, { state: 'COMPLETED' });
  const { code, stdout } = await ended;
  assert.equal(code, 0);
  assert.match(stdout, /\r\x1b\[K[0-9a-f-]{36} \x1b\[32mCOMPLETED\x1b\[0m SUCCESS\r\n/);
});

test('delete deletes each, says so, and goes on after a failure', async () => {
  const [one, two] = [await createJob(server, alice), await createJob(server, alice)];
  const bobs = await createJob(server, bob);
  assert.equal(await good(['delete', one.id]), `${one.id} deleted\n`);
  const done = await user.run(['delete', bobs.id, two.id, '--message', 'too late', '--json']);
  assert.equal(done.code, 1);
  assert.match(done.stderr, new RegExp(`^jobctl delete: ${bobs.id}: .*another user`));
  assert.deepEqual(JSON.parse(done.stdout), [
    { id: bobs.id, deleted: false, status: 403, errorCode: 'jobNotOwned' },
    { id: two.id, deleted: true },
  ]);
  const { json: job } = await get(server, alice, two.id);
  assert.equal(job.state, 'DELETED');
  assert.equal(job.message, 'too late');
  assert.equal((await get(server, alice, one.id)).json.message, 'Deleted by user');
  assert.equal((await get(server, alice, bobs.id)).json.state, 'WAITING');
});

test('on behalf of another user', async () => {
  const { json: me } = await call(server, 'GET', '/rest/jobd/v1/whoami', { auth: alice });
  const there = new User(server.url, worker);
  const { stdout, code } = await there.run(['submit', '--name', 'n', '--type', 't', '--user', me.id, '--json']);
  assert.equal(code, 0);
  assert.equal(JSON.parse(stdout).user, me.id);
});

