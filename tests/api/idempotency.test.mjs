// Idempotency-Key on the two creates: the same request is answered as the first time.
import test from 'node:test';
import assert from 'node:assert/strict';
import { alice, assertError, bob, call, OURS, reader, startJobd } from './harness.mjs';
import { found, freshType, report } from './support.mjs';

const server = await startJobd();
let keys = 0;

function freshKey() {
  keys += 1;
  return `key-${keys}`;
}

function create(key, body, { auth = alice, path = OURS } = {}) {
  return call(server, 'POST', path, { auth, body, headers: { 'Idempotency-Key': key } });
}

function same(one, other) {
  assert.equal(other.status, one.status);
  assert.equal(other.text, one.text);
  for (const header of ['etag', 'location'])
    assert.equal(other.headers[header], one.headers[header]);
}

test('the same key and body get the first answer, and no second job', async () => {
  const [key, type] = [freshKey(), freshType()];
  const body = { name: 'n', type, message: 'é' };
  const first = await create(key, body);
  assert.equal(first.status, 201);
  same(first, await create(key, body));
  same(first, await create(key, body));
  assert.equal((await found(server, alice, { type })).length, 1);
});

test('the first answer comes again though the job has changed', async () => {
  const key = freshKey();
  const first = await create(key, { name: 'n', type: 't' });
  await report(server, alice, first.json.id, { state: 'RUNNING', message: 'changed' });
  same(first, await create(key, { name: 'n', type: 't' }));
});

test('another body under the same key is a 422', async () => {
  const [key, type] = [freshKey(), freshType()];
  const first = await create(key, { name: 'n', type });
  assertError(await create(key, { name: 'm', type }), 422, 'idempotencyKeyReused');
  same(first, await create(key, { name: 'n', type }));
  assert.equal((await found(server, alice, { type })).length, 1);
});

test('another account’s key is another key', async () => {
  const key = freshKey();
  const first = await create(key, { name: 'n', type: 't' });
  const second = await create(key, { name: 'n', type: 't' }, { auth: bob });
  assert.equal(second.status, 201);
  assert.notEqual(second.json.id, first.json.id);
});

test('without a key, or with another, there are two jobs', async () => {
  const type = freshType();
  const body = { name: 'n', type };
  for (const key of [freshKey(), freshKey()]) assert.equal((await create(key, body)).status, 201);
  for (let i = 0; i < 2; i++) await call(server, 'POST', OURS, { auth: alice, body });
  assert.equal((await found(server, alice, { type })).length, 4);
});

test('a refused request does not use up its key', async () => {
  const key = freshKey();
  assertError(await create(key, { name: '', type: 't' }), 400, 'invalidRequest');
  assert.equal((await create(key, { name: 'n', type: 't' })).status, 201);
});

test('many at once with one key make one job', async () => {
  const [key, type] = [freshKey(), freshType()];
  const answers = await Promise.all(
    Array.from({ length: 40 }, () => create(key, { name: 'n', type })),
  );
  for (const answer of answers) same(answers[0], answer);
  assert.equal(answers[0].status, 201);
  assert.equal((await found(server, alice, { type })).length, 1);
});

test('a key may have 255 characters of visible ASCII', async () => {
  const printable = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i)).join('');
  for (const key of ['x', 'k'.repeat(255), printable]) {
    const first = await create(key, { name: 'n', type: 't' });
    assert.equal(first.status, 201, key);
    same(first, await create(key, { name: 'n', type: 't' }));
  }
});

for (const [what, key] of [
  ['empty', ''],
  ['256 characters', 'k'.repeat(256)],
  ['a space in it', 'a b'],
  ['a tab in it', 'a\tb'],
  ['a byte beyond ASCII', 'k\u00e9'],
]) {
  test(`a key that is malformed is refused: ${what}`, async () =>
    assertError(
      await create(key, { name: 'n', type: 't' }),
      400,
      'invalidRequest',
      /Idempotency-Key/,
    ));
}

test('keys differ by case', async () => {
  const key = freshKey();
  const first = await create(key, { name: 'n', type: 't' });
  const second = await create(key.toUpperCase(), { name: 'n', type: 't' });
  assert.notEqual(first.json.id, second.json.id);
});

test('a bulk is replayed as a whole, its errors too', async () => {
  const [key, type] = [freshKey(), freshType()];
  const body = {
    jobs: [
      { name: 'a', type },
      { name: '', type },
      { name: 'b', type },
    ],
  };
  const first = await create(key, body, { path: `${OURS}/bulk` });
  assert.equal(first.status, 200);
  const second = await create(key, body, { path: `${OURS}/bulk` });
  assert.deepEqual(
    second.json.results.map((item) => item.job),
    first.json.results.map((item) => item.job),
  );
  assert.deepEqual(
    second.json.results.map((item) => item.status),
    [201, 400, 201],
  );
  assert.equal((await found(server, alice, { type })).length, 2);
});

test('another bulk under the same key is a 422', async () => {
  const [key, type] = [freshKey(), freshType()];
  const path = `${OURS}/bulk`;
  await create(key, { jobs: [{ name: 'a', type }] }, { path });
  assertError(
    await create(key, { jobs: [{ name: 'b', type }] }, { path }),
    422,
    'idempotencyKeyReused',
  );
  assert.equal((await found(server, alice, { type })).length, 1);
});

test('a key of one create is taken for the other', async () => {
  const key = freshKey();
  await create(key, { name: 'a', type: 't' });
  const answer = await create(key, { jobs: [{ name: 'a', type: 't' }] }, { path: `${OURS}/bulk` });
  assertError(answer, 422, 'idempotencyKeyReused');
});

test('a key outlives a restart', async () => {
  const [key, type] = [freshKey(), freshType()];
  const first = await create(key, { name: 'n', type });
  await server.kill();
  await server.start();
  same(first, await create(key, { name: 'n', type }));
  assertError(await create(key, { name: 'm', type }), 422, 'idempotencyKeyReused');
});

test('a reader’s key makes no difference', async () =>
  assertError(
    await create(freshKey(), { name: 'n', type: 't' }, { auth: reader }),
    403,
    'forbidden',
  ));
