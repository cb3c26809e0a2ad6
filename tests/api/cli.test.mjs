// The command line of jobd: options from all their places, accounts, and starts that are refused.
import test from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { alice, call, logFields, runJobd, startJobd, tempDir, WHOAMI } from './harness.mjs';

const dir = tempDir();
const STORE = `sqlite:${dir}/cli.db`;
const OPTIONS = [
  'store',
  'listen',
  'insecure-http',
  'tls-cert',
  'tls-key',
  'threads',
  'max-connections',
  'max-connections-per-address',
  'max-event-readers',
  'head-timeout',
  'body-timeout',
  'idle-timeout',
  'drain-timeout',
  'stalled-after',
  'log-format',
  'log-level',
  'auth-cache',
  'password-hashes',
  'session-cookie-secure',
  'session-lifetime',
  'auth-failures',
  'jwt-jwks',
  'jwt-issuer',
  'jwt-audience',
  'jwt-algorithms',
  'jwt-types',
  'jwt-principal',
  'jwt-skew',
];

let stores = 0;
function freshStore() {
  stores += 1;
  return `sqlite:${dir}/store-${stores}.db`;
}

function writeFile(name, text) {
  const file = path.join(dir, name);
  fs.writeFileSync(file, text);
  return file;
}

function check(args, options = {}) {
  return runJobd(['--check-config', ...args], options);
}

function userCommand(store, args, stdin = '') {
  return runJobd(['user', args[0], '--store', store, ...args.slice(1)], { stdin });
}

async function refusedNaming(name, args, options = {}) {
  const done = await check(args, options);
  assert.equal(done.code, 2, done.stderr + done.stdout);
  assert.ok(done.stderr.includes(name), `${name} is not in: ${done.stderr}`);
}

for (const args of [['--help'], ['-h'], ['help'], ['serve', '--help'], ['user', 'add', '--help']]) {
  test(`jobd ${args.join(' ')} explains itself on stdout`, async () => {
    const done = await runJobd(args);
    assert.equal(done.code, 0, done.stderr);
    assert.match(done.stdout, /jobd serve/);
  });
}

test('--help names every option', async () => {
  const { stdout } = await runJobd(['--help']);
  const told = [...stdout.matchAll(/^ +--([a-z-]+)/gm)].map(([, name]) => name);
  assert.deepEqual([...new Set(told)].sort(), [...OPTIONS].sort());
});

test('--version is one line with a number', async () => {
  const done = await runJobd(['--version']);
  assert.equal(done.code, 0);
  assert.match(done.stdout, /^jobd \d+\.\d+\.\d+\n$/);
});

for (const args of [
  [],
  ['fly'],
  ['serve', 'more'],
  ['--nonsense'],
  ['serve', '--nonsense'],
  ['serve', '--nonsense=1'],
  ['serve', '--listen'],
  ['user'],
  ['user', 'fly'],
]) {
  test(`jobd ${args.join(' ')} is a usage error, on stderr`, async () => {
    const done = await runJobd(args, { cwd: dir });
    assert.equal(done.code, 2, done.stdout + done.stderr);
    assert.notEqual(done.stderr, '');
  });
}

test('--check-config accepts what is right', async () => {
  const done = await check([
    '--store',
    STORE,
    '--listen',
    '127.0.0.1:0',
    '--head-timeout',
    '2s',
    '--log-format',
    'json',
  ]);
  assert.equal(done.code, 0, done.stderr);
});

test('--check-config makes no store', async () => {
  const store = freshStore();
  await check(['--store', store]);
  assert.ok(!fs.existsSync(store.slice('sqlite:'.length)));
});

