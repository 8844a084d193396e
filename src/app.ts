// The composition root: makes every part, gives each the ports it needs, starts them in order and stops them in reverse.
// Only here and in config/ are environment, wall clock and random source seen.

import { recheckDelivery } from './accept.ts';
import { RunningConfig } from './config/running.ts';
import type { Snapshot } from './core/config.ts';
import { recordingTargetOf } from './core/plugin.ts';
import type { OpenedStore, StoreFinding } from './core/plugin.ts';
import type { Log } from './core/ports.ts';
import { Deliveries } from './delivery/deliveries.ts';
import { destinationType } from './destinations/index.ts';
import { createAdminServer } from './http/server.ts';
import type { NotReady } from './http/ports.ts';
import { createLog } from './observe/log.ts';
import type { LogOptions } from './observe/log.ts';
import { createMetrics } from './observe/metrics.ts';
import { Outbox } from './outbox/outbox.ts';
import { labelsOf } from './publicSide.ts';
import { driverOf, openStore } from './store/index.ts';
import { clock, random } from './surroundings.ts';
import { startTaking } from './taking.ts';
import type { Taking } from './taking.ts';
import { startTrial } from './trial/trial.ts';
import type { Trial } from './trial/trial.ts';
import type { WorkerThread } from './workers/thread.ts';

export { explainContext } from './publicSide.ts';

export interface AppOptions {
  /** Path of the routing file. */
  readonly config: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Demo shop and stand-ins for every vendor; null: no trial. */
  readonly trial: { readonly port: number } | null;
  readonly logLevel: LogOptions['level'];
  /** Told what is wrong with the routing file, ready for a terminal. */
  tell(message: string): void;
}

export interface App {
  readonly publicPort: number;
  readonly adminPort: number;
  /** Address of the demo shop on trial. */
  readonly shop: string | null;
  /** Threads that take events, in the order of their names; empty if there are none but this. */
  readonly workers: readonly WorkerThread[];
  reload(): Promise<void>;
  /** Takes no more, delivers what is under way, closes the store. Resolves when all is closed. */
  stop(): Promise<void>;
}

const STOP_MS = 10_000;
const PRUNE_EVERY_MS = 10 * 60_000;

/** Drops dead letters and ledger rows past their keep, now and every ten minutes. */
function keepHouse(outbox: Outbox, config: RunningConfig, log: Log): () => void {
  const prune = (): void => {
    const now = clock.now();
    const kept = config.snapshot.destinations.map(
      (each) => [each.name, now - each.deadLettersKeepMs] as const,
    );
    const keep = { deadBefore: Object.fromEntries(kept), ledgerBefore: now - config.snapshot.ledger.keepMs };
    outbox.prune(keep).catch(() => {
      if (!ended) log.warn('prune_failed');
    });
  };
  let ended = false;
  prune();
  const timer = setInterval(prune, PRUNE_EVERY_MS);
  timer.unref();
  return () => {
    ended = true;
    clearInterval(timer);
  };
}

/** The store of a routing file, for commands, while no gateway owns it. Throws `store_locked` if one does. */
export const openOffline = (snapshot: Snapshot): Promise<OpenedStore> =>
  openStore(snapshot.store, { clock, log: createLog({ level: 'warn' }) });

/** What asking the store of a routing file finds; null: there is nothing to ask before it is opened. */
export const inspectStore = (snapshot: Snapshot): Promise<readonly StoreFinding[] | null> =>
  driverOf(snapshot.store)?.inspect?.(snapshot.store, { clock, log: createLog({ level: 'silent' }) }) ??
  Promise.resolve(null);

/** Closers are run in reverse. */
type Closers = (() => void | Promise<void>)[];

async function closeAll(closers: Closers): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close();
}

/** Starts every part. Throws `GatewayError` for what is wrong with config or surroundings, with nothing left running. */
export async function startApp(options: AppOptions): Promise<App> {
  const closers: Closers = [];
  try {
    return await startParts(options, closers);
  } catch (error) {
    await closeAll(closers);
    throw error;
  }
}

function takesRecordings(destination: string, { destinations }: Snapshot): boolean {
  const found = destinations.find(({ name }) => name === destination);
  return found !== undefined && recordingTargetOf(destinationType(found.type), found.settings) !== null;
}

async function openOutbox(config: RunningConfig, log: Log, closers: Closers) {
  const { store, facts } = await openStore(config.snapshot.store, { clock, log });
  closers.push(() => store.close());
  const waitsFor = (name: string): boolean => takesRecordings(name, config.snapshot);
  const outbox = await Outbox.open({ store, facts, waitsFor });
  closers.push(() => outbox.stop(), keepHouse(outbox, config, log));
  return { store, facts, outbox };
}

