// Unmodified browser clients on pages of another origin, in a real browser, against the whole gateway: every call they know,
// single, batched and by beacon, with the signed record in the event; and hits as gtag.js sends them.

import type { ExecutionContext } from 'ava';
import type { Page } from 'playwright-core';
import { bundle, noBrowser, openPage, serveSite } from '../support/browser.ts';
import type { Site } from '../support/browser.ts';
import { shopRouting, startGateway, until, WRITE_KEY } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { needing } from '../support/skip.ts';
import { ga4Names, namesAt, nothingLeft, settled, webhookEvents } from './delivered.ts';
import { startRelay } from './outage.ts';
import type { Outage } from './outage.ts';

const test = needing(noBrowser);

interface Start {
  readonly url: string;
  readonly writeKey: string;
  /** What the visitor answers; null: nobody asked. */
  readonly purposes: Readonly<Record<string, boolean>> | null;
}

/** What each page's script puts on `window`. */
interface ClientPage {
  start(options: Start): Promise<void>;
  callAll(): Promise<void>;
  purchase(): Promise<void>;
}

/** Shared by both clients: ask for a record, and the calls' content. */
const COMMON = `
  async function choose({ url, purposes }) {
    if (purposes === null) return {};
    const response = await fetch(url + '/v1/consent', {
      method: 'PUT',
      credentials: 'include',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ purposes }),
    });
    return { consent: { record: (await response.json()).record } };
  }
  const ids = { 'ga.client_id': '1837402915.1763900001', 'meta.fbp': 'fb.1.1763900001000.1098765432' };
  const order = { order_id: 'ORD-20001', revenue: 49.9, currency: 'EUR',
    products: [{ product_id: 'SKU-1', name: 'Boots', price: 49.9, quantity: 1 }] };
`;

const segment = (settings: string): string => `
  import { AnalyticsBrowser } from '@segment/analytics-next';
  ${COMMON}
  let client, options;
  window.start = async (given) => {
    const { url, writeKey } = given;
    options = { context: { ids, ...(await choose(given)) } };
    client = AnalyticsBrowser.load({ writeKey, cdnURL: url }, {
      integrations: { 'Segment.io': { apiHost: url.replace('http://', '') + '/v1', protocol: 'http', ${settings} } },
    });
    await client;
  };
  window.purchase = () => client.track('Order Completed', order, options);
  window.callAll = () => Promise.all([
    client.page('Shop', 'Start', {}, options),
    client.identify('acct-7f31', { email: 'jan@people.example' }, options),
    window.purchase(),
    client.screen('Shop', 'Start', {}, options),
    client.group('g-1', { name: 'Initech' }, options),
    client.alias('acct-new', 'acct-7f31', options),
  ]);
`;

const rudder = (settings: string): string => `
  import { RudderAnalytics } from '@rudderstack/analytics-js/bundled';
  ${COMMON}
  const client = new RudderAnalytics();
  let options;
  window.start = async (given) => {
    const { url, writeKey } = given;
    options = { context: { ids, ...(await choose(given)) } };
    client.load(writeKey, url, { configUrl: url, ${settings} });
    await new Promise((resolve) => client.ready(resolve));
  };
  window.purchase = () => client.track('Order Completed', order, options);
  window.callAll = async () => {
    client.page('Shop', 'Start', {}, options);
    client.identify('acct-7f31', { email: 'jan@people.example' }, options);
    window.purchase();
    client.group('g-1', { name: 'Initech' }, options);
    client.alias('acct-new', 'acct-7f31', options);
  };
`;

const RUDDER_NAMES = ['alias', 'identify', 'join_group', 'page_view', 'purchase'];
const ALL_NAMES = [...RUDDER_NAMES, 'screen_view'];

interface Client {
  readonly code: string;
  /** Paths that its events come by. */
  readonly paths: RegExp;
  readonly names: readonly string[];
}

