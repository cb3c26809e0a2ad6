// GET /rest/jobd/v1/whoami: the caller's own account.
import test from 'node:test';
import assert from 'node:assert/strict';
import { alice, assertError, call, createJob, EVERYBODY, startJobd, WHOAMI } from './harness.mjs';

const server = await startJobd();

for (const account of EVERYBODY) {
  test(`${account.name} is told its name and role`, async () => {
    const { status, json } = await call(server, 'GET', WHOAMI, { auth: account });
    assert.equal(status, 200);
    assert.deepEqual([json.name, json.role], [account.name, account.role]);
  });
}

test('the id is the one in a Job', async () => {
  const job = await createJob(server, alice);
  assert.equal((await call(server, 'GET', WHOAMI, { auth: alice })).json.id, job.user);
});

test('accounts have ids of their own, which outlive a restart', async () => {
  const ask = () =>
    Promise.all(
      EVERYBODY.map(async (auth) => (await call(server, 'GET', WHOAMI, { auth })).json.id),
    );
  const before = await ask();
  assert.equal(new Set(before).size, EVERYBODY.length);
  await server.restart();
  assert.deepEqual(await ask(), before);
});

test('nobody is nobody', async () =>
  assertError(await call(server, 'GET', WHOAMI), 401, 'notAuthenticated'));
