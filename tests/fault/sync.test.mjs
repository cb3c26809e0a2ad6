// An acknowledgement comes behind a sync, a sync serves many writes, and reads wait for none.
import test from 'node:test';
import assert from 'node:assert/strict';
import { alice, call, createJob, JOBS, OURS } from '../api/harness.mjs';
import { startOnDisk } from './fault.mjs';

const { server, disk } = await startOnDisk();
const auth = alice;
const create = (i) => call(server, 'POST', OURS, { auth, body: { name: `${i}`, type: 'SYNC' } });

test('every acknowledged write was synced', async (t) => {
  const job = await createJob(server, auth);
  const writes = {
    'a create': () => create('one'),
    'a create with a key': () => call(server, 'POST', OURS, {
      auth, body: { name: 'n', type: 'SYNC' }, headers: { 'Idempotency-Key': 'k' },
    }),
    'a bulk create': () => call(server, 'POST', `${OURS}/bulk`, { auth, body: { jobs: [{ name: 'n', type: 'T' }] } }),
    'a report': () => call(server, 'PATCH', `${OURS}/${job.id}`, { auth, body: { state: 'RUNNING' } }),
    'an ending': () => call(server, 'PATCH', `${OURS}/${job.id}`, { auth, body: { state: 'COMPLETED' } }),
    'a delete': () => call(server, 'DELETE', `${JOBS}/${job.id}`, { auth }),
  };
  for (const [what, write] of Object.entries(writes)) {
    await t.test(what, async () => {
      const before = disk.syncs();
      const answer = await write();
      assert.ok(answer.status < 300, answer.text);
      assert.ok(disk.syncs() > before, 'acknowledged without a sync');
    });
  }
});

// The background work of the store may sync too; what it adds is small beside one a write.
test('writes share their syncs', async () => {
  disk.set('sync_us', 20_000);
  const before = disk.syncs();
  await Promise.all(Array.from({ length: 512 }, (_, i) => create(i)));
  const syncs = disk.syncs() - before;
  disk.clear('sync_us');
  assert.ok(syncs <= 128, `${syncs} syncs for 512 writes`);
});

test('reads do not wait for a slow disk', async () => {
  const job = await createJob(server, auth);
  disk.set('sync_us', 1_500_000);
  let written = false;
  const writing = create('slow').then(() => { written = true; });
  for (let i = 0; i < 20; i++) {
    assert.equal((await call(server, 'GET', `${JOBS}/${job.id}`, { auth })).status, 200);
    assert.equal((await call(server, 'GET', `${JOBS}?type=SYNC`, { auth })).status, 200);
  }
  assert.equal(written, false, 'forty reads took longer than one slow sync');
  disk.clear('sync_us');
  await writing;
});
