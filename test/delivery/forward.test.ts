// Passing recordings on while somebody waits: what reaches the vendor, what comes back, and that a vendor in trouble costs others
// nothing.

import { gunzipSync } from 'node:zlib';
import { createServer } from 'node:http';
import test, { type ExecutionContext } from 'ava';
import type { Destination, Snapshot } from '../../src/core/config.ts';
import type { DestinationType } from '../../src/core/plugin.ts';
import type { Forwarded, ForwardRequest } from '../../src/core/ports.ts';
import { all, byStatus } from '../../src/destinations/answer.ts';
import { Forwarding, type ForwardPorts } from '../../src/delivery/forward.ts';
import { destination, snapshot } from '../support/snapshot.ts';
import {
  type Answering,
  echoType,
  evenRandom,
  FakeTime,
  portOf,
  realClock,
  recordingLog,
  until,
  vendor,
} from './support.ts';

const HOUR = 3_600_000;
const SECOND = 1000;

const TYPE: DestinationType = echoType({
  recording: {
    formats: ['fake'],
    project: () => null,
    rules: () => ({ text: 'strict', tags: [], events: [] }),
    request: () => ({ address: '', headers: {} }),
  },
  read: (reply, request) => all(request, byStatus(reply)),
});

const configured = (over: Partial<Destination>, allowPrivate = true): Snapshot => {
  const base = snapshot();
  return {
    ...base,
    server: { ...base.server, allowPrivateEndpoints: allowPrivate },
    destinations: [destination({ name: 'clarity', type: 'recorder', timeoutMs: HOUR, ...over })],
  };
};

interface Setting extends Partial<ForwardPorts> {
  readonly over?: Partial<Destination>;
  readonly allowPrivate?: boolean;
  readonly time?: FakeTime;
}

function forwarding(t: ExecutionContext, { over = {}, allowPrivate, time, ...ports }: Setting = {}) {
  const current = { snapshot: configured(over, allowPrivate) };
  const { log, lines } = recordingLog();
  const seconds: number[] = [];
  const forward = new Forwarding({
    snapshot: () => current.snapshot,
    typeOf: (name) => (name === 'recorder' ? TYPE : undefined),
    clock: time ?? realClock,
    random: evenRandom,
    log,
    metrics: { deliverySeconds: (_name, each) => void seconds.push(each) },
    among: 1,
    ...(time === undefined ? {} : { after: time.after }),
    ...ports,
  });
  t.teardown(() => forward.close());
  const send = (url: string, request: Partial<ForwardRequest> = {}): Promise<Forwarded> =>
    forward.send({
      destination: destination({ name: 'clarity' }),
      address: `${url}/collect`,
      headers: { 'content-type': 'text/plain;charset=UTF-8' },
      body: '{"e":[]}',
      packed: false,
      ...request,
    });
  return { forward, send, current, lines, seconds };
}

/** Answers when the test says so. */
function holding() {
  const waiting: (() => void)[] = [];
  const answer: Answering = (response) => void waiting.push(() => response.writeHead(200).end('UPGRADE'));
  const release = (): void => waiting.splice(0).forEach((each) => each());
  return { answer, release, waiting };
}

const status =
  (code: number, text = '', headers: Record<string, string> = {}): Answering =>
  (response) =>
    response.writeHead(code, headers).end(text);

const ANSWERED: Forwarded = { kind: 'answered', status: 200, text: 'UPGRADE' };

test('on the wire stand the headers that are stated, our name, and nothing else', async (t) => {
  const { url, taken } = await vendor(t, status(200));
  const { send, seconds } = forwarding(t);
  t.deepEqual(
    await send(url, { headers: { 'content-type': 'text/plain', origin: 'https://shop.example' } }),
    {
      kind: 'answered',
      status: 200,
      text: '',
    },
  );
  t.is(taken[0]?.method, 'POST');
  t.is(taken[0]?.url, '/collect');
  t.is(taken[0]?.body, '{"e":[]}');
  const names = taken[0]?.rawHeaders.filter((_, index) => index % 2 === 0);
  t.deepEqual(names, ['host', 'connection', 'user-agent', 'content-type', 'origin', 'content-length']);
  t.is(taken[0]?.headers['user-agent'], 'sluis');
  t.is(seconds.length, 1);
});

test('a packed upload goes packed, without a header that says so, as the recorder sends it', async (t) => {
  const bodies: Buffer[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      bodies.push(Buffer.concat(parts));
      response.end();
    });
    t.is(request.headers['content-encoding'], undefined);
    t.is(request.headers.accept, 'application/x-clarity-gzip');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close().closeAllConnections());
  const { send } = forwarding(t);
  const body = `{"e":["${'é'.repeat(5000)}"]}`;
  const headers = { accept: 'application/x-clarity-gzip' };
  await send(`http://127.0.0.1:${portOf(server.address())}`, { body, headers, packed: true });
  t.is(gunzipSync(bodies[0] ?? '').toString(), body);
});

