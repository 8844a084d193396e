// How events are taken: by the thread that owns the store, or by workers that hand it what they judged. The rest of the gateway
// does not know which.

import { availableParallelism } from 'node:os';
import type { RunningConfig } from './config/running.ts';
import type { Log, ToldDecision } from './core/ports.ts';
import { Forwarding } from './delivery/forward.ts';
import { destinationType } from './destinations/index.ts';
import { placeOf } from './http/errors.ts';
import { reservePort } from './http/listener.ts';
import type { Readiness } from './http/ports.ts';
import { decisionFeed } from './observe/feed.ts';
import type { LogOptions } from './observe/log.ts';
import { MergedSeries } from './observe/merged.ts';
import type { Series } from './observe/merged.ts';
import type { Observed } from './observe/metrics.ts';
import type { Outbox } from './outbox/outbox.ts';
import { publicSide } from './publicSide.ts';
import { clock, random } from './surroundings.ts';
import type { Redirection } from './trial/trial.ts';
import { WorkerPool } from './workers/pool.ts';
import type { WorkerThread } from './workers/thread.ts';

export interface TakingParts {
  readonly config: RunningConfig;
  readonly outbox: Outbox;
  readonly observed: Observed;
  readonly readiness: Readiness;
  readonly log: Log;
  readonly logLevel: LogOptions['level'];
  /** What snapshots are redirected to on trial; null: no trial. */
  readonly redirection: Redirection | null;
}

export interface Taking {
  readonly port: number;
  /** Threads that take events now, besides the one that is asked; none if that one does. */
  readonly workers: readonly WorkerThread[];
  /** Is anybody taking events? */
  up(): boolean;
  /** The last decisions, newest first. */
  recent(): Promise<readonly ToldDecision[]>;
  exposition(): Promise<string>;
  close(deadlineMs: number): Promise<void>;
}

/** Resolves when connections are taken. */
export const startTaking = (parts: TakingParts): Promise<Taking> =>
  parts.config.snapshot.server.workers === 0 ? takeAlone(parts) : takeByWorkers(parts);

async function takeAlone(parts: TakingParts): Promise<Taking> {
  const { config, outbox, observed, readiness, log } = parts;
  const { metrics } = observed;
  const snapshot = () => config.snapshot;
  const feed = decisionFeed();
  const forward = new Forwarding({
    snapshot,
    typeOf: destinationType,
    clock,
    random,
    metrics,
    log,
    among: 1,
  });
  const listener = publicSide({
    snapshot,
    outbox,
    saidSince: (subjects) => outbox.denials.standingOf(subjects),
    forward,
    metrics,
    feed,
    log,
    readiness,
    trial: parts.redirection !== null,
  });
  const { port } = await listener.listen();
  return {
    port,
    workers: [],
    up: () => true,
    recent: async () => feed.recent(),
    exposition: () => observed.exposition.text(),
    async close(deadlineMs) {
      await listener.close(deadlineMs);
      await forward.close();
    },
  };
}

async function takeByWorkers(parts: TakingParts): Promise<Taking> {
  const { config, outbox, observed, readiness, log } = parts;
  const { listen, workers: count } = config.snapshot.server;
  if (count > availableParallelism()) log.warn('more_workers_than_cores', { count });
  const merged = new MergedSeries();
  const reserved = await reservePort(listen);
  const starting = WorkerPool.start({
    count,
    port: reserved.port,
    logLevel: parts.logLevel,
    redirection: parts.redirection,
    config: () => ({ source: config.source, digest: config.snapshot.digest }),
    outbox,
    readiness,
    log,
    gone: (name) => void merged.ended(name),
    monotonic: () => clock.monotonic(),
    placeOf,
  });
  const pool = await starting.finally(reserved.release);
  config.onChange(() => pool.update());
  return {
    port: reserved.port,
    get workers() {
      return pool.threads;
    },
    up: () => pool.listening,
    recent: () => pool.decisions(),
    async exposition() {
      for (const [name, series] of await pool.series()) merged.told(name, series as Series); // as worker.ts answers
      return merged.text(await observed.series());
    },
    close: (deadlineMs) => pool.stop(deadlineMs),
  };
}
