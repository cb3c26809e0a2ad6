// Many clients that send at the very same moment, as those do that wait for the same commit.
import test from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { alice, basic, eventually, startJobd, WHOAMI } from './harness.mjs';
import { connect } from './raw.mjs';

const server = await startJobd({ args: ['--threads', '1'] });
const REQUEST = `GET ${WHOAMI} HTTP/1.1\r\nHost: x\r\nAuthorization: ${basic(alice)}\r\n\r\n`;

async function answers(clients) {
  for (const client of clients) assert.equal((await client.answer()).status, 200);
}

function isStopped(pid) {
  return fs.readdirSync(`/proc/${pid}/task`)
    .every((thread) => / T /.test(fs.readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')));
}

// As many events as libmicrohttpd asks the kernel for at once are the one number it trips over.
test('all of 128 are answered', async () => {
  const clients = await Promise.all(Array.from({ length: 128 }, () => connect(server)));
  await Promise.all(clients.map((client) => client.write(REQUEST)));
  await answers(clients);
  server.child.kill('SIGSTOP'); // so that it finds all of them at once
  await eventually(() => isStopped(server.pid), 'the stop of all threads');
  await Promise.all(clients.map((client) => client.write(REQUEST)));
  server.child.kill('SIGCONT');
  await answers(clients);
  for (const client of clients) client.destroy();
});
