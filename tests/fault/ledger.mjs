// Clients that write down every answer they get, and hold the store against it afterwards.
import assert from 'node:assert/strict';
import { admin, alice, bob, eventually, JOBS, OURS, send, WHOAMI, worker } from '../api/harness.mjs';
import { inParallel } from '../api/support.mjs';

const CALLERS = [alice, bob, worker, admin];
const BULK = 20;
const OLD_SAMPLE = 300;
const PARTS = [10, 100, 3000, 40_000]; // bytes of output at once

// The number an answer says the job's last write has.
function changeOf(answer) {
  const match = /^"(\d+)"$/.exec(answer.headers.etag ?? '');
  assert.ok(match, `ETag of a ${answer.status}: ${answer.headers.etag}`);
  return Number(match[1]);
}

// What a write nobody confirmed would have made of the job, had it been done.
function looksDone(pending, job) {
  return Object.entries(pending).every(([field, value]) => job[field] === value);
}

export class Ledger {
  constructor(server, random) {
    this.server = server;
    this.random = random;
    this.jobs = new Map(); // id -> { auth, job (null: not known whole), change, expected, pending, output }
    this.fresh = new Set(); // ids written to since the last check
    this.keys = []; // { auth, key, body, answer (undefined: none came) }
    this.bulks = []; // { auth, type, size (undefined: no answer came) }
    this.refusals = []; // { auth, name } of creates that were refused, and so made nothing
    this.serial = 0;
    this.stopping = false;
    this.acknowledged = 0;
    this.refused = 0;
    this.unanswered = 0;
    this.greatest = { change: 0, id: '' };
    this.onAnswer = () => {};
  }

  // Everybody signs in everywhere, so that no password hash holds up the load.
  async warm() {
    for (const daemon of this.server.daemons) {
      for (const auth of CALLERS) {
        const answer = await send(this.server, 'GET', WHOAMI, { auth, daemon });
        assert.equal(answer.status, 200, answer.text);
      }
    }
  }

  // Clients at work until stop(); resolves when all have their last answer, or the lack of it.
  work(clients) {
    this.stopping = false;
    return Promise.all(Array.from({ length: clients }, (_, i) => this.client(CALLERS[i % CALLERS.length])));
  }

  stop() { this.stopping = true; }

  async client(auth) {
    const mine = [];
    while (!this.stopping) {
      const choice = this.random.below(100);
      if (mine.length === 0 || choice < 25) await this.create(auth, mine);
      else if (choice < 40) await this.createWithKey(auth, mine);
      else if (choice < 65) await this.report(auth, mine);
      else if (choice < 80) await this.write(auth, mine);
      else if (choice < 92) await this.remove(auth, mine);
      else await this.createMany(auth);
    }
  }

  // The answer; null when none came, so that nobody knows; 'refused' when nothing was done.
  async attempt(method, target, options) {
    const sent = Date.now();
    let answer = null;
    try {
      answer = await send(this.server, method, target, options);
    } catch (error) {
      if (/no answer within/.test(error.message)) throw error;
      this.onAnswer({ sent, error });
      this.unanswered += 1;
      return null;
    }
    this.onAnswer({ sent, answer });
    if (answer.status === 503) {
      assert.match(answer.headers['retry-after'] ?? '', /^[1-9]\d*$/);
      if (answer.json?.errorCode === 'outcomeUnknown') {
        this.unanswered += 1;
        return null;
      }
      assert.equal(answer.json?.errorCode, 'storeUnavailable', answer.text);
      this.refused += 1;
      return 'refused';
    }
    assert.ok(answer.status < 300, `${method} ${target}: ${answer.status} ${answer.text}`);
    this.acknowledged += 1;
    return answer;
  }

  draft() {
    this.serial += 1;
    return { name: `job ${this.serial}`, type: 'LEDGER', selfManaged: true, message: 'created' };
  }

