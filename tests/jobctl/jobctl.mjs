// Runs jobctl, and everything around it: a home of its own, a terminal, a server that misbehaves.
import { after } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { DEADLINE, ROOT, call, eventually, JOBS, tempDir } from '../api/harness.mjs';
import { find } from '../api/support.mjs';

export const JOBCTL = process.env.JOBCTL_BIN
  ? path.resolve(process.env.JOBCTL_BIN) : path.join(ROOT, 'build/jobctl');
export const TERMINAL = path.join(ROOT, 'tests/jobctl/terminal.py');

const homes = tempDir();
const running = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

// A user with a home and an account: what jobctl finds in its environment.
export class User {
  constructor(url, account) {
    this.home = fs.mkdtempSync(path.join(homes, 'home-'));
    this.url = url;
    this.account = account;
  }

  env(extra = {}) {
    const kept = Object.entries(process.env)
      .filter(([name]) => !/^(JOBD_|XDG_|NO_COLOR|TERM)/.test(name));
    return {
      ...Object.fromEntries(kept),
      HOME: this.home,
      ...(this.url === undefined ? {} : { JOBD_URL: this.url }),
      ...(this.account === undefined ? {}
        : { JOBD_USER: this.account.name, JOBD_PASSWORD: this.account.password }),
      ...extra,
    };
  }

  // Runs to the end: { code, signal, stdout, stderr, ms }.
  run(args, options) { return this.start(args, options).ended; }

  // { child, ended }; ended is what run gives.
  start(args, { env = {}, stdin = '', bin = JOBCTL, encoding = 'utf8', deadline = DEADLINE, cwd } = {}) {
    const began = Date.now();
    const child = spawn(bin, args, { env: this.env(env), stdio: 'pipe', cwd });
    const chunks = { stdout: [], stderr: [] };
    running.add(child);
    child.stdout.on('data', (chunk) => chunks.stdout.push(chunk));
    child.stderr.on('data', (chunk) => chunks.stderr.push(chunk));
    child.stdin.on('error', () => {});
    if (stdin !== null) child.stdin.end(stdin);
    const text = (name) => {
      const bytes = Buffer.concat(chunks[name]);
      return encoding ? bytes.toString(encoding) : bytes;
    };
    const ended = new Promise((resolve, reject) => {
      const timer = setTimeout(() => child.kill('SIGKILL'), deadline);
      child.on('error', reject);
      child.on('close', (code, signal) => {
        clearTimeout(timer);
        running.delete(child);
        const stderr = text('stderr');
        if (/(Thread|Address|Leak)Sanitizer|runtime error:/.test(stderr)) {
          reject(new Error(stderr.toString()));
          return;
        }
        resolve({ code, signal, stdout: text('stdout'), stderr, ms: Date.now() - began });
      });
    });
    return { child, ended, so_far: text };
  }

  spoolDir() { return path.join(this.home, '.local/state/jobd/spool'); }

  spool() {
    try { return fs.readdirSync(this.spoolDir()).sort(); } catch { return []; }
  }

  spoolEntry(name) {
    return JSON.parse(fs.readFileSync(path.join(this.spoolDir(), name), 'utf8'));
  }
}

// The jobs of this name, newest first.
export async function jobsNamed(server, auth, name) {
  const answer = await find(server, auth, { name, nameMatchMode: 'EXACT', pageSize: 50 });
  assert.equal(answer.status, 200, answer.text);
  return answer.json.results;
}

export async function jobNamed(server, auth, name) {
  const jobs = await jobsNamed(server, auth, name);
  assert.equal(jobs.length, 1, `jobs named ${name}: ${jobs.length}`);
  return jobs[0];
}

// Waits until the only job of this name satisfies `predicate`.
export function jobThat(server, auth, name, predicate) {
  return eventually(async () => {
    const [job] = await jobsNamed(server, auth, name);
    return job && predicate(job) ? job : undefined;
  }, `the job ${name}`);
}

// What the job wrote, as far as the server keeps it.
export async function logOf(server, auth, id) {
  const answer = await call(server, 'GET', `/rest/jobd/v1/jobs/${id}/log`, { auth });
  assert.equal(answer.status, 200, answer.text);
  return answer.text;
}

export async function deleteJob(server, auth, id) {
  const answer = await call(server, 'DELETE', `${JOBS}/${id}`, { auth });
  assert.equal(answer.status, 204);
}

// The URL of a port where nobody listens.
export async function nobody() {
  const server = net.createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

// A server that answers every request by `answer(request, body) -> { status, body, headers } | null`
// (null: never), and remembers them: { url, requests }.
export async function fakeServer(answer) {
  const requests = [];
  const server = http.createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text) => { body += text; });
    request.on('end', () => {
      const seen = { method: request.method, path: request.url, headers: request.headers, body };
      requests.push(seen);
      const given = answer(seen, requests.length);
      if (given === null) return;
      const text = typeof given.body === 'string' ? given.body : JSON.stringify(given.body ?? '');
      response.writeHead(given.status, { 'Content-Type': 'application/json', ...given.headers });
      response.end(text);
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => { server.closeAllConnections(); server.close(); });
  return { url: `http://127.0.0.1:${server.address().port}`, requests };
}

export function errorBody(statusCode, errorCode, userMessage = 'No.') {
  return { status: statusCode, body: { statusCode, errorCode, userMessage } };
}

export function fakeJob(fields = {}) {
  return {
    id: '01890a5d-ac96-774b-bcce-b302099a8057', name: 'A job', type: 'TEST', state: 'WAITING',
    result: 'NOT_SET', ...fields,
  };
}
