// The text of server-sent events, piece by piece, as events.

export interface StreamEvent {
  event: string; // 'beat' for a comment, which only says that the line is alive
  id?: string;
  data: string;
}

export class EventStreamParser {
  private rest = '';
  private event = '';
  private id: string | undefined;
  private data: string[] = [];

  // Pieces may end anywhere, within a line end too.
  push(text: string): StreamEvent[] {
    const events: StreamEvent[] = [];
    const all = this.rest + text;
    const whole = all.endsWith('\r') ? all.slice(0, -1) : all;
    const lines = whole.split(/\r\n|\n|\r/);
    this.rest = (lines.pop() ?? '') + all.slice(whole.length);
    for (const line of lines) this.line(line, events);
    return events;
  }

  private line(line: string, events: StreamEvent[]): void {
    if (line === '') return this.dispatch(events);
    const colon = line.indexOf(':');
    if (colon === 0) {
      events.push({ event: 'beat', data: '' });
      return;
    }
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.event = value;
    else if (field === 'data') this.data.push(value);
    else if (field === 'id') this.id = value;
  }

  private dispatch(events: StreamEvent[]): void {
    if (this.event || this.data.length > 0) {
      events.push({
        event: this.event || 'message',
        data: this.data.join('\n'),
        ...(this.id === undefined ? {} : { id: this.id }),
      });
    }
    this.event = '';
    this.id = undefined;
    this.data = [];
  }
}
