// What a screen reader is told in passing.
import { signal } from '@preact/signals';

export const announcement = signal('');

// '' says nothing. The same text again is said again.
export function announce(text: string): void {
  if (text) announcement.value = announcement.value === text ? `${text}\u00a0` : text;
}
