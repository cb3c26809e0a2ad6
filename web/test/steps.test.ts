// What is read aloud.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { spokenChange } from '../src/model/steps';
import { jobOf } from './jobs';

const at = (progressPercentage: number) =>
  jobOf(1, { name: 'Import', state: 'RUNNING', progressPercentage });

test('each quarter once', () => {
  assert.equal(spokenChange(at(24), at(25)), 'Import: 25 %');
  assert.equal(spokenChange(at(25), at(49)), '');
  assert.equal(spokenChange(at(10), at(80)), 'Import: 75 %');
  assert.equal(spokenChange(at(60), at(30)), '');
});

test('another state', () => {
  const done = jobOf(1, {
    name: 'Import',
    state: 'COMPLETED',
    result: 'SUCCESS',
    progressPercentage: 100,
  });
  assert.equal(spokenChange(at(99), done), 'Import: Completed');
  assert.equal(spokenChange(jobOf(1, { name: 'Import' }), at(0)), 'Import: Running');
});

test('nothing of a job seen for the first time', () => {
  assert.equal(spokenChange(undefined, at(50)), '');
  assert.equal(spokenChange(jobOf(2), at(50)), '');
});
