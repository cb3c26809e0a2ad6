// Starts jobd on a store of its own, calls it, and holds every answer against the OpenAPI documents.
import { after } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { JOBS, OURS } from './paths.mjs';
import { dropSchema, freshStore } from './postgres.mjs';
import { checkAnswer } from './schemas.mjs';

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const JOBD = process.env.JOBD_BIN
  ? path.resolve(process.env.JOBD_BIN)
  : path.join(ROOT, 'build/jobd');

// Only a hung daemon ever waits this long: the same tests run under sanitizers, many times slower.
export const DEADLINE = 60_000;

// How many daemons share a store that may be shared.
const DAEMONS = Number(process.env.JOBD_TEST_DAEMONS ?? 1);

export { JOBS, OURS };
export const WHOAMI = '/rest/jobd/v1/whoami';
export const OPENAPI = '/rest/jobd/v1/openapi.json';
export const UNKNOWN_ID = '01890a5d-ac96-774b-bcce-b302099a8057';

// One account a role, and a second user for "another one's job".
export const admin = { name: 'admin', role: 'admin', password: 'admin-password' };
export const worker = { name: 'worker', role: 'worker', password: 'worker-password' };
export const alice = { name: 'alice', role: 'user', password: 'alice-password' };
export const bob = { name: 'bob', role: 'user', password: 'bob-password' };
export const reader = { name: 'reader', role: 'reader', password: 'reader-password' };
export const EVERYBODY = [admin, worker, alice, bob, reader];

const running = new Set();
process.on('exit', () => {
  for (const server of running) server.abandon();
});
// A runner that gives a file up ends it by signal, which would skip the above.
for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.once(name, () => process.exit(1));

// The test runner's own JOBD_ variables must not become the daemon's options.
function cleanEnv(extra) {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('JOBD_'));
  return { ...Object.fromEntries(kept), ...extra };
}

export function tempDir() {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'jobd-test-'));
  process.on('exit', () => fs.rmSync(dir, { recursive: true, force: true }));
  return dir;
}

// Runs jobd to its end: { code, signal, stdout, stderr }.
export function runJobd(args, { stdin = '', env = {}, cwd, bin = JOBD, deadline = DEADLINE } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(bin, args, { env: cleanEnv(env), cwd, stdio: 'pipe' });
    let stdout = '';
    let stderr = '';
    const timer = setTimeout(() => child.kill('SIGKILL'), deadline);
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    child.stdin.on('error', () => {});
    child.stdin.end(stdin);
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, stdout, stderr });
    });
  });
}

// The fields of one log line, be it logfmt or JSON; {} for a line that is neither.
export function logFields(line) {
  if (line.startsWith('{')) {
    try {
      return JSON.parse(line);
    } catch {
      return {};
    }
  }
  const fields = {};
  for (const [, key, quoted, bare] of line.matchAll(/([\w.]+)=(?:"((?:[^"\\]|\\.)*)"|(\S*))/g)) {
    fields[key] = quoted === undefined ? bare : quoted.replace(/\\(.)/g, '$1');
  }
  return fields;
}

