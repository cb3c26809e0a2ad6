// JSON Web Tokens: what makes one good, and every way it can be bad.
import test from 'node:test';
import assert from 'node:assert/strict';
import path from 'node:path';
import {
  alice,
  assertError,
  bob,
  call,
  createJob,
  eventually,
  JOBS,
  runJobd,
  send,
  startJobd,
  tempDir,
  WHOAMI,
} from './harness.mjs';
import { followNow } from './events.mjs';
import { makeKey, makeToken, now, writeKeySet } from './tokens.mjs';

const ISSUER = 'https://issuer.example';
const AUDIENCE = 'jobd';
const rsa = makeKey('RS256', 'rsa-1');
const ec = makeKey('ES256', 'ec-1');
const stranger = makeKey('RS256', 'rsa-1');
const strangerEc = makeKey('ES256', 'ec-1');
const keys = path.join(tempDir(), 'keys.json');
writeKeySet(keys, rsa, ec);

// What is cached long cannot become right by itself while a test waits.
const server = await startJobd({
  daemons: 1,
  users: [alice, bob],
  args: [
    '--jwt-jwks',
    keys,
    '--jwt-issuer',
    ISSUER,
    '--jwt-audience',
    AUDIENCE,
    '--auth-cache',
    '1h',
    '--auth-failures',
    '0',
  ],
});

const GOOD = { iss: ISSUER, aud: AUDIENCE };

function token(key, payload = {}, header = {}, signWith = undefined) {
  return makeToken(key, { ...GOOD, ...payload }, header, signWith ?? key.privateKey);
}

function ask(bearer, at = server) {
  return call(at, 'GET', WHOAMI, { auth: { bearer } });
}

async function accepted(bearer, name = 'alice', at = server) {
  const answer = await ask(bearer, at);
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.json.name, name);
}

async function refused(bearer, at = server) {
  assertError(await ask(bearer, at), 401, 'notAuthenticated');
}

for (const key of [rsa, ec]) {
  const name = key.alg;
  test(`${name}: a good token is accepted`, () => accepted(token(key)));
  test(`${name}: the principal is the account`, () => accepted(token(key, { sub: 'bob' }), 'bob'));

  test(`${name}: a token may do what its account may`, async () => {
    const job = await createJob(server, { bearer: token(key) });
    const answer = await call(server, 'DELETE', `${JOBS}/${job.id}`, {
      auth: { bearer: token(key, { sub: 'bob' }) },
    });
    assertError(answer, 403, 'jobNotOwned');
    assert.equal(
      (await call(server, 'DELETE', `${JOBS}/${job.id}`, { auth: { bearer: token(key) } })).status,
      204,
    );
  });

  test(`${name}: another key's signature is refused`, () =>
    refused(token(key, {}, {}, (key === rsa ? stranger : strangerEc).privateKey)));

  test(`${name}: an altered payload is refused`, async () => {
    const [head, , sign] = token(key).split('.');
    const body = Buffer.from(JSON.stringify({ ...GOOD, sub: 'bob', exp: now() + 3600 })).toString(
      'base64url',
    );
    await refused(`${head}.${body}.${sign}`);
  });

  test(`${name}: an altered header is refused`, async () => {
    const [, body, sign] = token(key).split('.');
    const head = Buffer.from(
      JSON.stringify({ alg: name, typ: 'JWT', kid: key.kid, x: 1 }),
    ).toString('base64url');
    await refused(`${head}.${body}.${sign}`);
  });

  test(`${name}: every altered bit of the signature's ends is refused`, async () => {
    const good = token(key);
    const at = good.lastIndexOf('.') + 1;
    const sign = Buffer.from(good.slice(at), 'base64url');
    for (const index of [0, 1, sign.length >> 1, sign.length - 1]) {
      for (let bit = 0; bit < 8; bit++) {
        const altered = Buffer.from(sign);
        altered[index] ^= 1 << bit;
        await refused(good.slice(0, at) + altered.toString('base64url'));
      }
    }
  });

  test(`${name}: no signature is refused`, async () => {
    const good = token(key);
    await refused(good.slice(0, good.lastIndexOf('.') + 1));
    await refused(good.slice(0, good.lastIndexOf('.')));
    await refused(good.slice(0, -10));
  });
}

