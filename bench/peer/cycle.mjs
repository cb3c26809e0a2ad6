// What the clients of the peers share: creating, taking and ending jobs over and over, and timing it.
//
// A client gives serve(open); open(address) gives, connected,
//   put()                   creates a job; resolves when that is acknowledged
//   work(slots, taken, ended)   so many workers at once take and end jobs: taken() when one is held, ended() when its end
//                           is acknowledged; resolves once they wait for jobs
//   pollMs                  how often its workers look, where they are not told
//   close()
// usage: node CLIENT ADDRESS JOBS PRODUCERS WORKERS   the seconds from the first create to the last end
//        node CLIENT ADDRESS JOBS 0 0                 milliseconds from create to taken, one a line
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

const PAUSE_MS = 5;

const now = () => Number(process.hrtime.bigint()) / 1e6;

// In a process of its own, as producers are.
async function produce(open, [address, jobs, producers]) {
  const client = await open(address);
  let left = Number(jobs);
  process.send('ready');
  await once(process, 'message');
  await Promise.all(Array.from({ length: Number(producers) }, async () => {
    while (left-- > 0) await client.put();
  }));
  await client.close();
  process.disconnect();
}

async function measureRate(open, [address, jobs, producers, workers]) {
  const client = await open(address);
  const wanted = Number(jobs);
  let count = 0;
  let finish;
  const finished = new Promise((resolve) => { finish = resolve; });
  await client.work(Number(workers), () => {}, () => { if ((count += 1) === wanted) finish(); });
  const producer = fork(process.argv[1], ['produce', address, jobs, producers]);
  const left = once(producer, 'exit');
  await once(producer, 'message');
  const begun = now();
  producer.send('go');
  await finished;
  console.log((now() - begun) / 1000);
  await left;
  await client.close();
}

async function measureLatency(open, [address, samples]) {
  const client = await open(address);
  let taken;
  let end;
  await client.work(1, () => { taken = now(); }, () => end());
  for (let i = 0; i < Number(samples); i++) {
    await sleep(PAUSE_MS + Math.random() * (client.pollMs ?? 0));
    const ended = new Promise((resolve) => { end = resolve; });
    await client.put();
    const acknowledged = now();
    await ended;
    console.log(taken - acknowledged);
  }
  await client.close();
}

export async function serve(open) {
  const [first, ...rest] = process.argv.slice(2);
  if (first === 'produce') await produce(open, rest);
  else if (rest[1] === '0') await measureLatency(open, [first, ...rest]);
  else await measureRate(open, [first, ...rest]);
  process.exit(0);
}
