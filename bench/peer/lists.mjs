// The lists of the peers of bench/lists, each behind the same Express front of one process, in a few lines as a team
// writes them: GET /jobs?state=STATE&page=N or ?name=PART, and GET /counts. What a system cannot is 501.
// usage: node lists.mjs SYSTEM ADDRESS PORT       serves
//        node lists.mjs SYSTEM ADDRESS FILE       fills the system from the lines of a file (see bench/fill_jobs.h)
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import express from 'express';

const PAGE = 10;
const [system, address, target] = process.argv.slice(2);

// A plain service: a table, LIMIT and OFFSET. Filled by COPY, in bench/lists.
async function service() {
  const { default: pg } = await import('pg');
  const pool = new pg.Pool({ connectionString: address });
  const ask = async (...query) => (await pool.query(...query)).rows;
  const wanted = 'ORDER BY created DESC LIMIT $2 OFFSET $3';
  return {
    byState: (state, skip) => ask(`SELECT * FROM job WHERE state = $1 ${wanted}`, [state, PAGE, skip]),
    byName: (name) => ask(`SELECT * FROM job WHERE name ILIKE $1 ${wanted}`, [`%${name}%`, PAGE, 0]),
    counts: () => ask('SELECT state, count(*) FROM job GROUP BY state'),
  };
}

// pg-boss 10 finds a job by its id alone; what it counts is the size of a queue. Filled in bench/lists as well.
async function pgboss() {
  const { default: PgBoss } = await import('pg-boss');
  const boss = new PgBoss({ connectionString: address, supervise: false, schedule: false });
  boss.on('error', () => {});
  await boss.start();
  await boss.createQueue('jobs');
  return { counts: () => boss.getQueueSize('jobs') };
}

const bullStates = { WAITING: 'wait', RUNNING: 'active', COMPLETED: 'completed', DELETED: 'completed', FAILED: 'failed' };

async function* jobs(file) {
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const [number, id, name, type, user, state, result, created, started, ended] = line.split('\t');
    yield { number, id, name, type, user, state, result, created, started, ended };
  }
}

// What Queue.add and a worker leave behind, written directly: by themselves they take hours for a million.
async function fillBull(redis, prefix) {
  let pipeline = redis.pipeline();
  for await (const job of jobs(target)) {
    const state = bullStates[job.state];
    const fields = { name: job.type, data: JSON.stringify({ id: job.id, name: job.name, user: job.user }), opts: '{"attempts":0}',
      timestamp: job.created, delay: 0, priority: 0 };
    if (state !== 'wait') fields.processedOn = job.started;
    if (state === 'completed') Object.assign(fields, { finishedOn: job.ended, returnvalue: 'null', atm: 1 });
    if (state === 'failed') Object.assign(fields, { finishedOn: job.ended, failedReason: job.result, stacktrace: '[]', atm: 1 });
    pipeline.hset(`${prefix}:${job.number}`, fields);
    if (fields.finishedOn) pipeline.zadd(`${prefix}:${state}`, job.ended, job.number);
    else pipeline.lpush(`${prefix}:${state}`, job.number);
    if (pipeline.length >= 5000) {
      await pipeline.exec();
      pipeline = redis.pipeline();
    }
  }
  await pipeline.exec();
}

async function bullmq() {
  const { Queue } = await import('bullmq');
  const queue = new Queue('jobs', { connection: { host: '127.0.0.1', port: Number(address), maxRetriesPerRequest: null } });
  await queue.waitUntilReady();
  return {
    fill: async () => {
      const { Redis } = await import('ioredis');
      await fillBull(new Redis(Number(address)), 'bull:jobs');
    },
    byState: (state, skip) => queue.getJobs([bullStates[state]], skip, skip + PAGE - 1),
    counts: () => queue.getJobCounts(),
  };
}

function serve({ byState, byName, counts }) {
  const app = express();
  const answer = (list) => async (request, response) => {
    const rows = list && await list(request.query);
    if (rows === undefined) response.sendStatus(501);
    else response.json(rows);
  };
  app.get('/jobs', (request, response) => {
    const list = request.query.name ? byName && (({ name }) => byName(name))
      : byState && (({ state, page }) => byState(state, PAGE * (Number(page) - 1)));
    return answer(list)(request, response);
  });
  app.get('/counts', answer(counts));
  app.listen(Number(target), '127.0.0.1');
}

const opened = await { service, pgboss, bullmq }[system]();
if (/^\d+$/.test(target)) {
  serve(opened);
} else {
  await opened.fill?.();
  process.exit(0);
}