  note(auth, job, change) {
    const output = { known: '', pending: '' };
    this.jobs.set(job.id, { auth, job, change, expected: {}, pending: null, output });
    this.fresh.add(job.id);
    if (change > this.greatest.change) this.greatest.change = change;
    if (job.id > this.greatest.id) this.greatest.id = job.id;
  }

  async create(auth, mine) {
    const body = this.draft();
    const answer = await this.attempt('POST', OURS, { auth, body });
    if (answer === 'refused') this.refusals.push({ auth, name: body.name });
    if (answer === null || answer === 'refused') return;
    this.note(auth, answer.json, changeOf(answer));
    mine.push(answer.json.id);
  }

  async createWithKey(auth, mine) {
    const body = this.draft();
    const entry = { auth, key: `key-${this.serial}`, body, answer: undefined };
    this.keys.push(entry);
    const answer = await this.attempt('POST', OURS, { auth, body, headers: { 'Idempotency-Key': entry.key } });
    if (answer === null || answer === 'refused') return;
    entry.answer = answer;
    this.note(auth, answer.json, changeOf(answer));
    mine.push(answer.json.id);
  }

  async createMany(auth) {
    this.serial += 1;
    const entry = { auth, type: `BULK-${this.serial}`, size: undefined };
    this.bulks.push(entry);
    const jobs = Array.from({ length: BULK }, (_, i) => ({ name: `${i}`, type: entry.type }));
    const answer = await this.attempt('POST', `${OURS}/bulk?atomic=true`, { auth, body: { jobs } });
    if (answer === 'refused') entry.size = 0;
    else if (answer !== null) entry.size = BULK;
  }

  // A job of this client that is not ended is reported on; its next state follows from the last one.
  async report(auth, mine) {
    const id = this.random.pick(mine);
    const entry = this.jobs.get(id);
    const ending = this.random.below(4) === 0;
    const body = ending ? { state: 'COMPLETED', result: 'SUCCESS', message: `ended ${this.serial}` }
      : { state: 'RUNNING', progressPercentage: this.random.below(101), message: `at ${this.serial}` };
    await this.change(id, entry, body, () => this.attempt('PATCH', `${OURS}/${id}`, { auth, body }));
    if (ending || entry.pending) mine.splice(mine.indexOf(id), 1);
  }

  // More output, behind what is there.
  async write(auth, mine) {
    const id = this.random.pick(mine);
    const { output } = this.jobs.get(id);
    const part = `${this.serial} ${'.'.repeat(this.random.pick(PARTS))}\n`;
    output.pending = part;
    this.fresh.add(id);
    const target = `${OURS}/${id}/log?offset=${output.known.length}`;
    const answer = await this.attempt('PUT', target, { auth, body: part });
    if (answer === null) {
      mine.splice(mine.indexOf(id), 1);
      return;
    }
    output.pending = '';
    if (answer !== 'refused') output.known += part;
  }

  async remove(auth, mine) {
    const [id] = mine.splice(this.random.below(mine.length), 1);
    const body = { state: 'DELETED', message: `deleted ${this.serial}` };
    const target = `${JOBS}/${id}?message=${encodeURIComponent(body.message)}`;
    await this.change(id, this.jobs.get(id), body, () => this.attempt('DELETE', target, { auth }));
  }

  async change(id, entry, effect, ask) {
    entry.pending = effect;
    this.fresh.add(id);
    const answer = await ask();
    if (answer === null) return;
    entry.pending = null;
    if (answer === 'refused') return;
    entry.job = answer.json?.job ?? null;
    entry.expected = effect;
    entry.change = answer.headers.etag ? changeOf(answer) : entry.change + 1;
    this.greatest.change = Math.max(this.greatest.change, entry.change);
  }

