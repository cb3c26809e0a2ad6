// jobd --check-config: the files a configuration names, and the lines of its own.
import test from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { runJobd, tempDir } from './harness.mjs';

const dir = tempDir();

function writeFile(name, text) {
  const file = path.join(dir, name);
  fs.writeFileSync(file, text);
  return file;
}

function check(args) {
  return runJobd(['--check-config', '--store', 'memory:', ...args]);
}

async function refused(message, args) {
  const done = await check(args);
  assert.equal(done.code, 2, done.stderr + done.stdout);
  assert.ok(done.stderr.includes(message), `${message} is not in: ${done.stderr}`);
}

for (const option of ['tls-cert', 'tls-key']) {
  for (const wrong of ['/there/is/none.pem', '/tmp']) {
    test(`--check-config refuses ${option} ${wrong}`, () => {
      const good = writeFile('good.pem', 'x');
      const files = { 'tls-cert': good, 'tls-key': good, [option]: wrong };
      const args = Object.entries(files).map(([name, file]) => `--${name}=${file}`);
      return refused(`${option}: cannot read ${wrong}`, args);
    });
  }
}

test('--check-config accepts files it can read, and an address it does not ask', async () => {
  const file = writeFile('some.pem', 'x');
  for (const keys of [file, 'https://127.0.0.1:1/keys']) {
    const done = await check(['--tls-cert', file, '--tls-key', file, '--jwt-jwks', keys,
      '--jwt-algorithms', 'ES384, ps512']);
    assert.equal(done.code, 0, done.stderr);
  }
});

// Cut anywhere, the name is that of the directory.
test('a long value in the file is not cut', async () => {
  writeFile('keys.json', '{}');
  const long = `${dir}${'/'.repeat(1100 - dir.length)}keys.json`;
  const done = await check(['--config', writeFile('long.conf', `jwt-jwks = ${long}\n`)]);
  assert.equal(done.code, 0, done.stderr);
});

test('a line of the file that is too long is refused, with its number', () =>
  refused('longer.conf:2: the line is too long', ['--config',
    writeFile('longer.conf', `\njwt-issuer = ${'x'.repeat(1300)}\n`)]));
