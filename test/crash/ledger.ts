// What the ledger of a stopped gateway says: who was admitted where, and that each delivery ended exactly once.

import { createLog } from '../../src/observe/log.ts';
import type { LedgerEntry } from '../../src/core/delivery.ts';
import { openStore } from '../../src/store/index.ts';

export interface Account {
  readonly admitted: number;
  /** Ends by outcome. */
  readonly ends: Readonly<Record<string, number>>;
  /** Events of ours that were admitted and did not end exactly once. */
  readonly unbalanced: readonly string[];
}

const clock = { now: () => Date.now(), monotonic: () => performance.now() };

/** Opens the store, which nobody else may own now. */
export async function ledgerOf(store: string): Promise<readonly LedgerEntry[]> {
  const opened = await openStore(store, { clock, log: createLog({ level: 'silent' }) });
  try {
    return await opened.store.entries({ limit: 10_000_000 });
  } finally {
    await opened.store.close();
  }
}

export function accountOf(entries: readonly LedgerEntry[], destination: string): Account {
  const own = entries.filter((each) => each.destination === destination);
  const counts = new Map<string, { admitted: number; ended: number }>();
  const ends: Record<string, number> = {};
  for (const { event, step } of own) {
    const count = counts.get(event) ?? { admitted: 0, ended: 0 };
    counts.set(event, count);
    if (step === 'admitted') count.admitted += 1;
    else {
      count.ended += 1;
      ends[step] = (ends[step] ?? 0) + 1;
    }
  }
  const unbalanced = [...counts].filter(([, { admitted, ended }]) => admitted !== 1 || ended !== 1);
  return {
    admitted: own.filter(({ step }) => step === 'admitted').length,
    ends,
    unbalanced: unbalanced.map(([event]) => event),
  };
}
