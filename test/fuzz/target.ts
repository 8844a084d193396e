// The gateway under fire: a process of its own with every rule on, four destinations and a store on disk, whose memory can be
// asked for after a full collection.

import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { SeenRequest } from '../../src/trial/standIns.ts';
import type { Life } from '../crash/life.ts';
import { startLife } from '../crash/life.ts';
import {
  chooseConsent,
  shopRouting,
  standInsFor,
  temporaryFolder,
  TEST_ENV,
  until,
} from '../support/gateway.ts';
import type { Ports } from './campaign.ts';

export interface Target {
  readonly life: Life;
  readonly ports: Ports;
  /** A signed record that grants what the four destinations ask. */
  readonly record: string;
  seen(): readonly SeenRequest[];
}

const portOf = (url: string): number => Number(new URL(url).port);

export async function startTarget(t: ExecutionContext): Promise<Target> {
  const folder = temporaryFolder(t);
  const standIns = await standInsFor(t);
  const config = join(folder, 'gateway.yaml');
  writeFileSync(
    config,
    shopRouting({ folder, endpoints: standIns.endpoints, origins: ['https://shop.example'] }),
  );
  const life = await startLife(t, { config, env: { ...TEST_ENV, NODE_OPTIONS: '--inspect=127.0.0.1:0' } });
  const record = await chooseConsent(life.url, {
    analytics: true,
    marketing: true,
    profiling: true,
    audience_matching: true,
  });
  return {
    life,
    ports: { public: portOf(life.url), admin: portOf(life.admin) },
    record,
    seen: () => standIns.seen(),
  };
}

/** A good event; the mark stands in `value`. */
export const goodEvent = (record: string, mark: number): string =>
  JSON.stringify({
    writeKey: 'shop-web',
    event: 'Order Completed',
    anonymousId: `visitor-${mark}`,
    messageId: `good-${mark}`,
    properties: { revenue: mark, currency: 'EUR' },
    context: { consent: { record }, page: { url: 'https://shop.example/thanks', title: 'Thank you' } },
  });

/** Sends one and returns its status and how long the answer took in ms. */
export async function good({ life, record }: Target, mark: number): Promise<{ status: number; ms: number }> {
  const began = performance.now();
  const { status } = await fetch(`${life.url}/v1/track`, {
    method: 'POST',
    headers: { origin: 'https://shop.example', 'content-type': 'text/plain' },
    body: goodEvent(record, mark),
  });
  return { status, ms: performance.now() - began };
}

export const arrived = (target: Target, mark: number): boolean =>
  target.seen().some(({ vendor, body }) => vendor === 'http' && body.includes(`"value":${mark}`));

/** Has the whole heap collected, by the inspector. */
async function collectGarbage({ said }: Life): Promise<void> {
  const address = said.map((line) => /ws:\/\/\S+/.exec(line)?.[0]).find((found) => found !== undefined);
  if (address === undefined) throw new Error('the inspector does not listen');
  const socket = new WebSocket(address);
  await once(socket, 'open');
  socket.send(JSON.stringify({ id: 1, method: 'HeapProfiler.collectGarbage' }));
  await once(socket, 'message');
  socket.close();
}

export interface Size {
  /** Heap in use and what lies outside of it, after a full collection. */
  readonly heldBytes: number;
  readonly residentBytes: number;
  readonly handles: number;
}

async function gauges({ admin }: Life): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`${admin}/metrics`)).text();
  return new Map(
    text
      .split('\n')
      .map((line) => line.split(' '))
      .map(([name = '', value = '']) => [name, Number(value)]),
  );
}

async function sampled(life: Life): Promise<Size> {
  await collectGarbage(life);
  const of = await gauges(life);
  const value = (name: string): number => of.get(name) ?? Number.NaN;
  return {
    heldBytes: value('nodejs_heap_size_used_bytes') + value('nodejs_external_memory_bytes'),
    residentBytes: value('process_resident_memory_bytes'),
    handles: value('nodejs_active_handles_total'),
  };
}

/** The smallest of several samples: single ones catch buffers on their way out. */
export async function settledSize(life: Life): Promise<Size> {
  const samples: Size[] = [];
  for (let sample = 0; sample < 5; sample += 1) samples.push(await sampled(life));
  const least = (key: keyof Size): number => Math.min(...samples.map((each) => each[key]));
  return { heldBytes: least('heldBytes'), residentBytes: least('residentBytes'), handles: least('handles') };
}

/** Lines that tell of a fault: `internal`, a warning of the runtime about a rejection, or anything thrown. */
export const faultLines = ({ said }: Life): readonly string[] =>
  said.filter((line) =>
    /"internal"|unhandled|UnhandledPromise|uncaught|MaxListeners|^\s+at .*\.[jt]s:/i.test(line),
  );

export const connectionsEnded = (life: Life, base: number): Promise<void> =>
  until('connections to end', async () => (await sampled(life)).handles <= base + 4, 30_000);
