// Holds an HTTP answer against the OpenAPI documents, and a Job against the rules the schema omits.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import Ajv from 'ajv';
import addFormats from 'ajv-formats';

function load(name) {
  return JSON.parse(fs.readFileSync(new URL(`../../api/${name}`, import.meta.url), 'utf8'));
}

export const contract = load('collibra-job-api-v1.openapi.json');
export const ours = load('jobd-v1.openapi.json');

const ajv = new Ajv({ strict: false, allErrors: true });
addFormats(ajv);
const documents = [contract, ours].map((document, index) => {
  const id = `https://jobd.test/${index}.json`;
  ajv.addSchema({ $id: id, ...document }, id);
  return { id, document, prefix: document.servers[0].url };
});

// What any operation may answer before or beside its own work, as a StandardErrorResponse.
const COMMON = new Set([414, 429, 431]);
// The contract's silence filled by decision: what the client has already, another's job, and a body
// beyond its ceiling.
const AMENDED = { getJob: new Set([304]), deleteJob: new Set([403, 413]) };

const JSON_TYPE = /^application\/json(; ?charset=utf-8)?$/i;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const ALWAYS = [
  'id',
  'state',
  'result',
  'selfManaged',
  'createdOn',
  'createdBy',
  'lastModifiedOn',
  'lastModifiedBy',
  'user',
  'name',
  'type',
];
const LEGAL = {
  WAITING: ['NOT_SET'],
  RUNNING: ['NOT_SET'],
  COMPLETED: ['SUCCESS', 'COMPLETED_WITH_ERROR', 'ABORTED'],
  FAILED: ['FAILURE', 'ABORTED'],
  DELETED: ['SUCCESS', 'COMPLETED_WITH_ERROR', 'FAILURE', 'ABORTED'],
};

// What is true of every Job on the wire.
export function checkJob(job) {
  for (const field of ALWAYS)
    assert.ok(field in job, `a Job without ${field}: ${JSON.stringify(job)}`);
  assert.ok(LEGAL[job.state]?.includes(job.result), `state ${job.state} with result ${job.result}`);
  for (const field of ['createdOn', 'lastModifiedOn', 'startDate', 'endDate']) {
    if (field in job) assert.match(job[field], TIME, field);
  }
  const ended = !['WAITING', 'RUNNING'].includes(job.state);
  assert.equal('endDate' in job, ended, `endDate of a ${job.state} job`);
  if (job.state === 'RUNNING') assert.ok('startDate' in job, 'a RUNNING job without startDate');
  if (job.state === 'WAITING') assert.ok(!('startDate' in job), 'a WAITING job with startDate');
  const percent = job.progressPercentage ?? 0;
  assert.ok(Number.isInteger(percent) && percent >= 0 && percent <= 100, `progress ${percent}`);
}

export function checkError(status, error) {
  assert.deepEqual(
    Object.keys(error ?? {}).sort(),
    ['errorCode', 'errorContext', 'helpMessage', 'statusCode', 'titleMessage', 'userMessage'],
    `an error with all six fields: ${JSON.stringify(error)}`,
  );
  assert.equal(error.statusCode, status, 'statusCode repeats the status');
  assert.match(error.errorContext, /^[0-9a-f]{16}$/);
  assert.match(error.errorCode, /^[a-z][A-Za-z]+$/);
  for (const field of ['titleMessage', 'userMessage', 'helpMessage'])
    assert.notEqual(error[field], '');
}

function resolve(document, node) {
  if (!node.$ref) return node;
  return node.$ref
    .slice(2)
    .split('/')
    .reduce((at, key) => at[key], document);
}

// Every property a schema knows, through $ref and allOf.
function properties(document, node) {
  const schema = resolve(document, node);
  return Object.assign(
    {},
    schema.properties,
    ...(schema.allOf ?? []).map((part) => properties(document, part)),
  );
}

