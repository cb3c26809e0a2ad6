// work: the next job that comes along with the end of one, and what becomes of it when that goes wrong.
import test from 'node:test';
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { WHOAMI, alice, call, createJob, eventually, startJobd } from '../api/harness.mjs';
import { freshType } from '../api/support.mjs';
import { GO, relayTo, workersOf } from './worker.mjs';

const server = await startJobd();
const { startWorker, jobNow, untilState } = workersOf(server);

test('the report of an end brings the next job along', async () => {
  const type = freshType();
  const jobs = [];
  for (let i = 0; i < 3; i++) jobs.push(await createJob(server, alice, { type }));
  const asked = { 'POST /rest/jobd/v1/claims': 0, 'PATCH /rest/jobd/v1/jobs/': 0 };
  const relay = await relayTo(server, (text) => {
    for (const line of Object.keys(asked)) asked[line] += text.startsWith(line);
    return false;
  });
  const { lines, stop } = startWorker('echo "$JOBD_JOB_ID" >>"$DIR/runs"', { url: relay.url, type });
  for (const { id } of jobs) await untilState(id, 'COMPLETED');
  // It claims before the first, and when there is no other.
  await eventually(() => asked['POST /rest/jobd/v1/claims'] === 2, 'the second claim');
  assert.equal(asked['PATCH /rest/jobd/v1/jobs/'], 3);
  assert.deepEqual(lines('runs'), jobs.map(({ id }) => id));
  await stop();
});

test('a job that came along with an end is not lost with the answer', async () => {
  const type = freshType();
  const jobs = [await createJob(server, alice, { type }), await createJob(server, alice, { type })];
  const relay = await relayTo(server, (text) => text.includes('"next"'));
  const { lines, stop } = startWorker('echo "$JOBD_JOB_ID $JOBD_FENCE" >>"$DIR/runs"', { url: relay.url, type });
  for (const { id } of jobs) await untilState(id, 'COMPLETED');
  assert.equal(relay.cuts(), 1);
  assert.deepEqual(lines('runs'), jobs.map(({ id }) => `${id} 1`));
  await stop();
});

test('nor where the report cannot be repeated', async () => {
  const type = freshType();
  const again = await createJob(server, alice, { type, maxAttempts: 2 });
  const other = await createJob(server, alice, { type, name: 'other' });
  const relay = await relayTo(server, (text) => text.includes('"retry"'));
  const { lines, stop } = startWorker('echo "$JOBD_JOB_ID $JOBD_FENCE" >>"$DIR/runs"; [ "$JOBD_JOB_NAME" = other ]', { url: relay.url, type });
  await untilState(other.id, 'COMPLETED');
  assert.equal(relay.cuts(), 1);
  assert.deepEqual(lines('runs'), [`${again.id} 1`, `${other.id} 1`]);
  await stop();
});

test('a job that was granted to a lost answer is heard of at once', async () => {
  const type = freshType();
  const jobs = [await createJob(server, alice, { type }), await createJob(server, alice, { type })];
  const beats = [];
  const relay = await relayTo(server, (text) => {
    beats.push(...[...text.matchAll(/^PUT \S+\/jobs\/(\S+)\/lease/gm)].map(([, id]) => id));
    return text.includes('"next"');
  });
  // A third of the lease is longer than anything here waits.
  const { touch, stop } = startWorker(`[ "$JOBD_JOB_ID" = ${jobs[0].id} ] || ${GO}`, { url: relay.url, type, options: ['--lease', '1h'] });
  await eventually(() => beats.length > 0, 'a heartbeat');
  assert.deepEqual(beats, [jobs[1].id]);
  touch('go');
  await untilState(jobs[1].id, 'COMPLETED');
  await stop();
});

test('a report whose answer tells of no claims is taken, and its claim asked for again', async () => {
  const type = freshType();
  const jobs = [await createJob(server, alice, { type }), await createJob(server, alice, { type })];
  const ids = [];
  const relay = await relayTo(server, (text) => {
    ids.push(...[...text.matchAll(/^(PATCH|POST) [^]*"requestId":"([^"]+)"/g)].map(([, method, id]) => `${method} ${id}`));
    return text.includes('"next"');
  }, (client, bytes) => client.write(bytes.toString('latin1').replace('"claims":', '"unread":'), 'latin1'));
  const { lines, stop, so_far } = startWorker('echo "$JOBD_JOB_ID $JOBD_FENCE" >>"$DIR/runs"', { url: relay.url, type });
  for (const { id } of jobs) await untilState(id, 'COMPLETED');
  assert.equal(relay.cuts(), 1);
  assert.deepEqual(lines('runs'), jobs.map(({ id }) => `${id} 1`));
  const at = ids.findIndex((id) => id.startsWith('PATCH'));
  assert.equal(ids[at + 1], ids[at].replace('PATCH', 'POST'));
  await stop();
  assert.equal(so_far('stderr'), '');
});

test('an account that may claim no more still reports the end of what it has', async () => {
  const account = { name: 'demoted', role: 'worker', password: 'demoted-password' };
  await server.addUser(account);
  const role = async () => (await call(server, 'GET', WHOAMI, { auth: account })).json.role;
  await eventually(async () => await role() === 'worker', 'the account');
  const { submit, touch, lines, ended } = startWorker(`echo "$JOBD_FENCE" >>"$DIR/runs"; ${GO}`, { account });
  const { id } = await submit({ maxAttempts: 2 });
  await eventually(() => lines('runs').length > 0, 'the command');
  assert.equal((await server.user(['role', account.name, '--role', 'user'])).code, 0);
  await eventually(async () => await role() === 'user', 'the new role');
  touch('go');
  assert.equal((await untilState(id, 'COMPLETED')).result, 'SUCCESS');
  assert.deepEqual(lines('runs'), ['1']);
  const { code, stderr } = await ended;
  assert.notEqual(code, 0);
  assert.doesNotMatch(stderr, /was not reported/);
});

// Whether a worker that was told to end while the answer was on its way gave back what came with it.
async function givesBack() {
  const type = freshType();
  const jobs = [await createJob(server, alice, { type }), await createJob(server, alice, { type })];
  let deliver;
  const relay = await relayTo(server, (text) => text.includes('"next"'), (client, bytes) => { deliver = () => client.write(bytes); });
  const { child, ended, lines } = startWorker('echo "$JOBD_JOB_ID" >>"$DIR/runs"', { url: relay.url, type });
  await untilState(jobs[1].id, 'RUNNING');
  await eventually(() => deliver, 'the answer');
  child.kill('SIGTERM');
  await sleep(300); // which it mostly has noticed then
  deliver();
  assert.equal((await ended).code, 0);
  const { state } = await jobNow(jobs[1].id);
  assert.equal(lines('runs').length, state === 'WAITING' ? 1 : 2);
  return state === 'WAITING';
}

test('a job that comes along when a worker is to end is given back', async () => {
  assert.ok(await eventually(givesBack, 'a worker that is told in time'));
});
