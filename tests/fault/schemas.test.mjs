// Several jobd in one database, a schema each: what another one's says is not said of ours.
import test from 'node:test';
import assert from 'node:assert/strict';
import { runJobd } from '../api/harness.mjs';
import { Cluster, storeAt } from './cluster.mjs';

const database = await Cluster.primary();
let made = 0;

const fresh = () => `schema_${made += 1}`;

function jobdUser(schemas, args, { stdin = '', role = 'jobd' } = {}) {
  const store = storeAt([database], schemas).replace('user=jobd', `user=${role}`);
  return runJobd(['user', ...args, '--store', store], { stdin });
}

// Opens the store; who may call it by then.
async function usersOf(schemas, role) {
  const done = await jobdUser(schemas, ['list'], { role });
  assert.equal(done.code, 0, done.stderr);
  return done.stdout;
}

async function addUser(schemas, name) {
  const done = await jobdUser(schemas, ['add', name, '--role', 'user', '--password-stdin'],
    { stdin: 'a password\n' });
  assert.equal(done.code, 0, done.stderr);
}

async function refuses(schemas, pattern, role) {
  const done = await jobdUser(schemas, ['list'], { role });
  assert.ok(done.code > 0, `ended with ${done.code}`);
  assert.match(done.stderr, pattern);
}

const setVersion = (schema, version) => database.sql(`UPDATE ${schema}.schema_version SET version = ${version}`);

const tablesOf = (schema) => database.sql(`SELECT count(*) FROM pg_tables WHERE schemaname = '${schema}'`);

// One with a user, further back in the search path than ours.
async function another() {
  const schema = fresh();
  await addUser(schema, 'theirs');
  return schema;
}

for (const [what, disturb] of [
  ['as it should be', () => {}],
  ['newer', (schema) => setVersion(schema, 1000)],
  ['older', (schema) => setVersion(schema, 0)],
  ['half-made', (schema) => database.sql(`DROP TABLE ${schema}.job, ${schema}.writer CASCADE;
    DELETE FROM ${schema}.schema_version`)],
  ['no jobd', (schema) => database.sql(`ALTER TABLE ${schema}.schema_version RENAME version TO edition`)],
]) {
  test(`a schema is made beside another one that is ${what}, and is found again`, async () => {
    const [ours, theirs] = [fresh(), await another()];
    const tables = await tablesOf(theirs);
    await disturb(theirs);
    const left = await tablesOf(theirs);
    assert.doesNotMatch(await usersOf(`${ours},${theirs}`), /theirs/);
    await addUser(`${ours},${theirs}`, 'ours');
    assert.match(await usersOf(`${ours},${theirs}`), /ours/);
    assert.equal(await tablesOf(ours), tables);
    assert.equal(await tablesOf(theirs), left);
  });
}

test('a newer schema is refused, whatever another one says', async () => {
  const [ours, theirs] = [await another(), await another()];
  await setVersion(ours, 1000);
  await refuses(`${ours},${theirs}`, /written by a newer jobd \(schema 1000, this one \d+\)/);
});

test('a role may have a schema without the right to make one, and use one without the right to change it', async () => {
  const ours = fresh();
  await database.sql(`CREATE ROLE owner LOGIN; CREATE ROLE guest LOGIN; CREATE SCHEMA ${ours} AUTHORIZATION owner`);
  assert.equal(await usersOf(ours, 'owner'), await usersOf(fresh()));
  await addUser(ours, 'seen');
  await refuses(`${ours},public`, /no right to use the schema/, 'guest');
  await database.sql(`GRANT USAGE ON SCHEMA ${ours} TO guest; GRANT ALL ON ALL TABLES IN SCHEMA ${ours} TO guest`);
  assert.match(await usersOf(ours, 'guest'), /seen/);
  await refuses(fresh(), /permission denied for database/, 'guest');
});
