// Uploads of recordings at the listener: what is read of a request, who is refused and how, and which answers a recorder gets. It stops
// at `END` and at any 4xx, and sends again after a 5xx.

import { gzipSync } from 'node:zlib';
import type { ExecutionContext } from 'ava';
import test from 'ava';
import { GatewayError } from '../../src/core/errors.ts';
import type { UploadAnswer, UploadCall } from '../../src/core/recording.ts';
import { replay } from '../support/replay.ts';
import type { ReplayBody } from '../support/replay.ts';
import { site, snapshot } from '../support/snapshot.ts';
import { ask, event, open, post, stage, start, withLimits } from './fixture.ts';
import type { Ask, Reply, Stage } from './fixture.ts';

const PATH = '/clarity/collect';
const ORIGIN = { origin: 'https://shop.example' };

const upload = (body: ReplayBody | string | Uint8Array = {}, headers: Ask['headers'] = ORIGIN): Ask => ({
  method: 'POST',
  path: PATH,
  headers: { ...headers },
  body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
});

interface World extends Stage {
  readonly calls: UploadCall[];
  readonly send: (request: Ask) => Promise<Reply>;
}

const config = snapshot({ sites: [site({ tags: ['abcdefghij'], cookies: false })] });

async function world(
  t: ExecutionContext,
  over: Parameters<typeof stage>[0] & { take?: (call: UploadCall) => Promise<UploadAnswer> } = {},
): Promise<World> {
  const calls: UploadCall[] = [];
  const { take = async () => ({ status: 200, text: '' }), ...ports } = over;
  const made = stage({
    snapshot: () => config,
    recordings: {
      formats: [replay],
      take: (call) => {
        calls.push(call);
        return take(call);
      },
    },
    ...ports,
  });
  const port = await start(t, made.ports);
  return { ...made, calls, send: (request) => ask(port, request) };
}

test('an upload is read with all that its request tells, and the answer goes back as it is', async (t) => {
  const { send, calls, counted } = await world(t, { take: async () => ({ status: 200, text: 'UPGRADE' }) });
  const headers = {
    ...ORIGIN,
    'sec-gpc': '1',
    referer: 'https://shop.example/boots?x=1',
    'user-agent': 'Mozilla/5.0',
    cookie: 'cc_cookie=yes; _ga=GA1.2.1837402915.1763900001; _clck=lrr4fn%5E2; basket=7',
  };
  const reply = await send({ ...upload({}, headers), path: `${PATH}?v=12&gcs=G111` });
  t.is(reply.status, 200);
  t.is(reply.text, 'UPGRADE');
  t.is(reply.headers['content-type'], 'text/plain; charset=utf-8');
  t.is(reply.headers['cache-control'], 'no-store');
  t.is(reply.headers['access-control-allow-origin'], 'https://shop.example');
  t.is(reply.headers['access-control-allow-credentials'], 'true');
  const received = calls[0]?.received;
  t.like(received, {
    site: 'shop',
    format: 'clarity',
    packed: false,
    origin: 'https://shop.example',
    referer: 'https://shop.example/boots?x=1',
    userAgent: 'Mozilla/5.0',
    ip: '127.0.0.1',
  });
  t.deepEqual(
    { ...received?.consent, cookies: { ...received?.consent.cookies } },
    {
      consent: null,
      consentManagement: null,
      query: { gcs: 'G111' },
      secGpc: '1',
      cookies: { cc_cookie: ['yes'] },
      fromServer: false,
    },
  );
  // Searched for on every site; the recorder's own are not, and on a site without `cookies` none is used.
  t.deepEqual(received?.known, [['ga.client_id', '1837402915.1763900001']]);
  t.deepEqual(
    received?.ids.map(({ kind, source }) => [kind, source]),
    [
      ['user_id', 'protocol'],
      ['session_id', 'protocol'],
    ],
  );
  t.deepEqual(received?.otherIds, []);
  t.deepEqual(counted, ['received(shop,clarity) 1']);
});

test('on a site with `cookies` the visitor is known by them besides, as an event’s would be', async (t) => {
  const reading = snapshot({ sites: [site({ tags: ['abcdefghij'], cookies: true })] });
  const { send, calls } = await world(t, { snapshot: () => reading });
  const cookie = '_ga=GA1.2.1837402915.1763900001; _clck=other1%5E2';
  await send(upload({}, { ...ORIGIN, cookie }));
  const named = ({ system, kind, value }: { system: string; kind: string; value: string }) =>
    `${system}.${kind}=${value}`;
  t.deepEqual(calls[0]?.received.ids.map(named), [
    'clarity.user_id=lrr4fn',
    'clarity.session_id=2sfkfr',
    'ga.client_id=1837402915.1763900001',
  ]);
  t.deepEqual(calls[0]?.received.otherIds.map(named), ['clarity.user_id=other1']);
});

