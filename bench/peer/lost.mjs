// A worker to be killed, and somebody who sees its job wait again, for each system of bench/lost_worker.
// usage: node lost.mjs SYSTEM hold ADDRESS SECONDS      creates a job, takes it, prints its id, keeps it until it is killed
//        node lost.mjs SYSTEM watch ADDRESS SECONDS ID  prints `ready`, and ends once the job waits again
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_MS = 10;
const BEAT_MS = 1000;
const [system, role, address, seconds, id] = process.argv.slice(2);

const say = (text) => process.stdout.write(`${text}\n`);

async function until(isWaiting) {
  say('ready');
  while (!await isWaiting()) await sleep(LOOK_MS);
}

async function jobd() {
  const ask = async (method, path, body, more = {}) => {
    const headers = { Authorization: process.env.CYCLE_AUTHORIZATION, ...more };
    const options = { method, headers, body: body && JSON.stringify(body) };
    return (await fetch(`http://127.0.0.1:${address}${path}`, options)).json();
  };
  const hold = async () => {
    await ask('POST', '/rest/jobd/v1/jobs', { name: 'A job', type: 'LOST', maxAttempts: 100 });
    const wanted = { types: ['LOST'], workerId: 'lost', leaseSeconds: Number(seconds) };
    const { claims: [{ job, fence }] } = await ask('POST', '/rest/jobd/v1/claims', wanted);
    say(job.id);
    for (;;) {
      await sleep(BEAT_MS);
      await ask('PUT', `/rest/jobd/v1/jobs/${job.id}/lease`, undefined, { 'Lease-Fence': `${fence}` });
    }
  };
  const watch = () => until(async () => (await ask('GET', `/rest/jobs/v1/jobs/${id}`)).state === 'WAITING');
  return { hold, watch };
}

async function beanstalkd() {
  const socket = net.connect(Number(address), '127.0.0.1').setEncoding('utf8');
  const ask = async (text) => {
    socket.write(text);
    return (await once(socket, 'data'))[0];
  };
  const hold = async () => {
    await ask('put 0 0 3600 1\r\nx\r\n');
    say((await ask('reserve\r\n')).split(' ')[1]);
    await once(socket, 'close');
  };
  const watch = () => until(async () => /^state: ready$/m.test(await ask(`stats-job ${id}\r\n`)));
  return { hold, watch };
}

async function bullmq() {
  const { Queue, Worker } = await import('bullmq');
  const connection = { host: '127.0.0.1', port: Number(address), maxRetriesPerRequest: null };
  const lengths = { connection, lockDuration: seconds * 1000, stalledInterval: seconds * 1000 };
  const hold = async () => {
    await new Queue('lost', { connection }).add('job', { n: 1 });
    const worker = new Worker('lost', async (job) => {
      say(job.id);
      await once(worker, 'closed');
    }, lengths);
  };
  const watch = async () => {
    const worker = new Worker('lost', null, { ...lengths, autorun: false });
    await worker.startStalledCheckTimer();
    say('ready');
    await once(worker, 'stalled');
  };
  return { hold, watch };
}

// Its jobs have no lease: they expire so long after their start, however well their worker is.
async function pgboss() {
  const { default: PgBoss } = await import('pg-boss');
  const boss = new PgBoss({ connectionString: address, maintenanceIntervalSeconds: 1 });
  boss.on('error', () => {});
  await boss.start();
  await boss.createQueue('lost');
  const hold = async () => {
    await boss.send('lost', { n: 1 }, { expireInSeconds: Number(seconds), retryLimit: 100 });
    const [job] = await boss.fetch('lost');
    say(job.id);
    await sleep(3600_000);
  };
  const watch = () => until(async () => (await boss.getJobById('lost', id)).state === 'retry');
  return { hold, watch };
}

await (await { jobd, beanstalkd, bullmq, pgboss }[system]())[role]();
if (role === 'watch') process.exit(0);
