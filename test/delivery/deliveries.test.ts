// Whole deliveries: a queue, workers and vendors on loopback that answer well, badly, slowly or not at all.

import type { ServerResponse } from 'node:http';
import test from 'ava';
import type { Result } from '../../src/core/delivery.ts';
import type { DestinationType } from '../../src/core/plugin.ts';
import {
  config,
  delivery,
  echoType,
  FakeTime,
  ok,
  running,
  until,
  vendor,
  type Answering,
  type Running,
} from './support.ts';

const status =
  (...codes: readonly number[]): Answering =>
  (response, _taken, count) =>
    response.writeHead(codes[count - 1] ?? 200).end();

/** Builds one request for each event of a batch. */
function oneByOne(): DestinationType {
  const echo = echoType({ batch: { events: 4, bytes: 1000 } });
  const build: typeof echo.build = (events, context) => ({
    requests: events.flatMap((event, index) =>
      echo.build([event], context).requests.map((request) => ({ ...request, events: [index] })),
    ),
    refused: [],
  });
  return { ...echo, build };
}

const HOUR = 3_600_000;

/** Everything that can happen now has. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
}

const ended = ({ queue }: Running): boolean =>
  Object.values(queue.endings()).every((ending) => ending !== '…');

test('what is queued is delivered, what comes later too, and each is counted once', async (t) => {
  const { url, taken } = await vendor(t, ok);
  const run = running(t, { destinations: [{ endpoint: url }], types: { echo: echoType() } });
  run.queue.addAll('a');
  await run.deliveries.start();
  await until(() => ended(run));
  run.queue.addAll('b', 'c');
  await until(() => ended(run));
  t.deepEqual(run.queue.endings(), { a: 'delivered', b: 'delivered', c: 'delivered' });
  t.deepEqual(taken.map(({ body }) => body).sort(), ['a', 'b', 'c']);
  t.deepEqual(run.counted, { 'ga4/delivered': 3 });
});

test('a batch is as large as the vendor takes, and in order', async (t) => {
  const { url, taken } = await vendor(t, ok);
  const types = { echo: echoType({ batch: { events: 3, bytes: 1000 } }) };
  const run = running(t, { destinations: [{ endpoint: url, concurrency: 1 }], types });
  run.queue.addAll('a', 'b', 'c', 'd', 'e', 'f', 'g');
  await run.deliveries.start();
  await until(() => ended(run));
  t.deepEqual(
    taken.map(({ body }) => body),
    ['a,b,c', 'd,e,f', 'g'],
  );
});

test('more than can be under way at a time, after a quiet while, is all delivered', async (t) => {
  const { url } = await vendor(t, ok);
  const destinations = [{ endpoint: url, concurrency: 1 }];
  const run = running(t, { destinations, types: { echo: echoType() }, time: new FakeTime() });
  run.queue.addAll('a');
  await run.deliveries.start();
  await until(() => ended(run) && run.queue.claims.length === 2);
  run.queue.addAll('b', 'c', 'd');
  await until(() => ended(run));
  t.is(run.counted['ga4/delivered'], 4);
});

test('of a batch, each event ends as the vendor says of it', async (t) => {
  const { url } = await vendor(t, ok);
  const results: readonly Result[] = [
    { kind: 'delivered' },
    { kind: 'permanent', code: 'invalid_email' },
    { kind: 'uncertain', code: 'half_said' },
  ];
  const types = {
    echo: echoType({ batch: { events: 3, bytes: 1000 }, dedupes: false, read: () => results }),
  };
  const run = running(t, { destinations: [{ endpoint: url, concurrency: 1 }], types });
  run.queue.addAll('a', 'b', 'c');
  await run.deliveries.start();
  await until(() => ended(run));
  t.deepEqual(run.queue.endings(), { a: 'delivered', b: 'rejected:invalid_email', c: 'uncertain:half_said' });
  t.deepEqual(run.counted, { 'ga4/delivered': 1, 'ga4/rejected': 1, 'ga4/uncertain': 1 });
});

test('a batch that fails for one of its events is sent event by event', async (t) => {
  const { url, taken } = await vendor(t, (response, { body }) =>
    response.writeHead(body.includes('bad') ? 400 : 200).end(),
  );
  const types = {
    echo: echoType({
      batch: { events: 10, bytes: 1000 },
      read: (reply, request) =>
        request.events.map(() =>
          reply.status === 400 ? { kind: 'split', code: 'http_400' } : { kind: 'delivered' },
        ),
    }),
  };
  const run = running(t, { destinations: [{ endpoint: url }], types });
  run.queue.addAll('a', 'bad', 'c');
  await run.deliveries.start();
  await until(() => ended(run));
  t.deepEqual(run.queue.endings(), { a: 'delivered', bad: 'rejected:http_400', c: 'delivered' });
  t.deepEqual(taken.map(({ body }) => body).sort(), ['a', 'a,bad,c', 'bad', 'c']);
});

test('an event whose build throws is a dead letter; the rest of its batch is delivered', async (t) => {
  const { url } = await vendor(t, ok);
  const echo = echoType({ batch: { events: 10, bytes: 1000 } });
  const build: typeof echo.build = (events, context) => {
    if (events.some(({ data }) => data.name === 'bad')) throw new Error('a bug');
    return echo.build(events, context);
  };
  const run = running(t, { destinations: [{ endpoint: url }], types: { echo: { ...echo, build } } });
  run.queue.addAll('a', 'bad', 'c');
  run.queue.add({ poison: 'record_unreadable' });
  await run.deliveries.start();
  await until(() => ended(run));
  t.deepEqual(run.queue.endings(), {
    a: 'delivered',
    bad: 'poison:build_failed',
    c: 'delivered',
    4: 'poison:record_unreadable',
  });
});

test('failures are tried again until the vendor is back', async (t) => {
  const time = new FakeTime();
  const { url, taken } = await vendor(t, status(500, 503, 500));
  const run = running(t, { destinations: [{ endpoint: url }], types: { echo: echoType() }, time });
  run.queue.addAll('a');
  await run.deliveries.start();
  for (const attempt of [1, 2, 3]) {
    await until(() => run.queue.settlements.length === attempt);
    await until(() => run.queue.rows[0]?.token === null);
    time.pass(60_000);
    await until(() => taken.length === attempt + 1);
  }
  await until(() => ended(run));
  t.deepEqual(run.queue.endings(), { a: 'delivered' });
  t.deepEqual(
    run.queue.settlements.map(({ result }) => result.code),
    ['http_500', 'http_503', 'http_500', null],
  );
});

test('what is not delivered within its time has expired', async (t) => {
  const time = new FakeTime();
  const { url } = await vendor(t, (response) => response.writeHead(500).end());
  const destinations = [{ endpoint: url, retryForMs: 10_000 }];
  const run = running(t, { destinations, types: { echo: echoType() }, time });
  run.queue.addAll('a');
  await run.deliveries.start();
  await until(() => run.queue.settlements.length === 1);
  time.pass(10_000);
  await until(() => ended(run));
  t.deepEqual(run.queue.endings(), { a: 'expired:http_500' });
});

test('after failures in a row nothing is claimed; one probe finds the vendor back', async (t) => {
  const time = new FakeTime();
  let up = false;
  const { url, taken } = await vendor(t, (response) => response.writeHead(up ? 200 : 500).end());
  const destinations = [{ endpoint: url, concurrency: 1 }];
  const types = { echo: echoType({ batch: { events: 3, bytes: 1000 } }) };
  const run = running(t, { destinations, types, time });
  const names = Array.from({ length: 20 }, (_, index) => `e${index}`);
  run.queue.addAll(...names);
  await run.deliveries.start();
  await until(() => run.lines.some(({ code }) => code === 'destination_paused'));
  await until(() => run.queue.rows.every(({ token }) => token === null));
  t.is(taken.length, 5);
  const attempts = run.queue.rows.map(({ attempt }) => attempt);
  run.queue.addAll('later');
  t.is(taken.length, 5);
  t.deepEqual(
    run.queue.rows.slice(0, 20).map(({ attempt }) => attempt),
    attempts,
    'nothing is claimed meanwhile',
  );
  up = true;
  time.pass(1000);
  await until(() => run.lines.some(({ code }) => code === 'destination_resumed'));
  t.is(taken[5]?.body.split(',').length, 1, 'the probe is one single event');
  time.pass(60_000);
  await until(() => ended(run));
  t.true(Object.values(run.queue.endings()).every((ending) => ending === 'delivered'));
});

test('a vendor that says when to come back is not asked before', async (t) => {
  const time = new FakeTime();
  const { url, taken } = await vendor(t, (response, _, count) =>
    count === 1 ? response.writeHead(429, { 'retry-after': '30' }).end() : response.writeHead(200).end(),
  );
  const destinations = [{ endpoint: url, concurrency: 1 }];
  const run = running(t, { destinations, types: { echo: echoType() }, time });
  run.queue.addAll('a');
  await run.deliveries.start();
  await until(() => run.queue.settlements.length === 1);
  run.queue.addAll('b', 'c');
  time.pass(29_999);
  const claims = run.queue.claims.length;
  await until(() => run.lines.some(({ code }) => code === 'destination_paused'));
  t.is(taken.length, 1);
  t.is(run.queue.claims.length, claims);
  time.pass(1);
  await until(() => ended(run));
  t.deepEqual(run.queue.endings(), { a: 'delivered', b: 'delivered', c: 'delivered' });
});

test('one slow vendor delays no other', async (t) => {
  const slow = await vendor(t, () => undefined);
  const quick = await vendor(t, ok);
  const run = running(t, {
    destinations: [
      { name: 'ga4', endpoint: slow.url },
      { name: 'hubspot', endpoint: quick.url },
    ],
    types: { echo: echoType() },
  });
  const names = Array.from({ length: 50 }, (_, index) => `e${index}`);
  for (const name of names) run.queue.add(delivery(name));
  for (const name of names) run.queue.add(delivery(`${name}q`, 'hubspot'));
  await run.deliveries.start();
  await until(() => run.counted['hubspot/delivered'] === 50);
  t.is(run.counted['ga4/delivered'], undefined);
  await until(() => slow.taken.length === 4);
  t.is(run.queue.rows.filter(({ token }) => token !== null).length, 4, 'no more is leased than is under way');
});

for (const [dedupes, onUncertain, expected] of [
  [false, 'settle', 'uncertain:timeout'],
  [false, 'resend', '…'],
  [true, 'settle', '…'],
] as const)
  test(`a hanging vendor that ${dedupes ? 'drops' : 'does not drop'} repetitions, ${onUncertain}: ${expected}`, async (t) => {
    const time = new FakeTime();
    const { url, taken } = await vendor(t, () => undefined);
    const destinations = [{ endpoint: url, timeoutMs: 10_000, onUncertain }];
    const run = running(t, { destinations, types: { echo: echoType({ dedupes }) }, time });
    run.queue.addAll('a');
    await run.deliveries.start();
    await until(() => taken.length === 1);
    time.pass(10_000);
    await until(() => run.queue.settlements.length === 1);
    t.deepEqual(run.queue.endings(), { a: expected });
    t.is(run.queue.settlements[0]?.result.code, 'timeout');
  });

test('an attempt that nobody saw the end of is not made again where it could count twice', async (t) => {
  const { url, taken } = await vendor(t, ok);
  const run = running(t, {
    destinations: [
      { name: 'ga4', type: 'once', endpoint: url },
      { name: 'meta', type: 'echo', endpoint: url },
      { name: 'x', type: 'once', endpoint: url, onUncertain: 'resend' },
    ],
    types: { once: echoType({ dedupes: false }), echo: echoType() },
  });
  for (const name of ['ga4', 'meta', 'x']) run.queue.add(delivery(`to_${name}`, name), { unsettled: true });
  await run.deliveries.start();
  await until(() => ended(run));
  t.deepEqual(run.queue.endings(), {
    to_ga4: 'uncertain:interrupted',
    to_meta: 'delivered',
    to_x: 'delivered',
  });
  t.deepEqual(taken.map(({ body }) => body).sort(), ['to_meta', 'to_x']);
});

test('where a repetition would count twice, only what is about to be sent is on record', async (t) => {
  const held: ServerResponse[] = [];
  const { url } = await vendor(t, (response) => void held.push(response));
  const run = running(t, {
    destinations: [
      { name: 'ga4', type: 'once', endpoint: url, concurrency: 1 },
      { name: 'meta', type: 'echo', endpoint: url },
      { name: 'x', type: 'once', endpoint: url, onUncertain: 'resend' },
    ],
    types: { once: { ...oneByOne(), dedupes: false }, echo: echoType() },
  });
  for (const name of ['a', 'b', 'c', 'd']) run.queue.add(delivery(name, 'ga4'));
  for (const name of ['meta', 'x']) run.queue.add(delivery(`to_${name}`, name));
  await run.deliveries.start();
  await until(() => held.length === 3);
  t.is(run.queue.claims.find(({ destination }) => destination === 'ga4')?.max, 4);
  t.deepEqual(run.queue.begun, ['1']);
  for (let count = 0; !ended(run); count += 1) {
    await until(() => held.length > 0 || ended(run));
    held.shift()?.end();
  }
  t.deepEqual(run.queue.begun, ['1', '2', '3', '4']);
});

test('nothing is sent that the store did not take down first', async (t) => {
  const { url, taken } = await vendor(t, ok);
  const time = new FakeTime();
  const types = { once: echoType({ dedupes: false }) };
  const run = running(t, { destinations: [{ type: 'once', endpoint: url }], types, time });
  run.queue.failBegins = 1;
  run.queue.addAll('a');
  await run.deliveries.start();
  await until(() => run.queue.settlements.length === 1);
  t.is(taken.length, 0);
  t.is(run.queue.settlements[0]?.result.code, 'put_back');
  t.true(run.lines.some(({ code }) => code === 'begin_failed'));
  time.pass(1000);
  await until(() => ended(run));
  t.deepEqual(run.queue.endings(), { a: 'delivered' });
  t.is(taken.length, 1);
});

test('what may not be sent any more ends as the recheck says, and the rest of its batch goes', async (t) => {
  const { url, taken } = await vendor(t, ok);
  const types = { echo: echoType({ batch: { events: 10, bytes: 1000 } }) };
  const run = running(t, {
    destinations: [{ endpoint: url }],
    types,
    ports: {
      recheck: ({ facts, permitted }) => {
        if (facts.name === 'throws') throw new Error('a bug');
        return facts.name === 'taken_back'
          ? { outcome: 'withheld', reason: 'withdrawn' }
          : { send: permitted };
      },
    },
  });
  run.queue.addAll('a', 'taken_back', 'throws', 'd');
  await run.deliveries.start();
  await until(() => ended(run));
  t.deepEqual(run.queue.endings(), {
    a: 'delivered',
    taken_back: 'withheld:withdrawn',
    throws: 'withheld:gate_failed',
    d: 'delivered',
  });
  t.deepEqual(
    taken.map(({ body }) => body),
    ['a,d'],
  );
});

test('a withdrawal wins over a request that waits for its turn', async (t) => {
  const time = new FakeTime();
  const { url, taken } = await vendor(t, ok);
  const withdrawn = new Set<string>();
  const run = running(t, {
    destinations: [{ endpoint: url, rate: 1 }],
    types: { echo: echoType() },
    time,
    ports: {
      recheck: ({ facts, permitted }) =>
        withdrawn.has(facts.name) ? { outcome: 'withheld', reason: 'withdrawn' } : { send: permitted },
    },
  });
  run.queue.addAll('a', 'b');
  await run.deliveries.start();
  await until(() => taken.length === 1);
  withdrawn.add('b');
  await until(() => run.queue.endings()['a'] === 'delivered');
  time.pass(1000);
  await until(() => ended(run));
  t.deepEqual(run.queue.endings(), { a: 'delivered', b: 'withheld:withdrawn' });
  t.is(taken.length, 1);
});

test('a request whose turn comes after its lease could end is put back, not sent', async (t) => {
  const time = new FakeTime();
  const { url, taken } = await vendor(t, ok);
  const destinations = [{ endpoint: url, rate: 0.002, concurrency: 2, timeoutMs: 10_000 }];
  const run = running(t, { destinations, types: { echo: echoType() }, time });
  run.queue.addAll('a', 'b');
  await run.deliveries.start();
  await until(() => run.queue.endings()['a'] === 'delivered');
  const first = run.queue.rows[1]?.token;
  time.pass(500_000);
  await until(() => ended(run));
  t.deepEqual(
    run.queue.settlements.map(({ token, result }) => [token, result.code]),
    [
      ['1/1', null],
      [first, 'put_back'],
      ['2/2', null],
    ],
  );
  t.is(taken.length, 2, 'the turn that was not used is still there');
});

test('while facts are stale nothing is sent, and the vendor is not blamed', async (t) => {
  const time = new FakeTime();
  const { url, taken } = await vendor(t, ok);
  let fresh = false;
  const run = running(t, {
    destinations: [{ endpoint: url }],
    types: { echo: echoType() },
    time,
    ports: { recheck: ({ permitted }) => (fresh ? { send: permitted } : { wait: true }) },
  });
  run.queue.addAll('a', 'b', 'c', 'd', 'e', 'f');
  await run.deliveries.start();
  for (const round of [1, 2, 3, 4, 5, 6, 7]) {
    await until(() => run.queue.settlements.length === round * 4);
    await until(() => run.queue.rows.every(({ token }) => token === null));
    t.is(run.queue.claims.length, round, 'nothing more is claimed meanwhile');
    if (round === 7) fresh = true;
    time.pass(1000);
  }
  await until(() => ended(run));
  t.is(run.counted['ga4/delivered'], 6);
  t.is(taken.length, 6);
  t.false(run.lines.some(({ code }) => code === 'destination_paused'));
});

test('a destination keeps to its rate', async (t) => {
  const time = new FakeTime();
  const { url, taken } = await vendor(t, ok);
  const run = running(t, { destinations: [{ endpoint: url, rate: 2 }], types: { echo: echoType() }, time });
  run.queue.addAll('a', 'b', 'c', 'd', 'e');
  await run.deliveries.start();
  await until(() => run.counted['ga4/delivered'] === 2);
  t.is(taken.length, 2);
  time.pass(1000);
  await until(() => run.counted['ga4/delivered'] === 4);
  t.is(taken.length, 4);
  time.pass(500);
  await until(() => ended(run));
});

test('what waits for a destination that is gone or switched off is judged, and nothing is sent', async (t) => {
  const { url, taken } = await vendor(t, ok);
  const destinations = [{ name: 'ga4', endpoint: url }];
  const run = running(t, {
    destinations,
    types: { echo: echoType() },
    ports: {
      recheck: ({ destination, permitted }) => {
        if (destination === 'meta') return { outcome: 'dropped', reason: 'destination_gone' };
        return { send: permitted };
      },
    },
  });
  run.queue.add(delivery('old', 'meta'));
  await run.deliveries.start();
  await until(() => ended(run));
  run.deliveries.update(config({ destinations: [{ name: 'ga4', endpoint: url, enabled: false }] }));
  run.queue.add(delivery('late'));
  await until(() => ended(run));
  run.deliveries.update(config({ destinations }));
  run.queue.add(delivery('again'));
  await until(() => ended(run));
  t.deepEqual(run.queue.endings(), {
    old: 'dropped:destination_gone',
    late: 'dropped:destination_gone',
    again: 'delivered',
  });
  t.deepEqual(
    taken.map(({ body }) => body),
    ['again'],
  );
});

test('a reload in mid-flight lets what is under way end, and sends the rest under the new setup', async (t) => {
  const release: (() => void)[] = [];
  const old = await vendor(t, (response) => release.push(() => response.writeHead(200).end()));
  const renewed = await vendor(t, ok);
  const types = { echo: echoType() };
  const run = running(t, { destinations: [{ endpoint: old.url, concurrency: 1 }], types });
  run.queue.addAll('a');
  await run.deliveries.start();
  await until(() => old.taken.length === 1);
  run.queue.addAll('b', 'c');
  run.deliveries.update(config({ destinations: [{ endpoint: renewed.url, concurrency: 3 }] }));
  await until(() => renewed.taken.length === 2);
  release[0]?.();
  await until(() => ended(run));
  t.deepEqual(run.queue.endings(), { a: 'delivered', b: 'delivered', c: 'delivered' });
  t.is(old.taken.length, 1);
});

test('a request that waits for its turn during a reload is sent as the new setup says', async (t) => {
  const release: (() => void)[] = [];
  const old = await vendor(t, (response) => release.push(() => response.writeHead(200).end()));
  const renewed = await vendor(t, ok);
  const types = { echo: oneByOne() };
  const run = running(t, {
    destinations: [{ endpoint: old.url, concurrency: 1 }],
    types,
    time: new FakeTime(),
  });
  run.queue.addAll('a', 'b');
  await run.deliveries.start();
  await until(() => old.taken.length === 1);
  run.deliveries.update(config({ destinations: [{ endpoint: renewed.url, concurrency: 1 }] }));
  release[0]?.();
  await until(() => ended(run));
  t.deepEqual(
    [old, renewed].map(({ taken }) => taken.map(({ body }) => body)),
    [['a'], ['b']],
  );
});

test('a destination type that is not known is refused', (t) => {
  const { deliveries } = running(t, { destinations: [], types: {} });
  t.throws(() => deliveries.update(config({ destinations: [{}] })), { name: 'GatewayError' });
});

test('stopping waits for what is under way, and begins nothing', async (t) => {
  const release: (() => void)[] = [];
  const { url, taken } = await vendor(t, (response) => release.push(() => response.writeHead(200).end()));
  const run = running(t, { destinations: [{ endpoint: url, concurrency: 1 }], types: { echo: echoType() } });
  run.queue.addAll('a', 'b');
  await run.deliveries.start();
  await until(() => taken.length === 1);
  const stopping = run.deliveries.stop(30_000);
  run.queue.addAll('c');
  release[0]?.();
  await stopping;
  t.deepEqual(run.queue.endings(), { a: 'delivered', b: '…', c: '…' });
  t.is(taken.length, 1);
  t.true(run.queue.rows.every(({ token }) => token === null));
});

for (const [dedupes, expected] of [
  [false, 'uncertain:stopped'],
  [true, '…'],
] as const)
  test(`stopping breaks off a hanging request at the deadline (vendor ${dedupes ? 'drops' : 'does not drop'} repetitions)`, async (t) => {
    const { url, taken } = await vendor(t, () => undefined);
    const types = { echo: echoType({ dedupes }) };
    const run = running(t, { destinations: [{ endpoint: url, concurrency: 1 }], types });
    run.queue.addAll('a', 'b');
    await run.deliveries.start();
    await until(() => taken.length === 1);
    const start = performance.now();
    await run.deliveries.stop(50);
    t.true(performance.now() - start < 5000);
    t.deepEqual(run.queue.endings(), { a: expected, b: '…' });
    t.true(
      run.queue.rows.every(({ token }) => token === null),
      'nothing stays leased',
    );
  });

test('requests that wait for their turn are put back when stopping', async (t) => {
  const { url, taken } = await vendor(t, () => undefined);
  const types = { echo: oneByOne() };
  const run = running(t, { destinations: [{ endpoint: url, concurrency: 1 }], types });
  run.queue.addAll('a', 'b', 'c', 'd');
  await run.deliveries.start();
  await until(() => taken.length === 1);
  await run.deliveries.stop(20);
  t.is(taken.length, 1);
  t.deepEqual(run.queue.settlements.map(({ result }) => String(result.code)).sort(), [
    'put_back',
    'put_back',
    'put_back',
    'stopped',
  ]);
});

test('a store that does not answer is asked again to settle', async (t) => {
  const time = new FakeTime();
  const { url, taken } = await vendor(t, ok);
  const run = running(t, { destinations: [{ endpoint: url }], types: { echo: echoType() }, time });
  run.queue.failSettles = 2;
  run.queue.addAll('a');
  await run.deliveries.start();
  for (const failures of [1, 2]) {
    await until(() => run.lines.filter(({ code }) => code === 'settle_failed').length === failures);
    time.pass(10_000);
  }
  await until(() => ended(run));
  t.deepEqual(run.queue.endings(), { a: 'delivered' });
  t.is(taken.length, 1);
  t.deepEqual(run.counted, { 'ga4/delivered': 1 });
});

test('an idle destination asks the store nothing', async (t) => {
  const time = new FakeTime();
  const { url } = await vendor(t, ok);
  const run = running(t, { destinations: [{ endpoint: url }], types: { echo: echoType() }, time });
  await run.deliveries.start();
  await until(() => run.queue.claims.length === 1);
  for (let second = 0; second < 50; second += 1) {
    time.pass(1000);
    await new Promise(setImmediate);
  }
  t.is(run.queue.claims.length, 1);
});

test('a private address is not sent to, and the event is a dead letter that says so', async (t) => {
  const { url, taken } = await vendor(t, ok);
  const run = running(t, {
    destinations: [{ endpoint: url }],
    types: { echo: echoType() },
    allowPrivate: false,
  });
  run.queue.addAll('a');
  await run.deliveries.start();
  await until(() => ended(run));
  t.deepEqual(run.queue.endings(), { a: 'rejected:private_address' });
  t.is(taken.length, 0);
});

test('logs hold codes and names of ours only', async (t) => {
  const { url } = await vendor(t, (response) => response.writeHead(400).end('ada@shop.example is not valid'));
  const run = running(t, { destinations: [{ endpoint: url }], types: { echo: echoType() } });
  run.queue.addAll('a');
  await run.deliveries.start();
  await until(() => ended(run));
  t.deepEqual(run.lines, [
    { level: 'warn', code: 'delivery_failed', fields: { destination: 'ga4', code: 'http_400', count: 1 } },
  ]);
});

test('a vendor that takes batches gets what comes within a moment as one, and the first of a quiet line at once', async (t) => {
  const { url, taken } = await vendor(t, ok);
  const time = new FakeTime();
  const types = { echo: echoType({ batch: { events: 10, bytes: 1000 } }) };
  const run = running(t, { destinations: [{ endpoint: url }], types, time });
  await run.deliveries.start();
  run.queue.addAll('a');
  await until(() => ended(run));
  run.queue.addAll('b');
  run.queue.addAll('c');
  await settled();
  t.deepEqual(
    taken.map(({ body }) => body),
    ['a'],
  );
  time.pass(15);
  await until(() => ended(run));
  time.pass(15);
  run.queue.addAll('d');
  await until(() => ended(run));
  t.deepEqual(
    taken.map(({ body }) => body),
    ['a', 'b,c', 'd'],
  );
});

test('a full batch is not gathered any further', async (t) => {
  const { url, taken } = await vendor(t, ok);
  const types = { echo: echoType({ batch: { events: 3, bytes: 1000 } }) };
  const run = running(t, { destinations: [{ endpoint: url }], types, time: new FakeTime() });
  await run.deliveries.start();
  run.queue.addAll('a');
  await until(() => ended(run));
  run.queue.addAll('b', 'c', 'd');
  await until(() => ended(run));
  t.deepEqual(
    taken.map(({ body }) => body),
    ['a', 'b,c,d'],
  );
});

test('stopping does not wait for a batch to be gathered', async (t) => {
  const { url } = await vendor(t, ok);
  const types = { echo: echoType({ batch: { events: 10, bytes: 1000 } }) };
  const run = running(t, { destinations: [{ endpoint: url }], types, time: new FakeTime() });
  await run.deliveries.start();
  run.queue.addAll('a');
  await until(() => ended(run));
  run.queue.addAll('b');
  await settled();
  await run.deliveries.stop(HOUR);
  t.deepEqual(run.queue.endings(), { a: 'delivered', b: '…' });
});

test('a batch is no larger than the route says', async (t) => {
  const { url } = await vendor(t, ok);
  const types = { echo: echoType({ batch: { events: 500, bytes: 1000 }, batchUnder: () => 2 }) };
  const run = running(t, { destinations: [{ endpoint: url, concurrency: 1 }], types });
  run.queue.addAll('a', 'b', 'c', 'd', 'e');
  await run.deliveries.start();
  await until(() => ended(run));
  t.true(run.queue.claims.every(({ max }) => max <= 2));
});

test('a large batch is claimed, judged and settled in pieces', async (t) => {
  const { url, taken } = await vendor(t, ok);
  const types = { echo: echoType({ batch: { events: 120, bytes: 100_000 } }) };
  const run = running(t, { destinations: [{ endpoint: url }], types });
  const sizes: number[] = [];
  const settle = run.queue.settle.bind(run.queue);
  run.queue.settle = (settlements) => {
    sizes.push(settlements.length);
    return settle(settlements);
  };
  const names = Array.from({ length: 120 }, (_, index) => `e${index}`);
  run.queue.addAll(...names);
  await run.deliveries.start();
  await until(() => ended(run));
  t.deepEqual(
    taken.map(({ body }) => body),
    [names.join()],
  );
  t.true(Math.max(...run.queue.claims.map(({ max }) => max)) <= 100);
  t.deepEqual(sizes, [50, 50, 20]);
});

test('a line that keeps up does not wait for one that is far behind', async (t) => {
  const { url } = await vendor(t, ok);
  const time = new FakeTime();
  const types = { echo: echoType({ batch: { events: 5, bytes: 100_000 } }) };
  const order: string[] = [];
  const run = running(t, {
    destinations: [
      { name: 'behind', endpoint: url, concurrency: 64 },
      { name: 'live', endpoint: url, concurrency: 64 },
    ],
    types,
    time,
    ports: {
      recheck: ({ destination, permitted }) => {
        // Each takes a slice.
        time.pass(3);
        order.push(destination);
        return { send: permitted };
      },
    },
  });
  for (let index = 0; index < 100; index += 1) run.queue.add(delivery(`old${index}`, 'behind'));
  time.pass(3000);
  await run.deliveries.start();
  await until(() => order.length > 20);
  for (let index = 0; index < 5; index += 1) run.queue.add(delivery(`new${index}`, 'live'));
  const since = order.length;
  await until(() => ended(run));
  const first = order.slice(since);
  t.true(first.slice(0, first.lastIndexOf('live') + 1).filter((name) => name === 'behind').length <= 10);
});
