// A recording through the listener, the store and a collector on loopback: what a visitor chooses by `/v1/consent` decides about the
// next upload, and nothing of a recording ever rests.

import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { ExecutionContext } from 'ava';
import test from 'ava';
import type { Snapshot } from '../../src/core/config.ts';
import { Forwarding } from '../../src/delivery/forward.ts';
import { destinationType } from '../../src/destinations/index.ts';
import { decisionFeed } from '../../src/observe/feed.ts';
import { createLog } from '../../src/observe/log.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import { Outbox } from '../../src/outbox/outbox.ts';
import { labelsOf, publicSide } from '../../src/publicSide.ts';
import { openStore } from '../../src/store/index.ts';
import { clock, random } from '../../src/surroundings.ts';
import { ask } from '../http/fixture.ts';
import type { Reply } from '../http/fixture.ts';
import { temporaryFolder } from '../support/gateway.ts';
import { clarity, routing, shop } from '../support/recordings.ts';
import { replay } from '../support/replay.ts';
import type { ReplayBody } from '../support/replay.ts';
import { destination, disclosure, notice } from '../support/snapshot.ts';

const ORIGIN = { origin: 'https://shop.example' };
const ALL_YES = { recording: true, marketing: true, profiling: true, analytics: true };

interface Collected {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** A collector on loopback that keeps what it gets, and answers when it may. */
async function collector(
  t: ExecutionContext,
  mayAnswer: Promise<void>,
): Promise<{ readonly url: string; readonly got: Collected[] }> {
  const got: Collected[] = [];
  const server = createServer((request, response) => {
    void buffer(request).then(async (bytes) => {
      const body = (bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString();
      got.push({ headers: request.headers, body });
      await mayAnswer;
      response.writeHead(204).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, got }; // listening on TCP
}

/** Everything permitted, for consent given just now; and a destination that keeps an event in the queue. */
const config = (url: string): Snapshot =>
  routing({
    sites: [shop({ cookies: true, sensitive: ['/account/**'] })],
    notices: [
      notice({
        from: Date.parse('2020-01-01T00:00:00Z'),
        discloses: {
          clarity: disclosure({ purposes: ['recording', 'marketing', 'profiling'] }),
          queue: disclosure({ purposes: ['analytics'] }),
        },
      }),
    ],
    destinations: [
      clarity({ endpoint: url, concurrency: 1 }),
      destination({ name: 'queue', type: 'log', audience: 'own', system: 'site', params: ['note'] }),
    ],
  });

interface World {
  readonly got: Collected[];
  readonly folder: string;
  readonly exposition: () => Promise<string>;
  readonly upload: (body: ReplayBody, cookie?: string) => Promise<Reply>;
  /** Chooses as a page of the shop would; the cookie that the browser holds from then on. */
  readonly choose: (purposes: Readonly<Record<string, boolean>>, cookie?: string) => Promise<string>;
  readonly track: (cookie: string, note: string) => Promise<Reply>;
  readonly close: () => Promise<void>;
}

async function world(t: ExecutionContext, mayAnswer = Promise.resolve()): Promise<World> {
  const { url, got } = await collector(t, mayAnswer);
  const folder = temporaryFolder(t);
  const snapshot = config(url);
  const log = createLog({ level: 'silent' });
  const { store, facts } = await openStore(`sqlite:${join(folder, 'sluis.db')}`, { clock, log });
  const outbox = await Outbox.open({ store, facts, waitsFor: (name) => name === 'clarity' });
  const { metrics, exposition } = createMetrics({
    known: { ...labelsOf(() => snapshot), intakes: [replay.name, 'segment'] },
  });
  const surroundings = { snapshot: () => snapshot, clock, random, metrics, log };
  const forward = new Forwarding({ ...surroundings, typeOf: destinationType, among: 1 });
  const listener = publicSide({
    snapshot: () => snapshot,
    outbox,
    saidSince: (subjects) => outbox.denials.standingOf(subjects),
    forward,
    formats: [replay],
    metrics,
    feed: decisionFeed(),
    log,
    readiness: async () => [],
    trial: false,
  });
  const { port } = await listener.listen();
  let closing: Promise<void> | null = null;
  const close = (): Promise<void> =>
    (closing ??= (async () => {
      await listener.close(1000);
      await forward.close();
      await outbox.stop();
      await store.close();
    })());
  t.teardown(close);
  const withCookie = (cookie: string | undefined) => (cookie === undefined ? {} : { cookie });
  const json = { 'content-type': 'application/json', ...ORIGIN };
  return {
    got,
    folder,
    exposition: () => exposition.text(),
    upload: (body, cookie) =>
      ask(port, {
        method: 'POST',
        path: '/clarity/collect?v=4711',
        headers: { ...ORIGIN, ...withCookie(cookie) },
        body: gzipSync(JSON.stringify(body)),
      }),
    async choose(purposes, cookie) {
      const headers = { ...json, ...withCookie(cookie) };
      const body = JSON.stringify({ purposes });
      const reply = await ask(port, { method: 'PUT', path: '/v1/consent', headers, body });
      return (reply.headers['set-cookie']?.[0] ?? '').split(';')[0] ?? '';
    },
    track: (cookie, note) =>
      ask(port, {
        method: 'POST',
        path: '/v1/track',
        headers: { ...json, cookie },
        body: JSON.stringify({
          writeKey: 'shop-web',
          event: 'noted',
          anonymousId: 'a-1',
          properties: { note },
        }),
      }),
    close,
  };
}

const END = [200, 'END'];
const told = ({ status, text: said }: Reply) => [status, said];

test('consent opens the next visit, taking it back ends it, and giving it again brings back a new one only', async (t) => {
  const { upload, choose, got } = await world(t);
  t.deepEqual(told(await upload({ pageNumber: 1, words: ['before'] })), END);
  const yes = await choose(ALL_YES);
  t.deepEqual(told(await upload({ pageNumber: 1, sequence: 2, words: ['before'] }, yes)), END);
  t.deepEqual(told(await upload({ pageNumber: 2, words: ['first'] }, yes)), [204, '']);
  const no = await choose({ ...ALL_YES, recording: false }, yes);
  t.deepEqual(told(await upload({ pageNumber: 2, sequence: 2, words: ['second'] }, no)), END);
  const again = await choose(ALL_YES, no);
  t.deepEqual(told(await upload({ pageNumber: 2, sequence: 3, words: ['third'] }, again)), END);
  t.deepEqual(told(await upload({ pageNumber: 3, words: ['fourth'] }, again)), [204, '']);
  t.deepEqual(
    got.map(({ body }) => (JSON.parse(body) as { words: string[] }).words), // as `replay` writes it
    [['first'], ['fourth']],
  );
});

test('a no that comes while an upload waits for its turn holds it back, with nothing queued of its visitor', async (t) => {
  const { promise, resolve: release } = Promise.withResolvers<void>();
  const { upload, choose, got, exposition } = await world(t, promise);
  const permitted = async (count: number): Promise<void> => {
    const line = `sluis_decisions_total{destination="clarity",verdict="forward",reason="permitted"} ${count}\n`;
    while (!(await exposition()).includes(line)) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const yes = await choose(ALL_YES);
  const first = upload({ pageNumber: 1, words: ['first'] }, yes);
  await permitted(1);
  const waits = upload({ pageNumber: 2, words: ['second'] }, yes);
  await permitted(2);
  const no = await choose({ ...ALL_YES, recording: false }, yes);
  release();
  t.deepEqual(told(await first), [204, '']);
  t.deepEqual(told(await waits), END);
  const again = await choose(ALL_YES, no);
  t.deepEqual(told(await upload({ pageNumber: 3, words: ['third'] }, again)), [204, '']);
  t.deepEqual(
    got.map(({ body }) => (JSON.parse(body) as { words: string[] }).words), // as `replay` writes it
    [['first'], ['third']],
  );
});

test('neither cookies nor referrer nor address reach the vendor', async (t) => {
  const { upload, choose, got } = await world(t);
  const yes = await choose(ALL_YES);
  await upload({ words: ['a'] }, `${yes}; _ga=GA1.2.1837402915.1763900001; basket=7`);
  const headers = got[0]?.headers ?? {};
  for (const name of ['cookie', 'referer', 'x-forwarded-for', 'forwarded', 'sec-gpc'])
    t.is(headers[name], undefined, name);
  t.is(headers['accept'], 'application/x-clarity-gzip');
});

test('nothing of a recording rests, neither of one that was passed on nor of one that was refused', async (t) => {
  const { upload, choose, track, close, folder, exposition } = await world(t);
  const yes = await choose(ALL_YES);
  const body = { user: 'canary1', session: 'canary2', page: 'https://shop.example/canary-page' };
  t.is((await upload({ ...body, words: ['canary-words'] }, yes)).status, 204);
  t.is((await upload({ ...body, pageNumber: 2, words: ['canary-refused'] })).text, 'END');
  t.is((await upload({ ...body, pageNumber: 3, words: ['x'], fault: 'throw' }, yes)).text, 'END');
  t.is((await track(yes, 'kept-in-the-queue')).status, 200);
  const metrics = await exposition();
  for (const line of [
    'sluis_events_received_total{site="shop",intake="clarity"} 3',
    'sluis_deliveries_total{destination="clarity",outcome="delivered"} 1',
    'sluis_decisions_total{destination="clarity",verdict="forward",reason="permitted"} 1',
    'sluis_decisions_total{destination="clarity",verdict="block",reason="purpose_unknown"} 1',
    'sluis_recording_visits 1',
  ])
    t.true(metrics.includes(`${line}\n`), line);
  await close();
  const files = readdirSync(folder).map((name) => readFileSync(join(folder, name)).toString('latin1'));
  const rest = [...files, metrics].join();
  t.true(rest.includes('kept-in-the-queue'));
  t.false(/canary/i.test(rest));
});
