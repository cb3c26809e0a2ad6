// POST /rest/jobd/v1/claims: which jobs, in which order, to whom; and waiting for them.
import test from 'node:test';
import assert from 'node:assert/strict';
import {
  admin,
  alice,
  assertError,
  basic,
  bob,
  call,
  createJob,
  eventually,
  OURS,
  reader,
  startJobd,
  worker,
} from './harness.mjs';
import { connect, withBody } from './raw.mjs';
import {
  assertLasts,
  beat,
  claim,
  claimed,
  claimNothing,
  CLAIMS,
  tell,
  untilWaiting,
} from './leases.mjs';
import { createJobs, freshType, get } from './support.mjs';

const server = await startJobd();

// The server answers within milliseconds; a busy machine may not.
const SOON = 1500;

async function timed(promise) {
  const begun = performance.now();
  const value = await promise;
  return { value, took: performance.now() - begun };
}

const names = (claims) => claims.map(({ job }) => job.name);

test('a claim makes the job RUNNING, under a fence and a lease', async () => {
  const type = freshType();
  const payload = { source: ['a', 1, null] };
  const job = await createJob(server, alice, { type, payload, maxAttempts: 3, message: 'm' });
  const [claim] = await claimed(server, type, { leaseSeconds: 90 });
  assert.deepEqual(claim.payload, payload);
  assert.equal(claim.fence, 1);
  assert.equal(claim.attempt, 1);
  assert.equal(claim.maxAttempts, 3);
  assertLasts(claim.leaseExpiresOn, 90);
  const me = await call(server, 'GET', '/rest/jobd/v1/whoami', { auth: worker });
  const { lastModifiedOn, startDate, ...rest } = claim.job;
  assert.equal(startDate, lastModifiedOn);
  assert.deepEqual(rest, {
    ...Object.fromEntries(Object.entries(job).filter(([name]) => name !== 'lastModifiedOn')),
    state: 'RUNNING',
    lastModifiedBy: me.json.id,
  });
  assert.deepEqual((await get(server, alice, job.id)).json, claim.job);
  await claimNothing(server, type);
});

test('a job without payload is handed out without one', async () => {
  const type = freshType();
  await createJob(server, alice, { type });
  const [claim] = await claimed(server, type);
  assert.ok(!('payload' in claim));
});

test('by priority, then by age', async () => {
  const type = freshType();
  const priorities = [0, 5, -3, 5, 0, 32767, -32768];
  await createJobs(
    server,
    alice,
    priorities.map((priority, i) => ({ name: `${priority}/${i}`, type, priority })),
  );
  const first = await claimed(server, type, { max: 3 });
  const rest = await claimed(server, type, { max: 100 });
  assert.deepEqual(names([...first, ...rest]), [
    '32767/5',
    '5/1',
    '5/3',
    '0/0',
    '0/4',
    '-3/2',
    '-32768/6',
  ]);
});

test('the order goes across the types of a claim', async () => {
  const [one, two, other] = [freshType(), freshType(), freshType()];
  await createJobs(server, alice, [
    { name: 'a', type: one },
    { name: 'b', type: two, priority: 1 },
    { name: 'c', type: other, priority: 9 },
    { name: 'd', type: one, priority: 1 },
    { name: 'e', type: two },
  ]);
  assert.deepEqual(names(await claimed(server, [two, one], { max: 10 })), ['b', 'd', 'a', 'e']);
  assert.deepEqual(names(await claimed(server, [other, one])), ['c']);
});

test('a job goes to one worker only, however many ask', async () => {
  const type = freshType();
  const jobs = await createJobs(
    server,
    alice,
    Array.from({ length: 60 }, (_, i) => ({ name: `${i}`, type })),
  );
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, i) => claim(server, type, { workerId: `w-${i}`, max: 2 })),
  );
  const got = answers.flatMap((answer) => answer.json?.claims ?? []);
  assert.equal(got.length, 60);
  assert.deepEqual(new Set(got.map(({ job }) => job.id)), new Set(jobs.map(({ id }) => id)));
});