// Asks again until `probe` gives something truthy; what it gave. Its last error is in the failure.
export async function eventually(probe, what = 'the condition', deadline = DEADLINE) {
  const end = Date.now() + deadline;
  let last;
  while (Date.now() < end) {
    try {
      const found = await probe();
      if (found) return found;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`${what} did not come about within ${deadline} ms`, { cause: last });
}

// The stores a test may name; `own` is whichever the tests run on, `sqlite` the one that is a file.
function storeOf(name, dir) {
  const sqlite = `sqlite:${dir}/jobd.db`;
  return { own: freshStore() ?? sqlite, sqlite, memory: 'memory:' }[name] ?? name;
}

class Server {
  constructor({ store, args, env, wrapper }) {
    this.dir = tempDir();
    this.store = storeOf(store, this.dir);
    this.options = { args, env, wrapper };
    this.lines = [];
    this.waiters = new Set();
    this.child = null;
    this.peers = [];
    this.turns = 0;
  }

  // Another daemon on the same store, started and stopped with this one; what it logs is logged here.
  addPeer() {
    const peer = new Server({ ...this.options, store: this.store });
    Object.assign(peer, { lines: this.lines, waiters: this.waiters });
    this.peers.push(peer);
  }

  get daemons() {
    return [this, ...this.peers];
  }

  // Requests go to all daemons in turns; a test's own connections to the first.
  next() {
    this.turns += 1;
    return this.daemons[this.turns % this.daemons.length];
  }

  get pid() {
    return this.child?.pid;
  }

  // Every line the daemon wrote to stderr so far, restarts included.
  log() {
    return [...this.lines];
  }

  // The `jobd user …` command on this server's store.
  user(args, stdin = '') {
    return runJobd(['user', ...args, '--store', this.store], { stdin, env: this.options.env });
  }

  async addUser({ name, role, password }) {
    const done = await this.user(
      ['add', name, '--role', role, '--password-stdin'],
      `${password}\n`,
    );
    assert.equal(done.code, 0, `user add ${name}: ${done.stderr}`);
  }

  async start() {
    const from = this.lines.length;
    const [bin, ...args] = [
      ...this.options.wrapper,
      JOBD,
      'serve',
      '--store',
      this.store,
      '--listen',
      '127.0.0.1:0',
      ...this.options.args,
    ];
    const child = spawn(bin, args, {
      env: cleanEnv(this.options.env),
      stdio: ['ignore', 'ignore', 'pipe'],
      cwd: this.dir,
    });
    this.child = child;
    this.killed = false;
    this.ended = new Promise((resolve) => {
      child.on('error', (error) => {
        this.line(`spawn failed: ${error.message}`);
        resolve(null);
      });
      child.on('close', (code, signal) => {
        this.end = { code, signal };
        this.wake();
        resolve(code);
      });
    });
    this.end = null;
    this.readLines(child.stderr);
    // What waits for the daemon waits with a timer; the daemon alone must not keep the test alive.
    child.unref();
    child.stderr.unref();
    running.add(this);
    const line = await this.waitForLog(
      (text, fields) => fields.msg === 'listening' && fields.address,
      { from },
    );
    this.port = Number(logFields(line).address.match(/:(\d+)$/)?.[1]); // none on a Unix socket
    this.url = `http://127.0.0.1:${this.port}`;
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
    for (const peer of this.peers) await peer.start();
    return this;
  }

  readLines(stream) {
    let rest = '';
    stream.setEncoding('utf8').on('data', (text) => {
      const parts = (rest + text).split('\n');
      rest = parts.pop();
      for (const part of parts) this.line(part);
    });
    stream.on('end', () => {
      if (rest) this.line(rest);
    });
  }

  line(text) {
    this.lines.push(text);
    this.wake();
  }

  wake() {
    for (const waiter of this.waiters) waiter();
  }

  // The first line, from number `from` on, of which predicate(line, fields) holds.
  waitForLog(predicate, { from = 0, deadline = DEADLINE } = {}) {
    return new Promise((resolve, reject) => {
      let next = from;
      const settle = (outcome, value) => {
        clearTimeout(timer);
        this.waiters.delete(look);
        outcome(value);
      };
      const look = () => {
        for (; next < this.lines.length; next++) {
          const line = this.lines[next];
          if (predicate(line, logFields(line))) return settle(resolve, line);
        }
        if (this.end) {
          settle(reject, new Error(`jobd ended (${JSON.stringify(this.end)}):\n${this.tail()}`));
        }
      };
      const timer = setTimeout(
        () => settle(reject, new Error(`no such log line within ${deadline} ms:\n${this.tail()}`)),
        deadline,
      );
      this.waiters.add(look);
      look();
    });
  }

  tail() {
    return this.lines.slice(-20).join('\n');
  }

  // Resolves with the exit code once the process is gone.
  exited(deadline = DEADLINE) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`jobd still runs after ${deadline} ms:\n${this.tail()}`)),
        deadline,
      );
      this.ended.then((code) => {
        clearTimeout(timer);
        running.delete(this);
        resolve(code);
      });
    });
  }

  async signal(name) {
    if (!this.end) this.child.kill(name);
    const others = this.peers.map((peer) => peer.signal(name));
    const code = await this.exited();
    this.agent?.destroy();
    return (await Promise.all(others)).find((one) => one !== 0) ?? code;
  }

  stop() {
    return this.signal('SIGTERM');
  }

  kill() {
    this.killed = true;
    return this.signal('SIGKILL');
  }

  // Stops the daemon if it runs, and starts it again on the same store, perhaps with other options.
  async restart({ args, env } = {}) {
    if (!this.end) await this.stop();
    if (args) this.options.args = args;
    if (env) this.options.env = env;
    return this.start();
  }

  // For the process's last moment: nothing may outlive it.
  abandon() {
    if (!this.end) this.child.kill('SIGKILL');
  }

  // A daemon that cannot stop cleanly, or that a sanitizer complained about, fails its tests.
  async cleanUp() {
    const code = this.child && !this.end ? await this.stop() : 0;
    for (const { dir } of this.daemons) fs.rmSync(dir, { recursive: true, force: true });
    await dropSchema(this.store);
    const complaint = this.lines.find((line) =>
      /(Thread|Address|Leak|Memory)Sanitizer|runtime error:/.test(line),
    );
    assert.equal(complaint, undefined, this.lines.join('\n'));
    assert.equal(code, 0, `exit code after SIGTERM; log:\n${this.tail()}`);
  }
}

