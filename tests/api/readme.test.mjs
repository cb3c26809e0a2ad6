// The README's example in plain HTTP, run as it is printed.
import test from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { admin, ROOT, startJobd, tempDir } from './harness.mjs';
import { found } from './support.mjs';

const server = await startJobd({ users: [admin] });
const README = fs.readFileSync(path.join(ROOT, 'README.md'), 'utf8');

// The indented lines that follow a sentence.
function block(sentence) {
  const rest = README.slice(README.indexOf(sentence) + sentence.length).trimStart();
  return /^(.+\n)+/.exec(rest.replace(/^\n+/, ''))[0];
}

function shell(script) {
  const cwd = tempDir();
  fs.mkdirSync(path.join(cwd, 'data'));
  fs.writeFileSync(path.join(cwd, 'data/admin-password'), `${admin.password}\n`);
  const env = { PATH: process.env.PATH, HOME: cwd, NO_PROXY: '*', JOBD_URL: server.url };
  return new Promise((resolve) => {
    const child = spawn('sh', ['-euc', script], { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    child.on('close', (code) => resolve({ code, stderr }));
  });
}

test('the job of the example runs to its end', async () => {
  const done = await shell(block('Without jobctl, plain HTTP does:'));
  assert.equal(done.code, 0, done.stderr);
  const jobs = await found(server, admin, { name: 'Nightly import' });
  assert.deepEqual(
    jobs.map(({ state, result }) => [state, result]),
    [['COMPLETED', 'SUCCESS']],
  );
});

test('it asks for the same jobs as ./dev run', () => {
  const query = /\/rest\/jobs\/v1\/jobs\?\w+=\w+/;
  const run = fs.readFileSync(path.join(ROOT, 'tools/run.sh'), 'utf8');
  assert.equal(query.exec(README)[0], query.exec(run)[0]);
});
