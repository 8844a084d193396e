// Recordings of rrweb through the whole gateway: which visitors are recorded, what a page is told, and what arrives at the operator's
// own endpoint.

import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import type { ExecutionContext } from 'ava';
import test from 'ava';
import { START, element, envelope, page, snapshot, text as words } from '../recording/rrweb/page.ts';
import type { Node } from '../recording/rrweb/page.ts';
import { startGateway, TEST_ENV } from '../support/gateway.ts';
import type { Routing } from '../support/gateway.ts';

const ORIGIN = 'https://shop.example';

interface Got {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

async function collector(t: ExecutionContext, answer: () => readonly [number, string]) {
  const got: Got[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      got.push({ headers: request.headers, body });
      const [status, said] = answer();
      response.writeHead(status).end(said);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, got }; // listening on TCP
}

const routing =
  (url: string) =>
  ({ folder }: Routing): string => `
server: { listen: 127.0.0.1:0, admin: 127.0.0.1:0, allowPrivateEndpoints: true }
store: sqlite:${folder}/sluis.db
secrets: [{ id: k1, value: "\${SLUIS_SECRET}" }]
controller: { name: Shop BV, contact: privacy@shop.example }
sites:
  shop: { writeKey: shop-web, origins: ["${ORIGIN}"], sensitive: [/account/**] }
  outlet: { writeKey: outlet-web, origins: ["https://outlet.example"] }
notices:
  - { id: '2026-01', from: 2020-01-01T00:00:00Z, discloses: { replay: [recording, profiling], events: [analytics] } }
destinations:
  events: { type: http, requires: [analytics], url: "${url}/events", secret: "\${VENDOR_SECRET}" }
  replay:
    type: http
    requires: [recording, profiling]
    sites: [shop]
    events: [recording]
    url: ${url}/recordings
    secret: "\${VENDOR_SECRET}"
    recordings: {}
`;

const YES = { recording: true, profiling: true };
const ENDED = [200, '{"ended":true}'];
const TAKEN = [204, ''];
const SHOES = [snapshot(page(element(10, 'p', {}, [words(11, 'Feste Schuhe')])))];

async function world(t: ExecutionContext, answer: () => readonly [number, string] = () => [200, 'thanks']) {
  const { url, got } = await collector(t, answer);
  const gateway = await startGateway(t, { routing: routing(url) });
  const upload = async (
    over: Node = {},
    cookie = '',
    { headers = {}, pack = false }: { headers?: Readonly<Record<string, string>>; pack?: boolean } = {},
  ): Promise<readonly unknown[]> => {
    const body = JSON.stringify(envelope({ events: SHOES, ...over }));
    const reply = await fetch(`${gateway.url}/v1/recordings`, {
      method: 'POST',
      headers: { origin: ORIGIN, cookie, ...headers },
      body: pack ? gzipSync(body) : body,
    });
    return [reply.status, await reply.text()];
  };
  const choose = async (purposes: Readonly<Record<string, boolean>>, cookie = ''): Promise<string> => {
    const reply = await fetch(`${gateway.url}/v1/consent`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', origin: ORIGIN, cookie },
      body: JSON.stringify({ purposes }),
    });
    return (reply.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  };
  return { gateway, got, upload, choose };
}

interface Arrived {
  readonly recording: Readonly<Record<string, unknown>>;
}
const arrived = ({ body }: Got): Arrived['recording'] => (JSON.parse(body) as Arrived).recording; // as the format writes it

test('a visitor who said yes to all of it is recorded, under pairwise ids and a signature', async (t) => {
  const { upload, choose, got } = await world(t);
  const yes = await choose(YES);
  const ids = { anonymousId: 'anon-1f0c', writeKey: 'shop-web' };
  t.deepEqual(await upload(ids, yes), TAKEN);
  t.deepEqual(await upload({ ...ids, sequence: 2, last: true }, yes, { pack: true }), TAKEN);
  const [first, second] = got;
  const signature = String(first?.headers['x-sluis-signature']);
  const seconds = /^t=(\d+),/.exec(signature)?.[1];
  const hmac = createHmac('sha256', TEST_ENV['VENDOR_SECRET'] ?? '').update(`${seconds}.${first?.body}`);
  t.is(signature, `t=${seconds},v1=${hmac.digest('hex')}`);
  t.is(second?.headers['content-encoding'], undefined);
  const [one, other] = got.map(arrived);
  t.deepEqual([one?.['sequence'], one?.['last']], [1, false]);
  t.deepEqual([other?.['sequence'], other?.['last']], [2, true]);
  for (const name of ['session', 'visit', 'anonymousId']) t.is(one?.[name], other?.[name], name);
  t.not(one?.['session'], one?.['visit']);
  t.false(/anon-1f0c|session-81|visit-3|Feste|Schuhe|shop-web/.test(got.map(({ body }) => body).join()));
  for (const name of ['cookie', 'referer', 'origin', 'x-forwarded-for'])
    t.is(first?.headers[name], undefined, name);
});

const REFUSED: Readonly<Record<string, Readonly<Record<string, boolean>>>> = {
  'who said nothing': {},
  'who said yes to one of two purposes': { recording: true },
  'who said no to recording': { recording: false, profiling: true },
};
for (const [who, purposes] of Object.entries(REFUSED))
  test(`a visitor ${who} is not recorded, and the page is told to stop`, async (t) => {
    const { upload, choose, got } = await world(t);
    const cookie = Object.keys(purposes).length === 0 ? '' : await choose(purposes);
    t.deepEqual(await upload({}, cookie), ENDED);
    t.deepEqual(got, []);
  });

test('a yes that is taken back ends the visit, and one given again begins with the next', async (t) => {
  const { upload, choose, got } = await world(t);
  const yes = await choose(YES);
  t.deepEqual(await upload({}, yes), TAKEN);
  const no = await choose({ ...YES, recording: false }, yes);
  t.deepEqual(await upload({ sequence: 2 }, no), ENDED);
  const again = await choose(YES, no);
  t.deepEqual(await upload({ sequence: 3 }, again), ENDED);
  t.deepEqual(await upload({ visit: 'visit-4' }, again), TAKEN);
  t.is(got.length, 2);
});

test('sensitive pages are not recorded, though the endpoint is our own: by the envelope or by the recorder itself', async (t) => {
  const { upload, choose, got } = await world(t);
  const yes = await choose(YES);
  const account = `${ORIGIN}/account/data`;
  const meta = { type: 4, data: { href: account, width: 1, height: 1 }, timestamp: START };
  t.deepEqual(await upload({ visit: 'a', page: account }, yes), ENDED);
  t.deepEqual(await upload({ visit: 'b', events: [...SHOES, meta] }, yes), ENDED);
  t.deepEqual(await upload({ visit: 'c' }, yes, { headers: { referer: account } }), ENDED);
  t.deepEqual(await upload({ visit: 'd' }, yes, { headers: { 'sec-gpc': '1' } }), ENDED);
  t.deepEqual(got, []);
});

test("what is no upload ends the recording, and what is not the site's is told", async (t) => {
  const { upload, choose, got } = await world(t);
  const yes = await choose(YES);
  const wrong: readonly Node[] = [
    { session: '' },
    { visit: 7 },
    { sequence: 0 },
    { sequence: 1.5 },
    { page: null },
    { events: {} },
    { anonymousId: 'a b' },
    { writeKey: 7 },
  ];
  for (const over of wrong) t.deepEqual(await upload(over, yes), ENDED, JSON.stringify(over));
  t.is((await upload({ writeKey: 'nobody' }, yes))[0], 401);
  const elsewhere = { headers: { origin: 'https://elsewhere.example' } };
  t.is((await upload({ writeKey: 'shop-web' }, yes, elsewhere))[0], 403);
  // A site whose recordings no destination takes.
  t.deepEqual(
    await upload({ writeKey: 'outlet-web' }, '', { headers: { origin: 'https://outlet.example' } }),
    ENDED,
  );
  t.deepEqual(got, []);
});

test('the endpoint can end a recording, and is asked again where it fails', async (t) => {
  let answer: readonly [number, string] = [500, ''];
  const { upload, choose, got } = await world(t, () => answer);
  const yes = await choose(YES);
  t.is((await upload({}, yes))[0], 503);
  answer = [200, 'END'];
  t.deepEqual(await upload({}, yes), ENDED);
  t.is(got.length, 2);
  t.deepEqual(arrived(got[0] ?? { headers: {}, body: '' }), arrived(got[1] ?? { headers: {}, body: '' }));
  answer = [200, 'UPGRADE'];
  t.deepEqual(await upload({ visit: 'visit-8' }, yes), TAKEN);
  answer = [400, ''];
  t.deepEqual(await upload({ visit: 'visit-9' }, yes), ENDED);
});

test('a browser is told whether it may record for the route that takes recordings, and asks for no other', async (t) => {
  const { choose, gateway } = await world(t);
  const may = async (cookie: string): Promise<unknown> => {
    const reply = await fetch(`${gateway.url}/v1/tags?page=${encodeURIComponent(`${ORIGIN}/boots`)}`, {
      headers: { origin: ORIGIN, cookie },
    });
    return reply.json();
  };
  const rrweb = { format: 'rrweb', project: null, text: 'strict', upload: '/v1/recordings' };
  t.like(await may(await choose(YES)), { recordings: [rrweb] });
  t.like(await may(''), { recordings: [], refused: ['rrweb'] });
  const judged = (await gateway.decisions()).filter(({ event }) => event === 'recording');
  t.deepEqual([...new Set(judged.map(({ destination }) => destination))], ['replay']);
});

test('nothing of a recording rests', async (t) => {
  const { upload, choose, gateway } = await world(t);
  const yes = await choose(YES);
  t.deepEqual(await upload({ session: 'canary-1', visit: 'canary-2', page: `${ORIGIN}/canary` }, yes), TAKEN);
  const metrics = await (await fetch(`${gateway.admin}/metrics`)).text();
  t.true(metrics.includes('sluis_events_received_total{site="shop",intake="rrweb"} 1\n'));
  t.true(metrics.includes('sluis_deliveries_total{destination="replay",outcome="delivered"} 1\n'));
  await gateway.stop();
  const files = readdirSync(gateway.folder).map((name) =>
    readFileSync(join(gateway.folder, name)).toString('latin1'),
  );
  t.false([...files, metrics].join().includes('canary'));
});