for (const [option, ...values] of [
  ['store', 'nothing', 'mysql:x', '', 'sqlite:'],
  [
    'listen',
    'nowhere',
    '127.0.0.1',
    '127.0.0.1:',
    '127.0.0.1:x',
    '127.0.0.1:70000',
    '300.0.0.1:80',
    '',
  ],
  ['threads', '-1', 'x', '99999', '1.5'],
  ['max-connections', '0', 'x', '-5', '99999999999999999999'],
  ['max-connections-per-address', '0', 'x'],
  ['head-timeout', '0', 'x', '10 parsecs', '-1s'],
  ['body-timeout', 'x', '99999999h'],
  ['idle-timeout', 'x'],
  ['drain-timeout', 'x'],
  ['stalled-after', '999ms', '25h', 'x'],
  ['log-format', 'xml', ''],
  ['log-level', 'loud'],
  ['auth-cache', 'x', '-1s'],
  ['password-hashes', '0', 'x', '100000'],
  ['auth-failures', 'x', '-1'],
  ['insecure-http', 'maybe'],
  ['jwt-algorithms', 'none', 'HS256', 'RS256,RS255', 'RS256 ES256'],
  ['jwt-jwks', 'http://127.0.0.1/keys', 'ftp://127.0.0.1/keys', '/there/is/none.json', '/tmp'],
]) {
  for (const value of values) {
    test(`--${option}=${value} is refused by name`, () =>
      refusedNaming(option, ['--store', STORE, `--${option}=${value}`]));
  }
}

test('a wrong value stops the start, too', async () => {
  const done = await runJobd([
    'serve',
    '--store',
    STORE,
    '--listen',
    '127.0.0.1:0',
    '--head-timeout',
    'x',
  ]);
  assert.equal(done.code, 2);
  assert.match(done.stderr, /head-timeout/);
});

test('a wrong variable is named', () =>
  refusedNaming('JOBD_HEAD_TIMEOUT', ['--store', STORE], { env: { JOBD_HEAD_TIMEOUT: 'soon' } }));

test('a wrong line of the file is named, with file and line', async () => {
  const file = writeFile('bad.conf', '# a comment\n\nlog-format = json\nhead-timeout = soon\n');
  await refusedNaming('head-timeout', ['--store', STORE, '--config', file]);
  await refusedNaming('bad.conf:4', ['--store', STORE, '--config', file]);
});

for (const [what, text, named] of [
  ['an unknown option', 'colour = red\n', 'colour'],
  ['no equals sign', 'log-format json\n', 'line.conf'],
  ['nothing before it', '= json\n', 'line.conf'],
]) {
  test(`a line with ${what} is refused`, () =>
    refusedNaming(named, ['--store', STORE, '--config', writeFile('line.conf', text)]));
}

test('a file that is not there is refused by name', () =>
  refusedNaming('nowhere.conf', ['--store', STORE, '--config', `${dir}/nowhere.conf`]));

// Where the format of the log comes from is seen in the log itself.
async function formatWith({ args = [], env = {} }) {
  const server = await startJobd({ users: [], args, env });
  const line = server.log().find((text) => logFields(text).msg === 'listening');
  await server.stop();
  return line.startsWith('{') ? 'json' : 'logfmt';
}

test('an option may be in the environment', async () =>
  assert.equal(await formatWith({ env: { JOBD_LOG_FORMAT: 'json' } }), 'json'));

test('an option may be in the file', async () =>
  assert.equal(
    await formatWith({ args: ['--config', writeFile('json.conf', 'log-format=json\n')] }),
    'json',
  ));

test('the environment wins over the file, the command line over both', async () => {
  const args = ['--config', writeFile('json2.conf', '  log-format =  json  \n')];
  assert.equal(await formatWith({ args, env: { JOBD_LOG_FORMAT: 'logfmt' } }), 'logfmt');
  assert.equal(
    await formatWith({
      args: [...args, '--log-format', 'json'],
      env: { JOBD_LOG_FORMAT: 'logfmt' },
    }),
    'json',
  );
  assert.equal(
    await formatWith({ args: [...args, '--log-format=logfmt'], env: { JOBD_LOG_FORMAT: 'json' } }),
    'logfmt',
  );
});

test('the file may be named in the environment', async () =>
  assert.equal(
    await formatWith({ env: { JOBD_CONFIG: writeFile('env.conf', 'log-format = json\n') } }),
    'json',
  ));

