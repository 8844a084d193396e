// The whole gateway for a test: started in this process on free ports and a folder of its own, with vendor stand-ins that
// judge what reaches them. Everything is stopped and removed when the test ends.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { startApp } from '../../src/app.ts';
import type { App } from '../../src/app.ts';
import type { ShownDecision } from '../../src/console/view.ts';
import { startStandIns } from '../../src/trial/standIns.ts';
import type { SeenRequest, StandIns } from '../../src/trial/standIns.ts';

export const WRITE_KEY = 'shop-web';
export const SERVER_KEY = 'shop-server-key-of-its-own';

export interface Gateway {
  /** Addresses of the two listeners, without a slash at the end. */
  readonly url: string;
  readonly admin: string;
  /** Holds the routing file and the store. */
  readonly folder: string;
  readonly config: string;
  readonly app: App;
  /** What the stand-ins got so far, oldest first; of one vendor if named. */
  seen(vendor?: string): readonly SeenRequest[];
  /** What the console shows, newest first. */
  decisions(): Promise<readonly ShownDecision[]>;
  stop(): Promise<void>;
}

/** A folder that is gone after the test. */
export function temporaryFolder(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluis-test-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Waits until the condition holds, looking often; throws after the deadline and says what it waited for. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  deadlineMs = 10_000,
): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`waited ${deadlineMs} ms for: ${what}`);
    await pause(15);
  }
}

/** Stand-ins that keep everything they get. */
export async function standInsFor(t: ExecutionContext): Promise<StandIns> {
  const standIns = await startStandIns({ now: () => Date.now(), record: true });
  t.teardown(() => standIns.close());
  return standIns;
}

export interface Routing {
  readonly folder: string;
  /** Address of each vendor's stand-in. */
  readonly endpoints: Readonly<Record<string, string>>;
  readonly origins: readonly string[];
  /** Default: 0. */
  readonly workers?: number;
}

/** A shop with every kind of destination, whose one notice discloses what each asks for. */
export const shopRouting = ({ folder, endpoints, origins, workers = 0 }: Routing): string => `
server: { listen: 127.0.0.1:0, admin: 127.0.0.1:0, allowPrivateEndpoints: true, workers: ${workers} }
store: sqlite:${join(folder, 'sluis.db')}
secrets: [{ id: k1, value: "\${SLUIS_SECRET}" }]
controller: { name: Shop BV, contact: privacy@shop.example }
sites:
  shop:
    writeKey: ${WRITE_KEY}
    serverKeys: ["\${SHOP_SERVER_KEY}"]
    origins: ${JSON.stringify(origins)}
    tags: [G-TEST00001]
    cookies: true
    sensitive: [/account/**]
notices:
  - id: '2026-01'
    from: 2020-01-01T00:00:00Z
    discloses:
      ga4: [analytics, marketing]
      hubspot: { purposes: [marketing, profiling], data: [utk, email], country: US }
      meta: { purposes: [marketing, audience_matching], data: [fbp, email], country: US }
      webhook: [analytics]
destinations:
  ga4: { type: ga4, measurementId: G-TEST00001, apiSecret: "\${VENDOR_SECRET}", endpoint: "${endpoints['ga4']}" }
  hubspot:
    type: hubspot
    portalId: '1000001'
    accessToken: "\${VENDOR_SECRET}"
    ids: { utk: keep }
    person: [email]
    endpoint: "${endpoints['hubspot']}"
  meta:
    type: meta
    pixelId: '1000000000000001'
    accessToken: "\${VENDOR_SECRET}"
    ids: { fbp: keep }
    person: [email]
    endpoint: "${endpoints['meta']}"
  webhook:
    type: http
    url: https://hooks.shop.example/events
    secret: "\${VENDOR_SECRET}"
    requires: [analytics]
    endpoint: "${endpoints['http']}"
`;

export const TEST_ENV: Readonly<Record<string, string>> = {
  SLUIS_SECRET: 'a secret for tests, of more than thirty-two characters',
  SHOP_SERVER_KEY: SERVER_KEY,
  VENDOR_SECRET: 'made-up-vendor-secret',
};

export interface GatewayOptions {
  readonly origins?: readonly string[];
  readonly workers?: number;
  /** The routing file; default: the shop. */
  readonly routing?: (routing: Routing) => string;
}

/** Starts stand-ins and gateway, ready for events. */
export async function startGateway(t: ExecutionContext, options: GatewayOptions = {}): Promise<Gateway> {
  const folder = temporaryFolder(t);
  const standIns = await standInsFor(t);
  const config = join(folder, 'gateway.yaml');
  const routing = options.routing ?? shopRouting;
  const { origins = ['https://shop.example'], workers = 0 } = options;
  writeFileSync(config, routing({ folder, endpoints: standIns.endpoints, origins, workers }));
  const told: string[] = [];
  const app = await startApp({
    config,
    env: TEST_ENV,
    trial: null,
    logLevel: 'silent',
    tell: (message) => void told.push(message),
  }).catch((error: unknown) => {
    throw new Error(told.join('\n'), { cause: error });
  });
  let stopping: Promise<void> | null = null;
  const stop = (): Promise<void> => (stopping ??= app.stop());
  t.teardown(stop);
  const admin = `http://127.0.0.1:${app.adminPort}`;
  return {
    url: `http://127.0.0.1:${app.publicPort}`,
    admin,
    folder,
    config,
    app,
    seen: (vendor) => standIns.seen().filter((each) => vendor === undefined || each.vendor === vendor),
    async decisions() {
      const response = await fetch(`${admin}/api/decisions`);
      return ((await response.json()) as { readonly decisions: readonly ShownDecision[] }).decisions; // as it answers
    },
    stop,
  };
}

/** Chooses as a visitor of the site would, and returns the signed record. */
export async function chooseConsent(
  url: string,
  purposes: Readonly<Record<string, boolean>>,
  origin = 'https://shop.example',
): Promise<string> {
  const response = await fetch(`${url}/v1/consent`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', origin },
    body: JSON.stringify({ purposes }),
  });
  const answer = (await response.json()) as { readonly record: string }; // as it answers
  if (!response.ok) throw new Error(`PUT /v1/consent answered ${response.status}`);
  return answer.record;
}
