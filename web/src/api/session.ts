// Who the reader is, and the names of everybody.
import { request, requestJson } from './request';

const OURS = 'rest/jobd/v1';

export interface Account {
  id: string;
  name: string;
  role: 'reader' | 'user' | 'worker' | 'admin';
}

export const whoAmI = () => requestJson<Account>(`${OURS}/whoami`);

export const openSession = (user: string, password: string) =>
  requestJson<Account>(`${OURS}/session`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ user, password }),
  });

export const closeSession = () => request(`${OURS}/session`, { method: 'DELETE' });

export async function accountNames(): Promise<Map<string, string>> {
  const { users } = await requestJson<{ users: { id: string; name: string }[] }>(`${OURS}/users`);
  return new Map(users.map(({ id, name }) => [id, name]));
}
