// The page's session: signing in, being known by a cookie, and every way in which that ends.
import test, { describe } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
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
  tempDir,
  WHOAMI,
} from './harness.mjs';
import { followNow } from './events.mjs';
import { asked, cookieOf, PAGE, SESSION, signedIn, signIn, signOut } from './sessions.mjs';
import { makeCertificate } from './tokens.mjs';

const server = await startJobd({ daemons: 1, args: ['--auth-failures', '0'] });
const create = (token, headers) =>
  asked(server, token, 'POST', OURS, { headers, body: { name: 'n', type: 't' } });
const whoami = (token, options) => asked(server, token, 'GET', WHOAMI, options);
const status = async (token, on = server) => (await asked(on, token, 'GET', WHOAMI)).status;

const endsSoon = (token, on) =>
  eventually(async () => (await status(token, on)) === 401, 'the session ends');

test('signing in answers who one is, and gives a cookie that scripts cannot read', async () => {
  const answer = await signIn(server, alice);
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.json, (await call(server, 'GET', WHOAMI, { auth: alice })).json);
  const { value, attributes } = cookieOf(answer);
  assert.match(value, /^[\w-]{43}$/);
  assert.deepEqual(attributes, ['HttpOnly', 'Max-Age=43200', 'Path=/', 'SameSite=Strict']);
});

test('the cookie stands for the account, for reading and writing', async () => {
  const token = await signedIn(server, alice);
  const known = await whoami(token);
  assert.equal(known.json.name, 'alice');
  assert.equal(known.headers['cache-control'], 'private, no-cache');
  const made = await create(token);
  assert.equal(made.status, 201);
  assert.equal((await asked(server, token, 'GET', JOBS)).status, 200);
  assert.equal((await asked(server, token, 'DELETE', `${JOBS}/${made.json.id}`)).status, 204);
});

test('the role of the account holds', async () => {
  const token = await signedIn(server, reader);
  assertError(await create(token), 403, 'forbidden');
  const job = await createJob(server, alice);
  const other = await signedIn(server, bob);
  const refused = await asked(server, other, 'DELETE', `${JOBS}/${job.id}`);
  assertError(refused, 403, 'jobNotOwned');
});

test('each sign-in is a session of its own', async () => {
  const [one, other] = [await signedIn(server, alice), await signedIn(server, alice)];
  assert.notEqual(one, other);
  assert.equal((await signOut(server, one)).status, 204);
  assert.equal(await status(one), 401);
  assert.equal(await status(other), 200);
});

test('signing out takes the cookie back and ends the session at once', async () => {
  const token = await signedIn(server, alice);
  assert.equal(await status(token), 200);
  const { value, attributes } = cookieOf(await signOut(server, token));
  assert.equal(value, '');
  assert.ok(attributes.includes('Max-Age=0'));
  assertError(await whoami(token), 401, 'notAuthenticated');
  assertError(await create(token), 401, 'notAuthenticated');
});

test('a session is known to every daemon of its store', async () => {
  const own = await startJobd({ users: [alice] });
  const token = await signedIn(own, alice);
  for (let i = 0; i < 6; i += 1) assert.equal(await status(token, own), 200);
  await signOut(own, token);
  for (let i = 0; i < 6; i += 1) await eventually(async () => (await status(token, own)) === 401, 'signed out');
});

test('signing out without a session is fine', async () => {
  const token = await signedIn(server, alice);
  for (const cookie of [token, token, 'x', '', 'A'.repeat(43)]) {
    assert.equal((await signOut(server, cookie)).status, 204);
  }
  assert.equal((await call(server, 'DELETE', SESSION, { headers: PAGE })).status, 204);
});

test('a wrong password and an unknown user are refused alike', async () => {
  for (const wrong of [
    { ...alice, password: 'wrong password' },
    { ...alice, password: '' },
    { ...alice, password: bob.password },
    { name: 'nobody', password: alice.password },
    { name: '', password: '' },
    { name: 'alice:alice-password', password: '' },
    { name: 'Alice', password: alice.password },
  ]) {
    const answer = await signIn(server, wrong);
    assertError(answer, 401, 'notAuthenticated');
    assert.equal(answer.headers['set-cookie'], undefined);
  }
});

