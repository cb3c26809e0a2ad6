// Copies a text, and says that it did.
import { useState } from 'preact/hooks';
import { announce } from '../state/announcer';
import { CopyIcon } from './icons';

// The clipboard is for secure origins only; the old way works everywhere.
async function copy(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = document.createElement('textarea');
  field.value = text;
  document.body.append(field);
  field.select();
  document.execCommand('copy');
  field.remove();
}

export function CopyButton({ text, label }: { text: string; label: string }) {
  const [done, setDone] = useState(false);
  const onClick = async () => {
    await copy(text);
    setDone(true);
    announce('Copied.');
    setTimeout(() => setDone(false), 1500);
  };
  return (
    <button type="button" title={text} onClick={onClick}>
      <CopyIcon />
      {done ? 'Copied' : label}
    </button>
  );
}
