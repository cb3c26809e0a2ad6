// GET /jobs?name=: the match modes, and what counts as the same text.
import test from 'node:test';
import assert from 'node:assert/strict';
import { alice, startJobd } from './harness.mjs';
import { createJobs, foundNames, freshType, found } from './support.mjs';

const server = await startJobd();

// A test's own jobs with these names, and a search among them.
async function named(...names) {
  const type = freshType();
  await createJobs(
    server,
    alice,
    names.map((name) => ({ name, type })),
  );
  return (name, nameMatchMode) =>
    foundNames(server, alice, { type, name, ...(nameMatchMode ? { nameMatchMode } : {}) });
}

async function assertMatches(name, needle, mode = 'ANYWHERE') {
  const search = await named(name, '~~~~~');
  assert.deepEqual(await search(needle, mode), [name], `${mode} ${needle} in ${name}`);
}

async function assertMisses(name, needle, mode = 'ANYWHERE') {
  const search = await named(name);
  assert.deepEqual(await search(needle, mode), [], `${mode} ${needle} in ${name}`);
}

test('without a mode a name is found anywhere, whatever its case', async () => {
  const search = await named('Import of files', 'Reimported', 'IMPORT', 'Export');
  assert.deepEqual(await search('import'), ['IMPORT', 'Import of files', 'Reimported']);
  assert.deepEqual(await search('IMPORT'), await search('import'));
});

test('START finds names that begin so', async () => {
  const search = await named('Import of files', 'Reimported', 'IMPORT', 'Export');
  assert.deepEqual(await search('import', 'START'), ['IMPORT', 'Import of files']);
});

test('END finds names that end so', async () => {
  const search = await named('Import', 'Reimport', 'IMPORTED', 'the IMPORT');
  assert.deepEqual(await search('import', 'END'), ['Import', 'Reimport', 'the IMPORT']);
});

test('EXACT finds the very same name only', async () => {
  const search = await named('Import', 'import', 'Import ', 'An Import', 'Imports');
  assert.deepEqual(await search('Import', 'EXACT'), ['Import']);
});

test('nameMatchMode without a name has no effect', async () => {
  const type = freshType();
  await createJobs(server, alice, [
    { name: 'x', type },
    { name: 'y', type },
  ]);
  for (const nameMatchMode of ['START', 'END', 'ANYWHERE', 'EXACT']) {
    assert.deepEqual(await foundNames(server, alice, { type, nameMatchMode }), ['x', 'y']);
    assert.deepEqual(await foundNames(server, alice, { type, nameMatchMode, name: '' }), [
      'x',
      'y',
    ]);
  }
});

for (const mode of ['START', 'END', 'ANYWHERE', 'EXACT']) {
  test(`${mode}: the whole name matches`, () => assertMatches('Whole Name', 'Whole Name', mode));
  test(`${mode}: more than the whole name does not`, () =>
    assertMisses('Whole', 'Whole Name', mode));
}

const FOLDED = [
  ['Étude', 'étude'],
  ['étude', 'ÉTUDE'],
  ['Straße', 'STRASSE'],
  ['STRASSE', 'straße'],
  ['ΣΊΣΥΦΟΣ', 'σίσυφος'],
  ['ПРИВЕТ', 'привет'],
  ['Ａｂｃ', 'aBC'],
  ['ﬁle', 'FILE'],
  ['e\u0301tude', 'ÉTUDE'],
  ['étude', 'e\u0301tude'],
];
for (const [name, needle] of FOLDED) {
  for (const mode of ['START', 'END', 'ANYWHERE']) {
    test(`${mode}: ${needle} finds ${name}`, () => assertMatches(name, needle, mode));
  }
  test(`EXACT: ${needle} does not find ${name}`, () => assertMisses(name, needle, 'EXACT'));
}

test('folding works inside a name too', async () => {
  await assertMatches('Die Große Straße', 'E STRASSE');
  await assertMatches('L’Été indien', 'été');
});