test('aud may be a list that has ours', async () => {
  await accepted(token(rsa, { aud: ['other', AUDIENCE] }));
  await accepted(token(rsa, { aud: [AUDIENCE] }));
});

for (const aud of [
  'other',
  '',
  ['other'],
  [],
  undefined,
  null,
  5,
  {},
  { jobd: 1 },
  [['jobd']],
  'jobd2',
  'JOBD',
  'jobd,other',
]) {
  test(`the audience ${JSON.stringify(aud)} is refused`, () => refused(token(rsa, { aud })));
}

for (const iss of ['https://other.example', '', undefined, null, 5, [ISSUER], `${ISSUER}/`]) {
  test(`the issuer ${JSON.stringify(iss)} is refused`, () => refused(token(rsa, { iss })));
}

for (const exp of [undefined, null, '9999999999', 0, -1, {}, true]) {
  test(`exp ${JSON.stringify(exp)} is refused`, () => refused(token(rsa, { exp })));
}

test('an expired token is refused, one within the skew accepted', async () => {
  await refused(token(rsa, { exp: now() - 120 }));
  await accepted(token(rsa, { exp: now() - 20 }));
});

test('exp may be a fraction, or far away', async () => {
  await accepted(token(rsa, { exp: now() + 100.5 }));
  await accepted(token(rsa, { exp: 253402300799 }));
});

test('a token not yet valid is refused, one within the skew accepted', async () => {
  await refused(token(rsa, { nbf: now() + 300 }));
  await accepted(token(rsa, { nbf: now() + 20 }));
  await accepted(token(rsa, { nbf: now() - 20 }));
});

test('nbf must be a number', () => refused(token(rsa, { nbf: 'soon' })));

test('a cached token still expires', async () => {
  const own = await startJobd({
    users: [alice],
    args: ['--jwt-jwks', keys, '--jwt-skew', '0s', '--auth-failures', '0'],
  });
  const bearer = makeToken(rsa, { exp: now() + 3 });
  await accepted(bearer, 'alice', own);
  const events = await followNow(own, `Bearer ${bearer}`);
  await eventually(async () => (await ask(bearer, own)).status === 401, 'the token expires');
  assert.equal(await events.untilEnd(), 'cleanly');
});

for (const typ of ['JWT', 'jwt', 'at+jwt', 'AT+JWT']) {
  test(`typ ${typ} is accepted`, () => accepted(token(rsa, {}, { typ })));
}

for (const typ of ['JOSE', 'id+jwt', 'dpop+jwt', '', 5, null, undefined]) {
  test(`typ ${JSON.stringify(typ)} is refused`, () => refused(token(rsa, {}, { typ })));
}

for (const sub of [
  'nobody',
  '',
  undefined,
  null,
  5,
  ['alice'],
  'Alice',
  'alice ',
  'alice\0',
  'x'.repeat(1000),
]) {
  test(`the principal ${JSON.stringify(sub)?.slice(0, 30)} is refused`, () =>
    refused(token(rsa, { sub })));
}

test('alg none is refused', async () => {
  for (const alg of ['none', 'None', 'NONE', '']) {
    const head = Buffer.from(JSON.stringify({ alg, typ: 'JWT', kid: 'rsa-1' })).toString(
      'base64url',
    );
    const body = Buffer.from(JSON.stringify({ ...GOOD, sub: 'alice', exp: now() + 3600 })).toString(
      'base64url',
    );
    await refused(`${head}.${body}.`);
    await refused(`${head}.${body}.AAAA`);
    await refused(`${head}.${body}`);
  }
});

test('HS256 signed with the public key is refused', async () => {
  const secrets = [
    rsa.publicKey.export({ type: 'spki', format: 'pem' }),
    rsa.publicKey.export({ type: 'spki', format: 'pem' }).trim(),
    rsa.publicKey.export({ type: 'spki', format: 'der' }),
    rsa.publicKey.export({ type: 'pkcs1', format: 'pem' }),
    Buffer.from(rsa.jwk.n, 'base64url'),
    rsa.jwk.n,
    JSON.stringify(rsa.jwk),
    'secret',
  ];
  for (const secret of secrets) await refused(token(rsa, {}, { alg: 'HS256' }, secret));
  await refused(
    token(ec, {}, { alg: 'HS256' }, ec.publicKey.export({ type: 'spki', format: 'pem' })),
  );
});

