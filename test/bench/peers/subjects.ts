// What is compared: how each server is started, which event it is sent, and by which ways its events reach the mock vendor. The
// event is the same purchase everywhere, in the shape that the server's own clients send.

import { resolve } from 'node:path';
import { benchEvent, recordFrom } from '../gateway.ts';
import type { Started } from '../process.ts';
import { portInJson, start } from '../process.ts';
import { MARK } from './ids.ts';
import type { SluisOptions } from './sluis.ts';
import { sluisFolder } from './sluis.ts';
import type { Lane } from './vendor.ts';
import type { WalkerOptions } from './walker.ts';

export interface Running {
  server: Started;
  /** The event of a visitor who agreed, or of one who was never asked. */
  body(permitted: boolean): string;
  /** Deliveries of unknown fate by the server's own account since it started; 0 where it keeps none. */
  uncertain(): Promise<number>;
  /** Kills it, and starts it again on what it left. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

export interface Subject {
  readonly name: string;
  /** By which ways each permitted event should arrive. */
  readonly lanes: readonly Lane[];
  start(vendor: string): Promise<Running>;
}

const CORE = 0;
const ITEM = `${MARK}{{n}}`;
const PRODUCTION = { NODE_ENV: 'production' };

const withItem = (event: string): string => event.replace('"SKU-1"', `"${ITEM}"`);

const segmentEvent = (permitted: boolean): string => {
  const consent = permitted ? '{"consent":{"categoryPreferences":{"analytics":true}},' : '{';
  return withItem(benchEvent(null)).replace('"context":{', `"context":${consent}`);
};

const walkerEvent = (permitted: boolean): string =>
  JSON.stringify({
    name: 'order complete',
    data: { id: 'ord-{{n}}', revenue: 49.9, currency: 'EUR' },
    nested: [
      { entity: 'product', data: { id: ITEM, name: 'Canal boots', price: 49.9, quantity: 1 }, nested: [] },
    ],
    context: { title: ['Thank you', 0] },
    globals: { language: 'nl-NL' },
    user: { device: '{{v}}-4c1a-9d7b-2f1e0c9a8b77', email: 'ada.{{v}}@shop.example' },
    custom: {
      client_id: '{{v}}.1763900001',
      utk: '9f0c1c0a6f2b4d7d8f2a{{v}}',
      fbp: 'fb.1.1763899000123.{{v}}',
    },
    id: 'f00d{{n}}',
    trigger: 'load',
    entity: 'order',
    action: 'complete',
    timestamp: Date.now(),
    timing: 3.14,
    source: {
      type: 'browser',
      platform: 'web',
      url: 'https://shop.example/thanks?utm_source=mail&step=3',
      referrer: 'https://search.example/?q=boots',
    },
    ...(permitted ? { consent: { functional: true, analytics: true } } : {}),
  });

/** A server that keeps nothing outside of its process. */
const plain =
  (file: string, body: (permitted: boolean) => string, argOf?: (vendor: string) => string) =>
  async (vendor: string): Promise<Running> => {
    const begin = (): Promise<Started> =>
      start(
        {
          file: resolve(import.meta.dirname, file),
          args: argOf ? [argOf(vendor)] : [],
          env: PRODUCTION,
          portIn: portInJson,
        },
        CORE,
      );
    return running(await begin(), { begin, body, uncertain: async () => 0, remove: () => undefined });
  };

interface Parts {
  readonly begin: () => Promise<Started>;
  readonly body: (permitted: boolean) => string;
  readonly uncertain: () => Promise<number>;
  readonly remove: () => void;
}

function running(server: Started, { begin, body, uncertain, remove }: Parts): Running {
  let alive = true;
  const self: Running = {
    server,
    body,
    uncertain,
    async crash() {
      process.kill(self.server.pid, 'SIGKILL');
      alive = false;
      await self.server.stop();
      self.server = await begin();
      alive = true;
    },
    async stop() {
      if (alive) await self.server.stop();
      remove();
    },
  };
  return self;
}

const sluis = (name: string, options: SluisOptions): Subject => ({
  name,
  lanes: options.ga4 ? ['webhook', 'ga4'] : ['webhook'],
  async start(vendor) {
    const folder = sluisFolder(vendor, options);
    const server = await folder.start();
    const record = await recordFrom(server.port, ['analytics']);
    const body = (permitted: boolean): string => withItem(benchEvent(permitted ? record : null));
    return running(server, { ...folder, begin: folder.start, body });
  },
});

const walker = (name: string, options: Omit<WalkerOptions, 'url'>): Subject => ({
  name,
  lanes: ['webhook'],
  start: plain('walker.ts', walkerEvent, (vendor) => JSON.stringify({ ...options, url: `${vendor}/events` })),
});

export const BARE: Subject = {
  name: 'bare Koa + router',
  lanes: [],
  start: plain('../bareKoa.ts', (permitted) =>
    withItem(benchEvent(permitted ? 'v1.'.padEnd(220, 'r') : null)),
  ),
};
export const SLUIS = sluis('Sluis', { ga4: true });
export const SLUIS_ONE = sluis('Sluis, webhook alone', { ga4: false });
export const SLUIS_RESEND = sluis('Sluis, onUncertain: resend', { ga4: true, onUncertain: 'resend' });
export const WALKER = walker('walkerOS', {});
export const WALKER_SETTLED = walker('walkerOS, answers when settled', { settled: true });
export const WALKER_BOUNDED = walker('walkerOS, queueMax 1', { queueMax: 1 });
export const WALKER_GATED = walker('walkerOS, consent at the source', { gate: true });
export const SEGMENT: Subject = {
  name: 'route + @segment/analytics-node',
  lanes: ['webhook'],
  start: plain('segment.ts', segmentEvent, (vendor) => vendor),
};
