// GET of a job by its ETag: 304 where the client has it already, and waiting until it changes.
import test from 'node:test';
import assert from 'node:assert/strict';
import {
  alice,
  assertError,
  bob,
  call,
  createJob,
  JOBS,
  startJobd,
  UNKNOWN_ID,
} from './harness.mjs';
import { untilWatched } from './leases.mjs';
import { get, report } from './support.mjs';

const server = await startJobd({ daemons: 1 });

function getIf(id, tag, prefer, method = 'GET') {
  const headers = { 'If-None-Match': tag, Prefer: prefer };
  return call(server, method, `${JOBS}/${id}`, { auth: bob, headers });
}

async function created() {
  const { id } = await createJob(server, alice);
  return { id, etag: (await get(server, alice, id)).headers.etag };
}

test('a job the client has is not sent again', async () => {
  const { id, etag } = await created();
  for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
    const answer = await getIf(id, tag);
    assert.deepEqual([answer.status, answer.text, answer.headers.etag], [304, '', etag]);
    assert.equal((await getIf(id, tag, undefined, 'HEAD')).status, 304);
  }
});

test('a job that is another one now is', async () => {
  const { id, etag } = await created();
  await report(server, alice, id, { state: 'RUNNING' });
  for (const prefer of [undefined, 'wait=30']) {
    const answer = await getIf(id, etag, prefer);
    assert.equal(answer.status, 200);
    assert.equal(answer.json.state, 'RUNNING');
    assert.notEqual(answer.headers.etag, etag);
  }
  assert.equal((await getIf(id, '"x"', 'wait=30')).status, 200);
});

test('a wait ends with the change', async () => {
  const { id, etag } = await created();
  const held = getIf(id, etag, 'wait=30');
  await untilWatched(server);
  const other = await created();
  await report(server, alice, other.id, { message: 'another one' });
  const { json } = await report(server, alice, id, { progressPercentage: 7 });
  const answer = await held;
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.json, json.job);
  assert.equal(answer.headers['preference-applied'], 'wait=30');
});

test('a wait ends with its time', async () => {
  const { id, etag } = await created();
  const began = Date.now();
  const answer = await getIf(id, etag, 'respond-async, WAIT=1; x=y');
  assert.ok(Date.now() - began >= 990, `${Date.now() - began} ms`);
  assert.deepEqual([answer.status, answer.headers.etag], [304, etag]);
  assert.equal(answer.headers['preference-applied'], 'wait=1');
});

test('preferences that make no sense are ignored', async () => {
  const { id, etag } = await created();
  for (const prefer of ['wait', 'wait=x', 'wait=-1', 'wait=0', 'return=minimal', ',;=']) {
    const answer = await getIf(id, etag, prefer);
    assert.equal(answer.status, 304);
    assert.equal(answer.headers['preference-applied'], undefined, prefer);
  }
});

test('nobody waits without knowing what for', async () => {
  const { id } = await created();
  assert.equal((await getIf(id, undefined, 'wait=30')).status, 200);
  assertError(await getIf(UNKNOWN_ID, '*', 'wait=30'), 404, 'jobNotFoundId');
});

test('a wait does not hold the end of the server up', async () => {
  const { id, etag } = await created();
  const held = getIf(id, etag, 'wait=30');
  await untilWatched(server);
  await server.restart();
  assert.equal((await held).status, 304);
});

// Each request goes to another daemon, where there are several; whichever comes first, the wait sees the change.
test('a wait hears of a change through another daemon', async () => {
  const own = await startJobd();
  const job = await createJob(own, alice);
  const { etag } = (await get(own, alice, job.id)).headers;
  const headers = { 'If-None-Match': etag, Prefer: 'wait=30' };
  const held = call(own, 'GET', `${JOBS}/${job.id}`, { auth: alice, headers });
  assert.equal((await report(own, alice, job.id, { progressPercentage: 7 })).status, 200);
  const answer = await held;
  assert.equal(answer.status, 200);
  assert.equal(answer.json.progressPercentage, 7);
});
