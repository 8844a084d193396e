// What is so at the moment of a scrape: the queue, the store's size, how the gateway stands in a shared store, readiness,
// and whether the last routing file was refused.

import type { Counter, Gauge } from 'prom-client';
import type { Clock, Replication, StoreStats } from '../core/ports.ts';

/** Asked at each scrape. */
export interface Asked {
  readonly clock: Pick<Clock, 'now'>;
  stats(): Promise<StoreStats>;
  ready(): Promise<boolean>;
  /** Null, or missing, of a store that only one gateway uses. */
  readonly replication?: () => Replication | null;
}

type Make = (
  name:
    | 'sluis_outbox_pending'
    | 'sluis_outbox_oldest_seconds'
    | 'sluis_store_bytes'
    | 'sluis_config_refused'
    | 'sluis_ready'
    | 'sluis_nats_connected'
    | 'sluis_partitions_owned'
    | 'sluis_partitions_behind',
) => Gauge;

/** While the store cannot be asked the series are absent rather than stale. */
function queueGauges(make: Make, asked: Asked, destinations: () => readonly string[]): () => Promise<void> {
  const pending = make('sluis_outbox_pending');
  const oldest = make('sluis_outbox_oldest_seconds');
  const bytes = make('sluis_store_bytes');
  return async () => {
    const stats = await asked.stats().catch(() => null);
    pending.reset();
    oldest.reset();
    bytes.remove();
    if (stats === null) return;
    bytes.set(stats.bytes);
    for (const destination of destinations()) {
      const queue = stats.destinations[destination];
      const oldestAt = queue?.oldestAt ?? null;
      pending.set({ destination }, queue?.pending ?? 0);
      oldest.set({ destination }, oldestAt === null ? 0 : Math.max(0, asked.clock.now() - oldestAt) / 1000);
    }
  };
}

/** Absent where the store is not shared: 0 would be a fault. */
function sharedGauges({ gauge: make, counter }: Makers, asked: Asked): () => void {
  const takeovers = counter('sluis_partition_takeovers_total');
  const repetitions = counter('sluis_partition_repetitions_total');
  const connected = make('sluis_nats_connected');
  const owned = make('sluis_partitions_owned');
  const behind = make('sluis_partitions_behind');
  return () => {
    for (const each of [connected, owned, behind, takeovers, repetitions]) each.remove();
    const state = asked.replication?.() ?? null;
    if (state === null) return;
    connected.set(state.connected ? 1 : 0);
    owned.set(state.partitions);
    behind.set(state.behind);
    takeovers.inc(state.takeovers);
    repetitions.inc(state.repetitions);
  };
}

/** Counters whose state is asked for when metrics are read. */
export type ReadCounter = 'sluis_partition_takeovers_total' | 'sluis_partition_repetitions_total';

export interface Makers {
  readonly gauge: Make;
  readonly counter: (name: ReadCounter) => Counter;
}

export interface StateGauges {
  /** Asks for everything. */
  read(): Promise<void>;
  reloaded(result: 'ok' | 'refused'): void;
}

/** `sluis_ready` is what `/readyz` answers; a gateway that cannot say is not ready. */
export function stateGauges(
  makers: Makers,
  asked: Asked,
  destinations: () => readonly string[],
): StateGauges {
  const { gauge: make } = makers;
  const readShared = sharedGauges(makers, asked);
  const readQueue = queueGauges(make, asked, destinations);
  const ready = make('sluis_ready');
  const refused = make('sluis_config_refused');
  refused.set(0);
  const readReady = async (): Promise<void> => ready.set((await asked.ready().catch(() => false)) ? 1 : 0);
  return {
    read: async () => {
      readShared();
      await Promise.all([readQueue(), readReady()]);
    },
    reloaded: (result) => refused.set(result === 'refused' ? 1 : 0),
  };
}
