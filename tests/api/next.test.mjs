// PATCH /rest/jobd/v1/jobs/{jobId} with `next`: an end that brings the next job along.
import test from 'node:test';
import assert from 'node:assert/strict';
import {
  admin,
  alice,
  assertError,
  call,
  createJob,
  JOBS,
  startJobd,
  worker,
} from './harness.mjs';
import {
  assertLasts,
  beat,
  claim,
  claimed,
  claimNothing,
  tell,
  untilWaiting,
} from './leases.mjs';
import { createJobs, freshType, get } from './support.mjs';

const server = await startJobd();

const DONE = { state: 'COMPLETED' };

// What a worker asks for with its report.
const wanted = (type, more = {}) => ({ types: [type].flat(), workerId: 'w-1', ...more });

// A held job of a type of its own, and others of that type that wait.
async function heldAndWaiting(count, fields = {}) {
  const type = freshType();
  const jobs = Array.from({ length: count + 1 }, (_, i) => ({ name: `${i}`, type, ...fields }));
  const [, ...waiting] = await createJobs(server, alice, jobs);
  const [held] = await claimed(server, type);
  return { type, held, waiting };
}

async function told(held, body) {
  const answer = await tell(server, worker, held.job.id, held.fence, body);
  assert.equal(answer.status, 200, answer.text);
  return answer;
}

const ids = (claims) => claims.map(({ job }) => job.id);

const stateOf = async (id) => (await get(server, alice, id)).json.state;

test('an end brings the next job along, as a claim hands it out', async () => {
  const payload = { source: ['a', 1, null] };
  const { type, held, waiting } = await heldAndWaiting(2, { payload, maxAttempts: 3 });
  const next = wanted(type, { leaseSeconds: 90 });
  const { json, headers } = await told(held, { ...DONE, message: 'm', next });
  assert.equal(json.job.state, 'COMPLETED');
  assert.equal(json.job.message, 'm');
  assert.deepEqual((await get(server, alice, held.job.id)).json, json.job);
  assert.equal((await get(server, alice, held.job.id)).headers.etag, headers.etag);
  assert.equal(json.claims.length, 1);
  const [{ job, fence, leaseExpiresOn, ...rest }] = json.claims;
  assert.deepEqual(rest, { payload, attempt: 1, maxAttempts: 3 });
  assert.equal(fence, 1);
  assertLasts(leaseExpiresOn, 90);
  assert.equal(job.id, waiting[0].id);
  assert.equal(job.state, 'RUNNING');
  assert.deepEqual((await get(server, alice, job.id)).json, job);
  assert.equal((await beat(server, worker, job.id, fence)).status, 200);
});

test('with as many as are asked for, of all types', async () => {
  const { type, held, waiting } = await heldAndWaiting(3);
  const other = freshType();
  const first = await createJob(server, alice, { type: other, priority: 1 });
  const next = wanted([type, other], { max: 3 });
  const { json } = await told(held, { state: 'FAILED', next });
  assert.deepEqual(ids(json.claims), [first.id, waiting[0].id, waiting[1].id]);
});

test('it never waits: where there is nothing, the list is empty', async () => {
  const { type, held } = await heldAndWaiting(0);
  const { json } = await told(held, { ...DONE, next: wanted(type) });
  assert.equal(json.job.state, 'COMPLETED');
  assert.deepEqual(json.claims, []);
});

test('without `next` there is no list', async () => {
  const { held } = await heldAndWaiting(1);
  assert.ok(!('claims' in (await told(held, DONE)).json));
});

test('a refused end grants nothing', async () => {
  const { type, held, waiting } = await heldAndWaiting(1);
  const next = wanted(type, { requestId: freshType() });
  const refused = async (fence, code, pattern) => {
    const answer = await tell(server, worker, held.job.id, fence, { ...DONE, next });
    assertError(answer, 409, code, pattern);
  };
  await refused(held.fence + 1, 'leaseLost', /./);
  await refused(undefined, 'leaseLost', /./);
  await told(held, { state: 'FAILED' });
  await refused(held.fence, 'leaseLost', /ended/);
  await call(server, 'DELETE', `${JOBS}/${held.job.id}`, { auth: alice });
  await refused(held.fence, 'jobDeleted', /deleted/);
  assert.equal(await stateOf(waiting[0].id), 'WAITING');
  assert.deepEqual(ids(await claimed(server, type, next)), [waiting[0].id]);
});

test('a report that goes on with the job claims nothing', async () => {
  const { type, held, waiting } = await heldAndWaiting(1);
  for (const body of [{ state: 'RUNNING' }, { progressPercentage: 5 }, { message: 'm' }]) {
    const answer = await tell(server, worker, held.job.id, held.fence, { ...body, next: wanted(type) });
    assertError(answer, 400, 'invalidRequest', /field next goes with the states/);
  }
  const bad = { ...DONE, next: { ...wanted(type), waitSeconds: 1 } };
  assertError(await tell(server, worker, held.job.id, held.fence, bad), 400, 'invalidRequest', /next.*waitSeconds/);
  assert.equal(await stateOf(held.job.id), 'RUNNING');
  assert.equal(await stateOf(waiting[0].id), 'WAITING');
});

