// GET /jobs?cursor=: walking pages, and cursors that must be refused.
import test from 'node:test';
import assert from 'node:assert/strict';
import { alice, assertError, bob, createJob, reader, startJobd, UNKNOWN_ID } from './harness.mjs';
import { createJobs, find, freshType, inParallel, pages, report, walk } from './support.mjs';

const server = await startJobd();

const TYPE = freshType();
const made = await createJobs(
  server,
  alice,
  Array.from({ length: 24 }, (_, i) => ({ name: `job ${i}`, type: TYPE })),
);
for (const [i, job] of made.entries()) {
  if (i % 3 > 0)
    await report(server, alice, job.id, { state: i % 3 === 1 ? 'RUNNING' : 'COMPLETED' });
}

async function cursorOf(parameters) {
  const answer = await find(server, alice, { pageSize: 5, ...parameters });
  assert.equal(typeof answer.json.nextCursor, 'string', answer.text);
  return answer.json.nextCursor;
}

async function refused(parameters) {
  assertError(await find(server, alice, parameters), 400, 'invalidCursor');
}

function ids(jobs) {
  return jobs.map((job) => job.id);
}

test('nextCursor is absent on the only page', async () => {
  const answer = await find(server, alice, { type: TYPE, pageSize: 50 });
  assert.ok(!('nextCursor' in answer.json));
});

test('nextCursor is absent when the last page is full', async () => {
  const sizes = (await pages(server, alice, { type: TYPE, pageSize: 8 })).map(
    (page) => page.length,
  );
  assert.deepEqual(sizes, [8, 8, 8]);
});

test('a search that finds nothing has results [] and no cursor', async () => {
  const answer = await find(server, alice, { type: 'no such type' });
  assert.deepEqual(answer.json, { results: [] });
});

test('pageSize may change between pages', async () => {
  const whole = ids(await walk(server, alice, { type: TYPE, pageSize: 50 }));
  const first = await find(server, alice, { type: TYPE, pageSize: 3 });
  const second = await find(server, alice, {
    type: TYPE,
    pageSize: 4,
    cursor: first.json.nextCursor,
  });
  const third = await find(server, alice, { type: TYPE, cursor: second.json.nextCursor });
  assert.deepEqual(
    [first, second, third].map((page) => page.json.results.length),
    [3, 4, 10],
  );
  assert.deepEqual(
    [first, second, third].flatMap((page) => ids(page.json.results)),
    whole.slice(0, 17),
  );
});

test('a cursor may be used again', async () => {
  const cursor = await cursorOf({ type: TYPE });
  const [one, two] = [
    await find(server, alice, { type: TYPE, cursor }),
    await find(server, alice, { type: TYPE, cursor }),
  ];
  assert.deepEqual(one.json, two.json);
});

test('a cursor works for another account', async () => {
  const cursor = await cursorOf({ type: TYPE });
  assert.deepEqual(
    (await find(server, reader, { type: TYPE, cursor })).json,
    (await find(server, alice, { type: TYPE, cursor })).json,
  );
});

test('the order of parameters does not matter to a cursor', async () => {
  const first = await find(server, alice, `pageSize=2&type=${TYPE}&state=WAITING`);
  const second = await find(
    server,
    alice,
    `state=WAITING&type=${TYPE}&cursor=${first.json.nextCursor}`,
  );
  assert.equal(second.status, 200, second.text);
});

for (const [what, was, becomes] of [
  ['type', {}, { type: 'another' }],
  ['no type', {}, { type: '' }],
  ['another type more', {}, { type: [TYPE, 'another'] }],
  ['state', { state: 'WAITING' }, { state: 'RUNNING' }],
  ['a state more', { state: 'WAITING' }, { state: ['WAITING', 'RUNNING'] }],
  ['a state given', {}, { state: 'WAITING' }],
  ['result', { result: 'NOT_SET' }, { result: 'SUCCESS' }],
  ['user', {}, { user: UNKNOWN_ID }],
  ['name', { name: 'job' }, { name: 'job ' }],
  ['nameMatchMode', { name: 'job' }, { name: 'job', nameMatchMode: 'START' }],
  ['sortField', {}, { sortField: 'NAME' }],
  ['another sortField', { sortField: 'NAME' }, { sortField: 'TYPE' }],
  ['sortOrder', { sortField: 'NAME', sortOrder: 'ASC' }, { sortField: 'NAME', sortOrder: 'DESC' }],
  ['no sortField', { sortField: 'NAME' }, {}],
]) {
  test(`a cursor is refused with another filter or order: ${what}`, async () => {
    const cursor = await cursorOf({ type: TYPE, ...was });
    await refused({ type: TYPE, ...becomes, cursor });
    const again = await find(server, alice, { type: TYPE, ...was, cursor });
    assert.equal(again.status, 200, again.text);
  });
}

const BASE64URL = /^[A-Za-z0-9_-]$/;

