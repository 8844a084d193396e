// Malformed requests, made up from a seed: methods, targets, headers and bodies that no client should send.

import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';

/** Requests sent on one connection, one right behind the other. */
const REQUESTS_EACH = 12;
const AT_ONCE = 50;

/** A small generator with a seed, so that a failure can be seen again (mulberry32). */
function dice(seed: number): <T>(choices: readonly T[]) => T {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return (choices) => {
    const chosen = choices[Math.floor(next() * choices.length)];
    if (chosen === undefined) throw new Error('nothing to choose from');
    return chosen;
  };
}

export const METHODS = [
  'GET',
  'POST',
  'PUT',
  'DELETE',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'TRACE',
  'PROPFIND',
  'BREW',
  'get',
  '',
];
export const PATHS = [
  '/v1/fake',
  '/v1/pixel',
  '/v1/batch',
  '/g/collect',
  '/mp/collect',
  '/v1/consent',
  '/v1/projects/shop-web/settings',
  '/v1/projects/%00/settings',
  '/healthz',
  '/readyz',
  '/',
  '*',
  '//',
  '//evil.example/v1/fake',
  '/%',
  '/%ff%fe',
  '/v1/fake%2f..',
  '/../../etc/passwd',
  '/__proto__',
  '/constructor',
  'http://x/v1/fake',
  'http://',
  'javascript:alert(1)',
  'no-slash',
  `/${'a'.repeat(3000)}`,
  '/\u00e9',
];
export const QUERIES = [
  '',
  '?',
  '?writeKey=shop-web',
  '?%',
  '?%ff=%00',
  '?__proto__=1',
  `?${'a=1&'.repeat(500)}`,
  '?#',
  '??',
];
export const HEADERS = [
  'origin: https://shop.example',
  'origin: null',
  'origin: \x00',
  'origin: https://evil.example',
  'referer: %%%',
  'referer: https://shop.example/a',
  'sec-fetch-site: same-origin',
  'cookie: sluis_consent=x; _ga=1; ;;=; __proto__=1',
  `cookie: ${'a=b;'.repeat(800)}`,
  'content-encoding: gzip',
  'content-encoding: br',
  'content-encoding: ,',
  'content-type: application/json',
  'content-type: \xff',
  'authorization: Basic ****',
  'authorization: Bearer x.y.z',
  'x-forwarded-for: 1.2.3.4, ::1, junk',
  'expect: 100-continue',
  'expect: x',
  'upgrade: websocket',
  'connection: upgrade',
  'connection: close',
  'te: trailers',
  'transfer-encoding: chunked',
  'transfer-encoding: gzip, chunked',
  'content-length: 5',
  'content-length: 99999999999999999999',
  'content-length: x',
  'host: y',
  '__proto__: x',
  'constructor: x',
  ' folded',
  'no colon',
  ': empty',
  'access-control-request-method: PUT',
  `access-control-request-headers: ${'x,'.repeat(100)}`,
  `x: ${'y'.repeat(20_000)}`,
];
export const BODIES = [
  '',
  '{',
  '{}',
  'null',
  '[]',
  '"x"',
  '{"writeKey":"shop-web","events":["a"]}',
  '{"writeKey":"shop-web","events":7}',
  '{"__proto__":{"writeKey":"shop-web"}}',
  '['.repeat(5000),
  '\x00\xff\xfe',
  '\x1f\x8b',
  gzipSync('{"writeKey":"shop-web"}').toString('latin1'),
  gzipSync(Buffer.alloc(1_000_000)).toString('latin1'),
  '5\r\nhello\r\n0\r\n\r\n',
  'ffffffffff\r\n',
];

function request(choose: ReturnType<typeof dice>): string {
  const body = choose(BODIES);
  const version = choose(['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/9', '']);
  const headers = Array.from({ length: choose([0, 1, 2, 4, 8]) }, () => choose(HEADERS));
  const framing = choose([`content-length: ${body.length}`, `content-length: ${body.length}`, 'x-none: 1']);
  const target = `${choose(PATHS)}${choose(QUERIES)}`;
  return [`${choose(METHODS)} ${target} ${version}`, 'host: x', framing, ...headers, '', body].join('\r\n');
}

/** Sends requests one after the other on a connection until the server has had enough of it. */
async function conversation(port: number, choose: ReturnType<typeof dice>): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let got = '';
  socket.on('data', (chunk: Buffer) => (got += chunk.toString('latin1'))).on('error', () => {});
  const closed = new Promise((resolve) => socket.once('close', resolve));
  for (let index = 0; index < REQUESTS_EACH && !socket.destroyed; index++)
    socket.write(Buffer.from(request(choose), 'latin1'));
  socket.end();
  await closed;
  return got;
}

/** Sends from as many connections, fifty at once; tells how often each status was answered. */
export async function bombard(
  port: number,
  { seed, connections }: { readonly seed: number; readonly connections: number },
): Promise<ReadonlyMap<string, number>> {
  const statuses = new Map<string, number>();
  for (let first = 0; first < connections; first += AT_ONCE) {
    const group = Array.from({ length: AT_ONCE }, (_, index) =>
      conversation(port, dice(seed + first + index)),
    );
    for (const got of await Promise.all(group))
      for (const [, status = ''] of got.matchAll(/HTTP\/1\.1 (\d{3}) /g))
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
  return statuses;
}

/** Statuses that must never be answered to a client's mistake. */
export const faultsIn = (statuses: ReadonlyMap<string, number>): readonly string[] =>
  [...statuses.keys()].filter((status) => status.startsWith('5') && status !== '503');
