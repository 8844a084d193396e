// The ingest path over real sockets: what is kept, what is refused and how, and what browsers may read of it.

import { gzipSync } from 'node:zlib';
import test from 'ava';
import { GatewayError } from '../../src/core/errors.ts';
import type { IntakeProtocol } from '../../src/core/plugin.ts';
import { createPublicServer } from '../../src/http/server.ts';
import { ask, event, open, post, raw, stage, start, until, withLimits } from './fixture.ts';

const SHOP = 'https://shop.example';

test('an event is kept and then acknowledged', async (t) => {
  const { ports, accepted, counted } = stage();
  const port = await start(t, ports);
  const reply = await ask(port, post(event()));
  t.is(reply.status, 200);
  t.deepEqual(reply.json(), { success: true, accepted: 1, rejected: [] });
  t.deepEqual(
    accepted.map(({ name, site }) => `${site}:${name}`),
    ['shop:purchase'],
  );
  t.deepEqual(counted, ['received(shop,fake) 1', 'acceptSeconds(fake)']);
});

test('the answer waits for the append', async (t) => {
  let release = (): void => {};
  const { ports } = stage({
    accept: (events) =>
      new Promise((resolve) => (release = () => resolve({ accepted: events.length, duplicates: 0 }))),
  });
  const port = await start(t, ports);
  let status = 0;
  const reply = ask(port, post(event())).then((answer) => (status = answer.status));
  await ask(port, { path: '/healthz' });
  t.is(status, 0);
  release();
  t.is(await reply, 200);
});

test('of a batch the good are kept and the bad are named', async (t) => {
  const { ports, accepted, counted } = stage();
  const port = await start(t, ports);
  const reply = await ask(port, post(event({ events: ['a', 'b'], bad: 1 })));
  t.is(reply.status, 200);
  t.like(reply.json(), { accepted: 2, rejected: [{ index: 0, code: 'invalid_event' }] });
  t.is(accepted.length, 2);
  t.deepEqual(counted.slice(0, 2), ['received(shop,fake) 3', 'rejected(shop,fake,invalid_event) 1']);
});

test('a batch of which nothing is good asks nothing of the store', async (t) => {
  const { ports } = stage({ accept: () => Promise.reject(new Error('not to be called')) });
  const port = await start(t, ports);
  const reply = await ask(port, post(event({ events: [], bad: 2 })));
  t.is(reply.status, 200);
  t.like(reply.json(), { accepted: 0 });
});

test('a GET carries an event in its query', async (t) => {
  const { ports, accepted, seen } = stage();
  const port = await start(t, ports);
  t.is((await ask(port, { path: '/v1/pixel?writeKey=shop-web&x=%20y' })).status, 200);
  t.is(accepted.length, 1);
  t.like(seen[0]?.request, { method: 'GET', path: '/v1/pixel', query: 'writeKey=shop-web&x=%20y' });
});

test('a HEAD is no event', async (t) => {
  const { ports, accepted } = stage();
  const port = await start(t, ports);
  t.is((await ask(port, { method: 'HEAD', path: '/v1/pixel?writeKey=shop-web' })).status, 204);
  t.is(accepted.length, 0);
});

test('documents are found by pattern, for GET and HEAD', async (t) => {
  const { ports } = stage();
  const port = await start(t, ports);
  const headers = { origin: SHOP };
  const reply = await ask(port, { path: '/v1/projects/shop-web/settings', headers });
  t.deepEqual(reply.json(), { site: 'shop' });
  t.is(reply.headers['access-control-allow-origin'], SHOP);
  const head = await ask(port, { method: 'HEAD', path: '/v1/projects/shop-web/settings' });
  t.is(head.status, 200);
  t.is(head.text, '');
  t.is((await ask(port, { path: '/v1/projects/nobody/settings' })).status, 401);
  t.is((await ask(port, { path: '/v1/projects//settings' })).status, 404);
});

