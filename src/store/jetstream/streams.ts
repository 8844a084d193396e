// Which streams a replicated store has and how they are set up. No subject names a person or a site.

import type { NatsAddress } from './address.ts';
import type { StreamShape } from './ensureStream.ts';

const NANOS = 1_000_000;
/** The ledger gets a quarter of what the partitions get; its lines hold names and codes. */
const LEDGER_SHARE = 4;
/** As long as a line may be told again after its answer was lost. */
const LEDGER_WINDOW_MS = 120_000;
/** Message ids get so much of what the partitions get: by default 64 MB, for a million and a half. */
const KNOWN_SHARE = 64;

export interface Names {
  spool(partition: number): string;
  row(partition: number): string;
  journal(partition: number): string;
  readonly ledger: string;
  readonly ledgerSubject: string;
  readonly knownIds: string;
  /** Subject of one page of what an ownership of a partition knows; without a page: of all that any of them knew. */
  known(partition: number, page?: string): string;
  readonly ask: string;
}

export const namesOf = (prefix: string): Names => ({
  spool: (partition) => `${prefix}-spool-${partition}`,
  row: (partition) => `${prefix}.spool.${partition}.row`,
  journal: (partition) => `${prefix}.spool.${partition}.journal`,
  ledger: `${prefix}-ledger`,
  ledgerSubject: `${prefix}.ledger`,
  knownIds: `${prefix}-known`,
  known: (partition, page = '>') => `${prefix}.known.${partition}.${page}`,
  ask: `${prefix}.ask`,
});

/** All but the facts: the partitions first, then the ledger and the message ids. */
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
  const known: StreamShape = {
    ...common,
    name: names.knownIds,
    subjects: [`${prefix}.known.>`],
    // A page that is written anew takes the place of what it was.
    max_msgs_per_subject: 1,
    max_age: dedupeMs * NANOS,
    // Nothing there has an id; servers want it to be no more than `max_age`.
    duplicate_window: 1000 * NANOS,
    discard: 'old',
    max_bytes: Math.floor(maxBytes / KNOWN_SHARE),
  };
  return [...spools, ledger, known];
}
