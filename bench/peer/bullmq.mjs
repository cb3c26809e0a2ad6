// BullMQ's client of bench/peers: Queue.add, and a Worker that keeps its finished jobs, as it does by default.
import { Queue, Worker } from 'bullmq';
import { serve } from './cycle.mjs';

const QUEUE = 'cycle';

serve(async (address) => {
  const connection = { host: '127.0.0.1', port: Number(address), maxRetriesPerRequest: null };
  const queue = new Queue(QUEUE, { connection });
  await queue.waitUntilReady();
  let worker;
  return {
    put: () => queue.add('job', { n: 1 }),
    async work(slots, taken, ended) {
      worker = new Worker(QUEUE, async () => taken(), { connection, concurrency: slots });
      worker.on('completed', ended);
      await worker.waitUntilReady();
    },
    close: () => Promise.all([queue.close(), worker?.close(true)]),
  };
});
