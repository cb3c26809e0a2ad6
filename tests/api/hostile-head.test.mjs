// Heads no decent client sends: request lines, targets, versions, methods and headers.
import { OURS, WHOAMI } from './harness.mjs';
import { AUTH, probes, startPatient } from './hostile.mjs';
import { request } from './raw.mjs';

const server = await startPatient();

const long = (size) => 'a'.repeat(size);
const health = (...headers) => request('GET', '/healthz', headers);
// libmicrohttpd ends every text at its first NUL, and nobody sees what comes behind.
const NUL = '200|400|404 canned';
const line = (text) => `${text}\r\nHost: jobd\r\n\r\n`;

probes(server, 'request lines', [
  ['20,000 bytes of query', line(`GET /healthz?${long(20_000)} HTTP/1.1`), '414|400|431 closed canned'],
  ['20,000 bytes of path', line(`GET /${long(20_000)} HTTP/1.1`), '414|400|431 closed canned'],
  ['a million bytes of query', line(`GET /healthz?${long(1 << 20)} HTTP/1.1`),
    '414|400|431|cut closed canned'],
  ['a method of 20,000 letters', line(`${'A'.repeat(20_000)} /healthz HTTP/1.1`),
    '400|414|431|501 closed canned'],
  ['two blanks', line('GET  /healthz HTTP/1.1'), '200|400|404 canned'],
  ['a tab for a blank', line('GET\t/healthz\tHTTP/1.1'), '200|400|cut canned'],
  ['a blank in the target', line('GET /healthz x HTTP/1.1'), '400 closed'],
  ['a NUL in the target', line('GET /healthz\0x HTTP/1.1'), NUL],
  ['a control character in the target', line('GET /healthz\x01 HTTP/1.1'), '400 closed'],
  ['no target', line('GET HTTP/1.1'), '400|404|505 canned'],
  ['no method', line(' /healthz HTTP/1.1'), '400|404|405|501|cut canned'],
  ['blanks only', line('   '), '400|404|405|501|505|cut closed canned'],
  ['an empty line before it', `\r\n${health()}`, '200 kept'],
  ['a thousand empty lines before it', `${'\r\n'.repeat(1000)}${health()}`, '200|400|cut canned'],
  ['binary noise', Buffer.from([...Array(512).keys()].map((i) => (i * 167 + 13) % 256)
    .concat([13, 10, 13, 10])), '400|404|405|414|431|501|505|cut closed canned'],
  ['a TLS greeting', Buffer.from('16030100c8010000c40303'.padEnd(400, '5a') + '0d0a0d0a', 'hex'),
    '400|405|501|505|cut closed canned'],
]);

probes(server, 'versions', [
  ['HTTP/1.0 without a Host', 'GET /healthz HTTP/1.0\r\n\r\n', '200 closed'],
  ['HTTP/0.9', 'GET /healthz\r\n\r\n', '400|505|cut closed canned'],
  ['HTTP/1.2', line('GET /healthz HTTP/1.2'), '400|505 closed canned'],
  ['HTTP/9.9', line('GET /healthz HTTP/9.9'), '400|505 closed canned'],
  ['HTTP/0.1', line('GET /healthz HTTP/0.1'), '400|505 closed canned'],
  ['HTTP/1.10', line('GET /healthz HTTP/1.10'), '400|505 closed canned'],
  ['HTTP/11', line('GET /healthz HTTP/11'), '400|505 closed canned'],
  ['HTTP/1', line('GET /healthz HTTP/1'), '400|505 closed canned'],
  ['http/1.1', line('GET /healthz http/1.1'), '400|505 closed canned'],
  ['FTP/1.1', line('GET /healthz FTP/1.1'), '400|505 closed canned'],
  ['something behind the version', line('GET /healthz HTTP/1.1 x'), '400|404|505 closed canned'],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '400|505|cut closed canned'],
]);

probes(server, 'cookies', [
  ['9,000 bytes', health(`Cookie: a=${long(9_000)}`), '431 closed canned'],
  ['6,000 bytes', health(`Cookie: a=${long(6_000)}`), '200 kept'],
  ['two headers', health('Cookie: a=b', 'cookie: c=d'), '400 closed'],
  ['nothing but separators', health(`Cookie: ${';,= "'.repeat(200)}`), '200 kept'],
  ['a hundred of one name', request('GET', WHOAMI, [`Cookie: ${'jobd_session=x; '.repeat(100)}`]), '401 kept'],
  ['bytes beyond ASCII', request('GET', WHOAMI, ['Cookie: jobd_session=\xff\xfe']), '401 kept'],
  ['an open quote', request('GET', WHOAMI, ['Cookie: jobd_session="a; b=c']), '401 kept'],
]);

