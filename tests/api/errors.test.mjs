// The errors every path shares: no such path, wrong method, no credentials; and HEAD.
import test from 'node:test';
import assert from 'node:assert/strict';
import {
  alice,
  assertError,
  call,
  createJob,
  JOBS,
  OPENAPI,
  OURS,
  reader,
  send,
  startJobd,
  UNKNOWN_ID,
  WHOAMI,
} from './harness.mjs';

const server = await startJobd({ args: ['--auth-failures', '0'] });

const PATHS = {
  [JOBS]: ['GET', 'HEAD'],
  [`${JOBS}/${UNKNOWN_ID}`]: ['DELETE', 'GET', 'HEAD'],
  [OURS]: ['POST'],
  [`${OURS}/bulk`]: ['POST'],
  [`${OURS}/${UNKNOWN_ID}`]: ['GET', 'HEAD', 'PATCH'],
  [WHOAMI]: ['GET', 'HEAD'],
  [OPENAPI]: ['GET', 'HEAD'],
};
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

for (const [path, methods] of Object.entries(PATHS)) {
  for (const method of METHODS.filter((one) => !methods.includes(one))) {
    test(`${method} ${path} is a 405 that names ${methods}`, async () => {
      const answer = await call(server, method, path, { auth: alice });
      assert.equal(answer.status, 405);
      const allowed = answer.headers.allow
        .split(/, */)
        .filter((one) => one !== 'OPTIONS')
        .sort();
      assert.deepEqual(allowed, methods);
      if (method !== 'HEAD') assertError(answer, 405, 'methodNotAllowed');
    });
  }
}

for (const path of [
  '/rest',
  '/rest/jobs',
  '/rest/jobs/v1',
  '/rest/jobs/v1/',
  '/rest/jobs/v1/job',
  '/rest/jobs/v2/jobs',
  `${JOBS}/`,
  `${JOBS}/${UNKNOWN_ID}/`,
  `${JOBS}/${UNKNOWN_ID}/log`,
  '/rest/jobs/v1/JOBS',
  '/REST/jobs/v1/jobs',
  '//rest/jobs/v1/jobs',
  '/rest/jobs/v1//jobs',
  '/rest/jobs/v1/../v1/jobs',
  '/rest/jobs/v1/./jobs',
  '/rest%2Fjobs/v1/jobs',
  '/rest/jobd/v1',
  '/rest/jobd/v1/',
  '/rest/jobd/v1/nothing',
  `${OURS}/bulk/`,
  '/healthz/',
  '/favicon.ico',
  '/index.html',
  '/assets',
  '/assets/',
  '/assets/index.html',
  '/assets/..%2Findex.html',
]) {
  test(`GET ${path} is a 404`, async () =>
    assertError(await call(server, 'GET', path, { auth: alice }), 404, 'pathNotFound'));
}

test('an unknown path is a 404 for every method', async () => {
  for (const method of METHODS) {
    const answer = await call(server, method, '/rest/nothing', { auth: alice });
    assert.equal(answer.status, 404, method);
  }
});

test('the known texts', async () => {
  const texts = async (method, path, options) => (await call(server, method, path, options)).json;
  const bad = await texts('GET', `${JOBS}?pageSize=0`, { auth: alice });
  assert.equal(bad.titleMessage, 'Bad Request');
  assert.equal(bad.helpMessage, 'Check the request and try again.');
  const nobody = await texts('GET', JOBS, {});
  assert.equal(nobody.userMessage, 'Failed to authenticate the request through basic credentials.');
  const none = await texts('GET', `${JOBS}/${UNKNOWN_ID}`, { auth: alice });
  assert.equal(none.userMessage, 'The resource could not be found.');
});

test('each error has an errorContext of its own', async () => {
  const contexts = new Set();
  for (let i = 0; i < 20; i++) {
    contexts.add(
      (await call(server, 'GET', `${JOBS}/${UNKNOWN_ID}`, { auth: alice })).json.errorContext,
    );
  }
  assert.equal(contexts.size, 20);
});

for (const [path, methods] of Object.entries(PATHS)) {
  for (const method of methods) {
    test(`${method} ${path} without credentials is a 401 that names both schemes`, async () => {
      const answer = await call(server, method, path);
      assert.equal(answer.status, 401);
      const schemes = answer.headers['www-authenticate'];
      assert.match(schemes, /Basic realm="jobd"/);
      assert.match(schemes, /\bBearer\b/);
      if (method !== 'HEAD') assertError(answer, 401, 'notAuthenticated');
    });
  }
}

for (const path of [JOBS, WHOAMI, OPENAPI]) {
  test(`HEAD ${path} has the headers of GET and no body`, async () => {
    const got = await call(server, 'GET', path, { auth: alice });
    const head = await call(server, 'HEAD', path, { auth: alice });
    assert.equal(head.status, 200);
    assert.equal(head.headers['content-type'], got.headers['content-type']);
    assert.equal(head.headers['content-length'], got.headers['content-length']);
  });
}

test('HEAD of a job has its ETag', async () => {
  const job = await createJob(server, alice);
  const got = await call(server, 'GET', `${JOBS}/${job.id}`, { auth: alice });
  const head = await call(server, 'HEAD', `${JOBS}/${job.id}`, { auth: alice });
  assert.equal(head.status, 200);
  assert.equal(head.headers.etag, got.headers.etag);
  assert.equal(head.headers['content-length'], `${Buffer.byteLength(got.text)}`);
});

test('HEAD has the status of GET', async () => {
  assert.equal((await call(server, 'HEAD', `${JOBS}/${UNKNOWN_ID}`, { auth: alice })).status, 404);
  assert.equal((await call(server, 'HEAD', `${JOBS}/abc`, { auth: alice })).status, 400);
  assert.equal((await call(server, 'HEAD', `${JOBS}?pageSize=0`, { auth: alice })).status, 400);
});

test('a connection goes on after an error', async () => {
  for (const path of [`${JOBS}/abc`, '/nothing', `${JOBS}?state=BAD`, JOBS]) {
    const { status } = await call(server, 'GET', path, { auth: reader });
    assert.ok(status < 500);
  }
});

for (const path of ['/', '/healthz', '/readyz', '/metrics']) {
  test(`${path} needs no credentials`, async () => {
    const answer = await send(server, 'GET', path);
    assert.equal(answer.status, 200, answer.text);
  });
  test(`POST ${path} is a 405`, async () => {
    const answer = await call(server, 'POST', path);
    assertError(answer, 405, 'methodNotAllowed');
    assert.match(answer.headers.allow, /GET/);
  });
}

test('/metrics is Prometheus text', async () => {
  const answer = await send(server, 'GET', '/metrics');
  assert.match(answer.headers['content-type'], /^text\/plain/);
  for (const line of answer.text.trim().split('\n')) {
    assert.match(line, /^(# (HELP|TYPE) \w+ .+|[a-z_]\w*(\{[^}]*\})? [-+0-9.e]+(Inf|NaN)?)$/);
  }
});