test('packed uploads are known by their first bytes, whatever the headers say', async (t) => {
  const { send, calls } = await world(t);
  t.is((await send(upload(gzipSync(JSON.stringify({ words: ['a'] }))))).status, 200);
  t.is((await send(upload({ words: ['a'] }))).status, 200);
  t.deepEqual(
    calls.map(({ received }) => [received.packed, Buffer.from(received.body).toString()]),
    [
      [true, '{"words":["a"]}'],
      [false, '{"words":["a"]}'],
    ],
  );
});

test('nothing that only resembles the path or one body is taken for it', async (t) => {
  const { send, calls } = await world(t);
  for (const path of [
    '//clarity/collect',
    '/clarity//collect',
    '/clarity%2Fcollect',
    '/%63larity/collect',
    '/Clarity/Collect',
    '/clarity/collect;v=1',
    '/clarity/./collect',
    '/x/../clarity/collect',
  ])
    t.is((await send({ ...upload(), path })).status, 404, path);
  const packed = gzipSync('{"words":["a"]}');
  for (const body of [gzipSync(packed), Buffer.concat([packed, packed])])
    t.deepEqual(told(await send(upload(body))), [200, 'END']);
  t.is(calls.length, 0);
});

const told = ({ status, text }: Reply) => [status, text];

test('with more ids in cookies than are searched for, the recording ends', async (t) => {
  const { send, calls, counted } = await world(t);
  const many = (count: number): string =>
    [
      ...Array.from({ length: count }, (_, i) => `_ga_A${i}=GS1.1.${1_763_900_000 + i}.1`),
      '_ga=GA1.2.1837402915.1763900001',
    ].join('; ');
  t.deepEqual(told(await send(upload({}, { ...ORIGIN, cookie: many(70) }))), [200, 'END']);
  t.is(counted.at(-1), 'rejected(shop,clarity,header_too_large) 1');
  t.is(calls.length, 0);
  await send(upload({}, { ...ORIGIN, cookie: many(20) }));
  t.true(calls[0]?.received.known.some(([name]) => name === 'ga.client_id'));
});

for (const [what, request, code] of [
  ['no JSON', upload('nonsense'), 'unreadable_body'],
  ['an empty body', upload(''), 'unreadable_body'],
  ['half of a packed body', upload(gzipSync('{"words":[]}').subarray(0, 15)), 'unreadable_body'],
  ['a body that is too large', upload(`"${'x'.repeat(200_000)}"`), 'body_too_large'],
  ['a body that unpacks to too much', upload(gzipSync('x'.repeat(200_000))), 'body_too_large'],
  [
    'an encoding that is not read',
    upload({}, { ...ORIGIN, 'content-encoding': 'br' }),
    'unsupported_encoding',
  ],
  ['a query that is not UTF-8', { ...upload(), path: `${PATH}?gdpr_consent=%ff` }, 'unreadable_query'],
] as const)
  test(`${what} ends the recording and is counted as ${code}`, async (t) => {
    const { send, calls, counted, logged } = await world(t);
    const reply = await send(request);
    t.deepEqual([reply.status, reply.text], [200, 'END']);
    t.is(reply.headers['access-control-allow-origin'], 'https://shop.example');
    t.is(calls.length, 0);
    const where = code === 'unreadable_query' ? 'shop' : '';
    t.is(counted.at(-1), `rejected(${where},clarity,${code}) 1`);
    t.deepEqual(logged, []);
  });

test('a project that nothing takes, and a fault of ours, end the recording, too', async (t) => {
  const errors = [
    new GatewayError('unknown_project', 'no destination takes recordings of this project'),
    new TypeError('canary-4711'),
  ];
  const { send, counted, logged } = await world(t, { take: () => Promise.reject(errors.shift()) });
  for (const code of ['unknown_project', 'internal']) {
    const reply = await send(upload());
    t.deepEqual([reply.status, reply.text], [200, 'END']);
    t.is(counted.at(-1), `rejected(shop,clarity,${code}) 1`);
  }
  t.deepEqual(
    logged.map(({ code, fields }) => [code, fields['error']]),
    [['internal', 'TypeError']],
  );
  t.false(JSON.stringify(logged).includes('canary'));
});

