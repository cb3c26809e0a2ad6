// Texts no decent client sends: query strings, JSON and credentials.
import test from 'node:test';
import { admin, alice, basic, JOBS, OURS, startJobd, UNKNOWN_ID, WHOAMI } from './harness.mjs';
import { AUTH, checkGood, checkUnharmed, probe, probes, resources, startPatient } from './hostile.mjs';
import { request, withBody } from './raw.mjs';

const server = await startPatient();

const PARAMETERS = ['nameMatchMode', 'name', 'result', 'state', 'type', 'user', 'sortField', 'sortOrder',
  'cursor', 'pageSize'];
const BAD_ESCAPES = {
  '% alone': '%',
  '% and one digit': '%4',
  '% and no digits': '%zz',
  'a byte that never occurs': '%ff',
  'a continuation alone': '%80',
  'half a character': '%e2%82',
  'an overlong slash': '%c0%af',
  'an overlong NUL': '%c0%80',
  'a surrogate': '%ed%a0%80',
  'beyond Unicode': '%f4%90%80%80',
  'a NUL': '%00',
  'a NUL inside': 'a%00b',
  'a raw byte': '\xff',
};

const find = (query) => request('GET', `${JOBS}?${query}`, [AUTH]);
const remove = (query) => request('DELETE', `${JOBS}/${UNKNOWN_ID}?${query}`, [AUTH]);

for (const parameter of PARAMETERS) {
  probes(server, `bad escapes in ${parameter}`, Object.entries(BAD_ESCAPES)
    .map(([what, value]) => [what, find(`${parameter}=${value}`), '400 kept']));
}

probes(server, 'bad escapes elsewhere', Object.entries(BAD_ESCAPES).flatMap(([what, value]) => [
  [`${what} in DELETE's message`, remove(`message=${value}`), '400 kept'],
  [`${what} in a parameter's name`, find(`na${value}me=x`), '200|400 kept'],
  [`${what} in an unknown parameter`, find(`unknown=${value}`), '200|400 kept'],
  [`${what} in bulk's atomic`, withBody('POST', `${OURS}/bulk?atomic=${value}`, [AUTH], '{"jobs":[]}'),
    '400 kept'],
]));

probes(server, 'values out of range', [
  ...['0', '51', '-1', '1.5', '1e1', '0x10', '99999999999999999999', '-99999999999999999999', '%201', '1%20',
    '%2B1', '+1', '1,2', '%D9%A3', 'ten', 'NaN', '9'.repeat(1000)]
    .map((value) => [`pageSize=${value.slice(0, 40)}`, find(`pageSize=${value}`), '400 kept']),
  ...['x', 'A'.repeat(64), '*'.repeat(64), '%2F'.repeat(20), '='.repeat(30), 'A'.repeat(4000), '-', '_',
    '9223372036854775807', "'%20OR%201=1--"]
    .map((value) => [`cursor=${value.slice(0, 40)}`, find(`cursor=${value}`), '400 kept']),
  ...['x', 'waiting', 'WAITING%20', '%20WAITING', 'WAITING,RUNNING', '0', 'null', 'A'.repeat(3000)]
    .flatMap((value) => ['state', 'result', 'sortField', 'sortOrder', 'nameMatchMode', 'user']
      .map((name) => [`${name}=${value.slice(0, 40)}`, find(`${name}=${value}`), '400 kept'])),
  ...["'", '%27%20OR%201=1--', '%25', '_', '%5C', '*', '"', '%22%22', '(', 'NEAR(', '%F0%9F%92%A9', '%CC%81',
    '%EF%BB%BF', '%E2%80%AE', '%EF%BF%BF', 'a'.repeat(3000), '%25'.repeat(1000), '%CC%81'.repeat(500)]
    .flatMap((value) => ['ANYWHERE', 'START', 'END', 'EXACT']
      .map((mode) => [`name=${value.slice(0, 40)} ${mode}`, find(`name=${value}&nameMatchMode=${mode}`),
        '200|400 kept'])),
]);

