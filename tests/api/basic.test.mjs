// Basic authentication: what counts as credentials, and how soon a change of an account is noticed.
import test, { describe } from 'node:test';
import assert from 'node:assert/strict';
import {
  admin,
  alice,
  assertError,
  basic,
  bob,
  call,
  createJob,
  eventually,
  JOBS,
  OURS,
  reader,
  send,
  startJobd,
  WHOAMI,
} from './harness.mjs';

// What is cached long cannot become right by itself while a test waits.
const server = await startJobd({ daemons: 1, args: ['--auth-failures', '0', '--auth-cache', '1h'] });
let accounts = 0;

function ask(auth) {
  return call(server, 'GET', WHOAMI, { auth });
}

async function accepted(auth) {
  const answer = await ask(auth);
  assert.equal(answer.status, 200, answer.text);
  return answer.json;
}

async function refused(auth) {
  assertError(await ask(auth), 401, 'notAuthenticated');
}

function base64(text, encoding = 'utf8') {
  return Buffer.from(text, encoding).toString('base64');
}

// A new account, which the daemon already knows.
async function account({ role = 'user', password = 'first password' } = {}) {
  accounts += 1;
  const user = { name: `user-${accounts}`, role, password };
  await server.addUser(user);
  await eventually(async () => (await ask(user)).status === 200, 'a new account is known');
  return user;
}

async function change(args, stdin) {
  const done = await server.user(args, stdin);
  assert.equal(done.code, 0, done.stderr);
}

function refusedSoon(auth) {
  return eventually(async () => (await ask(auth)).status === 401, 'the account is refused');
}

test('name and password are accepted, again and again', async () => {
  for (let i = 0; i < 5; i++) assert.equal((await accepted(alice)).name, 'alice');
});

test('a wrong password is refused, also after a right one', async () => {
  await accepted(alice);
  for (const password of [
    '',
    'x',
    'alice-passwor',
    'alice-password ',
    'Alice-password',
    bob.password,
    'alice-password\0',
  ]) {
    await refused({ name: 'alice', password });
  }
  await accepted(alice);
});

test('an unknown name is refused', async () => {
  for (const name of ['nobody', '', 'Alice', 'alice ', 'alic', "' OR 1=1 --", '*', 'ali\0ce']) {
    await refused({ name, password: alice.password });
  }
});

for (const [what, header] of [
  ['no credentials', 'Basic'],
  ['empty credentials', 'Basic '],
  ['no base64', 'Basic ###'],
  ['no colon', `Basic ${base64('alice')}`],
  ['a colon only', `Basic ${base64(':')}`],
  ['no scheme', base64('alice:alice-password')],
  ['another scheme', `Digest ${base64('alice:alice-password')}`],
  ['the scheme stuck to it', `Basic${base64('alice:alice-password')}`],
  ['something after it', `Basic ${base64('alice:alice-password')} x`],
  ['bad UTF-8', `Basic ${base64('alice:\xff\xfe', 'latin1')}`],
  ['plain text', 'Basic alice:alice-password'],
  ['very much', `Basic ${'QUFB'.repeat(500)}`],
  ['a comma list', `Basic ${base64('alice:alice-password')}, Bearer x`],
]) {
  test(`a header with ${what} is refused`, () => refused(header));
}

test('the scheme may be in any case', async () => {
  for (const scheme of ['basic', 'BASIC', 'bAsIc']) {
    await accepted(`${scheme} ${base64('alice:alice-password')}`);
  }
});

