// Makes keys, key sets and tokens for the JWT tests, and serves key sets over https.
import { execFileSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import { after } from 'node:test';
import { tempDir } from './harness.mjs';

const KINDS = {
  RS: ['rsa', { modulusLength: 2048 }],
  ES256: ['ec', { namedCurve: 'P-256' }],
  ES384: ['ec', { namedCurve: 'P-384' }],
};

// A key pair for an algorithm: { kid, alg, publicKey, privateKey, jwk }.
export function makeKey(alg, kid) {
  const pair = crypto.generateKeyPairSync(...(KINDS[alg] ?? KINDS.RS));
  const jwk = { ...pair.publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' };
  return { kid, alg, jwk, ...pair };
}

function encode(value) {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString(
    'base64url',
  );
}

function signature(alg, input, key) {
  const hash = `sha${alg.slice(2)}`;
  if (alg === 'none') return '';
  if (alg.startsWith('HS')) return crypto.createHmac(hash, key).update(input).digest('base64url');
  const dsa = alg.startsWith('ES') ? { dsaEncoding: 'ieee-p1363' } : {};
  return crypto.sign(hash, Buffer.from(input), { key, ...dsa }).toString('base64url');
}

export function now() {
  return Math.floor(Date.now() / 1000);
}

// A token; header and payload replace or, with undefined, take away what would be there.
export function makeToken(key, payload = {}, header = {}, signWith = key.privateKey) {
  const head = { alg: key.alg, typ: 'JWT', kid: key.kid, ...header };
  const body = { sub: 'alice', exp: now() + 3600, ...payload };
  const input = `${encode(head)}.${encode(body)}`;
  return `${input}.${signature(head.alg, input, signWith)}`;
}

export function keySet(...keys) {
  return JSON.stringify({ keys: keys.map((key) => key.jwk ?? key) });
}

export function writeKeySet(file, ...keys) {
  // Written aside and renamed: a reader sees the old set or the new one, never half of it.
  fs.writeFileSync(`${file}.new`, keySet(...keys));
  fs.renameSync(`${file}.new`, file);
}

// A certificate for 127.0.0.1 and its key, as files.
export function makeCertificate() {
  const dir = tempDir();
  const [keyFile, certificate] = [path.join(dir, 'key.pem'), path.join(dir, 'cert.pem')];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=127.0.0.1',
      '-addext',
      'subjectAltName=IP:127.0.0.1',
      '-keyout',
      keyFile,
      '-out',
      certificate,
    ],
    { stdio: 'ignore' },
  );
  return { keyFile, certificate };
}

// An https server with a certificate of its own: { url, certificate, requests, answer }.
export async function serveHttps() {
  const { keyFile, certificate } = makeCertificate();
  const issuer = { certificate, requests: 0, answer: (response) => response.end('{"keys":[]}') };
  const server = https.createServer(
    { key: fs.readFileSync(keyFile), cert: fs.readFileSync(certificate) },
    (request, response) => {
      issuer.requests += 1;
      issuer.answer(response);
    },
  );
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  after(() => {
    server.close();
    server.closeAllConnections?.();
  });
  issuer.url = `https://127.0.0.1:${server.address().port}/keys`;
  return issuer;
}