for (const name of [
  'cookie',
  'referer',
  'X-Forwarded-Host',
  'sec-ch-ua',
  'content-encoding',
  'authorization',
])
  test(`an upload that states \`${name}\` is not sent, and the recorder is told to stop`, async (t) => {
    const { url, taken } = await vendor(t, status(200));
    const { send } = forwarding(t);
    t.deepEqual(await send(url, { headers: { [name]: '1' } }), { kind: 'ended' });
    t.is(taken.length, 0);
  });

test('what can never be sent ends the recording', async (t) => {
  const { url, taken } = await vendor(t, status(200));
  t.deepEqual(await forwarding(t, { allowPrivate: false }).send(url), { kind: 'ended' });
  const { send } = forwarding(t);
  for (const address of ['nowhere', 'ftp://vendor.example', url.replace('//', '//user:pass@')])
    t.deepEqual(await send(address), { kind: 'ended' }, address);
  t.is(taken.length, 0);
});

test('a redirect is not followed', async (t) => {
  const { url, taken } = await vendor(t, status(307, '', { location: '/elsewhere' }));
  t.deepEqual(await forwarding(t).send(url), { kind: 'ended' });
  t.is(taken.length, 1);
});

const ANSWERS: readonly (readonly [Answering, Forwarded])[] = [
  [status(200, 'EXTRACT 1|#x {"1":"#x"}\nEND'), { kind: 'answered', status: 200, text: 'END' }],
  [status(201, 'END'), { kind: 'answered', status: 201, text: '' }],
  [status(204), { kind: 'answered', status: 204, text: '' }],
  [status(400, 'END of anna@shop.example'), { kind: 'answered', status: 400, text: '' }],
  [status(403), { kind: 'answered', status: 403, text: '' }],
  [status(429, '', { 'retry-after': '7' }), { kind: 'answered', status: 429, text: '' }],
  [status(408), { kind: 'unavailable', retryAfterS: 1 }],
  [status(500, 'END'), { kind: 'unavailable', retryAfterS: 1 }],
  [status(503, '', { 'retry-after': '7' }), { kind: 'unavailable', retryAfterS: 7 }],
  [(response) => void response.socket?.destroy(), { kind: 'unavailable', retryAfterS: 1 }],
];

test('of an answer its status goes back, and of a 200 two words', async (t) => {
  for (const [answer, expected] of ANSWERS) {
    const { url } = await vendor(t, answer);
    t.deepEqual(await forwarding(t).send(url), expected);
  }
});

test('an answer without end is read to 64 KB', async (t) => {
  const { url } = await vendor(t, (response) => {
    response.writeHead(200).write(`END\n${'x'.repeat(200_000)}`);
  });
  t.deepEqual(await forwarding(t).send(url), { kind: 'answered', status: 200, text: 'END' });
});

test('as many as the route allows are under way, the others wait in order', async (t) => {
  const { answer, release, waiting } = holding();
  const { url, taken } = await vendor(t, answer);
  const { send } = forwarding(t, { over: { concurrency: 2 } });
  const sent = ['a', 'b', 'c', 'd'].map((body) => send(url, { body }));
  await until(() => waiting.length === 2);
  release();
  await until(() => waiting.length === 2);
  release();
  t.deepEqual(await Promise.all(sent), [ANSWERED, ANSWERED, ANSWERED, ANSWERED]);
  const bodies = taken.map(({ body }) => body);
  t.deepEqual(
    [bodies.slice(0, 2).sort(), bodies.slice(2).sort()],
    [
      ['a', 'b'],
      ['c', 'd'],
    ],
  );
});

test('threads share what the route allows', async (t) => {
  const time = new FakeTime();
  const { answer, release, waiting } = holding();
  const { url } = await vendor(t, answer);
  const { send } = forwarding(t, { time, over: { concurrency: 2 }, among: 2 });
  const [first, second] = [send(url), send(url)];
  await until(() => waiting.length === 1);
  time.pass(4 * SECOND);
  t.is((await second).kind, 'unavailable', 'its turn did not come');
  release();
  t.deepEqual(await first, ANSWERED);
});

