import { createServer, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import type { PermittedEvent } from '../../src/core/permitted.ts';
import { Secret } from '../../src/core/secret.ts';
import { Sender, type SenderOptions } from '../../src/delivery/send.ts';
import {
  evenRandom,
  FakeTime,
  ok,
  permitted,
  portOf,
  realClock,
  recordingLog,
  replyOf,
  request,
  until,
  vendor,
} from './support.ts';

function sender(t: ExecutionContext, over: Partial<SenderOptions> = {}): Sender {
  const made = new Sender({
    destination: 'ga4',
    timeoutMs: 5000,
    connections: 4,
    allowPrivate: true,
    clock: realClock,
    random: evenRandom,
    log: recordingLog().log,
    ...over,
  });
  t.teardown(() => made.close());
  return made;
}

/** A server that speaks whatever the test wants; answers with its address. */
async function raw(t: ExecutionContext, talk: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    talk(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `127.0.0.1:${portOf(server.address())}`;
}

const one = [permitted('a')];

test('on the wire stand the headers that the request states, its auth, our name, and nothing else', async (t) => {
  const { url, taken } = await vendor(t, ok);
  const auth = {
    type: 'header',
    name: 'Authorization',
    prefix: 'Bearer ',
    secret: new Secret('token'),
  } as const;
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  await sender(t).send(request({ url: `${url}/collect?v=2`, headers, auth }), one);
  t.is(taken[0]?.url, '/collect?v=2');
  t.is(taken[0]?.body, '{"a":1}');
  t.deepEqual(taken[0]?.rawHeaders, [
    'host',
    new URL(url).host,
    'connection',
    'keep-alive',
    'user-agent',
    'sluis',
    'content-type',
    'application/json',
    'accept',
    'application/json',
    'authorization',
    'Bearer token',
    'content-length',
    '7',
  ]);
});

for (const name of ['cookie', 'host', 'X-Forwarded-For', 'transfer-encoding', 'Sec-GPC', 'accept-encoding'])
  test(`a request that states \`${name}\` is not sent`, async (t) => {
    const { url, taken } = await vendor(t, ok);
    const sent = await sender(t).send(request({ url, headers: { [name]: '1' } }), one);
    t.deepEqual(sent, { failure: { written: false, code: 'header_not_allowed' } });
    t.is(taken.length, 0);
  });

test('only genuine permitted events of this very destination are sent', async (t) => {
  const { url, taken } = await vendor(t, ok);
  const to = sender(t);
  const genuine = permitted('a');
  // What a careless caller might hand over in place of one; the types would have refused it.
  const copied = { data: genuine.data } as unknown as PermittedEvent;
  for (const events of [[], [copied], [genuine, copied], [permitted('a', { destination: 'hubspot' })]])
    t.deepEqual(await to.send(request({ url }), events), {
      failure: { written: false, code: 'not_permitted' },
    });
  t.is(taken.length, 0);
});

test('connections are kept and used again', async (t) => {
  const { url, connections } = await vendor(t, ok);
  const to = sender(t, { connections: 2 });
  for (let times = 0; times < 40; times += 1) await to.send(request({ url }), one);
  t.true(connections() <= 2);
});

test('a redirect is an answer, not an invitation', async (t) => {
  const { url, taken } = await vendor(t, (response) =>
    response.writeHead(307, { location: '/elsewhere' }).end(),
  );
  const sent = await sender(t).send(request({ url }), one);
  t.like(sent, { reply: { status: 307 } });
  t.is(taken.length, 1);
});

test('of the answer, few headers are kept', async (t) => {
  const { url } = await vendor(t, (response) =>
    response
      .writeHead(429, {
        'Retry-After': '7',
        'Content-Type': 'text/plain',
        'X-HubSpot-RateLimit-Remaining': '0',
        'x-rate-limit-reset': '1'.repeat(1000),
        'Set-Cookie': ['a=1', 'b=2'],
        'x-request-id': 'secret',
        server: 'x',
      })
      .end('slow down'),
  );
  const sent = await sender(t).send(request({ url }), one);
  const reply = replyOf(sent);
  t.is(reply.body, 'slow down');
  t.regex(reply.headers['date'] ?? '', /GMT$/);
  const { date: _, ...headers } = reply.headers;
  t.deepEqual(headers, {
    'retry-after': '7',
    'content-type': 'text/plain',
    'x-hubspot-ratelimit-remaining': '0',
    'x-rate-limit-reset': '1'.repeat(256),
  });
});

test('an answer without end is read to 64 KB and then cut off', async (t) => {
  const closed = Promise.withResolvers<void>();
  const piece = Buffer.alloc(1024 * 1024, 'x');
  const { url } = await vendor(t, (response, _, count) => {
    const more = (): void => {
      while (!response.destroyed && response.write(piece));
    };
    response.writeHead(200);
    if (count > 1) response.end();
    else {
      response.on('close', closed.resolve).on('drain', more);
      more();
    }
  });
  const to = sender(t);
  const reply = replyOf(await to.send(request({ url }), one));
  t.is(reply.body.length, 64 * 1024);
  await closed.promise;
  t.like(
    await to.send(request({ url }), one),
    { reply: { status: 200 } },
    'the next request has a connection',
  );
});

const FAILING: readonly (readonly [string, (socket: Socket) => void, string])[] = [
  ['closes without an answer', (socket) => socket.once('data', () => socket.end()), 'connection_lost'],
  [
    'resets without an answer',
    (socket) => socket.once('data', () => socket.resetAndDestroy()),
    'connection_lost',
  ],
  [
    'resets in the middle of its answer',
    (socket) =>
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf', () => socket.resetAndDestroy());
      }),
    'connection_lost',
  ],
  [
    'answers garbage',
    (socket) => socket.once('data', () => socket.end('\0\x01 what?\r\n\r\n')),
    'reply_garbled',
  ],
  [
    'answers with endless headers',
    (socket) =>
      socket.once('data', () =>
        socket.end(`HTTP/1.1 200 OK\r\n${`x: ${'y'.repeat(999)}\r\n`.repeat(40)}\r\n`),
      ),
    'reply_garbled',
  ],
];
for (const [name, talk, code] of FAILING)
  test(`the fate is open when the vendor ${name}`, async (t) => {
    const sent = await sender(t).send(request({ url: `http://${await raw(t, talk)}/` }), one);
    t.deepEqual(sent, { failure: { written: true, code } });
  });

