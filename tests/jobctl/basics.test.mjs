// What holds for every subcommand: help, usage, settings, credentials, errors, the manual page.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { admin, alice, startJobd, tempDir, UNKNOWN_ID } from '../api/harness.mjs';
import { JOBCTL, User, errorBody, fakeServer, nobody } from './jobctl.mjs';

const COMMANDS = ['run', 'work', 'submit', 'get', 'list', 'wait', 'delete', 'help'];
const server = await startJobd();
const user = new User(server.url, alice);

test('--version tells the version, as JSON too', async () => {
  assert.match((await user.run(['--version'])).stdout, /^jobctl \d+\.\d+\.\d+\n$/);
  assert.match(JSON.parse((await user.run(['--version', '--json'])).stdout).version, /^\d+\.\d+/);
});

test('help names every command, and --help every option of one', async () => {
  const overview = await user.run(['help']);
  assert.equal(overview.code, 0);
  assert.equal((await user.run(['--help'])).stdout, overview.stdout);
  for (const name of COMMANDS) assert.match(overview.stdout, new RegExp(`jobctl ${name} `));
  assert.match(overview.stdout, /JOBD_PASSWORD_FILE/);
  assert.match(overview.stdout, /Exit status/);
  for (const { name, options } of JSON.parse((await user.run(['help', '--json'])).stdout)) {
    const help = await user.run([name, '--help']);
    assert.equal(help.code, 0, help.stderr);
    assert.match(help.stdout, /--json/);
    for (const option of options) assert.match(help.stdout, new RegExp(`--${option.name}\\b`));
  }
});

test('the help is written for eighty columns', async () => {
  for (const name of ['help', ...COMMANDS]) {
    const { stdout } = await user.run(['help', name]);
    assert.deepEqual(stdout.split('\n').filter((line) => line.length > 80), []);
  }
});