test('accounts are added, listed, changed and deleted', async () => {
  const store = freshStore();
  const run = async (args, stdin) => {
    const done = await userCommand(store, args, stdin);
    assert.equal(done.code, 0, done.stderr);
    return done.stdout;
  };
  await run(['add', 'zoe', '--role', 'user', '--password-stdin'], 'a password\n');
  await run(['add', 'adam', '--role', 'admin', '--password-stdin'], 'a password');
  const listed = await run(['list']);
  assert.match(listed, /\badam\b.*\badmin\b/);
  assert.match(listed, /\bzoe\b.*\buser\b/);
  assert.ok(!listed.includes('a password') && !listed.includes('argon2'));
  await run(['role', 'zoe', '--role', 'reader']);
  assert.match(await run(['list']), /\bzoe\b.*\breader\b/);
  await run(['disable', 'zoe']);
  assert.match(await run(['list']), /\bzoe\b.*disabled/);
  await run(['enable', 'zoe']);
  assert.doesNotMatch(await run(['list']), /\bzoe\b.*disabled/);
  await run(['passwd', 'zoe', '--password-stdin'], 'another password\n');
  await run(['delete', 'zoe']);
  assert.doesNotMatch(await run(['list']), /\bzoe\b/);
});

for (const role of ['reader', 'user', 'worker', 'admin']) {
  test(`a ${role} may be added`, async () => {
    const done = await userCommand(
      freshStore(),
      ['add', 'a', '--role', role, '--password-stdin'],
      'a password\n',
    );
    assert.equal(done.code, 0, done.stderr);
  });
}

for (const [what, name] of [
  ['empty', ''],
  ['65 characters', 'x'.repeat(65)],
  ['a space', 'a b'],
  ['a colon', 'a:b'],
  ['a slash', 'a/b'],
  ['beyond ASCII', 'é'],
  ['a newline', 'a\nb'],
]) {
  test(`a name that is wrong (${what}) is refused`, async () => {
    const done = await userCommand(
      freshStore(),
      ['add', '--role', 'user', '--password-stdin', '--', name],
      'a password\n',
    );
    assert.notEqual(done.code, 0);
    assert.notEqual(done.stderr, '');
  });
}

for (const [what, stdin] of [
  ['nothing', ''],
  ['an empty line', '\n'],
  ['seven bytes', 'seven77\n'],
  ['1025 bytes', `${'x'.repeat(1025)}\n`],
  ['no UTF-8', Buffer.from([0x61, 0x62, 0xff, 0xfe, 0x61, 0x62, 0x63, 0x64, 0x65, 0x0a])],
]) {
  test(`a password that is wrong (${what}) is refused`, async () => {
    const store = freshStore();
    const done = await userCommand(
      store,
      ['add', 'a', '--role', 'user', '--password-stdin'],
      stdin,
    );
    assert.notEqual(done.code, 0);
    assert.match(done.stderr, /password/i);
    assert.doesNotMatch((await userCommand(store, ['list'])).stdout, /\ba\b.*user/);
  });
}

test('a password of 8 and one of 1024 bytes are fine', async () => {
  const store = freshStore();
  for (const [name, password] of [
    ['a', '12345678'],
    ['b', 'x'.repeat(1024)],
  ]) {
    const done = await userCommand(
      store,
      ['add', name, '--role', 'user', '--password-stdin'],
      `${password}\n`,
    );
    assert.equal(done.code, 0, done.stderr);
  }
});

test('a name that is taken is refused', async () => {
  const store = freshStore();
  const add = () =>
    userCommand(store, ['add', 'a', '--role', 'user', '--password-stdin'], 'a password\n');
  assert.equal((await add()).code, 0);
  const done = await add();
  assert.equal(done.code, 1);
  assert.match(done.stderr, /\ba\b/);
});

test('names differ by case', async () => {
  const store = freshStore();
  for (const name of ['bob', 'Bob']) {
    assert.equal(
      (
        await userCommand(
          store,
          ['add', name, '--role', 'user', '--password-stdin'],
          'a password\n',
        )
      ).code,
      0,
    );
  }
});

for (const args of [
  ['passwd', 'nobody', '--password-stdin'],
  ['role', 'nobody', '--role', 'user'],
  ['disable', 'nobody'],
  ['enable', 'nobody'],
  ['delete', 'nobody'],
]) {
  test(`user ${args[0]} of nobody fails by name`, async () => {
    const store = freshStore();
    await userCommand(store, ['add', 'a', '--role', 'user', '--password-stdin'], 'a password\n');
    const done = await userCommand(store, args, 'a password\n');
    assert.equal(done.code, 1, done.stderr);
    assert.match(done.stderr, /nobody/);
  });
}