test('what waits for nobody is not handed out', async () => {
  const type = freshType();
  await createJob(server, alice, { type, selfManaged: true });
  await createJob(server, alice, { type, runAfter: '2099-01-01T00:00:00Z' });
  await createJob(server, alice, { type }, { state: 'RUNNING' });
  const ended = await createJob(server, alice, { type }, { state: 'COMPLETED' });
  await call(server, 'DELETE', `/rest/jobs/v1/jobs/${ended.id}`, { auth: alice });
  const deleted = await createJob(server, alice, { type });
  await call(server, 'DELETE', `/rest/jobs/v1/jobs/${deleted.id}`, { auth: alice });
  await claimNothing(server, type, { max: 10 });
});

test('a job whose time comes wakes who waits for it', async () => {
  const type = freshType();
  const runAfter = new Date(Date.now() + 1500).toISOString();
  const job = await createJob(server, alice, { type, runAfter });
  await claimNothing(server, type);
  const [claim] = await claimed(server, type, { waitSeconds: 30 });
  assert.equal(claim.job.id, job.id);
  assert.ok(Date.parse(claim.job.startDate) >= Date.parse(runAfter), 'not before its time');
  assert.ok(Date.now() < Date.parse(runAfter) + SOON, 'soon after it');
});

test('only workers and admins claim', async () => {
  const type = freshType();
  for (const auth of [alice, reader]) {
    assertError(await claim(server, type, { auth }), 403, 'forbidden', /role/);
    const empty = await call(server, 'POST', CLAIMS, { auth, body: 'no JSON' });
    assertError(empty, 403, 'forbidden');
  }
  for (const auth of [worker, admin]) await claimNothing(server, type, { auth });
});

for (const [what, body, pattern] of [
  ['no types', { workerId: 'w' }, /types/],
  ['an empty list', { types: [], workerId: 'w' }, /types/],
  ['101 types', { types: Array.from({ length: 101 }, (_, i) => `${i}`), workerId: 'w' }, /types/],
  ['a type that is no text', { types: [1], workerId: 'w' }, /types/],
  ['no worker', { types: ['a'] }, /workerId/],
  ['an empty worker', { types: ['a'], workerId: '' }, /workerId/],
  ['max 0', { types: ['a'], workerId: 'w', max: 0 }, /max/],
  ['max 101', { types: ['a'], workerId: 'w', max: 101 }, /max/],
  ['a short lease', { types: ['a'], workerId: 'w', leaseSeconds: 4 }, /leaseSeconds/],
  ['a long lease', { types: ['a'], workerId: 'w', leaseSeconds: 3601 }, /leaseSeconds/],
  ['a long wait', { types: ['a'], workerId: 'w', waitSeconds: 31 }, /waitSeconds/],
  ['a request id with a blank', { types: ['a'], workerId: 'w', requestId: 'a b' }, /requestId/],
  ['an unknown field', { types: ['a'], workerId: 'w', wait: 1 }, /wait/],
  ['no object', '[]', /./],
]) {
  test(`refused: ${what}`, async () => {
    assertError(
      await call(server, 'POST', CLAIMS, { auth: worker, body }),
      400,
      'invalidRequest',
      pattern,
    );
  });
}

test('the largest claim there is fits', async () => {
  const types = Array.from({ length: 100 }, (_, i) => '\u{1f600}'.repeat(253) + `${10 + i}`.slice(-2));
  const text = JSON.stringify({ types, workerId: 'é'.repeat(200), requestId: 'x'.repeat(255) });
  const escaped = text.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const answer = await call(server, 'POST', CLAIMS, { auth: worker, body: escaped });
  assert.equal(answer.status, 204, answer.text);
});

test('a waiting claim is woken by a create at once', async () => {
  const type = freshType();
  const waiting = claim(server, [freshType(), type], { waitSeconds: 30 });
  await untilWaiting(server, 1);
  const { value: job } = await timed(createJob(server, alice, { type }));
  const { value: answer, took } = await timed(waiting);
  assert.equal(answer.json.claims[0].job.id, job.id);
  assert.ok(took < SOON, `${took} ms after the create`);
});

test('a waiting claim is woken by a release', async () => {
  const type = freshType();
  await createJob(server, alice, { type, maxAttempts: 5 });
  const [first] = await claimed(server, type);
  const waiting = claim(server, type, { waitSeconds: 30 });
  await untilWaiting(server, 1);
  await tell(server, worker, first.job.id, 1, { state: 'WAITING' });
  const again = (await waiting).json.claims[0];
  assert.equal(again.job.id, first.job.id);
  assert.equal(again.fence, 2);
  assert.equal(again.attempt, 2);
});

