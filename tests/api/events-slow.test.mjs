// A reader of the events that takes nothing: it costs no memory, delays nobody, and is cut.
import test from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { alice, createJob, eventually, startJobd } from './harness.mjs';
import { follow, followNow } from './events.mjs';
import { metric } from './leases.mjs';
import { createJobs, freshType } from './support.mjs';

const BULKS = 6;
const LONG = 'long '.repeat(800);

function residentMib(server) {
  const status = fs.readFileSync(`/proc/${server.pid}/status`, 'utf8');
  return Number(status.match(/VmRSS:\s+(\d+)/)[1]) / 1024;
}

// 26 MB of events: more than a socket's buffers hold.
async function createMany(server, type) {
  const drafts = Array.from({ length: 1000 }, () => ({ name: 'n', message: LONG, type }));
  for (let i = 0; i < BULKS; i++) await createJobs(server, alice, drafts);
}

test('a reader that takes nothing is cut, and until then costs and delays nothing', async (t) => {
  const server = await startJobd({ args: ['--body-timeout', '5s'], users: [alice] });
  const type = freshType();
  await createMany(server, type); // what it takes without a reader
  const slow = await followNow(server, alice);
  slow.response.pause();
  const quick = await followNow(server, alice, { query: `type=${type}-last` });
  const before = residentMib(server);
  await createMany(server, type);
  await createJob(server, alice, { type: `${type}-last` });
  await quick.expect('job');
  const more = residentMib(server) - before;
  t.diagnostic(`${more.toFixed(1)} MiB more`);
  assert.ok(more < 64, `${more} MiB more`);
  await eventually(async () => (await metric(server, 'jobd_feed_readers')) === 1, 'the cut');
  quick.cut();
  const seen = slow.lastId;
  slow.cut();
  const again = await follow(server, alice, { headers: { 'Last-Event-ID': `${seen}` } });
  await again.next(({ data }) => data.type === `${type}-last`, 'the rest');
  again.cut();
});
