// Unmodified server clients against a recording server: every request they really send opens and reads.

import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { Analytics } from '@segment/analytics-node';
import RudderAnalytics from '@rudderstack/rudder-sdk-node';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import type { ReceivedEvent } from '../../src/core/event.ts';
import { context, protocolOf, request } from './requests.ts';

interface Recorded {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

async function recorded(message: IncomingMessage): Promise<Recorded> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of message) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const url = new URL(message.url ?? '/', 'http://127.0.0.1');
  return {
    method: message.method ?? '',
    path: url.pathname,
    query: url.search.slice(1),
    headers: Object.fromEntries(
      Object.entries(message.headers).map(([name, value]) => [name, String(value)]),
    ),
    body: body[0] === 0x1f && body[1] === 0x8b ? gunzipSync(body) : body,
  };
}

interface Recorder {
  readonly url: string;
  readonly requests: Recorded[];
  /** Resolves when so many calls have come in. */
  readonly heard: (calls: number) => Promise<void>;
}

const callsIn = ({ body }: Recorded): number =>
  (JSON.parse(Buffer.from(body).toString()) as { readonly batch: readonly unknown[] }).batch.length; // both clients send batches

/** A server that answers 200 to everything and remembers it. */
async function recorder(t: ExecutionContext): Promise<Recorder> {
  const requests: Recorded[] = [];
  const server = createServer((message, response) => {
    void recorded(message).then((request) => {
      requests.push(request);
      response.setHeader('content-type', 'application/json');
      response.end('{"success":true}');
      server.emit('recorded');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // a TCP server has one
    requests,
    heard: async (calls) => {
      while (requests.reduce((sum, request) => sum + callsIn(request), 0) < calls)
        await once(server, 'recorded');
    },
  };
}

/** Reads all recorded requests as the gateway would; nothing may be refused or rejected. */
function readAll(t: ExecutionContext, requests: readonly Recorded[]): readonly ReceivedEvent[] {
  return requests.flatMap((it) => {
    const protocol = protocolOf(it.method, it.path);
    if (protocol === undefined) {
      t.fail(`${it.method} ${it.path} is nobody's`);
      return [];
    }
    const opened = protocol.open(request({ ...it, receivedAt: Date.now() }));
    t.deepEqual(opened.hints.writeKeys, ['shop-web']);
    const { events, rejected } = opened.read(context());
    t.deepEqual(rejected, []);
    return events;
  });
}

const NAMES = ['identify', 'purchase', 'page_view', 'screen_view', 'join_group', 'alias'];

function checkEvents(t: ExecutionContext, events: readonly ReceivedEvent[]): void {
  t.deepEqual(events.map((event) => event.name).sort(), [...NAMES].sort());
  for (const event of events) {
    t.truthy(event.messageId);
    t.is(event.ip, null, 'the connection is a server’s');
    t.true(event.occurredAt > Date.now() - 60_000);
    t.true(event.ids.some((id) => id.system === 'site' && id.kind === 'user_id'));
  }
  const purchase = events.find((event) => event.name === 'purchase');
  t.like(purchase, { params: { value: 25, currency: 'EUR' }, items: [{ item_id: 'SKU-1', price: 25 }] });
}

const ORDER = { revenue: 25, currency: 'EUR', order_id: 'ORD-1', products: [{ sku: 'SKU-1', price: 25 }] };

test('@segment/analytics-node', async (t) => {
  const { url, requests, heard } = await recorder(t);
  const client = new Analytics({ writeKey: 'shop-web', host: url, flushAt: 3 });
  const userId = 'acct-7f31';
  client.identify({ userId, traits: { email: 'jan@people.example' } });
  client.track({ userId, event: 'Order Completed', properties: ORDER, timestamp: new Date() });
  client.page({ userId, name: 'Start' });
  client.screen({ userId, name: 'Start' });
  client.group({ userId, groupId: 'g-1', traits: { name: 'Initech' } });
  client.alias({ userId, previousId: 'acct-old' });
  await Promise.all([client.closeAndFlush({ timeout: 5000 }), heard(NAMES.length)]);
  checkEvents(t, readAll(t, requests));
});

for (const gzip of [true, false])
  test(`@rudderstack/rudder-sdk-node, ${gzip ? 'gzip under a form type' : 'plain'}`, async (t) => {
    const { url, requests, heard } = await recorder(t);
    const client = new RudderAnalytics('shop-web', { dataPlaneUrl: url, gzip, flushAt: 2 });
    const userId = 'acct-7f31';
    client.identify({ userId, traits: { email: 'jan@people.example' } });
    client.track({ userId, event: 'Order Completed', properties: ORDER });
    client.page({ userId, name: 'Start' });
    client.screen({ userId, name: 'Start' });
    client.group({ userId, groupId: 'g-1', traits: { name: 'Initech' } });
    client.alias({ userId, previousId: 'acct-old' });
    await Promise.all([client.flush(), heard(NAMES.length)]);
    checkEvents(t, readAll(t, requests));
  });
