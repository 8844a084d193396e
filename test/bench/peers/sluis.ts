// The gateway as the peers' benchmark runs it: SQLite with every commit synced, every rule on, a signed webhook and (unless told
// otherwise) GA4 by Measurement Protocol, both at the mock vendor. Its folder outlives it, so that it can be started again.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BENCH_ENV, configOf, MAIN, secret } from '../gateway.ts';
import type { Started } from '../process.ts';
import { start } from '../process.ts';

/** As many requests at a time as there are connections of the load: the peers send without a bound. */
const CONCURRENCY = 64;

export interface SluisOptions {
  readonly ga4: boolean;
  /** What is done with an attempt at GA4 of unknown fate. Default: `settle`, as everywhere. */
  readonly onUncertain?: 'settle' | 'resend';
}

const ga4Of = (vendor: string, onUncertain: string): string =>
  `ga4: { type: ga4, measurementId: G-BENCH0001, apiSecret: ${secret}, endpoint: "${vendor}", concurrency: ${CONCURRENCY}, onUncertain: ${onUncertain} }`;

const destinationsOf = (vendor: string, { ga4, onUncertain = 'settle' }: SluisOptions): readonly string[] => [
  `webhook: { type: http, url: "${vendor}/events", secret: ${secret}, requires: [analytics], concurrency: ${CONCURRENCY} }`,
  ...(ga4 ? [ga4Of(vendor, onUncertain)] : []),
];

const portIn = (line: string, of: string): number | null =>
  Number(new RegExp(`${of} on port (\\d+)`).exec(line)?.[1] ?? Number.NaN) || null;

export interface SluisFolder {
  readonly start: () => Promise<Started>;
  /** How many deliveries the running gateway says have ended with nobody knowing whether they arrived. */
  readonly uncertain: () => Promise<number>;
  readonly remove: () => void;
}

async function uncertainOf(admin: number): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${admin}/metrics`);
  const lines = (await response.text()).split('\n').filter((line) => line.includes('outcome="uncertain"'));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

export function sluisFolder(vendor: string, options: SluisOptions): SluisFolder {
  const folder = mkdtempSync(join(tmpdir(), 'sluis-peers-'));
  const file = join(folder, 'config', 'gateway.yaml');
  mkdirSync(join(folder, 'config'));
  writeFileSync(file, configOf(destinationsOf(vendor, options), `sqlite:${join(folder, 'sluis.db')}`));
  const args = ['serve', '--config', file, '--log-level', 'error'];
  let admin = 0;
  const publicPort = (line: string): number | null => {
    admin = portIn(line, 'metrics') ?? admin;
    return portIn(line, 'events');
  };
  return {
    start: () => start({ file: MAIN, args, env: BENCH_ENV, portIn: publicPort }, 0),
    uncertain: () => uncertainOf(admin),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
