// The judge of histories: silent about good ones, and not about any of the faults it is there for.
import test, { describe } from 'node:test';
import assert from 'node:assert/strict';
import { faultsOf, PLENTY, statisticsOf } from './history.mjs';

const LEASE_MS = 5000;
const at = (ms) => new Date(ms).toISOString();

const call = (who, sent, more) => ({ who, sent, received: sent + 10, status: 200, ...more });

function claim(who, job, fence, start, more = {}) {
  const granted = { job: { id: job, startDate: at(start) }, fence, leaseExpiresOn: at(start + LEASE_MS) };
  return call(who, start, { kind: 'claim', requestId: `${job}-${fence}`, json: { claims: [granted] }, ...more });
}

const beat = (who, job, fence, sent, more = {}) => call(who, sent,
  { kind: 'beat', job, fence, json: { leaseExpiresOn: at(sent + LEASE_MS) }, ...more });

function report(who, job, fence, sent, body, more = {}) {
  const held = body.state === undefined ? { leaseExpiresOn: at(sent + LEASE_MS) } : {};
  const after = { id: job, state: body.state ?? 'RUNNING', lastModifiedOn: at(sent), message: body.message };
  return call(who, sent, { kind: 'report', job, fence, body, etag: `"${sent}"`, json: { job: after, ...held }, ...more });
}

const end = (who, job, fence, sent, more = {}) => report(who, job, fence, sent,
  { state: 'COMPLETED', message: `${who} ${fence}` }, more);
// The next job comes along.
const chain = (from, to) => {
  const { json: { claims }, requestId } = to;
  return { ...from, body: { ...from.body, next: { requestId } }, json: { ...from.json, claims } };
};
const look = (who, job, fence, sent, change, more = {}) => call(who, sent,
  { kind: 'look', job, fence, etag: `"${change}"`, json: { id: job }, ...more });
const refused = { status: 409, json: { errorCode: 'leaseLost', userMessage: 'no' } };
const unanswered = { received: null, status: undefined, json: undefined, etag: undefined };
const final = (message, state = 'COMPLETED', id = 'j') => ({ id, state, message });

function faults(calls, finals = [final('a 1')], created = [{ id: 'j', attempts: PLENTY }]) {
  return faultsOf({ calls, finals, created, leaseMs: LEASE_MS });
}

const DONE = [final('a 1'), final('a 1', 'COMPLETED', 'k')];
const BOTH = [{ id: 'j', attempts: 1 }, { id: 'k', attempts: 1 }];

describe('good histories', () => {
  const good = {
    'claimed, beaten, ended': [[claim('a', 'j', 1, 0), beat('a', 'j', 1, 4000), end('a', 'j', 1, 8000)]],
    'the same ending twice': [[claim('a', 'j', 1, 0), end('a', 'j', 1, 100), end('a', 'j', 1, 100)]],
    'the same claim twice': [[claim('a', 'j', 1, 0), claim('a', 'j', 1, 0), end('a', 'j', 1, 100)]],
    'lost, then another’s, and the first one refused': [[claim('a', 'j', 1, 0), claim('b', 'j', 2, 9000),
      beat('a', 'j', 1, 9500, refused), end('a', 'j', 1, 9600, refused), end('b', 'j', 2, 9700)], [final('b 2')]],
    'released by a report without an answer': [[claim('a', 'j', 1, 0),
      report('a', 'j', 1, 50, { state: 'WAITING' }, unanswered), claim('b', 'j', 2, 100), end('b', 'j', 2, 200)], [final('b 2')]],
    'ended, and the next one ended': [[claim('a', 'j', 1, 0), chain(end('a', 'j', 1, 100), claim('a', 'k', 1, 100)),
      end('a', 'k', 1, 200)], DONE, BOTH],
    'the same, and again, and nothing more': [[claim('a', 'j', 1, 0), chain(end('a', 'j', 1, 100), claim('a', 'k', 1, 100)),
      chain(end('a', 'j', 1, 100), claim('a', 'k', 1, 100)), claim('a', 'k', 1, 100), end('a', 'k', 1, 200)],
    DONE, BOTH],
    'ended, and the next one granted by the next change': [[claim('a', 'j', 1, 0),
      chain(end('a', 'j', 1, 100), claim('a', 'k', 1, 100)), look('a', 'k', 1, 110, 101), end('a', 'k', 1, 200)], DONE, BOTH],
    'ended at last, and a later one granted when asked again': [[claim('a', 'j', 1, 0), end('a', 'j', 1, 100, unanswered),
      chain(end('a', 'j', 1, 100), claim('a', 'k', 1, 120)), look('a', 'k', 1, 130, 120), end('a', 'k', 1, 200)], DONE, BOTH],
    'looked at after a report': [[claim('a', 'j', 1, 0), chain(end('a', 'j', 1, 100), claim('a', 'k', 1, 100)),
      report('a', 'k', 1, 110, {}), look('a', 'k', 1, 120, 110), end('a', 'k', 1, 200)], DONE, BOTH],
    'looked at when it may be another’s': [[claim('a', 'j', 1, 0), chain(end('a', 'j', 1, 100), claim('a', 'k', 1, 100)),
      look('a', 'k', 1, 5200, 5150), claim('a', 'k', 2, 5150), end('a', 'k', 2, 5300)], [final('a 1'), final('a 2', 'COMPLETED', 'k')], BOTH],
    'ended by a report without an answer': [[claim('a', 'j', 1, 0), end('a', 'j', 1, 100, unanswered)]],
    'every attempt lost': [[claim('a', 'j', 1, 0)], [final('Worker lost', 'FAILED')], [{ id: 'j', attempts: 1 }]],
    'refused long after': [[claim('a', 'j', 1, 0), end('a', 'j', 1, 5100, refused), claim('a', 'j', 2, 9000),
      end('a', 'j', 2, 9100)], [final('a 2')]],
  };
  for (const [name, history] of Object.entries(good)) test(name, () => assert.deepEqual(faults(...history), []));
});

