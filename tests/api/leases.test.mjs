// Leases: beats, reports under a fence, what becomes of a job whose worker is lost, and restarts.
import test, { describe } from 'node:test';
import assert from 'node:assert/strict';
import {
  admin,
  alice,
  assertError,
  bob,
  call,
  createJob,
  eventually,
  JOBS,
  OURS,
  reader,
  startJobd,
  UNKNOWN_ID,
  worker,
} from './harness.mjs';
import {
  assertLasts,
  beat,
  claim,
  claimed,
  claimNothing,
  heldJob,
  metric,
  tell,
  untilTime,
} from './leases.mjs';
import { freshType, get } from './support.mjs';

const server = await startJobd();

// How long after its lease's end a lost worker is seen at the latest, and what a busy machine adds.
const SEEN = 2000;
const MARGIN = 1500;

function remove(auth, id) {
  return call(server, 'DELETE', `${JOBS}/${id}`, { auth });
}

async function jobNow(id, from = server) {
  return (await get(from, alice, id)).json;
}

// The job once it is no longer RUNNING, which must not be before `from` nor too long after it.
async function afterLoss(id, expiresOn, on = server) {
  const job = await eventually(async () => {
    const now = await jobNow(id, on);
    return now.state !== 'RUNNING' && now;
  }, 'the end of the lease');
  const late = -untilTime(expiresOn);
  assert.ok(late > -50, `${-late} ms before its time`);
  assert.ok(late < SEEN + MARGIN, `${late} ms after its time`);
  return job;
}

test('a beat extends, and never shortens', async () => {
  const { job, fence, leaseExpiresOn } = await heldJob(server, alice, {}, { leaseSeconds: 60 });
  const { json: longer } = await beat(server, worker, job.id, fence, { leaseSeconds: 600 });
  assert.equal(longer.drain, false);
  assertLasts(longer.leaseExpiresOn, 600);
  for (const body of [undefined, {}, { leaseSeconds: 5 }, { leaseSeconds: null }]) {
    const answer = await beat(server, worker, job.id, fence, body);
    assert.equal(answer.status, 200, answer.text);
    const drift = Date.parse(answer.json.leaseExpiresOn) - Date.parse(longer.leaseExpiresOn);
    assert.ok(Math.abs(drift) <= 5, `${drift} ms`);
  }
  assert.ok(Date.parse(longer.leaseExpiresOn) > Date.parse(leaseExpiresOn));
});

test('a beat without a length takes the one granted', async () => {
  const { job, fence } = await heldJob(server, alice, {}, { leaseSeconds: 120 });
  assertLasts((await beat(server, worker, job.id, fence)).json.leaseExpiresOn, 120);
});

test('a beat leaves the job and its ETag alone', async () => {
  const { job, fence } = await heldJob(server, alice);
  const before = await get(server, alice, job.id);
  await beat(server, worker, job.id, fence);
  const after = await get(server, alice, job.id);
  assert.equal(after.text, before.text);
  assert.equal(after.headers.etag, before.headers.etag);
});

test('whoever knows the fence may beat and report, if its role may write', async () => {
  const { job, fence } = await heldJob(server, alice);
  for (const auth of [bob, admin, worker]) {
    assert.equal((await beat(server, auth, job.id, fence)).status, 200);
    const answer = await tell(server, auth, job.id, fence, { message: auth.name });
    assert.equal(answer.json?.job.message, auth.name, answer.text);
  }
  assertError(await beat(server, reader, job.id, fence), 403, 'forbidden');
  assertError(await tell(server, reader, job.id, fence, { message: 'm' }), 403, 'forbidden');
});

test('a held job is nobody’s without the fence', async () => {
  const { job, fence } = await heldJob(server, alice);
  for (const auth of [alice, worker, bob, admin]) {
    for (const wrong of [undefined, fence + 1, 9007199254740992n]) {
      assertError(await tell(server, auth, job.id, wrong, { message: 'm' }), 409, 'leaseLost');
      assertError(await beat(server, auth, job.id, wrong), 409, 'leaseLost');
    }
  }
  const { lastModifiedOn } = await jobNow(job.id);
  assert.equal(lastModifiedOn, job.lastModifiedOn);
});

