// jobd's client of bench/peers in Node.js, as plain as a program has it: node:http over kept connections.
import http from 'node:http';
import { serve } from './cycle.mjs';

const JOBS = '/rest/jobd/v1/jobs';

serve(async (address) => {
  const agent = new http.Agent({ keepAlive: true });
  const fixed = { Authorization: process.env.CYCLE_AUTHORIZATION, 'Content-Type': 'application/json' };
  const ask = (method, path, body, headers = {}) => new Promise((resolve, reject) => {
    const target = { host: '127.0.0.1', port: Number(address), method, path };
    const request = http.request({ ...target, agent, headers: { ...fixed, ...headers } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => { text += chunk; });
      response.on('end', () => {
        if (response.statusCode < 300) resolve(text && JSON.parse(text));
        else reject(new Error(text));
      });
    });
    request.on('error', reject);
    request.end(JSON.stringify(body));
  });
  let open = true;
  const wanted = { types: ['CYCLE'], workerId: 'cycle' };
  // The end of a job brings the next one along.
  const loop = async (taken, ended) => {
    let claims = [];
    while (open) {
      if (claims.length === 0)
        claims = (await ask('POST', '/rest/jobd/v1/claims', { ...wanted, waitSeconds: 5 }))?.claims ?? [];
      if (claims.length === 0) continue;
      taken();
      const [{ job, fence }] = claims;
      const end = { state: 'COMPLETED', next: wanted };
      ({ claims = [] } = await ask('PATCH', `${JOBS}/${job.id}`, end, { 'Lease-Fence': `${fence}` }));
      ended();
    }
  };
  return {
    put: () => ask('POST', JOBS, { name: 'A job', type: 'CYCLE', payload: { n: 1 } }),
    async work(slots, taken, ended) {
      for (let i = 0; i < slots; i++) loop(taken, ended).catch((error) => { if (open) throw error; });
    },
    async close() {
      open = false;
      agent.destroy();
    },
  };
});