const MANY = '200|400|414|431 canned';
probes(server, 'many parameters', [
  ['a hundred', find(Array.from({ length: 100 }, (_, i) => `p${i}=v`).join('&')), '200 kept'],
  ['three thousand', find(Array.from({ length: 3000 }, (_, i) => `p${i}=v`).join('&')), MANY],
  ['three thousand without a value', find('a&'.repeat(3000)), '200 kept'],
  ['a hundred thousand', find('a=b&'.repeat(100_000)), '400|414|431|cut closed canned'],
  ['one ten thousand times', find('state=WAITING&'.repeat(10_000)), '400|414|431|cut closed canned'],
  ['one a hundred times', find('state=WAITING&'.repeat(100)), '200 kept'],
  ['a hundred types', find(Array.from({ length: 100 }, (_, i) => `type=T${i}`).join('&')), '200 kept'],
  ['a thousand types', find(Array.from({ length: 1000 }, (_, i) => `type=T${i}`).join('&')), MANY],
  ['ampersands only', find('&'.repeat(2000)), '200|400 kept'],
  ['equals signs only', find('='.repeat(2000)), '200|400 kept'],
  ['question marks', find('????????a=b'), '200|400 kept'],
  ['array brackets in all forms', find('state%5B%5D=WAITING&state[]=RUNNING&state[0]=x&state[a][b]=y'),
    '200|400 kept'],
]);

const nested = (levels, open, close) => `${open.repeat(levels)}${close.repeat(levels)}`;
const job = (more) => `{"name":"n","type":"JSON"${more}}`;
const bytes = (before, middle, after) => Buffer.concat([Buffer.from(before), Buffer.from(middle),
  Buffer.from(after)]);
const inName = (...middle) => bytes('{"type":"JSON","name":"a', middle, 'b"}');

const BAD_JSON = {
  nothing: '',
  blanks: ' \r\n\t ',
  null: 'null',
  true: 'true',
  'a number': '1',
  'a string': '"x"',
  'an array': '[]',
  'a bracket': '{',
  'an end alone': '}',
  'a name alone': '{"name"}',
  'no value': '{"name":}',
  'no quotes': '{name:"n",type:"T"}',
  'single quotes': "{'name':'n','type':'T'}",
  'a comma at the end': job(','),
  'a comma too many': '{"name":"n",,"type":"T"}',
  'a comment': job('/* x */'),
  'another comment': `// x\n${job('')}`,
  'trailing garbage': `${job('')}x`,
  'two documents': `${job('')}${job('')}`,
  'a NUL behind': `${job('')}\0`,
  'a byte order mark': Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(job(''))]),
  'UTF-16': Buffer.from(job(''), 'utf16le'),
  'gzip bytes': Buffer.from('1f8b08000000000000ff', 'hex'),
  'an unfinished string': '{"name":"n',
  'an unfinished escape': '{"name":"n\\',
  'an unknown escape': '{"name":"\\x41","type":"T"}',
  'a short escape': '{"name":"\\u12","type":"T"}',
  'an escaped NUL': '{"name":"a\\u0000b","type":"T"}',
  'an escaped NUL in a key': job(',"pay\\u0000load":1'),
  'a lone high surrogate': '{"name":"\\ud800","type":"T"}',
  'a lone low surrogate': '{"name":"\\udc00","type":"T"}',
  'surrogates the wrong way round': '{"name":"\\udc00\\ud800","type":"T"}',
  'a raw NUL': inName(0),
  'a raw control character': inName(1),
  'a raw newline': inName(10),
  'a byte that never occurs': inName(0xff),
  'a continuation alone': inName(0x80),
  'half a character': inName(0xe2, 0x82),
  'an overlong slash': inName(0xc0, 0xaf),
  'a raw surrogate': inName(0xed, 0xa0, 0x80),
  'beyond Unicode': inName(0xf4, 0x90, 0x80, 0x80),
  'a key twice': job(',"name":"m"'),
  'a key twice, once escaped': job(',"n\\u0061me":"m"'),
  'a key twice inside': job(',"payload":{"a":1,"a":2}'),
  '33 levels': job(`,"payload":${nested(32, '[', ']')}`),
  '100,000 levels of arrays': job(`,"payload":${nested(100_000, '[', ']')}`),
  '100,000 levels of objects': job(`,"payload":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`),
  '100,000 brackets': '['.repeat(100_000),
  '100,000 objects begun': '{"a":'.repeat(100_000),
  'NaN': job(',"priority":NaN'),
  'Infinity': job(',"payload":Infinity'),
  '1e999': job(',"payload":1e999'),
  '-1e999': job(',"payload":-1e999'),
  'an integer past 64 bits': job(',"payload":99999999999999999999'),
  'a thousand digits': job(`,"payload":${'9'.repeat(1000)}`),
  'a leading zero': job(',"priority":01'),
  'a plus': job(',"priority":+1'),
  'a point at the end': job(',"priority":1.'),
  'hex': job(',"priority":0x1'),
  'a payload of 300 KiB': job(`,"payload":"${'x'.repeat(300 << 10)}"`),
};

