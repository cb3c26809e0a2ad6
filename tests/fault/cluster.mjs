// A PostgreSQL that may be killed: clusters on sockets in directories of their own, one the other's standby.
import { after } from 'node:test';
import { execFile, execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { eventually, tempDir } from '../api/harness.mjs';
import { sql } from '../api/postgres.mjs';

const run = promisify(execFile);

// Debian's account for PostgreSQL, which refuses to run as root.
const OWNER = ['--reuid=postgres', '--regid=postgres', '--clear-groups'];
const PORT = 5432; // only its socket's name, unless the settings have it listen

// Processes are killed here, not machines: what was written is there, synced or not.
const SETTINGS = `
fsync = off
full_page_writes = off
listen_addresses = ''
shared_buffers = 64MB
wal_level = replica
hot_standby = on
wal_receiver_status_interval = 1
log_min_messages = fatal
`;

function programs() {
  const root = '/usr/lib/postgresql';
  const [newest] = fs.readdirSync(root).sort((a, b) => Number(b) - Number(a));
  return path.join(root, newest, 'bin');
}

function asOwner(command, args) {
  const full = [...(process.getuid() === 0 ? [...OWNER, '--'] : ['--']), command, ...args];
  return run('setpriv', full, { cwd: '/' });
}

export class Cluster {
  constructor() {
    this.dir = fs.realpathSync(tempDir());
    this.data = path.join(this.dir, 'data');
    this.port = PORT;
    this.own(this.dir);
    after(() => this.destroy());
  }

  own(...files) {
    if (process.getuid() === 0) execFileSync('chown', ['postgres:postgres', ...files]);
  }

  program(name, ...args) { return asOwner(path.join(programs(), name), args); }

  // A new primary that runs.
  static async primary() {
    const cluster = await Cluster.stopped();
    await cluster.start();
    return cluster;
  }

  // One that has never run; what is set later is what counts.
  static async stopped() {
    const cluster = new Cluster();
    await cluster.program('initdb', '-D', cluster.data, '-U', 'jobd', '-A', 'trust', '-E', 'UTF8', '--no-sync',
      '--locale=C.UTF-8');
    cluster.set(SETTINGS);
    return cluster;
  }

  set(settings) { fs.appendFileSync(path.join(this.data, 'postgresql.conf'), settings); }

  // A standby of this one that runs, and without which nothing is acknowledged.
  async standby() {
    const other = new Cluster();
    await this.program('pg_basebackup', '-h', this.dir, '-U', 'jobd', '-D', other.data, '-R', '-X', 'stream', '--no-sync',
      '-c', 'fast');
    await other.start();
    await this.sql("ALTER SYSTEM SET synchronous_standby_names = '*'");
    await this.sql('SELECT pg_reload_conf()');
    await eventually(() => this.sql("SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'"), 'the standby');
    return other;
  }

  start() {
    return this.program('pg_ctl', '-D', this.data, '-w', '-l', path.join(this.dir, 'log'), '-o', `-k ${this.dir}`, 'start');
  }

  // By an immediate shutdown, as after a power failure.
  crash() { return this.program('pg_ctl', '-D', this.data, '-m', 'immediate', '-w', 'stop'); }

  promote() { return this.program('pg_ctl', '-D', this.data, '-w', 'promote'); }

  get pid() { return Number(fs.readFileSync(path.join(this.data, 'postmaster.pid'), 'utf8').split('\n')[0]); }

  // The server and every process of it, at once and for good.
  async kill() {
    const { stdout } = await run('ps', ['-o', 'pid=', '--ppid', `${this.pid}`]);
    for (const pid of [this.pid, ...stdout.trim().split(/\s+/).map(Number)]) {
      try { process.kill(pid, 'SIGKILL'); } catch { /* gone by itself */ }
    }
    fs.rmSync(path.join(this.dir, `.s.PGSQL.${this.port}`), { force: true });
  }

  // The pid of the server's process of that kind, 0 where there is none.
  async child(kind) {
    const { stdout } = await run('ps', ['-o', 'pid=,args=', '--ppid', `${this.pid}`]);
    return Number(new RegExp(`^\\s*(\\d+) .*${kind}`, 'm').exec(stdout)?.[1] ?? 0);
  }

  // The process by which a standby follows: stopped, it confirms nothing.
  receiver() { return this.child('walreceiver'); }

  // Kills the receiver with all it holds. The server restarts the others for it, and is deaf to a promotion meanwhile.
  async loseReceiver() {
    const recovering = await this.child('startup');
    process.kill(await this.receiver(), 'SIGKILL');
    await eventually(async () => ![0, recovering].includes(await this.child('startup')), 'the standby, started again');
  }

  destroy() {
    try {
      execFileSync('setpriv', [...(process.getuid() === 0 ? OWNER : []), '--', path.join(programs(), 'pg_ctl'), '-D',
        this.data, '-m', 'immediate', 'stop'], { stdio: 'ignore', cwd: '/' });
    } catch { /* it does not run */ }
    fs.rmSync(this.dir, { recursive: true, force: true });
  }

  sql(statement) { return sql(storeAt([this], 'public'), statement); }
}

// The URL of a store that is wherever one of the clusters takes writes.
export function storeAt(clusters, schema, options = '') {
  const hosts = clusters.map(({ dir }) => encodeURIComponent(dir)).join(',');
  const ports = clusters.map(({ port }) => port).join(',');
  return `postgresql:///postgres?host=${hosts}&port=${ports}&user=jobd&target_session_attrs=read-write`
    + `&options=-csearch_path%3D${schema}${encodeURIComponent(options)}`;
}