test('the same again is answered the same, and so is a claim of that id', async () => {
  const { type, held, waiting } = await heldAndWaiting(2);
  const next = wanted(type, { requestId: freshType() });
  const first = await told(held, { ...DONE, next });
  assert.deepEqual(ids(first.json.claims), [waiting[0].id]);
  const again = await told(held, { ...DONE, next });
  const timeless = ({ job, claims: [{ leaseExpiresOn, ...rest }] }) => ({ job, rest });
  assert.deepEqual(timeless(again.json), timeless(first.json));
  assert.deepEqual(ids(await claimed(server, type, next)), [waiting[0].id]);
  assert.equal(await stateOf(waiting[1].id), 'WAITING');
});

test('of the same again at once, one is granted', async () => {
  const { type, held, waiting } = await heldAndWaiting(5);
  const next = wanted(type, { requestId: freshType() });
  const answers = await Promise.all(Array.from({ length: 10 }, () => told(held, { ...DONE, next })));
  for (const { json } of answers) assert.deepEqual(ids(json.claims), [waiting[0].id]);
});

test('a job that is released is for another claim', async () => {
  const { type, held, waiting } = await heldAndWaiting(1);
  const next = wanted(type, { max: 5, requestId: freshType() });
  const { json } = await told(held, { state: 'WAITING', next });
  assert.equal(json.job.state, 'WAITING');
  assert.deepEqual(ids(json.claims), [waiting[0].id]);
  const [again] = await claimed(server, type);
  assert.equal(again.job.id, held.job.id);
  assert.equal(again.fence, held.fence + 1);
  // The release cannot be repeated; what it was granted is there under its id.
  assertError(await tell(server, worker, held.job.id, held.fence, { state: 'WAITING', next }), 409, 'leaseLost');
  assert.deepEqual(ids(await claimed(server, type, next)), [waiting[0].id]);
});

test('a released job wakes who waits for it', async () => {
  const { type, held } = await heldAndWaiting(0);
  const waiting = claimed(server, type, { waitSeconds: 30 });
  await untilWaiting(server, 1);
  assert.deepEqual((await told(held, { state: 'WAITING', next: wanted(type) })).json.claims, []);
  assert.deepEqual(ids(await waiting), [held.job.id]);
});

test('a failure that is tried again may claim as well', async () => {
  const { type, held, waiting } = await heldAndWaiting(1, { maxAttempts: 2 });
  const { json } = await told(held, { state: 'FAILED', retry: true, next: wanted(type) });
  assert.equal(json.job.state, 'WAITING');
  assert.deepEqual(ids(json.claims), [waiting[0].id]);
});

test('only who may claim may claim so', async () => {
  const type = freshType();
  const job = await createJob(server, alice, { selfManaged: true, type }, { state: 'RUNNING' });
  const waiting = await createJob(server, alice, { type });
  const body = { ...DONE, next: wanted(type) };
  assertError(await tell(server, alice, job.id, undefined, body), 403, 'forbidden', /may not claim/);
  assert.equal(await stateOf(job.id), 'RUNNING');
  const { json } = await tell(server, admin, job.id, undefined, body);
  assert.deepEqual(ids(json.claims), [waiting.id]);
});

test('the longest list of types has room, and so has the largest answer', async () => {
  const types = Array.from({ length: 100 }, (_, i) => `${i} ${'\u{1F40C}'.repeat(250)}`);
  const payload = 'x'.repeat(250 * 1024);
  for (const type of types) await createJob(server, admin, { type, payload });
  const { held } = await heldAndWaiting(0);
  const { json } = await told(held, { ...DONE, next: wanted(types, { max: 100 }) });
  assert.equal(json.claims.length, 100);
  assert.ok(json.claims.every((one) => one.payload === payload));
});

test('chains of many workers end each job once', async () => {
  const type = freshType();
  const jobs = await createJobs(server, alice, Array.from({ length: 120 }, (_, i) => ({ name: `${i}`, type })));
  const seen = [];
  await Promise.all(Array.from({ length: 8 }, async (_, i) => {
    let [held] = (await claim(server, type, { workerId: `w-${i}` })).json?.claims ?? [];
    while (held) {
      seen.push(held.job.id);
      [held] = (await told(held, { ...DONE, next: wanted(type) })).json.claims;
    }
  }));
  assert.equal(seen.length, jobs.length);
  assert.deepEqual(new Set(seen), new Set(jobs.map(({ id }) => id)));
  for (const { id } of jobs) assert.equal(await stateOf(id), 'COMPLETED');
  await claimNothing(server, type);
});
