// pg-boss's client of bench/peers: send, fetch and complete in loops, since its work() takes two jobs a second at most
// when it takes them singly. Its latency is that of work().
import { setTimeout as sleep } from 'node:timers/promises';
import PgBoss from 'pg-boss';
import { serve } from './cycle.mjs';

const QUEUE = 'cycle';
const IDLE_MS = 2;

serve(async (address) => {
  const boss = new PgBoss({ connectionString: address, max: 64 });
  boss.on('error', () => {});
  await boss.start();
  await boss.createQueue(QUEUE);
  let open = true;
  const loop = async (taken, ended) => {
    while (open) {
      const [job] = await boss.fetch(QUEUE);
      if (!job) {
        await sleep(IDLE_MS);
        continue;
      }
      taken();
      await boss.complete(QUEUE, job.id);
      ended();
    }
  };
  const poll = async (taken, ended) => {
    await boss.work(QUEUE, { pollingIntervalSeconds: 0.5, batchSize: 1 }, async () => {
      taken();
      setImmediate(ended);
    });
  };
  return {
    pollMs: 500,
    put: () => boss.send(QUEUE, { n: 1 }),
    async work(slots, taken, ended) {
      if (slots === 1 && process.argv[4] === '0') return poll(taken, ended);
      for (let i = 0; i < slots; i++) loop(taken, ended);
    },
    close: async () => {
      open = false;
      await boss.stop({ graceful: false, wait: false });
    },
  };
});
