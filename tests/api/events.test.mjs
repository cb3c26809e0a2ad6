// The events: what is told to whom, in which form, from where on, and until when.
import test, { describe } from 'node:test';
import assert from 'node:assert/strict';
import {
  admin,
  alice,
  assertError,
  bob,
  call,
  createJob,
  eventually,
  JOBS,
  reader,
  startJobd,
} from './harness.mjs';
import { EVENTS, follow, followNow } from './events.mjs';
import { metric } from './leases.mjs';
import { signedIn, signOut } from './sessions.mjs';
import { checkJob } from './schemas.mjs';
import { createJobs, freshType, get, report } from './support.mjs';

const server = await startJobd();

async function lastChange() {
  const { headers } = await get(server, alice, (await createJob(server, alice)).id);
  return Number(headers.etag.slice(1, -1));
}

function refused(query, headers = {}) {
  return call(server, 'GET', `${EVENTS}?${query}`, { auth: alice, headers });
}

describe('what is told', () => {
  test('each change of a job, in order, with its number', async () => {
    const type = freshType();
    const stream = await followNow(server, reader, { query: `type=${type}` });
    const job = await createJob(server, alice, { type });
    const first = await stream.expect('job');
    assert.deepEqual(first.data, job);
    await report(server, alice, job.id, { state: 'RUNNING', progressPercentage: 42 });
    const second = await stream.expect('job');
    checkJob(second.data);
    const now = await get(server, alice, job.id);
    assert.deepEqual(second.data, now.json);
    assert.equal(`"${second.id}"`, now.headers.etag);
    assert.ok(second.id > first.id);
    stream.cut();
  });

  test('a deletion is a change', async () => {
    const type = freshType();
    const job = await createJob(server, alice, { type });
    const stream = await followNow(server, reader, { query: `type=${type}` });
    await call(server, 'DELETE', `${JOBS}/${job.id}`, { auth: alice });
    assert.equal((await stream.expect('job')).data.state, 'DELETED');
    stream.cut();
  });

  test('what changes nothing tells nothing', async () => {
    const type = freshType();
    const job = await createJob(server, alice, { type }, { state: 'COMPLETED' });
    const stream = await followNow(server, reader, { query: `type=${type}` });
    await report(server, alice, job.id, { state: 'COMPLETED' });
    await createJob(server, alice, { type, name: 'behind it' });
    assert.equal((await stream.expect('job')).data.name, 'behind it');
    stream.cut();
  });

  test('long texts come whole', async () => {
    const type = freshType();
    const stream = await followNow(server, reader, { query: `type=${type}` });
    const message = '"\\\n€'.repeat(1000);
    const job = await createJob(server, alice, { type, message, name: '\u{1F600}'.repeat(2000) });
    assert.deepEqual((await stream.expect('job')).data, job);
    stream.cut();
  });

  test('a job that does not match any more is gone', async () => {
    const type = freshType();
    const stream = await followNow(server, reader, { query: `type=${type}&state=RUNNING` });
    const job = await createJob(server, alice, { type });
    assert.deepEqual((await stream.expect('gone')).data, { id: job.id });
    await report(server, alice, job.id, { state: 'RUNNING' });
    assert.equal((await stream.expect('job')).data.state, 'RUNNING');
    await report(server, alice, job.id, { state: 'COMPLETED' });
    const gone = await stream.expect('gone');
    assert.deepEqual(gone.data, { id: job.id });
    assert.equal(`"${gone.id}"`, (await get(server, alice, job.id)).headers.etag);
    stream.cut();
  });

  test('what a filter excludes for good is not told', async () => {
    const type = freshType();
    const mine = await createJob(server, alice, { type, name: 'Xylophone' });
    const his = await createJob(server, bob, { type, name: 'xylograph' });
    const other = await createJob(server, alice, { type: `${type}-other`, name: 'Zither' });
    const filters = {
      [`user=${mine.user}`]: [other, mine],
      'name=XYLO&nameMatchMode=START': [his, mine],
      'name=Xylophone&nameMatchMode=EXACT': [mine],
      [`type=${type}&type=none`]: [his, mine],
    };
    const streams = await Promise.all(
      Object.keys(filters).map((query) => followNow(server, reader, { query })),
    );
    await report(server, alice, other.id, { state: 'RUNNING' });
    await report(server, bob, his.id, { state: 'RUNNING' });
    await report(server, alice, mine.id, { state: 'RUNNING' });
    for (const [i, expected] of Object.values(filters).entries()) {
      for (const { id } of expected) assert.equal((await streams[i].expect('job')).data.id, id);
      streams[i].cut();
    }
  });

  test('order, pages and unknown parameters have no effect', async () => {
    const type = freshType();
    const query = `type=${type}&sortField=NAME&sortOrder=ASC&pageSize=1&cursor=x&what=ever`;
    const stream = await followNow(server, reader, { query });
    const jobs = await createJobs(server, alice, [
      { type, name: 'b' },
      { type, name: 'a' },
    ]);
    for (const job of jobs) assert.deepEqual((await stream.expect('job')).data, job);
    stream.cut();
  });
});

