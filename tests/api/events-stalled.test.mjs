// The events of stalled jobs: who is told that a held job goes nowhere, and how often.
import test from 'node:test';
import assert from 'node:assert/strict';
import { alice, createJob, eventually, OURS, call, reader, startJobd, worker } from './harness.mjs';
import { followNow } from './events.mjs';
import { beat, claimed, tell } from './leases.mjs';
import { freshType } from './support.mjs';

const server = await startJobd({ args: ['--stalled-after', '1s'] });

async function heldOf(type) {
  await createJob(server, alice, { type });
  return (await claimed(server, type))[0];
}

const isStalled = ({ event }) => event === 'stalled';
const stalls = (stream) => stream.all.filter(isStalled);

// What the server says of the lease of a job.
async function leaseOf(id) {
  return (await call(server, 'GET', `${OURS}/${id}`, { auth: reader })).json.lease;
}

// Time passes as the server sees it: another job stalls, which began after everything so far.
async function anotherStalls() {
  const type = freshType();
  const stream = await followNow(server, reader, { query: `type=${type}` });
  await heldOf(type);
  await stream.next(isStalled);
  stream.cut();
}

test('whoever it concerns is told once, in either form', async () => {
  const type = freshType();
  const queries = [`type=${type}`, `type=${type}&state=RUNNING`, `type=${type}&state=WAITING`, `type=${type}-other`];
  const streams = await Promise.all(queries.flatMap((query) => [
    followNow(server, reader, { query }), followNow(server, reader, { query, lines: true }),
  ]));
  const { job, fence } = await heldOf(type);
  assert.equal((await beat(server, worker, job.id, fence)).status, 200);
  for (const stream of streams.slice(0, 4)) {
    const told = await stream.next(isStalled);
    const { progressOn, beatOn } = await leaseOf(job.id);
    assert.deepEqual(told, { event: 'stalled', data: { id: job.id, progressOn, beatOn } });
  }
  await anotherStalls();
  assert.deepEqual(streams.map((stream) => stalls(stream).length), [1, 1, 1, 1, 0, 0, 0, 0]);
  streams.forEach((stream) => stream.cut());
});

test('after progress it may stall anew', async () => {
  const type = freshType();
  const stream = await followNow(server, reader, { query: `type=${type}` });
  const { job, fence } = await heldOf(type);
  const first = await stream.next(isStalled);
  assert.equal((await tell(server, worker, job.id, fence, { progressPercentage: 7 })).status, 200);
  assert.equal((await stream.expect('job')).data.progressPercentage, 7);
  const second = await stream.expect('stalled');
  assert.ok(Date.parse(second.data.progressOn) > Date.parse(first.data.progressOn));
  stream.cut();
});

test('what ends does not stall, nor what nobody holds', async () => {
  const type = freshType();
  const stream = await followNow(server, reader, { query: `type=${type}` });
  const { job, fence } = await heldOf(type);
  await tell(server, worker, job.id, fence, { state: 'COMPLETED' });
  await createJob(server, alice, { type });
  await createJob(server, alice, { type, selfManaged: true });
  await anotherStalls();
  assert.deepEqual(stalls(stream), []);
  stream.cut();
});

test('who comes later is not told of what was', async () => {
  const type = freshType();
  const early = await followNow(server, reader, { query: `type=${type}` });
  const { job } = await heldOf(type);
  await early.next(isStalled);
  const late = await followNow(server, reader, { query: `type=${type}&snapshot=true` });
  assert.equal(late.all[0].data.id, job.id);
  await anotherStalls();
  assert.deepEqual(stalls(late), []);
  early.cut();
  late.cut();
  await eventually(async () => (await leaseOf(job.id)).stalled, 'it still is');
});