test('a protocol sees headers but no cookies, and only the named cookies apart', async (t) => {
  const { ports, seen } = stage();
  const port = await start(t, ports);
  const cookie = 'session=secret; _ga=GA1.1.1.2; cc_cookie=x';
  await ask(port, post(event(), { cookie, 'x-test': 'yes', 'user-agent': 'Test/1' }));
  const [entry] = seen;
  t.is(entry?.request.headers['x-test'], 'yes');
  t.is(entry?.request.headers['user-agent'], 'Test/1');
  t.false(JSON.stringify(entry).includes('secret'));
  t.deepEqual({ ...entry?.context?.idCookies }, { _ga: ['GA1.1.1.2'] });
  t.deepEqual({ ...entry?.context?.consentCookies }, { cc_cookie: ['x'] });
  t.is(entry?.request.ip, '127.0.0.1');
});

test('id cookies are not read for a site that does not ask for it, consent cookies are', async (t) => {
  const { ports, seen } = stage();
  const config = ports.snapshot();
  const sites = config.sites.map((site) => ({ ...site, cookies: false }));
  const port = await start(t, { ...ports, snapshot: () => ({ ...config, sites }) });
  await ask(port, post(event(), { cookie: '_ga=GA1.1.1.2; cc_cookie=x' }));
  t.deepEqual({ ...seen[0]?.context?.idCookies }, {});
  t.deepEqual({ ...seen[0]?.context?.consentCookies }, { cc_cookie: ['x'] });
});

test('a server key makes the request a server', async (t) => {
  const { ports, seen } = stage();
  const port = await start(t, ports);
  await ask(port, post(event({ writeKey: 'shop-server-key' })));
  await ask(port, post(event()));
  t.deepEqual(
    seen.map(({ context }) => context?.fromServer),
    [true, false],
  );
});

for (const [is, headers] of [
  ['announced', { 'content-encoding': 'gzip' }],
  ['recognised by its first bytes', {}],
  ['announced by its old name', { 'content-encoding': 'X-GZIP' }],
] as const)
  test(`gzip is unpacked: ${is}`, async (t) => {
    const { ports, accepted } = stage();
    const port = await start(t, ports);
    t.is((await ask(port, post(gzipSync(event()), headers))).status, 200);
    t.is(accepted.length, 1);
  });

for (const encoding of ['br', 'deflate', 'zstd', 'gzip, gzip', 'compress'])
  test(`${encoding} is refused`, async (t) => {
    const { ports } = stage();
    const reply = await ask(await start(t, ports), post(event(), { 'content-encoding': encoding }));
    t.is(reply.status, 415);
    t.is(reply.json()['code'], 'unsupported_encoding');
  });

for (const [is, body] of [
  ['cut off', gzipSync(event()).subarray(0, 20)],
  ['not gzip at all', Buffer.from(event())],
  ['two bytes', Buffer.from([0x1f, 0x8b])],
] as const)
  test(`gzip that is ${is} is unreadable`, async (t) => {
    const { ports } = stage();
    const reply = await ask(await start(t, ports), post(body, { 'content-encoding': 'gzip' }));
    t.is(reply.status, 400);
    t.is(reply.json()['code'], 'unreadable_body');
  });

test('a body over the limit is refused, announced or not, packed or not', async (t) => {
  const { ports, accepted, counted } = stage({ snapshot: withLimits({ bodyBytes: 1000 }) });
  const port = await start(t, ports);
  const large = event({ events: ['x'.repeat(2000)] });
  const bomb = gzipSync(Buffer.alloc(50_000_000, 0x20));
  t.true(bomb.length > 1000);
  const small = gzipSync(Buffer.alloc(500_000, 0x20));
  t.true(small.length < 1000);
  for (const body of [large, bomb, small]) {
    const reply = await ask(port, post(body));
    t.is(reply.status, 413);
    t.is(reply.json()['code'], 'body_too_large');
  }
  const chunked = await ask(port, post(large, { 'transfer-encoding': 'chunked' }));
  t.is(chunked.status, 413);
  t.is(accepted.length, 0);
  t.deepEqual(
    counted,
    Array.from({ length: 4 }, () => 'rejected(,fake,body_too_large) 1'),
  );
  t.is((await ask(port, post(event()))).status, 200);
});

