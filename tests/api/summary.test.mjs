// GET /rest/jobd/v1/summary: jobs counted by state, and those that are held but get nowhere.
import test from 'node:test';
import assert from 'node:assert/strict';
import {
  alice,
  assertError,
  call,
  createJob,
  eventually,
  JOBS,
  reader,
  startJobd,
  worker,
} from './harness.mjs';
import { beat, claimed, tell } from './leases.mjs';
import { createJobs, freshType, oneOfEach } from './support.mjs';

const SUMMARY = '/rest/jobd/v1/summary';

async function summary(server) {
  const answer = await call(server, 'GET', SUMMARY, { auth: reader });
  assert.equal(answer.status, 200, answer.text);
  return answer.json;
}

test('every state is counted', async () => {
  const server = await startJobd();
  const none = { WAITING: 0, RUNNING: 0, COMPLETED: 0, FAILED: 0, DELETED: 0 };
  assert.deepEqual(await summary(server), { states: none, stalled: 0 });
  await oneOfEach(server, alice, freshType());
  const states = { WAITING: 1, RUNNING: 1, COMPLETED: 3, FAILED: 2, DELETED: 5 };
  assert.deepEqual(await summary(server), { states, stalled: 0 });
  const gone = await createJob(server, alice);
  assert.equal((await summary(server)).states.WAITING, 2);
  await call(server, 'DELETE', `${JOBS}/${gone.id}`, { auth: alice });
  assert.deepEqual((await summary(server)).states, { ...states, DELETED: 6 });
});

test('counting ends at ten thousand', async () => {
  const server = await startJobd();
  const jobs = Array.from({ length: 1000 }, () => ({ name: 'A job', type: 'TEST' }));
  for (let i = 0; i < 10; i++) await createJobs(server, alice, jobs);
  assert.equal((await summary(server)).states.WAITING, 10_000);
  await createJob(server, alice);
  assert.equal((await summary(server)).states.WAITING, '10000+');
});

test('a job whose worker beats without progress is stalled', async () => {
  const server = await startJobd({ args: ['--stalled-after', '1s'] });
  const type = freshType();
  await createJob(server, alice, { type });
  await createJob(server, alice); // nobody holds it
  const [{ job, fence }] = await claimed(server, type);
  assert.equal((await summary(server)).states.RUNNING, 1);
  await eventually(async () => {
    assert.equal((await beat(server, worker, job.id, fence)).status, 200);
    return (await summary(server)).stalled === 1;
  }, 'the stall');
  const answer = await tell(server, worker, job.id, fence, { progressPercentage: 1 });
  assert.equal(answer.status, 200);
  await eventually(async () => (await summary(server)).stalled === 1, 'the next stall');
  await tell(server, worker, job.id, fence, { state: 'COMPLETED' });
  assert.equal((await summary(server)).stalled, 0);
});

test('without an account nothing is counted', async () => {
  const server = await startJobd();
  assertError(await call(server, 'GET', SUMMARY), 401, 'notAuthenticated');
});
