// GET /rest/jobd/v1/jobs/{jobId}: a job with its attempts, its place in the queue, and who holds it.
import test from 'node:test';
import assert from 'node:assert/strict';
import {
  alice,
  assertError,
  call,
  createJob,
  eventually,
  JOBS,
  OURS,
  reader,
  startJobd,
  UNKNOWN_ID,
  WHOAMI,
  worker,
} from './harness.mjs';
import { assertLasts, beat, heldJob, tell } from './leases.mjs';
import { get } from './support.mjs';

const server = await startJobd({ args: ['--stalled-after', '1s'] });

async function detail(id, auth = reader) {
  const answer = await call(server, 'GET', `${OURS}/${id}`, { auth });
  assert.equal(answer.status, 200, answer.text);
  return answer.json;
}

test('a job nobody ever held has no lease', async () => {
  const job = await createJob(server, alice, { priority: 5, maxAttempts: 4 });
  assert.deepEqual(await detail(job.id), { job, priority: 5, attempt: 0, maxAttempts: 4 });
});

test('a delay is told', async () => {
  const runAfter = '2099-01-02T03:04:05.678Z';
  const job = await createJob(server, alice, { runAfter });
  assert.equal((await detail(job.id)).runAfter, runAfter);
});

test('who holds a job is told, but not the fence', async () => {
  const { job, fence } = await heldJob(server, alice, {}, { workerId: 'host-7', leaseSeconds: 60 });
  const { lease, ...rest } = await detail(job.id);
  const { id } = (await call(server, 'GET', WHOAMI, { auth: worker })).json;
  assert.deepEqual(rest, { job, priority: 0, attempt: 1, maxAttempts: 1 });
  assert.deepEqual([lease.held, lease.workerId, lease.account], [true, 'host-7', id]);
  assertLasts(lease.expiresOn, 60);
  assert.equal(lease.beatOn, lease.progressOn);
  assert.ok(!('fence' in lease) && fence > 0);
});

test('beats are apart from progress, and without it the job is stalled', async () => {
  const { job, fence } = await heldJob(server, alice);
  assert.equal((await detail(job.id)).lease.stalled, false);
  const { lease } = await eventually(async () => {
    await beat(server, worker, job.id, fence);
    const now = await detail(job.id);
    return now.lease.stalled && now;
  }, 'the stall');
  assert.ok(lease.beatOn > lease.progressOn);
  await tell(server, worker, job.id, fence, { progressPercentage: 3 });
  const after = await detail(job.id);
  assert.equal(after.job.progressPercentage, 3);
  assert.ok(after.lease.progressOn >= lease.beatOn);
});

test('when it is over, who held it last is still known', async () => {
  const { job, fence } = await heldJob(server, alice, {}, { workerId: 'the last' });
  await tell(server, worker, job.id, fence, { state: 'COMPLETED' });
  const { job: ended, lease } = await detail(job.id);
  assert.deepEqual(ended, (await get(server, alice, job.id)).json);
  assert.deepEqual([lease.held, lease.workerId, lease.stalled], [false, 'the last', false]);
  assert.ok(!('expiresOn' in lease));
  await call(server, 'DELETE', `${JOBS}/${job.id}`, { auth: alice });
  assert.equal((await detail(job.id)).job.state, 'DELETED');
});

test('how much it wrote is told', async () => {
  const { id } = await createJob(server, alice);
  const body = 'two\nlines\n';
  const headers = { 'Content-Type': 'text/plain' };
  const answer = await call(server, 'PUT', `${OURS}/${id}/log?offset=0`, {
    auth: alice,
    body,
    headers,
  });
  assert.equal(answer.status, 204, answer.text);
  assert.equal((await detail(id)).logSize, body.length);
});

test('what is no job is refused', async () => {
  const look = (id, auth) => call(server, 'GET', `${OURS}/${id}`, { auth });
  assertError(await look(UNKNOWN_ID, alice), 404, 'jobNotFoundId');
  assertError(await look('42', alice), 400, 'invalidRequest', /UUID/);
  assertError(await look(UNKNOWN_ID), 401, 'notAuthenticated');
});
