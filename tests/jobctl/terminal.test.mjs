// run on a terminal: the command is its foreground group, can be interrupted, stopped and continued.
import test from 'node:test';
import assert from 'node:assert/strict';
import { alice, eventually, startJobd } from '../api/harness.mjs';
import { JOBCTL, TERMINAL, User, jobNamed } from './jobctl.mjs';

const server = await startJobd();
const user = new User(server.url, alice);
let count = 0;

// A command on a terminal of its own: { type(text), shows(pattern), ended }.
function onTerminal(command) {
  const { child, ended, so_far } = user.start([TERMINAL, '100', ...command],
    { bin: 'python3', stdin: null, env: { TERM: 'xterm', HISTFILE: '' } });
  return {
    child,
    ended,
    type: (text) => child.stdin.write(text),
    shows: (pattern, nudge = () => {}) => eventually(() => {
      const found = so_far('stdout').match(pattern);
      if (!found) nudge();
      return found;
    }, `${pattern} on the terminal`),
  };
}

function named(script, options = []) {
  count += 1;
  const name = `terminal ${count}`;
  return [name, [JOBCTL, 'run', '--name', name, '--type', 'TTY', ...options, '--', 'sh', '-c', script]];
}

// A shell with job control at its prompt.
async function shellOnTerminal() {
  const shell = onTerminal(['bash', '--norc', '--noediting', '-i']);
  await shell.shows(/\$ $|# $/);
  shell.type("PS1='prompt''> '\n");
  await shell.shows(/prompt> $/);
  return shell;
}

// Who has the terminal, and who we are; without echo there is nothing else to see.
const GROUPS = 'ps -o tpgid=,pgid= -p $$ | (read has own; [ $has = $own ] && echo foreground || echo background)';

test('the command has the terminal while it runs, and it is given back', async () => {
  const [name, args] = named(`${GROUPS}; read line; echo "got $line"`);
  const shell = onTerminal(['sh', '-c', `"$0" "$@"; echo "status $?"; read line; echo "back $line"; ${GROUPS}`, ...args]);
  await shell.shows(/foreground/);
  shell.type('one\n');
  await shell.shows(/got one\r\nstatus 0/);
  shell.type('two\n');
  await shell.shows(/back two\r\n\s*foreground/);
  assert.equal((await shell.ended).code, 0);
  assert.equal((await jobNamed(server, alice, name)).state, 'COMPLETED');
});

// The command waits by itself: a shell that is about to become `sleep` forgets an interrupt it has caught.
test('Ctrl-C ends the command, whose job is ABORTED then', async () => {
  const [name, args] = named('echo ready; read line');
  const terminal = onTerminal(args);
  await terminal.shows(/ready/);
  terminal.type('\x03');
  assert.equal((await terminal.ended).code, 130);
  const job = await jobNamed(server, alice, name);
  assert.deepEqual([job.state, job.result, job.message], ['FAILED', 'ABORTED', 'stopped by SIGINT']);
});

test('Ctrl-Z stops the command and gives the prompt; fg goes on', async () => {
  const [name, args] = named('echo ready; read line; echo "got $line"');
  const line = args.map((word) => `'${word}'`).join(' ');
  const shell = await shellOnTerminal();
  shell.type(`${line}\n`);
  await shell.shows(/\nready\r\n/);
  shell.type('\x1a');
  await shell.shows(/Stopped[^]*prompt> $/);
  shell.type('fg\n');
  await shell.shows(/prompt> fg\r\n[^]*jobctl/);
  shell.type('more\n');
  await shell.shows(/got more\r\n[^]*prompt> $/);
  shell.type('exit\n');
  assert.equal((await shell.ended).code, 0);
  assert.equal((await jobNamed(server, alice, name)).state, 'COMPLETED');
});

test('a background job takes no terminal; brought to the foreground it does', async () => {
  const [name, args] = named(`${GROUPS}; read line; echo "got $line"`);
  const line = args.map((word) => `'${word}'`).join(' ');
  const shell = await shellOnTerminal();
  shell.type(`${line} &\n`);
  await shell.shows(/background\r\n/);
  // Before its next prompt the shell says what has stopped, and it has not when we first look.
  await shell.shows(/Stopped/, () => shell.type('\n'));
  shell.type('fg\n');
  await shell.shows(/prompt> fg\r\n[^]*jobctl/);
  shell.type('late\n');
  await shell.shows(/got late\r\n[^]*prompt> $/);
  shell.type('exit\n');
  assert.equal((await shell.ended).code, 0);
  assert.equal((await jobNamed(server, alice, name)).state, 'COMPLETED');
});

test('in a pipeline the others keep the terminal, until the command asks for it', async () => {
  const [name, args] = named(`${GROUPS}; read line </dev/tty; echo "got $line"`);
  const line = args.map((word) => `'${word}'`).join(' ');
  const shell = await shellOnTerminal();
  shell.type(`${line} | cat\n`);
  await shell.shows(/background\r\n/);
  shell.type('typed\n');
  await shell.shows(/got typed\r\n[^]*prompt> $/);
  shell.type('exit\n');
  assert.equal((await shell.ended).code, 0);
  assert.equal((await jobNamed(server, alice, name)).state, 'COMPLETED');
});

test('a terminal that hangs up ends the command', async () => {
  const [name, args] = named('echo ready; sleep 1000');
  const terminal = onTerminal(args);
  await terminal.shows(/ready/);
  terminal.child.kill('SIGKILL');
  await eventually(async () => (await jobNamed(server, alice, name)).state === 'FAILED', 'the end');
  const job = await jobNamed(server, alice, name);
  assert.match(job.message, /^(stopped|killed) by SIGHUP$/);
  await terminal.ended;
});