const CLIENTS: Readonly<Record<string, Client>> = {
  'analytics-next, one by one': { code: segment(''), paths: /^\/v1\/[ptisga]$/, names: ALL_NAMES },
  'analytics-next, in batches': {
    code: segment(`deliveryStrategy: { strategy: 'batching', config: { size: 10, timeout: 300 } }`),
    paths: /^\/v1\/b$/,
    names: ALL_NAMES,
  },
  'RudderStack, one by one': {
    code: rudder(''),
    paths: /^\/v1\/(?:page|identify|track|group|alias)$/,
    names: RUDDER_NAMES,
  },
  'RudderStack, in batches': {
    code: rudder(`queueOptions: { batch: { enabled: true, maxItems: 10, flushInterval: 300 } }`),
    paths: /^\/v1\/batch$/,
    names: RUDDER_NAMES,
  },
  'RudderStack by beacon': {
    code: rudder(`useBeacon: true, beaconQueueOptions: { maxItems: 5, flushQueueInterval: 300 }`),
    paths: /^\/beacon\/v1\/batch$/,
    names: RUDDER_NAMES,
  },
};

const GRANTED = { analytics: true, marketing: true, profiling: false };
const REFUSED = { analytics: false, marketing: false };

interface Visit {
  readonly page: Page;
  readonly site: Site;
  readonly gateway: Gateway;
}

async function visit(t: ExecutionContext, routing = shopRouting): Promise<Visit> {
  const site = await serveSite(t);
  const gateway = await startGateway(t, { origins: [site.origin], routing });
  const page = await openPage(t);
  page.on('pageerror', (error) => t.fail(`the page threw ${error.message}`));
  return { page, site, gateway };
}

/** Loads the client into a page, through a relay if there are outages. */
async function startClient(
  t: ExecutionContext,
  { page, site, gateway }: Visit,
  wanted: { code: string; purposes: Start['purposes']; outages?: readonly Outage[] },
) {
  site.script = await bundle(wanted.code);
  const relay = await startRelay(t, gateway.url, []);
  await page.goto(`${site.origin}/boots/17?utm_source=mail&gclid=TeSter-1234567890abc`);
  const start: Start = { url: relay.url, writeKey: WRITE_KEY, purposes: wanted.purposes };
  await page.evaluate((given) => (globalThis as unknown as ClientPage).start(given), start); // defined by the page
  relay.fail(wanted.outages ?? []);
  return relay;
}

const callAll = (page: Page): Promise<void> =>
  page.evaluate(() => (globalThis as unknown as ClientPage).callAll()); // defined by the page

for (const [name, { code, names, paths }] of Object.entries(CLIENTS)) {
  test(`${name}: every call arrives once, with no problems`, async (t) => {
    const visited = await visit(t);
    const { gateway, page } = visited;
    const relay = await startClient(t, visited, { code, purposes: GRANTED });
    await callAll(page);
    await until('all calls at the webhook', () => namesAt(gateway).length >= names.length);
    await settled(t, gateway);
    t.deepEqual(
      relay.paths.filter((path) => !paths.test(path)),
      [],
    );
    t.deepEqual(namesAt(gateway), names);
    t.deepEqual(ga4Names(gateway), ['page_view', 'purchase']);
    t.true(gateway.seen('meta').length > 0);
    for (const event of webhookEvents(gateway)) t.deepEqual(event.consent.purposes, ['analytics']);
    for (const { vendor, url, body } of gateway.seen())
      for (const raw of ['acct-', 'ORD-20001', '1837402915', 'TeSter-'])
        t.false((url + body).includes(raw), `${raw} at ${vendor}`);
  });

  test(`${name}: refused consent, and none at all, leave nothing at any vendor`, async (t) => {
    for (const purposes of [REFUSED, null]) {
      const visited = await visit(t);
      await startClient(t, visited, { code, purposes });
      await callAll(visited.page);
      await nothingLeft(t, visited.gateway, names.length * 4);
    }
  });
}

