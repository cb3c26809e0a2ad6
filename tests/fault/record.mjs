// A record of calls to the daemon: written line by line so that it survives a kill, and read back.
import fs from 'node:fs';
import http from 'node:http';

// Only a hung daemon or a connection nobody closes waits this long.
const DEADLINE = 60_000;

// Appends to a file of its own what `who` asks and what it is answered. Each line is one write(2), so that the kernel
// has it, or not, when the process is killed.
export class Recorder {
  constructor(file, who) {
    this.descriptor = fs.openSync(file, 'a');
    this.who = who;
    this.calls = 0;
  }

  line(entry) { fs.writeSync(this.descriptor, `${JSON.stringify(entry)}\n`); }

  // One call: what Client.ask gives, or null when the connection broke before the answer was there. `what` describes
  // the call in the history: { kind, job, fence, … }.
  async call(ask, what) {
    const id = `${this.who}/${(this.calls += 1)}`;
    this.line({ id, who: this.who, sent: Date.now(), ...what });
    const answer = await ask().catch(() => null);
    if (answer !== null) this.line({ id, received: Date.now(), ...answer });
    return answer;
  }
}

// A client of the Job API: ask(method, path, { headers, body }) gives { status, etag, json }, or throws.
export class Client {
  constructor(port, authorization) {
    this.port = port;
    this.headers = { Authorization: authorization, 'Content-Type': 'application/json' };
    this.agent = new http.Agent({ keepAlive: true });
  }

  ask(method, path, { headers = {}, body = undefined } = {}) {
    return new Promise((resolve, reject) => {
      const request = http.request({
        host: '127.0.0.1', port: this.port, agent: this.agent, method, path, timeout: DEADLINE,
        headers: { ...this.headers, ...headers },
      });
      request.on('timeout', () => request.destroy(new Error(`${method} ${path}: no answer`)));
      request.on('error', reject);
      request.on('response', (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const json = text ? JSON.parse(text) : undefined;
          resolve({ status: response.statusCode, etag: response.headers.etag, json });
        });
      });
      request.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

// The calls of a record, in order, each with its answer if there was one. What a kill cut off in the middle of a line
// did not happen.
export function readRecord(file) {
  const calls = new Map();
  const lines = fs.readFileSync(file, 'utf8').split('\n');
  lines.pop();
  for (const line of lines) {
    const { id, ...entry } = JSON.parse(line);
    if ('sent' in entry) calls.set(id, { received: null, ...entry });
    else Object.assign(calls.get(id), entry);
  }
  return [...calls.values()];
}
