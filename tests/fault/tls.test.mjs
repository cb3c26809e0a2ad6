// A database across a network that is not trusted: jobd speaks to the server whose certificate it was told to believe,
// and to no other one.
import test from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { alice, call, createJob, eventually, JOBS, OURS, runJobd, send, startJobd } from '../api/harness.mjs';
import { sql } from '../api/postgres.mjs';
import { makeCertificate } from '../api/tokens.mjs';
import { Cluster } from './cluster.mjs';

const SECRET = 'hush-hush';
const HBA = `
local all all trust
hostssl all all 127.0.0.1/32 scram-sha-256
`;

const own = makeCertificate();
const foreign = makeCertificate();
const database = await Cluster.stopped();
database.port = await freePort();
database.set(`listen_addresses = '127.0.0.1'\nport = ${database.port}\nssl = on\n`);
fs.writeFileSync(path.join(database.data, 'pg_hba.conf'), HBA);
present(own);
await database.start();
await database.sql(`ALTER ROLE jobd PASSWORD '${SECRET}'`);

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

// The certificate that the server shows from its next configuration on.
function present({ certificate, keyFile }) {
  for (const [from, name, mode] of [[certificate, 'server.crt', 0o644], [keyFile, 'server.key', 0o600]]) {
    const file = path.join(database.data, name);
    fs.copyFileSync(from, file);
    fs.chmodSync(file, mode);
    database.own(file);
  }
}

// Returns when the server shows it to whoever connects from now on.
async function presentNow(pair) {
  present(pair);
  await database.sql('SELECT pg_reload_conf()');
  await eventually(() => sql(storeBy({ root: pair.certificate }), 'SELECT 1'), 'the other certificate');
}

function storeBy({ host = '127.0.0.1', mode = 'verify-full', root = own.certificate, schema = 'refused' }) {
  return `postgresql://jobd:${SECRET}@/postgres?host=${host}&hostaddr=127.0.0.1&port=${database.port}`
    + `&sslmode=${mode}&sslrootcert=${encodeURIComponent(root)}&options=-csearch_path%3D${schema}`;
}

function sayNoSecret(...texts) {
  assert.doesNotMatch(texts.join('\n'), new RegExp(SECRET));
}

test('every connection to a server with the right certificate is encrypted', async () => {
  const server = await startJobd({ store: storeBy({ schema: 'serves' }) });
  const { id } = await createJob(server, alice, { name: 'across', type: 'NETWORK' });
  assert.equal((await call(server, 'GET', `${OURS}/${id}`, { auth: alice })).status, 200);
  const connections = await database.sql(`SELECT ssl, count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
    WHERE application_name = 'jobd' GROUP BY ssl`);
  assert.match(connections, /^t\|\d+$/);
  sayNoSecret(...server.log());
});

// Whoever stands between a daemon and its database gets nothing by cutting the connections.
test('a daemon that loses its server does not turn to one that shows another certificate', async () => {
  const server = await startJobd({ store: storeBy({ schema: 'loses' }) });
  const readiness = async () => (await send(server, 'GET', '/readyz')).status;
  await presentNow(foreign);
  await database.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'jobd'`);
  await eventually(async () => await readiness() === 503, 'not being ready');
  assert.equal((await send(server, 'GET', JOBS, { auth: alice })).status, 503);
  await eventually(() => server.log().some((line) => /store lost.*certificate verify failed/.test(line)), 'the reason');
  await presentNow(own);
  await eventually(async () => await readiness() === 200, 'being ready again');
  await createJob(server, alice, { name: 'again', type: 'NETWORK' });
  sayNoSecret(...server.log());
});

for (const [what, asked, pattern] of [
  ['another host name than the certificate has', { host: 'db.example' },
    /cannot be reached: .*server certificate for .*127\.0\.0\.1.* does not match host name .*db\.example/],
  ['an authority that did not sign the certificate', { root: foreign.certificate },
    /cannot be reached: .*certificate verify failed/],
  ['a file of authorities that is not there', { root: '/nowhere/ca.pem' },
    /cannot be reached: .*root certificate file .*\/nowhere\/ca\.pem.* does not exist/],
  ['no encryption where the server demands it', { mode: 'disable' }, /cannot be reached: .*no encryption/],
]) {
  for (const command of [['serve', '--listen', '127.0.0.1:0'], ['user', 'list']]) {
    test(`${what}: ${command[0]} refuses`, async () => {
      const done = await runJobd([...command, '--store', storeBy(asked)]);
      assert.ok(done.code > 0, `ended with ${done.code}`);
      assert.match(done.stderr, pattern);
      sayNoSecret(done.stdout, done.stderr);
    });
  }
}
