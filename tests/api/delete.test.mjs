// DELETE /jobs/{jobId}: what becomes of the job, its message, and who may.
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
import { ENDINGS, found, freshType, get, query } from './support.mjs';

const server = await startJobd();

function remove(auth, id, { body, headers, ...parameters } = {}) {
  const tail = Object.keys(parameters).length ? `?${query(parameters)}` : '';
  return call(server, 'DELETE', `${JOBS}/${id}${tail}`, { auth, body, headers });
}

async function idOf(auth) {
  return (await call(server, 'GET', WHOAMI, { auth })).json.id;
}

// The Job after alice deleted a new one of hers like this.
async function deleted(options) {
  const job = await createJob(server, alice);
  const answer = await remove(alice, job.id, options);
  assert.equal(answer.status, 204, answer.text);
  return (await get(server, alice, job.id)).json;
}

async function refused(options, status = 400, code = 'invalidRequest', pattern = /./) {
  const job = await createJob(server, alice);
  assertError(await remove(alice, job.id, options), status, code, pattern);
  assert.deepEqual((await get(server, alice, job.id)).json, job);
}

test('one’s own waiting job becomes DELETED and ABORTED', async () => {
  const job = await deleted({});
  assert.equal(job.state, 'DELETED');
  assert.equal(job.result, 'ABORTED');
  assert.equal(job.message, 'Deleted by user');
  assert.equal(job.endDate, job.lastModifiedOn);
  assert.ok(!('startDate' in job));
});

test('the 204 has no body', async () => {
  const job = await createJob(server, alice);
  const answer = await remove(alice, job.id);
  assert.equal(answer.status, 204);
  assert.equal(answer.text, '');
});

test('a running job keeps its start and progress', async () => {
  const job = await createJob(server, alice, {}, { state: 'RUNNING', progressPercentage: 40 });
  assert.equal((await remove(alice, job.id)).status, 204);
  const { json } = await get(server, alice, job.id);
  assert.equal(json.result, 'ABORTED');
  assert.equal(json.startDate, job.startDate);
  assert.equal(json.progressPercentage, 40);
});

for (const ending of ENDINGS) {
  test(`a job ${ending.state} with ${ending.result} keeps its result and its end`, async () => {
    const job = await createJob(server, alice, {}, ending);
    assert.equal((await remove(alice, job.id)).status, 204);
    const { json } = await get(server, alice, job.id);
    assert.deepEqual(
      [json.state, json.result, json.endDate],
      ['DELETED', ending.result, job.endDate],
    );
    assert.equal(json.message, 'Deleted by user');
  });
}

test('an admin deletes anybody’s job, and is who modified it', async () => {
  const job = await createJob(server, alice);
  assert.equal((await remove(admin, job.id)).status, 204);
  const { json } = await get(server, alice, job.id);
  assert.equal(json.lastModifiedBy, await idOf(admin));
  assert.equal(json.user, await idOf(alice));
});

for (const [who, auth, code] of [
  ['another user', bob, 'jobNotOwned'],
  ['a worker', worker, 'jobNotOwned'],
  ['a reader', reader, 'forbidden'],
]) {
  test(`${who} may not delete alice’s job`, async () => {
    const job = await createJob(server, alice);
    assertError(await remove(auth, job.id), 403, code);
    assert.deepEqual((await get(server, alice, job.id)).json, job);
  });
}

test('a job is its user’s, not its creator’s', async () => {
  const job = await createJob(server, worker, { user: await idOf(alice) });
  assertError(await remove(worker, job.id), 403, 'jobNotOwned');
  assert.equal((await remove(alice, job.id)).status, 204);
});

test('a worker deletes its own job', async () => {
  const job = await createJob(server, worker);
  assert.equal((await remove(worker, job.id)).status, 204);
});

test('the message parameter is the message', async () =>
  assert.equal((await deleted({ message: 'no longer needed' })).message, 'no longer needed'));

test('the message replaces an earlier one', async () => {
  const job = await createJob(server, alice, { message: 'before' });
  await remove(alice, job.id, { message: 'after' });
  assert.equal((await get(server, alice, job.id)).json.message, 'after');
});

test('the deprecated body is the message', async () =>
  assert.equal((await deleted({ body: { message: 'from the body' } })).message, 'from the body'));

test('the parameter wins over the body', async () =>
  assert.equal(
    (await deleted({ message: 'parameter', body: { message: 'body' } })).message,
    'parameter',
  ));

test('a body without a message, or with null, has no message', async () => {
  assert.equal((await deleted({ body: {} })).message, 'Deleted by user');
  assert.equal((await deleted({ body: { message: null } })).message, 'Deleted by user');
});

test('unknown fields of the body are ignored', async () =>
  assert.equal((await deleted({ body: { message: 'm', reason: 1, x: [{}] } })).message, 'm'));

test('the body needs no Content-Type', async () =>
  assert.equal(
    (
      await deleted({
        body: '{"message":"m"}',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      })
    ).message,
    'm',
  ));