for (const [what, request, status, code] of [
  [
    'an origin that the site does not list',
    upload({}, { origin: 'https://evil.example' }),
    403,
    'origin_not_allowed',
  ],
  ['no site at all', upload({ project: 'zzz' }, {}), 401, 'unknown_site'],
] as const)
  test(`${what} is refused as everywhere`, async (t) => {
    const { send, calls, counted } = await world(t);
    const reply = await send(request);
    t.is(reply.status, status);
    t.is(reply.json()['code'], code);
    t.is(reply.headers['access-control-allow-origin'], undefined);
    t.is(calls.length, 0);
    t.deepEqual(counted, [`rejected(,clarity,${code}) 1`]);
  });

test('what may be sent again says so, and pages may read it', async (t) => {
  const busy = new GatewayError('vendor_unavailable', 'the vendor is away', { retryAfter: 7 });
  const { send, counted } = await world(t, { take: () => Promise.reject(busy) });
  const reply = await send(upload());
  t.is(reply.status, 503);
  t.is(reply.headers['retry-after'], '7');
  t.is(reply.headers['access-control-allow-origin'], 'https://shop.example');
  t.is(counted.at(-1), 'rejected(shop,clarity,vendor_unavailable) 1');
});

test('nothing is answered with nothing', async (t) => {
  const { send } = await world(t, { take: async () => ({ status: 204, text: '' }) });
  const reply = await send(upload());
  t.deepEqual([reply.status, reply.text], [204, '']);
  t.is(reply.headers['cache-control'], 'no-store');
});

test('only POST is taken; preflights are answered without a body', async (t) => {
  const { send } = await world(t);
  for (const method of ['GET', 'HEAD', 'PUT']) {
    const reply = await send({ method, path: PATH, headers: ORIGIN });
    t.is(reply.status, 405);
    t.is(reply.headers.allow, 'POST, OPTIONS');
  }
  const preflight = await send({
    method: 'OPTIONS',
    path: PATH,
    headers: { ...ORIGIN, 'access-control-request-method': 'POST' },
  });
  t.is(preflight.status, 204);
  t.is(preflight.headers['access-control-allow-methods'], 'POST, OPTIONS');
  t.is(preflight.headers['access-control-allow-origin'], 'https://shop.example');
  t.is((await send({ method: 'GET', path: '/clarity/collect/' })).status, 404);
});

test('uploads count for the rate of their client', async (t) => {
  const limited = withLimits({ ratePerSecond: 0.001, rateBurst: 1 })();
  const { send } = await world(t, { snapshot: () => ({ ...config, server: limited.server }) });
  t.is((await send(upload())).status, 200);
  const refused = await send(upload());
  t.is(refused.status, 429);
  t.truthy(refused.headers['retry-after']);
});

test('while the vendor is waited for, the body is not held any more', async (t) => {
  const answers: ((answer: UploadAnswer) => void)[] = [];
  const limits = withLimits({ bodyBytes: 2000 })();
  // 64 bodies of 2 KB may be held at once: 60 of 5 KB each are not.
  const { send, calls } = await world(t, {
    snapshot: () => ({ ...config, server: limits.server }),
    take: () => new Promise((resolve) => answers.push(resolve)),
  });
  const replies = [];
  for (let at = 1; at <= 60; at += 1) {
    replies.push(send(upload({ pageNumber: at, words: ['x'.repeat(5000)] })));
    while (calls.length < at) await new Promise((resolve) => setImmediate(resolve));
  }
  for (const answer of answers) answer({ status: 200, text: '' });
  for (const { status } of await Promise.all(replies)) t.is(status, 200);
});

test('uploads that are sent slowly leave events their room', async (t) => {
  const { server } = withLimits({ bodyBytes: 1000, ratePerSecond: 0 })();
  const made = stage({
    snapshot: () => ({ ...config, server }),
    recordings: { formats: [replay], take: async () => ({ status: 200, text: '' }) },
  });
  const port = await start(t, made.ports);
  const body = `"${'x'.repeat(63_800)}"`;
  const head = `POST ${PATH} HTTP/1.1\r\nhost: shop.example\r\ncontent-length: ${body.length}\r\n\r\n`;
  const slow = async (): Promise<void> => {
    const socket = await open(port);
    t.teardown(() => void socket.destroy());
    socket.write(head + body.slice(1));
  };
  // As many as there is room for.
  do await slow();
  while ((await ask(port, upload(body))).status !== 503);
  t.is((await ask(port, post(event({ events: ['x'.repeat(500)] })))).status, 200);
});