test('passwords of every kind get in', async () => {
  for (const [i, password] of ['with:colon:s', '密码密码密码密码', ' "quoted" \\ ', 'x'.repeat(1024)].entries()) {
    const user = { name: `kind-${i}`, role: 'reader', password };
    await server.addUser(user);
    await eventually(async () => (await signIn(server, user)).status === 200, 'the new account');
  }
});

test('bodies that ask for something else are refused', async () => {
  for (const body of ['', '{', '[]', {}, { user: 'alice' }, { password: 'p' }, { user: 1, password: 'p' }]) {
    const answer = await call(server, 'POST', SESSION, { headers: PAGE, body });
    assertError(answer, 400, 'invalidRequest');
    assert.equal(answer.headers['set-cookie'], undefined);
  }
  const large = { user: 'alice', password: 'x'.repeat(20_000) };
  const answer = await call(server, 'POST', SESSION, { headers: PAGE, body: large });
  assertError(answer, 413, 'payloadTooLarge');
});

describe('what other sites make a browser send', () => {
  test('writes by cookie need the page’s header', async () => {
    const token = await signedIn(server, alice);
    for (const value of [undefined, '', 'XMLHttpRequest', 'Jobd', 'jobd2']) {
      const headers = { 'X-Requested-With': value };
      assertError(await create(token, headers), 403, 'forbidden', /X-Requested-With/);
      const out = await asked(server, token, 'DELETE', SESSION, { headers });
      assertError(out, 403, 'forbidden');
    }
    assert.equal(await status(token), 200, 'still signed in');
  });

  test('reads by cookie do not', async () => {
    const token = await signedIn(server, alice);
    for (const method of ['GET', 'HEAD']) {
      const headers = { 'X-Requested-With': undefined };
      assert.equal((await asked(server, token, method, WHOAMI, { headers })).status, 200);
    }
  });

  test('nobody is signed in by another site', async () => {
    assertError(await signIn(server, alice, {}), 403, 'forbidden');
    for (const site of ['cross-site', 'same-site']) {
      const answer = await signIn(server, alice, { ...PAGE, 'Sec-Fetch-Site': site });
      assertError(answer, 403, 'forbidden');
      assert.equal(answer.headers['set-cookie'], undefined);
    }
  });

  test('what has credentials of its own needs no header', async () => {
    const token = await signedIn(server, alice);
    const headers = { Cookie: `jobd_session=${token}` };
    const body = { name: 'n', type: 't' };
    assert.equal((await call(server, 'POST', OURS, { auth: bob, headers, body })).status, 201);
  });
});

test('an Authorization header wins over the cookie', async () => {
  const token = await signedIn(server, alice);
  assert.equal((await whoami(token, { auth: bob })).json.name, 'bob');
  for (const auth of [{ ...bob, password: 'wrong' }, 'Basic', '', 'Digest x', { bearer: 'x.y.z' }]) {
    assertError(await whoami(token, { auth }), 401, 'notAuthenticated');
  }
});

describe('cookies', () => {
  test('the session is found among others', async () => {
    const token = await signedIn(server, alice);
    for (const Cookie of [
      `a=b; jobd_session=${token}; c=d`,
      `a=b;jobd_session=${token}`,
      `jobd_session=${token};`,
      `xjobd_session=${'A'.repeat(43)}; jobd_session=${token}`,
    ]) {
      assert.equal((await whoami(token, { headers: { Cookie } })).status, 200, Cookie);
    }
  });

  test('what is not exactly the token is refused', async () => {
    const token = await signedIn(server, alice);
    const flipped = token.slice(0, -1) + (token.endsWith('A') ? 'B' : 'A');
    for (const Cookie of [
      'jobd_session',
      'jobd_session=',
      `jobd_session="${token}"`,
      `jobd_session=${token}x`,
      `jobd_session=${token.slice(0, -1)}`,
      `jobd_session=${token.slice(1)}`,
      `jobd_session=${flipped}`,
      `jobd_session=${token.toLowerCase()}x`,
      `JOBD_SESSION=${token}`,
      `jobd_session =${token}`,
      `a=b, jobd_session=${token}`,
      `jobd_session=${token}; jobd_session=${token}`,
      `jobd_session=${'A'.repeat(43)}; jobd_session=${token}`,
      `jobd_session=${'A'.repeat(5000)}`,
      'jobd_session=%',
    ]) {
      assertError(await whoami(token, { headers: { Cookie } }), 401, 'notAuthenticated');
    }
  });

  test('open endpoints do not look at them', async () => {
    for (const path of ['/', '/healthz']) {
      const headers = { Cookie: 'jobd_session=x' };
      assert.equal((await send(server, 'GET', path, { headers })).status, 200);
    }
  });
});

