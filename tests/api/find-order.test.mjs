// GET /jobs?sortField=&sortOrder=: every order, its ties, and the jobs that lack the date.
import test from 'node:test';
import assert from 'node:assert/strict';
import { alice, createJob, JOBS, startJobd, call } from './harness.mjs';
import { createJobs, ENDINGS, found, freshType, pages, report, walk } from './support.mjs';

const server = await startJobd();
const FIELDS = ['NAME', 'TYPE', 'START_DATE', 'END_DATE', 'STATE', 'RESULT'];
const ORDERS = ['ASC', 'DESC'];

function fold(text) {
  return text.normalize('NFKC').toLowerCase().replaceAll('ß', 'ss');
}

const VALUE = {
  NAME: (job) => fold(job.name),
  TYPE: (job) => job.type,
  START_DATE: (job) => job.startDate,
  END_DATE: (job) => job.endDate,
  STATE: (job) => job.state,
  RESULT: (job) => job.result,
};

// By code points, as Buffer compares UTF-8.
function byCodePoint(a, b) {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

// The field in this order, what lacks it last; then the newest first. A later job has a greater id.
function comparator(field, order) {
  const value = VALUE[field] ?? (() => '');
  const sign = order === 'ASC' ? 1 : -1;
  return (a, b) => {
    const [x, y] = [value(a), value(b)];
    if ((x === undefined) !== (y === undefined)) return x === undefined ? 1 : -1;
    return (
      (x === undefined ? 0 : sign * byCodePoint(x, y)) ||
      byCodePoint(b.createdOn, a.createdOn) ||
      byCodePoint(b.id, a.id)
    );
  };
}

const NAMES = [
  'b',
  'B',
  'a',
  'Ä',
  'ä',
  'straße',
  'STRASSE',
  'strasse',
  'z',
  'Z10',
  'z9',
  '日本',
  '😀',
  'ﬀ',
  'ff',
];
const TYPES = [freshType(), `${freshType()}é`, freshType().toLowerCase()];

// Three jobs a name, in all states; reported on in an order unlike that of creation.
async function makeSample() {
  const wanted = NAMES.flatMap((name) => TYPES.map((type) => ({ name, type })));
  const jobs = await createJobs(server, alice, wanted);
  const ways = [null, { state: 'RUNNING' }, ...ENDINGS, 'DELETE'];
  const order = jobs
    .map((job, i) => [job, i])
    .sort(([, i], [, j]) => ((i * 17) % 45) - ((j * 17) % 45));
  for (const [job, i] of order) {
    const way = ways[i % ways.length];
    if (i % 3 === 0 && way) await report(server, alice, job.id, { state: 'RUNNING' });
    if (way === 'DELETE') await call(server, 'DELETE', `${JOBS}/${job.id}`, { auth: alice });
    else if (way) await report(server, alice, job.id, way);
  }
}
await makeSample();
const sample = await walk(server, alice, { type: TYPES, pageSize: 50 });

function ids(jobs) {
  return jobs.map((job) => `${job.id} ${job.name} ${job.state} ${job.result}`);
}

test('the sample is what the tests need', () => {
  assert.equal(sample.length, 45);
  assert.ok(sample.some((job) => !job.startDate) && sample.some((job) => job.startDate));
  assert.ok(sample.some((job) => !job.endDate) && sample.some((job) => job.endDate));
  assert.equal(new Set(sample.map((job) => job.state)).size, 5);
});

test('without sortField the newest comes first', () =>
  assert.deepEqual(ids(sample), ids([...sample].sort(comparator()))));

for (const sortOrder of ORDERS) {
  test(`sortOrder=${sortOrder} without sortField has no effect`, async () =>
    assert.deepEqual(
      ids(await walk(server, alice, { type: TYPES, pageSize: 50, sortOrder })),
      ids(sample),
    ));
}

for (const sortField of FIELDS) {
  test(`sortField=${sortField} alone sorts descending`, async () => {
    const sorted = await walk(server, alice, { type: TYPES, pageSize: 50, sortField });
    assert.deepEqual(ids(sorted), ids([...sample].sort(comparator(sortField, 'DESC'))));
  });

  for (const sortOrder of ORDERS) {
    const expected = [...sample].sort(comparator(sortField, sortOrder));
    const sorting = { sortField, sortOrder };

    for (const pageSize of [1, 4, 50]) {
      test(`${sortField} ${sortOrder} by pages of ${pageSize}`, async () => {
        const sorted = await walk(server, alice, { type: TYPES, pageSize, ...sorting });
        assert.deepEqual(ids(sorted), ids(expected));
      });
    }

    for (const [what, filter, keep] of [
      ['one state', { state: 'COMPLETED' }, (job) => job.state === 'COMPLETED'],
      [
        'two states',
        { state: ['WAITING', 'DELETED'] },
        (job) => ['WAITING', 'DELETED'].includes(job.state),
      ],
      ['a result', { result: 'ABORTED' }, (job) => job.result === 'ABORTED'],
      ['a name anywhere', { name: 's' }, (job) => fold(job.name).includes('s')],
      [
        'a name’s end',
        { name: 'FF', nameMatchMode: 'END' },
        (job) => fold(job.name).endsWith('ff'),
      ],
      [
        'a name’s start',
        { name: 'Z', nameMatchMode: 'START' },
        (job) => fold(job.name).startsWith('z'),
      ],
      ['an exact name', { name: 'straße', nameMatchMode: 'EXACT' }, (job) => job.name === 'straße'],
      ['a user', { user: sample[0].user }, () => true],
      [
        'user, state and name',
        { user: sample[0].user, state: ['FAILED', 'RUNNING'], name: 'st' },
        (job) => ['FAILED', 'RUNNING'].includes(job.state) && fold(job.name).includes('st'),
      ],
    ]) {
      test(`${sortField} ${sortOrder} filtered by ${what}`, async () => {
        const sorted = await walk(server, alice, {
          type: TYPES,
          pageSize: 3,
          ...sorting,
          ...filter,
        });
        assert.deepEqual(ids(sorted), ids(expected.filter(keep)));
      });
    }
  }
}

for (const sortField of ['START_DATE', 'END_DATE']) {
  for (const sortOrder of ORDERS) {
    test(`${sortField} ${sortOrder}: jobs without the date come last`, async () => {
      const sorted = await walk(server, alice, { type: TYPES, pageSize: 7, sortField, sortOrder });
      const first = sorted.findIndex((job) => VALUE[sortField](job) === undefined);
      assert.ok(
        first > 0 && sorted.slice(first).every((job) => VALUE[sortField](job) === undefined),
      );
    });
  }
}

test('the last run of a type is the first of START_DATE DESC', async () => {
  const type = freshType();
  const early = await createJob(server, alice, { type, name: 'started last' });
  const late = await createJob(server, alice, { type, name: 'started first' });
  await createJob(server, alice, { type, name: 'never started' });
  await report(server, alice, late.id, { state: 'RUNNING' });
  const { json } = await report(server, alice, late.id, { state: 'COMPLETED' });
  // Times have milliseconds: the second start must be a later one.
  while (new Date().toISOString() <= json.job.endDate);
  await report(server, alice, early.id, { state: 'RUNNING' });
  const [last] = await found(server, alice, {
    type,
    sortField: 'START_DATE',
    sortOrder: 'DESC',
    pageSize: 1,
  });
  assert.equal(last.name, 'started last');
});

test('names that differ by case only are a tie', async () => {
  const type = freshType();
  await createJobs(
    server,
    alice,
    ['Tie', 'TIE', 'tie', 'tiE'].map((name) => ({ name, type })),
  );
  for (const sortOrder of ORDERS) {
    const sorted = await found(server, alice, { type, sortField: 'NAME', sortOrder });
    assert.deepEqual(
      sorted.map((job) => job.name),
      ['tiE', 'tie', 'TIE', 'Tie'],
    );
  }
});

test('jobs created in one transaction keep their order', async () => {
  const type = freshType();
  const names = Array.from({ length: 60 }, (_, i) => `${i}`);
  await createJobs(
    server,
    alice,
    names.map((name) => ({ name, type })),
  );
  const sorted = (await pages(server, alice, { type, pageSize: 7 })).flat();
  assert.deepEqual(sorted.map((job) => job.name).reverse(), names);
});
