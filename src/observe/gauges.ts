// What is so at the moment of a scrape: the queue, the store's size, readiness, and whether the last routing file was refused.

import type { Gauge } from 'prom-client';
import type { Clock, StoreStats } from '../core/ports.ts';

/** Asked at each scrape. */
export interface Asked {
  readonly clock: Pick<Clock, 'now'>;
  stats(): Promise<StoreStats>;
  ready(): Promise<boolean>;
}

type Make = (
  name:
    | 'sluis_outbox_pending'
    | 'sluis_outbox_oldest_seconds'
    | 'sluis_store_bytes'
    | 'sluis_config_refused'
    | 'sluis_ready',
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

export interface StateGauges {
  /** Asks for everything. */
  read(): Promise<void>;
  reloaded(result: 'ok' | 'refused'): void;
}

/** `sluis_ready` is what `/readyz` answers; a gateway that cannot say is not ready. */
export function stateGauges(make: Make, asked: Asked, destinations: () => readonly string[]): StateGauges {
  const readQueue = queueGauges(make, asked, destinations);
  const ready = make('sluis_ready');
  const refused = make('sluis_config_refused');
  refused.set(0);
  const readReady = async (): Promise<void> => ready.set((await asked.ready().catch(() => false)) ? 1 : 0);
  return {
    read: async () => void (await Promise.all([readQueue(), readReady()])),
    reloaded: (result) => refused.set(result === 'refused' ? 1 : 0),
  };
}
