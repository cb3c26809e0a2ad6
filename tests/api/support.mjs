// What several test files ask of the API: searching, walking pages, creating many jobs at once.
import assert from 'node:assert/strict';
import { call, createJob, JOBS, OURS } from './harness.mjs';

let made = 0;

// A type no other test uses, so that tests that share a server do not see each other's jobs.
export function freshType() {
  made += 1;
  return `TYPE-${made}`;
}

export function query(parameters) {
  const pairs = Array.isArray(parameters)
    ? parameters
    : Object.entries(parameters).flatMap(([key, value]) => [value].flat().map((one) => [key, one]));
  return pairs
    .map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`)
    .join('&');
}

// The answer to GET /jobs; parameters are an object, pairs, or the query itself.
export function find(server, auth, parameters = {}) {
  const text = typeof parameters === 'string' ? parameters : query(parameters);
  return call(server, 'GET', `${JOBS}?${text}`, { auth });
}

export async function found(server, auth, parameters) {
  const answer = await find(server, auth, parameters);
  assert.equal(answer.status, 200, answer.text);
  return answer.json.results;
}

export async function foundNames(server, auth, parameters) {
  return (await found(server, auth, { pageSize: 50, ...parameters })).map((job) => job.name).sort();
}

// Every page from the first to the one without a cursor; between() runs after each page.
export async function pages(server, auth, parameters, between = async () => {}) {
  const all = [];
  let cursor;
  do {
    const answer = await find(server, auth, cursor ? { ...parameters, cursor } : parameters);
    assert.equal(answer.status, 200, answer.text);
    all.push(answer.json.results);
    cursor = answer.json.nextCursor;
    assert.ok(
      cursor === undefined || answer.json.results.length > 0,
      'an empty page with a cursor',
    );
    await between(all.length);
  } while (cursor);
  return all;
}

export async function walk(server, auth, parameters, between) {
  return (await pages(server, auth, parameters, between)).flat();
}

export function get(server, auth, id) {
  return call(server, 'GET', `${JOBS}/${id}`, { auth });
}

export function report(server, auth, id, body) {
  return call(server, 'PATCH', `${OURS}/${id}`, { auth, body });
}

// Creates all of them in one request: the Jobs, in order.
export async function createJobs(server, auth, jobs) {
  const answer = await call(server, 'POST', `${OURS}/bulk?atomic=true`, { auth, body: { jobs } });
  assert.equal(answer.status, 200, answer.text);
  return answer.json.results.map((result) => result.job);
}

export const ENDINGS = [
  { state: 'COMPLETED', result: 'SUCCESS' },
  { state: 'COMPLETED', result: 'COMPLETED_WITH_ERROR' },
  { state: 'COMPLETED', result: 'ABORTED' },
  { state: 'FAILED', result: 'FAILURE' },
  { state: 'FAILED', result: 'ABORTED' },
];

// One job in every legal (state, result) pair, of this type.
export async function oneOfEach(server, auth, type) {
  await createJob(server, auth, { type, name: 'waiting' });
  await createJob(server, auth, { type, name: 'running' }, { state: 'RUNNING' });
  for (const ending of ENDINGS) {
    const name = `${ending.state} ${ending.result}`.toLowerCase();
    await createJob(server, auth, { type, name }, ending);
    const gone = await createJob(server, auth, { type, name: `deleted ${name}` }, ending);
    const answer = await call(server, 'DELETE', `${JOBS}/${gone.id}`, { auth });
    assert.equal(answer.status, 204);
  }
}

// Runs task(item) over all items, a few at a time.
export async function inParallel(items, task, width = 16) {
  const queue = items.entries();
  const one = async () => {
    for (const [index, item] of queue) await task(item, index);
  };
  await Promise.all(Array.from({ length: width }, one));
}