for (const name of ['analytics-next, one by one', 'RudderStack, one by one', 'RudderStack, in batches'])
  test(`${name}: tries again after a 503, and the event is taken once`, async (t) => {
    const visited = await visit(t);
    const { gateway, page } = visited;
    const code = CLIENTS[name]?.code ?? '';
    const relay = await startClient(t, visited, { code, purposes: GRANTED, outages: ['lost', 'down'] });
    await page.evaluate(() => (globalThis as unknown as ClientPage).purchase()); // defined by the page
    await until('the answer', () => relay.met.includes('passed'), 60_000);
    await until('the purchase', () => namesAt(gateway).length > 0);
    await settled(t, gateway);
    t.deepEqual(relay.met, ['lost', 'down', 'passed']);
    t.deepEqual(namesAt(gateway), ['purchase']);
  });

const HIT = {
  v: '2',
  tid: 'G-TEST00001',
  gtm: '45je5bj0v9100000001za200',
  _p: '1763900000001',
  cid: '1837402915.1763900001',
  ul: 'nl-nl',
  sr: '1920x1080',
  sid: '1763900000',
  sct: '1',
  seg: '0',
  _s: '1',
  dl: 'https://shop.example/boots/17?utm_source=mail',
  dt: 'Canal boots',
};
const CONSENTED = { gcs: 'G111', gcd: '13r3r3r3r5l1' };
const DENIED = { gcs: 'G100', gcd: '13q3q3q3q5l1' };

/** Consent mode may grant at this shop. */
const gtagRouting: typeof shopRouting = (routing) =>
  shopRouting(routing).replace('cookies: true', 'cookies: true\n    consent: [record, gcm]');

interface Beaconing {
  sendBeacon(url: string, body: string): boolean;
}

/** Sends as gtag.js does: a fetch that outlives the page, and a beacon with one event a line. */
async function sendHits(page: Page, url: string, consent: Readonly<Record<string, string>>): Promise<void> {
  const shared = new URLSearchParams({ ...HIT, ...consent });
  const view = `${url}/g/collect?${shared.toString()}&en=page_view&_ee=1&tfd=812`;
  const lines = [
    'en=scroll&epn.percent_scrolled=90&_et=5000',
    'en=add_to_cart&pr1=idSKU-1~nmBoots~pr49.9&cu=EUR',
  ];
  const several = { url: `${url}/g/collect?${shared.toString()}`, body: lines.join('\r\n') };
  await page.evaluate(
    async ({ view, several }) => {
      await fetch(view, { method: 'POST', keepalive: true, mode: 'no-cors', credentials: 'include' });
      (navigator as unknown as Beaconing).sendBeacon(several.url, several.body); // a browser's
    },
    { view, several },
  );
}

test('hits as gtag.js sends them arrive as such', async (t) => {
  const visited = await visit(t, gtagRouting);
  const { gateway, page, site } = visited;
  await page.goto(site.origin);
  await sendHits(page, gateway.url, CONSENTED);
  await until('three at GA4', () => ga4Names(gateway).length >= 3);
  await settled(t, gateway);
  t.deepEqual(ga4Names(gateway), ['add_to_cart', 'page_view', 'scroll']);
  t.true(gateway.seen('ga4').every(({ url }) => url.startsWith('/g/collect')));
  t.deepEqual(namesAt(gateway), ['add_to_cart', 'page_view', 'scroll']);
});

test('hits of a page that was denied consent, or was never asked, leave nothing at any vendor', async (t) => {
  for (const consent of [DENIED, {}]) {
    const visited = await visit(t, gtagRouting);
    const { gateway, page, site } = visited;
    await page.goto(site.origin);
    await sendHits(page, gateway.url, consent);
    await nothingLeft(t, gateway, 3 * 4);
  }
});
