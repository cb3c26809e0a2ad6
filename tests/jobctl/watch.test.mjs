// jobctl watch: what is shown of which jobs, when it ends, and that it outlives a server.
import test from 'node:test';
import assert from 'node:assert/strict';
import {
  UNKNOWN_ID, alice, createJob, eventually, reader, startJobd,
} from '../api/harness.mjs';
import { metric } from '../api/leases.mjs';
import { freshType, report } from '../api/support.mjs';
import { JOBCTL, TERMINAL, User, deleteJob, errorBody, fakeServer, nobody } from './jobctl.mjs';

const server = await startJobd();
const user = new User(server.url, reader);

// { child, ended, so_far, lines }
function start(args, on = server) {
  const watching = new User(on.url, reader).start(['watch', ...args]);
  watching.lines = () => watching.so_far('stdout').split('\n').slice(0, -1);
  return watching;
}

// The same once it is connected, as the only one that comes or goes meanwhile.
async function watch(args, on = server) {
  const before = await metric(on, 'jobd_feed_readers');
  const watching = start(args, on);
  await eventually(async () => (await metric(on, 'jobd_feed_readers')) > before, 'the watcher');
  return watching;
}

function shows(watching, count) {
  return eventually(() => watching.lines().length >= count && watching.lines(), `${count} lines`);
}

async function end(watching, on = server) {
  watching.child.kill('SIGINT');
  assert.equal((await watching.ended).signal, 'SIGINT');
  await eventually(async () => (await metric(on, 'jobd_feed_readers')) === 0, 'its leaving');
}

test('each change is a line', async () => {
  const type = freshType();
  const watching = await watch(['--type', type]);
  const { id } = await createJob(server, alice, { type, name: 'Nightly\u202e import' });
  await shows(watching, 1);
  await report(server, alice, id, { state: 'RUNNING', progressPercentage: 42, message: 'half' });
  const lines = await shows(watching, 2);
  const time = '\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d';
  assert.match(lines[0], new RegExp(`^${time} ${id} WAITING +- +Nightly\\\\u202e import$`));
  assert.match(lines[1], new RegExp(`^${time} ${id} RUNNING +42% +Nightly\\\\u202e import  half$`));
  await end(watching);
});

test('only what matches is shown, and that a job does not any more as JSON', async () => {
  const type = freshType();
  const filters = ['--type', type, '--name', 'x', '--match', 'START', '--state', 'RUNNING'];
  const [text, json] = [await watch(filters), await watch(['--json', ...filters])];
  const { id } = await createJob(server, alice, { type, name: 'Xylophone' });
  const other = await createJob(server, alice, { type, name: 'Zither' });
  await report(server, alice, other.id, { state: 'RUNNING' });
  await report(server, alice, id, { state: 'RUNNING' });
  await eventually(() => json.lines().some((line) => JSON.parse(line).event === 'job'), 'it runs');
  await report(server, alice, id, { state: 'COMPLETED' });
  await eventually(() => JSON.parse(json.lines().at(-1)).event === 'gone', 'it is gone');
  const told = json.lines().map(JSON.parse);
  assert.equal(told[0].event, 'synced');
  assert.ok(told.slice(1).every(({ id: number, data }) => number > 0 && data.id === id));
  assert.equal(told.find(({ event }) => event === 'job').data.state, 'RUNNING');
  const lines = await shows(text, 1);
  assert.ok(lines.length === 1 && lines[0].includes(`${id} RUNNING`), lines.join('\n'));
  await Promise.all([end(text), end(json)]);
});

test('of certain jobs it shows how they are and become, until all have ended', async () => {
  for (const [state, code] of [['COMPLETED', 0], ['FAILED', 1]]) {
    const [first, second, other] = await Promise.all([1, 2, 3].map(() => createJob(server, alice)));
    await report(server, alice, first.id, { state: 'COMPLETED', result: 'SUCCESS' });
    const watching = start([first.id, second.id, second.id.toUpperCase()]);
    await shows(watching, 2);
    await report(server, alice, other.id, { state: 'RUNNING' });
    await report(server, alice, second.id, { state: 'RUNNING' });
    await shows(watching, 3);
    await report(server, alice, second.id, { state });
    const done = await watching.ended;
    assert.equal(done.code, code, done.stderr);
    assert.deepEqual(watching.lines().map((line) => line.split(/\s+/).slice(2, 4)), [
      [first.id, 'COMPLETED'], [second.id, 'WAITING'], [second.id, 'RUNNING'], [second.id, state],
    ]);
  }
});