for (const [what, text] of [
  ['ASCII', 'x'],
  ['accented', 'é'],
  ['CJK', '本'],
  ['emoji', '😀'],
]) {
  test(`a message of 128 code points is fine: ${what}`, async () => {
    const message = text.repeat(128);
    assert.equal((await deleted({ message })).message, message);
    assert.equal((await deleted({ body: { message } })).message, message);
  });
  test(`a message of 129 code points is refused: ${what}`, async () => {
    const message = text.repeat(129);
    await refused({ message }, 400, 'invalidRequest', /message/);
    await refused({ body: { message } }, 400, 'invalidRequest', /message/);
  });
}

test('tab and newline may be in a message', async () =>
  assert.equal((await deleted({ message: 'a\tb\nc' })).message, 'a\tb\nc'));

for (const code of [1, 8, 0x0b, 0x0d, 0x1b, 0x1f, 0x7f, 0x85, 0x9f]) {
  const name = `U+${code.toString(16).padStart(4, '0')}`;
  test(`${name} may not be in a message`, async () => {
    const message = `a${String.fromCodePoint(code)}b`;
    await refused({ message }, 400, 'invalidRequest', /message/);
    await refused({ body: { message } }, 400, 'invalidRequest', /message/);
  });
}

test('U+0000 may not be in a message', async () => {
  await refused({ message: 'a\0b' });
  await refused({ body: '{"message":"a\\u0000b"}' });
});

for (const body of [
  '[]',
  '"text"',
  '1',
  'true',
  'null',
  '{',
  '{"message":"a"',
  '{"message":1}',
  '{"message":["a"]}',
  '{"message":{}}',
  '{"message":"a"}x',
  '{"message":"a"}{}',
  '{"message":"a","message":"b"}',
  '{message:"a"}',
  "{'message':'a'}",
  '{"message":"a",}',
  '\u00ff',
  '{"message":"\\ud800"}',
  'NaN',
  ' ',
]) {
  test(`the body ${JSON.stringify(body)} is refused`, () => refused({ body }));
}

test('a body that is not UTF-8 is refused', async () => {
  await refused({ body: Buffer.from([0x7b, 0xff, 0x7d]) });
  await refused({
    body: Buffer.concat([Buffer.from('{"message":"'), Buffer.from([0xe9]), Buffer.from('"}')]),
  });
});

test('a bad body is refused even when the parameter would win', () =>
  refused({ message: 'good', body: '[]' }));

function bodyOf(size) {
  const head = '{"message":"m","padding":"';
  return `${head}${'x'.repeat(size - head.length - 2)}"}`;
}

test('a body of 64 KiB is fine, one byte more is a 413', async () => {
  assert.equal((await deleted({ body: bodyOf(65536) })).message, 'm');
  await refused({ body: bodyOf(65537) }, 413, 'payloadTooLarge');
});

test('a far too large body is a 413', () =>
  refused({ body: bodyOf(300_000) }, 413, 'payloadTooLarge'));

test('deleting again is a 204 that changes nothing', async () => {
  const job = await createJob(server, alice);
  await remove(alice, job.id, { message: 'first' });
  const before = await get(server, alice, job.id);
  for (const auth of [alice, admin])
    assert.equal((await remove(auth, job.id, { message: 'second' })).status, 204);
  const after = await get(server, alice, job.id);
  assert.deepEqual(after.json, before.json);
  assert.equal(after.headers.etag, before.headers.etag);
});

test('another user may not delete a deleted job either', async () => {
  const job = await createJob(server, alice);
  await remove(alice, job.id);
  assertError(await remove(bob, job.id), 403, 'jobNotOwned');
});

test('a bad request is one whatever the job', async () => {
  assertError(await remove(alice, UNKNOWN_ID, { message: 'x'.repeat(129) }), 400, 'invalidRequest');
  assertError(await remove(alice, UNKNOWN_ID, { body: '[]' }), 400, 'invalidRequest');
});

test('an unknown id is a 404, a malformed one a 400', async () => {
  for (const auth of [alice, admin]) {
    assertError(await remove(auth, UNKNOWN_ID), 404, 'jobNotFoundId');
    assertError(await remove(auth, 'abc'), 400, 'invalidRequest', /\bid\b/i);
  }
});

test('message given twice with different values is refused', async () => {
  const job = await createJob(server, alice);
  const answer = await call(server, 'DELETE', `${JOBS}/${job.id}?message=a&message=b`, {
    auth: alice,
  });
  assertError(answer, 400, 'invalidRequest', /message/);
});

test('a deleted job stays in listings, and state=DELETED finds it', async () => {
  const type = freshType();
  const job = await createJob(server, alice, { type });
  await remove(alice, job.id);
  for (const parameters of [
    { type },
    { type, state: 'DELETED' },
    { type, name: job.name, result: 'ABORTED' },
  ]) {
    assert.deepEqual(
      (await found(server, bob, parameters)).map((one) => one.id),
      [job.id],
    );
  }
  assert.deepEqual(await found(server, bob, { type, state: 'WAITING' }), []);
});

test('two deletes at once are both 204', async () => {
  const job = await createJob(server, alice);
  const answers = await Promise.all(
    ['a', 'b', 'c', 'd'].map((message) => remove(alice, job.id, { message })),
  );
  assert.deepEqual(
    answers.map((answer) => answer.status),
    [204, 204, 204, 204],
  );
});
