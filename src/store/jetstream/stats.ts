// Counts of several partitions as one.

import type { StoreStats } from '../../core/ports.ts';

type Destinations = StoreStats['destinations'];
type Counts = Destinations[string];

export function mergeStats(all: readonly StoreStats[]): Destinations {
  const merged = new Map<string, Counts>();
  for (const { destinations } of all)
    for (const [name, counts] of Object.entries(destinations)) {
      const known = merged.get(name);
      merged.set(name, known === undefined ? counts : both(known, counts));
    }
  return Object.fromEntries(merged);
}

const both = (a: Counts, b: Counts): Counts => ({
  pending: a.pending + b.pending,
  dead: a.dead + b.dead,
  oldestAt: earlier(a.oldestAt, b.oldestAt),
  nextDueAt: earlier(a.nextDueAt ?? null, b.nextDueAt ?? null),
});

const earlier = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.min(a, b);