test('jobs that have ended are shown as they are, as JSON in the form of events', async () => {
  const { id } = await createJob(server, alice);
  await deleteJob(server, alice, id);
  const { code, stdout } = await user.run(['watch', '--json', id]);
  assert.equal(code, 1);
  const { event, id: number, data } = JSON.parse(stdout);
  assert.deepEqual([event, data.id, data.state], ['job', id, 'DELETED']);
  assert.ok(number > 0);
});

test('a narrow terminal gets a bar and no id', async () => {
  const { id } = await createJob(server, alice, { name: 'x'.repeat(100) });
  await report(server, alice, id, { state: 'COMPLETED', result: 'SUCCESS', progressPercentage: 50 });
  const { code, stdout } = await user.run([TERMINAL, '80', JOBCTL, 'watch', id],
    { bin: 'python3', stdin: null, env: { TERM: 'xterm', NO_COLOR: '1' } });
  assert.equal(code, 0);
  assert.match(stdout, /^\d\d:\d\d:\d\d COMPLETED \[#{5}\.{5}\]  50% x{42}…\r\n$/);
});

test('it outlives a server that is killed, and misses nothing', async () => {
  const own = await startJobd();
  const type = freshType();
  const { port } = own;
  const job = await createJob(own, alice, { type });
  const [all, one] = [await watch(['--type', type], own), await watch([job.id], own)];
  await report(own, alice, job.id, { state: 'RUNNING' });
  await Promise.all([shows(all, 1), shows(one, 2)]);
  await own.kill();
  for (const { so_far: soFar } of [all, one])
    await eventually(() => /waiting on/.test(soFar('stderr')), 'the warning');
  await own.restart({ args: ['--listen', `127.0.0.1:${port}`] });
  await createJob(own, alice, { type, name: 'made meanwhile' });
  await report(own, alice, job.id, { state: 'COMPLETED', result: 'SUCCESS' });
  const done = await one.ended;
  assert.equal(done.code, 0, done.stderr);
  assert.equal(done.stderr.match(/waiting on/g).length, 1);
  const lines = await shows(all, 3);
  assert.equal(lines.filter((line) => /made meanwhile/.test(line)).length, 1);
  assert.match(lines.at(-1), new RegExp(`${job.id} COMPLETED`));
  await end(all, own);
});

test('it goes on behind the last change it saw', async () => {
  const synced = { status: 200, body: '{"event":"synced","id":41,"data":{}}\n\n' };
  const away = await fakeServer((_, count) => (
    count < 3 ? synced : errorBody(401, 'notAuthenticated', 'Who are you?')));
  const { code, stderr } = await new User(away.url, reader).run(['watch', '--user', UNKNOWN_ID]);
  assert.equal(code, 1);
  assert.match(stderr, /ended the stream of events; waiting on\n.*Who are you\?\n$/s);
  assert.deepEqual(away.requests.map(({ path }) => new URL(path, away.url).searchParams.get('after')),
    [null, '41', '41']);
  assert.equal(away.requests[0].headers.accept, 'application/x-ndjson');
});

test('what makes no sense ends it', async () => {
  const { id } = await createJob(server, alice);
  const mistaken = new User(server.url, { ...reader, password: 'wrong' });
  const stranger = await fakeServer(() => ({ status: 200, body: '<html>\n' }));
  const cases = [
    [user, ['nonsense'], 2, /not the id of a job/],
    [user, ['--type', 'X', id], 2, /either certain jobs/],
    [user, ['--state', 'X'], 2, /--state must be one of/],
    [user, [id, UNKNOWN_ID], 1, new RegExp(UNKNOWN_ID)],
    [mistaken, [], 1, /^jobctl watch: /],
    [new User(await nobody(), reader), [], 1, /cannot reach/],
    [new User(stranger.url, reader), [], 1, /not of the Job API/],
  ];
  for (const [who, args, code, stderr] of cases) {
    const done = await who.run(['watch', ...args]);
    assert.equal(done.code, code, `${args} ${done.stderr}`);
    assert.match(done.stderr, stderr);
  }
});