test('an algorithm that is not accepted is refused, though the key would do', async () => {
  for (const alg of ['RS384', 'RS512']) await refused(token(rsa, {}, { alg }));
  await refused(token(rsa, {}, { alg: 'ES256' }, ec.privateKey));
  await refused(token(ec, {}, { alg: 'RS256' }, rsa.privateKey));
});

test('a token with the wrong kid is refused', async () => {
  await refused(token(rsa, {}, { kid: 'unheard of' }));
  await refused(token(rsa, {}, { kid: 'ec-1' }));
  await refused(token(rsa, {}, { kid: '' }));
});

test('keys that the token brings along are not believed', async () => {
  await refused(makeToken(stranger, GOOD, { jwk: stranger.jwk }));
  await refused(
    makeToken(stranger, GOOD, {
      jku: 'https://127.0.0.1:1/',
      x5u: 'https://127.0.0.1:1/',
      kid: 'other',
    }),
  );
});

test('critical extensions nobody knows are refused', () =>
  refused(token(rsa, {}, { crit: ['exp2'], exp2: 1 })));

for (const [what, bearer] of [
  ['nothing', ''],
  ['a word', 'x'],
  ['dots', '..'],
  ['three words', 'a.b.c'],
  ['five parts', 'a.b.c.d.e'],
  ['a space', 'a b'],
  ['JSON', '{}'],
  ['empty objects', 'e30.e30.e30'],
  ['a hundred dots', '.'.repeat(100)],
]) {
  test(`the token that is ${what} is refused`, () => refused(bearer));
}

test('a header or payload that is no JSON object is refused', async () => {
  const enc = (text) => Buffer.from(text).toString('base64url');
  const [head, body, sign] = token(rsa).split('.');
  for (const odd of ['[]', '"x"', '1', 'null', '{', '{"alg":"RS256"', '[[[[[[', '\xff']) {
    await refused(`${enc(odd)}.${body}.${sign}`);
    await refused(`${head}.${enc(odd)}.${sign}`);
  }
});

test('a signed payload that is no object is refused', async () => {
  for (const odd of ['[]', '"alice"', 'null']) {
    const [head] = token(rsa).split('.');
    const input = `${head}.${Buffer.from(odd).toString('base64url')}`;
    const { sign } = await import('node:crypto');
    await refused(
      `${input}.${sign('sha256', Buffer.from(input), rsa.privateKey).toString('base64url')}`,
    );
  }
});

test('a gigantic token is refused', async () => {
  const big = await ask(token(rsa, { padding: 'x'.repeat(4000) }));
  assert.ok([200, 401].includes(big.status), big.text);
  // Beyond what a head may have, the HTTP library answers by itself.
  const bearer = token(rsa, { padding: 'x'.repeat(30_000) });
  const huge = await send(server, 'GET', WHOAMI, { auth: { bearer } });
  assert.ok([400, 401, 431].includes(huge.status), huge.text);
  await accepted(token(rsa));
});

test('deep JSON in a token is refused', () =>
  refused(token(rsa, { deep: JSON.parse('['.repeat(500) + ']'.repeat(500)) })));

test('padding and spaces in a token are refused', async () => {
  const good = token(rsa);
  for (const odd of [
    `${good}=`,
    `${good}==`,
    `${good}.`,
    `.${good}`,
    `${good} x`,
    good.replace('.', '=.'),
    good.replace('.', '..'),
  ]) {
    await refused(odd);
  }
});

test('the scheme may be in any case', async () => {
  for (const scheme of ['bearer', 'BEARER']) {
    const answer = await call(server, 'GET', WHOAMI, { auth: `${scheme} ${token(rsa)}` });
    assert.equal(answer.status, 200);
  }
});

test('Basic goes on beside tokens', async () => {
  assert.equal((await call(server, 'GET', WHOAMI, { auth: alice })).status, 200);
});

