// The OpenAPI documents: sound, merged, served, and true of what the daemon accepts.
import test from 'node:test';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import Ajv from 'ajv';
import addFormats from 'ajv-formats';
import {
  admin,
  alice,
  assertError,
  bob,
  call,
  createJob,
  eventually,
  JOBS,
  OPENAPI,
  OURS,
  reader,
  ROOT,
  startJobd,
  tempDir,
  UNKNOWN_ID,
  WHOAMI,
  worker,
} from './harness.mjs';
import { EVENTS, follow } from './events.mjs';
import { beat, heldJob } from './leases.mjs';
import { contract, ours } from './schemas.mjs';
import { find, report } from './support.mjs';

const server = await startJobd();
const FILES = ['collibra-job-api-v1.openapi.json', 'jobd-v1.openapi.json'].map((name) =>
  path.join(ROOT, 'api', name),
);

// What api/merge.py makes of two documents; null, with its complaint, when it refuses.
function merge(one, other) {
  const out = path.join(tempDir(), 'openapi.json');
  const done = spawnSync('python3', [path.join(ROOT, 'api/merge.py'), one, other, out], {
    encoding: 'utf8',
  });
  return {
    code: done.status,
    complaint: done.stderr,
    json: done.status === 0 ? JSON.parse(fs.readFileSync(out)) : null,
  };
}

const merged = merge(...FILES).json;

test('the served document is the merged one', async () => {
  const answer = await call(server, 'GET', OPENAPI, { auth: alice });
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.json, merged);
});

test('the contract is in it whole', () => {
  const prefix = contract.servers[0].url;
  for (const [at, methods] of Object.entries(contract.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const { responses, ...rest } = merged.paths[prefix + at][method];
      const { responses: promised, ...wanted } = operation;
      assert.deepEqual(rest, wanted);
      for (const [status, { description, ...response }] of Object.entries(promised)) {
        const { description: said, ...same } = responses[status];
        assert.deepEqual(same, response);
        assert.ok(said.startsWith(description));
      }
    }
  }
  for (const [name, schema] of Object.entries(contract.components.schemas)) {
    assert.deepEqual(merged.components.schemas[name], schema);
  }
});

test('it declares the 403 of DELETE, and has one server', () => {
  const operation = merged.paths[`${contract.servers[0].url}/jobs/{jobId}`].delete;
  assert.deepEqual(operation.responses['403'], { $ref: '#/components/responses/JobNotOwned' });
  assert.deepEqual(merged.servers, [{ url: '/' }]);
});

test('the bounds of find that the contract lacks are in its 400', async () => {
  const bounds = { name: 2000, type: 255 };
  const { description } = merged.paths[JOBS].get.responses['400'];
  assert.match(description, /name has at most 2000 .* type at most 255.* at most 100 different types/);
  for (const [name, bound] of Object.entries(bounds)) {
    const status = async (size) => (await find(server, alice, { [name]: 'x'.repeat(size) })).status;
    assert.deepEqual([await status(bound), await status(bound + 1)], [200, 400]);
  }
  const types = (count) => Array.from({ length: count }, (_, i) => `type=${i}`).join('&');
  assert.equal((await find(server, alice, types(100))).status, 200);
  assertError(await find(server, alice, types(101)), 400, 'invalidRequest', /100/);
});

function* nodes(node, at = '#') {
  if (node === null || typeof node !== 'object') return;
  yield [node, at];
  for (const [key, value] of Object.entries(node)) yield* nodes(value, `${at}/${key}`);
}

test('every $ref leads somewhere, every component is used', () => {
  const used = new Set();
  for (const document of [contract, ours, merged]) {
    for (const [node, at] of nodes(document)) {
      if (typeof node.$ref !== 'string') continue;
      const target = node.$ref
        .slice(2)
        .split('/')
        .reduce((from, key) => from?.[key], document);
      assert.ok(target, `${at}: ${node.$ref}`);
      used.add(node.$ref);
    }
  }
  for (const kind of ['schemas', 'parameters', 'headers', 'responses']) {
    for (const name of Object.keys(merged.components[kind])) {
      assert.ok(used.has(`#/components/${kind}/${name}`), `${kind}/${name} is not used`);
    }
  }
});

