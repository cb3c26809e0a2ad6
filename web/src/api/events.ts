// One connection to the change feed, read until it ends or falls silent.
import { EventStreamParser, type StreamEvent } from '../model/event-stream';
import { request } from './request';

const SILENCE = 40_000; // the server beats every 15 s

// Gives whatever arrives to `take`; returns when the server ends the stream, throws when it breaks or falls silent.
export async function readEvents(
  query: string,
  after: string | undefined,
  signal: AbortSignal,
  take: (events: StreamEvent[]) => void,
): Promise<void> {
  const params = new URLSearchParams(query);
  if (after !== undefined) params.set('after', after);
  const silence = new AbortController();
  const stop = () => silence.abort();
  signal.addEventListener('abort', stop);
  let timer = setTimeout(stop, SILENCE);
  try {
    const response = await request(`rest/jobd/v1/events?${params}`, {
      headers: { Accept: 'text/event-stream' },
      signal: silence.signal,
    });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    const parser = new EventStreamParser();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(stop, SILENCE);
      take(parser.push(value));
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    silence.abort();
  }
}