test('more than may wait is refused at once, by number and by size', async (t) => {
  const { answer, release, waiting } = holding();
  const { url, taken } = await vendor(t, answer);
  const { send } = forwarding(t, { over: { concurrency: 1 }, among: 100 });
  const few = Array.from({ length: 12 }, () => send(url));
  t.deepEqual(await few[11], { kind: 'unavailable', retryAfterS: 1 });
  const large = 'x'.repeat(300_000); // 600 KB, of 64 MB shared by a hundred
  const { send: other } = forwarding(t, { over: { concurrency: 1 }, among: 100 });
  const first = other(url, { body: large.repeat(3) });
  t.deepEqual(await other(url, { body: large }), { kind: 'unavailable', retryAfterS: 1 });
  const rest = Promise.all([first, ...few.slice(0, 11)]);
  let ended = false;
  void rest.then(() => (ended = true));
  await until(() => {
    if (waiting.length > 0) release();
    return ended;
  });
  t.deepEqual(new Set((await rest).map(({ kind }) => kind)), new Set(['answered']));
  t.is(taken.length, 12);
  t.deepEqual(
    await Promise.race([other(url, { body: large }), until(() => waiting.length === 1)]),
    undefined,
  );
});

test('what does not get its turn within 4 s is answered, and never sent', async (t) => {
  const time = new FakeTime();
  const { answer, release, waiting } = holding();
  const { url, taken } = await vendor(t, answer);
  const { send } = forwarding(t, { time, over: { concurrency: 1 } });
  const [first, second] = [send(url, { body: 'first' }), send(url, { body: 'second' })];
  await until(() => waiting.length === 1);
  time.pass(4 * SECOND);
  t.deepEqual(await second, { kind: 'unavailable', retryAfterS: 1 });
  release();
  t.deepEqual(await first, ANSWERED);
  t.deepEqual(
    taken.map(({ body }) => body),
    ['first'],
  );
});

test('nobody waits for longer than the recorder does, whatever the route says', async (t) => {
  const time = new FakeTime();
  const { answer, waiting } = holding();
  const { url } = await vendor(t, answer);
  const { send } = forwarding(t, { time });
  const sending = send(url);
  await until(() => waiting.length === 1);
  time.pass(12 * SECOND);
  t.deepEqual(await sending, { kind: 'unavailable', retryAfterS: 1 });
});

test('a shorter timeout of the route holds', async (t) => {
  const time = new FakeTime();
  const { answer, waiting } = holding();
  const { url } = await vendor(t, answer);
  const { send } = forwarding(t, { time, over: { timeoutMs: 2 * SECOND } });
  const sending = send(url);
  await until(() => waiting.length === 1);
  time.pass(2 * SECOND);
  t.deepEqual(await sending, { kind: 'unavailable', retryAfterS: 1 });
});

test('the rate of the route holds, shared by threads, and who waits for it goes when it allows', async (t) => {
  const time = new FakeTime();
  const { url, taken } = await vendor(t, status(200, 'UPGRADE'));
  const { send } = forwarding(t, { time, over: { rate: 0.4 }, among: 2 });
  const [first, second] = [send(url), send(url)];
  t.deepEqual(await first, ANSWERED);
  time.pass(4 * SECOND);
  t.is((await second).kind, 'unavailable');
  const third = send(url);
  time.pass(SECOND);
  t.deepEqual(await third, ANSWERED);
  t.is(taken.length, 2);
});

test('a probe that cannot be sent leaves the vendor to the next', async (t) => {
  const time = new FakeTime();
  const { url, taken } = await vendor(t, status(500));
  const { send } = forwarding(t, { time });
  for (let times = 0; times < 5; times += 1) await send(url);
  time.pass(SECOND);
  t.deepEqual(await send(url, { headers: { cookie: 'a=b' } }), { kind: 'ended' });
  t.is((await send(url)).kind, 'unavailable');
  t.is(taken.length, 6);
});

test('a vendor that fails is left alone, asked by one, and taken back when it answers', async (t) => {
  const time = new FakeTime();
  const vendorState = { status: 500 };
  const { url, taken } = await vendor(t, (response) => response.writeHead(vendorState.status).end('UPGRADE'));
  const { send, lines } = forwarding(t, { time });
  for (let times = 0; times < 5; times += 1) t.is((await send(url)).kind, 'unavailable');
  t.deepEqual(await send(url), { kind: 'unavailable', retryAfterS: 1 }, 'at once');
  t.is(taken.length, 5);
  time.pass(SECOND);
  const [probe, other] = [send(url), send(url)];
  t.deepEqual([(await probe).kind, (await other).kind], ['unavailable', 'unavailable']);
  t.is(taken.length, 6, 'one found out');
  vendorState.status = 200;
  time.pass(2 * SECOND);
  t.deepEqual(await send(url), ANSWERED);
  t.deepEqual(await Promise.all([send(url), send(url)]), [ANSWERED, ANSWERED]);
  const codes = lines.map(({ code }) => code).filter((code) => code.startsWith('destination'));
  t.deepEqual(
    codes,
    ['destination_paused', 'destination_paused', 'destination_resumed'].slice(0, codes.length),
  );
});

test('those who wait when a vendor is given up do not wait any longer', async (t) => {
  const { url, taken } = await vendor(t, status(500));
  const { send } = forwarding(t, { time: new FakeTime(), over: { concurrency: 1 } });
  const sent = await Promise.all(Array.from({ length: 20 }, () => send(url)));
  t.true(sent.every(({ kind }) => kind === 'unavailable'));
  t.is(taken.length, 5);
});

