// The gateway with workers is the gateway: a website, a vendor and ops see the same whether one thread takes events or several.

import { writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { startApp } from '../../src/app.ts';
import type { SeenRequest } from '../../src/trial/standIns.ts';
import { settled } from '../e2e/delivered.ts';
import { ask } from '../http/fixture.ts';
import type { Ask, Reply } from '../http/fixture.ts';
import {
  chooseConsent,
  shopRouting,
  startGateway,
  temporaryFolder,
  TEST_ENV,
  until,
  WRITE_KEY,
} from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { body, change, CONNECTIONS, counted, named, ORIGIN, track, waiting } from './asks.ts';

/** Worker threads that this one has begun and that are there still. */
const threads = (): readonly string[] => process.getActiveResourcesInfo().filter((name) => name === 'Worker');

/** What a website may send, good and bad. */
const requests = (record: string): readonly Ask[] => [
  { path: '/healthz' },
  { path: '/readyz' },
  { path: '/nowhere' },
  { path: '/v1/track' },
  {
    path: '/v1/track',
    method: 'OPTIONS',
    headers: { origin: ORIGIN, 'access-control-request-method': 'POST' },
  },
  { path: '/v1/track', method: 'HEAD' },
  track('plain', { record }),
  track('plain', { record }),
  track('unasked', {}),
  { ...track('stranger', { record }), headers: { origin: 'https://elsewhere.example' } },
  { ...track('broken', {}), body: '{"type":' },
  track('large', { event: 'x'.repeat(70_000) }),
  {
    ...track('', {}),
    path: '/v1/batch',
    body: JSON.stringify({
      writeKey: WRITE_KEY,
      batch: [
        body('b1', { record }),
        body('b2', { record, visitor: 'bob' }),
        body('b1', { record }),
        { type: 'track' },
      ],
    }),
  },
  {
    path: `/g/collect?v=2&tid=G-TEST00001&cid=1837402915.1763900001&en=page_view&gcs=G111&dl=https%3A%2F%2Fshop.example%2F`,
    method: 'POST',
    headers: { origin: ORIGIN },
  },
  { path: `/v1/projects/${WRITE_KEY}/settings` },
  { path: '/v1/consent', headers: { authorization: `Bearer ${record}` } },
  { path: '/v1/consent', method: 'PUT', headers: { origin: ORIGIN }, body: '{}' },
  change('PUT', record, { nonsense: true }),
  change('DELETE', record),
  track('after', { record }),
];

const seen = ({ status, headers, text }: Reply) => {
  const { date: _date, ...rest } = headers;
  return { status, headers: rest, text };
};

/** What a request told a vendor, event by event: which of them ride together is a matter of the moment. */
function eventsIn({ vendor, method, url, body: sent, status }: SeenRequest): readonly string[] {
  const told = JSON.parse(sent) as {
    readonly events?: readonly unknown[];
    readonly data?: readonly unknown[];
  }; // as ours write it
  const events = (vendor === 'http' ? told.events : told.data) ?? [told];
  return events.map((event) => JSON.stringify({ vendor, method, url, event, status }));
}

/** Everything that is seen of a gateway that gets these requests, one after the other. */
async function account(t: ExecutionContext, workers: number, record: string | null) {
  const gateway = await startGateway(t, { workers });
  const own = record ?? (await chooseConsent(gateway.url, { analytics: true, marketing: true }));
  const replies: unknown[] = [];
  for (const each of requests(own)) replies.push(seen(await ask(gateway.app.publicPort, named(each))));
  await settled(t, gateway);
  const decisions = (await gateway.decisions()).map(({ at: _at, ...rest }) => JSON.stringify(rest));
  return {
    record: own,
    replies,
    vendors: gateway.seen().flatMap(eventsIn).sort(),
    decisions: decisions.sort(),
    counted: (await counted(gateway)).map((line) => line.replace('} 1.0', '} 1')),
  };
}

test.serial('a website, a vendor and ops see the same with none, one and two', async (t) => {
  const alone = await account(t, 0, null);
  t.true(alone.vendors.length > 2 && alone.decisions.length > 20 && alone.counted.length > 10);
  for (const workers of [1, 2]) {
    const { record: _record, ...same } = await account(t, workers, alone.record);
    t.deepEqual({ ...same, record: alone.record }, alone, `${workers} workers`);
  }
});

/** A request whose body is asked for: somebody has taken it, and waits for the rest. */
async function begun(gateway: Gateway, record: string, index: number) {
  const { body: sent = '', ...head } = named(track(`m-${index}`, { record }));
  const call = httpRequest({
    host: '127.0.0.1',
    port: gateway.app.publicPort,
    agent: false,
    method: 'POST',
    path: head.path,
    headers: { ...head.headers, expect: '100-continue', 'content-length': sent.length },
  });
  const answer = once(call, 'response').then(
    ([response]: IncomingMessage[]) => response?.resume().statusCode,
  );
  call.flushHeaders();
  await once(call, 'continue');
  return { end: () => void call.end(sent), answer };
}

test.serial('asked to stop, they answer what is under way and are gone', async (t) => {
  const gateway = await startGateway(t, { workers: 2, routing: waiting });
  const record = await chooseConsent(gateway.url, { analytics: true });
  const { workers } = gateway.app;
  const calls = await Promise.all(
    Array.from({ length: CONNECTIONS }, (_, index) => begun(gateway, record, index)),
  );
  const stopped = gateway.stop();
  await until('closed doors', async () => {
    const refused = await fetch(`${gateway.url}/healthz`).catch(() => null);
    return refused === null;
  });
  for (const { end } of calls) end();
  t.deepEqual(
    await Promise.all(calls.map(({ answer }) => answer)),
    calls.map(() => 200),
  );
  await stopped;
  t.deepEqual(await Promise.all(workers.map(({ ended }) => ended)), [null, null]);
  t.deepEqual(threads(), []);
});

test.serial(
  'an address that is taken is refused, also where it could be shared, and nothing stays behind',
  async (t) => {
    const folder = temporaryFolder(t);
    const config = join(folder, 'gateway.yaml');
    for (const reusePort of [false, true]) {
      const other = createServer().listen({ port: 0, host: '127.0.0.1', reusePort });
      t.teardown(() => other.close());
      await once(other, 'listening');
      const { port } = other.address() as AddressInfo; // a TCP server has one
      const text = shopRouting({ folder, endpoints: {}, origins: [ORIGIN], workers: 2 });
      writeFileSync(
        config,
        text
          .replaceAll('"undefined"', '"http://127.0.0.1:9"')
          .replace('listen: 127.0.0.1:0', `listen: 127.0.0.1:${port}`),
      );
      const options = {
        config,
        env: TEST_ENV,
        trial: null,
        logLevel: 'silent' as const,
        tell: () => undefined,
      };
      await t.throwsAsync(startApp(options), { code: 'address_unavailable' });
    }
    t.deepEqual(threads(), []);
  },
);
