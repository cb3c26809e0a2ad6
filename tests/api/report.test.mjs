// PATCH /rest/jobd/v1/jobs/{jobId}: every transition, what a report may say, and who may.
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
  OURS,
  reader,
  startJobd,
  UNKNOWN_ID,
  WHOAMI,
  worker,
} from './harness.mjs';
import { ENDINGS, get, report } from './support.mjs';

const server = await startJobd();

// How a job of alice's comes to each place it can be in.
const PLACES = {
  WAITING: async () => createJob(server, alice),
  RUNNING: async () =>
    createJob(server, alice, {}, { state: 'RUNNING', progressPercentage: 30, message: 'm' }),
  ...Object.fromEntries(
    ENDINGS.map((ending) => [
      `${ending.state} ${ending.result}`,
      async () => createJob(server, alice, {}, ending),
    ]),
  ),
  DELETED: async () => {
    const job = await createJob(server, alice);
    await call(server, 'DELETE', `${JOBS}/${job.id}`, { auth: alice });
    return (await get(server, alice, job.id)).json;
  },
};

const REPORTS = [
  ['WAITING', { state: 'WAITING' }],
  ['RUNNING', { state: 'RUNNING' }],
  ['COMPLETED SUCCESS', { state: 'COMPLETED' }],
  ['FAILED FAILURE', { state: 'FAILED' }],
  ...ENDINGS.map((ending) => [`${ending.state} ${ending.result}`, ending]),
];

// What the table of transitions says: 200 or the error.
function expected(place, target) {
  if (place === 'DELETED') return [409, 'jobDeleted'];
  if (['WAITING', 'RUNNING'].includes(place) || place === target) return [200];
  return [409, 'conflict'];
}

for (const [place, reach] of Object.entries(PLACES)) {
  for (const [target, body] of REPORTS) {
    const [status, code] = expected(place, target);
    test(`${place} and a report of ${JSON.stringify(body)}: ${status}`, async () => {
      const job = await reach();
      const answer = await report(server, alice, job.id, body);
      const after = (await get(server, alice, job.id)).json;
      if (code) {
        assertError(answer, status, code);
        assert.deepEqual(after, job);
        return;
      }
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual(answer.json.job, after);
      assert.equal(`${after.state} ${after.result}`.replace(' NOT_SET', ''), target);
    });
  }

  for (const body of [
    { state: 'DELETED' },
    { state: 'running' },
    { state: 'BAD' },
    { state: '' },
    { state: 1 },
    { state: 'RUNNING', result: 'SUCCESS' },
    { state: 'WAITING', result: 'ABORTED' },
    { state: 'RUNNING', result: 'NOT_SET' },
    { state: 'COMPLETED', result: 'FAILURE' },
    { state: 'FAILED', result: 'SUCCESS' },
    { state: 'FAILED', result: 'COMPLETED_WITH_ERROR' },
    { state: 'COMPLETED', result: 'NOT_SET' },
    { state: 'FAILED', result: 'NOT_SET' },
    { state: 'COMPLETED', result: 'BAD' },
    { result: 'SUCCESS' },
    { result: 'NOT_SET' },
  ]) {
    test(`${place} and a report of ${JSON.stringify(body)} is a 400`, async () => {
      const job = await reach();
      assertError(await report(server, alice, job.id, body), 400, 'invalidRequest', /state|result/);
      assert.deepEqual((await get(server, alice, job.id)).json, job);
    });
  }

  test(`${place} and progress or a message alone`, async () => {
    for (const body of [
      { progressPercentage: 50 },
      { message: 'new' },
      { progressPercentage: 50, message: 'new' },
    ]) {
      const job = await reach();
      const answer = await report(server, alice, job.id, body);
      if (['WAITING', 'RUNNING'].includes(place)) {
        assert.equal(answer.status, 200, answer.text);
        for (const [field, value] of Object.entries(body))
          assert.equal(answer.json.job[field], value);
        assert.equal(answer.json.job.state, place);
      } else {
        assertError(answer, 409, place === 'DELETED' ? 'jobDeleted' : 'conflict');
      }
    }
  });
}

