// POST /rest/jobd/v1/jobs/bulk: many creates in one request, one by one or all or nothing.
import test from 'node:test';
import assert from 'node:assert/strict';
import net from 'node:net';
import {
  admin,
  alice,
  assertError,
  basic,
  bob,
  call,
  DEADLINE,
  OURS,
  reader,
  startJobd,
  UNKNOWN_ID,
  WHOAMI,
  worker,
} from './harness.mjs';
import { found, freshType, get, walk } from './support.mjs';

const server = await startJobd();

function bulk(body, { auth = alice, query = '' } = {}) {
  return call(server, 'POST', `${OURS}/bulk${query}`, { auth, body });
}

async function refused(body, pattern = /./, options = {}) {
  assertError(await bulk(body, options), 400, 'invalidRequest', pattern);
}

async function idOf(auth) {
  return (await call(server, 'GET', WHOAMI, { auth })).json.id;
}

test('every job is created, in order, with ids that rise', async () => {
  const type = freshType();
  const names = ['c', 'a', 'b'];
  const { json, status } = await bulk({ jobs: names.map((name) => ({ name, type })) });
  assert.equal(status, 200);
  assert.deepEqual(
    json.results.map((item) => item.status),
    [201, 201, 201],
  );
  assert.deepEqual(
    json.results.map((item) => item.job.name),
    names,
  );
  const ids = json.results.map((item) => item.job.id);
  assert.deepEqual(ids, [...ids].sort());
  for (const { job } of json.results)
    assert.deepEqual((await get(server, alice, job.id)).json, job);
});

test('every item may have what a single create may', async () => {
  const { json } = await bulk({
    jobs: [
      {
        name: 'n',
        type: 't',
        message: 'm',
        selfManaged: true,
        payload: { a: 1 },
        runAfter: '2030-01-01T00:00:00Z',
        priority: 1,
        maxAttempts: 2,
      },
    ],
  });
  assert.equal(json.results[0].status, 201);
  assert.equal(json.results[0].job.selfManaged, true);
});

test('a bad item has its error at its place, the others are created', async () => {
  const type = freshType();
  const { status, json } = await bulk({
    jobs: [{ name: 'a', type }, { type }, { name: 'b', type, x: 1 }, { name: 'c', type }],
  });
  assert.equal(status, 200);
  assert.deepEqual(
    json.results.map((item) => item.status),
    [201, 400, 400, 201],
  );
  assert.match(json.results[1].error.userMessage, /name/);
  assert.match(json.results[2].error.userMessage, /x/);
  assert.equal(json.results[1].error.errorCode, 'invalidRequest');
  assert.deepEqual(
    (await found(server, alice, { type })).map((job) => job.name),
    ['c', 'a'],
  );
});

test('an item that is no object has its error', async () => {
  const { json } = await bulk({ jobs: [null, 1, 'x', [], { name: 'a', type: 't' }] });
  assert.deepEqual(
    json.results.map((item) => item.status),
    [400, 400, 400, 400, 201],
  );
});

test('all items may be bad', async () => {
  const { status, json } = await bulk({ jobs: [{}, {}] });
  assert.equal(status, 200);
  assert.deepEqual(
    json.results.map((item) => item.status),
    [400, 400],
  );
});

for (const [what, bad, field] of [
  ['a field is missing', {}, 'name'],
  ['a field is bad', { name: '', type: 't' }, 'name'],
  ['a field is unknown', { name: 'n', type: 't', colour: 1 }, 'colour'],
  ['a user is unknown', { name: 'n', type: 't', user: UNKNOWN_ID }, 'user'],
]) {
  test(`atomic: nothing is created when ${what}, and the message names it`, async () => {
    const type = freshType();
    const jobs = [
      { name: 'a', type },
      { name: 'b', type },
      { name: 'c', type },
      bad,
      { name: 'd', type },
    ];
    await refused({ jobs }, new RegExp(`jobs\\[3\\].*\\b${field}\\b`), {
      query: '?atomic=true',
      auth: admin,
    });
    assert.deepEqual(await found(server, alice, { type }), []);
  });
}

test('atomic: everything is created when all are good', async () => {
  const type = freshType();
  const { json } = await bulk(
    {
      jobs: [
        { name: 'a', type },
        { name: 'b', type },
      ],
    },
    { query: '?atomic=true' },
  );
  assert.deepEqual(
    json.results.map((item) => item.status),
    [201, 201],
  );
});

test('atomic=false is the default', async () => {
  for (const query of ['?atomic=false', '?atomic=', '?other=1']) {
    const { json } = await bulk({ jobs: [{}, { name: 'a', type: 't' }] }, { query });
    assert.deepEqual(
      json.results.map((item) => item.status),
      [400, 201],
    );
  }
});

for (const value of ['yes', '1', 'TRUE', 'true ', 'maybe']) {
  test(`atomic=${value} is refused by name`, () =>
    refused({ jobs: [{ name: 'a', type: 't' }] }, /atomic/, {
      query: `?atomic=${encodeURIComponent(value)}`,
    }));
}

test('1000 jobs may be created, 1001 not', async () => {
  const type = freshType();
  const jobs = Array.from({ length: 1000 }, (_, i) => ({ name: `${i}`, type }));
  const { json } = await bulk({ jobs });
  assert.equal(json.results.filter((item) => item.status === 201).length, 1000);
  await refused({ jobs: [...jobs, { name: 'one more', type }] }, /jobs/);
  const all = await walk(server, alice, { type, pageSize: 50 });
  assert.deepEqual(
    all.map((job) => job.name).reverse(),
    jobs.map((job) => job.name),
  );
});

