// An end that takes a while, because a vendor does: the door closes at once, and who asks the admin listener is told why.

import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import test from 'ava';
import { chooseConsent, shopRouting, startGateway, until } from '../support/gateway.ts';

test('while requests to vendors end, the admin listener says that the gateway stops', async (t) => {
  const held: ServerResponse[] = [];
  const vendor = createServer((_, response) => void held.push(response)).listen(0, '127.0.0.1');
  await once(vendor, 'listening');
  t.teardown(() => void vendor.close());
  const { port } = vendor.address() as AddressInfo; // a TCP server has one
  const gateway = await startGateway(t, {
    routing: (routing) =>
      shopRouting({ ...routing, endpoints: { ...routing.endpoints, http: `http://127.0.0.1:${port}/` } }),
  });
  const record = await chooseConsent(gateway.url, { analytics: true });
  const context = { consent: { record }, page: { url: 'https://shop.example/' } };
  const sent = await fetch(`${gateway.url}/v1/track`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: 'https://shop.example' },
    body: JSON.stringify({ writeKey: 'shop-web', event: 'Signed Up', anonymousId: 'visitor-1', context }),
  });
  t.is(sent.status, 200);
  await until('a request at the vendor', () => held.length === 1);

  const ready = async () => (await fetch(`${gateway.admin}/readyz`)).json();
  t.deepEqual(await ready(), { ready: true, reasons: [] });
  const stopped = gateway.stop();
  await t.throwsAsync(fetch(`${gateway.url}/readyz`), undefined, 'a closed door');
  await until('the reason', async () => JSON.stringify(await ready()).includes('"stopping"'));
  const metrics = await (await fetch(`${gateway.admin}/metrics`)).text();
  t.regex(metrics, /^sluis_ready 0$/m);
  held[0]?.end('{}');
  await stopped;
  await t.throwsAsync(ready);
});