const BAD_FIELDS = {
  'an unknown field': ',"unknown":1',
  'a fraction for an integer': ',"priority":1.5',
  'an exponent past the range': ',"priority":1e999',
  'an integer past 64 bits': ',"priority":99999999999999999999',
  'an integer past its range': ',"priority":32768',
  'an integer as text': ',"priority":"1"',
  'a boolean for an integer': ',"priority":true',
  'an integer for a boolean': ',"selfManaged":1',
  'text for a boolean': ',"selfManaged":"true"',
  'an array for a text': ',"message":["m"]',
  'an object for a text': ',"message":{}',
  'a control character': ',"message":"\\u0007"',
  'DEL': ',"message":"\\u007f"',
  'a message of a million characters': `,"message":"${'m'.repeat(1_000_000)}"`,
  'a malformed time': ',"runAfter":"yesterday"',
  'the 30th of February': ',"runAfter":"2026-02-30T00:00:00Z"',
  'a time in year 99999': ',"runAfter":"99999-01-01T00:00:00Z"',
  'a malformed user': ',"user":"01890a5d"',
  'no attempts': ',"maxAttempts":0',
  'too many attempts': ',"maxAttempts":101',
};

const GOOD_FIELDS = {
  'minus zero': ',"priority":-0',
  'the least priority': ',"priority":-32768',
  '32 levels': `,"payload":${nested(31, '[', ']')}`,
  'a surrogate pair': ',"message":"\\ud83d\\ude00"',
  'four bytes of UTF-8': ',"message":"\u{1f600}"',
  'a tab and a newline': ',"message":"a\\tb\\nc"',
  'null for absent': ',"message":null,"priority":null,"payload":null,"selfManaged":null',
};

const post = (body) => withBody('POST', OURS, [AUTH], body);
probes(server, 'JSON that is none', Object.entries(BAD_JSON)
  .map(([what, body]) => [what, post(body), '400|413 kept']));
probes(server, 'fields that are wrong', Object.entries(BAD_FIELDS)
  .map(([what, more]) => [what, post(job(more)), '400 kept']));
probes(server, 'fields that are right', Object.entries(GOOD_FIELDS)
  .map(([what, more]) => [what, post(job(more)), '201 kept']));
probes(server, 'bad JSON in the other bodies', Object.entries(BAD_JSON).flatMap(([what, body]) => [
  [`${what} in a report`, withBody('PATCH', `${OURS}/${UNKNOWN_ID}`, [AUTH], body), '400|413'],
  [`${what} in a bulk create`, withBody('POST', `${OURS}/bulk`, [AUTH], body), '400 kept'],
  // Without a body there is nothing wrong with a DELETE; unknown fields in it are ignored.
  [`${what} in a delete`, withBody('DELETE', `${JOBS}/${UNKNOWN_ID}`, [AUTH], body), '400|404|413'],
]));
probes(server, 'bulk creates', [
  ['nothing to create', withBody('POST', `${OURS}/bulk`, [AUTH], '{"jobs":[]}'), '400 kept'],
  ['no array', withBody('POST', `${OURS}/bulk`, [AUTH], '{"jobs":{}}'), '400 kept'],
  ['1001 jobs', withBody('POST', `${OURS}/bulk`, [AUTH],
    `{"jobs":[${Array(1001).fill(job('')).join()}]}`), '400 kept'],
  ['a million nulls', withBody('POST', `${OURS}/bulk`, [AUTH], `{"jobs":[${Array(1e6).fill('null').join()}]}`),
    '400 kept'],
  ['a thousand of the wrong kind', withBody('POST', `${OURS}/bulk`, [AUTH],
    `{"jobs":[${Array(1000).fill('1').join()}]}`), '200|400 kept'],
  ['a thousand with unknown fields', withBody('POST', `${OURS}/bulk`, [AUTH],
    `{"jobs":[${Array(1000).fill(job(',"x":1')).join()}]}`), '200 kept'],
]);

