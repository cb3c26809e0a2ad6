// A TCP proxy that cuts connections at random: before a request is delivered, after it and before the answer, or in the
// middle of the answer, or at any time.
import net from 'node:net';

const CUTS = ['before', 'after', 'middle'];

export class Proxy {
  // `target()` is the port to connect to; `percent` of the requests are cut while `cutting` is true.
  constructor(target, random, percent) {
    Object.assign(this, { target, random, percent, cutting: true, cuts: { before: 0, after: 0, middle: 0, idle: 0 } });
    this.open = new Set();
    this.server = net.createServer((client) => this.join(client));
  }

  async listen() {
    await new Promise((resolve) => { this.server.listen(0, '127.0.0.1', resolve); });
    this.port = this.server.address().port;
    return this;
  }

  close() {
    this.server.close();
    for (const pair of this.open) this.end(pair);
  }

  end(pair) {
    for (const socket of [pair.client, pair.daemon]) socket.destroy();
    this.open.delete(pair);
  }

  // By a reset or by an orderly end, both of which networks do.
  cut(pair, how) {
    this.cuts[how] += 1;
    if (this.random.below(2)) pair.client.resetAndDestroy();
    this.end(pair);
  }

  join(client) {
    const pair = { client, daemon: net.connect(this.target(), '127.0.0.1'), plan: null };
    this.open.add(pair);
    for (const socket of [pair.client, pair.daemon]) {
      socket.setNoDelay(true);
      socket.on('error', () => this.end(pair));
      socket.on('close', () => this.end(pair));
    }
    client.on('data', (chunk) => this.request(pair, chunk));
    pair.daemon.on('data', (chunk) => this.answer(pair, chunk));
  }

  // The clients send nothing before they are answered, so that a chunk is a request, or a part of one.
  request(pair, chunk) {
    pair.plan = this.cutting && this.random.below(100) < this.percent ? this.random.pick(CUTS) : null;
    if (pair.plan === 'before') this.cut(pair, 'before');
    else pair.daemon.write(chunk);
  }

  answer(pair, chunk) {
    if (pair.plan === 'middle') pair.client.write(chunk.subarray(0, chunk.length / 2), () => this.cut(pair, 'middle'));
    else if (pair.plan === 'after') this.cut(pair, 'after');
    else pair.client.write(chunk);
  }

  // Whatever a connection is doing, waiting for a job mostly.
  cutAny() {
    if (this.open.size > 0) this.cut(this.random.pick([...this.open]), 'idle');
  }
}
