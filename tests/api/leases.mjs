// What the tests of workers share: claiming jobs, beating, reporting under a fence.
import assert from 'node:assert/strict';
import { call, createJob, eventually, OURS, send, worker } from './harness.mjs';
import { CLAIMS } from './paths.mjs';
import { freshType } from './support.mjs';

export { CLAIMS };

// The answer to a claim of these types, by `worker` unless `auth` says another.
export function claim(server, types, { auth = worker, workerId = 'w-1', ...more } = {}) {
  const body = { types: [types].flat(), workerId, ...more };
  return call(server, 'POST', CLAIMS, { auth, body });
}

// The claims of an answer that must hold some.
export async function claimed(server, types, options = {}) {
  const answer = await claim(server, types, options);
  assert.equal(answer.status, 200, answer.text);
  return answer.json.claims;
}

export async function claimNothing(server, types, options = {}) {
  const answer = await claim(server, types, options);
  assert.equal(answer.status, 204, answer.text);
}

// A job of a type of its own, created by `auth` and claimed by `worker`: the claim.
export async function heldJob(server, auth, fields = {}, options = {}) {
  const type = freshType();
  await createJob(server, auth, { type, ...fields });
  return (await claimed(server, type, options))[0];
}

// Of all daemons together.
export async function metric(server, name) {
  const answers = await Promise.all(
    server.daemons.map((daemon) => send(server, 'GET', '/metrics', { daemon })),
  );
  const of = ({ text }) => Number(text.match(new RegExp(`^${name} (.*)$`, 'm'))[1]);
  return answers.reduce((sum, answer) => sum + of(answer), 0);
}

// Once so many claims wait for a job.
export function untilWaiting(server, count) {
  const look = async () => (await metric(server, 'jobd_claims_waiting')) === count;
  return eventually(look, `${count} waiting claims`);
}

// Once so many requests wait for their job to change.
export function untilWatched(server, count = 1) {
  const look = async () => (await metric(server, 'jobd_watches_waiting')) === count;
  return eventually(look, `${count} waiting requests`);
}

function fenced(fence) {
  return fence === undefined ? {} : { 'Lease-Fence': `${fence}` };
}

export function beat(server, auth, id, fence, body = undefined) {
  return call(server, 'PUT', `${OURS}/${id}/lease`, { auth, body, headers: fenced(fence) });
}

export function tell(server, auth, id, fence, body) {
  return call(server, 'PATCH', `${OURS}/${id}`, { auth, body, headers: fenced(fence) });
}

// Milliseconds from now until a time on the wire.
export function untilTime(text) {
  return Date.parse(text) - Date.now();
}

// A lease of so many seconds that was given or extended just now.
export function assertLasts(text, seconds) {
  const left = untilTime(text);
  assert.ok(left <= seconds * 1000 + 100 && left > seconds * 1000 - 4000, `${left} ms left`);
}
