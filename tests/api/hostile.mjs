// Hostile probes: bytes no decent client sends, and what must come back.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import test from 'node:test';
import { alice, basic, eventually, startJobd, WHOAMI } from './harness.mjs';
import { onConnection, request } from './raw.mjs';
import { checkError } from './schemas.mjs';

export const AUTH = `Authorization: ${basic(alice)}`;

// Beyond the tests' own patience, so that a probe nobody answers is seen as such.
const PATIENT = ['--head-timeout', '60s', '--body-timeout', '60s', '--idle-timeout', '60s'];

const CANARY = request('GET', '/healthz', ['Connection: close']);

export function startPatient(options = {}) {
  return startJobd({ ...options, args: [...PATIENT, '--auth-failures', '0', ...(options.args ?? [])] });
}

// '400|414 closed canned': the statuses that will do ('cut': closed without an answer), what must
// become of the connection (closed, kept; neither word: either), and whether the answer may be the
// library's own, which is so only where the bytes never became a request we see.
function readExpectation(text) {
  const [statuses, ...words] = text.split(' ');
  return { statuses: statuses.split('|'), has: (word) => words.includes(word) };
}

function checkAnswer(answer, expected, bodiless) {
  if (answer === null) {
    assert.ok(expected.statuses.includes('cut'), 'closed without an answer');
    return;
  }
  assert.ok(expected.statuses.includes(String(answer.status)),
    `${answer.status}, not ${expected.statuses.join(' or ')}: ${answer.text.slice(0, 300)}`);
  if (answer.status < 400 || bodiless) return;
  if (answer.json === undefined && expected.has('canned')) return;
  checkError(answer.status, answer.json);
}

// Nothing but one answer to a further request may come on this connection, or nothing at all.
// libmicrohttpd 0.9.75 sends the head of its own answers twice; another answer it must not hold.
async function checkRest(raw, answer, expected) {
  const canned = answer?.status >= 400 && answer.json === undefined && expected.has('canned');
  const closes = answer === null || /\bclose\b/i.test(answer.headers.connection ?? '');
  assert.ok(!(closes && expected.has('kept')), 'the connection was to be kept');
  if (!closes && !expected.has('closed')) {
    await raw.write(CANARY);
    const next = await raw.answer();
    assert.equal(next?.status, 200, 'a further request on the connection');
  }
  await raw.closed();
  const rest = answer && canned ? (answer.text + raw.bytes.toString('latin1')).replaceAll(
    new RegExp(`HTTP/1.1 ${answer.status} |<html>`, 'g'), '') : raw.bytes.toString('latin1');
  assert.ok(canned ? !/HTTP\/1\.|^ok$/m.test(rest) : rest === '',
    `something was answered that nobody asked: ${rest}`);
}

export function probe(server, bytes, expectation) {
  const expected = readExpectation(expectation);
  return onConnection(server, async (raw) => {
    raw.write(bytes);
    const bodiless = /^HEAD /.test(bytes.toString('latin1'));
    const answer = await raw.answer({ bodiless });
    checkAnswer(answer, expected, bodiless);
    await checkRest(raw, answer, expected);
    return answer;
  });
}

export function resources(server) {
  const status = fs.readFileSync(`/proc/${server.pid}/status`, 'utf8');
  const kib = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)[1]);
  return {
    kib: kib('VmRSS'),
    // Sanitizers reserve terabytes for their shadows, and keep what was freed.
    sanitized: kib('VmSize') > 2 ** 30,
    files: fs.readdirSync(`/proc/${server.pid}/fd`).length,
  };
}

// Whether the daemon still has its end of a connection: an end nobody has belongs to no inode.
export function isHeld(server, raw) {
  const port = (number) => `:${number.toString(16).toUpperCase().padStart(4, '0')}`;
  return fs.readFileSync('/proc/net/tcp', 'utf8').split('\n').map((line) => line.trim().split(/\s+/))
    .some(([, local, remote, , , , , , , inode]) => local?.endsWith(port(server.port))
      && remote.endsWith(port(raw.socket.localPort)) && inode !== '0');
}

export async function checkGood(server) {
  await onConnection(server, async (raw) => {
    await raw.write(request('GET', WHOAMI, [AUTH, 'Connection: close']));
    const answer = await raw.answer();
    assert.equal(answer?.status, 200, answer?.text);
  });
}

// A daemon that keeps what every hostile connection left would be past these within one group.
export async function checkUnharmed(server, before, { files = 8, kib = 64 * 1024 } = {}) {
  await checkGood(server);
  await eventually(() => resources(server).files <= before.files + files,
    `at most ${files} descriptors more than ${before.files}`);
  const allowed = before.kib + kib * (before.sanitized ? 8 : 1);
  assert.ok(resources(server).kib <= allowed,
    `${resources(server).kib} KiB resident, ${before.kib} before`);
}

// One test a row [what, bytes, expectation], then a look at the daemon's health.
export function probes(server, group, rows) {
  return test(group, async (t) => {
    await checkGood(server);
    const before = resources(server);
    for (const [what, bytes, expectation] of rows) {
      await t.test(what, () => probe(server, bytes, expectation));
    }
    await t.test('the daemon is unharmed', () => checkUnharmed(server, before));
  });
}
