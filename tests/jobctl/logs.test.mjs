// jobctl logs: what a job wrote, byte by byte, and how it grows, whatever becomes of the server.
import test from 'node:test';
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import {
  OURS, UNKNOWN_ID, alice, call, createJob, eventually, reader, startJobd,
} from '../api/harness.mjs';
import { untilWatched } from '../api/leases.mjs';
import { report } from '../api/support.mjs';
import { User, deleteJob, fakeServer, nobody } from './jobctl.mjs';

const server = await startJobd();
const user = new User(server.url, reader);

async function append(id, offset, body, on = server) {
  const answer = await call(on, 'PUT', `${OURS}/${id}/log?offset=${offset}`, { auth: alice, body });
  assert.equal(answer.status, 204, answer.text);
}

async function logs(args, options) {
  const done = await user.run(['logs', ...args], options);
  assert.equal(done.code, 0, done.stderr);
  return done.stdout;
}

// Follows a job until `count` requests wait: { child, ended, so_far }.
async function follow(id, args = [], who = user, on = server) {
  const following = who.start(['logs', '-f', ...args, id]);
  await untilWatched(on);
  return following;
}

test('it writes the bytes as they are', async () => {
  const { id } = await createJob(server, alice);
  assert.equal(await logs([id]), '');
  const bytes = crypto.randomBytes(100_000);
  await append(id, 0, bytes);
  assert.ok((await logs([id], { encoding: null })).equals(bytes));
  const from = (n) => logs(['--offset', `${n}`, id], { encoding: null });
  assert.ok((await from(99_990)).equals(bytes.subarray(99_990)));
  assert.ok((await from(-20)).equals(bytes.subarray(-20)));
});

test('of a long output it shows both ends', async () => {
  const { id } = await createJob(server, alice);
  const piece = Buffer.alloc(256 * 1024, 'x');
  for (let at = 0; at < 5; at++) await append(id, at * piece.length, piece);
  const text = await logs([id]);
  assert.match(text, /^x{524288}\n\[… 262144 bytes dropped …\]\nx{524288}$/);
});

test('following ends when the job does, with all that came', async () => {
  const { id } = await createJob(server, alice);
  await append(id, 0, 'one\n');
  const following = await follow(id);
  await append(id, 4, 'two\n');
  await eventually(() => following.so_far('stdout') === 'one\ntwo\n', 'the second line');
  await append(id, 8, 'three');
  await report(server, alice, id, { state: 'FAILED' });
  const { code, stdout } = await following.ended;
  assert.deepEqual([code, stdout], [0, 'one\ntwo\nthree']);
});

test('following ends when the job is deleted', async () => {
  const { id } = await createJob(server, alice);
  const following = await follow(id, ['--offset', '-10']);
  await append(id, 0, 'a text of many bytes');
  await eventually(() => following.so_far('stdout') !== '', 'the text');
  await deleteJob(server, alice, id);
  const { code, stdout } = await following.ended;
  assert.deepEqual([code, stdout], [0, 'many bytes']);
});

test('a server that is started anew is followed on', async () => {
  const own = await startJobd();
  const { id } = await createJob(own, alice);
  await append(id, 0, 'one\n', own);
  const there = new User(own.url, reader);
  const following = await follow(id, [], there, own);
  const { port } = own;
  await own.kill();
  await eventually(() => /waiting on/.test(following.so_far('stderr')), 'the complaint');
  await own.restart({ args: ['--listen', `127.0.0.1:${port}`] });
  await append(id, 0, 'one\ntwo\n', own);
  await eventually(() => following.so_far('stdout') === 'one\ntwo\n', 'the second line');
  await report(own, alice, id, { state: 'COMPLETED' });
  const { code, stdout } = await following.ended;
  assert.deepEqual([code, stdout], [0, 'one\ntwo\n']);
});

test('with --json it writes an object', async () => {
  const { id } = await createJob(server, alice);
  await append(id, 0, Buffer.concat([Buffer.from('ü"\n\u0007'), Buffer.from([0xff, 0xc3])]));
  assert.deepEqual(JSON.parse(await logs(['--json', id])), {
    text: 'ü"\n\u0007\ufffd\ufffd',
    next: 7,
    complete: false,
  });
});

test('with --json, following writes an object a line, and cuts no character', async () => {
  const { id } = await createJob(server, alice);
  const bytes = Buffer.from('für');
  await append(id, 0, bytes.subarray(0, 2));
  const following = await follow(id, ['--json']);
  await append(id, 2, bytes.subarray(2));
  await eventually(() => following.so_far('stdout').split('\n').length === 3, 'the second line');
  await report(server, alice, id, { state: 'COMPLETED' });
  const { code, stdout } = await following.ended;
  assert.equal(code, 0);
  assert.deepEqual(stdout.trimEnd().split('\n').map(JSON.parse), [
    { text: 'f', next: 2, complete: false },
    { text: 'ür', next: 4, complete: false },
    { text: '', next: 4, complete: true },
  ]);
});

test('what is not there, or makes no sense, is said', async () => {
  const cases = {
    1: [[UNKNOWN_ID], ['-f', UNKNOWN_ID]],
    2: [[], ['x'], [UNKNOWN_ID, UNKNOWN_ID], ['--offset', 'x', UNKNOWN_ID], ['-x', UNKNOWN_ID]],
  };
  for (const [code, lists] of Object.entries(cases)) {
    for (const args of lists) {
      const done = await user.run(['logs', ...args]);
      assert.equal(done.code, Number(code), args.join(' '));
      assert.equal(done.stdout, '');
      assert.match(done.stderr, /^jobctl logs: .+\n$/);
    }
  }
});

test('a server that never answered is not waited for', async () => {
  const lost = new User(await nobody(), alice);
  const { code, stderr, ms } = await lost.run(['logs', '-f', UNKNOWN_ID]);
  assert.equal(code, 1);
  assert.match(stderr, /cannot reach/);
  assert.ok(ms < 20_000, `${ms} ms`);
});

test('an answer of something else is none', async () => {
  const fake = await fakeServer(() => ({ status: 200, body: 'hello' }));
  const { code, stdout, stderr } = await new User(fake.url, alice).run(['logs', UNKNOWN_ID]);
  assert.deepEqual([code, stdout], [1, '']);
  assert.match(stderr, /not of the Job API/);
});
