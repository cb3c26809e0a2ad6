// Where jobd listens: TLS, a Unix socket behind a proxy, and whose address counts there.
import test from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import path from 'node:path';
import { alice, basic, bob, logFields, runJobd, startJobd, tempDir, WHOAMI } from './harness.mjs';
import { makeCertificate } from './tokens.mjs';

function ask(library, options, headers) {
  return new Promise((resolve, reject) => {
    library.get({ path: WHOAMI, headers, agent: false, ...options }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece) => { text += piece; });
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
    }).on('error', reject);
  });
}

test('with a certificate and its key, HTTPS is served and plain HTTP is not', async () => {
  const { keyFile, certificate } = makeCertificate();
  const server = await startJobd({ users: [alice], args: ['--tls-cert', certificate, '--tls-key', keyFile] });
  const answer = await ask(https, { host: '127.0.0.1', port: server.port, ca: fs.readFileSync(certificate) },
    { Authorization: basic(alice) });
  assert.equal(answer.status, 200);
  assert.equal(JSON.parse(answer.text).name, 'alice');
  await assert.rejects(ask(http, { host: '127.0.0.1', port: server.port }, { Authorization: basic(alice) }));
});

test('a certificate without its key stops the start and says so', async () => {
  const { certificate } = makeCertificate();
  const end = await runJobd(['serve', '--store', 'memory:', '--listen', '127.0.0.1:0', '--tls-cert', certificate]);
  assert.equal(end.code, 2);
  assert.match(end.stderr, /tls-key/);
});

test('on a Unix socket the address a proxy forwards is the one that is slowed', async () => {
  const socketPath = path.join(tempDir(), 'jobd.sock');
  const server = await startJobd({
    daemons: 1, users: [alice, bob], args: ['--listen', `unix:${socketPath}`, '--auth-failures', '2'],
  });
  const from = (address, auth) => ask(http, { socketPath },
    { Authorization: basic(auth), 'X-Forwarded-For': `10.0.0.1, ${address}` });
  const wrong = { ...alice, password: 'wrong-password' };
  assert.equal((await from('192.0.2.1', wrong)).status, 401);
  assert.equal((await from('192.0.2.1', wrong)).status, 401);
  const slowed = await from('192.0.2.1', wrong);
  assert.equal(slowed.status, 429);
  assert.match(slowed.headers['retry-after'], /^[1-6]$/);
  assert.equal((await from('192.0.2.2', bob)).status, 200);
  assert.equal(fs.statSync(socketPath).mode & 0o777, 0o660);
  assert.equal(await server.stop(), 0);
  assert.equal(fs.existsSync(socketPath), false);
});

test('a proxy that adds a header of its own to its client\'s has the last word', async () => {
  const socketPath = path.join(tempDir(), 'jobd.sock');
  await startJobd({ users: [alice], args: ['--listen', `unix:${socketPath}`, '--auth-failures', '2'] });
  const statuses = [];
  for (const claimed of ['10.0.0.1', '10.0.0.2', '10.0.0.3']) {
    const headers = { Authorization: basic({ ...alice, password: 'wrong-password' }), 'X-Forwarded-For': [claimed, '192.0.2.1'] };
    statuses.push((await ask(http, { socketPath }, headers)).status);
  }
  assert.deepEqual(statuses, [401, 401, 429]);
});

test('a Unix socket somebody serves on is not taken away, a dead one is replaced', async () => {
  const socketPath = path.join(tempDir(), 'jobd.sock');
  const listen = ['--listen', `unix:${socketPath}`];
  const server = await startJobd({ daemons: 1, users: [alice], args: listen });
  const end = await runJobd(['serve', '--store', `sqlite:${tempDir()}/x.db`, ...listen]);
  assert.equal(end.code, 1);
  assert.match(end.stderr, /jobd\.sock/);
  await server.kill();
  assert.equal(fs.existsSync(socketPath), true);
  await server.restart();
  assert.equal((await ask(http, { socketPath }, { Authorization: basic(alice) })).status, 200);
});

// A daemon whose limit of open files is 100 and could be 300; what it says about that.
async function startLimited(connections) {
  const server = await startJobd({
    daemons: 1,
    wrapper: ['prlimit', '--nofile=100:300'],
    args: ['--max-connections', String(connections)],
  });
  const limit = fs.readFileSync(`/proc/${server.pid}/limits`, 'utf8').match(/Max open files +(\d+) +(\d+)/);
  assert.deepEqual(limit.slice(1), ['300', '300'], 'the limit is raised as far as may be');
  return server.log().map(logFields).filter((fields) => fields.level === 'warn');
}

test('more connections than files may be open are said to be fewer', async () => {
  const warnings = await startLimited(5000);
  assert.equal(warnings.length, 1);
  assert.equal(warnings[0].max_connections, '5000');
  assert.equal(warnings[0].connections, '236');
});

test('as many connections as files may be open are fine', async () => {
  assert.deepEqual(await startLimited(236), []);
});