probes(server, 'methods', [
  ['lower case', request('get', '/healthz'), '400 closed'],
  ['mixed case', request('Get', '/healthz'), '400 closed'],
  ['an unknown one', request('FROBNICATE', '/healthz'), '405 kept'],
  ['characters of no token', request('G@T', '/healthz'), '400 closed'],
  ['a control character', request('GE\x01T', '/healthz'), '400 closed'],
  ['bytes beyond ASCII', request('G\xc9T', '/healthz'), '400 closed'],
  ['a NUL', request('GET\0', '/healthz'), NUL],
  ['a hundred letters', request('X'.repeat(100), '/healthz'), '405 kept'],
  ['TRACE', request('TRACE', '/healthz'), '405 kept'],
  ['CONNECT', request('CONNECT', 'jobd:80'), '400|404|405'],
  ['OPTIONS *', request('OPTIONS', '*'), '404|405 kept'],
  ['HEAD', request('HEAD', '/healthz'), '200 kept'],
  ['HEAD of nothing', request('HEAD', '/nothing'), '404 kept'],
]);

probes(server, 'targets', [
  ['absolute form', request('GET', 'http://jobd/healthz'), '200|400|404 kept'],
  ['absolute form of another host', request('GET', 'http://elsewhere/healthz'), '200|400|404 kept'],
  ['*', request('GET', '*'), '400|404 kept'],
  ['//', request('GET', '//'), '404 kept'],
  ['//healthz', request('GET', '//healthz'), '404 kept'],
  ['/healthz/', request('GET', '/healthz/'), '404 kept'],
  ['dots are not resolved', request('GET', '/rest/../healthz'), '404 kept'],
  ['dots beyond the root', request('GET', '/../../../../etc/passwd'), '404 kept'],
  ['escaped dots', request('GET', '/%2e%2e/%2e%2e/etc/passwd'), '404 kept'],
  ['without a slash', request('GET', 'healthz'), '400|404 kept'],
  ['only a query', request('GET', '?a=b'), '400|404 kept'],
  ['a fragment', request('GET', '/healthz#top'), '200|400|404 kept'],
  ['backslashes', request('GET', '\\..\\healthz'), '400|404 kept'],
  ['%00 behind a known path', request('GET', '/healthz%00'), '400|404 kept'],
  ['% at the end of a path', request('GET', '/healthz%'), '400|404 kept'],
  ['raw bytes beyond ASCII', request('GET', '/h\xe9'), '400|404 kept'],
]);

const job = (text) => request('GET', `/rest/jobs/v1/jobs/${text}`, [AUTH]);
probes(server, 'ids that are none', [
  ...['%00', '%', '%zz', '%2', '%ff', '%c0%af', '%ed%a0%80', '%f4%90%80%80', '\xff', 'x', '..', '%2e%2e',
    'a%2fb', '*', '-', '0', '%20', '01890a5d-ac96-774b-bcce-b302099a805',
    '01890a5d-ac96-774b-bcce-b302099a80577', '01890a5d-ac96-774b-bcce-b302099a805g',
    '01890a5dac96774bbcceb302099a8057', '{01890a5d-ac96-774b-bcce-b302099a8057}',
    '01890a5d-ac96-774b-bcce-b302099a8057%00', '%2d'.repeat(36), long(4000)]
    .map((text) => [JSON.stringify(text.slice(0, 60)), job(text), '400 kept']),
  ['nothing', job(''), '400|404 kept'],
  ['a segment too many', job('01890a5d-ac96-774b-bcce-b302099a8057/x'), '404 kept'],
  ['escaped digits are digits', job(`%30${'1890a5d-ac96-774b-bcce-b302099a8057'}`), '404 kept'],
]);

probes(server, 'the size and number of headers', [
  ['a value of 20,000 bytes', health(`X-A: ${long(20_000)}`), '431|400 closed canned'],
  ['a name of 20,000 bytes', health(`${long(20_000)}: x`), '431|400 closed canned'],
  ['a million bytes in one header', health(`X-A: ${long(1 << 20)}`), '431|400|cut closed canned'],
  ['a million bytes in many headers', health(...Array(10_000).fill(`X-A: ${long(98)}`)),
    '431|400|cut closed canned'],
  ['two thousand headers', health(...Array(2000).fill('A: b')), '431|400 closed canned'],
  ['no end of short headers', health(...Array(100_000).fill('A: b')), '431|400|cut closed canned'],
  ['thirty headers', health(...Array(30).fill('A: b')), '200 kept'],
  ['two kilobytes in one header', health(`X-A: ${long(2000)}`), '200 kept'],
  ['eight kilobytes in one header', health(`X-A: ${long(8000)}`), '200 kept'],
]);