for (const [what, body] of [
  ['no jobs', {}],
  ['null', { jobs: null }],
  ['an empty list', { jobs: [] }],
  ['an object', { jobs: {} }],
  ['a text', { jobs: 'x' }],
  ['an unknown field', { jobs: [{ name: 'a', type: 't' }], more: 1 }],
]) {
  test(`a body with ${what} is refused by name`, () => refused(body, /jobs|more/));
}

for (const body of [
  '',
  '[]',
  '[{"name":"a","type":"t"}]',
  '{"jobs":[{"name":"a","type":"t"}]',
  'null',
]) {
  test(`the body ${JSON.stringify(body)} is refused`, () => refused(body));
}

test('one item with a duplicate key spoils the document', () =>
  refused('{"jobs":[{"name":"a","type":"t"},{"name":"a","name":"b","type":"t"}]}'));

test('a body of 16 MiB is read, a larger one is a 413', async () => {
  const fill = (size) => {
    const body = JSON.stringify({ jobs: [{ name: 'n', type: 't' }] });
    return body + ' '.repeat(size - body.length);
  };
  assert.equal((await bulk(fill(16 << 20))).status, 200);
  assertError(await bulk(fill((16 << 20) + 1)), 413, 'payloadTooLarge');
});

test('what was created is answered, however long the answer', async () => {
  const type = freshType();
  const job = { name: 'n', type, message: '\u{1F600}'.repeat(4000) };
  const room = ((16 << 20) - 11) / 1000 - Buffer.byteLength(JSON.stringify(job)) - 1;
  job.name = 'n'.repeat(Math.floor(room) + 1);
  const body = JSON.stringify({ jobs: Array(1000).fill(job) });
  assert.ok(Buffer.byteLength(body) <= 16 << 20 && Buffer.byteLength(body) > 16_700_000);
  const { status, json, text } = await bulk(body);
  assert.equal(status, 200, text.slice(0, 500));
  assert.ok(json.results.every((item) => item.status === 201));
  assert.ok(Buffer.byteLength(text) > 16 << 20);
});

// U+FDFA folds to eighteen characters of 33 bytes.
const longest = (type) => ({ name: '\uFDFA'.repeat(2000), type });

test('500 names that fold to eleven times their bytes are created', async () => {
  const type = freshType();
  const { status, json, text } = await bulk({ jobs: Array(500).fill(longest(type)) });
  assert.equal(status, 200, text.slice(0, 500));
  assert.ok(json.results.every((item) => item.status === 201));
  const list = await found(server, alice, { type, name: longest(type).name.slice(0, 100) });
  assert.equal(list.length, 10);
});

for (const query of ['', '?atomic=true']) {
  test(`1000 of them are a 413 that names the first without room ${query}`, async () => {
    const type = freshType();
    const answer = await bulk({ jobs: Array(1000).fill(longest(type)) }, { query });
    assertError(answer, 413, 'payloadTooLarge', /^jobs\[\d{3}\]: /);
    assert.deepEqual(await found(server, alice, { type }), []);
  });
}

// Sends a head that announces so many bytes, then all of them; the answer's text.
function sendAll(size) {
  const socket = net.connect(server.port, '127.0.0.1');
  const piece = Buffer.alloc(1 << 16, ' ');
  return new Promise((resolve, reject) => {
    let [text, sent] = ['', 0];
    const more = () => {
      while (sent < size) {
        const part = piece.subarray(0, Math.min(piece.length, size - sent));
        sent += part.length;
        if (!socket.write(part)) return;
      }
    };
    socket.setEncoding('utf8').on('data', (data) => {
      text += data;
      if (sent >= size) socket.end();
    });
    socket.on('drain', () => (sent < size ? more() : text && socket.end()));
    socket.on('error', (error) => reject(new Error(`after ${sent} bytes`, { cause: error })));
    socket.on('close', () => resolve(text));
    socket.setTimeout(DEADLINE, () => socket.destroy(new Error('nothing happens')));
    socket.write(
      `POST ${OURS}/bulk HTTP/1.1\r\nHost: x\r\nAuthorization: ${basic(alice)}\r\n` +
        `Content-Length: ${size}\r\n\r\n`,
    );
    more();
  });
}

test('a client that sends too much hears why, though it goes on sending', async () => {
  for (let i = 0; i < 3; i++) assert.match(await sendAll(24 << 20), /^HTTP\/1.1 413 /);
});

test('a reader creates nothing', async () =>
  assertError(
    await bulk({ jobs: [{ name: 'a', type: 't' }] }, { auth: reader }),
    403,
    'forbidden',
  ));

test('a user’s job for another is that item’s 403', async () => {
  const { json } = await bulk({
    jobs: [
      { name: 'a', type: 't', user: await idOf(bob) },
      { name: 'b', type: 't' },
    ],
  });
  assert.deepEqual(
    json.results.map((item) => item.status),
    [403, 201],
  );
  assert.equal(json.results[0].error.errorCode, 'forbidden');
});

test('a worker creates jobs for several users', async () => {
  const users = [await idOf(alice), await idOf(bob)];
  const { json } = await bulk(
    { jobs: users.map((user) => ({ name: 'a', type: 't', user })) },
    { auth: worker },
  );
  assert.deepEqual(
    json.results.map((item) => item.job.user),
    users,
  );
  assert.deepEqual(
    json.results.map((item) => item.job.createdBy),
    Array(2).fill(await idOf(worker)),
  );
});

test('an unknown user is that item’s 400', async () => {
  const { json } = await bulk(
    { jobs: [{ name: 'a', type: 't', user: UNKNOWN_ID }] },
    { auth: worker },
  );
  assert.equal(json.results[0].status, 400);
  assert.match(json.results[0].error.userMessage, /user/);
});
