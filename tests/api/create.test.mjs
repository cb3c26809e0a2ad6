// POST /rest/jobd/v1/jobs: what may be given, within which bounds, and by whom.
import test from 'node:test';
import assert from 'node:assert/strict';
import {
  admin,
  alice,
  assertError,
  bob,
  call,
  JOBS,
  OURS,
  reader,
  startJobd,
  UNKNOWN_ID,
  WHOAMI,
  worker,
} from './harness.mjs';
import { get } from './support.mjs';

const server = await startJobd();
const GOOD = { name: 'n', type: 't' };

function create(body, auth = alice) {
  return call(server, 'POST', OURS, { auth, body });
}

async function created(body, auth) {
  const answer = await create(body, auth);
  assert.equal(answer.status, 201, answer.text);
  return answer.json;
}

async function refused(body, pattern = /./) {
  assertError(await create(body), 400, 'invalidRequest', pattern);
}

async function idOf(auth) {
  return (await call(server, 'GET', WHOAMI, { auth })).json.id;
}

test('the answer is the job, with Location and ETag', async () => {
  const answer = await create(GOOD);
  assert.equal(answer.status, 201);
  assert.equal(answer.headers.location, `${JOBS}/${answer.json.id}`);
  const read = await call(server, 'GET', answer.headers.location, { auth: alice });
  assert.deepEqual(read.json, answer.json);
  assert.equal(read.headers.etag, answer.headers.etag);
});

test('ids and change numbers rise', async () => {
  const answers = [await create(GOOD), await create(GOOD), await create(GOOD)];
  const ids = answers.map((answer) => answer.json.id);
  assert.deepEqual(ids, [...ids].sort());
  const etags = answers.map((answer) => Number(answer.headers.etag.slice(1, -1)));
  assert.ok(etags[0] < etags[1] && etags[1] < etags[2]);
});

for (const [field, most, text] of [
  ['name', 2000, 'x'],
  ['name', 2000, '😀'],
  ['type', 255, 'x'],
  ['type', 255, 'é'],
  ['message', 4000, 'x'],
  ['message', 4000, '本'],
]) {
  test(`${field} may have ${most} code points (${text}) and no more`, async () => {
    const value = text.repeat(most);
    assert.equal((await created({ ...GOOD, [field]: value }))[field], value);
    await refused({ ...GOOD, [field]: value + text }, new RegExp(field));
  });
}

for (const field of ['name', 'type']) {
  for (const [what, value] of [
    ['absent', undefined],
    ['null', null],
    ['empty', ''],
    ['a number', 1],
    ['a list', ['a']],
    ['an object', {}],
    ['a boolean', true],
  ]) {
    test(`${field} that is ${what} is refused by name`, () =>
      refused({ ...GOOD, [field]: value }, new RegExp(field)));
  }
  test(`${field} may be one character`, async () =>
    assert.equal((await created({ ...GOOD, [field]: '😀' }))[field], '😀'));
}

for (const code of [0, 1, 9, 10, 0x0d, 0x1f, 0x7f, 0x80, 0x9f]) {
  const char = String.fromCodePoint(code);
  const name = `U+${code.toString(16).padStart(4, '0')}`;
  test(`${name} may not be in a name or type`, async () => {
    await refused({ ...GOOD, name: `a${char}b` });
    await refused({ ...GOOD, type: `a${char}b` });
  });
  if (code === 9 || code === 10) {
    test(`${name} may be in a message`, async () =>
      assert.equal((await created({ ...GOOD, message: `a${char}b` })).message, `a${char}b`));
  } else {
    test(`${name} may not be in a message`, () => refused({ ...GOOD, message: `a${char}b` }));
  }
}

test('an empty message is none', async () =>
  assert.ok(!('message' in (await created({ ...GOOD, message: '' })))));

for (const name of ['\\ud800', '\\udc00x', '\\ud800\\ud800']) {
  test(`a lone surrogate ${name} is refused`, () => refused(`{"name":"${name}","type":"t"}`));
}

test('an escaped surrogate pair is one character', async () =>
  assert.equal((await created('{"name":"\\ud83d\\ude00","type":"t"}')).name, '😀'));

