// GET /jobs: which jobs its parameters find, and which parameters are refused.
import test from 'node:test';
import assert from 'node:assert/strict';
import {
  admin,
  alice,
  assertError,
  bob,
  call,
  createJob,
  JOBS,
  reader,
  startJobd,
  UNKNOWN_ID,
  WHOAMI,
  worker,
} from './harness.mjs';
import { createJobs, find, found, foundNames, freshType, oneOfEach } from './support.mjs';

const server = await startJobd();
const STATES = ['WAITING', 'RUNNING', 'COMPLETED', 'FAILED', 'DELETED'];
const RESULTS = ['NOT_SET', 'SUCCESS', 'COMPLETED_WITH_ERROR', 'FAILURE', 'ABORTED'];

const EACH = freshType();
await oneOfEach(server, alice, EACH);
const all = await found(server, alice, { type: EACH, pageSize: 50 });

async function refused(parameters, name) {
  assertError(
    await find(server, alice, parameters),
    400,
    'invalidRequest',
    new RegExp(`\\b${name}\\b`),
  );
}

function names(jobs) {
  return jobs.map((job) => job.name).sort();
}

async function assertFinds(parameters, expected) {
  const wanted = names(all.filter(expected));
  assert.deepEqual(await foundNames(server, alice, { type: EACH, ...parameters }), wanted);
}

test('the sample holds every legal state and result', () => {
  assert.equal(all.length, 12);
  assert.equal(new Set(all.map((job) => `${job.state} ${job.result}`)).size, 11);
});

for (const state of STATES) {
  test(`state=${state} finds the jobs in that state`, () =>
    assertFinds({ state }, (job) => job.state === state));
}

for (const result of RESULTS) {
  test(`result=${result} finds the jobs with that result`, () =>
    assertFinds({ result }, (job) => job.result === result));
}

test('several states are alternatives', () =>
  assertFinds({ state: ['WAITING', 'FAILED'] }, (job) =>
    ['WAITING', 'FAILED'].includes(job.state),
  ));

test('every state and result at once finds everything', () =>
  assertFinds({ state: STATES, result: RESULTS }, () => true));

test('different parameters must all hold', () =>
  assertFinds(
    { state: ['COMPLETED', 'DELETED'], result: 'ABORTED' },
    (job) => ['COMPLETED', 'DELETED'].includes(job.state) && job.result === 'ABORTED',
  ));

test('filters that contradict each other find nothing', () =>
  assertFinds({ state: 'WAITING', result: 'SUCCESS' }, () => false));

test('a value given twice counts once', () =>
  assertFinds({ state: ['FAILED', 'FAILED'] }, (job) => job.state === 'FAILED'));

for (const key of ['state[]', 'state%5B%5D', 'state%5b%5d']) {
  test(`${key}= is the same as state=`, async () => {
    const jobs = await found(
      server,
      alice,
      `type=${EACH}&pageSize=50&${key}=WAITING&state=RUNNING&${key}=RUNNING`,
    );
    assert.deepEqual(names(jobs), ['running', 'waiting']);
  });
}

for (const [key, value] of [
  ['result', 'NOT_SET'],
  ['type', 'nothing-is-of-this-type'],
]) {
  test(`${key}[]= is the same as ${key}=`, async () => {
    const plain = await found(server, alice, `${key}=${value}&pageSize=50`);
    assert.deepEqual(await found(server, alice, `${key}[]=${value}&pageSize=50`), plain);
  });
}

for (const key of ['state', 'result']) {
  for (const value of [
    'UNHEARD_OF',
    'waiting',
    'not_set',
    'WAITING,RUNNING',
    'NOT_SET,SUCCESS',
    ' ',
    '0',
  ]) {
    test(`${key}=${value} is refused by name`, () => refused({ [key]: value }, key));
  }
  test(`one bad ${key} among good ones is refused`, () =>
    refused({ [key]: [key === 'state' ? 'WAITING' : 'SUCCESS', 'BAD'] }, key));
}

test('a bad value of state[] is refused', () => refused('state[]=BAD', 'state'));

test('type compares exactly and may be repeated', async () => {
  const [one, two] = [freshType(), freshType()];
  await createJobs(
    server,
    alice,
    [one, two, one.toLowerCase(), `${one}x`].map((type) => ({ name: type, type })),
  );
  assert.deepEqual(await foundNames(server, alice, { type: one }), [one]);
  assert.deepEqual(
    await foundNames(server, alice, { type: [one, two, 'absent'] }),
    [one, two].sort(),
  );
});

test('a comma in a type is part of it', async () => {
  const [one, two] = [freshType(), freshType()];
  await createJobs(
    server,
    alice,
    [one, two, `${one},${two}`].map((type) => ({ name: type, type })),
  );
  assert.deepEqual(await foundNames(server, alice, { type: `${one},${two}` }), [`${one},${two}`]);
});

test('a type may be any text', async () => {
  const type = `${freshType()} %_*'"\\&=+?#[]é😀`;
  await createJob(server, alice, { type, name: 'odd type' });
  assert.deepEqual(await foundNames(server, alice, { type }), ['odd type']);
});

test('user finds the jobs for a user, whoever created them', async () => {
  const type = freshType();
  const me = (await call(server, 'GET', WHOAMI, { auth: bob })).json.id;
  const workerId = (await call(server, 'GET', WHOAMI, { auth: worker })).json.id;
  await createJob(server, bob, { type, name: 'by bob' });
  await createJob(server, worker, { type, name: 'for bob', user: me });
  await createJob(server, worker, { type, name: 'by worker' });
  assert.deepEqual(await foundNames(server, alice, { type, user: me }), ['by bob', 'for bob']);
  assert.deepEqual(await foundNames(server, alice, { type, user: workerId }), ['by worker']);
  assert.deepEqual(await foundNames(server, alice, { type, user: me.toUpperCase() }), [
    'by bob',
    'for bob',
  ]);
});

