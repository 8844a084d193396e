// The gateway as the benchmarks run it: SQLite in a temporary folder, four destinations, every rule on.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Started } from './process.ts';
import { start } from './process.ts';

export interface BenchGateway extends Started {
  readonly folder: string;
  /** A consent record that grants everything, as the page would send it. */
  record(): Promise<string>;
}

export const MAIN = resolve(import.meta.dirname, '../../src/main.ts');
const PURPOSES = ['analytics', 'marketing', 'profiling', 'audience_matching'] as const;
const DISCLOSED = `purposes: [${PURPOSES.join(', ')}], data: [client_id, utk, fbp, email]`;

/** Vendors at a port where nobody listens: the breaker opens and deliveries wait, so that only accepting is measured. */
export const NOBODY = 'http://127.0.0.1:9';

export const BENCH_ENV = {
  BENCH_SECRET: 'a benchmark secret of at least 32 characters',
  // As image and unit of deploy/ start it.
  NODE_OPTIONS: '--v8-pool-size=0 --max-semi-space-size=64',
};
/** As a routing file names it. */
export const secret = '"${BENCH_SECRET}"';
const NAMED: readonly ((vendors: string) => string)[] = [
  (vendors) => `ga4: { type: ga4, measurementId: G-BENCH0001, apiSecret: ${secret}, endpoint: "${vendors}" }`,
  (vendors) =>
    `hubspot: { type: hubspot, portalId: "1000001", accessToken: ${secret}, ids: { utk: keep }, person: [email], links: [ga], endpoint: "${vendors}" }`,
  (vendors) =>
    `meta: { type: meta, pixelId: "1000000000000001", accessToken: ${secret}, ids: { fbp: keep }, person: [email], endpoint: "${vendors}" }`,
];
/** A webhook as it stands in the routing file. */
export const configuredWebhook = (name: string, vendors: string): string =>
  `${name}: { type: http, url: "${vendors}/events", secret: ${secret}, requires: [analytics] }`;

/** The first so many of GA4, HubSpot, Meta, and then webhooks. */
export const destinationsOf = (vendors: string, count: number): readonly string[] =>
  Array.from(
    { length: count },
    (_, at) => NAMED[at]?.(vendors) ?? configuredWebhook(`webhook${at}`, vendors),
  );

export const benchConfig = (vendors: string, store: string, count = 4): string =>
  configOf(destinationsOf(vendors, count), store);

/** The routing file for destinations as they stand in it. */
export function configOf(destinations: readonly string[], store: string, workers = 0): string {
  const disclosed = destinations.map((each) => `${each.slice(0, each.indexOf(':'))}: { ${DISCLOSED} }`);
  return `
server: { listen: 127.0.0.1:0, admin: 127.0.0.1:0, allowPrivateEndpoints: true, workers: ${workers}, limits: { ratePerSecond: 0 } }
store: ${JSON.stringify(store)}
secrets: [{ id: k1, value: ${secret} }]
sites:
  shop:
    writeKey: shop-web
    origins: ["https://shop.example"]
    cookies: true
    consent: [record, tcf]
    sensitive: ["/health/**"]
notices:
  - id: "2026-01"
    from: 2026-01-01T00:00:00+01:00
    discloses:
      ${disclosed.join('\n      ')}
    ${destinations.some((each) => each.startsWith('hubspot:')) ? 'links: [{ from: ga, to: hubspot, aim: a, consequences: c }]' : ''}
destinations:
  ${destinations.join('\n  ')}
`;
}

/** An event of about 900 bytes: a purchase with page, ids and consent. Ids and address are those of its visitor. */
export const benchEvent = (record: string | null): string =>
  JSON.stringify({
    type: 'track',
    event: 'Order Completed',
    anonymousId: '{{v}}-4c1a-9d7b-2f1e0c9a8b77',
    messageId: 'ajs-next-{{n}}',
    timestamp: new Date().toISOString(),
    writeKey: 'shop-web',
    properties: {
      order_id: 'ord-{{n}}',
      revenue: 49.9,
      currency: 'EUR',
      products: [{ product_id: 'SKU-1', name: 'Canal boots', price: 49.9, quantity: 1 }],
    },
    context: {
      page: {
        url: 'https://shop.example/thanks?utm_source=mail&step=3',
        title: 'Thank you',
        referrer: 'https://search.example/?q=boots',
      },
      locale: 'nl-NL',
      traits: { email: 'ada.{{v}}@shop.example' },
      ids: {
        'ga.client_id': '{{v}}.1763900001',
        'hubspot.utk': '9f0c1c0a6f2b4d7d8f2a{{v}}',
        'meta.fbp': 'fb.1.1763899000123.{{v}}',
      },
      ...(record === null ? {} : { consent: { record } }),
    },
  });

const portIn = (line: string): number | null =>
  Number(/events on port (\d+)/.exec(line)?.[1] ?? Number.NaN) || null;

/** A consent record that grants these purposes, as a page would get it. */
export async function recordFrom(port: number, purposes: readonly string[]): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/consent`, {
    method: 'PUT',
    headers: { origin: 'https://shop.example', 'content-type': 'application/json' },
    body: JSON.stringify({ purposes: Object.fromEntries(purposes.map((purpose) => [purpose, true])) }),
  });
  const { record } = (await response.json()) as { record: string }; // the gateway's own answer
  return record;
}

/** Starts it pinned to a core. */
export const startGateway = (core: number, vendors = NOBODY, destinations = 4): Promise<BenchGateway> =>
  startGatewayWith(destinationsOf(vendors, destinations), core);

/** The same for destinations as they stand in the routing file, over a store that may be prepared before. */
export async function startGatewayWith(
  destinations: readonly string[],
  core: number | string,
  prepare: (store: string) => Promise<void> = () => Promise.resolve(),
  workers = 0,
): Promise<BenchGateway> {
  const folder = mkdtempSync(join(tmpdir(), 'sluis-bench-'));
  // Not beside the store, as in production: the gateway is told of every write to a file beside its routing file.
  const config = join(folder, 'config', 'gateway.yaml');
  mkdirSync(join(folder, 'config'));
  const store = `sqlite:${join(folder, 'sluis.db')}`;
  writeFileSync(config, configOf(destinations, store, workers));
  await prepare(store);
  const options = {
    file: MAIN,
    args: ['serve', '--config', config, '--log-level', 'error'],
    env: BENCH_ENV,
    portIn,
  };
  const started = await start(options, core);
  return {
    ...started,
    folder,
    record: () => recordFrom(started.port, PURPOSES),
    async stop() {
      await started.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
