// What Node's server sees before any handler does: slow, oversized and unreadable requests; and how listening ends.

import { connect } from 'node:net';
import test from 'ava';
import { createPublicServer } from '../../src/http/server.ts';
import { ask, event, open, post, raw, stage, start, until, withLimits } from './fixture.ts';

const problemIn = (reply: string): Record<string, unknown> =>
  JSON.parse(reply.slice(reply.indexOf('\r\n\r\n') + 4)) as Record<string, unknown>; // tests look closer

test('what is not HTTP is answered with a problem', async (t) => {
  const { ports } = stage();
  const port = await start(t, ports);
  for (const bytes of [
    'hello\r\n\r\n',
    'GET / HTTP/1.1\r\nbad header\r\n\r\n',
    'POST /v1/fake HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n',
    'POST /v1/fake HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n',
    'POST /v1/fake HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  ]) {
    const reply = await raw(port, bytes);
    t.regex(reply, /^HTTP\/1\.1 400 /, bytes);
    t.like(problemIn(reply), { status: 400, code: 'bad_request' }, bytes);
  }
});

test('HTTP/1.1 without a host, and a strange expectation', async (t) => {
  const { ports } = stage();
  const port = await start(t, ports);
  const noHost = await raw(port, 'GET /healthz HTTP/1.1\r\nconnection: close\r\n\r\n');
  t.regex(noHost, /^HTTP\/1\.1 400 /);
  t.is(problemIn(noHost)['code'], 'bad_request');
  const expecting = await raw(
    port,
    'GET /healthz HTTP/1.1\r\nhost: x\r\nexpect: miracles\r\nconnection: close\r\n\r\n',
  );
  t.regex(expecting, /^HTTP\/1\.1 417 /);
});

test('a target that no address can be read from is refused', async (t) => {
  const { ports, logged } = stage();
  const port = await start(t, ports);
  for (const target of [
    'http://[::1',
    'http://[::1/v1/nothing',
    'http://a b',
    'ftp://[',
    'javascript://[x',
    'x://%zz:y',
    '//[',
    '/\\[',
    '/#http://[',
  ]) {
    const reply = await raw(port, `GET ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    t.regex(reply, /^HTTP\/1\.1 40[04] /, target);
  }
  t.deepEqual(logged, []);
});

test('a header over the limit', async (t) => {
  const { ports } = stage({ snapshot: withLimits({ headerBytes: 2048 }) });
  const port = await start(t, ports);
  const reply = await raw(port, `GET /healthz HTTP/1.1\r\nhost: x\r\nx: ${'a'.repeat(4000)}\r\n\r\n`);
  t.regex(reply, /^HTTP\/1\.1 431 /);
  t.is(problemIn(reply)['code'], 'header_too_large');
  t.is((await ask(port, { path: '/healthz' })).status, 200);
});

test('a header or a body that never comes is given up', async (t) => {
  const { ports, accepted, logged } = stage({ snapshot: withLimits({ requestTimeoutMs: 150 }) });
  const port = await start(t, ports);
  const replies = await Promise.all([
    raw(port, 'POST /v1/fake HTTP/1.1\r\nhost: x\r\n'),
    raw(port, 'POST /v1/fake HTTP/1.1\r\nhost: x\r\ncontent-length: 50\r\n\r\n{"writeKey":'),
  ]);
  for (const reply of replies) {
    t.regex(reply, /^HTTP\/1\.1 408 /);
    t.is(problemIn(reply)['code'], 'body_timeout');
  }
  t.deepEqual([accepted, logged], [[], []]);
});

/** What came before the body, in lower case. */
const headOf = (reply: string): string => reply.slice(0, reply.indexOf('\r\n\r\n')).toLowerCase();

test('a body that never comes, or breaks off in its form, is refused so that the page can read it', async (t) => {
  const { ports } = stage({ snapshot: withLimits({ requestTimeoutMs: 150 }) });
  const port = await start(t, ports);
  const head = (origin: string, more: string): string =>
    `POST /v1/fake HTTP/1.1\r\nhost: x\r\norigin: ${origin}\r\n${more}\r\n\r\n`;
  const late = 'content-length: 50';
  const broken = 'transfer-encoding: chunked';
  for (const [bytes, status] of [
    [head('https://shop.example', late), 408],
    [`${head('https://shop.example', broken)}zz\r\n`, 400],
  ] as const) {
    const reply = headOf(await raw(port, bytes));
    t.regex(reply, new RegExp(`^http/1\\.1 ${status} `));
    t.regex(reply, /^access-control-allow-origin: https:\/\/shop\.example\r?$/m);
    t.regex(reply, /^access-control-allow-credentials: true\r?$/m);
    t.regex(reply, /^vary: origin\r?$/m);
  }
  const other = headOf(await raw(port, head('https://other.example', late)));
  t.regex(other, /^http\/1\.1 408 /);
  t.notRegex(other, /access-control-allow/);
});

test('what fails behind an answered request is not told to the page of that one', async (t) => {
  const { ports } = stage();
  const port = await start(t, ports);
  const socket = await open(port);
  let got = '';
  socket.on('data', (chunk: Buffer) => (got += chunk.toString()));
  socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\norigin: https://shop.example\r\n\r\n');
  await until(() => got.includes('"alive"'));
  const answered = got.length;
  socket.write('GARBAGE\r\n\r\n');
  await until(() => got.includes('bad_request'));
  t.notRegex(got.slice(answered), /access-control-allow-origin/i);
});

test('garbage behind a request in flight is not answered in its place', async (t) => {
  let release = (): void => {};
  const { ports } = stage({
    accept: (events) =>
      new Promise((resolve) => (release = () => resolve({ accepted: events.length, duplicates: 0 }))),
  });
  const port = await start(t, ports);
  const body = event();
  const socket = connect(port, '127.0.0.1');
  let got = '';
  let closed = false;
  socket.on('data', (chunk: Buffer) => (got += chunk.toString())).on('error', () => {});
  socket.on('close', () => (closed = true));
  socket.write(
    `POST /v1/fake HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}GARBAGE\r\n\r\n`,
  );
  await until(() => closed);
  t.is(got, '');
  release();
});

test('pipelined requests are answered in order', async (t) => {
  const { ports } = stage();
  const port = await start(t, ports);
  const one = 'GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n';
  const two = 'GET /nowhere HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n';
  const reply = await raw(port, one + two);
  t.deepEqual(reply.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 404']);
});

test('more connections than allowed are closed', async (t) => {
  const { ports } = stage({ snapshot: withLimits({ connections: 2 }) });
  const port = await start(t, ports);
  const held = [await open(port), await open(port)];
  t.teardown(() => held.forEach((socket) => socket.destroy()));
  t.is(await raw(port, 'GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n'), '');
});

test('closing waits for what is in flight and then ends its connection', async (t) => {
  let release = (): void => {};
  let entered = false;
  const { ports } = stage({
    accept: async (events) => {
      entered = true;
      await new Promise<void>((resolve) => (release = resolve));
      return { accepted: events.length, duplicates: 0 };
    },
  });
  const server = createPublicServer(ports);
  const { port } = await server.listen();
  t.is(server.address?.port, port);
  const idle = await open(port);
  t.teardown(() => idle.destroy());
  const reply = ask(port, { ...post(event()), headers: { connection: 'keep-alive' } });
  await until(() => entered);
  let ended = false;
  const closing = server.close(5000).then(() => (ended = true));
  await t.throwsAsync(ask(port, { path: '/healthz' }));
  t.false(ended);
  release();
  t.is((await reply).status, 200);
  await closing;
});

test('closing waits for an append whose client has left', async (t) => {
  let release = (): void => {};
  let entered = false;
  let kept = false;
  const { ports } = stage({
    accept: async (events) => {
      entered = true;
      await new Promise<void>((resolve) => (release = resolve));
      kept = true;
      return { accepted: events.length, duplicates: 0 };
    },
  });
  const server = createPublicServer(ports);
  const { port } = await server.listen();
  const socket = await open(port);
  const body = event();
  socket.write(`POST /v1/fake HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  await until(() => entered);
  socket.destroy();
  const closing = server.close(5000).then(() => t.true(kept));
  setImmediate(() => release());
  await closing;
});

test('a connection that was opened and never used does not hold up closing', async (t) => {
  const { ports } = stage();
  const server = createPublicServer(ports);
  const { port } = await server.listen();
  const unused = await open(port);
  let closed = false;
  unused.on('close', () => (closed = true));
  const started = performance.now();
  await server.close(20_000);
  t.true(performance.now() - started < 10_000);
  await until(() => closed);
});

test('closing does not wait longer than its deadline', async (t) => {
  const { ports } = stage({ accept: () => new Promise(() => {}) });
  const server = createPublicServer(ports);
  const { port } = await server.listen();
  const reply = t.throwsAsync(ask(port, post(event())));
  await open(port);
  const started = performance.now();
  await until(() => server.address !== null);
  await server.close(100);
  t.true(performance.now() - started < 2000);
  await reply;
});

test('a listener that never listened closes at once, and closing twice is closing once', async (t) => {
  const { ports } = stage();
  const server = createPublicServer(ports);
  t.is(server.address, null);
  await server.close(10);
  await server.close(10);
  t.pass();
});

test('an address in use is told', async (t) => {
  const { ports } = stage();
  const port = await start(t, ports);
  const config = ports.snapshot();
  const taken = { ...config, server: { ...config.server, listen: { host: '127.0.0.1', port } } };
  const second = createPublicServer({ ...ports, snapshot: () => taken });
  await t.throwsAsync(second.listen(), {
    code: 'address_unavailable',
    message: new RegExp(`:${port}. is taken`),
  });
});
