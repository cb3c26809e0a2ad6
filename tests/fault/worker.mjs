// A worker of the test of workers: claims and runs jobs of one type, and records all it asks and is answered.
//
// usage: node worker.mjs SETTINGS, a JSON object: { port, authorization, type, name, file, seed, leaseSeconds, slots }
// Ends by SIGTERM once its jobs are done. Standard input ending means that the test is gone, and is the end as well.
import { setTimeout as sleep } from 'node:timers/promises';
import { CLAIMS, JOBS, OURS } from '../api/paths.mjs';
import { randomFrom } from './random.mjs';
import { Client, Recorder } from './record.mjs';

const settings = JSON.parse(process.argv[2]);
const random = randomFrom(settings.seed);
const client = new Client(settings.port, settings.authorization);
const recorder = new Recorder(settings.file, settings.name);
let draining = false;
process.on('SIGTERM', () => { draining = true; });
process.stdin.on('end', () => process.exit(1)).resume();

const chance = (percent) => random.below(100) < percent;
const PAUSE_MS = 200;

function wanted(requestId) {
  const { type, name, leaseSeconds } = settings;
  return { types: [type], workerId: name, leaseSeconds, requestId };
}

function claimOnce(requestId) {
  const body = { ...wanted(requestId), waitSeconds: 2 };
  return recorder.call(() => client.ask('POST', CLAIMS, { body }), { kind: 'claim', requestId });
}

function beat({ job, fence }) {
  const headers = { 'Lease-Fence': `${fence}` };
  const what = { kind: 'beat', job: job.id, fence };
  return recorder.call(() => client.ask('PUT', `${OURS}/${job.id}/lease`, { headers }), what);
}

function report({ job, fence }, body) {
  const headers = { 'Lease-Fence': `${fence}` };
  const what = { kind: 'report', job: job.id, fence, body };
  return recorder.call(() => client.ask('PATCH', `${OURS}/${job.id}`, { headers, body }), what);
}

function look({ job, fence }) {
  return recorder.call(() => client.ask('GET', `${JOBS}/${job.id}`), { kind: 'look', job: job.id, fence });
}

// Asks until there is an answer; mostly, for a worker may also forget what it asked.
async function insist(ask) {
  for (;;) {
    const answer = await ask();
    if (answer !== null || chance(10)) return answer;
    await sleep(PAUSE_MS);
  }
}

async function claim(requestId) {
  const answer = await insist(() => claimOnce(requestId));
  if (answer === null || answer.status !== 200) {
    if (answer === null || answer.status !== 204) await sleep(PAUSE_MS);
    return null;
  }
  if (chance(10)) await claimOnce(requestId);
  return answer.json.claims[0];
}

// Works for a while; now and then beyond its lease without a beat, as a program does that hangs.
async function work(held) {
  const hangs = chance(3);
  const took = hangs ? settings.leaseSeconds * 1000 + random.below(4000) : random.below(chance(10) ? 8000 : 600);
  const end = Date.now() + took;
  while (Date.now() < end) {
    await sleep(Math.min(900, end - Date.now()));
    if (hangs) continue;
    const answer = chance(50) ? await beat(held) : await report(held, { progressPercentage: random.below(101) });
    if (answer?.status === 409) return;
  }
}

// Attempts that are given back soon grow the back-off, so only first ones are.
function ending({ fence, attempt }) {
  const message = `${settings.name} under fence ${fence}`;
  if (attempt === 1 && chance(4)) return { state: 'WAITING', message };
  if (attempt === 1 && chance(3)) return { state: 'FAILED', retry: true, message };
  return chance(10) ? { state: 'FAILED', message } : { state: 'COMPLETED', result: 'SUCCESS', message };
}

// What a holder that does not know that it is over may still send.
async function haunt(held, body) {
  await sleep(random.below(3000));
  await random.pick([() => beat(held), () => report(held, body), () => report(held, { message: 'still here' })])();
}

// Mostly with a claim of the next job, which is the outcome. Where nobody knows whether it was granted one, a claim
// under the same id tells, unless this worker forgets about it.
async function finish(held, requestId, ghosts) {
  const body = ending(held);
  const claims = !draining && chance(70);
  const whole = claims ? { ...body, next: wanted(requestId) } : body;
  const answers = [await insist(() => report(held, whole))];
  if (chance(20)) answers.push(await report(held, whole));
  if (chance(20)) ghosts.push(haunt(held, body));
  const [next] = answers.flatMap((answer) => answer?.json.claims ?? []);
  if (next) await look(next);
  const known = next || answers.some((answer) => answer?.status === 200);
  return !claims || known || chance(20) ? next : claim(requestId);
}

async function serve(slot) {
  const ghosts = [];
  let held;
  for (let serial = 1; held || !draining; serial++) {
    const requestId = `${settings.name}/${slot}/${serial}`;
    held ??= await claim(requestId);
    if (!held) continue;
    await work(held);
    held = await finish(held, `${requestId}/next`, ghosts);
  }
  await Promise.all(ghosts);
}

await Promise.all(Array.from({ length: settings.slots }, (_, slot) => serve(slot)));
process.exit(0);