test('the page is not asked for a password by the browser', async () => {
  for (const [headers, schemes] of [
    [{}, ['Basic realm="jobd"', 'Bearer realm="jobd"']],
    [PAGE, ['Bearer realm="jobd"']],
    [{ 'X-Requested-With': 'XMLHttpRequest' }, ['Bearer realm="jobd"']],
  ]) {
    const answer = await call(server, 'GET', WHOAMI, { headers });
    assertError(answer, 401, 'notAuthenticated');
    assert.equal(answer.headers['www-authenticate'], schemes.join(', '));
  }
  const wrong = await signIn(server, { ...alice, password: 'wrong' });
  assert.equal(wrong.headers['www-authenticate'], 'Bearer realm="jobd"');
});

test('a session outlives the daemon', async () => {
  const own = await startJobd({ daemons: 1, users: [alice] });
  const [kept, closed] = [await signedIn(own, alice), await signedIn(own, alice)];
  await signOut(own, closed);
  await own.restart();
  assert.equal(await status(kept, own), 200);
  assert.equal(await status(closed, own), 401);
  await own.kill();
  await own.start();
  assert.equal(await status(kept, own), 200);
});

test('a session ends after its time, however much it is used', async () => {
  const own = await startJobd({ daemons: 1, args: ['--session-lifetime', '5s'], users: [alice] });
  const { value, attributes } = cookieOf(await signIn(own, alice));
  assert.ok(attributes.includes('Max-Age=5'));
  assert.equal(await status(value, own), 200);
  const Cookie = `jobd_session=${value}`;
  const events = await followNow(own, undefined, { headers: { Cookie } });
  await endsSoon(value, own);
  assert.equal(await events.untilEnd(), 'cleanly');
});

test('an account has twenty sessions at most, and the latest stay', async () => {
  const own = await startJobd({ daemons: 1, users: [alice, bob] });
  const other = await signedIn(own, bob);
  const tokens = [];
  for (let i = 0; i < 22; i++) {
    tokens.push(await signedIn(own, alice));
    await sleep(2); // of two of one millisecond either may be the older one
  }
  const found = [];
  for (const token of tokens) found.push(await status(token, own));
  assert.deepEqual(found.slice(0, 2), [401, 401]);
  assert.ok(found.slice(2).every((one) => one === 200), found.join());
  assert.equal(await status(other, own), 200);
});

// Each waits for the daemon to notice: together they wait no longer than one.
describe('accounts that change', { concurrency: 4 }, () => {
  let accounts = 0;
  const account = async () => {
    accounts += 1;
    const user = { name: `changing-${accounts}`, role: 'user', password: 'first password' };
    await server.addUser(user);
    await eventually(async () => (await signIn(server, user)).status === 200, 'a new account');
    return { user, token: await signedIn(server, user) };
  };
  const change = async (args, stdin) => {
    const done = await server.user(args, stdin);
    assert.equal(done.code, 0, done.stderr);
  };

  test('a disabled one’s sessions end, and live again when it is enabled', async () => {
    const { user, token } = await account();
    await change(['disable', user.name]);
    await endsSoon(token);
    assertError(await signIn(server, user), 401, 'notAuthenticated');
    await change(['enable', user.name]);
    await eventually(async () => (await status(token)) === 200, 'the account is enabled');
  });

  test('a deleted one’s sessions end, also for the next one of its name', async () => {
    const { user, token } = await account();
    await change(['delete', user.name]);
    await endsSoon(token);
    await server.addUser(user);
    await eventually(async () => (await signIn(server, user)).status === 200, 'the account is back');
    assert.equal(await status(token), 401);
  });

  test('another password ends them, even the same one set anew', async () => {
    for (const password of ['second password', 'first password']) {
      const { user, token } = await account();
      await change(['passwd', user.name, '--password-stdin'], `${password}\n`);
      await endsSoon(token);
      assert.equal(await status(await signedIn(server, { ...user, password })), 200);
    }
  });

  test('another role counts, in the same session', async () => {
    const { user, token } = await account();
    assert.equal((await create(token)).status, 201);
    await change(['role', user.name, '--role', 'reader']);
    await eventually(async () => (await create(token)).status === 403, 'the user is a reader');
    assert.equal((await whoami(token)).json.role, 'reader');
  });
});

