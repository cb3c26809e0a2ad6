// Follows the events of a jobd: a stream that is read bit by bit, in either form.
import assert from 'node:assert/strict';
import http from 'node:http';
import { basic, DEADLINE, eventually } from './harness.mjs';

export const EVENTS = '/rest/jobd/v1/events';

// One block of server-sent events: { event, id, data } or { comment }, with whatever lines it has.
function parseBlock(block) {
  const found = {};
  for (const line of block.split('\n')) {
    const [, field, value] = line.match(/^([a-z]*): ?(.*)$/) ?? assert.fail(`a line: ${line}`);
    const name = field === '' ? 'comment' : field;
    assert.ok(!(name in found), `${name} twice: ${block}`);
    found[name] = name === 'data' ? JSON.parse(value) : name === 'id' ? Number(value) : value;
  }
  return found;
}

const FORMS = {
  'text/event-stream': { separator: '\n\n', parse: parseBlock },
  'application/x-ndjson': {
    separator: '\n',
    parse: (line) => (line === '' ? { comment: 'beat' } : JSON.parse(line)),
  },
};

class Stream {
  constructor(request, response) {
    this.request = request;
    this.response = response;
    this.status = response.statusCode;
    this.headers = response.headers;
    this.all = []; // every event so far, comments too
    this.taken = 0;
    this.ended = false; // 'cleanly' or 'cut' once it is
    this.form = FORMS[response.headers['content-type']];
    this.rest = '';
    response.setEncoding('utf8');
    response.on('data', (text) => this.add(text));
    response.on('end', () => {
      this.ended ||= 'cleanly';
    });
    response.on('error', () => {
      this.ended ||= 'cut';
    });
  }

  add(text) {
    const parts = (this.rest + text).split(this.form.separator);
    this.rest = parts.pop();
    for (const part of parts) this.all.push(this.form.parse(part));
  }

  // The next event (comments are passed over) of which the predicate holds; those before are, too.
  async next(predicate = () => true, what = 'the event') {
    return eventually(() => {
      while (this.taken < this.all.length) {
        const event = this.all[this.taken++];
        if (event.event !== undefined && predicate(event)) return event;
      }
      assert.ok(!this.ended, `the stream ended ${this.ended}`);
      return null;
    }, what);
  }

  // The next one, which must be of this kind.
  async expect(kind) {
    const event = await this.next();
    assert.equal(event.event, kind, JSON.stringify(event));
    return event;
  }

  get lastId() {
    return this.all.findLast((event) => event.id !== undefined)?.id;
  }

  // Resolves with how it ended.
  untilEnd() {
    return eventually(() => this.ended, 'the end of the stream');
  }

  cut() {
    this.request.destroy();
  }
}

// Follows, and has waited for the head of the answer, which must be a 200.
export function follow(server, auth, { query = '', headers = {}, lines = false } = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request({
      host: '127.0.0.1',
      port: server.next().port,
      path: query ? `${EVENTS}?${query}` : EVENTS,
      agent: false,
      headers: {
        ...(auth ? { Authorization: typeof auth === 'string' ? auth : basic(auth) } : {}),
        ...(lines ? { Accept: 'application/x-ndjson' } : {}),
        ...headers,
      },
    });
    request.setTimeout(DEADLINE, () => request.destroy(new Error('the stream is silent')));
    request.on('error', reject);
    request.on('response', (response) => {
      if (response.statusCode === 200) return resolve(new Stream(request, response));
      response.resume();
      return reject(new Error(`status ${response.statusCode}`));
    });
    request.end();
  });
}

// Follows, and has read everything up to the synced event, which is taken, too.
export async function followNow(server, auth, options) {
  const stream = await follow(server, auth, options);
  await stream.next(({ event }) => event === 'synced');
  return stream;
}
