// A site, the gateway and a collector, wired up: what the recorder sends, and what is left of it when it arrives.

import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { startGateway } from '../../support/gateway.ts';
import type { Gateway, Routing } from '../../support/gateway.ts';
import type { Text } from './secrets.ts';
import { startCollector, startFront } from './site.ts';
import type { Collector, Front } from './site.ts';

export const PROJECT = 'shoprec001';

/** Nothing but a recorder, for whoever said yes to all that it takes; one tag and one event may leave. */
const routingOf =
  (text: Text, collector: string) =>
  ({ folder, origins, workers = 0 }: Routing): string => `
server: { listen: 127.0.0.1:0, admin: 127.0.0.1:0, allowPrivateEndpoints: true, workers: ${workers} }
store: sqlite:${join(folder, 'sluis.db')}
secrets: [{ id: k1, value: "\${SLUIS_SECRET}" }]
controller: { name: Shop BV, contact: privacy@shop.example }
sites:
  shop: { writeKey: shop-web, origins: ${JSON.stringify(origins)}, tags: [${PROJECT}], cookies: true, sensitive: [/account/**] }
notices:
  - id: '2026-01'
    from: 2020-01-01T00:00:00Z
    discloses: { clarity: [recording, marketing, profiling] }
destinations:
  clarity:
    type: clarity
    project: ${PROJECT}
    upload: https://k.clarity.ms/collect
    clarity: { text: ${text}, tags: [plan], events: [signup] }
    endpoint: "${collector}"
`;

export interface Wire {
  readonly front: Front;
  readonly gateway: Gateway;
  readonly collector: Collector;
}

export async function startWire(t: ExecutionContext, text: Text): Promise<Wire> {
  const [front, collector] = await Promise.all([startFront(t), startCollector(t)]);
  const gateway = await startGateway(t, { origins: [front.origin], routing: routingOf(text, collector.url) });
  front.target = gateway.url;
  return { front, gateway, collector };
}
