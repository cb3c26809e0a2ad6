// What the fault tests share: a daemon on a disk that misbehaves on demand, and a look into its file.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { JOBD, startJobd, tempDir } from '../api/harness.mjs';

const BUILD = process.env.JOBD_BUILD ? path.resolve(process.env.JOBD_BUILD) : path.dirname(JOBD);

// Where a library lies that is loaded before the C library.
export function preloaded(name) {
  const library = path.join(BUILD, `tests/fault/${name}.so`);
  assert.ok(fs.existsSync(library), `${library} is not built`);
  return library;
}

// The knobs of disk.c, which says what each does.
export class Disk {
  constructor() { this.dir = fs.realpathSync(tempDir()); }

  environment(prefix) {
    return { LD_PRELOAD: preloaded('disk'), JOBD_FAULT_DIR: this.dir, JOBD_FAULT_STORE: prefix };
  }

  // Renamed into place, so that nobody reads half of it.
  set(knob, value = '') {
    const file = path.join(this.dir, knob);
    fs.writeFileSync(`${file}.new`, String(value));
    fs.renameSync(`${file}.new`, file);
  }

  clear(knob) { fs.rmSync(path.join(this.dir, knob), { force: true }); }

  // Syncs of the store's files so far, over all processes.
  syncs() { return Number(fs.readFileSync(path.join(this.dir, 'syncs')).readBigUInt64LE()); }
}

// A daemon whose store lies on such a disk: { server, disk, file }.
export async function startOnDisk({ args = [], ...options } = {}) {
  const disk = new Disk();
  const dir = fs.realpathSync(tempDir());
  const file = path.join(dir, 'jobd.db');
  const server = await startJobd({
    ...options, store: `sqlite:${file}`, env: disk.environment(file),
    args: ['--auth-failures', '0', ...args],
  });
  return { server, disk, file };
}

// What a Python program prints that knows `file` and the module sqlite3.
export async function python(file, program) {
  const { stdout } = await promisify(execFile)('python3', ['-c', program, file]);
  return stdout.trim();
}

export async function checkIntegrity(file) {
  const found = await python(file, `
import sqlite3, sys
print(*(row[0] for row in sqlite3.connect(sys.argv[1]).execute("PRAGMA integrity_check")))`);
  assert.equal(found, 'ok', 'PRAGMA integrity_check');
}
