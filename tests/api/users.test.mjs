// GET /rest/jobd/v1/users: what the accounts are called, for everybody who has one.
import test from 'node:test';
import assert from 'node:assert/strict';
import { alice, assertError, call, createJob, EVERYBODY, eventually, reader, startJobd } from './harness.mjs';

const USERS = '/rest/jobd/v1/users';
const server = await startJobd();

async function names(auth = alice) {
  const answer = await call(server, 'GET', USERS, { auth });
  assert.equal(answer.status, 200, answer.text);
  return answer.json.users;
}

test('every role sees every name, sorted, and nothing else', async () => {
  for (const auth of EVERYBODY) {
    const users = await names(auth);
    assert.deepEqual(
      users.map(({ name }) => name),
      EVERYBODY.map(({ name }) => name).sort(),
    );
    for (const user of users) assert.deepEqual(Object.keys(user), ['id', 'name']);
  }
});

test('the ids are the ones in Jobs', async () => {
  const job = await createJob(server, alice);
  assert.equal((await names()).find(({ id }) => id === job.user).name, 'alice');
});

test('nobody without an account sees them', async () =>
  assertError(await call(server, 'GET', USERS), 401, 'notAuthenticated'));

test('new, disabled and deleted accounts show within seconds', async () => {
  const known = async (name) => (await names(reader)).some((user) => user.name === name);
  await server.addUser({ name: 'carol', role: 'user', password: 'carol-password' });
  await eventually(() => known('carol'), 'the new one');
  assert.equal((await server.user(['disable', 'carol'])).code, 0);
  await server.addUser({ name: 'dave', role: 'user', password: 'dave-password' });
  await eventually(() => known('dave'), 'the next one');
  await eventually(() => known('carol'), 'the disabled one, who still owns jobs');
  assert.equal((await server.user(['delete', 'carol'])).code, 0);
  await eventually(async () => !(await known('carol')), 'the deleted one is gone');
});
