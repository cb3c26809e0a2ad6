// What tests of the page's session share: signing in, and asking with a cookie as a browser would.
import assert from 'node:assert/strict';
import { call } from './harness.mjs';

export const SESSION = '/rest/jobd/v1/session';
export const PAGE = { 'X-Requested-With': 'jobd' };

export function signIn(server, { name, password }, headers = PAGE) {
  return call(server, 'POST', SESSION, { headers, body: { user: name, password } });
}

// { value, attributes } of the only Set-Cookie of an answer.
export function cookieOf(answer) {
  assert.equal(answer.headers['set-cookie']?.length, 1, JSON.stringify(answer.headers));
  const [pair, ...attributes] = answer.headers['set-cookie'][0].split('; ');
  const [name, value] = pair.split('=');
  assert.equal(name, 'jobd_session');
  return { value, attributes: attributes.sort() };
}

// The token of a new session.
export async function signedIn(server, account) {
  const answer = await signIn(server, account);
  assert.equal(answer.status, 200, answer.text);
  return cookieOf(answer).value;
}

// A request of the page, with the session's token.
export function asked(server, token, method, target, { headers = {}, ...options } = {}) {
  const cookie = { Cookie: `jobd_session=${token}` };
  return call(server, method, target, { headers: { ...PAGE, ...cookie, ...headers }, ...options });
}

export const signOut = (server, token) => asked(server, token, 'DELETE', SESSION);