test('failed sign-ins are slowed down together with Basic ones', async () => {
  const own = await startJobd({ daemons: 1, args: ['--auth-failures', '3'], users: [alice, bob] });
  const token = await signedIn(own, alice);
  const wrong = { ...alice, password: 'not the password' };
  assert.equal((await signIn(own, wrong)).status, 401);
  assert.equal((await call(own, 'GET', WHOAMI, { auth: wrong })).status, 401);
  await eventually(async () => (await signIn(own, wrong)).status === 429, 'the throttle');
  const throttled = await signIn(own, bob);
  assertError(throttled, 429, 'tooManyRequests');
  assert.ok(Number(throttled.headers['retry-after']) >= 1);
  assert.equal((await call(own, 'GET', WHOAMI, { auth: bob })).status, 429);
  assert.equal(await status(token, own), 200, 'who is signed in is not slowed down');
});

test('many sign-ins at once do not mix', async () => {
  const users = [alice, bob, reader, { ...bob, password: alice.password }];
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, i) => signIn(server, users[i % 4])),
  );
  for (const [i, answer] of answers.entries()) {
    assert.equal(answer.status, i % 4 === 3 ? 401 : 200);
    if (i % 4 !== 3) assert.equal(answer.json.name, users[i % 4].name);
  }
});

test('the cookie is Secure where the operator says so', async () => {
  const own = await startJobd({ args: ['--session-cookie-secure'], users: [alice] });
  const answer = await signIn(own, alice);
  assert.ok(cookieOf(answer).attributes.includes('Secure'));
  assert.ok(cookieOf(await signOut(own, cookieOf(answer).value)).attributes.includes('Secure'));
  // Over TCP anybody may say so.
  const told = await signIn(server, alice, { ...PAGE, 'X-Forwarded-Proto': 'https' });
  assert.ok(!cookieOf(told).attributes.includes('Secure'));
});

// The attributes of the cookie, over TLS or a Unix socket.
function cookieVia(library, where, headers = {}) {
  const body = JSON.stringify({ user: alice.name, password: alice.password });
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', path: SESSION, agent: false, headers: { ...PAGE, ...headers } };
    const request = library.request({ ...options, ...where }, (answer) => {
      answer.resume().on('end', () => resolve(cookieOf(answer).attributes));
    });
    request.on('error', reject).end(body);
  });
}

test('the cookie is Secure over TLS', async () => {
  const { keyFile, certificate } = makeCertificate();
  const args = ['--tls-cert', certificate, '--tls-key', keyFile];
  const { port } = await startJobd({ args, users: [alice] });
  const where = { host: '127.0.0.1', port, ca: fs.readFileSync(certificate) };
  assert.ok((await cookieVia(https, where)).includes('Secure'));
});

test('the cookie is Secure where the proxy on the Unix socket says HTTPS', async () => {
  const socketPath = path.join(tempDir(), 'jobd.sock');
  await startJobd({ args: ['--listen', `unix:${socketPath}`], users: [alice] });
  for (const [proto, secure] of [['https', true], ['HTTPS', true], ['http, https', true],
    ['https, http', false], ['http', false], ['', false]]) {
    const attributes = await cookieVia(http, { socketPath }, { 'X-Forwarded-Proto': proto });
    assert.equal(attributes.includes('Secure'), secure, proto);
  }
});

test('neither the log nor the metrics tell a token or a password', async () => {
  const token = await signedIn(server, alice);
  await whoami(token);
  await whoami(`${token}x`);
  await signOut(server, token);
  const text = server.log().join('\n') + (await send(server, 'GET', '/metrics')).text;
  for (const secret of [token, alice.password, basic(alice).split(' ')[1]]) {
    assert.ok(!text.includes(secret), 'a secret in the log');
  }
});
