// What hostile clients leave behind after thousands of requests: nothing.
import test from 'node:test';
import assert from 'node:assert/strict';
import { eventually, JOBS, OURS, startJobd, WHOAMI } from './harness.mjs';
import { AUTH, checkGood, resources } from './hostile.mjs';
import { onConnection, request, withBody } from './raw.mjs';
import { inParallel } from './support.mjs';

const ROUNDS = 100;
const GROWTH = 4096; // KiB; what one lost arena or connection a request would come to is ten times as much

const create = (...headers) => request('POST', OURS, [AUTH, ...headers]);
const MIX = [
  request('GET', '/healthz', ['X-A: \x01']),
  request('GET', '/healthz', [`X-A: ${'a'.repeat(20_000)}`]),
  request('GET', `${JOBS}?name=%ff`, [AUTH]),
  request('GET', `${JOBS}?${'a&'.repeat(3000)}`, [AUTH]),
  request('GET', `${JOBS}?cursor=${'A'.repeat(2000)}`, [AUTH]),
  request('GET', WHOAMI, [`Authorization: Basic ${'A'.repeat(4000)}`]),
  request('GET', WHOAMI, [`Authorization: Bearer ${'A.'.repeat(2000)}`]),
  request('GET', '/healthz').slice(0, -4),
  withBody('POST', OURS, [AUTH], '['.repeat(50_000)),
  withBody('POST', OURS, [AUTH], `{"payload":[${'{"a":1},'.repeat(5000)}1e999]}`),
  withBody('POST', OURS, [AUTH], `{"name":"${'n'.repeat(100_000)}","type":"T"}`),
  withBody('POST', `${OURS}/bulk`, [AUTH], `{"jobs":[${'1,'.repeat(999)}1]}`),
  withBody('POST', '/nothing', [AUTH], 'x'.repeat(50_000)),
  `${create('Content-Length: 100000')}${'x'.repeat(5000)}`,
  create('Content-Length: 99999999'),
  `${create('Transfer-Encoding: chunked')}zz\r\n`,
  `${create('Transfer-Encoding: chunked')}${'10\r\n0123456789abcdef\r\n'.repeat(100)}`,
  request('GET', '/healthz').repeat(20),
];

// Half of the clients stay for the answer, a quarter leave at once, a quarter reset.
function visit(server, bytes, kind) {
  return onConnection(server, async (raw) => {
    await raw.write(bytes);
    if (kind < 2) await raw.answer({ deadline: 30 }).catch(() => {});
    if (kind === 3) raw.reset();
  });
}

async function round(server) {
  await inParallel(MIX, (bytes, index) => visit(server, bytes, (index + round.count) % 4));
  round.count += 1;
}
round.count = 0;

async function settled(server, files) {
  await checkGood(server);
  await eventually(() => resources(server).files <= files + 8, 'all descriptors are back');
  return resources(server);
}

test('thousands of hostile requests leave nothing behind', async (t) => {
  const server = await startJobd({
    args: ['--auth-failures', '0', '--head-timeout', '1s', '--body-timeout', '1s'],
  });
  await checkGood(server);
  const { files } = resources(server);
  for (let i = 0; i < 30; i++) await round(server);
  const before = await settled(server, files);
  for (let i = 0; i < ROUNDS; i++) await round(server);
  const after = await settled(server, files);
  t.diagnostic(`${before.kib} KiB, then ${after.kib} KiB`);
  assert.ok(after.kib - before.kib <= GROWTH * (before.sanitized ? 32 : 1),
    `${after.kib - before.kib} KiB more after ${ROUNDS * MIX.length} requests`);
});
