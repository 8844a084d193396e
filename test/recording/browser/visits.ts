// One recorded visit for each way that site and route can be set up, made once and looked at by several tests.

import type { ExecutionContext } from 'ava';
import { checksumsOf } from './checksums.ts';
import { startWire } from './gateway.ts';
import { SECRETS } from './secrets.ts';
import type { Mode, Text } from './secrets.ts';
import type { Upload } from './site.ts';
import { GRANTED, choose, eventually, openSite, record, visitAll } from './visitor.ts';

export interface Way {
  readonly mode: Mode;
  readonly route: Text;
}

export const WAYS: readonly Way[] = (['strict', 'balanced', 'relaxed'] as const).flatMap((mode) =>
  (['strict', 'balanced'] as const).map((route) => ({ mode, route })),
);

export interface Recorded {
  /** As the recorder sent them, and as they arrived: one for one. */
  readonly sent: readonly Upload[];
  readonly arrived: readonly Upload[];
  /** The recorder's own of each secret, in their order. */
  readonly checksums: readonly string[];
}

async function make(t: ExecutionContext, { mode, route }: Way): Promise<Recorded> {
  const wire = await startWire(t, route);
  const page = await openSite(t, wire);
  t.is(await choose(page, GRANTED), 200);
  const values = SECRETS.map(([, { value }]) => value);
  const checksums = await checksumsOf(t, values);
  await record(page, mode);
  await visitAll(page, wire);
  const { front, collector } = wire;
  await eventually('every upload at the collector', () => collector.got.length === front.sent.length);
  await page.context().close();
  return { sent: front.sent, arrived: collector.got, checksums };
}

const made = new Map<Way, Promise<Recorded>>();

/** Whoever asks first makes it; its browser and servers are gone when that test ends. */
export function recorded(t: ExecutionContext, way: Way): Promise<Recorded> {
  t.timeout(300_000); // six at once take 90 s on two busy cores
  const known = made.get(way) ?? make(t, way);
  made.set(way, known);
  return known;
}