test('RUNNING sets startDate once', async () => {
  const job = await createJob(server, alice);
  const first = (await report(server, alice, job.id, { state: 'RUNNING' })).json.job;
  assert.equal(first.startDate, first.lastModifiedOn);
  const second = (await report(server, alice, job.id, { state: 'RUNNING', progressPercentage: 1 }))
    .json.job;
  assert.equal(second.startDate, first.startDate);
});

test('an ending without RUNNING starts when it ends', async () => {
  const job = await createJob(server, alice, {}, { state: 'COMPLETED' });
  assert.equal(job.startDate, job.endDate);
  assert.equal(job.endDate, job.lastModifiedOn);
});

test('an ending keeps startDate, progress and message', async () => {
  const job = await PLACES.RUNNING();
  const ended = (await report(server, alice, job.id, { state: 'FAILED' })).json.job;
  assert.deepEqual(
    [ended.startDate, ended.progressPercentage, ended.message],
    [job.startDate, 30, 'm'],
  );
  assert.ok(ended.endDate >= ended.startDate);
});

test('a release clears startDate and progress', async () => {
  const job = await PLACES.RUNNING();
  const released = (await report(server, alice, job.id, { state: 'WAITING' })).json.job;
  assert.ok(!('startDate' in released) && !('progressPercentage' in released));
  const again = (await report(server, alice, job.id, { state: 'RUNNING' })).json.job;
  assert.ok(again.startDate >= job.startDate);
});

test('a report has everything in one', async () => {
  const job = await createJob(server, alice);
  const body = {
    state: 'COMPLETED',
    result: 'COMPLETED_WITH_ERROR',
    progressPercentage: 99,
    message: 'é\n😀',
  };
  const told = (await report(server, alice, job.id, body)).json.job;
  for (const [field, value] of Object.entries(body)) assert.equal(told[field], value);
});

for (const body of [
  { state: 'COMPLETED' },
  { state: 'FAILED', result: 'ABORTED' },
  { state: 'COMPLETED', result: 'SUCCESS', progressPercentage: 100, message: 'done' },
]) {
  test(`the same ending again changes nothing: ${JSON.stringify(body)}`, async () => {
    const job = await createJob(server, alice);
    const first = await report(server, alice, job.id, body);
    const second = await report(server, alice, job.id, body);
    assert.equal(second.status, 200, second.text);
    assert.deepEqual(second.json, first.json);
    assert.equal(second.headers.etag, first.headers.etag);
  });
}

test('progress may fall', async () => {
  const job = await createJob(server, alice, {}, { state: 'RUNNING', progressPercentage: 90 });
  for (const progressPercentage of [100, 0, 55]) {
    const told = (await report(server, alice, job.id, { progressPercentage })).json.job;
    assert.equal(told.progressPercentage, progressPercentage);
  }
});

for (const value of [-1, 101, 1.5, '50', true, [50], {}, 1e300]) {
  test(`progressPercentage may not be ${JSON.stringify(value)}`, async () => {
    const job = await createJob(server, alice);
    assertError(
      await report(server, alice, job.id, { progressPercentage: value }),
      400,
      'invalidRequest',
      /progressPercentage/,
    );
  });
}

test('an empty message clears it, null leaves it', async () => {
  const job = await createJob(server, alice, { message: 'before' });
  const kept = (await report(server, alice, job.id, { state: 'RUNNING', message: null })).json.job;
  assert.equal(kept.message, 'before');
  assert.ok(!('message' in (await report(server, alice, job.id, { message: '' })).json.job));
});

test('a message has at most 4000 code points, and no control characters', async () => {
  const job = await createJob(server, alice);
  const long = '😀'.repeat(4000);
  assert.equal((await report(server, alice, job.id, { message: long })).json.job.message, long);
  for (const message of [`${long}x`, 'a\u0001', 'a\r', 'a\u007f', 'a\u0085', 5, {}]) {
    assertError(await report(server, alice, job.id, { message }), 400, 'invalidRequest', /message/);
  }
});

for (const body of [
  '{}',
  '{"state":null}',
  '{"state":null,"result":null,"progressPercentage":null,"message":null}',
  '',
  '[]',
  'null',
  '"RUNNING"',
  '{"state":"RUNNING"',
  '{"state":"RUNNING","state":"RUNNING"}',
  '{"message":"\\u0000"}',
]) {
  test(`the body ${JSON.stringify(body)} is refused`, async () => {
    const job = await createJob(server, alice);
    assertError(await report(server, alice, job.id, body), 400, 'invalidRequest');
  });
}