describe('where it begins', () => {
  test('now, unless told otherwise', async () => {
    const last = await lastChange();
    const stream = await follow(server, reader);
    const synced = await stream.expect('synced');
    assert.ok(synced.id >= last);
    assert.deepEqual(synced.data, {});
    stream.cut();
  });

  test('behind a change', async () => {
    const type = freshType();
    const jobs = await createJobs(server, alice, Array.from({ length: 3 }, () => ({ name: 'n', type })));
    const all = await follow(server, reader, { query: `type=${type}&after=0` });
    const first = await all.expect('job');
    for (const start of [{ query: `after=${first.id}` }, { headers: { 'Last-Event-ID': first.id } },
      { query: 'after=0', headers: { 'Last-Event-ID': `${first.id}` } },
      { query: `snapshot=true`, headers: { 'Last-Event-ID': `${first.id}` } }]) {
      const query = `type=${type}&${start.query ?? ''}`;
      const stream = await follow(server, reader, { ...start, query });
      assert.deepEqual((await stream.expect('job')).data, jobs[1]);
      assert.deepEqual((await stream.expect('job')).data, jobs[2]);
      await stream.expect('synced');
      stream.cut();
    }
    all.cut();
  });

  test('with everything there is', async () => {
    const type = freshType();
    const drafts = Array.from({ length: 300 }, (_, i) => ({ name: `${i}`, type }));
    const jobs = await createJobs(server, alice, drafts);
    await report(server, alice, jobs[0].id, { state: 'RUNNING' });
    const stream = await follow(server, reader, { query: `type=${type}&snapshot=true` });
    await stream.next(({ event }) => event === 'synced');
    const told = stream.all.filter(({ event }) => event === 'job').map(({ data }) => data.name);
    // The first one may be told as it was, too, where the daemon still knows that by an earlier reader.
    assert.deepEqual([...new Set(told.reverse())].reverse(), [...drafts.slice(1).map(({ name }) => name), '0']);
    stream.cut();
  });

  test('nothing is gone that was never there', async () => {
    const type = freshType();
    const job = await createJob(server, alice, { type }, { state: 'COMPLETED' });
    const stream = await follow(server, reader, { query: `type=${type}&state=RUNNING&after=0` });
    await stream.expect('synced');
    const again = await follow(server, reader, { query: `type=${type}&state=RUNNING&after=1` });
    assert.deepEqual((await again.expect('gone')).data, { id: job.id });
    stream.cut();
    again.cut();
  });

  test('not behind a change that has not been', async () => {
    for (const query of ['after=9007199254740991', 'after=9223372036854775807'])
      assertError(await refused(query), 400, 'invalidCursor', /has not been yet/);
  });

  test('not where nonsense says', async () => {
    for (const query of ['after=x', 'after=-1', 'after=1.5', 'after=99999999999999999999'])
      assertError(await refused(query), 400, 'invalidRequest', /after/);
    assertError(await refused('', { 'Last-Event-ID': 'x' }), 400, 'invalidRequest', /Last-Event-ID/);
    assertError(await refused('snapshot=x'), 400, 'invalidRequest', /snapshot/);
    assertError(await refused('after=1&after=2'), 400, 'invalidRequest', /after/);
    assertError(await refused('state=x'), 400, 'invalidRequest', /state/);
  });
});

