// Which streams a replicated store has and how they are set up. No subject names a person or a site.

import type { NatsAddress } from './address.ts';
import type { StreamShape } from './ensureStream.ts';

const NANOS = 1_000_000;
/** The ledger gets a quarter of what the partitions get; its lines hold names and codes. */
const LEDGER_SHARE = 4;
/** As long as a line may be told again after its answer was lost. */
const LEDGER_WINDOW_MS = 120_000;

export interface Names {
  spool(partition: number): string;
  row(partition: number): string;
  journal(partition: number): string;
  readonly ledger: string;
  readonly ledgerSubject: string;
  readonly ask: string;
}

export const namesOf = (prefix: string): Names => ({
  spool: (partition) => `${prefix}-spool-${partition}`,
  row: (partition) => `${prefix}.spool.${partition}.row`,
  journal: (partition) => `${prefix}.spool.${partition}.journal`,
  ledger: `${prefix}-ledger`,
  ledgerSubject: `${prefix}.ledger`,
  ask: `${prefix}.ask`,
});

/** All but the facts: the partitions first, then the ledger. */
export function streamsOf(address: NatsAddress): readonly StreamShape[] {
  const { prefix, partitions, replicas, dedupeMs, maxBytes } = address;
  const names = namesOf(prefix);
  const common = { num_replicas: replicas, storage: 'file', retention: 'limits' } as const;
  const spools = Array.from({ length: partitions }, (_, n): StreamShape => ({
    ...common,
    name: names.spool(n),
    subjects: [names.row(n), names.journal(n)],
    discard: 'new',
    max_bytes: Math.floor(maxBytes / partitions),
    duplicate_window: dedupeMs * NANOS,
  }));
  const ledger: StreamShape = {
    ...common,
    name: names.ledger,
    subjects: [names.ledgerSubject],
    // A full ledger drops its oldest rows: it is told, never asked.
    discard: 'old',
    max_bytes: Math.floor(maxBytes / LEDGER_SHARE),
    duplicate_window: LEDGER_WINDOW_MS * NANOS,
  };
  return [...spools, ledger];
}
