// Who is signed in, and what everybody is called.
import { computed, signal } from '@preact/signals';
import { ApiError, watchAnswers } from '../api/request';
import { accountNames, closeSession, openSession, whoAmI, type Account } from '../api/session';
import type { Job } from '../model/job';

// undefined: not known yet; null: nobody.
export const me = signal<Account | null | undefined>(undefined);
export const names = signal<ReadonlyMap<string, string>>(new Map());
export const startError = signal('');

const RETRY = 2000;
let asked = 0;

watchAnswers((status) => {
  if (status === 401) me.value = null;
});

async function learnNames(): Promise<void> {
  names.value = await accountNames().catch(() => names.value);
}

// Asks until the server says who this is, or that it is nobody.
export async function begin(): Promise<void> {
  try {
    me.value = await whoAmI();
    startError.value = '';
    await learnNames();
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return;
    startError.value = error instanceof Error ? error.message : String(error);
    setTimeout(begin, RETRY);
  }
}

export async function signIn(user: string, password: string): Promise<void> {
  me.value = await openSession(user, password);
  await learnNames();
}

export async function signOut(): Promise<void> {
  await closeSession().catch(() => {});
  me.value = null;
}

// An account made since is learnt about once, then shown by the beginning of its id.
export function nameOf(id: string): string {
  const name = names.value.get(id);
  if (name === undefined && names.value.size > asked) {
    asked = names.value.size;
    void learnNames();
  }
  return name ?? id.slice(0, 8);
}

export const isAdmin = computed(() => me.value?.role === 'admin');

// What the server would allow; it decides again when it is asked.
export const mayDelete = (job: Job) =>
  job.state !== 'DELETED' &&
  (isAdmin.value || (me.value?.role !== 'reader' && me.value?.id === job.user));
