// Unmodified server clients against the whole gateway: every call they know, single and in batches, through to vendors'
// stand-ins; nothing where consent is refused; each event once where answers get lost.

import { Analytics } from '@segment/analytics-node';
import RudderAnalytics from '@rudderstack/rudder-sdk-node';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { chooseConsent, SERVER_KEY, startGateway, until } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { ga4Names, namesAt, nothingLeft, settled, webhookEvents } from './delivered.ts';
import { startRelay } from './outage.ts';

const NAMES = ['alias', 'identify', 'join_group', 'page_view', 'purchase', 'screen_view'];
const ORDER = {
  order_id: 'ORD-20001',
  revenue: 49.9,
  currency: 'EUR',
  products: [{ product_id: 'SKU-1', name: 'Boots', price: 49.9, quantity: 1 }],
};
const CLIENT_ID = '1837402915.1763900001';
const FBP = 'fb.1.1763900001000.1098765432';
const GRANTED = { analytics: true, marketing: true, profiling: false, audience_matching: false };
const REFUSED = { analytics: false, marketing: false };

interface Bag {
  [name: string]: string | number | Bag | Bag[];
}

interface Call {
  readonly userId: string;
  readonly context: Bag;
}

/** The six calls, as both clients spell them. */
interface Client {
  identify(call: Call & { traits: Bag }): unknown;
  track(call: Call & { event: string; properties: Bag }): unknown;
  page(call: Call & { name: string; properties: Bag }): unknown;
  screen(call: Call & { name: string }): unknown;
  group(call: Call & { groupId: string; traits: Bag }): unknown;
  alias(call: { userId: string; previousId: string; context: Bag }): unknown;
}

interface Connected {
  readonly client: Client;
  readonly end: () => Promise<unknown>;
}

const CLIENTS: Readonly<Record<string, (url: string, batch: number) => Connected>> = {
  '@segment/analytics-node': (url, batch) => {
    const client = new Analytics({ writeKey: SERVER_KEY, host: url, flushAt: batch, flushInterval: 50 });
    return { client, end: () => client.closeAndFlush({ timeout: 8000 }) };
  },
  '@rudderstack/rudder-sdk-node': (url, batch) => {
    const client = new RudderAnalytics(SERVER_KEY, { dataPlaneUrl: url, flushAt: batch, flushInterval: 50 });
    return { client, end: () => client.flush() };
  },
};

function callAll(client: Client, record: string): void {
  const userId = 'acct-7f31';
  const context = {
    consent: { record },
    ids: { 'ga.client_id': CLIENT_ID, 'meta.fbp': FBP },
    page: { url: 'https://shop.example/thanks?utm_source=mail', title: 'Thanks' },
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0 Safari/537.36',
  };
  client.identify({ userId, context, traits: { email: 'jan@people.example', plan: 'pro' } });
  client.track({ userId, context, event: 'Order Completed', properties: ORDER });
  client.page({ userId, context, name: 'Thanks', properties: { url: 'https://shop.example/thanks' } });
  client.screen({ userId, context, name: 'Thanks' });
  client.group({ userId, context, groupId: 'g-1', traits: { name: 'Initech' } });
  client.alias({ userId, context, previousId: 'acct-old' });
}

/** What a vendor may see raw: HubSpot the address that its route asks for, Meta its own cookie. Nobody else, nothing else. */
const MAY_SEE: Readonly<Record<string, string>> = { hubspot: 'jan@people.example', meta: FBP };

function checkNothingLeaked(t: ExecutionContext, gateway: Gateway): void {
  const values = ['acct-7f31', 'acct-old', CLIENT_ID, FBP, 'jan@people.example', 'ORD-20001'];
  for (const { vendor, url, body } of gateway.seen())
    for (const raw of values)
      if (MAY_SEE[vendor] !== raw) t.false((url + body).includes(raw), `${raw} at ${vendor}`);
}

for (const [name, connect] of Object.entries(CLIENTS)) {
  for (const batch of [1, 20])
    test(`${name}, ${batch === 1 ? 'one by one' : 'in batches'}: every call arrives once, with no problems`, async (t) => {
      const gateway = await startGateway(t);
      const record = await chooseConsent(gateway.url, GRANTED);
      const { client, end } = connect(gateway.url, batch);
      callAll(client, record);
      await end();
      await until('all calls at the webhook', () => namesAt(gateway).length >= NAMES.length);
      await until('two at GA4', () => ga4Names(gateway).length >= 2);
      await settled(t, gateway);
      t.true(gateway.seen('meta').length > 0 && gateway.seen('hubspot').length > 0);
      t.deepEqual(namesAt(gateway), NAMES);
      t.deepEqual(ga4Names(gateway), ['page_view', 'purchase']);
      for (const event of webhookEvents(gateway)) t.deepEqual(event.consent.purposes, ['analytics']);
      checkNothingLeaked(t, gateway);
    });

  test(`${name}: refused consent leaves nothing at any vendor`, async (t) => {
    const gateway = await startGateway(t);
    const record = await chooseConsent(gateway.url, REFUSED);
    const { client, end } = connect(gateway.url, 20);
    callAll(client, record);
    await end();
    await nothingLeft(t, gateway, NAMES.length * 4);
  });

  test(`${name}: no consent at all leaves nothing at any vendor`, async (t) => {
    const gateway = await startGateway(t);
    const { client, end } = connect(gateway.url, 20);
    callAll(client, '');
    await end();
    await nothingLeft(t, gateway, NAMES.length * 4);
  });

  test(`${name}: tries again after a 503, and the event is taken once`, async (t) => {
    const gateway = await startGateway(t);
    const relay = await startRelay(t, gateway.url, ['lost', 'down']);
    const record = await chooseConsent(gateway.url, GRANTED);
    const { client, end } = connect(relay.url, 1);
    client.track({
      userId: 'acct-7f31',
      context: { consent: { record } },
      event: 'Order Completed',
      properties: ORDER,
    });
    await until('the answer', () => relay.met.includes('passed'));
    await end();
    await until('the purchase', () => namesAt(gateway).length > 0);
    await settled(t, gateway);
    t.deepEqual(relay.met, ['lost', 'down', 'passed']);
    t.deepEqual(namesAt(gateway), ['purchase']);
  });
}