test('those who waited longer with a daemon are served first, one for each job', async () => {
  const own = await startJobd({ daemons: 1 });
  const type = freshType();
  const order = [];
  const waiting = [];
  for (let i = 0; i < 6; i++) {
    waiting.push(
      claim(own, type, { waitSeconds: 30, workerId: `w-${i}` }).then((answer) => {
        order.push(i);
        return answer;
      }),
    );
    await untilWaiting(own, i + 1);
  }
  for (let i = 0; i < 6; i++) {
    await createJob(own, alice, { type, name: `${i}` });
    await waiting[i];
    assert.deepEqual(order, Array.from({ length: i + 1 }, (_, k) => k));
  }
});

test('a claim of several types leaves the job it was woken for to the next', async () => {
  const [one, two] = [freshType(), freshType()];
  const both = claim(server, [one, two], { waitSeconds: 30 });
  await untilWaiting(server, 1);
  const second = claim(server, two, { waitSeconds: 30 });
  await untilWaiting(server, 2);
  await createJobs(server, alice, [
    { name: 'low', type: two },
    { name: 'high', type: one, priority: 1 },
  ]);
  assert.deepEqual(names((await both).json.claims), ['high']);
  const { value: answer, took } = await timed(second);
  assert.deepEqual(names(answer.json.claims), ['low']);
  assert.ok(took < SOON, `${took} ms`);
});

test('no job is missed by many who wait while many are created', async () => {
  const types = [freshType(), freshType(), freshType()];
  const taken = new Set();
  const total = 300;
  const one = async (i) => {
    while (taken.size < total) {
      const mine = [types[i % 3], types[(i + 1) % 3]];
      const answer = await claim(server, mine, { waitSeconds: 2, max: 1 + (i % 4) });
      for (const { job } of answer.json?.claims ?? []) {
        assert.ok(!taken.has(job.id), 'handed out twice');
        taken.add(job.id);
      }
    }
  };
  const workers = Array.from({ length: 24 }, (_, i) => one(i));
  for (let i = 0; i < total; i++) await createJob(server, alice, { type: types[i % 3] });
  const { took } = await timed(eventually(() => taken.size === total, 'every job being taken'));
  assert.ok(took < 5 * SOON, `${took} ms after the last create`);
  await Promise.all(workers);
});

test('nothing comes: 204 when the time is over, not before', async () => {
  const { value: answer, took } = await timed(claim(server, freshType(), { waitSeconds: 1 }));
  assert.equal(answer.status, 204);
  assert.ok(took >= 990 && took < 1000 + SOON, `${took} ms`);
  const { took: none } = await timed(claimNothing(server, freshType()));
  assert.ok(none < SOON, `${none} ms without waiting`);
});

test('a request id replays what is still held, and takes nothing new', async () => {
  const type = freshType();
  const requestId = `r-${type}`;
  await createJobs(server, alice, [1, 2, 3].map((i) => ({ name: `${i}`, type })));
  const first = await claimed(server, type, { max: 2, requestId });
  assert.deepEqual(names(first), ['1', '2']);
  const again = await claimed(server, type, { max: 2, requestId });
  assert.deepEqual(
    again.map(({ job, fence }) => [job.id, fence]),
    first.map(({ job, fence }) => [job.id, fence]),
  );
  assert.equal((await tell(server, worker, first[0].job.id, 1, { state: 'COMPLETED' })).status, 200);
  assert.deepEqual(names(await claimed(server, type, { max: 2, requestId })), ['2']);
  assert.equal((await tell(server, worker, first[1].job.id, 1, { state: 'WAITING' })).status, 200);
  await claimNothing(server, type, { max: 2, requestId });
  const other = await claimed(server, type, { auth: admin, max: 2, requestId });
  assert.deepEqual(names(other), ['2', '3'], 'another account has ids of its own');
});

function rawClaim(type, waitSeconds) {
  const body = JSON.stringify({ types: [type], workerId: 'gone', waitSeconds });
  return withBody('POST', CLAIMS, [`Authorization: ${basic(worker)}`], body);
}

test('who has hung up takes nothing', async () => {
  const type = freshType();
  const raw = await connect(server);
  await raw.write(rawClaim(type, 30));
  await untilWaiting(server, 1);
  raw.destroy();
  const job = await createJob(server, alice, { type });
  const [claim] = await claimed(server, type, { waitSeconds: 5 });
  assert.equal(claim.job.id, job.id);
  assert.equal(claim.fence, 1, 'the first to be given it');
});