test('a job nobody holds is its owners’, as before', async () => {
  const job = await createJob(server, alice);
  assertError(await tell(server, bob, job.id, undefined, { message: 'm' }), 403, 'jobNotOwned');
  assertError(await tell(server, alice, job.id, 1, { message: 'm' }), 409, 'leaseLost');
  assertError(await beat(server, alice, job.id, 1), 409, 'leaseLost');
  assertError(await beat(server, alice, job.id), 409, 'leaseLost');
  const answer = await tell(server, alice, job.id, undefined, { state: 'RUNNING' });
  assert.equal(answer.status, 200);
  assert.ok(!('leaseExpiresOn' in answer.json));
});

for (const bad of ['0', '01', '-1', 'x', '1.0', '9007199254740993', '1 1']) {
  test(`Lease-Fence: ${bad} is refused`, async () => {
    const { job } = await heldJob(server, alice);
    assertError(await tell(server, worker, job.id, bad, { message: 'm' }), 400, 'invalidRequest');
    assertError(await beat(server, worker, job.id, bad), 400, 'invalidRequest', /Lease-Fence/);
  });
}

test('beats that are refused: ids, lengths, fields', async () => {
  const { job, fence } = await heldJob(server, alice);
  assertError(await beat(server, worker, UNKNOWN_ID, 1), 404, 'jobNotFoundId');
  assertError(await beat(server, worker, 'x', 1), 400, 'invalidRequest');
  const lengths = [4, 3601, '60', 5.5].map((leaseSeconds) => ({ leaseSeconds }));
  for (const body of [...lengths, { x: 1 }, []])
    assertError(await beat(server, worker, job.id, fence, body), 400, 'invalidRequest');
});

test('a report extends by what was granted, and says so', async () => {
  const { job, fence } = await heldJob(server, alice, {}, { leaseSeconds: 200 });
  const { json } = await tell(server, worker, job.id, fence, { progressPercentage: 5 });
  assertLasts(json.leaseExpiresOn, 200);
  assert.equal(json.job.progressPercentage, 5);
  const { json: ended } = await tell(server, worker, job.id, fence, { state: 'COMPLETED' });
  assert.ok(!('leaseExpiresOn' in ended));
});

test('the same ending again is the same answer; anything else is too late', async () => {
  const { job, fence } = await heldJob(server, alice);
  const ending = { state: 'COMPLETED', result: 'COMPLETED_WITH_ERROR', message: 'two rows bad' };
  const first = await tell(server, worker, job.id, fence, ending);
  const second = await tell(server, worker, job.id, fence, ending);
  assert.equal(second.status, 200, second.text);
  assert.deepEqual(second.json, first.json);
  assert.equal(second.headers.etag, first.headers.etag);
  for (const body of [{ state: 'FAILED' }, { message: 'm' }, { state: 'RUNNING' }])
    assertError(await tell(server, worker, job.id, fence, body), 409, 'leaseLost');
  assertError(await beat(server, worker, job.id, fence), 409, 'leaseLost');
  assertError(await tell(server, worker, job.id, fence + 1, ending), 409, 'leaseLost');
});

test('a released job goes to the next worker, and the old fence is stale', async () => {
  const held = await heldJob(server, alice, { maxAttempts: 1 });
  const { json } = await tell(server, worker, held.job.id, held.fence, { state: 'WAITING' });
  assert.equal(json.job.state, 'WAITING');
  assert.ok(!('leaseExpiresOn' in json));
  assertError(await beat(server, worker, held.job.id, held.fence), 409, 'leaseLost');
  assertError(
    await tell(server, worker, held.job.id, held.fence, { message: 'm' }),
    409,
    'leaseLost',
  );
  const [next] = await claimed(server, held.job.type, { auth: admin });
  assert.equal(next.fence, 2);
  assertError(
    await tell(server, worker, held.job.id, held.fence, { state: 'COMPLETED' }),
    409,
    'leaseLost',
    /Another worker/,
  );
  assert.equal((await tell(server, admin, next.job.id, 2, { state: 'COMPLETED' })).status, 200);
});

