// GET /rest/jobd/v1/statistics: how jobs ended, by type over time.
import test from 'node:test';
import assert from 'node:assert/strict';
import {
  alice,
  assertError,
  call,
  createJob,
  eventually,
  JOBS,
  reader,
  startJobd,
  worker,
} from './harness.mjs';
import { claimed, tell } from './leases.mjs';
import { freshType, oneOfEach, report } from './support.mjs';

const STATISTICS = '/rest/jobd/v1/statistics';
const server = await startJobd();

async function statistics(hours, on = server) {
  const query = hours === undefined ? '' : `?hours=${hours}`;
  const answer = await call(on, 'GET', `${STATISTICS}${query}`, { auth: reader });
  assert.equal(answer.status, 200, answer.text);
  return answer.json;
}

// The sums of all points of a type; undefined when it is not there.
function sums({ types }, type) {
  const points = types.find((one) => one.type === type)?.points;
  const sum = (name) => points.reduce((total, point) => total + point[name], 0);
  return points && ['succeeded', 'failed', 'aborted'].map(sum);
}

test('every ending counts, and what is deleted later still does', async () => {
  const type = freshType();
  await oneOfEach(server, alice, type);
  for (const hours of [undefined, 1, 24, 168, 744]) {
    assert.deepEqual(sums(await statistics(hours), type), [4, 2, 4]);
  }
  const gone = await createJob(server, alice, { type });
  await call(server, 'DELETE', `${JOBS}/${gone.id}`, { auth: alice });
  assert.deepEqual(sums(await statistics(), type), [4, 2, 5]);
});

test('a job counts once, whoever ends it how often', async () => {
  const type = freshType();
  await createJob(server, alice, { type, maxAttempts: 2 });
  const [{ job, fence }] = await claimed(server, type);
  await tell(server, worker, job.id, fence, { state: 'FAILED', retry: true, delaySeconds: 0 });
  assert.equal(sums(await statistics(), type), undefined);
  const again = await createJob(server, alice, { type });
  for (let i = 0; i < 3; i++) await report(server, alice, again.id, { state: 'COMPLETED' });
  assert.deepEqual(sums(await statistics(), type), [1, 0, 0]);
});

test('the time between start and end is summed', async () => {
  const type = freshType();
  const job = await createJob(server, alice, { type }, { state: 'RUNNING' });
  await new Promise((resolve) => setTimeout(resolve, 50)); // only more time could pass
  const { json } = await report(server, alice, job.id, { state: 'FAILED' });
  await createJob(server, alice, { type }, { state: 'COMPLETED' }); // ran for no time
  const ran = (Date.parse(json.job.endDate) - Date.parse(json.job.startDate)) / 1000;
  const { types } = await statistics(1);
  const { points } = types.find((one) => one.type === type);
  const seconds = points.reduce((sum, point) => sum + point.seconds, 0);
  assert.ok(ran >= 0.05 && Math.abs(seconds - ran) < 0.0005, `${seconds} for ${ran}`);
});

test('a window is whole steps, the last of which goes on', async () => {
  for (const [hours, step] of [
    [1, 60],
    [3, 120],
    [24, 900],
    [168, 7200],
    [744, 28800],
  ]) {
    const { from, to, stepSeconds } = await statistics(hours);
    const [begin, end, width] = [Date.parse(from), Date.parse(to), stepSeconds * 1000];
    assert.equal(stepSeconds, step);
    assert.equal(end - begin, hours * 3_600_000);
    assert.ok(begin % width === 0 && end > Date.now() - 60_000 && end <= Date.now() + width);
  }
  assert.equal((await statistics()).stepSeconds, 900);
});

test('points lie in the window, in order', async () => {
  await createJob(server, alice, {}, { state: 'FAILED' });
  const { from, to, stepSeconds, types } = await statistics(744);
  for (const { points } of types) {
    const times = points.map((point) => Date.parse(point.at));
    assert.deepEqual(times, [...times].sort());
    for (const at of times) {
      assert.ok(at >= Date.parse(from) && at < Date.parse(to) && at % (stepSeconds * 1000) === 0);
    }
  }
});

test('of many types the busiest come first, and the rest together', async () => {
  const own = await startJobd();
  for (let i = 0; i < 22; i++) {
    for (let j = 0; j < (i === 7 ? 3 : 1); j++) {
      await createJob(own, alice, { type: `T${String(i).padStart(2, '0')}` }, { state: 'FAILED' });
    }
  }
  const { types } = await statistics(1, own);
  assert.equal(types.length, 21);
  assert.deepEqual([types[0].type, types[1].type, types[20].type], ['T07', 'T00', '']);
  assert.deepEqual(sums({ types }, ''), [0, 2, 0]);
});

test('nothing is lost or counted twice when the daemon is killed', async () => {
  const own = await startJobd();
  let ended = 0;
  for (let round = 0; round < 3; round++) {
    let killed = false;
    const produce = async () => {
      while (!killed) {
        const job = await createJob(own, alice).catch(() => null);
        const told = job && (await report(own, alice, job.id, { state: 'COMPLETED' }).catch(() => 0));
        if (!told) return;
        ended += 1;
      }
    };
    const producers = Array.from({ length: 8 }, produce);
    const enough = ended + 50;
    await eventually(() => ended >= enough, 'fifty ends');
    killed = true;
    await own.kill();
    await Promise.all(producers);
    await own.restart();
    const counted = sums(await statistics(1, own), 'TEST')[0];
    const answer = await call(own, 'GET', '/rest/jobd/v1/summary', { auth: reader });
    assert.equal(counted, answer.json.states.COMPLETED);
    assert.ok(counted >= ended, `${counted} of ${ended} acknowledged`);
  }
});

for (const hours of ['0', '745', '-1', '1.5', 'day']) {
  test(`hours=${hours} is refused`, async () => {
    const answer = await call(server, 'GET', `${STATISTICS}?hours=${hours}`, { auth: reader });
    assertError(answer, 400, 'invalidRequest', /hours must be a whole number from 1 to 744/);
  });
}

test('who is not signed in learns nothing', async () =>
  assertError(await call(server, 'GET', STATISTICS), 401, 'notAuthenticated'));
