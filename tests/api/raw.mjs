// A client on a bare socket: what a test writes is what is sent, and every wait has a deadline.
import net from 'node:net';

// Longer than any time the daemon takes, even under a sanitizer, and shorter than the test's own limits.
export const WAIT = 20_000;

const STATUS_LINE = /^HTTP\/1\.[01] ([1-5]\d\d) [\x20-\x7e]*$/;
const HEADER_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\x20-\x7e\t]*?)[ \t]*$/;

function parseHead(text) {
  const [first, ...lines] = text.split('\r\n');
  const match = STATUS_LINE.exec(first);
  if (!match) throw new Error(`not a status line: ${JSON.stringify(first)}`);
  const headers = {};
  for (const line of lines) {
    const header = HEADER_LINE.exec(line);
    if (!header) throw new Error(`not a header: ${JSON.stringify(line)}`);
    const name = header[1].toLowerCase();
    headers[name] = name in headers ? `${headers[name]}, ${header[2]}` : header[2];
  }
  return { status: Number(match[1]), headers };
}

export class Raw {
  constructor(socket, { paused }) {
    this.socket = socket;
    this.bytes = Buffer.alloc(0);
    this.gone = false; // the other side has closed or reset
    this.received = 0;
    this.waiters = new Set();
    socket.setNoDelay(true);
    if (!paused) socket.on('data', (chunk) => this.take(chunk));
    socket.on('end', () => this.leave());
    socket.on('close', () => this.leave());
    socket.on('error', (error) => { this.error = error.code; this.leave(); });
  }

  take(chunk) {
    this.bytes = Buffer.concat([this.bytes, chunk]);
    this.received += chunk.length;
    this.wake();
  }

  leave() {
    this.gone = true;
    this.wake();
  }

  wake() { for (const waiter of this.waiters) waiter(); }

  // Strings are bytes 0..255, one a character. Resolves when they are handed over or cannot be any more.
  write(bytes) {
    const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes, 'latin1');
    return new Promise((resolve) => {
      if (this.socket.destroyed || !this.socket.writable) return resolve();
      this.socket.once('close', resolve);
      this.socket.write(buffer, () => { this.socket.off('close', resolve); resolve(); });
    });
  }

  // What look() gives as soon as it is not undefined; looked at again whenever something arrives.
  until(what, look, deadline = WAIT) {
    return new Promise((resolve, reject) => {
      const settle = (outcome, value) => {
        clearTimeout(timer);
        this.waiters.delete(again);
        outcome(value);
      };
      const again = () => {
        try {
          const found = look();
          if (found !== undefined) settle(resolve, found);
        } catch (error) {
          settle(reject, error);
        }
      };
      const timer = setTimeout(() => settle(reject, new Error(`${what}: nothing within ${deadline} ms; `
        + `so far ${JSON.stringify(this.bytes.toString('latin1').slice(0, 500))}`)), deadline);
      this.waiters.add(again);
      again();
    });
  }

  cut(size) {
    const front = this.bytes.subarray(0, size);
    this.bytes = this.bytes.subarray(size);
    return front;
  }

  // Bytes up to and including `mark`; null when the other side has gone without another byte.
  through(mark, deadline) {
    return this.until(`an answer's ${JSON.stringify(mark)}`, () => {
      const at = this.bytes.indexOf(mark);
      if (at >= 0) return this.cut(at + mark.length).toString('latin1');
      if (!this.gone) return undefined;
      if (this.bytes.length === 0) return null;
      throw new Error(`cut in the middle of an answer: ${JSON.stringify(this.bytes.toString('latin1'))}`);
    }, deadline);
  }

  exactly(size, deadline) {
    return this.until(`${size} bytes of a body`, () => {
      if (this.bytes.length >= size) return this.cut(size);
      if (this.gone) throw new Error(`closed after ${this.bytes.length} of ${size} bytes of a body`);
      return undefined;
    }, deadline);
  }

  async body({ status, headers }, bodiless, deadline) {
    if (bodiless || status === 204 || status === 304 || status < 200) return Buffer.alloc(0);
    if (headers['transfer-encoding'] === 'chunked') return this.chunks(deadline);
    if (headers['content-length'] !== undefined) {
      return this.exactly(Number(headers['content-length']), deadline);
    }
    await this.closed(deadline);
    return this.cut(this.bytes.length);
  }

  async chunks(deadline) {
    const parts = [];
    for (;;) {
      const size = parseInt(await this.through('\r\n', deadline), 16);
      parts.push(await this.exactly(size, deadline));
      await this.through('\r\n', deadline);
      if (size === 0) return Buffer.concat(parts);
    }
  }

  // The next answer, interim ones included: { status, headers, text, json }. null: gone without one.
  async answer({ bodiless = false, deadline = WAIT } = {}) {
    const head = await this.through('\r\n\r\n', deadline);
    if (head === null) return null;
    const answer = parseHead(head.slice(0, -4));
    answer.text = (await this.body(answer, bodiless, deadline)).toString('utf8');
    const isJson = /^application\/json\b/.test(answer.headers['content-type'] ?? '');
    answer.json = isJson && answer.text ? JSON.parse(answer.text) : undefined;
    return answer;
  }

  // Resolves once the other side has closed the connection, however.
  closed(deadline = WAIT) {
    return this.until('the end of the connection', () => (this.gone ? true : undefined), deadline);
  }

  // No more bytes from here; the other side may still answer.
  half() { this.socket.end(); }

  destroy() {
    this.socket.destroy();
    this.leave();
  }

  // Ends the connection with a reset, as a client that crashed does.
  reset() {
    this.socket.resetAndDestroy?.();
    this.destroy();
  }
}

// A connection to the server; `paused`: what arrives is not read, and fills the buffers on the way.
export function connect(server, { paused = false, deadline = WAIT } = {}) {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: '127.0.0.1', port: server.port, allowHalfOpen: true });
    const timer = setTimeout(() => socket.destroy(new Error(`no connection within ${deadline} ms`)), deadline);
    const fail = (error) => { clearTimeout(timer); reject(error); };
    socket.once('error', fail);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', fail);
      resolve(new Raw(socket, { paused }));
    });
  });
}

// The bytes of a whole request; `headers` are lines, and Host comes by itself unless they name one.
export function request(method, target, headers = [], body = '') {
  const lines = headers.some((line) => /^host\b/i.test(line)) ? headers : ['Host: jobd', ...headers];
  return `${method} ${target} HTTP/1.1\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n${body}`;
}

// One request with a body of a known length.
export function withBody(method, target, headers, body) {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body, 'utf8');
  return Buffer.concat([
    Buffer.from(request(method, target, [...headers, `Content-Length: ${bytes.length}`]), 'latin1'), bytes,
  ]);
}

// Runs use(connection) on a fresh connection and makes sure that nothing of it is left.
export async function onConnection(server, use, options) {
  const raw = await connect(server, options);
  try {
    return await use(raw);
  } finally {
    raw.destroy();
  }
}
