// What a run with several gateways came to: what arrived where, what the ledger says of it, and how long it paused for what.

import type { ExecutionContext } from 'ava';
import type { LedgerEntry } from '../../src/core/delivery.ts';
import { createLog } from '../../src/observe/log.ts';
import { openStore } from '../../src/store/index.ts';
import { runningClock } from '../store/natsSurroundings.ts';
import { until } from '../support/gateway.ts';
import type { Member } from './cluster.ts';
import { accountOf } from './ledger.ts';
import type { Account } from './ledger.ts';
import type { Load } from './load.ts';
import { countedTwice, marksAt, underSeveralKeys } from './vendor.ts';
import type { Vendor } from './vendor.ts';

/** Longest times without an acknowledgement and without a delivery while something happened, wall clock ms. */
export interface Pause {
  readonly what: string;
  readonly from: number;
  readonly to: number;
  readonly acknowledgements: number;
  readonly deliveries: number;
}

export interface Accounted {
  readonly members: readonly Member[];
  readonly vendors: Readonly<Record<string, Vendor>>;
  readonly load: Load;
  readonly pauses: readonly Pause[];
}

/** The longest stretch without an instant, between two instants that bound it. */
export function longestGap(instants: readonly number[], from: number, until_: number): number {
  const sorted = [from, ...instants.filter((at) => at > from && at < until_), until_].sort((a, b) => a - b);
  return Math.max(...sorted.map((at, index) => at - (sorted[index - 1] ?? at)));
}

/** What went on at an instant. */
function duringOf({ pauses }: Accounted, at: number): string {
  const during = pauses.find(({ from, to }) => at >= from && at <= to);
  return during === undefined ? 'in calm' : `${at - during.from} ms into: ${during.what}`;
}

/** For whoever looks for a loss. */
function tellLost(t: ExecutionContext, scene: Accounted, marks: readonly number[]): void {
  for (const mark of marks.slice(0, 20))
    t.log(`missing: ${mark}, acknowledged ${duringOf(scene, scene.load.acknowledged.get(mark) ?? 0)}`);
}

/** The ledger follows the streams; what the gateways had not told it when they ended is told by the next one. */
async function ledgerAtRest({ members, vendors }: Accounted): Promise<readonly LedgerEntry[]> {
  const surroundings = { clock: runningClock, log: createLog({ level: 'silent' }) };
  const { store } = await openStore(members[0]?.store ?? '', surroundings);
  try {
    let entries: readonly LedgerEntry[] = [];
    const balanced = async (): Promise<boolean> => {
      entries = await store.entries({ limit: 1_000_000 }).catch(() => []);
      const accounts = Object.keys(vendors).map((name) => accountOf(entries, name));
      return accounts.every(({ admitted, unbalanced }) => admitted > 0 && unbalanced.length === 0);
    };
    await until('a balanced ledger', balanced, 30_000).catch(() => undefined);
    return entries;
  } finally {
    await store.close();
  }
}

export interface Counted {
  readonly name: string;
  readonly vendor: Vendor;
  readonly account: Account;
  /** Acknowledged, and never arrived. */
  readonly missing: readonly number[];
  /** Arrived so that the vendor counts them more than once. */
  readonly doubled: readonly number[];
}

/** Told in full before anything is asserted. */
export async function count(t: ExecutionContext, scene: Accounted): Promise<readonly Counted[]> {
  const { load, vendors } = scene;
  const entries = await ledgerAtRest(scene);
  return Object.entries(vendors).map(([name, vendor]) => {
    const arrived = marksAt(vendor);
    const account = accountOf(entries, name);
    const missing = [...load.acknowledged.keys()].filter((mark) => !arrived.has(mark));
    const repeated = vendor.arrivals.length - arrived.size;
    const doubled = vendor.kind === 'ga4' ? countedTwice(vendor) : underSeveralKeys(vendor);
    t.log(
      `${name}: ${arrived.size} arrived, ${repeated} repetitions, ${doubled.length} counted twice; ${account.admitted} admitted, ends ${JSON.stringify(account.ends)}, ${account.unbalanced.length} without exactly one end`,
    );
    tellLost(t, scene, missing);
    for (const event of account.unbalanced.slice(0, 20)) {
      const steps = entries.filter((each) => each.event === event && each.destination === name);
      t.log(`${name} ${event}: ${steps.map(({ step, at }) => `${step} ${duringOf(scene, at)}`).join('; ')}`);
    }
    return { name, vendor, account, missing, doubled };
  });
}
