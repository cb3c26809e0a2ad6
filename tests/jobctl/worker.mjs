// jobctl work, started on a type of its own, and ways to its server that lose answers.
import { after } from 'node:test';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { alice, createJob, eventually, tempDir, worker } from '../api/harness.mjs';
import { freshType, get } from '../api/support.mjs';
import { User } from './jobctl.mjs';

const traces = tempDir();

// What a command waits with for a touch('go').
export const GO = 'while [ ! -e "$DIR/go" ]; do sleep 0.05; done';

// Workers of this server, and its jobs: { startWorker, jobNow, jobThat, untilState }.
export function workersOf(server) {
  const jobNow = async (id, on = server) => (await get(on, alice, id)).json;

  function jobThat(id, predicate, on = server) {
    return eventually(async () => {
      const job = await jobNow(id, on);
      return predicate(job) && job;
    }, `the job ${id}`);
  }

  const untilState = (id, state, on) => jobThat(id, (job) => job.state === state, on);

  // A worker of a type of its own: { type, dir, submit, child, ended, so_far }. `script` is the
  // command, run with $DIR as a directory to leave traces in.
  function startWorker(script, { options = [], env = {}, url = server.url, on = server, account = worker, type = freshType(), dir = fs.mkdtempSync(path.join(traces, 'dir-')), ...more } = {}) {
    const user = new User(url, account);
    const args = ['work', '--type', type, ...options, '--', 'sh', '-c', script];
    const started = user.start(args, { env: { DIR: dir, ...env }, ...more });
    after(() => started.child.kill('SIGKILL'));
    return {
      ...started,
      type,
      dir,
      submit: (fields = {}) => createJob(on, alice, { type, ...fields }),
      has: (name) => fs.existsSync(path.join(dir, name)),
      read: (name) => fs.readFileSync(path.join(dir, name), 'utf8'),
      lines: (name) => { try { return fs.readFileSync(path.join(dir, name), 'utf8').trimEnd().split('\n'); } catch { return []; } },
      touch: (name) => fs.writeFileSync(path.join(dir, name), ''),
      async stop() {
        started.child.kill('SIGTERM');
        return started.ended;
      },
    };
  }

  return { startWorker, jobNow, jobThat, untilState };
}

// A way to the server that cuts the first answer `isHit(request)` asks it to, or does something else with its client;
// `isHit` sees all requests.
export async function relayTo(target, isHit, onHit = (client) => client.destroy()) {
  let cuts = 0;
  const relay = net.createServer((socket) => {
    const upstream = net.connect(target.port, '127.0.0.1');
    let hit = false;
    socket.on('error', () => {}).on('close', () => upstream.destroy());
    upstream.on('error', () => {}).on('close', () => socket.destroy());
    socket.on('data', (bytes) => { hit = (isHit(bytes.toString('latin1')) && cuts === 0) || hit; upstream.write(bytes); });
    upstream.on('data', (bytes) => {
      if (!hit) { socket.write(bytes); return; }
      hit = false;
      cuts += 1;
      onHit(socket, bytes);
    });
  });
  await new Promise((resolve) => relay.listen(0, '127.0.0.1', resolve));
  after(() => relay.close());
  return { url: `http://127.0.0.1:${relay.address().port}`, cuts: () => cuts };
}