const whoami = (...values) => request('GET', WHOAMI, values.map((value) => `Authorization: ${value}`));
const base64 = (text) => Buffer.from(text, 'latin1').toString('base64');
probes(server, 'credentials', [
  ['none', whoami(), '401 kept'],
  ...['', 'Basic', 'Basic ', 'Basic  ', 'Basic =', 'Basic ====', 'Basic :', 'Basic *****', 'Basic a', 'Basic YQ',
    'Basic YWxpY2U', `Basic ${base64('alice')}`, `Basic ${base64(':')}`, `Basic ${base64('alice:')}`,
    `Basic ${base64(':password')}`, `Basic ${base64('alice:alice-password')}x`,
    `Basic ${base64('alice:alice-password')} x`, `Basic x${base64('alice:alice-password')}`,
    `Basic ${base64('alice\0:alice-password')}`, `Basic ${base64('alice:alice-password\0')}`,
    `Basic ${base64('alice:alice-password\n')}`, `Basic ${base64('ALICE:alice-password')}`,
    `Basic ${base64('\xff\xfe:\xff')}`, `Basic ${base64('a'.repeat(2000))}`,
    `Basic ${base64(`${'a'.repeat(1000)}:b`)}`, `Basic ${base64(`alice:${'b'.repeat(2000)}`)}`,
    `Basic,${base64('alice:alice-password')}`, `Basic${base64('alice:alice-password')}`,
    'Basic username="alice", password="alice-password"', 'alice:alice-password', 'Digest username="alice"',
    'Negotiate YII=', 'Bearer', 'Bearer ', 'Bearer a', 'Bearer a.b', 'Bearer a.b.c', 'Bearer ..', 'Bearer ....',
    `Bearer ${'.'.repeat(4000)}`, `Bearer ${base64('{"alg":"none"}')}.${base64('{"sub":"alice"}')}.`,
    'Bearer \xff\xff', '\xff', ' ', 'null']
    .map((value) => [JSON.stringify(value.slice(0, 60)), whoami(value), '401 kept']),
  ['10,000 bytes', whoami(`Basic ${'A'.repeat(10_000)}`), '401|431|400 canned'],
  ['100,000 bytes', whoami(`Basic ${'A'.repeat(100_000)}`), '431|400|cut closed canned'],
  ['a NUL inside', whoami(`Basic ${base64('alice:alice-password')}\0`), '200|400'],
  ['the scheme in lower case is fine', whoami(basic(alice).replace('Basic', 'basic')), '200 kept'],
  ['two, the bad one first', whoami('Basic x', basic(alice)), '400|401'],
  ['two, the bad one last', whoami(basic(alice), 'Basic x'), '200|400|401'],
  ['two good ones', whoami(basic(alice), basic(admin)), '200|400|401'],
]);

test('failed sign-ins are slowed down, whatever else is wrong with them', async () => {
  const strict = await startJobd();
  await checkGood(strict);
  const before = resources(strict);
  const attempts = await Promise.all(Array.from({ length: 100 }, (_, i) =>
    probe(strict, whoami(`Basic ${base64(`alice:wrong-password-${i}`)}`), '401|429 kept')));
  const slowed = attempts.filter((answer) => answer.status === 429);
  for (const answer of slowed) {
    if (!/^[1-9]\d*$/.test(answer.headers['retry-after'])) throw new Error('a 429 without Retry-After');
  }
  if (slowed.length < 50) throw new Error(`only ${slowed.length} of 100 were slowed down`);
  await checkUnharmed(strict, before);
});
