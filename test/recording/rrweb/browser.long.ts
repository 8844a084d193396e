// rrweb's own recorder, unmodified, on a page in a real browser, through the whole gateway to the operator's own endpoint: what arrives
// there tells nothing that was typed or planted, and rrweb's own player builds the same page from it.

import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { ExecutionContext } from 'ava';
import type { Page } from 'playwright-core';
import { bundle, noBrowser, openPage } from '../../support/browser.ts';
import { startGateway, TEST_ENV, until } from '../../support/gateway.ts';
import type { Routing } from '../../support/gateway.ts';
import { needing } from '../../support/skip.ts';
import { readings } from '../clarity/readings.ts';
import { PLAIN, PLANTED, shopPage, TYPED } from './shopPage.ts';

const test = needing(noBrowser);

const RECORDER = `
  import { record } from 'rrweb';
  let sequence = 0;
  const waiting = [];
  window.raw = [];
  window.start = async (url, purposes) => {
    await fetch(url + '/v1/consent', {
      method: 'PUT', credentials: 'include', headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ purposes }),
    });
    window.endpoint = url + '/v1/recordings';
    window.stop = record({ emit: (event) => { waiting.push(event); window.raw.push(JSON.parse(JSON.stringify(event))); } });
  };
  window.flush = async () => {
    sequence += 1;
    const body = JSON.stringify({
      writeKey: 'shop-web', anonymousId: 'anon-1f0c', session: 'session-81', visit: 'visit-3', sequence,
      page: location.href, events: waiting.splice(0),
    });
    const answer = await fetch(window.endpoint, { method: 'POST', credentials: 'include', body });
    return [answer.status, await answer.text()];
  };
`;

/** Builds the page from events and describes what stands there: every element with the number of its children. */
const PLAYER = `
  import { Replayer } from 'rrweb';
  const outline = (node) => {
    const children = [...(node.shadowRoot?.childNodes ?? []), ...node.childNodes, ...(node.contentDocument?.childNodes ?? [])];
    const below = children.map(outline).filter((one) => one !== '').join();
    return node.nodeType === 1 ? node.tagName.toLowerCase() + '(' + below + ')' : node.nodeType === 9 ? below : String(node.nodeType);
  };
  window.play = async (events) => {
    const root = document.createElement('div');
    document.body.append(root);
    const replayer = new Replayer(events, { root, mouseTail: false, showWarning: false });
    replayer.pause(replayer.getMetaData().totalTime + 1);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const page = outline(replayer.iframe.contentDocument);
    const box = (id) => {
      const place = replayer.iframe.contentDocument.getElementById(id)?.getBoundingClientRect();
      return place && [place.x, place.y, place.width, place.height].map(Math.round);
    };
    return { page, boxes: ['name', 'note', 'frame'].map(box) };
  };
`;

interface RecorderPage {
  raw: unknown[];
  start(url: string, purposes: Readonly<Record<string, boolean>>): Promise<void>;
  flush(): Promise<[number, string]>;
  stop(): void;
}

interface PlayerPage {
  play(events: readonly unknown[]): Promise<{ page: string; boxes: unknown[] }>;
}

