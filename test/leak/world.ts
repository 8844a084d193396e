// One world: a random routing file, the gateway as a process of its own on it, a stand-in for every vendor, and visitors whose
// canaries are let loose. What leaves, rests and is printed is held against the oracle.

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { explainContext } from '../../src/app.ts';
import { loadText } from '../../src/config/file.ts';
import type { Snapshot } from '../../src/core/config.ts';
import { visitorCanaries, withShared } from './canaries.ts';
import type { Canary } from './canaries.ts';
import { randomConsent } from './consents.ts';
import type { ConsentModel } from './consents.ts';
import type { World } from './oracle.ts';
import { chooseKinds } from './planting.ts';
import type { PlantedEvent, PlantedRequest, Protocol } from './planting.ts';
import { plantedRequest } from './protocols.ts';
import { Draw } from './random.ts';
import { randomRouting, routingText, SECRET, SERVER_KEY } from './routing.ts';
import type { RoutingModel, SiteModel } from './routing.ts';
import { startVendors } from './vendors.ts';
import type { Vendors } from './vendors.ts';

export const ENV: Readonly<Record<string, string>> = {
  SLUIS_SECRET: 'a secret for tests, of more than thirty-two characters',
  SHOP_SERVER_KEY: SERVER_KEY,
  VENDOR_SECRET: SECRET,
};
const MAIN = resolve(import.meta.dirname, '../../src/main.ts');

export interface Visitor {
  readonly site: SiteModel;
  readonly protocol: Protocol;
  readonly consent: ConsentModel;
  readonly canaries: readonly Canary[];
  readonly world: World;
  readonly tidy: boolean;
  readonly requests: readonly PlantedRequest[];
  readonly events: readonly PlantedEvent[];
}

export interface Running {
  readonly routing: RoutingModel;
  readonly text: string;
  readonly snapshot: Snapshot;
  readonly vendors: Vendors;
  readonly folder: string;
  readonly url: string;
  readonly admin: string;
  /** All it printed so far. */
  printed(): string;
  /** Waits until nothing is pending. */
  drained(): Promise<void>;
  send(planted: PlantedRequest): Promise<{ status: number; body: string }>;
  ask(path: string): Promise<string>;
  /** Every byte of the store, as Latin-1. */
  stored(): string;
  /** Ends the gateway in order; files stay until `remove`. */
  stop(): Promise<void>;
  remove(): void;
}

/** Draws routing files until one is free of errors. */
export function drawRouting(draw: Draw, now: number): RoutingModel {
  for (;;) {
    const model = randomRouting(draw, now);
    const text = routingText(model, { store: 'memory:', endpoints: {} });
    if (model.destinations.length >= 3 && loadText('gateway.yaml', text, { env: ENV }).ok) return model;
  }
}

async function addressesOf(child: ChildProcess, printed: string[]): Promise<{ url: string; admin: string }> {
  return new Promise((found, failed) => {
    const listen = (chunk: Buffer): void => {
      printed.push(chunk.toString('utf8'));
      const ports = /events on port (\d+), console and metrics on port (\d+)/.exec(printed.join(''));
      if (ports !== null)
        found({ url: `http://127.0.0.1:${ports[1]}`, admin: `http://127.0.0.1:${ports[2]}` });
    };
    child.stdout?.on('data', listen);
    child.stderr?.on('data', listen);
    child.once('exit', () =>
      failed(new Error(`the gateway does not start: ${printed.join('').slice(-2000)}`)),
    );
  });
}

interface Stats {
  readonly store: { readonly destinations: Readonly<Record<string, { readonly pending: number }>> };
}

export async function startWorld(routing: RoutingModel): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'sluis-leak-'));
  const vendors = await startVendors(routing.destinations);
  const text = routingText(routing, {
    store: `sqlite:${join(folder, 'sluis.db')}`,
    endpoints: vendors.endpoints,
  });
  const config = join(folder, 'gateway.yaml');
  writeFileSync(config, text);
  const loaded = loadText(config, text, { env: ENV });
  if (!loaded.ok) throw new Error('the routing file has errors');
  const child = spawn(process.execPath, [MAIN, 'serve', '--config', config, '--log-level', 'debug'], {
    env: { PATH: process.env['PATH'] ?? '', ...ENV },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const printed: string[] = [];
  const { url, admin } = await addressesOf(child, printed);
  const agent = new Agent({ connections: 8 });
  const ask = async (path: string): Promise<string> =>
    (await request(`${admin}${path}`, { dispatcher: agent })).body.text();
  return {
    routing,
    text,
    snapshot: loaded.snapshot,
    vendors,
    folder,
    url,
    admin,
    printed: () => printed.join(''),
    ask,
    async send(planted) {
      const answer = await request(
        `${url}${planted.path}${planted.query === '' ? '' : `?${planted.query}`}`,
        {
          method: planted.method,
          headers: planted.method === 'GET' ? withoutType(planted.headers) : { ...planted.headers },
          ...(planted.method === 'GET' ? {} : { body: planted.body }),
          dispatcher: agent,
        },
      );
      return {
        status: answer.statusCode,
        body: `${JSON.stringify(answer.headers)}${await answer.body.text()}`,
      };
    },
    async drained() {
      for (const end = performance.now() + 30_000; ; await pause(20)) {
        const { store } = JSON.parse(await ask('/api/stats')) as Stats; // as it answers
        if (Object.values(store.destinations).every(({ pending }) => pending === 0)) return;
        if (performance.now() > end) throw new Error('deliveries do not end');
      }
    },
    stored: () =>
      readdirSync(folder)
        .filter((name) => name.startsWith('sluis.db'))
        .map((name) => readFileSync(join(folder, name)).toString('latin1'))
        .join('\n'),
    async stop() {
      child.removeAllListeners('exit');
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
      await agent.close();
      await vendors.close();
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

const withoutType = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'content-type'));

/** A visitor with a consent of their own and one to four events. */
export function drawVisitor(
  draw: Draw,
  running: Pick<Running, 'routing' | 'snapshot'>,
  now: number,
): Visitor {
  const { routing, snapshot } = running;
  const protocol = draw.pick(['segment', 'segment', 'segment', 'gtag', 'mp'] as const);
  const clinic = protocol === 'segment' && draw.chance(0.12);
  const site = routing.sites[clinic ? 1 : 0] as SiteModel; // there are two
  const fromServer = !clinic && protocol !== 'gtag' && draw.chance(0.15);
  const { records } = explainContext(snapshot);
  const consent = randomConsent(draw, {
    routing,
    site,
    now,
    native: protocol === 'segment',
    fromServer,
    issue: (record) => records.issue(record),
  });
  const shares = protocol === 'segment' && draw.chance(0.15);
  const canaries = shares ? withShared(visitorCanaries(draw, now)) : visitorCanaries(draw, now);
  const tidy = draw.chance(0.25);
  const sender = {
    draw,
    protocol,
    site,
    fromServer,
    now,
    canaries,
    consent: consent.parts,
    tidy,
    chosen: new Set([
      ...chooseKinds(draw, canaries),
      ...canaries.filter(({ shared }) => shared).map(({ kind }) => kind),
    ]),
  };
  const sent = Array.from({ length: draw.pick([1, 1, 2]) }, () =>
    plantedRequest(sender, draw.pick([1, 1, 1, 2, 3])),
  );
  return {
    site,
    protocol,
    consent,
    canaries,
    world: { routing, site, consent },
    tidy,
    requests: sent.map((each) => each.request),
    events: sent.flatMap((each) => each.events),
  };
}