test('the manual page is roff, and holds every option', async (t) => {
  const { code, stdout } = await user.run(['manual']);
  assert.equal(code, 0);
  assert.match(stdout, /^\.TH JOBCTL 1 /);
  for (const name of ['progress\\-regex', 'max\\-attempts', 'timeout', 'grace']) {
    assert.ok(stdout.includes(`\\-\\-${name}`), name);
  }
  const file = path.join(tempDir(), 'jobctl.1');
  fs.writeFileSync(file, stdout);
  let complaints;
  try {
    complaints = execFileSync('man', ['--warnings', '-l', file], { env: { ...process.env, MANWIDTH: '80' }, stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (error) {
    if (error.code === 'ENOENT') return t.skip('no man here');
    throw error;
  }
  assert.equal(complaints?.toString() ?? '', '');
});

test('wrong usage ends with 2 and says what to do', async () => {
  const cases = [
    [[], /say run, work, submit, get/],
    [['frobnicate'], /there is no command "frobnicate"/],
    [['get'], /^jobctl get: ID is missing/],
    [['get', 'x'], /"x" is not the id of a job/],
    [['get', UNKNOWN_ID, UNKNOWN_ID], /one word too many/],
    [['get', '--nonsense', UNKNOWN_ID], /"--nonsense" is not understood here/],
    [['list', '--limit', '0'], /--limit must be a whole number from 1 to/],
    [['list', '--limit'], /--limit needs a value/],
    [['list', '--state', 'GONE'], /--state must be one of WAITING\|RUNNING/],
    [['submit', '--name', 'n'], /--type is missing/],
    [['submit', '--name', 'n', '--type', 't', '--run-after', 'soon'], /--run-after must be a time/],
    [['wait', '--timeout', 'x', UNKNOWN_ID], /--timeout must be a time like/],
    [['run', '--name', 'n', '--type', 't'], /CMD... is missing/],
    [['run', '--name', 'n', '--type', 't', '--progress-regex', '[0-9]+', '--', 'true'], /needs a group/],
    [['run', '--name', 'n', '--type', 't', '--progress-regex', '(', '--', 'true'], /--progress-regex: /],
    [['help', 'nonsense'], /there is no command nonsense/],
  ];
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await user.run(args);
    assert.equal(code, 2, `${args}: ${stderr}`);
    assert.match(stderr, message);
    assert.match(stderr, /^jobctl/);
    assert.equal(stderr.split('\n').length, 2, 'one line');
    assert.equal(stdout, '');
  }
});

test('a server that is not there, or refuses, is one sentence and 1', async () => {
  const gone = new User(await nobody(), alice);
  const wrong = new User(server.url, { name: 'alice', password: 'wrong-password' });
  const page = new User((await fakeServer(() => ({ status: 200, body: '<html>' }))).url, alice);
  const broken = new User((await fakeServer(() => ({ status: 502, body: 'Bad Gateway' }))).url, alice);
  for (const args of [['list'], ['get', UNKNOWN_ID], ['submit', '--name', 'n', '--type', 't'],
    ['wait', UNKNOWN_ID], ['delete', UNKNOWN_ID]]) {
    for (const [who, message] of [[gone, /cannot reach http:\/\/127/], [wrong, /authenticate/],
      [page, /not of the Job API/], [broken, /answered with status 502/]]) {
      const { code, stdout, stderr } = await who.run(args);
      assert.equal(code, 1, stderr);
      assert.match(stderr, new RegExp(`^jobctl ${args[0]}: `));
      assert.match(stderr, message);
      assert.equal(stderr.trimEnd().split('\n').length, 1, stderr);
      assert.equal(stdout, '');
    }
  }
});

test('credentials come from the file, and secrets from files of their own', async () => {
  const home = new User(undefined, undefined);
  const dir = path.join(home.home, '.config/jobd');
  fs.mkdirSync(dir, { recursive: true });
  const secret = path.join(home.home, 'secret');
  fs.writeFileSync(secret, `${alice.password}\nsecond line\n`);
  const conf = (text) => fs.writeFileSync(path.join(dir, 'client.conf'), text);
  conf(`# mine\nurl = ${server.url}/\n\nuser=alice\npassword-file = ${secret}\n`);
  assert.equal((await home.run(['list'])).code, 0);

  const elsewhere = tempDir();
  fs.mkdirSync(path.join(elsewhere, 'jobd'));
  fs.copyFileSync(path.join(dir, 'client.conf'), path.join(elsewhere, 'jobd/client.conf'));
  conf('url = http://127.0.0.1:1\n');
  assert.equal((await home.run(['list'], { env: { XDG_CONFIG_HOME: elsewhere } })).code, 0);

  conf('url = http://127.0.0.1:1\ntoken = nonsense\n');
  const env = { JOBD_URL: server.url, JOBD_USER: 'alice', JOBD_PASSWORD_FILE: secret };
  assert.equal((await home.run(['list'], { env })).code, 0, 'the environment has credentials of its own');

  for (const [text, message] of [['speed = high\n', /client.conf:1: there is no setting speed/],
    ['\nurl\n', /client.conf:2: expected `name = value`/],
    ['password-file = /nonexistent\n', /client.conf:1: cannot read \/nonexistent/]]) {
    conf(text);
    const { code, stderr } = await home.run(['list']);
    assert.equal(code, 1);
    assert.match(stderr, message);
  }
});

test('an address must be one, and holds no password', async () => {
  for (const [url, message] of [['ftp://x', /must begin with http/],
    ['http://alice:secret@127.0.0.1:1', /do not belong there/]]) {
    const { code, stderr } = await new User(url, alice).run(['list']);
    assert.equal(code, 1);
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /secret/);
  }
});

test('credentials go to the server named, and follow no redirect', async () => {
  const trap = await fakeServer(() => ({ status: 200, body: { results: [] } }));
  const lure = await fakeServer(() => ({ status: 302, headers: { Location: `${trap.url}/rest/jobs/v1/jobs` } }));
  const { code, stderr } = await new User(lure.url, alice).run(['list']);
  assert.equal(code, 1);
  assert.match(stderr, /status 302/);
  assert.equal(trap.requests.length, 0);
  assert.match(lure.requests[0].headers.authorization, /^Basic /);
});

test('a token wins over a password', async () => {
  const fake = await fakeServer(() => ({ status: 200, body: { results: [] } }));
  const { code } = await new User(fake.url, alice).run(['list'], { env: { JOBD_TOKEN: 'abc.def.ghi' } });
  assert.equal(code, 0);
  assert.equal(fake.requests[0].headers.authorization, 'Bearer abc.def.ghi');
});

test('a server on a Unix socket is reached as unix:PATH', async () => {
  const socket = path.join(tempDir(), 's');
  const local = await startJobd({ args: ['--listen', `unix:${socket}`] });
  assert.ok(local);
  const { code, stdout, stderr } = await new User(`unix:${socket}`, admin).run(['list', '--json']);
  assert.equal(code, 0, stderr);
  assert.deepEqual(JSON.parse(stdout), []);
});

test('an error message is safe to show', async () => {
  const fake = await fakeServer(() => errorBody(400, 'x', 'bad \u001b[2J\u0007 thing\u202e\u009b'));
  const { stderr } = await new User(fake.url, alice).run(['list']);
  assert.equal(stderr, 'jobctl list: bad \\x1b[2J\\x07 thing\\u202e\\u009b\n');
});

test('what cannot be written is a failure', async () => {
  const { code, stderr } = await user.run(['-c', '"$0" "$@" >/dev/full', JOBCTL, 'help'], { bin: '/bin/sh' });
  assert.equal(code, 1);
  assert.match(stderr, /cannot write/);
});
