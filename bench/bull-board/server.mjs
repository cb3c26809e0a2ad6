// bull-board over one BullMQ queue with one job that runs; POST /progress/N reports on it.
import { Queue, Worker } from 'bullmq';
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import express from 'express';

const [port, redisPort] = process.argv.slice(2).map(Number);
const connection = { host: '127.0.0.1', port: redisPort };
const queue = new Queue('bench', { connection });
const running = new Promise((resolve) => {
  new Worker('bench', (job) => new Promise(() => resolve(job)), { connection });
});
await queue.add('Job', {});
const job = await running;
await job.updateProgress(100); // none at all is not shown

const board = new ExpressAdapter();
board.setBasePath('/board');
createBullBoard({ queues: [new BullMQAdapter(queue)], serverAdapter: board });
const app = express();
app.use('/board', board.getRouter());
app.post('/progress/:value', async (request, response) => {
  await job.updateProgress(Number(request.params.value));
  response.status(204).end();
});
app.listen(port, '127.0.0.1');