// Fields nobody declared, and nulls, are refused where the schema lists its properties.
function checkKeys(document, node, value, where) {
  assert.notEqual(value, null, `${where} is null`);
  const schema = resolve(document, node);
  if (Array.isArray(value)) {
    value.forEach(
      (item, i) => schema.items && checkKeys(document, schema.items, item, `${where}[${i}]`),
    );
  } else if (typeof value === 'object') {
    const known = properties(document, schema);
    if (Object.keys(known).length === 0) return;
    for (const [key, item] of Object.entries(value)) {
      assert.ok(key in known, `${where}.${key} is not in the schema`);
      checkKeys(document, known[key], item, `${where}.${key}`);
    }
  }
}

function matches(template, pathname) {
  const wanted = template.split('/');
  const given = pathname.split('/');
  return (
    wanted.length === given.length &&
    wanted.every((part, i) => (part.startsWith('{') ? given[i] !== '' : part === given[i]))
  );
}

// Paths common to both documents do not exist: each has its own prefix.
function findPath(pathname) {
  for (const { id, document, prefix } of documents) {
    for (const [template, methods] of Object.entries(document.paths)) {
      if (matches(prefix + template, pathname)) return { id, document, template, methods };
    }
  }
  return null;
}

function checkBody({ id, document }, schemaPath, schema, json) {
  const validate = ajv.getSchema(`${id}#${schemaPath}`);
  assert.ok(validate, `no schema at ${schemaPath}`);
  assert.ok(validate(json), `${ajv.errorsText(validate.errors)}: ${JSON.stringify(json)}`);
  checkKeys(document, schema, json, 'body');
}

function pointer(...keys) {
  return keys
    .map((key) => `/${encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'))}`)
    .join('');
}

// Where the response of this status is declared, and what it says; undefined when it is not.
function declared(found, method, status) {
  const response = found.methods[method].responses[status];
  if (!response?.$ref) {
    return (
      response && {
        response,
        at: pointer('paths', found.template, method, 'responses', `${status}`),
      }
    );
  }
  return { response: resolve(found.document, response), at: response.$ref.slice(1) };
}

function checkDeclared(found, method, answer) {
  const { response, at } = declared(found, method, answer.status);
  const type = answer.headers['content-type']?.split(';')[0];
  if (type !== 'application/json' && response.content?.[type]) return undefined;
  const media = response.content?.['application/json'];
  if (!media) return assert.equal(answer.text, '', `a ${answer.status} has no body`);
  assert.match(answer.headers['content-type'] ?? '', JSON_TYPE);
  return checkBody(
    found,
    at + pointer('content', 'application/json', 'schema'),
    media.schema,
    answer.json,
  );
}

function checkJobs(json) {
  if (json?.state) checkJob(json);
  if (json?.job) checkJob(json.job);
  for (const item of json?.results ?? []) {
    if (item.status) item.error ? checkError(item.status, item.error) : checkJob(item.job);
    else checkJob(item);
  }
}

function checkOperation(found, method, answer, allow) {
  const operation = found.methods[method];
  const { status } = answer;
  assert.ok(status < 500 || allow.includes(status), `${status}: ${answer.text}`);
  if (declared(found, method, status)) {
    checkDeclared(found, method, answer);
  } else {
    const known =
      COMMON.has(status) || AMENDED[operation.operationId]?.has(status) || allow.includes(status);
    assert.ok(known, `${operation.operationId} does not declare ${status}: ${answer.text}`);
  }
  if (status < 300) checkJobs(answer.json);
}

// Fails unless this answer to this request is one the documents declare.
export function checkAnswer({ method, target, answer, allow = [] }) {
  const found = findPath(target.split('?')[0]);
  const verb = method === 'HEAD' ? 'get' : method.toLowerCase();
  if (method === 'HEAD') {
    assert.equal(answer.text, '', 'HEAD has no body');
    if (found?.methods.get)
      assert.ok(
        declared(found, 'get', answer.status) ||
          answer.status === 405 ||
          AMENDED[found.methods.get.operationId]?.has(answer.status),
      );
    return;
  }
  if (answer.status >= 400) {
    assert.match(answer.headers['content-type'] ?? '', JSON_TYPE);
    checkError(answer.status, answer.json);
  }
  if (!found) return;
  if (found.methods[verb]) checkOperation(found, verb, answer, allow);
  else assert.equal(answer.status, 405, `${method} ${target}: ${answer.text}`);
}