for (const field of ['name', 'type', 'progress', 'endDate', 'user', 'id', 'fence']) {
  test(`the unknown field ${field} is refused by name`, async () => {
    const job = await createJob(server, alice);
    assertError(
      await report(server, alice, job.id, { state: 'RUNNING', [field]: 'x' }),
      400,
      'invalidRequest',
      new RegExp(field),
    );
  });
}

test('a body of 512 KiB is read, a larger one is a 413', async () => {
  const job = await createJob(server, alice);
  const fill = (size) => `{"state":"RUNNING"}${' '.repeat(size - 19)}`;
  assert.equal((await report(server, alice, job.id, fill(512 << 10))).status, 200);
  assertError(await report(server, alice, job.id, fill((512 << 10) + 1)), 413, 'payloadTooLarge');
});

test('an unknown id is a 404, a malformed one a 400', async () => {
  assertError(await report(server, alice, UNKNOWN_ID, { state: 'RUNNING' }), 404, 'jobNotFoundId');
  assertError(
    await report(server, alice, 'abc', { state: 'RUNNING' }),
    400,
    'invalidRequest',
    /\bid\b/i,
  );
});

async function idOf(auth) {
  return (await call(server, 'GET', WHOAMI, { auth })).json.id;
}

test('the user, the creator and an admin may report', async () => {
  const job = await createJob(server, worker, { user: await idOf(alice) });
  for (const auth of [alice, worker, admin]) {
    const answer = await report(server, auth, job.id, { state: 'RUNNING' });
    assert.equal(answer.status, 200, answer.text);
  }
});

test('nobody else may report', async () => {
  const job = await createJob(server, alice);
  for (const auth of [bob, worker, reader]) {
    assertError(
      await report(server, auth, job.id, { state: 'RUNNING' }),
      403,
      auth === reader ? 'forbidden' : 'jobNotOwned',
    );
  }
  assert.deepEqual((await get(server, alice, job.id)).json, job);
});

test('a job that is another’s and deleted is another’s first', async () => {
  const job = await PLACES.DELETED();
  assertError(await report(server, bob, job.id, { state: 'RUNNING' }), 403, 'jobNotOwned');
});

test('lastModifiedOn never falls, and the change number rises with each report', async () => {
  const job = await createJob(server, alice);
  let [on, etag] = [job.lastModifiedOn, 0];
  for (let i = 0; i < 20; i++) {
    const answer = await report(server, alice, job.id, { progressPercentage: i });
    assert.ok(answer.json.job.lastModifiedOn >= on);
    on = answer.json.job.lastModifiedOn;
    const next = Number(answer.headers.etag.slice(1, -1));
    assert.ok(next > etag);
    etag = next;
  }
});

test('of many different endings at once exactly one wins', async () => {
  const job = await createJob(server, alice, {}, { state: 'RUNNING' });
  const answers = await Promise.all(ENDINGS.map((ending) => report(server, alice, job.id, ending)));
  assert.deepEqual(answers.map((answer) => answer.status).sort(), [200, 409, 409, 409, 409]);
  const winner = answers.findIndex((answer) => answer.status === 200);
  const { json } = await get(server, alice, job.id);
  assert.deepEqual([json.state, json.result], [ENDINGS[winner].state, ENDINGS[winner].result]);
});

test('hundreds of reports at once on one job are all applied', async () => {
  const job = await createJob(server, alice, {}, { state: 'RUNNING' });
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, i) =>
      report(server, alice, job.id, { progressPercentage: i % 101, message: `${i}` }),
    ),
  );
  assert.ok(answers.every((answer) => answer.status === 200));
  assert.equal(new Set(answers.map((answer) => answer.headers.etag)).size, 200);
});

test('a report by PUT or POST is a 405', async () => {
  const job = await createJob(server, alice);
  for (const method of ['PUT', 'POST']) {
    const answer = await call(server, method, `${OURS}/${job.id}`, {
      auth: alice,
      body: { state: 'RUNNING' },
    });
    assertError(answer, 405, 'methodNotAllowed');
    assert.match(answer.headers.allow, /PATCH/);
  }
});
