// The server's time, ticking each second while somebody looks.
import { signal } from '@preact/signals';
import { serverNow } from '../api/request';

export const now = signal(serverNow());

setInterval(() => {
  if (!document.hidden) now.value = serverNow();
}, 1000);
document.addEventListener('visibilitychange', () => {
  now.value = serverNow();
});