test('delaySeconds and retry go with their states only', async () => {
  const { job, fence } = await heldJob(server, alice);
  for (const body of [
    { delaySeconds: 1 },
    { state: 'FAILED', delaySeconds: 1 },
    { retry: true },
    { state: 'COMPLETED', retry: true },
    { state: 'WAITING', delaySeconds: 86401 },
  ])
    assertError(await tell(server, worker, job.id, fence, body), 400, 'invalidRequest');
});

test('a deleted job tells its worker at the next beat or report', async () => {
  const { job, fence } = await heldJob(server, alice);
  assert.equal((await remove(bob, job.id)).status, 403);
  assert.equal((await remove(alice, job.id)).status, 204);
  assertError(await beat(server, worker, job.id, fence), 409, 'jobDeleted');
  assertError(await beat(server, worker, job.id, fence + 1), 409, 'jobDeleted');
  assertError(await tell(server, worker, job.id, fence, { state: 'COMPLETED' }), 409, 'jobDeleted');
  assert.equal((await jobNow(job.id)).state, 'DELETED');
});

test('a self-managed job created with a claim is never handed out, even when released', async () => {
  const type = freshType();
  const body = { name: 'n', type, selfManaged: true, claim: { workerId: 'w' } };
  const made = await call(server, 'POST', OURS, { auth: alice, body });
  const released = await tell(server, alice, made.json.id, 1, { state: 'WAITING' });
  assert.equal(released.json.job.state, 'WAITING');
  await claimNothing(server, type);
});

