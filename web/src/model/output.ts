// A job's output as blocks of whole lines, so that a megabyte of it is drawn block by block.

const BLOCK = 16 * 1024; // characters; a block is closed at the next line end

// Colours and cursor movements are for terminals.
const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;

// A carriage return begins its line anew, as a terminal shows it; before a line end it is a part of that.
const settled = (line: string) => {
  const text = line.replace(/\r+$/, '');
  return text.slice(text.lastIndexOf('\r') + 1);
};

export interface Block {
  text: string;
  lines: number;
}

export class Output {
  readonly blocks: Block[] = [];
  tail = ''; // the line that has no end yet
  private rest = '';
  private decoder = new TextDecoder();

  // Takes the bytes that follow; the blocks but for the last one stay as they are.
  push(bytes: Uint8Array): void {
    const text = this.rest + this.decoder.decode(bytes, { stream: true });
    const end = text.lastIndexOf('\n') + 1;
    this.rest = text.slice(end);
    this.tail = settled(this.rest.replace(ESCAPES, ''));
    if (end > 0)
      this.add(
        text
          .slice(0, end - 1)
          .replace(ESCAPES, '')
          .split('\n')
          .map(settled),
      );
  }

  private add(lines: string[]): void {
    let open = this.blocks[this.blocks.length - 1];
    for (const line of lines) {
      if (!open || open.text.length >= BLOCK) {
        open = { text: '', lines: 0 };
        this.blocks.push(open);
      }
      open.text += `${line}\n`;
      open.lines++;
    }
  }

  get isEmpty(): boolean {
    return this.blocks.length === 0 && this.tail === '';
  }
}
