// The real intake protocols behind the real listener, as their clients speak to them.

import { gzipSync } from 'node:zlib';
import test from 'ava';
import { INTAKE_PROTOCOLS } from '../../src/intake/index.ts';
import { ask, stage, start } from './fixture.ts';
import type { Stage } from './fixture.ts';

const SHOP = 'https://shop.example';
const basic = (key: string): string => `Basic ${Buffer.from(`${key}:`).toString('base64')}`;
const real = (): Stage => stage({ protocols: INTAKE_PROTOCOLS });
const track = (over = {}): string =>
  JSON.stringify({
    type: 'track',
    event: 'Order Completed',
    anonymousId: 'anonymous-1',
    messageId: 'm1',
    ...over,
  });

test('a browser call: text/plain, Basic key, cross-origin', async (t) => {
  const { ports, accepted } = real();
  const reply = await ask(await start(t, ports), {
    method: 'POST',
    path: '/v1/t',
    headers: {
      origin: SHOP,
      authorization: basic('shop-web'),
      'content-type': 'text/plain',
      cookie: '_ga=GA1.1.11.22',
    },
    body: track(),
  });
  t.is(reply.status, 200);
  t.like(reply.json(), { success: true });
  t.is(reply.headers['access-control-allow-origin'], SHOP);
  t.like(accepted[0], { site: 'shop', intake: 'segment', name: 'purchase' });
  t.true(
    accepted[0]?.ids.some(
      ({ system, kind, value }) => `${system}.${kind}` === 'ga.client_id' && value === '11.22',
    ),
  );
});

test('a server batch: gzip under a form type, one bad call in it', async (t) => {
  const { ports, accepted, counted } = real();
  const batch = [JSON.parse(track()), { type: 'track', anonymousId: 'anonymous-1' }];
  const reply = await ask(await start(t, ports), {
    method: 'POST',
    path: '/v1/batch',
    headers: {
      authorization: basic('shop-server-key'),
      'content-type': 'application/x-www-form-urlencoded',
      'content-encoding': 'gzip',
    },
    body: gzipSync(JSON.stringify({ batch })),
  });
  t.is(reply.status, 200);
  t.like(reply.json(), { success: true, accepted: 1, rejected: [{ index: 1, code: 'invalid_event' }] });
  t.true(accepted[0]?.consent.fromServer);
  t.deepEqual(counted.slice(0, 2), ['received(shop,segment) 2', 'rejected(shop,segment,invalid_event) 1']);
});

test('a single bad call is refused', async (t) => {
  const { ports } = real();
  const reply = await ask(await start(t, ports), {
    method: 'POST',
    path: '/v1/track',
    headers: { authorization: basic('shop-web') },
    body: JSON.stringify({ anonymousId: 'anonymous-1' }),
  });
  t.is(reply.status, 400);
  t.is(reply.json()['code'], 'invalid_event');
});

test('a beacon: key in the query, no preflight', async (t) => {
  const { ports, accepted } = real();
  const reply = await ask(await start(t, ports), {
    method: 'POST',
    path: '/beacon/v1/batch?writeKey=shop-web',
    headers: { origin: SHOP, 'content-type': 'text/plain' },
    body: JSON.stringify({ batch: [JSON.parse(track())] }),
  });
  t.is(reply.status, 200);
  t.is(accepted.length, 1);
});

test('gtag: site by its tag id, consent cookies beside, nothing in the answer', async (t) => {
  const { ports, accepted } = real();
  const reply = await ask(await start(t, ports), {
    path: '/g/collect?v=2&tid=G-ABC123&cid=11.22&en=page_view&dl=https%3A%2F%2Fshop.example%2F',
    headers: { referer: `${SHOP}/`, 'sec-fetch-site': 'cross-site', cookie: 'cc_cookie=x' },
  });
  t.is(reply.status, 204);
  t.is(reply.text, '');
  t.like(accepted[0], { site: 'shop', name: 'page_view', consent: { fromServer: false } });
  t.deepEqual({ ...accepted[0]?.consent.cookies }, { cc_cookie: ['x'] });
});

test('Measurement Protocol: the secret is the write key', async (t) => {
  const { ports, accepted } = real();
  const port = await start(t, ports);
  const body = JSON.stringify({ client_id: '11.22', events: [{ name: 'purchase', params: {} }] });
  const path = '/mp/collect?measurement_id=G-ABC123&api_secret=';
  t.is((await ask(port, { method: 'POST', path: `${path}shop-web`, body })).status < 300, true);
  t.is((await ask(port, { method: 'POST', path: `${path}wrong`, body })).status, 401);
  t.is(accepted.length, 1);
});

test('documents that clients ask for first', async (t) => {
  const { ports } = real();
  const port = await start(t, ports);
  const settings = await ask(port, { path: '/v1/projects/shop-web/settings', headers: { origin: SHOP } });
  t.is(settings.status, 200);
  t.truthy(settings.json()['integrations']);
  const source = await ask(port, {
    path: '/sourceConfig/?p=npm&v=1&writeKey=shop-web',
    headers: { origin: SHOP, authorization: basic('shop-web') },
  });
  t.is(source.status, 200);
  t.truthy(source.json()['source']);
});

test('every intake path answers a preflight', async (t) => {
  const { ports } = real();
  const port = await start(t, ports);
  const headers = { origin: SHOP, 'access-control-request-method': 'POST' };
  const routes = INTAKE_PROTOCOLS.flatMap((protocol) => [
    ...protocol.routes,
    ...protocol.documents.map(({ route }) => route),
  ]);
  for (const { path } of routes) {
    const reply = await ask(port, { method: 'OPTIONS', path: path.replaceAll(/:\w+/g, 'x'), headers });
    t.is(reply.status, 204, path);
    t.is(reply.headers['access-control-allow-origin'], SHOP, path);
  }
});