test('who has hung up is noticed, and the next in line gets the job at once', async () => {
  const type = freshType();
  const raw = await connect(server);
  await raw.write(rawClaim(type, 30));
  await untilWaiting(server, 1);
  const waiting = claim(server, type, { waitSeconds: 30 });
  await untilWaiting(server, 2);
  raw.destroy();
  const hungUp = Date.now();
  await untilWaiting(server, 1);
  assert.ok(Date.now() - hungUp < 1000 + SOON, `${Date.now() - hungUp} ms`);
  const job = await createJob(server, alice, { type });
  const { value: answer, took } = await timed(waiting);
  assert.equal(answer.json.claims[0].job.id, job.id);
  assert.ok(took < SOON, `${took} ms`);
});

test('a job created with a claim is its creator’s at once', async () => {
  for (const [auth, fields] of [
    [alice, { selfManaged: true }],
    [bob, { selfManaged: true, maxAttempts: 3 }],
    [worker, {}],
    [admin, { selfManaged: false }],
  ]) {
    const body = { name: 'n', type: freshType(), claim: { workerId: 'me' }, ...fields };
    const made = await call(server, 'POST', OURS, { auth, body });
    assert.equal(made.status, 201, made.text);
    assert.equal(made.headers['lease-fence'], '1');
    assertLasts(made.headers['lease-expires-on'], 60);
    assert.equal(made.json.state, 'RUNNING');
    assert.equal(made.json.startDate, made.json.createdOn);
    assertError(
      await tell(server, auth, made.json.id, undefined, { progressPercentage: 1 }),
      409,
      'leaseLost',
    );
    assert.equal((await beat(server, auth, made.json.id, 1)).status, 200);
    assert.equal((await tell(server, auth, made.json.id, 1, { state: 'COMPLETED' })).status, 200);
  }
});

test('a created job without a claim has no lease in its answer', async () => {
  const made = await call(server, 'POST', OURS, { auth: alice, body: { name: 'n', type: 't' } });
  assert.ok(!('lease-fence' in made.headers) && !('lease-expires-on' in made.headers));
});

test('an idempotent create with a claim replays the lease', async () => {
  const headers = { 'Idempotency-Key': `claim-${freshType()}` };
  const body = { name: 'n', type: 't', selfManaged: true, claim: { workerId: 'w', leaseSeconds: 30 } };
  const one = await call(server, 'POST', OURS, { auth: alice, body, headers });
  const two = await call(server, 'POST', OURS, { auth: alice, body, headers });
  assert.equal(two.text, one.text);
  for (const name of ['etag', 'location', 'lease-fence', 'lease-expires-on'])
    assert.equal(two.headers[name], one.headers[name], name);
});

test('who may not claim may not create for itself what any worker could run', async () => {
  const claim = { workerId: 'w' };
  const body = { name: 'n', type: 't', claim };
  assertError(await call(server, 'POST', OURS, { auth: alice, body }), 403, 'forbidden');
  const list = { jobs: [{ name: 'a', type: 't' }, { ...body, selfManaged: true }] };
  const bulk = await call(server, 'POST', `${OURS}/bulk`, { auth: alice, body: list });
  assert.deepEqual(bulk.json.results.map(({ status }) => status), [201, 400]);
  assert.match(bulk.json.results[1].error.userMessage, /claim/);
  const atomic = await call(server, 'POST', `${OURS}/bulk?atomic=true`, { auth: alice, body: list });
  assertError(atomic, 400, 'invalidRequest', /jobs\[1\].*claim/);
  const late = { ...body, selfManaged: true, runAfter: '2099-01-01T00:00:00Z' };
  assertError(await call(server, 'POST', OURS, { auth: alice, body: late }), 400, 'invalidRequest');
});

test('a server that stops answers who waits at once', async () => {
  const own = await startJobd({ args: ['--drain-timeout', '20s'] });
  const waiting = Array.from({ length: 20 }, () => claim(own, 'NONE', { waitSeconds: 30 }));
  await untilWaiting(own, 20);
  const { value: code, took } = await timed(own.stop());
  assert.equal(code, 0);
  assert.ok(took < 2 * SOON, `${took} ms`);
  for (const answer of await Promise.all(waiting)) assert.equal(answer.status, 204);
});
