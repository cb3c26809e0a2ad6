// The URL of a database: what is wrong with it is said, and its password is not.
import test from 'node:test';
import assert from 'node:assert/strict';
import { runJobd, tempDir } from './harness.mjs';

const SECRET = 'hush-hush';
const dir = encodeURIComponent(tempDir());

for (const [what, url, pattern] of [
  ['nobody listens', `postgresql://jobd:${SECRET}@/jobs?host=${dir}`, /No such file or directory/],
  ['nobody listens, password as a parameter', `postgresql:///jobs?host=${dir}&password=${SECRET}`, /No such file/],
  ['nobody listens at either of two', `postgresql://jobd:${SECRET}@127.0.0.1:1,127.0.0.1:2/jobs`,
    /port 1 failed: [^;]*; .*port 2 failed: /],
  ['an encoding that is none', `postgresql://jobd:%zz${SECRET}@/jobs?host=${dir}`, /percent-encoded/],
  ['an unknown parameter', `postgresql://jobd:${SECRET}@/jobs?host=${dir}&nothing=1`, /query parameter/],
  ['a slash in the password', `postgresql://jobd:${SECRET}/x@127.0.0.1/jobs`, /invalid integer/],
  ['a question mark in the password', `postgresql://jobd:${SECRET}?x@127.0.0.1/jobs`, /cannot be reached/],
  ['a blank in the password', `postgresql://jobd:a ${SECRET}@127.0.0.1:1/jobs`, /reached/],
  ['a slash too few', `postgresql:/jobd:${SECRET}@127.0.0.1/jobs`, /store .*postgresql:/i],
  ['another database', `mysql://jobd:${SECRET}@127.0.0.1/jobs`, /store .*mysql:/i],
]) {
  for (const args of [['serve', '--listen', '127.0.0.1:0'], ['user', 'list'], ['--check-config']]) {
    test(`${what}: ${args[0]}`, async () => {
      const done = await runJobd([...args, '--store', url]);
      assert.doesNotMatch(done.stdout + done.stderr, new RegExp(SECRET));
      if (args[0] !== '--check-config') assert.match(done.stderr, pattern);
    });
  }
}