// Side by side, since what they do most is wait.
describe('time', { concurrency: true }, () => {
  test('a release with a delay keeps the job back for so long', async () => {
    const held = await heldJob(server, alice);
    const { id, type } = held.job;
    const body = { state: 'WAITING', delaySeconds: 2 };
    const released = await tell(server, worker, id, held.fence, body);
    const [next] = await claimed(server, type, { waitSeconds: 30 });
    const waited = Date.parse(next.job.startDate) - Date.parse(released.json.job.lastModifiedOn);
    assert.ok(waited >= 2000 && waited < 2000 + MARGIN, `${waited} ms`);
  });

  test('a failure with retry waits for a back-off while attempts remain', async () => {
    const held = await heldJob(server, alice, { maxAttempts: 2 });
    const { id, type } = held.job;
    const body = { state: 'FAILED', message: 'no answer', retry: true };
    const again = await tell(server, worker, id, held.fence, body);
    assert.equal(again.json.job.state, 'WAITING');
    assert.equal(again.json.job.message, 'no answer');
    await claimNothing(server, type);
    const [next] = await claimed(server, type, { waitSeconds: 30 });
    const waited = Date.parse(next.job.startDate) - Date.parse(again.json.job.lastModifiedOn);
    assert.ok(waited >= 3750 && waited < 6250 + MARGIN, `${waited} ms`);
    assert.equal(next.attempt, 2);
    const last = await tell(server, worker, id, next.fence, body);
    assert.equal(last.json.job.state, 'FAILED');
    assert.equal(last.json.job.result, 'FAILURE');
  });

  test('a lost worker: the job fails when no attempt is left', async () => {
    const held = await heldJob(server, alice, {}, { leaseSeconds: 5 });
    const before = await metric(server, 'jobd_leases_expired_total');
    const job = await afterLoss(held.job.id, held.leaseExpiresOn);
    assert.equal(job.state, 'FAILED');
    assert.equal(job.result, 'ABORTED');
    assert.equal(job.message, 'Worker lost');
    assert.equal(job.lastModifiedBy, held.job.lastModifiedBy);
    assert.ok((await metric(server, 'jobd_leases_expired_total')) > before);
    assertError(await beat(server, worker, job.id, held.fence), 409, 'leaseLost');
    assertError(
      await tell(server, worker, job.id, held.fence, { state: 'COMPLETED' }),
      409,
      'leaseLost',
    );
  });

  test('a lost worker: the job goes to another while attempts remain', async () => {
    const held = await heldJob(server, alice, { maxAttempts: 2 }, { leaseSeconds: 5 });
    const lost = await afterLoss(held.job.id, held.leaseExpiresOn);
    assert.equal(lost.state, 'WAITING');
    assertError(await tell(server, worker, lost.id, held.fence, { message: 'm' }), 409, 'leaseLost');
    const [next] = await claimed(server, lost.type, { waitSeconds: 30, leaseSeconds: 5 });
    assert.equal(next.attempt, 2);
    assert.equal(next.fence, 2);
    const end = await afterLoss(lost.id, next.leaseExpiresOn);
    assert.equal(end.state, 'FAILED');
    assert.equal(end.message, 'Worker lost');
  });

  test('beats and reports keep a job beyond its first lease', async () => {
    const held = await heldJob(server, alice, {}, { leaseSeconds: 5 });
    const { id } = held.job;
    let { leaseExpiresOn } = held;
    for (let i = 0; untilTime(held.leaseExpiresOn) > -3000; i++) {
      const answer =
        i % 2 === 0
          ? await beat(server, worker, id, held.fence)
          : await tell(server, worker, id, held.fence, { progressPercentage: i % 100 });
      assert.equal(answer.status, 200, answer.text);
      leaseExpiresOn = answer.json.leaseExpiresOn;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    assert.equal((await jobNow(id)).state, 'RUNNING');
    assert.equal((await afterLoss(id, leaseExpiresOn)).message, 'Worker lost');
  });

  test('a self-managed job whose holder is lost fails, whatever its attempts', async () => {
    const body = { name: 'n', type: freshType(), selfManaged: true, maxAttempts: 9 };
    const claim = { workerId: 'w', leaseSeconds: 5 };
    const made = await call(server, 'POST', OURS, { auth: alice, body: { ...body, claim } });
    const job = await afterLoss(made.json.id, made.headers['lease-expires-on']);
    assert.equal(job.state, 'FAILED');
    assert.equal(job.result, 'ABORTED');
    assert.equal(job.message, 'Worker lost');
  });
});

for (const [how, end] of [
  ['a stop', (own) => own.stop()],
  ['a crash', (own) => own.kill()],
]) {
  test(`${how} and a new start lose no lease`, async () => {
    const own = await startJobd();
    const type = freshType();
    await createJob(own, alice, { type, payload: 1 });
    const [held] = await claimed(own, type, { leaseSeconds: 30, requestId: 'r' });
    await createJob(own, alice, { type, runAfter: new Date(Date.now() + 1000).toISOString() });
    await end(own);
    await own.start();
    assert.equal((await jobNow(held.job.id, own)).state, 'RUNNING');
    const [again] = await claimed(own, type, { requestId: 'r' });
    assert.deepEqual([again.job.id, again.fence], [held.job.id, held.fence]);
    assertError(await tell(own, alice, held.job.id, undefined, { message: 'm' }), 409, 'leaseLost');
    const kept = await beat(own, worker, held.job.id, held.fence);
    assertLasts(kept.json.leaseExpiresOn, 30);
    const [delayed] = await claimed(own, type, { waitSeconds: 30 });
    assert.notEqual(delayed.job.id, held.job.id);
    const done = await tell(own, worker, held.job.id, held.fence, { state: 'COMPLETED' });
    assert.equal(done.status, 200, done.text);
  });
}

test('a lease that ran out while no daemon ran is given its length again, then expires', async () => {
  const own = await startJobd();
  const type = freshType();
  await createJob(own, alice, { type });
  const [held] = await claimed(own, type, { leaseSeconds: 5 });
  await own.stop();
  await eventually(() => untilTime(held.leaseExpiresOn) < -1000, 'the end of the lease');
  await own.start();
  const opened = Date.now();
  const answer = await claim(own, type, { waitSeconds: 1 });
  assert.equal(answer.status, 204);
  assert.equal((await jobNow(held.job.id, own)).state, 'RUNNING');
  const until = new Date(opened + 5000).toISOString();
  const job = await eventually(async () => {
    const now = await jobNow(held.job.id, own);
    return now.state !== 'RUNNING' && now;
  }, 'the loss');
  assert.equal(job.message, 'Worker lost');
  assert.ok(untilTime(until) < 1500, `${untilTime(until)} ms before a length was over`);
});