test('every example is valid by its schema', () => {
  const ajv = new Ajv({ strict: false });
  addFormats(ajv);
  ajv.addSchema({ ...ours, $id: 'https://jobd.test/ours.json' });
  let count = 0;
  for (const [node, at] of nodes(ours)) {
    if (!node.schema) continue;
    const examples = [node.example, ...Object.values(node.examples ?? {}).map((one) => one.value)];
    for (const example of examples.filter((one) => one !== undefined)) {
      const validate = ajv.compile({
        $id: `https://jobd.test/example-${count}.json`,
        ...absolute(node.schema),
      });
      assert.ok(validate(example), `${at}: ${ajv.errorsText(validate.errors)}`);
      count += 1;
    }
  }
  assert.ok(count > 10);
});

// What the daemon says for each errorCode; each is provoked as its example has it.
const PROVOKED = {
  invalidRequest: () => call(server, 'POST', OURS, { auth: alice, body: { type: 't' } }),
  notAuthenticated: () => call(server, 'POST', OURS, { body: {} }),
  forbidden: () => call(server, 'POST', OURS, { auth: reader, body: {} }),
  jobNotOwned: async () => report(server, bob, (await createJob(server, alice)).id, { message: 'm' }),
  jobNotFoundId: () => report(server, alice, UNKNOWN_ID, { message: 'm' }),
  conflict: async () => {
    const { id } = await createJob(server, alice, {}, { state: 'COMPLETED' });
    return report(server, alice, id, { state: 'RUNNING' });
  },
  leaseLost: async () => beat(server, worker, (await heldJob(server, alice)).job.id, 1000),
  payloadTooLarge: () =>
    call(server, 'POST', OURS, { auth: alice, body: ' '.repeat((1 << 20) + 1) }),
  idempotencyKeyReused: async () => {
    const create = (name) =>
      call(server, 'POST', OURS, {
        auth: alice,
        headers: { 'Idempotency-Key': 'example' },
        body: { name, type: 't' },
      });
    assert.equal((await create('one')).status, 201);
    return create('other');
  },
  invalidCursor: () =>
    call(server, 'GET', `${EVENTS}?after=${Number.MAX_SAFE_INTEGER}`, { auth: alice }),
  tooManyReaders: async () => {
    const small = await startJobd({ daemons: 1, args: ['--max-event-readers', '1'], users: [alice] });
    const stream = await follow(small, alice);
    const answer = await call(small, 'GET', EVENTS, { auth: alice, allow: [503] });
    stream.cut();
    return answer;
  },
  tooManyRequests: async () => {
    const strict = await startJobd({ daemons: 1, args: ['--auth-failures', '1'], users: [alice] });
    const wrong = { ...alice, password: 'not the password' };
    return eventually(async () => {
      const answer = await call(strict, 'GET', WHOAMI, { auth: wrong });
      return answer.status === 429 && answer;
    });
  },
};