  // Everything acknowledged since the last check, and some of what was before; or all of it.
  async check({ all = false } = {}) {
    const old = [...this.jobs.keys()].filter((id) => !this.fresh.has(id));
    const some = all ? old : Array.from({ length: Math.min(OLD_SAMPLE, old.length) }, () => this.random.pick(old));
    await inParallel([...this.fresh, ...some], (id) => this.checkJob(id));
    const recent = (list) => (all ? list : list.slice(-OLD_SAMPLE));
    await inParallel(recent(this.keys), (entry) => this.checkKey(entry));
    await inParallel(recent(this.bulks), (entry) => this.checkBulk(entry));
    await inParallel(recent(this.refusals), (entry) => this.checkRefusal(entry));
    await this.checkOrder();
    this.fresh.clear();
  }

  // What is asked after the disturbance is over: one of the daemons may still be on its way to the new primary.
  async ask(method, target, options) {
    const answer = await eventually(async () => {
      const now = await send(this.server, method, target, options);
      return now.status !== 503 && now;
    }, 'an answer');
    assert.equal(answer.status, method === 'GET' ? 200 : 201, `${target}: ${answer.text}`);
    return answer;
  }

  async checkJob(id) {
    const entry = this.jobs.get(id);
    const answer = await this.ask('GET', `${JOBS}/${id}`, { auth: entry.auth });
    const change = changeOf(answer);
    assert.ok(change >= entry.change, `change number ${change} after ${entry.change}`);
    if (entry.pending && change > entry.change && looksDone(entry.pending, answer.json)) {
      entry.expected = entry.pending;
    } else {
      if (entry.job) assert.deepEqual(answer.json, entry.job);
      assert.ok(looksDone(entry.expected, answer.json), `acknowledged ${JSON.stringify(entry.expected)}, `
        + `found ${JSON.stringify(answer.json)}`);
    }
    Object.assign(entry, { job: answer.json, change, pending: null });
    await this.checkOutput(id, entry);
  }

  async checkOutput(id, { auth, output }) {
    if (output.known + output.pending === '') return;
    const { text } = await this.ask('GET', `${OURS}/${id}/log`, { auth });
    assert.ok(text === output.known || text === output.known + output.pending,
      `${output.known.length} acknowledged bytes, ${text.length} found`);
    Object.assign(output, { known: text, pending: '' });
  }

  // The same key again gives the first answer, or, where none came, makes the job that is then there once.
  async checkKey(entry) {
    const { auth, key, body } = entry;
    const again = await this.ask('POST', OURS, { auth, body, headers: { 'Idempotency-Key': key } });
    if (entry.answer) {
      assert.deepEqual(again.json, entry.answer.json, 'the answer under the same key');
      assert.equal(again.headers.etag, entry.answer.headers.etag);
    }
    entry.answer = again;
    const found = await this.named(auth, body.name);
    assert.deepEqual(found.json.results.map((job) => job.id), [again.json.id], 'one job a key');
  }

  named(auth, name) {
    const query = `nameMatchMode=EXACT&name=${encodeURIComponent(name)}&type=LEDGER`;
    return this.ask('GET', `${JOBS}?${query}`, { auth });
  }

  async checkRefusal({ auth, name }) {
    const found = await this.named(auth, name);
    assert.deepEqual(found.json.results, [], 'nothing was changed, it said');
  }

  async checkBulk(entry) {
    const found = await this.ask('GET', `${JOBS}?type=${entry.type}&pageSize=50`, { auth: entry.auth });
    const size = found.json.results.length;
    if (entry.size === undefined) assert.ok(size === 0 || size === BULK, `all or none, not ${size}`);
    else assert.equal(size, entry.size, `jobs of an acknowledged ${entry.type}`);
    entry.size = size;
  }

  // Whatever is written next comes behind all that was acknowledged.
  async checkOrder() {
    const answer = await this.ask('POST', OURS, { auth: alice, body: this.draft() });
    assert.ok(changeOf(answer) > this.greatest.change, 'change numbers rise over a restart');
    assert.ok(answer.json.id > this.greatest.id, 'positions rise over a restart');
    this.note(alice, answer.json, changeOf(answer));
  }
}
