// A job's output, piece by piece.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Output } from '../src/model/output';

const bytes = (text: string) => new TextEncoder().encode(text);
const all = (output: Output) => output.blocks.map(({ text }) => text).join('') + output.tail;

test('lines, and the one that is not ended', () => {
  const output = new Output();
  assert.equal(output.isEmpty, true);
  output.push(bytes('one\ntwo'));
  assert.equal(output.tail, 'two');
  output.push(bytes(' and a half\nthree\n'));
  assert.equal(all(output), 'one\ntwo and a half\nthree\n');
  assert.equal(output.blocks[0]?.lines, 3);
});

test('characters cut in two', () => {
  const output = new Output();
  const text = bytes('é😀\n');
  for (const byte of text) output.push(Uint8Array.of(byte));
  assert.equal(all(output), 'é😀\n');
});

test('a terminal’s colours are taken out, wherever they are cut', () => {
  const output = new Output();
  output.push(bytes('\u001b[3'));
  output.push(bytes('1mred\u001b[0m \u001b]0;title\u0007plain\n'));
  assert.equal(all(output), 'red plain\n');
});

test('a carriage return begins the line anew', () => {
  const output = new Output();
  output.push(bytes(' 1 %\r 2 %\r'));
  assert.equal(output.tail, ' 2 %');
  output.push(bytes('done\nwindows\r\n'));
  assert.equal(all(output), 'done\nwindows\n');
});

test('a megabyte is many blocks, of which a further line changes the last only', () => {
  const output = new Output();
  output.push(bytes(`${'x'.repeat(79)}\n`.repeat(13_107)));
  assert.ok(output.blocks.length > 50);
  const before = output.blocks.slice(0, -1).map(({ text }) => text);
  output.push(bytes('more\n'));
  assert.deepEqual(
    output.blocks.slice(0, before.length).map(({ text }) => text),
    before,
  );
  assert.equal(
    output.blocks.reduce((sum, { lines }) => sum + lines, 0),
    13_108,
  );
});
