// The log: an access line for each request, found again by its ids, and never a secret.
import test from 'node:test';
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import path from 'node:path';
import {
  admin,
  alice,
  assertError,
  call,
  createJob,
  EVERYBODY,
  JOBS,
  logFields,
  OURS,
  reader,
  startJobd,
  tempDir,
  UNKNOWN_ID,
  WHOAMI,
} from './harness.mjs';
import { makeKey, makeToken, writeKeySet } from './tokens.mjs';

const keys = path.join(tempDir(), 'keys.json');
const key = makeKey('ES256', 'k');
writeKeySet(keys, key);
const ARGS = ['--auth-failures', '0', '--jwt-jwks', keys];
const server = await startJobd({ args: ARGS });

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

// The fields of the access line with these fields.
async function accessLine(wanted, at = server) {
  const line = await at.waitForLog(
    (text, fields) =>
      fields.msg === 'access' &&
      Object.entries(wanted).every(([name, value]) => `${fields[name]}` === `${value}`),
  );
  return logFields(line);
}

function freshTrace() {
  return crypto.randomBytes(16).toString('hex');
}

// One call with a traceparent of its own, and the access line it leaves.
async function traced(method, target, options = {}, at = server) {
  const trace = freshTrace();
  const headers = { traceparent: `00-${trace}-${PARENT}-01`, ...options.headers };
  const answer = await call(at, method, target, { ...options, headers });
  return { answer, line: await accessLine({ trace }, at) };
}

test('an access line has method, route, status, duration, account and ids', async () => {
  const { line } = await traced('GET', WHOAMI, { auth: alice });
  assert.equal(line.level, 'info');
  assert.equal(line.method, 'GET');
  assert.equal(line.route, WHOAMI);
  assert.equal(line.status, '200');
  assert.equal(line.account, 'alice');
  assert.match(line.duration_us, /^\d+$/);
  assert.match(line.trace, /^[0-9a-f]{32}$/);
  assert.match(line.span, /^[0-9a-f]{16}$/);
  assert.ok(!Number.isNaN(Date.parse(line.time)), line.time);
});

test('the route is the path’s pattern, not the path', async () => {
  const { id } = await createJob(server, alice);
  for (const [method, target, route] of [
    ['GET', `${JOBS}/${id}?x=y`, `${JOBS}/{jobId}`],
    ['GET', `${JOBS}?name=z`, JOBS],
    ['DELETE', `${JOBS}/${id}?message=gone`, `${JOBS}/{jobId}`],
  ]) {
    assert.equal((await traced(method, target, { auth: alice })).line.route, route);
  }
});

for (const [method, target, status] of [
  ['GET', `${JOBS}/${UNKNOWN_ID}`, 404],
  ['GET', `${JOBS}?pageSize=0`, 400],
  ['GET', '/nothing/here', 404],
  ['PUT', JOBS, 405],
  ['DELETE', `${JOBS}/abc`, 400],
]) {
  test(`the errorContext of a ${status} (${method} ${target}) is the span of its line`, async () => {
    const { answer, line } = await traced(method, target, { auth: alice });
    assert.equal(answer.status, status);
    assert.equal(line.status, `${status}`);
    assert.equal(line.span, answer.json.errorContext);
  });
}

test('a 401 is logged too, without the name that was tried', async () => {
  const { answer, line } = await traced('GET', JOBS, {
    auth: { name: 'mistyped-password', password: 'x' },
  });
  assertError(answer, 401, 'notAuthenticated');
  assert.equal(line.status, '401');
  assert.equal(line.span, answer.json.errorContext);
  assert.ok(!line.account || line.account === '-', line.account);
});

test('a traceparent gives the trace; the span is ours', async () => {
  const answer = await call(server, 'GET', `${JOBS}/${UNKNOWN_ID}`, {
    auth: alice,
    headers: { traceparent: `00-${TRACE}-${PARENT}-01` },
  });
  const line = await accessLine({ span: answer.json.errorContext });
  assert.equal(line.trace, TRACE);
  assert.notEqual(line.span, PARENT);
});

for (const bad of [
  '',
  'x',
  `00-${TRACE}-${PARENT}`,
  `00-${TRACE.toUpperCase()}-${PARENT}-01`,
  `00-${'0'.repeat(32)}-${PARENT}-01`,
  `00-${TRACE}-${'0'.repeat(16)}-01`,
  `ff-${TRACE}-${PARENT}-01`,
  `00-${TRACE}g-${PARENT}-01`,
  `00-${TRACE}-${PARENT}-01-extra`,
]) {
  test(`the traceparent "${bad.slice(0, 60)}" is none: the trace is ours`, async () => {
    const answer = await call(server, 'GET', `${JOBS}/${UNKNOWN_ID}`, {
      auth: alice,
      headers: { traceparent: bad },
    });
    assertError(answer, 404, 'jobNotFoundId');
    const line = await accessLine({ span: answer.json.errorContext });
    assert.match(line.trace, /^[0-9a-f]{32}$/);
    assert.notEqual(line.trace.toLowerCase(), TRACE);
    assert.notEqual(line.trace, '0'.repeat(32));
  });
}

