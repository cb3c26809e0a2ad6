// graphile-worker's client of bench/peers: addJob, and its runner with its defaults, which is told of new jobs.
import { EventEmitter } from 'node:events';
import { Logger, makeWorkerUtils, run } from 'graphile-worker';
import { serve } from './cycle.mjs';

const logger = new Logger(() => () => {});

serve(async (address) => {
  const utils = await makeWorkerUtils({ connectionString: address, logger, maxPoolSize: 64 });
  await utils.migrate();
  let runner;
  return {
    put: () => utils.addJob('job', { n: 1 }),
    async work(slots, taken, ended) {
      const events = new EventEmitter();
      const listening = new Promise((resolve) => { events.on('pool:listen:success', resolve); });
      events.on('job:complete', ended);
      runner = await run({ connectionString: address, logger, events, concurrency: slots,
        maxPoolSize: slots + 1, noHandleSignals: true, taskList: { job: () => { taken(); } } });
      await listening;
    },
    close: async () => {
      await utils.release();
      await runner?.stop();
    },
  };
});
