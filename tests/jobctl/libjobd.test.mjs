// libjobd as others use it: installed, found by pkg-config, with nothing visible but its API.
import test from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { ROOT, alice, startJobd, tempDir } from '../api/harness.mjs';
import { get } from '../api/support.mjs';
import { User, nobody } from './jobctl.mjs';

const BUILD = path.resolve(process.env.JOBD_BUILD ?? path.join(ROOT, 'build'));
const run = (command, args, options) => execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], ...options });

const root = tempDir();
run('meson', ['install', '-C', BUILD, '--no-rebuild', '--quiet', '--destdir', root]);

function findFile(name, dir = root) {
  for (const entry of fs.readdirSync(dir, { withFileTypes: true })) {
    const at = path.join(dir, entry.name);
    if (entry.isDirectory()) {
      const found = findFile(name, at);
      if (found) return found;
    } else if (entry.name === name) return at;
  }
  return undefined;
}

// The functions the header declares.
const API = [...fs.readFileSync(path.join(ROOT, 'include/jobd.h'), 'utf8')
  .matchAll(/^JOBD_API \w[\w ]*\*?(\bjobd_\w+)\(/gm)].map(([, name]) => name).sort();

test('the library exports what the header declares, and nothing else', () => {
  const symbols = run('nm', ['-D', '--defined-only', findFile('libjobd.so')]);
  const names = symbols.trim().split('\n').map((line) => line.split(' ').pop().replace(/@.*/, '')).sort();
  assert.ok(API.length >= 9, API.join());
  assert.deepEqual(names, API);
});

test('its name carries the version of its interface', () => {
  const lib = path.dirname(findFile('libjobd.so'));
  assert.match(run('readelf', ['-d', path.join(lib, 'libjobd.so')]), /SONAME.*\[libjobd\.so\.0\]/);
  assert.ok(fs.existsSync(path.join(lib, 'libjobd.so.0')));
});

test('the header, the pages and jobctl are installed', () => {
  for (const name of ['jobd.h', 'libjobd.pc', 'jobctl', 'jobctl.1']) assert.ok(findFile(name), name);
});

// The example, compiled as a stranger would.
function compile(std) {
  const config = path.dirname(findFile('libjobd.pc'));
  const flags = run('pkg-config', ['--cflags', '--libs', 'libjobd'], {
    env: { ...process.env, PKG_CONFIG_PATH: config, PKG_CONFIG_SYSROOT_DIR: root },
  }).trim().split(/\s+/);
  const program = path.join(tempDir(), 'report');
  run('cc', [`-std=${std}`, '-Wall', '-Wextra', '-Werror', path.join(ROOT, 'examples/report.c'),
    '-o', program, ...flags]);
  return program;
}

const libraries = () => ({ LD_LIBRARY_PATH: path.dirname(findFile('libjobd.so.0')) });

test('the example is under fifty lines, compiles by pkg-config, and reports', async () => {
  const source = fs.readFileSync(path.join(ROOT, 'examples/report.c'), 'utf8');
  assert.ok(source.split('\n').length < 50);
  compile('c99');
  const server = await startJobd();
  const done = await new User(server.url, alice).run([], { bin: compile('c11'), env: libraries() });
  assert.equal(done.code, 0, done.stderr);
  const { json: job } = await get(server, alice, done.stdout.trim());
  assert.deepEqual([job.state, job.result, job.progressPercentage, job.message, job.selfManaged],
    ['COMPLETED', 'SUCCESS', 100, 'all done', true]);
});

test('a failure is told to the program, and by the program alone', async () => {
  const done = await new User(await nobody(), alice).run([], { bin: compile('c11'), env: libraries() });
  assert.equal(done.code, 1);
  assert.match(done.stderr, /^report: cannot reach http:\S+: .*\n$/);
  assert.equal(done.stdout, '');
});