// A jobd that listens on a free port of 127.0.0.1, with these accounts; ended by an `after` hook. A test that looks
// into a process (its log, its metrics, its connections) says `daemons: 1`.
export async function startJobd({
  store = 'own',
  args = [],
  env = {},
  users = EVERYBODY,
  wrapper = [],
  daemons = DAEMONS,
} = {}) {
  const server = new Server({ store, args, env, wrapper });
  const shared = server.store.startsWith('postgresql:') && !args.includes('--listen');
  for (let i = 1; i < daemons && shared; i++) server.addPeer();
  after(() => server.cleanUp());
  if (server.store !== 'memory:') {
    for (const user of users) await server.addUser(user);
  }
  return server.start();
}

export function basic({ name, password }) {
  return `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
}

// The Authorization header of an account, a { bearer } token, or whatever a string says.
function authorization(auth) {
  if (typeof auth === 'string') return auth;
  return auth.bearer === undefined ? basic(auth) : `Bearer ${auth.bearer}`;
}

function encodeBody(body) {
  if (body === undefined || typeof body === 'string' || Buffer.isBuffer(body)) return body;
  return JSON.stringify(body);
}

// One request; nothing is checked.
export function send(
  server,
  method,
  target,
  { auth, headers = {}, body, deadline = DEADLINE, daemon = server.next() } = {},
) {
  const bytes = encodeBody(body);
  const given = {
    ...(auth === undefined ? {} : { Authorization: authorization(auth) }),
    ...(bytes === undefined
      ? {}
      : {
          'Content-Type': 'application/json',
          'Content-Length': Buffer.byteLength(bytes),
        }),
    ...headers,
  };
  // A test takes a header away by giving it as undefined.
  const all = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return new Promise((resolve, reject) => {
    const request = http.request({
      host: '127.0.0.1',
      port: daemon.port,
      agent: daemon.agent,
      method,
      path: target,
      headers: all,
    });
    const timer = setTimeout(
      () =>
        request.destroy(
          new Error(`${method} ${target}: no answer within ${deadline} ms\n${server.tail()}`),
        ),
      deadline,
    );
    request.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    request.on('response', (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        clearTimeout(timer);
        const bytes = Buffer.concat(chunks);
        const text = bytes.toString('utf8');
        const isJson = /^application\/json\b/.test(response.headers['content-type'] ?? '');
        const json = isJson && text ? JSON.parse(text) : undefined;
        resolve({ status: response.statusCode, headers: response.headers, json, text, bytes });
      });
    });
    request.end(bytes);
  });
}

// One request whose answer must be one its operation declares, by the OpenAPI documents. `allow`
// names statuses (as 503) that are a fault unless a test provokes them.
export async function call(server, method, target, { allow = [], ...options } = {}) {
  const answer = await send(server, method, target, options);
  checkAnswer({ method, target, answer, allow });
  return answer;
}

// The answer must be an error of this status and code.
export function assertError(answer, status, code, pattern = /./) {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.json?.errorCode, code, answer.text);
  assert.match(answer.json.userMessage, pattern);
}

// Creates a job, and reports on it when `report` is given: the Job as it then is.
export async function createJob(server, auth, fields = {}, report = undefined) {
  const body = { name: 'A job', type: 'TEST', ...fields };
  const made = await call(server, 'POST', OURS, { auth, body });
  assert.equal(made.status, 201, made.text);
  if (report === undefined) return made.json;
  const told = await call(server, 'PATCH', `${OURS}/${made.json.id}`, { auth, body: report });
  assert.equal(told.status, 200, told.text);
  return told.json.job;
}