for (const order of [{}, { sortField: 'NAME', sortOrder: 'ASC' }, { sortField: 'START_DATE' }]) {
  const what = JSON.stringify(order);

  test(`every single-bit alteration of a cursor is refused: ${what}`, async () => {
    const cursor = await cursorOf({ type: TYPE, ...order });
    const flips = Array.from({ length: cursor.length * 7 }, (_, i) => [
      Math.floor(i / 7),
      1 << (i % 7),
    ]);
    await inParallel(flips, async ([at, bit]) => {
      const char = String.fromCharCode(cursor.charCodeAt(at) ^ bit);
      const altered = cursor.slice(0, at) + char + cursor.slice(at + 1);
      const answer = await find(server, alice, { type: TYPE, ...order, cursor: altered });
      assert.equal(answer.status, 400, `${altered}: ${answer.text}`);
      if (BASE64URL.test(char)) assert.equal(answer.json.errorCode, 'invalidCursor', altered);
    });
  });

  test(`every single-bit alteration of a cursor's bytes is refused: ${what}`, async () => {
    const cursor = await cursorOf({ type: TYPE, ...order });
    const bytes = Buffer.from(cursor, 'base64url');
    assert.equal(bytes.toString('base64url'), cursor, 'a cursor is base64url');
    await inParallel(Array.from({ length: bytes.length * 8 }), async (_, i) => {
      const altered = Buffer.from(bytes);
      altered[i >> 3] ^= 1 << (i & 7);
      await refused({ type: TYPE, ...order, cursor: altered.toString('base64url') });
    });
  });
}

test('cut, lengthened and doubled cursors are refused', async () => {
  const cursor = await cursorOf({ type: TYPE });
  const altered = [
    `${cursor}A`,
    `${cursor}=`,
    `A${cursor}`,
    cursor + cursor,
    cursor.toLowerCase(),
    ` ${cursor}`,
    `${cursor} `,
    ...Array.from({ length: cursor.length - 1 }, (_, i) => cursor.slice(0, i + 1)),
  ];
  await inParallel(altered, (one) => refused({ type: TYPE, cursor: one }));
});

for (const cursor of [
  '0',
  '10',
  'null',
  'AAAA',
  'x'.repeat(2000),
  UNKNOWN_ID,
  'é',
  '😀',
  '{"offset":10}',
  '..',
  '-',
]) {
  test(`"${cursor.slice(0, 40)}" is no cursor`, () => refused({ type: TYPE, cursor }));
}

const WALKS = [
  {},
  { sortField: 'NAME', sortOrder: 'ASC' },
  { sortField: 'NAME' },
  { sortField: 'TYPE', sortOrder: 'ASC' },
  { sortField: 'STATE' },
  { sortField: 'RESULT', sortOrder: 'ASC' },
  { sortField: 'START_DATE' },
  { sortField: 'START_DATE', sortOrder: 'ASC' },
  { sortField: 'END_DATE' },
  { name: 'k' },
  { state: ['WAITING', 'RUNNING', 'COMPLETED'] },
];

for (const parameters of WALKS) {
  test(`a walk sees each job once while others are created: ${JSON.stringify(parameters)}`, async () => {
    const type = freshType();
    const before = await createJobs(
      server,
      alice,
      Array.from({ length: 30 }, (_, i) => ({ name: `walked ${(i * 7) % 10}`, type })),
    );
    for (const job of before.slice(0, 8)) await report(server, alice, job.id, { state: 'RUNNING' });
    for (const job of before.slice(5, 12))
      await report(server, alice, job.id, { state: 'COMPLETED' });

    let more = true;
    const creating = (async () => {
      for (let i = 0; more; i++) await createJob(server, bob, { name: `walked ${i % 10}`, type });
    })();
    const seen = ids(
      await walk(server, alice, { type, pageSize: 3, ...parameters }, async (page) => {
        if (page === 15) more = false;
      }),
    );
    more = false;
    await creating;
    assert.equal(new Set(seen).size, seen.length, 'a job was seen twice');
    for (const job of before) assert.ok(seen.includes(job.id), `${job.name} was not seen`);
  });
}

test('a job that appears before the cursor is not seen, one that goes on is', async () => {
  const type = freshType();
  const jobs = await createJobs(
    server,
    alice,
    ['a', 'b', 'c', 'd'].map((name) => ({ name, type })),
  );
  const first = await find(server, alice, { type, pageSize: 2 });
  assert.deepEqual(
    first.json.results.map((job) => job.name),
    ['d', 'c'],
  );
  await createJob(server, alice, { name: 'e', type });
  await report(server, alice, jobs[0].id, { state: 'RUNNING' });
  const second = await find(server, alice, { type, pageSize: 5, cursor: first.json.nextCursor });
  assert.deepEqual(
    second.json.results.map((job) => job.name),
    ['b', 'a'],
  );
  assert.ok(!('nextCursor' in second.json));
});

test('a cursor survives a restart', async () => {
  const cursor = await cursorOf({ type: TYPE });
  const before = await find(server, alice, { type: TYPE, cursor });
  await server.restart();
  const after = await find(server, alice, { type: TYPE, cursor });
  assert.deepEqual(after.json, before.json);
});