describe('its form', () => {
  test('server-sent events that nobody keeps', async () => {
    const stream = await followNow(server, reader);
    assert.equal(stream.headers['content-type'], 'text/event-stream');
    assert.equal(stream.headers['cache-control'], 'no-store');
    assert.equal(stream.headers['x-accel-buffering'], 'no');
    stream.cut();
  });

  test('lines of JSON where they are accepted', async () => {
    const type = freshType();
    const accepts = ['application/x-ndjson', 'text/plain, Application/X-NDJSON;q=0.5'];
    for (const Accept of accepts) {
      const query = `type=${type}&state=WAITING`;
      const stream = await followNow(server, reader, { query, headers: { Accept } });
      assert.equal(stream.headers['content-type'], 'application/x-ndjson');
      const job = await createJob(server, alice, { type });
      const told = await stream.expect('job');
      assert.deepEqual(Object.keys(told), ['event', 'id', 'data']);
      assert.deepEqual(told.data, job);
      await report(server, alice, job.id, { state: 'RUNNING' });
      assert.deepEqual((await stream.expect('gone')).data, { id: job.id });
      stream.cut();
    }
  });

  test('a beat for those to whom nothing happens', async () => {
    const streams = await Promise.all(
      [false, true].map((lines) =>
        followNow(server, reader, { lines, query: `type=${freshType()}` }),
      ),
    );
    for (const stream of streams) {
      await eventually(() => stream.all.some(({ comment }) => comment === 'beat'), 'a beat');
      stream.cut();
    }
  });

  test('a beat says where to resume', async () => {
    const stream = await followNow(server, reader, { query: `type=${freshType()}` });
    const last = await lastChange();
    await eventually(() => stream.lastId >= last, 'a beat with an id');
    assert.equal(stream.all.at(-1).comment, 'beat');
    stream.cut();
  });

  test('HEAD has the head alone', async () => {
    const answer = await call(server, 'HEAD', EVENTS, { auth: reader });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['content-type'], 'text/event-stream');
  });
});

describe('its end', () => {
  test('is there with the account’s', async () => {
    for (const end of [['disable', 'leaver'], ['delete', 'leaver']]) {
      const leaver = { name: 'leaver', role: 'reader', password: 'leaver-password' };
      await server.addUser(leaver);
      const stream = await eventually(() => followNow(server, leaver));
      const done = await server.user(end);
      assert.equal(done.code, 0, done.stderr);
      assert.equal(await stream.untilEnd(), 'cleanly');
      if (end[0] === 'disable') await server.user(['delete', 'leaver']);
    }
  });

  test('comes with another password', async () => {
    const mover = { name: 'mover', role: 'reader', password: 'mover-password' };
    await server.addUser(mover);
    const token = await eventually(() => signedIn(server, mover));
    const Cookie = `jobd_session=${token}`;
    const streams = await Promise.all([[mover, {}], [undefined, { headers: { Cookie } }]].map(([auth, options]) => (
      eventually(() => followNow(server, auth, options)))));
    const done = await server.user(['passwd', 'mover', '--password-stdin'], 'another-password\n');
    assert.equal(done.code, 0, done.stderr);
    for (const stream of streams) assert.equal(await stream.untilEnd(), 'cleanly');
  });

  test('comes with signing out', async () => {
    const [left, kept] = [await signedIn(server, alice), await signedIn(server, alice)];
    const [first, second] = await Promise.all([left, kept].map((token) => (
      followNow(server, undefined, { headers: { Cookie: `jobd_session=${token}` } }))));
    assert.equal((await signOut(server, left)).status, 204);
    assert.equal(await first.untilEnd(), 'cleanly');
    assert.equal(second.ended, false);
    second.cut();
  });

  test('comes with the server’s', async () => {
    const other = await startJobd({ users: [alice] });
    const streams = await Promise.all([1, 2, 3].map(() => followNow(other, alice)));
    const began = Date.now();
    await other.stop();
    assert.ok(Date.now() - began < 5000, 'it stops at once');
    for (const stream of streams) assert.equal(await stream.untilEnd(), 'cleanly');
  });

  test('is noticed when a client hangs up, and makes room', async () => {
    const other = await startJobd({ daemons: 1, users: [alice], args: ['--max-event-readers', '2'] });
    const streams = await Promise.all([1, 2].map(() => followNow(other, alice)));
    const full = await call(other, 'GET', EVENTS, { auth: alice, allow: [503] });
    assertError(full, 503, 'tooManyReaders');
    assert.equal(full.headers['retry-after'], '1');
    assert.equal(await metric(other, 'jobd_feed_readers'), 2);
    streams[0].cut();
    const third = await eventually(() => followNow(other, alice), 'room');
    third.cut();
    streams[1].cut();
    await eventually(async () => (await metric(other, 'jobd_feed_readers')) === 0, 'no readers');
    const line = await other.waitForLog((_, { route, status }) => route === EVENTS && status === '200');
    assert.match(line, /account=alice/);
  });
});

test('credentials are needed', async () => {
  assertError(await call(server, 'GET', EVENTS), 401, 'notAuthenticated');
  assertError(await call(server, 'POST', EVENTS, { auth: admin, body: {} }), 405, 'methodNotAllowed');
});
