// Key sets: keys that change in a file and at an https URL, and an issuer that fails.
import test, { describe } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { alice, assertError, call, eventually, startJobd, tempDir, WHOAMI } from './harness.mjs';
import { keySet, makeKey, makeToken, serveHttps, writeKeySet } from './tokens.mjs';

const ec = makeKey('ES256', 'ec-1');
const stranger = makeKey('RS256', 'rsa-1');

// A daemon that takes its keys from there, and trusts the certificate.
function started(source, certificate) {
  return startJobd({
    daemons: 1,
    users: [alice],
    args: ['--jwt-jwks', source, '--auth-failures', '0'],
    env: certificate === undefined ? {} : { SSL_CERT_FILE: certificate },
  });
}

function ask(bearer, at) {
  return call(at, 'GET', WHOAMI, { auth: { bearer } });
}

async function accepted(bearer, name, at) {
  const answer = await ask(bearer, at);
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.json.name, name);
}

async function refused(bearer, at) {
  assertError(await ask(bearer, at), 401, 'notAuthenticated');
}

// Each waits for its own daemon to look at its keys again.
describe('keys that change', { concurrency: 4 }, () => {
  test('keys of a file are rotated while serving', async () => {
    const set = path.join(tempDir(), 'keys.json');
    const [old, next] = [makeKey('ES256', 'old'), makeKey('ES256', 'next')];
    writeKeySet(set, old);
    const own = await started(set);
    await accepted(makeToken(old), 'alice', own);
    await refused(makeToken(next), own);
    writeKeySet(set, next);
    await eventually(async () => (await ask(makeToken(next), own)).status === 200, 'the next key is known');
    await eventually(
      async () => (await ask(makeToken(old, { jti: 'another' }), own)).status === 401,
      'the old key is gone',
    );
  });

  test('a file that becomes bad leaves the keys as they were', async () => {
    const set = path.join(tempDir(), 'keys.json');
    writeKeySet(set, ec);
    const own = await started(set);
    await accepted(makeToken(ec), 'alice', own);
    fs.writeFileSync(set, '{"keys": [');
    await refused(makeToken(makeKey('ES256', 'new'), {}, {}), own);
    await accepted(makeToken(ec, { jti: '1' }), 'alice', own);
  });

  test('keys come from a trusted https URL, and are fetched anew for an unknown kid', async () => {
    const issuer = await serveHttps();
    const [old, next] = [makeKey('RS256', 'old'), makeKey('ES256', 'next')];
    issuer.answer = (response) => response.end(keySet(old));
    const own = await started(issuer.url, issuer.certificate);
    await eventually(async () => (await ask(makeToken(old), own)).status === 200, 'the keys are fetched');
    issuer.answer = (response) => response.end(keySet(old, next));
    await eventually(async () => (await ask(makeToken(next), own)).status === 200, 'the next key is fetched');
    await accepted(makeToken(old, { jti: '1' }), 'alice', own);
  });

  test('tokens with unknown kids do not make us hammer the issuer', async () => {
    const issuer = await serveHttps();
    issuer.answer = (response) => response.end(keySet(ec));
    const own = await started(issuer.url, issuer.certificate);
    await eventually(async () => (await ask(makeToken(ec), own)).status === 200, 'the keys are fetched');
    const before = issuer.requests;
    for (let i = 0; i < 100; i++)
      await refused(makeToken(stranger, {}, { kid: `unknown ${i}` }), own);
    assert.ok(issuer.requests - before <= 20, `${issuer.requests - before} requests`);
  });

  test('an https URL that is not trusted gives no keys, and Basic goes on', async () => {
    const issuer = await serveHttps();
    issuer.answer = (response) => response.end(keySet(ec));
    const own = await started(issuer.url);
    await own.waitForLog(
      (line, { level }) =>
        ['warning', 'warn', 'error'].includes(level) && /certificate|SSL|TLS/i.test(line),
    );
    await refused(makeToken(ec), own);
    assert.equal(issuer.requests, 0);
    assert.equal((await call(own, 'GET', WHOAMI, { auth: alice })).status, 200);
  });

  test('an issuer that fails is asked again, and the keys we have stay', async () => {
    const issuer = await serveHttps();
    issuer.answer = (response) => {
      response.statusCode = 500;
      response.end('no');
    };
    const own = await started(issuer.url, issuer.certificate);
    await eventually(() => issuer.requests > 0, 'the issuer is asked');
    await refused(makeToken(ec), own);
    issuer.answer = (response) => response.end(keySet(ec));
    await eventually(async () => (await ask(makeToken(ec), own)).status === 200, 'the keys are fetched');
    issuer.answer = (response) => response.end('<html>');
    const before = issuer.requests;
    await eventually(async () => {
      await refused(makeToken(stranger, {}, { kid: 'new' }), own);
      return issuer.requests > before;
    }, 'the issuer is asked again');
    await accepted(makeToken(ec, { jti: '1' }), 'alice', own);
  });
});