for (const args of [
  ['add', 'a', '--password-stdin'],
  ['add', 'a', '--role', 'owner', '--password-stdin'],
  ['add'],
  ['role', 'a'],
  ['role', 'a', '--role', 'owner'],
  ['disable'],
  ['delete'],
  ['list', 'x', 'y'],
  ['add', 'a', 'b', '--role', 'user', '--password-stdin'],
]) {
  test(`user ${args.join(' ')} is a usage error`, async () => {
    const done = await userCommand(freshStore(), args, 'a password\n');
    assert.equal(done.code, 2, done.stdout + done.stderr);
  });
}

test('the store file is its owner’s only', async () => {
  const store = freshStore();
  await userCommand(store, ['add', 'a', '--role', 'user', '--password-stdin'], 'a password\n');
  assert.equal(fs.statSync(store.slice('sqlite:'.length)).mode & 0o077, 0);
});

test('a second daemon on the same file is refused, the first goes on', async () => {
  const server = await startJobd({ store: 'sqlite', users: [alice] });
  const done = await runJobd(['serve', '--store', server.store, '--listen', '127.0.0.1:0']);
  assert.equal(done.code, 1, done.stderr);
  assert.match(done.stderr, /jobd\.db|in use|lock/i);
  assert.equal((await call(server, 'GET', WHOAMI, { auth: alice })).status, 200);
  await server.stop();
  await server.start();
});

// SQLite is asked from Python, whose standard library has it.
function sqlite(file, statement) {
  return execFileSync(
    'python3',
    [
      '-c',
      `
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as db:
    print(*[row[0] for row in db.execute(sys.argv[2])])
`,
      file,
      statement,
    ],
    { encoding: 'utf8' },
  ).trim();
}

test('a store of a newer schema is refused, untouched', async () => {
  const store = freshStore();
  const file = store.slice('sqlite:'.length);
  await userCommand(store, ['add', 'a', '--role', 'user', '--password-stdin'], 'a password\n');
  const version = Number(sqlite(file, 'PRAGMA user_version'));
  assert.ok(version > 0, 'the version is SQLite’s user_version');
  sqlite(file, `PRAGMA user_version = ${version + 1}`);
  for (const args of [
    ['serve', '--store', store, '--listen', '127.0.0.1:0'],
    ['user', 'list', '--store', store],
  ]) {
    const done = await runJobd(args);
    assert.equal(done.code, 1, done.stderr);
    assert.match(done.stderr, /newer|version/i);
  }
  assert.equal(Number(sqlite(file, 'PRAGMA user_version')), version + 1);
});

test('a file that is no store is refused', async () => {
  const file = writeFile('not-a.db', 'This is no database. '.repeat(500));
  const done = await runJobd(['serve', '--store', `sqlite:${file}`, '--listen', '127.0.0.1:0']);
  assert.equal(done.code, 1, done.stderr);
  assert.match(done.stderr, /not-a\.db/);
});

test('a store in a directory that is not there is refused', async () => {
  const done = await runJobd([
    'serve',
    '--store',
    `sqlite:${dir}/no/such/dir.db`,
    '--listen',
    '127.0.0.1:0',
  ]);
  assert.equal(done.code, 1, done.stderr);
  assert.match(done.stderr, /no\/such/);
});

for (const address of ['0.0.0.0:0', '[::]:0']) {
  test(`plain HTTP on ${address} is refused without --insecure-http`, async () => {
    const done = await runJobd(['serve', '--store', freshStore(), '--listen', address]);
    assert.equal(done.code, 2, done.stderr);
    assert.match(done.stderr, /insecure-http/);
  });
}

test('a port that is taken is refused by name', async () => {
  const server = await startJobd({ users: [] });
  const done = await runJobd([
    'serve',
    '--store',
    freshStore(),
    '--listen',
    `127.0.0.1:${server.port}`,
  ]);
  assert.equal(done.code, 1, done.stderr);
  assert.ok(done.stderr.includes(`127.0.0.1:${server.port}`), done.stderr);
});

for (const name of ['SIGTERM', 'SIGINT']) {
  test(`${name} ends the daemon with 0`, async () => {
    const server = await startJobd({ users: [alice] });
    await call(server, 'GET', WHOAMI, { auth: alice });
    assert.equal(await server.signal(name), 0);
  });
}