// Each waits for the daemon to notice: together they wait no longer than one.
describe('accounts that come and change', { concurrency: 8 }, () => {
  for (const password of [
    'with:colon:s',
    ':::::::::',
    'pässwörd-é',
    '密码密码密码密码',
    '😀😀😀😀😀😀😀😀',
    'spaces in it ',
    ' "quoted" \\',
    'x'.repeat(1024),
  ]) {
    test(`the password ${JSON.stringify(password.slice(0, 20))} works`, async () => {
      const user = await account({ password });
      await accepted(user);
      await refused({ ...user, password: `${password}x` });
      await refused({ ...user, password: password.slice(0, -1) });
    });
  }

  test('a long password counts to its end', async () => {
    const user = await account({ password: `${'x'.repeat(1000)}a` });
    await refused({ ...user, password: `${'x'.repeat(1000)}b` });
  });

  test('names may have every character allowed', async () => {
    for (const name of ['a', 'A.b_c@d+e-f', '0', 'x'.repeat(64)]) {
      await server.addUser({ name, role: 'user', password: 'a password' });
      await eventually(async () => (await ask({ name, password: 'a password' })).status === 200);
    }
  });

  test('a new account is known within seconds', () => account());

  test('a disabled account is refused within seconds, an enabled one accepted', async () => {
    const user = await account();
    await accepted(user);
    await change(['disable', user.name]);
    await refusedSoon(user);
    await change(['enable', user.name]);
    await eventually(async () => (await ask(user)).status === 200, 'the account is enabled');
  });

  test('a new password counts within seconds, and the old one no more', async () => {
    const user = await account();
    await accepted(user);
    await change(['passwd', user.name, '--password-stdin'], 'second password\n');
    await refusedSoon(user);
    await accepted({ ...user, password: 'second password' });
  });

  test('a deleted account is refused within seconds', async () => {
    const user = await account();
    const job = await createJob(server, user);
    await change(['delete', user.name]);
    await refusedSoon(user);
    const { json } = await call(server, 'GET', `${JOBS}/${job.id}`, { auth: admin });
    assert.equal(json.user, job.user);
  });

  test('a name that comes again is another account', async () => {
    const user = await account();
    const { id } = await accepted(user);
    const job = await createJob(server, user);
    await change(['delete', user.name]);
    await refusedSoon(user);
    await server.addUser(user);
    await eventually(async () => (await ask(user)).status === 200, 'the account is back');
    assert.notEqual((await accepted(user)).id, id);
    assertError(
      await call(server, 'DELETE', `${JOBS}/${job.id}`, { auth: user }),
      403,
      'jobNotOwned',
    );
  });

  test('another role counts within seconds', async () => {
    const user = await account({ role: 'reader' });
    const create = () => call(server, 'POST', OURS, { auth: user, body: { name: 'n', type: 't' } });
    assertError(await create(), 403, 'forbidden');
    await change(['role', user.name, '--role', 'user']);
    await eventually(async () => (await create()).status === 201, 'the reader is a user');
    assert.equal((await accepted(user)).role, 'user');
    await change(['role', user.name, '--role', 'admin']);
    const job = await createJob(server, alice);
    await eventually(
      async () =>
        (await call(server, 'DELETE', `${JOBS}/${job.id}`, { auth: user })).status === 204,
    );
  });
});

test('many callers at once are all answered', async () => {
  const others = [admin, alice, bob, reader];
  const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => ask(others[i % 4])));
  assert.ok(answers.every((answer) => answer.status === 200));
});

test('right and wrong credentials at once do not mix', async () => {
  const wrong = { name: 'bob', password: alice.password };
  const answers = await Promise.all(Array.from({ length: 60 }, (_, i) => ask(i % 3 ? bob : wrong)));
  for (const [i, answer] of answers.entries()) assert.equal(answer.status, i % 3 ? 200 : 401);
});

test('credentials belong to a request, not to its connection', async () => {
  await accepted(alice);
  await refused(undefined);
  assert.equal((await accepted(bob)).name, 'bob');
});

test('two Authorization headers are refused', async () => {
  const answer = await send(server, 'GET', WHOAMI, {
    headers: { Authorization: [basic(alice), basic(bob)] },
  });
  assert.ok([400, 401].includes(answer.status), answer.text);
});

test('an account is cached for no longer than it is told', async () => {
  const other = await startJobd({ args: ['--auth-cache', '0s'], users: [alice] });
  for (let i = 0; i < 3; i++) {
    assert.equal((await call(other, 'GET', WHOAMI, { auth: alice })).status, 200);
  }
});

test('an address that fails too often is throttled, cached credentials are not', async () => {
  const other = await startJobd({ daemons: 1, args: ['--auth-failures', '3'], users: [alice, bob] });
  const wrong = { name: 'alice', password: 'not the password' };
  assert.equal((await call(other, 'GET', WHOAMI, { auth: alice })).status, 200);
  for (let i = 0; i < 3; i++)
    assert.equal((await call(other, 'GET', WHOAMI, { auth: wrong })).status, 401);
  await eventually(
    async () => (await call(other, 'GET', WHOAMI, { auth: wrong })).status === 429,
    'the throttle',
  );
  const throttled = await call(other, 'GET', WHOAMI, { auth: wrong });
  assertError(throttled, 429, 'tooManyRequests');
  assert.ok(Number(throttled.headers['retry-after']) >= 1);
  assert.equal((await call(other, 'GET', WHOAMI, { auth: alice })).status, 200);
  const stranger = await call(other, 'GET', WHOAMI, { auth: bob });
  assert.equal(stranger.status, 429, 'what is not cached waits like everybody');
});

test('an address may try again when the time is over', async () => {
  const other = await startJobd({ daemons: 1, args: ['--auth-failures', '1'], users: [alice] });
  const wrong = { name: 'alice', password: 'not the password' };
  await eventually(async () => (await call(other, 'GET', WHOAMI, { auth: wrong })).status === 429);
  await eventually(
    async () => (await call(other, 'GET', WHOAMI, { auth: alice })).status === 200,
    'the throttle ends',
  );
});