interface Got {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Serves pages by path and keeps what is posted to it. */
async function serve(t: ExecutionContext, pages: Readonly<Record<string, () => string>>) {
  const got: Got[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { method, headers, url = '/' } = request;
      if (method === 'POST') got.push({ headers, body });
      const page = pages[url.split('?')[0] ?? '/']?.();
      const type = url.endsWith('.js') ? 'text/javascript' : 'text/html';
      response.writeHead(page === undefined ? 204 : 200, { 'content-type': `${type}; charset=utf-8` });
      response.end(page);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { origin: `http://localhost:${(server.address() as AddressInfo).port}`, got }; // listening on TCP
}

const routing =
  (collector: string, words: 'strict' | 'balanced') =>
  ({ folder, origins }: Routing): string => `
server: { listen: 127.0.0.1:0, admin: 127.0.0.1:0, allowPrivateEndpoints: true }
store: sqlite:${folder}/sluis.db
secrets: [{ id: k1, value: "\${SLUIS_SECRET}" }]
controller: { name: Shop BV, contact: privacy@shop.example }
sites:
  shop: { writeKey: shop-web, origins: ${JSON.stringify(origins)}, sensitive: [/account/**] }
notices:
  - { id: '2026-01', from: 2020-01-01T00:00:00Z, discloses: { replay: [recording] } }
destinations:
  replay:
    type: http
    requires: [recording]
    url: ${collector}/recordings
    secret: "\${VENDOR_SECRET}"
    headers: { x-shop: boots }
    recordings: { text: ${words} }
`;

async function typeEverywhere(page: Page, flush: () => Promise<unknown>): Promise<void> {
  const into = async (id: keyof typeof TYPED): Promise<void> => {
    await page.locator(`#${id}`).click();
    await page.keyboard.type(TYPED[id]);
  };
  for (const id of ['name', 'email', 'password', 'pin', 'card', 'iban', 'note', 'rich', 'search'] as const)
    await into(id);
  await flush();
  await page.locator('#reveal').click();
  await page.locator('#deep').click();
  await page.keyboard.type(TYPED.shadow);
  await page.frameLocator('#frame').locator('#inside').click();
  await page.keyboard.type(TYPED.frame);
  await page.locator('#agree').check();
  await page.locator('#size').selectOption('s');
  // What happens from here on would be in no upload.
  await page.evaluate(() => (globalThis as unknown as RecorderPage).stop()); // put there by the script
  await flush();
}

interface Recording {
  readonly raw: readonly unknown[];
  readonly got: readonly Got[];
  readonly origin: string;
}

async function recorded(t: ExecutionContext, words: 'strict' | 'balanced'): Promise<Recording> {
  const script = await bundle(RECORDER);
  const site = await serve(t, { '/': () => shopPage('/client.js'), '/client.js': () => script });
  const collector = await serve(t, {});
  const gateway = await startGateway(t, {
    origins: [site.origin],
    routing: routing(collector.origin, words),
  });
  const url = gateway.url.replace('127.0.0.1', 'localhost');
  const page = await openPage(t);
  await page.goto(`${site.origin}/?mail=anna.brandsma@people.example#1837402915.1763900001`);
  await page.evaluate(
    ([to]) => (globalThis as unknown as RecorderPage).start(to ?? '', { recording: true }), // put there by the script
    [url],
  );
  const flush = async (): Promise<void> => {
    const answer = await page.evaluate(() => (globalThis as unknown as RecorderPage).flush());
    t.deepEqual(answer, [204, '']);
  };
  await flush();
  await typeEverywhere(page, flush);
  const raw = await page.evaluate(() => (globalThis as unknown as RecorderPage).raw);
  await until('three uploads', () => collector.got.length === 3);
  return { raw, got: collector.got, origin: site.origin };
}

interface Cleaned {
  readonly recording: { readonly events: readonly unknown[] } & Readonly<Record<string, unknown>>;
}

const cleanedOf = ({ got }: Recording): readonly Cleaned[] =>
  got.map(({ body }) => JSON.parse(body) as Cleaned); // as the format writes it

/** All that stands in strings, names included, without the site's own address. */
function stringsOf(value: unknown, origin: string): string {
  const strings: string[] = [];
  const collect = (one: unknown): void => {
    if (typeof one === 'string') strings.push(one.replaceAll(origin, ''));
    else if (typeof one === 'object' && one !== null)
      for (const [name, member] of Object.entries(one)) {
        if (!Array.isArray(one)) strings.push(name);
        collect(member);
      }
  };
  collect(value);
  return readings(strings.join('\n'));
}

/** Beginnings of more than two characters, with and without what groups them. */
const prefixes = (typed: string): readonly string[] =>
  [typed, typed.replaceAll(/[ .-]/g, '')].flatMap((one) =>
    Array.from(one, (_, end) => one.slice(0, end + 1).toLowerCase()).filter(({ length }) => length > 2),
  );

function nothingTyped(t: ExecutionContext, cleaned: string): void {
  for (const [field, typed] of Object.entries(TYPED))
    t.deepEqual(
      prefixes(typed).filter((prefix) => cleaned.includes(prefix)),
      [],
      field,
    );
}

async function play(t: ExecutionContext, events: readonly unknown[]) {
  const player = await bundle(PLAYER);
  const site = await serve(t, {
    '/': () => '<!doctype html><body><script src="/player.js"></script></body>',
    '/player.js': () => player,
  });
  const page = await openPage(t);
  await page.goto(site.origin);
  return page.evaluate((all) => (globalThis as unknown as PlayerPage).play(all), events); // put there by the script
}

test('strict: nothing typed, nothing planted and no word of the page arrives, and the page is built the same', async (t) => {
  const recording = await recorded(t, 'strict');
  const strings = stringsOf(cleanedOf(recording), recording.origin);
  // The recorder itself told all of it, key by key, and what was planted.
  const raw = stringsOf(recording.raw, '');
  for (const typed of Object.values(TYPED))
    t.true(
      prefixes(typed).every((prefix) => raw.includes(prefix)),
      typed,
    );
  for (const one of PLANTED.filter((each) => !each.startsWith('comment')))
    t.true(raw.includes(one.toLowerCase()), one);
  nothingTyped(t, strings);
  for (const one of [...PLANTED, ...PLAIN]) t.false(strings.includes(one.toLowerCase()), one);
  const events = cleanedOf(recording).flatMap((each) => each.recording.events);
  t.is(events.length, recording.raw.length);
  const [before, after] = [await play(t, recording.raw), await play(t, events)];
  t.true(before.page.includes('iframe(') && before.page.length > 300);
  t.is(after.page, before.page);
  t.true(before.boxes.every((box) => Array.isArray(box)));
  t.deepEqual(after.boxes, before.boxes);
});

test('balanced: words stay that were there before, nothing typed or planted arrives', async (t) => {
  const recording = await recorded(t, 'balanced');
  const strings = stringsOf(cleanedOf(recording), recording.origin);
  nothingTyped(t, strings);
  for (const one of PLANTED) t.false(strings.includes(one.toLowerCase()), one);
  t.true(strings.includes('wanderstiefel') && strings.includes('lieferung'));
  const events = cleanedOf(recording).flatMap((each) => each.recording.events);
  t.is((await play(t, events)).page, (await play(t, recording.raw)).page);
});

test('what arrives is signed, under pairwise ids, and says where it belongs', async (t) => {
  const recording = await recorded(t, 'strict');
  const [first] = recording.got;
  const signature = String(first?.headers['x-sluis-signature']);
  const seconds = /^t=(\d+),/.exec(signature)?.[1];
  const hmac = createHmac('sha256', TEST_ENV['VENDOR_SECRET'] ?? '').update(`${seconds}.${first?.body}`);
  t.is(signature, `t=${seconds},v1=${hmac.digest('hex')}`);
  t.is(first?.headers['x-shop'], 'boots');
  for (const name of ['cookie', 'referer', 'origin', 'x-forwarded-for'])
    t.is(first?.headers[name], undefined, name);
  const envelopes = cleanedOf(recording).map(({ recording: each }) => each);
  t.deepEqual(
    envelopes.map(({ sequence }) => sequence),
    [1, 2, 3],
  );
  t.is(new Set(envelopes.map(({ session, visit }) => `${String(session)} ${String(visit)}`)).size, 1);
  t.false(/anon-1f0c|session-81|visit-3/.test(JSON.stringify(cleanedOf(recording))));
  t.is(envelopes[0]?.['page'], `${recording.origin}/`);
});