test('a user nobody is finds nothing', async () =>
  assert.deepEqual(await found(server, alice, { user: UNKNOWN_ID }), []));

for (const user of [
  'bob',
  '123',
  `${UNKNOWN_ID}0`,
  UNKNOWN_ID.replaceAll('-', ''),
  `{${UNKNOWN_ID}}`,
  UNKNOWN_ID.replace('a', 'g'),
]) {
  test(`user=${user} is refused by name`, () => refused({ user }, 'user'));
}

test('by default a page has ten jobs', async () => {
  const type = freshType();
  await createJobs(
    server,
    alice,
    Array.from({ length: 12 }, (_, i) => ({ name: `${i}`, type })),
  );
  const answer = await find(server, alice, { type });
  assert.equal(answer.json.results.length, 10);
  assert.equal(typeof answer.json.nextCursor, 'string');
  assert.equal((await found(server, alice, { type, pageSize: '' })).length, 10);
});

test('a page has at most pageSize jobs, 1 to 50', async () => {
  const type = freshType();
  await createJobs(
    server,
    alice,
    Array.from({ length: 51 }, (_, i) => ({ name: `${i}`, type })),
  );
  for (const pageSize of [1, 2, 11, 49, 50]) {
    assert.equal((await found(server, alice, { type, pageSize })).length, pageSize);
  }
});

for (const pageSize of [
  '0',
  '51',
  '-1',
  '1.5',
  'ten',
  '10x',
  '0x10',
  '1e1',
  ' 5',
  '5 ',
  '4294967297',
  '18446744073709551617',
  '99999999999999999999999999',
]) {
  test(`pageSize=${pageSize} is refused by name`, () => refused({ pageSize }, 'pageSize'));
}

for (const key of [
  'name',
  'result',
  'state',
  'type',
  'user',
  'nameMatchMode',
  'sortField',
  'sortOrder',
  'cursor',
  'pageSize',
  'state[]',
]) {
  test(`an empty ${key}= is as if it were absent`, async () => {
    const jobs = await found(server, alice, [
      ['type', EACH],
      [key, ''],
    ]);
    assert.deepEqual(jobs, await found(server, alice, { type: EACH }));
  });
}

test('an empty value beside a real one does not widen the filter', async () =>
  assert.deepEqual(names(await found(server, alice, `type=${EACH}&state=&state=WAITING`)), [
    'waiting',
  ]));

test('parameters nobody knows are ignored', async () => {
  const odd = 'foo=bar&State=BAD&pagesize=900&sort=x&limit=0&offset=-1&states=BAD&=&&x';
  assert.deepEqual(
    await found(server, alice, `${odd}&type=${EACH}`),
    await found(server, alice, { type: EACH }),
  );
});

for (const [key, one, other] of [
  ['name', 'a', 'b'],
  ['nameMatchMode', 'START', 'END'],
  ['pageSize', '1', '2'],
  ['sortField', 'NAME', 'TYPE'],
  ['sortOrder', 'ASC', 'DESC'],
  ['user', UNKNOWN_ID, UNKNOWN_ID.replace('0', '1')],
]) {
  test(`${key} given twice with different values is refused`, () =>
    refused({ [key]: [one, other] }, key));
  test(`${key} given twice with the same value is fine`, () =>
    found(server, alice, { [key]: [one, one] }));
}

for (const [key, value] of [
  ['nameMatchMode', 'CONTAINS'],
  ['nameMatchMode', 'exact'],
  ['sortField', 'name'],
  ['sortField', 'CREATED_ON'],
  ['sortField', 'ID'],
  ['sortOrder', 'asc'],
  ['sortOrder', 'UP'],
]) {
  test(`${key}=${value} is refused by name`, () => refused({ [key]: value }, key));
}

test('an unfiltered listing has the newest job first, deleted ones included', async () => {
  const job = await createJob(server, bob, { name: 'the newest' });
  assert.equal((await call(server, 'DELETE', `${JOBS}/${job.id}`, { auth: bob })).status, 204);
  const [first] = await found(server, reader, { pageSize: 1 });
  assert.equal(first.id, job.id);
  assert.equal(first.state, 'DELETED');
});

test('every role sees everybody’s jobs', async () => {
  for (const auth of [admin, worker, alice, bob, reader]) {
    assert.equal((await found(server, auth, { type: EACH, pageSize: 50 })).length, 12);
  }
});

test('a listing shows the same Job as a GET by its id', async () => {
  for (const job of all) {
    assert.deepEqual((await call(server, 'GET', `${JOBS}/${job.id}`, { auth: alice })).json, job);
  }
});

test('the page shows a change as soon as it is answered', async () => {
  const type = freshType();
  const job = await createJob(server, alice, { type });
  assert.equal((await found(server, bob, { type, state: 'WAITING' })).length, 1);
  await call(server, 'PATCH', `/rest/jobd/v1/jobs/${job.id}`, {
    auth: alice,
    body: { state: 'RUNNING' },
  });
  assert.equal((await found(server, bob, { type, state: 'WAITING' })).length, 0);
  assert.equal((await found(server, bob, { type, state: 'RUNNING' })).length, 1);
});

for (const bad of [
  'name=%FF',
  'name=%C0%AF',
  'name=%00',
  'name=%ED%A0%80',
  'name=%zz',
  'name=%4',
  'type=%FF',
  'state=%FF',
  'unknown=%FF',
]) {
  test(`${bad} is refused`, async () =>
    assertError(await find(server, alice, bad), 400, 'invalidRequest'));
}

test('a name that folds to nothing is no fault', () => found(server, alice, { name: '\u00ad' }));
