// Server-sent events from pieces of text.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventStreamParser } from '../src/model/event-stream';

const TEXT =
  'event: job\nid: 7\ndata: {"a":1}\n\n: beat\n\nevent: gone\r\nid: 8\r\ndata: x\r\ndata: y\r\n\r\ndata:z\n\n';
const EVENTS = [
  { event: 'job', id: '7', data: '{"a":1}' },
  { event: 'beat', data: '' },
  { event: 'gone', id: '8', data: 'x\ny' },
  { event: 'message', data: 'z' },
];

test('events, comments, line ends of all kinds', () => {
  assert.deepEqual(new EventStreamParser().push(TEXT), EVENTS);
});

test('wherever the text is cut', () => {
  for (let size = 1; size < 12; size++) {
    const parser = new EventStreamParser();
    const events = [];
    for (let at = 0; at < TEXT.length; at += size)
      events.push(...parser.push(TEXT.slice(at, at + size)));
    assert.deepEqual(events, EVENTS, `pieces of ${size}`);
  }
});

test('an event that is not whole is none yet', () => {
  const parser = new EventStreamParser();
  assert.deepEqual(parser.push('event: job\ndata: 1\n'), []);
  assert.deepEqual(parser.push('\n'), [{ event: 'job', data: '1' }]);
});

test('an id belongs to its event only', () => {
  const events = new EventStreamParser().push('id: 3\ndata: a\n\ndata: b\n\n');
  assert.deepEqual(
    events.map(({ id }) => id),
    ['3', undefined],
  );
});