for (const field of [
  'id',
  'state',
  'result',
  'createdBy',
  'createdOn',
  'progressPercentage',
  'startDate',
  'claim',
  'Name',
  'x',
  '',
  'self_managed',
  '__proto__',
]) {
  test(`the unknown field "${field}" is refused by name`, () =>
    refused(
      `{"name":"n","type":"t",${JSON.stringify(field)}:"v"}`,
      new RegExp(field.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')),
    ));
}

test('null is as absent', async () => {
  const job = await created({
    ...GOOD,
    message: null,
    selfManaged: null,
    user: null,
    payload: null,
    runAfter: null,
    priority: null,
    maxAttempts: null,
  });
  assert.equal(job.selfManaged, false);
  assert.equal(job.user, await idOf(alice));
  assert.ok(!('message' in job));
});

test('every optional field may be given', async () => {
  const job = await created({
    ...GOOD,
    message: 'm',
    selfManaged: true,
    user: await idOf(alice),
    payload: { a: [1, 'x', null] },
    runAfter: '2030-01-01T00:00:00Z',
    priority: -5,
    maxAttempts: 3,
  });
  assert.equal(job.selfManaged, true);
  assert.deepEqual((await get(server, alice, job.id)).json, job);
});

for (const [field, good, bad] of [
  ['selfManaged', [true, false], ['true', 1, 0, [], {}]],
  ['priority', [-32768, 0, 32767], [-32769, 32768, 1.5, '1', true, 1e300]],
  ['maxAttempts', [1, 100], [0, 101, -1, 1.5, '1', []]],
  [
    'runAfter',
    [
      '2026-11-23T17:21:05Z',
      '2026-11-23T17:21:05.123Z',
      '2026-11-23T17:21:05+01:00',
      '2024-02-29T00:00:00Z',
    ],
    [
      '2026-11-23',
      'tomorrow',
      '2026-11-23 17:21:05',
      '2026-13-01T00:00:00Z',
      '2026-02-30T00:00:00Z',
      '2026-11-23T25:00:00Z',
      '2026-11-23T17:21:05',
      1700000000,
      '',
    ],
  ],
  ['user', [], ['alice', '', 5, `${UNKNOWN_ID}0`]],
  ['payload', [{}, [], 'text', 0, -1.5, true, false, [[[{}]]]], []],
]) {
  for (const value of good) {
    test(`${field} may be ${JSON.stringify(value)}`, () => created({ ...GOOD, [field]: value }));
  }
  for (const value of bad) {
    test(`${field} may not be ${JSON.stringify(value)}`, () =>
      refused({ ...GOOD, [field]: value }, new RegExp(field)));
  }
}

test('a payload has at most 256 KiB when serialized', async () => {
  const text = (size) => 'x'.repeat(size - 2);
  await created({ ...GOOD, payload: text(256 * 1024) });
  await refused({ ...GOOD, payload: text(256 * 1024 + 1) }, /payload/);
});

test('a body of 1 MiB is read, a larger one is a 413', async () => {
  const fill = (size) => {
    const body = JSON.stringify(GOOD);
    return body + ' '.repeat(size - body.length);
  };
  await created(fill(1 << 20));
  assertError(await create(fill((1 << 20) + 1)), 413, 'payloadTooLarge');
});

test('32 levels are read, 33 refused', async () => {
  const nested = (levels) =>
    `{"name":"n","type":"t","payload":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;
  await created(nested(32));
  await refused(nested(33));
  await refused(nested(5000));
});

for (const body of [
  '',
  ' ',
  '[]',
  '"x"',
  'null',
  '12',
  '{',
  '{}x',
  '{"name":"n","type":"t"',
  '{"name":"n","type":"t"} {}',
  '{"name":"n","type":"t","name":"n"}',
  '{"name":"n","type":"t",}',
  '{"name":"n" "type":"t"}',
  "{'name':'n','type':'t'}",
  '{"name":"n","type":"t","payload":NaN}',
  '{"name":"n","type":"t","payload":01}',
  '{"name":"n","type":"t","payload":{"a":1,"a":2}}',
  '{"name":"n","type":"t","priority":99999999999999999999999}',
  '{"name":"n","type":"t","payload":1e999}',
  '\ufeff{"name":"n","type":"t"}',
  '{"name":"\t","type":"t"}',
]) {
  test(`the body ${JSON.stringify(body)} is refused`, () => refused(body));
}

test('a body that is not UTF-8 is refused', () =>
  refused(
    Buffer.concat([
      Buffer.from('{"type":"t","name":"'),
      Buffer.from([0xc3, 0x28]),
      Buffer.from('"}'),
    ]),
  ));

test('no body at all is refused', () => refused(undefined));

test('the Content-Type does not matter', async () => {
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/json; charset=utf-8',
  ]) {
    const answer = await call(server, 'POST', OURS, {
      auth: alice,
      body: GOOD,
      headers: { 'Content-Type': type },
    });
    assert.equal(answer.status, 201);
  }
});

test('a chunked body is read', async () => {
  const answer = await call(server, 'POST', OURS, {
    auth: alice,
    body: GOOD,
    headers: { 'Transfer-Encoding': 'chunked', 'Content-Length': undefined },
  });
  assert.equal(answer.status, 201, answer.text);
});

for (const [who, auth] of [
  ['worker', worker],
  ['admin', admin],
]) {
  test(`the ${who} creates a job for a user`, async () => {
    const job = await created({ ...GOOD, user: await idOf(bob) }, auth);
    assert.equal(job.user, await idOf(bob));
    assert.equal(job.createdBy, await idOf(auth));
    assert.equal(job.lastModifiedBy, await idOf(auth));
  });
  test(`the ${who} cannot create a job for nobody`, async () =>
    assertError(await create({ ...GOOD, user: UNKNOWN_ID }, auth), 400, 'invalidRequest', /user/));
}

test('a user creates jobs for itself only', async () => {
  const me = await idOf(alice);
  assert.equal((await created({ ...GOOD, user: me })).user, me);
  assert.equal((await created({ ...GOOD, user: me.toUpperCase() })).user, me);
  assertError(await create({ ...GOOD, user: await idOf(bob) }), 403, 'forbidden');
});

test('a reader creates nothing', async () =>
  assertError(await create(GOOD, reader), 403, 'forbidden'));

test('a cross-site write of a browser is refused', async () => {
  for (const site of ['cross-site', 'same-site']) {
    const answer = await call(server, 'POST', OURS, {
      auth: alice,
      body: GOOD,
      headers: { 'Sec-Fetch-Site': site },
    });
    assertError(answer, 403, 'forbidden');
  }
  for (const site of ['same-origin', 'none']) {
    const answer = await call(server, 'POST', OURS, {
      auth: alice,
      body: GOOD,
      headers: { 'Sec-Fetch-Site': site },
    });
    assert.equal(answer.status, 201);
  }
});

test('hundreds of creates at once all succeed, with ids of their own', async () => {
  const answers = await Promise.all(
    Array.from({ length: 300 }, (_, i) => create({ ...GOOD, name: `${i}` })),
  );
  assert.equal(new Set(answers.map((answer) => answer.json.id)).size, 300);
  for (const [i, answer] of answers.entries()) assert.equal(answer.json.name, `${i}`);
});
