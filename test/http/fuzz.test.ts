// Thousands of malformed requests: never a fault of the gateway, never a crash, and what is good is still taken.

import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { ask, event, post, stage, start, until } from './fixture.ts';

const CONNECTIONS = 300;
const REQUESTS_EACH = 12;

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

const METHODS = [
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
const PATHS = [
  '/v1/fake',
  '/v1/pixel',
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
const QUERIES = [
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
const HEADERS = [
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
const BODIES = [
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

test('malformed requests are refused, never fatal', async (t) => {
  const { ports, logged } = stage();
  const port = await start(t, ports);
  const statuses = new Map<string, number>();
  const seed = 20_261_125;
  for (let first = 0; first < CONNECTIONS; first += 30) {
    const group = Array.from({ length: 30 }, (_, index) => conversation(port, dice(seed + first + index)));
    for (const got of await Promise.all(group))
      for (const [, status = ''] of got.matchAll(/HTTP\/1\.1 (\d{3}) /g))
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
  const faults = [...statuses.keys()].filter((status) => status.startsWith('5') && status !== '503');
  t.deepEqual(faults, [], `seed ${seed}`);
  t.deepEqual(logged, []);
  t.true((statuses.get('400') ?? 0) > 20);
  t.true(statuses.size > 5, `statuses seen: ${[...statuses.keys()].join()}`);
  t.is((await ask(port, post(event()))).status, 200);
});

/** Each part of a request alone, on a connection of its own: nothing hides behind an earlier refusal. */
test('each malformed part is refused by itself', async (t) => {
  const { ports, logged } = stage();
  const port = await start(t, ports);
  let answers = 0;
  let open = 0;
  const faults: string[] = [];
  const send = (bytes: string): void => {
    const socket = connect(port, '127.0.0.1');
    open += 1;
    let got = '';
    socket.on('data', (chunk: Buffer) => (got += chunk.toString('latin1'))).on('error', () => {});
    socket.on('close', () => {
      open -= 1;
      if (got !== '') answers += 1;
      if (/HTTP\/1\.1 (?:50[0124-9]|5[1-9]\d)/.test(got)) faults.push(bytes.slice(0, 200));
    });
    socket.end(Buffer.from(bytes, 'latin1'));
  };
  for (const method of METHODS)
    for (const path of PATHS) {
      for (const query of QUERIES) {
        send(`${method} ${path}${query} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
        if (open > 100) await until(() => open < 50);
      }
    }
  for (const header of HEADERS)
    for (const body of BODIES) {
      const length = `content-length: ${body.length}`;
      send(`POST /v1/fake HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${header}\r\n${length}\r\n\r\n${body}`);
      send(
        `PUT /v1/consent HTTP/1.1\r\nhost: x\r\norigin: https://shop.example\r\ncontent-type: application/json\r\n${header}\r\n${length}\r\n\r\n${body}`,
      );
      if (open > 100) await until(() => open < 50);
    }
  await until(() => open === 0, 15_000);
  t.deepEqual(faults, []);
  t.deepEqual(logged, []);
  t.true(answers > 2000, `${answers} answers`);
  t.is((await ask(port, post(event()))).status, 200);
});