probes(server, 'targets longer than a whole head may be', [
  ['the path', request('GET', `/${long(14 << 10)}`), '414 closed'],
  ['the query', request('GET', `/healthz?${long(14 << 10)}`), '414 closed'],
  ['a shorter one in too large a head', request('GET', `/healthz?${long(10_000)}`,
    [`X-A: ${long(4400)}`]), '431 closed'],
]);

// Near the limit a request may fit and its answer not: whatever happens there, it happens soon and
// is no fault of the server's.
const sizes = Array.from({ length: 60 }, (_, i) => 13_500 + i * 57);
const AROUND = '200|400|414|431|cut canned';
probes(server, 'heads of every size around the limit', sizes.flatMap((size) => [
  [`a header of ${size}`, health(`X-A: ${long(size)}`), AROUND],
  [`a query of ${size}`, request('GET', `/healthz?${long(size)}`), AROUND],
  [`a header of ${size} before a body`, request('POST', OURS, [AUTH, `X-A: ${long(size)}`,
    'Content-Length: 2'], '{}'), AROUND],
  [`a header of ${size} before chunks`, request('POST', OURS, [AUTH, `X-A: ${long(size)}`,
    'Transfer-Encoding: chunked'], '2\r\n{}\r\n0\r\n\r\n'), AROUND],
]));

// libmicrohttpd ends lines at a bare LF (RFC 9112, 2.2 allows it) and a bare CR. Whatever it makes of
// them must be one request, never two.
probes(server, 'the ends of lines', [
  ['bare LF', 'GET /healthz HTTP/1.1\nHost: jobd\n\n', '200|400 canned'],
  ['bare LF in one header', 'GET /healthz HTTP/1.1\r\nHost: jobd\nX-A: b\r\n\r\n', '200|400 canned'],
  ['bare CR', 'GET /healthz HTTP/1.1\rHost: jobd\r\r\n', '200|400|cut canned'],
  ['bare CR in a value', 'GET /healthz HTTP/1.1\r\nHost: jobd\r\nX-A: a\rb: c\r\n\r\n', '200|400 canned'],
  ['CR CR LF', 'GET /healthz HTTP/1.1\r\nHost: jobd\r\r\n\r\n', '200|400|cut canned'],
]);

probes(server, 'Host', [
  ['missing', 'GET /healthz HTTP/1.1\r\n\r\n', '400 closed'],
  ['missing, with credentials', `GET /rest/jobd/v1/whoami HTTP/1.1\r\n${AUTH}\r\n\r\n`, '400 closed'],
  ['twice', health('Host: a', 'Host: b'), '400 closed'],
  ['twice the same', health('Host: a', 'Host: a'), '400 closed'],
  ['twice in HTTP/1.0', 'GET /healthz HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n', '400 closed'],
  ['twice in different cases', health('Host: a', 'HOST: a'), '400 closed'],
  ['empty', health('Host:'), '200|400'],
  ['in lower case', health('host: jobd'), '200 kept'],
]);

probes(server, 'the form of headers', [
  ['a blank before the colon', health('X-A : b'), '400 closed canned'],
  ['a tab before the colon', health('X-A\t: b'), '400 closed canned'],
  ['a blank in the name', health('X A: b'), '400 closed canned'],
  ['no name', health(': b'), '200|400 canned'],
  ['no colon', health('nonsense'), '400 closed canned'],
  ['a control character in the name', health('X\x01A: b'), '400 closed'],
  ['bytes beyond ASCII in the name', health('X-\xc3\xa9: b'), '400 closed'],
  ['characters of no token', health('X(A): b'), '400 closed'],
  ['a quote in the name', health('"X": b'), '400 closed'],
  ['a NUL in the name', health('X\0A: b'), '400 closed canned'],
  ['a NUL in the value', health('X-A: a\0b'), NUL],
  ['SOH in the value', health('X-A: a\x01b'), '400 closed'],
  ['VT in the value', health('X-A: a\x0bb'), '400 closed'],
  ['DEL in the value', health('X-A: a\x7fb'), '400 closed'],
  ['ESC in the value', health('X-A: \x1b[2J'), '400 closed'],
  ['a tab in the value is fine', health('X-A: a\tb'), '200 kept'],
  ['bytes beyond ASCII in the value are fine', health('X-A: \xe9'), '200 kept'],
  ['an empty value is fine', health('X-A:'), '200 kept'],
  ['a folded value', health('X-A: b\r\n c'), '200|400 canned'],
  ['the first line folded', 'GET /healthz HTTP/1.1\r\n Host: jobd\r\n\r\n', '400 closed canned'],
  ['a folded name', health('X-A\r\n : b'), '400 closed canned'],
]);