test('every request leaves one access line', async () => {
  const trace = freshTrace();
  for (let i = 0; i < 25; i++) {
    await call(server, 'GET', i % 2 ? JOBS : '/nothing', {
      auth: alice,
      headers: { traceparent: `00-${trace}-${PARENT}-01` },
    });
  }
  await server.restart();
  const lines = server
    .log()
    .map(logFields)
    .filter((line) => line.msg === 'access' && line.trace === trace);
  assert.equal(lines.length, 25);
  assert.equal(new Set(lines.map((line) => line.span)).size, 25);
});

test('text of a caller cannot forge a line or a field', async () => {
  const evil = 'x\n time=now level=info msg=access account=admin "';
  const { line } = await traced('GET', `${JOBS}?name=${encodeURIComponent(evil)}`, { auth: alice });
  assert.equal(line.account, 'alice');
  await traced('GET', `/${encodeURIComponent(evil)}`, { auth: alice });
  await traced('POST', OURS, { auth: alice, body: { name: evil, type: 't' } });
  await traced('POST', OURS, { auth: alice, body: { [evil]: 1 } });
  assert.ok(!server.log().some((text) => text.startsWith(' time=now')));
  for (const text of server.log()) assert.match(text, /^time=\S+ level=\w+ msg=/);
});

test('no secret is in the log after a whole session', async () => {
  const secrets = [
    ...EVERYBODY.map((user) => user.password),
    ...EVERYBODY.map((user) => Buffer.from(`${user.name}:${user.password}`).toString('base64')),
  ];
  const own = await startJobd({ args: [...ARGS, '--log-level', 'debug'] });
  const token = makeToken(key);
  const wrong = { name: 'alice', password: 'a wrong password nobody may read' };
  const tampered = `${token.slice(0, -4)}AAAA`;
  secrets.push(
    token,
    token.split('.')[2],
    wrong.password,
    Buffer.from(`alice:${wrong.password}`).toString('base64'),
    tampered,
    'payload-secret',
    'idempotency-secret',
  );
  for (const user of EVERYBODY) await call(own, 'GET', WHOAMI, { auth: user });
  for (const auth of [
    { bearer: token },
    { bearer: tampered },
    wrong,
    `Basic ${wrong.password}`,
    `Odd ${wrong.password}`,
  ]) {
    await call(own, 'GET', WHOAMI, { auth });
  }
  await call(own, 'POST', OURS, {
    auth: alice,
    body: { name: 'n', type: 't', payload: 'payload-secret' },
    headers: { 'Idempotency-Key': 'idempotency-secret' },
  });
  await call(own, 'POST', OURS, {
    auth: reader,
    body: { name: 'n', type: 't', payload: 'payload-secret', x: 1 },
  });
  await own.user(['add', 'late', '--role', 'user', '--password-stdin'], 'late-secret\n');
  await own.user(['passwd', 'late', '--password-stdin'], 'later-secret\n');
  await call(own, 'GET', WHOAMI, { auth: { name: 'late', password: 'later-secret' } });
  assert.equal(await own.stop(), 0);
  const text = own.log().join('\n');
  assert.ok(text.includes('msg=access'));
  for (const secret of [...secrets, 'late-secret', 'later-secret']) {
    assert.ok(!text.includes(secret), `${secret} is in the log`);
  }
});

test('--log-format json writes one object a line, with the same fields', async () => {
  const own = await startJobd({ users: [admin], args: ['--log-format', 'json'] });
  const evil = '"\n\\é\u0001';
  await call(own, 'GET', `/${encodeURIComponent(evil)}`, { auth: admin });
  const answer = await call(own, 'GET', `${JOBS}/${UNKNOWN_ID}`, { auth: admin });
  const line = await accessLine({ span: answer.json.errorContext }, own);
  assert.deepEqual(
    [line.method, line.route, line.account, Number(line.status)],
    ['GET', `${JOBS}/{jobId}`, 'admin', 404],
  );
  assert.ok(Number.isInteger(Number(line.duration_us)));
  for (const text of own.log()) {
    const object = JSON.parse(text);
    for (const field of ['time', 'level', 'msg']) assert.equal(typeof object[field], 'string');
  }
});

test('--log-level info leaves out what is for debugging', async () => {
  const own = await startJobd({ users: [admin], args: ['--log-level', 'info'] });
  await call(own, 'GET', JOBS, { auth: admin });
  await own.waitForLog((text, fields) => fields.msg === 'access');
  assert.ok(own.log().every((text) => !/level=debug/.test(text)));
});
