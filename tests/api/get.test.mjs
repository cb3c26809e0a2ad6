// GET /jobs/{jobId}: the Job on the wire, its ETag, and ids that are none.
import test from 'node:test';
import assert from 'node:assert/strict';
import {
  admin,
  alice,
  assertError,
  bob,
  call,
  createJob,
  EVERYBODY,
  JOBS,
  OURS,
  reader,
  startJobd,
  UNKNOWN_ID,
  WHOAMI,
  worker,
} from './harness.mjs';
import { get, report } from './support.mjs';

const server = await startJobd();

async function idOf(auth) {
  return (await call(server, 'GET', WHOAMI, { auth })).json.id;
}

test('a new job has what it was given, what it always has, and nothing else', async () => {
  const job = await createJob(server, alice, { name: 'Disk usage', type: 'SCAN' });
  const me = await idOf(alice);
  const { json } = await get(server, bob, job.id);
  assert.deepEqual(json, {
    id: job.id,
    createdBy: me,
    createdOn: job.createdOn,
    lastModifiedBy: me,
    lastModifiedOn: job.createdOn,
    user: me,
    selfManaged: false,
    name: 'Disk usage',
    type: 'SCAN',
    state: 'WAITING',
    result: 'NOT_SET',
  });
});

test('a job that ended has everything', async () => {
  const made = await createJob(server, alice, {
    message: 'm',
    selfManaged: true,
    name: 'n',
    type: 't',
  });
  await report(server, alice, made.id, { state: 'RUNNING', progressPercentage: 7 });
  await report(server, alice, made.id, { state: 'COMPLETED', result: 'COMPLETED_WITH_ERROR' });
  const { json } = await get(server, alice, made.id);
  assert.equal(json.progressPercentage, 7);
  assert.equal(json.selfManaged, true);
  assert.equal(json.message, 'm');
  assert.ok(json.createdOn <= json.startDate && json.startDate <= json.endDate);
  assert.equal(json.endDate, json.lastModifiedOn);
});

test('every role reads every job', async () => {
  const job = await createJob(server, alice);
  for (const auth of EVERYBODY) assert.equal((await get(server, auth, job.id)).status, 200);
});

test('createdOn is now, and the id carries it', async () => {
  const before = Date.now();
  const job = await createJob(server, alice);
  const on = Date.parse(job.createdOn);
  assert.ok(on >= before - 1000 && on <= Date.now() + 1000);
  assert.equal(parseInt(job.id.replace('-', '').slice(0, 12), 16), on);
  assert.equal(job.id[14], '7');
});

test('lastModifiedBy is who reported', async () => {
  const job = await createJob(server, alice);
  await report(server, admin, job.id, { message: 'seen' });
  const { json } = await get(server, alice, job.id);
  assert.equal(json.lastModifiedBy, await idOf(admin));
  assert.equal(json.createdBy, await idOf(alice));
});

test('any text comes back as it was given', async () => {
  const name = '"\\/ <&>\u2028\u00a0é日本😀 \u{10ffff}';
  const message = 'line\n\ttab "quoted" \\ é😀';
  const job = await createJob(server, alice, { name, type: name, message });
  const { json } = await get(server, alice, job.id);
  assert.deepEqual([json.name, json.type, json.message], [name, name, message]);
});

test('ETag is a quoted number that rises with every change', async () => {
  const job = await createJob(server, alice);
  const first = (await get(server, alice, job.id)).headers.etag;
  assert.match(first, /^"\d+"$/);
  assert.equal((await get(server, bob, job.id)).headers.etag, first);
  const told = await report(server, alice, job.id, { state: 'RUNNING' });
  const second = (await get(server, alice, job.id)).headers.etag;
  assert.equal(told.headers.etag, second);
  assert.ok(Number(second.slice(1, -1)) > Number(first.slice(1, -1)));
});

test('an id in capitals is the same id', async () => {
  const job = await createJob(server, alice);
  const answer = await get(server, alice, job.id.toUpperCase());
  assert.equal(answer.json.id, job.id);
});

for (const id of [
  '1',
  'abc',
  UNKNOWN_ID.slice(1),
  `${UNKNOWN_ID}0`,
  UNKNOWN_ID.replaceAll('-', ''),
  `{${UNKNOWN_ID}}`,
  UNKNOWN_ID.replace('a', 'g'),
  UNKNOWN_ID.replace('-', '_'),
  `-${UNKNOWN_ID.slice(1)}`,
  '%20',
  '%C3%A9',
  'null',
  `urn:uuid:${UNKNOWN_ID}`,
]) {
  test(`the malformed id ${id} is a 400`, async () =>
    assertError(await get(server, alice, id), 400, 'invalidRequest', /\bid\b/i));
}

for (const id of [
  UNKNOWN_ID,
  '00000000-0000-0000-0000-000000000000',
  'ffffffff-ffff-ffff-ffff-ffffffffffff',
  '0f5d6d68-6a3c-4b5e-9c6d-3d9e5a3b1c2d',
  '7fffffff-ffff-7fff-bfff-ffffffffffff',
]) {
  test(`the unknown id ${id} is a 404`, async () => {
    const answer = await get(server, alice, id);
    assertError(answer, 404, 'jobNotFoundId');
    assert.ok(
      Object.values(answer.json).some((text) =>
        `${text}`.includes('The resource could not be found.'),
      ),
    );
  });
}

test('the same position with other random bits is another id', async () => {
  const job = await createJob(server, alice);
  const other = job.id.slice(0, -1) + (job.id.endsWith('0') ? '1' : '0');
  assertError(await get(server, alice, other), 404, 'jobNotFoundId');
  for (const bit of [14, 19]) {
    const altered =
      job.id.slice(0, bit) + (job.id[bit] === '4' ? '5' : '4') + job.id.slice(bit + 1);
    assertError(await get(server, alice, altered), 404, 'jobNotFoundId');
  }
});

test('parameters nobody knows are ignored', async () => {
  const job = await createJob(server, alice);
  const answer = await call(server, 'GET', `${JOBS}/${job.id}?fields=name&x=%20`, { auth: reader });
  assert.deepEqual(answer.json, job);
});

test('a job stays as it was over a restart', async () => {
  const job = await createJob(
    server,
    worker,
    { name: 'kept', message: 'é' },
    { state: 'RUNNING', progressPercentage: 3 },
  );
  const { etag } = (await get(server, alice, job.id)).headers;
  await server.restart();
  const answer = await get(server, alice, job.id);
  assert.deepEqual(answer.json, job);
  assert.equal(answer.headers.etag, etag);
});

test('a method that a path of ours does not have', async () => {
  const job = await createJob(server, alice);
  assertError(
    await call(server, 'PUT', `${OURS}/${job.id}`, { auth: alice }),
    405,
    'methodNotAllowed',
  );
});