const HANGING: readonly (readonly [string, string])[] = [
  ['never answers', ''],
  ['only ever hints at an answer', 'HTTP/1.1 103 Early Hints\r\n\r\n'],
  ['never ends its answer', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf'],
];
for (const [name, says] of HANGING)
  test(`the overall timeout holds when the vendor ${name}`, async (t) => {
    const time = new FakeTime();
    const asked = Promise.withResolvers<void>();
    const address = await raw(t, (socket) =>
      socket.once('data', () => socket.write(says, () => asked.resolve())),
    );
    const sending = sender(t, { after: time.after }).send(request({ url: `http://${address}/` }), one);
    await asked.promise;
    time.pass(5000);
    t.deepEqual(await sending, { failure: { written: true, code: 'timeout' } });
  });

test('nothing was written when nobody listens', async (t) => {
  const sent = await sender(t).send(request({ url: 'http://127.0.0.1:1/' }), one);
  t.deepEqual(sent, { failure: { written: false, code: 'connect_refused' } });
});

test('nothing was written when the name does not resolve', async (t) => {
  const error = Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
  const to = sender(t, { lookup: (_hostname, _options, callback) => callback(error, '', 0) });
  const sent = await to.send(request({ url: 'http://vendor.example/' }), one);
  t.deepEqual(sent, { failure: { written: false, code: 'dns_failed' } });
});

test('nothing was written when the name never resolves', async (t) => {
  const time = new FakeTime();
  const to = sender(t, { after: time.after, lookup: () => undefined });
  const sending = to.send(request({ url: 'http://vendor.example/' }), one);
  time.pass(5000);
  t.deepEqual(await sending, { failure: { written: false, code: 'connect_timeout' } });
});

test('a request that timed out while connecting is not sent when the connection is there', async (t) => {
  const time = new FakeTime();
  const { url, taken, connections } = await vendor(t, ok);
  const resolving = Promise.withResolvers<void>();
  const to = sender(t, {
    after: time.after,
    lookup: (_hostname, _options, callback) =>
      void resolving.promise.then(() => callback(null, [{ address: '127.0.0.1', family: 4 }])),
  });
  const address = `http://vendor.example:${new URL(url).port}/`;
  const sending = to.send(request({ url: address }), one);
  time.pass(5000);
  t.deepEqual(await sending, { failure: { written: false, code: 'connect_timeout' } });
  resolving.resolve();
  await until(() => connections() === 1);
  t.like(await to.send(request({ url: address, body: 'second' }), one), { reply: { status: 200 } });
  t.deepEqual(
    taken.map(({ body }) => body),
    ['second'],
  );
});

test('nothing was written when the handshake fails', async (t) => {
  const address = await raw(t, (socket) =>
    socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
  );
  const sent = await sender(t).send(request({ url: `https://${address}/` }), one);
  t.deepEqual(sent, { failure: { written: false, code: 'tls_failed' } });
});

test('what cannot be put on the wire is never sent', async (t) => {
  const { url, taken } = await vendor(t, ok);
  const to = sender(t);
  const code = async (over: Parameters<typeof request>[0]) => {
    const sent = await to.send(request({ url, ...over }), one);
    return 'failure' in sent && !sent.failure.written ? sent.failure.code : sent;
  };
  t.is(await code({ url: 'not an address' }), 'request_invalid');
  t.is(await code({ url: url.replace('//', '//user:pass@') }), 'request_invalid');
  t.is(await code({ url: 'ftp://vendor.example/' }), 'scheme_not_allowed');
  t.is(await code({ url: 'file:///etc/passwd' }), 'scheme_not_allowed');
  t.is(await code({ headers: { 'x-note': 'a\r\nx-evil: 1' } }), 'request_invalid');
  t.is(await code({ headers: { 'x note': '1' } }), 'request_invalid');
  const auth = { type: 'body', name: 'token', secret: new Secret('s') } as const;
  t.is(await code({ body: 'a=1', auth }), 'request_invalid');
  t.is(taken.length, 0);
});

test('an interruption ends what is under way, with its fate open', async (t) => {
  const { url, taken } = await vendor(t, () => undefined);
  const to = sender(t);
  const sending = to.send(request({ url }), one);
  while (taken.length === 0) await new Promise(setImmediate);
  to.interrupt();
  t.deepEqual(await sending, { failure: { written: true, code: 'stopped' } });
});

test('a log destination writes a line, a null destination nothing, and neither connects', async (t) => {
  const { log, lines } = recordingLog();
  const line = (body: string | null) => request({ url: 'log:', headers: {}, body });
  const logging = sender(t, { local: 'log', log });
  t.like(await logging.send(line('{"name":"purchase","count":2}'), one), { reply: { status: 200 } });
  t.deepEqual(lines, [{ level: 'info', code: 'event', fields: { name: 'purchase', count: 2 } }]);
  const refused = { failure: { written: false, code: 'request_invalid' } };
  for (const body of [null, 'text', '[1]', '{"a":{}}'])
    t.deepEqual(await logging.send(line(body), one), refused);
  t.like(await sender(t, { local: 'null', log }).send(line(null), one), { reply: { status: 200 } });
  t.is(lines.length, 1);
});