test('many bombs at once are refused one by one, and good bodies in between are taken', async (t) => {
  const { ports, accepted } = stage({ snapshot: withLimits({ bodyBytes: 100_000 }) });
  const port = await start(t, ports);
  const bomb = gzipSync(Buffer.alloc(5_000_000));
  const bodies = Array.from({ length: 60 }, (_, index) => (index % 6 === 0 ? gzipSync(event()) : bomb));
  const replies = await Promise.all(bodies.map((body) => ask(port, post(body))));
  t.deepEqual(
    replies.map(({ status }) => status),
    bodies.map((body) => (body === bomb ? 413 : 200)),
  );
  t.is(accepted.length, 10);
});

test('an event that is kept is not counted as rejected when its answer fails', async (t) => {
  const { ports, counted } = stage();
  const [fake] = ports.protocols;
  const broken = {
    ...fake,
    answer: () => {
      throw new TypeError('broken');
    },
  } as IntakeProtocol; // the fake is there
  const reply = await ask(await start(t, { ...ports, protocols: [broken] }), post(event()));
  t.is(reply.status, 500);
  t.deepEqual(counted, ['received(shop,fake) 1', 'acceptSeconds(fake)']);
});

test('an oversized body is refused before it is sent if the client asks first', async (t) => {
  const { ports } = stage({ snapshot: withLimits({ bodyBytes: 1000 }) });
  const port = await start(t, ports);
  const head = 'POST /v1/fake HTTP/1.1\r\nhost: x\r\nconnection: close\r\nexpect: 100-continue\r\n';
  const refused = await raw(port, `${head}content-length: 5000\r\n\r\n`);
  t.regex(refused, /^HTTP\/1\.1 413 /);
  const body = event();
  const taken = await raw(port, `${head}content-length: ${body.length}\r\n\r\n${body}`);
  t.regex(taken, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
});

test('bodies of all requests together are bounded', async (t) => {
  const { ports } = stage({ snapshot: withLimits({ bodyBytes: 1000 }) });
  const port = await start(t, ports);
  const head = 'POST /v1/fake HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n';
  const sockets = await Promise.all(Array.from({ length: 70 }, () => open(port)));
  t.teardown(() => sockets.forEach((socket) => socket.destroy()));
  let refused = 0;
  for (const socket of sockets) {
    socket.on('data', (chunk: Buffer) => (refused += chunk.toString().startsWith('HTTP/1.1 503 ') ? 1 : 0));
    socket.write(head + ' '.repeat(990));
  }
  await until(() => refused > 0);
  for (const socket of sockets) socket.destroy();
  const after = async (): Promise<number> => (await ask(port, post(event()))).status;
  let status = 0;
  for (let tries = 0; tries < 50 && status !== 200; tries++) status = await after();
  t.is(status, 200);
});

test('a client that leaves in the middle of its body leaves nothing behind', async (t) => {
  const { ports, accepted, logged, counted } = stage();
  const port = await start(t, ports);
  const socket = await open(port);
  socket.write('POST /v1/fake HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"writeKey"');
  await ask(port, { path: '/healthz' });
  socket.destroy();
  await ask(port, { path: '/healthz' });
  t.deepEqual([accepted, logged, counted], [[], [], []]);
});

test('a completely read event is kept although its client has left', async (t) => {
  let release = (): void => {};
  let entered = false;
  let kept = 0;
  const { ports } = stage({
    accept: async (events) => {
      entered = true;
      await new Promise<void>((resolve) => (release = resolve));
      kept += events.length;
      return { accepted: events.length, duplicates: 0 };
    },
  });
  const port = await start(t, ports);
  const socket = await open(port);
  const body = event();
  socket.write(`POST /v1/fake HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  await until(() => entered);
  socket.destroy();
  await ask(port, { path: '/healthz' });
  release();
  await until(() => kept === 1);
  t.is((await ask(port, { path: '/healthz' })).status, 200);
});

for (const [code, status] of [
  ['store_full', 503],
  ['store_unavailable', 503],
  ['rate_limited', 429],
] as const)
  test(`${code} fails the whole request with ${status} and a time to wait`, async (t) => {
    const { ports, counted } = stage({
      accept: () => Promise.reject(new GatewayError(code, 'later', { retryAfter: 7.2 })),
    });
    const reply = await ask(await start(t, ports), post(event({ events: ['a', 'b'] }), { origin: SHOP }));
    t.is(reply.status, status);
    t.is(reply.headers['retry-after'], '8');
    t.is(reply.headers['access-control-allow-origin'], SHOP);
    t.regex(reply.headers['access-control-expose-headers'] ?? '', /Retry-After/);
    t.deepEqual(counted, ['received(shop,fake) 2', `rejected(shop,fake,${code}) 2`]);
  });

test('an error that is not ours shows and logs neither its message nor what was received', async (t) => {
  const { ports, logged } = stage({
    accept: () => Promise.reject(new TypeError('person@shop.example broke it')),
  });
  const reply = await ask(await start(t, ports), post(event()));
  t.is(reply.status, 500);
  t.like(reply.json(), { code: 'internal', status: 500 });
  t.false(reply.text.includes('person'));
  t.is(logged.length, 1);
  t.like(logged[0], { level: 'error', code: 'internal', fields: { error: 'TypeError' } });
  t.true(reply.text.includes(String(logged[0]?.fields['id'])));
  t.false(JSON.stringify(logged).includes('person'));
});

test('a refusal is a problem document with a stable code', async (t) => {
  const { ports } = stage();
  const reply = await ask(await start(t, ports), post(event({ writeKey: 'nobody' })));
  t.is(reply.status, 401);
  t.is(reply.headers['content-type'], 'application/problem+json');
  t.is(reply.headers['cache-control'], 'no-store');
  t.deepEqual(reply.json(), {
    type: 'urn:sluis:error:unknown_site',
    title: 'no site of this gateway has this key, tag or origin, or they disagree',
    status: 401,
    detail: 'the key belongs to no site',
    code: 'unknown_site',
  });
});

test('a foreign origin is refused and gets no CORS header', async (t) => {
  const { ports, accepted } = stage();
  const reply = await ask(await start(t, ports), post(event(), { origin: 'https://evil.example' }));
  t.is(reply.status, 403);
  t.is(reply.json()['code'], 'origin_not_allowed');
  t.is(reply.headers['access-control-allow-origin'], undefined);
  t.is(reply.headers.vary, 'Origin');
  t.is(accepted.length, 0);
});

test('an unreadable body of a listed origin is refused readably', async (t) => {
  const { ports, counted } = stage();
  const reply = await ask(await start(t, ports), post('{', { origin: SHOP }));
  t.is(reply.status, 400);
  t.is(reply.headers['access-control-allow-origin'], SHOP);
  t.is(reply.headers['access-control-allow-credentials'], 'true');
  t.deepEqual(counted, ['rejected(,fake,unreadable_body) 1']);
});

test('a preflight is answered on every intake path without a key', async (t) => {
  const { ports } = stage();
  const port = await start(t, ports);
  const headers = {
    origin: SHOP,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,content-type,rsa-retry-attempt, b@d ,x-retry-count',
  };
  for (const path of ['/v1/fake', '/v1/pixel', '/v1/projects/whoever/settings']) {
    const reply = await ask(port, { method: 'OPTIONS', path, headers });
    t.is(reply.status, 204);
    t.is(reply.headers['access-control-allow-origin'], SHOP);
    t.is(reply.headers['access-control-allow-credentials'], 'true');
    t.is(
      reply.headers['access-control-allow-headers'],
      'authorization, content-type, rsa-retry-attempt, x-retry-count',
    );
    t.regex(reply.headers['access-control-allow-methods'] ?? '', path === '/v1/fake' ? /POST/ : /GET/);
    t.is(reply.headers['access-control-max-age'], '7200');
    t.regex(reply.headers.vary ?? '', /Origin/);
  }
});

test('a preflight of an origin that no site lists gets no permission', async (t) => {
  const { ports } = stage();
  const headers = { origin: 'https://evil.example', 'access-control-request-method': 'POST' };
  const reply = await ask(await start(t, ports), { method: 'OPTIONS', path: '/v1/fake', headers });
  t.is(reply.status, 204);
  t.is(reply.headers['access-control-allow-origin'], undefined);
  t.is(reply.headers['access-control-allow-methods'], undefined);
  t.regex(reply.headers.vary ?? '', /Origin/);
});

test('other methods and paths are refused with what would work', async (t) => {
  const { ports } = stage();
  const port = await start(t, ports);
  for (const [method, path, status, allow] of [
    ['GET', '/v1/fake', 405, 'POST, OPTIONS'],
    ['HEAD', '/v1/fake', 405, 'POST, OPTIONS'],
    ['DELETE', '/v1/fake', 405, 'POST, OPTIONS'],
    ['POST', '/v1/pixel', 405, 'GET, HEAD, OPTIONS'],
    ['POST', '/healthz', 405, 'HEAD, GET, OPTIONS'],
    ['PROPFIND', '/v1/consent', 405, undefined],
    ['GET', '/v1/fake/', 404, undefined],
    ['GET', '/V1/FAKE', 404, undefined],
    ['GET', '/', 404, undefined],
    ['OPTIONS', '/nowhere', 404, undefined],
  ] as const) {
    const reply = await ask(port, { method, path });
    t.is(reply.status, status, `${method} ${path}`);
    if (allow !== undefined) t.is(reply.headers.allow, allow, `${method} ${path}`);
    if (method !== 'HEAD') t.is(reply.headers['content-type'], 'application/problem+json');
  }
  t.is((await ask(port, { method: 'OPTIONS', path: '/healthz' })).status, 204);
  t.is((await ask(port, { method: 'OPTIONS', path: '*' })).status, 204);
});

test('a client over its rate is told to wait, health checks are not', async (t) => {
  const { ports, accepted } = stage({ snapshot: withLimits({ ratePerSecond: 0.001, rateBurst: 2 }) });
  const port = await start(t, ports);
  const statuses = [];
  for (let index = 0; index < 3; index++) statuses.push((await ask(port, post(event()))).status);
  t.deepEqual(statuses, [200, 200, 429]);
  t.is(accepted.length, 2);
  t.is((await ask(port, { path: '/v1/consent' })).status, 429);
  t.is((await ask(port, { path: '/healthz' })).status, 200);
});

test('a reloaded config holds from the next request on', async (t) => {
  const { ports } = stage();
  const old = ports.snapshot();
  let config = old;
  const port = await start(t, { ...ports, snapshot: () => config });
  t.is((await ask(port, post(event({ writeKey: 'new-key' })))).status, 401);
  config = { ...old, sites: old.sites.map((site) => ({ ...site, writeKey: 'new-key' })) };
  t.is((await ask(port, post(event({ writeKey: 'new-key' })))).status, 200);
  t.is((await ask(port, post(event()))).status, 401);
});

test('repeated headers never pass for one', async (t) => {
  const { ports, seen } = stage();
  const port = await start(t, ports);
  const body = '{}';
  const reply = await raw(
    port,
    `POST /v1/fake HTTP/1.1\r\nhost: x\r\norigin: ${SHOP}\r\norigin: https://evil.example\r\nx-a: 1\r\nx-a: 2\r\nconnection: close\r\ncontent-length: 2\r\n\r\n${body}`,
  );
  t.regex(reply, /^HTTP\/1\.1 401 /);
  t.is(seen[0]?.request.headers['x-a'], '1, 2');
});

test('HTTP/1.0 without a host and targets in absolute form are taken', async (t) => {
  const { ports, accepted } = stage();
  const port = await start(t, ports);
  const body = event();
  const old = await raw(port, `POST /v1/fake HTTP/1.0\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  t.regex(old, /^HTTP\/1\.1 200 /);
  const absolute = await raw(
    port,
    `POST http://collect.example/v1/fake?a HTTP/1.1\r\nhost: collect.example\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  t.regex(absolute, /^HTTP\/1\.1 200 /);
  t.is(accepted.length, 2);
});

test('two protocols cannot claim one path', (t) => {
  const { ports } = stage();
  t.throws(() => createPublicServer({ ...ports, protocols: [...ports.protocols, ...ports.protocols] }), {
    message: /claim `POST \/v1\/fake`/,
  });
});

test('a page of a site may read what is served nowhere and by no such method, as any error', async (t) => {
  const port = await start(t, stage().ports);
  for (const [method, path, status] of [
    ['GET', '/nowhere', 404],
    ['POST', '/v1/consent', 405],
  ] as const) {
    const reply = await ask(port, { method, path, headers: { origin: SHOP } });
    t.is(reply.status, status);
    t.is(reply.headers['access-control-allow-origin'], SHOP);
    t.is((await ask(port, { method, path })).headers['access-control-allow-origin'], undefined);
  }
});
