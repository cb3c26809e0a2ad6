// The connection to the server as the reader sees it: live, on its way, paused, or how old things are.
import { computed, signal } from '@preact/signals';
import { now } from './clock';

export type Link = 'live' | 'connecting' | 'away' | 'paused';

export const paused = signal(false);
export const hidden = signal(document.hidden);
export const connection = signal<'live' | 'connecting' | 'away'>('connecting');
export const heardAt = signal(0); // when the server last said something
export const troubled = signal(''); // what is wrong while it is away

document.addEventListener('visibilitychange', () => {
  hidden.value = document.hidden;
});

export const link = computed<Link>(() => (paused.value ? 'paused' : connection.value));

// A page nobody looks at, or that is to stand still, keeps no stream open.
export const mayStream = computed(() => !paused.value && !hidden.value);

const STALE = 10_000;

// Whether what is shown may be wrong by now, without the reader having asked for it.
export const stale = computed(
  () => connection.value === 'away' && heardAt.value > 0 && now.value - heardAt.value > STALE,
);

export const togglePause = () => {
  paused.value = !paused.value;
};
