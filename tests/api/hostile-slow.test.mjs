// Clients that take their time, or take many connections: each loses its own, nobody else waits.
import test from 'node:test';
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { alice, createJob, eventually, JOBS, OURS, startJobd } from './harness.mjs';
import { AUTH, checkGood, checkUnharmed, isHeld, resources } from './hostile.mjs';
import { connect, onConnection, request } from './raw.mjs';

const LIMIT = 1000;
// The watchdog looks a few times a second, and the machine may be busy with other tests.
const MARGIN = 3000;
const TICK = 50;

const server = await startJobd({
  args: ['--head-timeout', '1s', '--body-timeout', '1s', '--idle-timeout', '1s'],
});

const HEAD = request('POST', OURS, [AUTH, 'Content-Length: 1000']);

// Sends `first` at once, then one of `rest`'s bytes (or `rest` whole, when it is a list) a tick, until cut.
async function goneAfter(first, rest = '') {
  const raw = await connect(server);
  await raw.write(first);
  const start = Date.now();
  for (let i = 0; !raw.gone && Date.now() - start < LIMIT + MARGIN + 5000; i++) {
    if (rest.length > 0) await raw.write(rest[i % rest.length]);
    await Promise.race([raw.closed().catch(() => {}), sleep(TICK)]);
  }
  const took = Date.now() - start;
  raw.destroy();
  return { took, raw };
}

const SLOW = {
  'nothing at all': ['', ''],
  'half a request line': ['GET /heal', ''],
  'a dribbled request line': ['GET /', 'a'],
  'half a head': ['GET /healthz HTTP/1.1\r\nHost: jobd\r\n', ''],
  'a dribbled header': ['GET /healthz HTTP/1.1\r\nHost: jobd\r\nX-A: ', 'a'],
  'dribbled headers': ['GET /healthz HTTP/1.1\r\nHost: jobd\r\n', ['A: b\r\n']],
  'dribbled empty lines': ['', ['\r\n']],
  'no body': [HEAD, ''],
  'half a body': [`${HEAD}{"name":`, ''],
  'a dribbled body': [HEAD, ' '],
  'dribbled chunks': [request('POST', OURS, [AUTH, 'Transfer-Encoding: chunked']), ['1\r\n \r\n']],
  'a dribbled chunk size': [request('POST', OURS, [AUTH, 'Transfer-Encoding: chunked']), '0'],
  'a dribbled chunk extension': [request('POST', OURS, [AUTH, 'Transfer-Encoding: chunked'], '5;'), 'x'],
  'dribbled trailers': [request('POST', OURS, [AUTH, 'Transfer-Encoding: chunked'], '0\r\n'), ['A: b\r\n']],
  'a dribbled body nobody wants': [request('POST', OURS, ['Content-Length: 1000']), ' '],
  'nothing after an answer': [request('GET', '/healthz'), ''],
};

test('slow clients lose their connection within the limit', { concurrency: 32 }, async (t) => {
  await checkGood(server);
  const before = resources(server);
  await Promise.all(Object.entries(SLOW).map(([what, [first, rest]]) => t.test(what, async () => {
    const { took, raw } = await goneAfter(first, rest);
    assert.ok(took < LIMIT + MARGIN, `gone after ${took} ms`);
    assert.ok(took > LIMIT / 4, `gone after ${took} ms only`);
    const said = raw.bytes.toString('latin1');
    assert.match(said, /^$|^HTTP\/1\.1 (200|401|408) /, 'what was said');
  })));
  await checkUnharmed(server, before);
});

test('three hundred slow clients hold nobody up', async () => {
  const before = resources(server);
  const slow = Promise.all(Array.from({ length: 300 }, (_, i) =>
    goneAfter(...Object.values(SLOW)[i % Object.keys(SLOW).length])));
  let done = false;
  slow.finally(() => { done = true; });
  let served = 0;
  let slowest = 0;
  while (!done) {
    const start = Date.now();
    await checkGood(server);
    slowest = Math.max(slowest, Date.now() - start);
    served += 1;
  }
  for (const { took } of await slow) assert.ok(took < LIMIT + MARGIN, `gone after ${took} ms`);
  assert.ok(served > 1, `${served} good requests meanwhile`);
  assert.ok(slowest < 2000, `the slowest good request took ${slowest} ms`);
  await checkUnharmed(server, before);
});

// The answers to these are more than all buffers between the two hold.
test('an answer nobody reads', async () => {
  const message = '\u{1f600}'.repeat(4000);
  for (let i = 0; i < 50; i++) await createJob(server, alice, { type: 'LARGE', message });
  const before = resources(server);
  await onConnection(server, async (raw) => {
    const page = request('GET', `${JOBS}?type=LARGE&pageSize=50`, [AUTH]);
    raw.write(page.repeat(100));
    await eventually(() => isHeld(server, raw), 'the connection is there');
    await eventually(() => !isHeld(server, raw), 'the connection is gone', LIMIT + MARGIN + 5000);
    assert.equal(raw.received, 0, 'nothing was read');
    await checkGood(server);
  }, { paused: true });
  await checkUnharmed(server, before);
});

test('connections of one address are limited', async () => {
  const limited = await startJobd({ args: ['--max-connections-per-address', '5'] });
  const isServed = async (raw) => {
    await raw.write(request('GET', '/healthz'));
    return (await raw.answer().catch(() => null))?.status === 200;
  };
  const five = [];
  for (let i = 0; i < 5; i++) {
    const raw = await connect(limited);
    five.push(raw);
    assert.ok(await isServed(raw), `connection ${i + 1}`);
  }
  for (let i = 0; i < 20; i++) {
    const sixth = await connect(limited).catch(() => null);
    assert.equal(sixth !== null && await isServed(sixth), false, 'a sixth connection');
    sixth?.destroy();
  }
  for (const raw of five) assert.ok(await isServed(raw), 'the first five stay served');
  five.pop().destroy();
  await eventually(() => onConnection(limited, isServed), 'a connection in place of a closed one');
  for (const raw of five) raw.destroy();
});

test('connections without end leave nothing behind', async () => {
  await checkGood(server);
  const before = resources(server);
  for (let round = 0; round < 20; round++) {
    await Promise.all(Array.from({ length: 50 }, (_, i) => onConnection(server, async (raw) => {
      if (i % 3 > 0) await raw.write(Object.values(SLOW)[i % Object.keys(SLOW).length][0]);
      if (i % 2 > 0) raw.reset();
    })));
  }
  await checkUnharmed(server, before);
});