type Kept = Awaited<ReturnType<typeof openOutbox>>;

async function startDeliveries(kept: Kept, config: RunningConfig, shared: Shared): Promise<void> {
  const { outbox, facts } = kept;
  const rechecking = {
    snapshot: () => config.snapshot,
    clock,
    outbox,
    typeOf: destinationType,
    freshAt: () => facts.freshAt(),
  };
  const deliveries = new Deliveries({
    queue: outbox,
    recheck: (delivery) => recheckDelivery(delivery, rechecking),
    destinationType,
    clock,
    random,
    metrics: shared.metrics,
    log: shared.log,
  });
  deliveries.update(config.snapshot);
  config.onChange((snapshot) => deliveries.update(snapshot));
  await deliveries.start();
  shared.closers.push(() => deliveries.stop(STOP_MS));
}

interface Shared {
  readonly log: Log;
  readonly metrics: ReturnType<typeof createMetrics>['metrics'];
  readonly closers: Closers;
}

async function startParts(options: AppOptions, closers: Closers): Promise<App> {
  const log = createLog({ level: options.logLevel });
  const config = new RunningConfig({ ...options, trial: options.trial !== null });
  const ports: { gateway: number; admin: number } = { gateway: 0, admin: 0 };
  const trial = options.trial === null ? null : await openTrial(options.trial.port, ports, config);
  if (trial !== null) closers.push(() => trial.close());
  const kept = await openOutbox(config, log, closers);
  const { store, outbox } = kept;
  const state: { phase: NotReady | null; taking: Taking | null } = { phase: 'starting', taking: null };
  const readiness = async (): Promise<readonly NotReady[]> => {
    if (state.phase !== null) return [state.phase];
    if (state.taking?.up() === false) return ['starting']; // every worker is being begun anew
    return store.stats().then(
      ({ full }) => [
        ...(full === true ? ['store_full' as const] : []),
        ...(outbox.isBehind ? ['overloaded' as const] : []),
      ],
      () => ['store_unavailable' as const],
    );
  };
  const observed = createMetrics({
    clock,
    stats: () => store.stats(),
    ready: async () => (await readiness()).length === 0,
    replication: () => store.replication?.() ?? null,
    known: labelsOf(() => config.snapshot),
  });
  const { metrics } = observed;
  metrics.configInfo(config.snapshot.digest);
  const adminServer = createAdminServer({
    snapshot: () => config.snapshot,
    clock,
    random,
    log,
    readiness,
    feed: { recent: () => state.taking?.recent() ?? [] },
    exposition: {
      contentType: observed.exposition.contentType,
      text: () => state.taking?.exposition() ?? observed.exposition.text(),
    },
    stats: () => store.stats(),
    outbox: { find: (query) => store.find(query), requeue: (ids) => outbox.requeue(ids) },
    reload: () => config.report,
  });
  ports.admin = (await adminServer.listen()).port;
  closers.push(() => adminServer.close(STOP_MS));
  // After the admin listener, which so outlives it: while requests to vendors end, probes and Prometheus see that it stops.
  await startDeliveries(kept, config, { log, metrics, closers });
  const { logLevel } = options;
  const redirection = trial?.redirection ?? null;
  const taking = await startTaking({ config, outbox, observed, readiness, log, logLevel, redirection });
  closers.push(() => taking.close(STOP_MS));
  state.taking = taking;
  ports.gateway = taking.port;
  const watching = config.watch(metrics, log);
  closers.push(() => watching.close());
  state.phase = null;
  log.info('started', { port: ports.gateway, digest: config.snapshot.digest, trial: trial !== null });
  return {
    publicPort: ports.gateway,
    adminPort: ports.admin,
    shop: trial?.shop ?? null,
    get workers() {
      return taking.workers;
    },
    reload: async () => void (await watching.reload()),
    async stop() {
      state.phase = 'stopping';
      log.info('stopping');
      await closeAll(closers);
      log.info('stopped');
    },
  };
}

async function openTrial(
  port: number,
  ports: { readonly gateway: number; readonly admin: number },
  config: RunningConfig,
): Promise<Trial> {
  const trial = await startTrial({
    now: () => clock.now(),
    port,
    gateway: () => `http://localhost:${ports.gateway}`,
    console: () => `http://localhost:${ports.admin}/`,
  });
  config.adapt((snapshot) => trial.redirect(snapshot));
  return trial;
}