test('a disabled account is refused within seconds, its cached token too', async () => {
  const bearer = token(rsa, { sub: 'bob' });
  await accepted(bearer, 'bob');
  assert.equal((await server.user(['disable', 'bob'])).code, 0);
  await eventually(async () => (await ask(bearer)).status === 401, 'the account is disabled');
  await refused(token(rsa, { sub: 'bob', jti: 'another' }));
  assert.equal((await server.user(['enable', 'bob'])).code, 0);
  await eventually(async () => (await ask(bearer)).status === 200, 'the account is enabled');
});

test('without --jwt-jwks every token is refused', async () => {
  const own = await startJobd({ users: [alice] });
  await refused(makeToken(rsa, GOOD), own);
});

test('without issuer and audience neither is compared', async () => {
  const own = await startJobd({ users: [alice], args: ['--jwt-jwks', keys] });
  await accepted(makeToken(rsa), 'alice', own);
  await accepted(makeToken(rsa, { iss: 'x', aud: 5 }), 'alice', own);
});

test('principal claim, types, algorithms and skew are options', async () => {
  const own = await startJobd({
    daemons: 1,
    users: [alice],
    args: [
      '--jwt-jwks',
      keys,
      '--jwt-principal',
      'preferred_username',
      '--jwt-types',
      'access',
      '--jwt-algorithms',
      'RS512,ES256',
      '--jwt-skew',
      '10m',
      '--auth-failures',
      '0',
    ],
  });
  const made = (payload, header) =>
    makeToken(
      { ...rsa, alg: 'RS512' },
      { sub: 'nobody', preferred_username: 'alice', ...payload },
      { typ: 'access', ...header },
    );
  const set = path.join(tempDir(), 'keys.json');
  writeKeySet(set, { ...rsa.jwk, alg: undefined }, ec);
  await own.restart({ args: own.options.args.map((one) => (one === keys ? set : one)) });
  await accepted(made({ exp: now() - 300 }), 'alice', own);
  await refused(made({ preferred_username: undefined, sub: 'alice' }), own);
  await refused(made({}, { typ: 'JWT' }), own);
  await refused(makeToken(rsa, { preferred_username: 'alice' }, { typ: 'access' }), own);
});

test('a bare key of the set, without kid and alg, serves tokens without kid', async () => {
  const set = path.join(tempDir(), 'keys.json');
  const { kid, alg, use, ...bare } = ec.jwk;
  writeKeySet(set, bare);
  const own = await startJobd({ users: [alice], args: ['--jwt-jwks', set] });
  await accepted(makeToken(ec, {}, { kid: undefined }), 'alice', own);
});

test('keys for encryption, symmetric keys and odd ones in the set do not serve', async () => {
  const set = path.join(tempDir(), 'keys.json');
  const secret = Buffer.from('a secret of thirty-two bytes....');
  writeKeySet(
    set,
    { kty: 'oct', k: secret.toString('base64url'), kid: 'hmac', alg: 'HS256' },
    { kty: 'XYZ', kid: 'odd' },
    {},
    { ...stranger.jwk, kid: 'enc', use: 'enc' },
    ec,
  );
  const own = await startJobd({
    users: [alice],
    args: ['--jwt-jwks', set, '--auth-failures', '0'],
  });
  await accepted(makeToken(ec), 'alice', own);
  await refused(makeToken({ ...ec, kid: 'hmac', alg: 'HS256' }, {}, {}, secret), own);
  await refused(makeToken(stranger, {}, { kid: 'enc' }), own);
});

for (const [option, value] of [
  ['jwt-algorithms', 'HS256'],
  ['jwt-algorithms', 'none'],
  ['jwt-algorithms', 'RS256,XX'],
  ['jwt-jwks', '/nowhere/keys.json'],
  ['jwt-jwks', 'http://127.0.0.1:1/keys'],
  ['jwt-skew', 'long'],
]) {
  test(`--${option} ${value} stops the start with a message that names it`, async () => {
    const done = await runJobd([
      'serve',
      '--store',
      'memory:',
      '--listen',
      '127.0.0.1:0',
      ...(option === 'jwt-jwks' ? [] : ['--jwt-jwks', keys]),
      `--${option}`,
      value,
    ]);
    assert.ok([1, 2].includes(done.code), done.stderr);
    assert.ok(done.stderr.includes(option) || done.stderr.includes(value), done.stderr);
  });
}