// Nobody can ask for these two: what the daemon would say is in its catalogue.
function catalogued(code) {
  const text = fs.readFileSync(path.join(ROOT, 'src/model/problem.h'), 'utf8').replace(/\\\n/g, '');
  const row = text.split(/ P\([A-Z_]+, /).find((one) => one.includes(`"${code}"`));
  const [errorCode, titleMessage, helpMessage, userMessage] = row
    .match(/"[^"]*"/g)
    .map((one) => one.slice(1, -1));
  return { statusCode: parseInt(row, 10), titleMessage, helpMessage, userMessage, errorCode };
}

test('every example of an error is what the daemon sends', async () => {
  const sent = {};
  for (const [code, provoke] of Object.entries(PROVOKED)) {
    sent[code] = { ...(await provoke()).json };
    delete sent[code].errorContext;
  }
  for (const code of ['internalError', 'storeUnavailable']) sent[code] = catalogued(code);
  const seen = new Set();
  for (const [{ errorContext, ...example }, at] of nodes(ours)) {
    if (typeof example.errorCode !== 'string') continue;
    assert.match(errorContext, /^[0-9a-f]{16}$/);
    assert.deepEqual(example, sent[example.errorCode], at);
    seen.add(example.errorCode);
  }
  assert.deepEqual([...seen].sort(), Object.keys(sent).sort());
});

// A schema whose references name our document, so that it can stand alone.
function absolute(schema) {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"https://jobd.test/ours.json#/'));
}

test('every operation has an id of its own, a summary, and the errors of every operation', () => {
  const operations = Object.values(merged.paths).flatMap(Object.values);
  for (const operation of operations) {
    assert.ok(operation.summary && operation.description && operation.tags.length);
    const anybody = operation.security?.length === 0;
    for (const status of [...(anybody ? [] : ['401', '429']), '500', '503'])
      assert.ok(operation.responses[status], operation.operationId);
  }
  const ids = new Set(operations.map((operation) => operation.operationId));
  assert.equal(ids.size, operations.length);
});

test('merging refuses schemas of one name that differ', () => {
  const altered = structuredClone(ours);
  altered.components.schemas.JobName.properties.name.type = 'integer';
  const file = path.join(tempDir(), 'altered.json');
  fs.writeFileSync(file, JSON.stringify(altered));
  const done = merge(FILES[0], file);
  assert.equal(done.code, 1);
  assert.match(done.complaint, /schemas\/JobName/);
});

test('merging refuses an operation both declare', () => {
  const altered = structuredClone(ours);
  altered.servers = contract.servers;
  altered.paths['/jobs'].get = { description: 'another' };
  const file = path.join(tempDir(), 'altered.json');
  fs.writeFileSync(file, JSON.stringify(altered));
  const done = merge(FILES[0], file);
  assert.equal(done.code, 1);
  assert.match(done.complaint, /\/rest\/jobs\/v1\/jobs\/get/);
});

// The parameters, held against the daemon.

const PARAMETERS = merged.paths[JOBS].get.parameters;

for (const { name, schema } of PARAMETERS) {
  const values = schema.enum ?? schema.items?.enum;
  if (values) {
    test(`GET /jobs takes every declared value of ${name}`, async () => {
      for (const value of values) {
        const answer = await find(server, alice, { [name]: value });
        assert.equal(answer.status, 200, answer.text);
      }
    });
  }
  const bad = values
    ? 'NOT_DECLARED'
    : ({ uuid: 'x' }[schema.format] ??
      (schema.type === 'integer' ? 'x' : null) ??
      (name === 'cursor' ? 'x' : null));
  if (bad) {
    test(`GET /jobs knows ${name}: a bad value is a 400`, async () =>
      assert.equal((await find(server, alice, { [name]: bad })).status, 400));
  } else {
    test(`GET /jobs knows ${name}: nothing is called so`, async () =>
      assert.deepEqual((await find(server, alice, { [name]: 'nothing is called so' })).json, {
        results: [],
      }));
  }
  if (schema.type === 'array') {
    test(`GET /jobs takes ${name} many times`, async () => {
      const some = (values ?? ['a', 'b']).map((value) => `${name}=${value}`).join('&');
      assert.equal((await find(server, alice, some)).status, 200);
    });
  } else {
    test(`GET /jobs takes ${name} once`, async () =>
      assert.equal((await find(server, alice, `${name}=1&${name}=2`)).status, 400));
  }
  if (schema.minimum !== undefined) {
    test(`GET /jobs keeps ${name} within its bounds`, async () => {
      const status = async (value) => (await find(server, alice, { [name]: value })).status;
      assert.deepEqual(
        [
          await status(schema.minimum - 1),
          await status(schema.minimum),
          await status(schema.maximum),
          await status(schema.maximum + 1),
        ],
        [400, 200, 200, 400],
      );
    });
  }
}

test('GET /jobs has the defaults that are declared', async () => {
  for (let i = 0; i < 12; i++) await createJob(server, alice, { name: `default ${i}` });
  const given = Object.fromEntries(
    PARAMETERS.filter(({ schema }) => schema.default !== undefined).map(({ name, schema }) => [
      name,
      schema.default,
    ]),
  );
  assert.deepEqual(Object.keys(given).sort(), ['nameMatchMode', 'pageSize', 'sortOrder']);
  for (const some of [{}, { name: 'FAUL' }, { sortField: 'NAME' }]) {
    const [plain, explicit] = [
      await find(server, alice, some),
      await find(server, alice, { ...given, ...some }),
    ];
    assert.deepEqual(plain.json.results, explicit.json.results);
    assert.equal(plain.json.results.length, 10);
  }
});

test('DELETE’s message has the length and default that are declared', async () => {
  const { schema } = merged.paths[`${JOBS}/{jobId}`].delete.parameters.find(
    ({ name }) => name === 'message',
  );
  const job = await createJob(server, alice);
  const target = `${JOBS}/${job.id}`;
  const long = await call(
    server,
    'DELETE',
    `${target}?message=${'x'.repeat(schema.maxLength + 1)}`,
    { auth: alice },
  );
  assertError(long, 400, 'invalidRequest');
  await call(server, 'DELETE', target, { auth: alice });
  assert.equal((await call(server, 'GET', target, { auth: alice })).json.message, schema.default);
});

function bodySchema(at, method) {
  const { $ref } = merged.paths[at][method].requestBody.content['application/json'].schema;
  return merged.components.schemas[$ref.split('/').at(-1)];
}

// Values just within and just beyond what a property's schema allows.
function samples(name, schema) {
  if (schema.enum) return { good: [], bad: ['NOT_DECLARED'] };
  if (schema.format === 'uuid' || schema.format === 'date-time') return { good: [], bad: ['x', 5] };
  if (schema.type === 'boolean') return { good: [true, false], bad: ['true', 1] };
  if (schema.type === 'integer') {
    const { minimum, maximum } = schema;
    return { good: [minimum, maximum], bad: [minimum - 1, maximum + 1, 'x'] };
  }
  if (schema.type === 'string') {
    const { minLength = 0, maxLength } = schema;
    const bad = ['x'.repeat(maxLength + 1), 5, ...(minLength > 0 ? [''] : [])];
    return { good: ['x'.repeat(minLength), 'x'.repeat(maxLength)], bad };
  }
  if (schema.type === 'object') {
    const object = OBJECTS[name];
    return { good: [object], bad: [1, 'x', {}, { ...object, x: 1 }] };
  }
  return { good: [1, 'x', {}], bad: [] };
}

// The objects within others.
const OBJECTS = {
  claim: { workerId: 'w', leaseSeconds: 60 },
  next: { types: ['a', 'b'], workerId: 'w', max: 2, leaseSeconds: 60, requestId: 'r' },
};
// Not alone.
const COMPANY = {
  delaySeconds: { state: 'WAITING' },
  retry: { state: 'FAILED' },
  next: { state: 'COMPLETED' },
};

for (const [name, schema] of Object.entries(bodySchema(OURS, 'post').properties)) {
  test(`POST /jobs takes ${name} as it is declared`, async () => {
    const { good, bad } = samples(name, schema);
    const create = (value) =>
      call(server, 'POST', OURS, { auth: admin, body: { name: 'n', type: 't', [name]: value } });
    for (const value of good) assert.equal((await create(value)).status, 201, `${value}`);
    for (const value of bad)
      assertError(await create(value), 400, 'invalidRequest', new RegExp(name));
    assert.equal((await create(null)).status, schema.nullable || !schema.type ? 201 : 400);
  });
}

for (const [name, schema] of Object.entries(bodySchema(`${OURS}/{jobId}`, 'patch').properties)) {
  test(`PATCH /jobs/{jobId} takes ${name} as it is declared`, async () => {
    const { good, bad } = samples(name, schema);
    const tell = async (value) =>
      report(server, worker, (await createJob(server, worker)).id, {
        ...COMPANY[name],
        [name]: value,
      });
    for (const value of good) assert.equal((await tell(value)).status, 200, `${value}`);
    for (const value of bad)
      assertError(await tell(value), 400, 'invalidRequest', new RegExp(name));
    if (name === 'state') {
      for (const value of schema.enum) assert.equal((await tell(value)).status, 200, value);
    }
  });
}

test('the states and results of a report are those declared', async () => {
  const { state, result } = bodySchema(`${OURS}/{jobId}`, 'patch').properties;
  const taken = new Set();
  for (const one of state.enum) {
    for (const other of [...result.enum, 'NOT_SET']) {
      const job = await createJob(server, alice);
      const answer = await report(server, alice, job.id, { state: one, result: other });
      if (answer.status === 200) taken.add(other);
    }
  }
  assert.deepEqual([...taken].sort(), [...result.enum].sort());
});

test('the roles declared are those there are', async () => {
  const { enum: roles } = merged.components.schemas.Account.properties.role;
  for (const role of roles) {
    const done = await server.user(
      ['add', `role-${role}`, '--role', role, '--password-stdin'],
      'a password\n',
    );
    assert.equal(done.code, 0, done.stderr);
  }
  const done = await server.user(
    ['add', 'role-x', '--role', 'owner', '--password-stdin'],
    'a password\n',
  );
  assert.notEqual(done.code, 0);
});

test('a path that is declared exists, with the methods declared', async () => {
  for (const [at, methods] of Object.entries(merged.paths)) {
    const target = at.replace('{jobId}', UNKNOWN_ID) + (at === EVENTS ? '?after=x' : '');
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      const answer = await call(server, method, target, { auth: alice });
      assert.equal(answer.status === 405, !(method.toLowerCase() in methods), `${method} ${at}`);
      if (answer.status === 404) assert.equal(answer.json.errorCode, 'jobNotFoundId');
    }
  }
});