test('a vendor that is down for minutes ends recordings, until it answers again', async (t) => {
  const time = new FakeTime();
  const vendorState = { status: 500 };
  const { url, taken } = await vendor(t, (response) => response.writeHead(vendorState.status).end('UPGRADE'));
  const { send } = forwarding(t, { time });
  for (let times = 0; times < 5; times += 1) await send(url);
  time.pass(3 * 60 * SECOND);
  t.is((await send(url)).kind, 'unavailable', 'the one that found out');
  const before = taken.length;
  t.deepEqual(await send(url), { kind: 'ended' });
  t.is(taken.length, before);
  vendorState.status = 200;
  time.pass(5 * 60 * SECOND);
  t.deepEqual(await send(url), ANSWERED);
  vendorState.status = 500;
  for (let times = 0; times < 6; times += 1) t.is((await send(url)).kind, 'unavailable', 'counted anew');
});

test('a destination that is gone or switched off takes nothing, also of what waits', async (t) => {
  const { answer, release, waiting } = holding();
  const { url, taken } = await vendor(t, answer);
  for (const gone of [{ name: 'other' }, { enabled: false }, { type: 'ga4' }]) {
    const { send, current } = forwarding(t, { over: { concurrency: 1 } });
    const [under, waits] = [send(url), send(url)];
    await until(() => waiting.length === 1);
    const before = taken.length;
    current.snapshot = configured(gone);
    release();
    t.deepEqual(await under, ANSWERED, 'it was under way');
    t.deepEqual(await waits, { kind: 'ended' });
    t.deepEqual(await send(url), { kind: 'ended' });
    t.is(taken.length, before);
  }
});

test('what waits for a destination that is gone is told at once, whoever notices', async (t) => {
  const { answer, waiting } = holding();
  const { url } = await vendor(t, answer);
  const { send, current } = forwarding(t, { over: { concurrency: 1 } });
  void send(url);
  const waits = send(url);
  await until(() => waiting.length === 1);
  current.snapshot = configured({ name: 'other' });
  void send(url, { destination: destination({ name: 'other' }) });
  t.deepEqual(await waits, { kind: 'ended' });
});

test('what a reload changes holds for the next, and a vendor known to be down is asked again', async (t) => {
  const { url } = await vendor(t, (response, _, count) =>
    response.writeHead(count <= 5 ? 500 : 200).end('UPGRADE'),
  );
  const { send, current } = forwarding(t);
  for (let times = 0; times < 6; times += 1) t.is((await send(url)).kind, 'unavailable');
  current.snapshot = configured({});
  t.is((await send(url)).kind, 'unavailable', 'nothing has changed');
  current.snapshot = configured({ concurrency: 7 });
  t.deepEqual(await send(url), ANSWERED);
});

test('closing ends what waits and what is under way, and nothing begins after it', async (t) => {
  const { answer, waiting } = holding();
  const { url, taken } = await vendor(t, answer);
  const { forward, send, lines } = forwarding(t, { over: { concurrency: 1 } });
  const sent = [send(url), send(url)];
  await until(() => waiting.length === 1);
  await forward.close();
  t.deepEqual(
    (await Promise.all(sent)).map(({ kind }) => kind),
    ['unavailable', 'unavailable'],
  );
  const before = lines.length;
  t.is((await send(url)).kind, 'unavailable');
  t.is(taken.length, 1);
  t.is(lines.length, before, 'not even tried');
});

test('what had to wait is judged again, and does not go against what was said meanwhile', async (t) => {
  const time = new FakeTime();
  const { answer, release, waiting } = holding();
  const { url, taken } = await vendor(t, answer);
  const { send, lines } = forwarding(t, { time, over: { concurrency: 1 } });
  const asked: string[] = [];
  const saying = (name: string, permitted: () => boolean): Promise<Forwarded> =>
    send(url, { body: name, permitted: () => (asked.push(name), permitted()) });
  const sent = [
    saying('first', () => false),
    saying('denied', () => false),
    saying('broken', () => {
      throw new Error('a gate failed');
    }),
    saying('granted', () => true),
  ];
  await until(() => waiting.length === 1);
  time.pass(10);
  release();
  await until(() => waiting.length === 1);
  release();
  t.deepEqual(await Promise.all(sent), [ANSWERED, { kind: 'ended' }, { kind: 'ended' }, ANSWERED]);
  t.deepEqual(asked, ['denied', 'broken', 'granted'], 'what goes at once was judged a moment ago');
  t.deepEqual(
    taken.map(({ body }) => body),
    ['first', 'granted'],
  );
  t.true(lines.some(({ code }) => code === 'recheck_failed'));
});