test('é is not e', () => assertMisses('Étude', 'etude'));

const SUBSTRINGS = ['a', 'Z', '0', ' ', 'é', '😀', 'ab', '99', ' x', '日本', '日', 'xyz', '日本語'];
for (const part of SUBSTRINGS) {
  for (const [mode, name] of [
    ['START', `${part}--`],
    ['END', `--${part}`],
    ['ANYWHERE', `--${part}--`],
    ['ANYWHERE', `${part}--`],
    ['ANYWHERE', `--${part}`],
    ['ANYWHERE', part],
    ['EXACT', part],
  ]) {
    test(`${mode}: "${part}" is found in "${name}"`, () => assertMatches(name, part, mode));
  }
  test(`START: "${part}" inside is not at the start`, () =>
    assertMisses(`-${part}-`, part, 'START'));
  test(`END: "${part}" inside is not at the end`, () => assertMisses(`-${part}-`, part, 'END'));
}

for (const special of [
  '%',
  '_',
  '*',
  '?',
  '"',
  "'",
  '\\',
  '.',
  '^',
  '$',
  '(',
  '[a]',
  '%a%',
  '"a" OR "b"',
  'NEAR',
  '-',
  '+',
  '&',
  '#',
  '/',
  ';--',
]) {
  test(`"${special}" is text like any other`, async () => {
    const search = await named(`before ${special} after`, 'xyz', 'a b');
    assert.deepEqual(await search(special), [`before ${special} after`]);
    assert.deepEqual(await search(`${special} after`, 'END'), [`before ${special} after`]);
    assert.deepEqual(await search(`before ${special}`, 'START'), [`before ${special} after`]);
  });
}

test('a plus sign in the query is a space', async () => {
  const type = freshType();
  await createJobs(server, alice, [
    { name: 'two words', type },
    { name: 'two+words', type },
  ]);
  const jobs = await found(server, alice, `type=${type}&name=two+words`);
  assert.deepEqual(
    jobs.map((job) => job.name),
    ['two words'],
  );
});

test('parts that all occur, but not together, do not match', () => assertMisses('abc bcd', 'abcd'));

test('overlapping repetitions match', () => assertMatches('aaab', 'aab'));

test('a needle of 2000 characters is found', async () => {
  const name = 'ab'.repeat(1000);
  await assertMatches(name, name.slice(1));
  await assertMatches(name, name, 'EXACT');
});

test('a job is found by its name as soon as it is created', async () => {
  const type = freshType();
  for (let i = 0; i < 40; i++) {
    const name = `just made ${i} é`;
    await createJobs(server, alice, [{ name, type }]);
    for (const [needle, mode] of [
      [`made ${i} É`, 'ANYWHERE'],
      [`JUST MADE ${i} `, 'START'],
      [`${i} é`, 'END'],
    ]) {
      const names = await foundNames(server, alice, { type, name: needle, nameMatchMode: mode });
      assert.ok(names.includes(name), `${mode} ${needle}`);
    }
  }
});

test('a name is found among a thousand others, in all modes', async () => {
  const type = freshType();
  const names = Array.from({ length: 1000 }, (_, i) => `Nightly run ${i} of Überprüfung`);
  await createJobs(
    server,
    alice,
    names.map((name) => ({ name, type })),
  );
  const search = (name, nameMatchMode) => foundNames(server, alice, { type, name, nameMatchMode });
  assert.deepEqual(await search(' 777 OF ÜBER', 'ANYWHERE'), ['Nightly run 777 of Überprüfung']);
  assert.deepEqual(await search('nightly RUN 31 ', 'START'), ['Nightly run 31 of Überprüfung']);
  assert.deepEqual(await search('n 5 of überprüfung', 'END'), ['Nightly run 5 of Überprüfung']);
  assert.equal((await search('ü', 'ANYWHERE')).length, 50);
  assert.deepEqual(await search('zz', 'ANYWHERE'), []);
});