describe('faults', () => {
  const lateEnd = end('b', 'j', 2, 4000);
  const bad = {
    'held by two': [[claim('a', 'j', 1, 0), claim('b', 'j', 2, 3000), lateEnd], [final('b 2')]],
    'held by two: j fence 1 until 8950': [[claim('a', 'j', 1, 0), beat('a', 'j', 1, 4000), claim('b', 'j', 2, 6000), end('b', 'j', 2, 7000)],
      [final('b 2')]],
    'stale fence accepted: beat': [[claim('a', 'j', 1, 0), claim('b', 'j', 2, 9000), beat('a', 'j', 1, 9500),
      end('b', 'j', 2, 9700)], [final('b 2')]],
    'stale fence accepted: report': [[claim('a', 'j', 1, 0), claim('b', 'j', 2, 9000), end('a', 'j', 1, 9500),
      end('b', 'j', 2, 9700, refused)]],
    'one fence, two holders': [[claim('a', 'j', 1, 0), claim('b', 'j', 1, 10), end('a', 'j', 1, 100)]],
    'one claim, two jobs': [[claim('a', 'j', 1, 0), claim('a', 'k', 1, 10, { requestId: 'j-1' }), end('a', 'j', 1, 100),
      end('a', 'k', 1, 110)], DONE, BOTH],
    'one claim, two jobs: a k-1': [[claim('a', 'j', 1, 0), chain(end('a', 'j', 1, 100), claim('a', 'k', 1, 100)),
      claim('a', 'i', 1, 110, { requestId: 'k-1' }), end('a', 'k', 1, 200)], [final('a 1')]],
    'one fence, two holders: k': [[claim('a', 'j', 1, 0), chain(end('a', 'j', 1, 100), claim('a', 'k', 1, 100)),
      claim('b', 'k', 1, 110), end('a', 'k', 1, 200)], [final('a 1')]],
    'ended and granted apart': [[claim('a', 'j', 1, 0), chain(end('a', 'j', 1, 100), claim('a', 'k', 1, 100)),
      look('a', 'k', 1, 110, 102), end('a', 'k', 1, 200)], DONE, BOTH],
    'holder refused': [[claim('a', 'j', 1, 0), beat('a', 'j', 1, 4000), beat('a', 'j', 1, 6000, refused), end('a', 'j', 1, 6100)]],
    'ended twice': [[claim('a', 'j', 1, 0), end('a', 'j', 1, 100), end('a', 'j', 1, 200)]],
    'acknowledged ending undone': [[claim('a', 'j', 1, 0), end('a', 'j', 1, 100), claim('b', 'j', 2, 200),
      end('b', 'j', 2, 300, unanswered)], [final('b 2')]],
    'an ending of nobody': [[claim('a', 'j', 1, 0)], [final('c 3')]],
    'given up too early': [[claim('a', 'j', 1, 0)], [final('Worker lost', 'FAILED')]],
    'not ended': [[claim('a', 'j', 1, 0)], [final(undefined, 'RUNNING')]],
    lost: [[], []],
    'created by nobody': [[claim('a', 'j', 1, 0), end('a', 'j', 1, 100)], [final('a 1'), final('a 1', 'COMPLETED', 'k')]],
    'unexpected answer': [[claim('a', 'j', 1, 0), beat('a', 'j', 1, 10, { status: 500, json: {} }), end('a', 'j', 1, 100)]],
    'unexpected refusal': [[claim('a', 'j', 1, 0), end('a', 'j', 1, 100),
      beat('a', 'j', 1, 110, { status: 409, json: { errorCode: 'conflict' } })]],
    'accepted without a lease': [[claim('a', 'j', 1, 0), beat('a', 'j', 1, 10, { json: {} }), end('a', 'j', 1, 100)]],
  };
  for (const [name, history] of Object.entries(bad)) {
    test(name, () => {
      const found = faults(...history);
      assert.ok(found.some((fault) => fault.startsWith(name)), JSON.stringify(found));
    });
  }
});

test('the statistics say what happened', () => {
  const calls = [claim('a', 'j', 1, 0), claim('a', 'j', 1, 0), beat('a', 'j', 1, 10, unanswered), claim('b', 'j', 2, 9000),
    end('a', 'j', 1, 9100, refused), chain(end('b', 'j', 2, 9200), claim('b', 'k', 1, 9200)),
    look('b', 'k', 1, 9300, 9201)];
  assert.deepEqual(statisticsOf({ calls, finals: [final('b 2')] }),
    { calls: 7, unanswered: 1, leases: 3, chained: 1, chainsSeen: 1, replays: 1, retaken: 1, refused: 1, completed: 1,
      lost: 0 });
});
