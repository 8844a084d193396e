// All metrics of the gateway in one table, on prom-client with a registry of its own. Label values come from the routing
// file and closed lists, never from traffic.

import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { OUTCOMES } from '../core/delivery.ts';
import { ERRORS } from '../core/errors.ts';
import { IDENTIFIERS, identifierName, isSystem } from '../core/identifiers.ts';
import type { Metrics } from '../core/ports.ts';
import { REASONS } from '../core/reasons.ts';
import { TREATMENTS } from '../core/treatment.ts';
import { stateGauges } from './gauges.ts';
import type { Asked, ReadCounter, StateGauges } from './gauges.ts';
import type { Series } from './merged.ts';
import { Samples } from './samples.ts';
import { guarded, Tally } from './tally.ts';
import type { Guard } from './tally.ts';
import { TreatedIdentifiers } from './treated.ts';

export const METRICS = {
  sluis_events_received_total: { help: 'Events read from requests', labels: ['site', 'intake'] },
  sluis_events_rejected_total: {
    help: 'Events, or requests not yet read, that were refused, by error code',
    labels: ['site', 'intake', 'code'],
  },
  sluis_decisions_total: {
    help: 'Decisions per event and destination, and per question of a browser and tag, by the first reason',
    labels: ['destination', 'verdict', 'reason'],
  },
  sluis_identifiers_total: {
    help: 'Identifiers by what was done to them on the way to a destination',
    labels: ['destination', 'kind', 'treatment'],
  },
  sluis_links_blocked_total: {
    help: 'Identifiers stripped from permitted events for want of a permitted link: of systems whose link the route asks for, and user ids of the site',
    labels: ['from', 'to'],
  },
  sluis_deliveries_total: { help: 'Deliveries by how they ended', labels: ['destination', 'outcome'] },
  sluis_outbox_pending: { help: 'Deliveries that wait or are under way', labels: ['destination'] },
  sluis_outbox_oldest_seconds: { help: 'Age of the oldest pending delivery', labels: ['destination'] },
  sluis_store_bytes: { help: 'Size of the store, the ledger included', labels: [] },
  sluis_nats_connected: { help: 'Is there a connection to a NATS server of the store? 0: no', labels: [] },
  sluis_partitions_owned: {
    help: 'Partitions of a store on NATS that this gateway delivers from',
    labels: [],
  },
  sluis_partitions_behind: {
    help: 'Messages of these partitions that the servers had when last looked and that this gateway has not read',
    labels: [],
  },
  sluis_partition_takeovers_total: {
    help: 'Partitions taken from gateways that had died',
    labels: [],
  },
  sluis_partition_repetitions_total: {
    help: 'Events that the NATS servers took in a second time and that were dropped before anything was sent',
    labels: [],
  },
  sluis_delivery_seconds: { help: 'Time a request to a vendor took', labels: ['destination'] },
  sluis_accept_seconds: { help: 'Time from a request to its durable append', labels: ['intake'] },
  sluis_recording_visits: { help: 'Page visits whose recordings are being cleaned', labels: [] },
  sluis_recording_bytes: { help: 'What is remembered of these visits, by estimate', labels: [] },
  sluis_consent_signals_total: { help: 'Consent signals read, by result', labels: ['format', 'result'] },
  sluis_config_reloads_total: { help: 'Attempts to load the routing file', labels: ['result'] },
  sluis_config_info: { help: 'Digest of the routing file in force; always 1', labels: ['digest'] },
  sluis_config_refused: { help: 'Was the routing file refused when it was last loaded? 1: yes', labels: [] },
  sluis_ready: { help: 'Does the gateway say that it is ready? 0: no', labels: [] },
} as const satisfies Record<string, { readonly help: string; readonly labels: readonly string[] }>;

export type MetricName = keyof typeof METRICS;

const ACCEPT_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const DELIVERY_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Where label values come from. The functions are asked again for every value not seen before, so reloads count. */
export interface KnownLabels {
  sites(): readonly string[];
  destinations(): readonly string[];
  /** Tags, which are decided about and get no deliveries. */
  tags(): readonly string[];
  readonly intakes: readonly string[];
  /** Sources of the consent readers. */
  readonly formats: readonly string[];
}

/** Of a thread that counts, and knows nothing of what is so at a scrape. */
export interface CountingOptions {
  readonly known: KnownLabels;
}

export interface MetricsOptions extends CountingOptions, Asked {}

export interface Observed {
  readonly metrics: Metrics;
  /** What `/metrics` answers. */
  readonly exposition: { readonly contentType: string; text(): Promise<string> };
  /** The same as data, to be merged with that of other threads. */
  readonly series: () => Promise<Series>;
}

const within = (values: Iterable<string>): Guard => {
  const closed = new Set(values);
  return (value) => closed.has(value);
};

/** Codes that the gateway's own parts choose; the number of different ones is bounded besides. */
function codes(max: number): Guard {
  const seen = new Set<string>();
  return (value) => {
    if (!/^[a-z][a-z0-9_]{0,39}$/.test(value)) return false;
    if (seen.size < max) seen.add(value);
    return seen.has(value);
  };
}

const KINDS: ReadonlySet<string> = new Set(
  IDENTIFIERS.flatMap((entry) => [entry.kind, identifierName(entry)]),
);

/** Those that are counted as it happens. */
type CounterName = Exclude<MetricName & `${string}_total`, ReadCounter>;

/** A guard for each label, by metric, in the order of the table. */
function guardsOf(known: KnownLabels): Readonly<Record<CounterName, readonly Guard[]>> {
  const site: Guard = (value) => known.sites().includes(value);
  const destination: Guard = (value) => known.destinations().includes(value);
  const intake = within(known.intakes);
  const system: Guard = (value) => isSystem(value) || destination(value);
  return {
    sluis_events_received_total: [site, intake],
    sluis_events_rejected_total: [site, intake, within(Object.keys(ERRORS))],
    sluis_decisions_total: [
      (value) => destination(value) || known.tags().includes(value),
      within(['forward', 'anonymous', 'cohort', 'block']),
      within(Object.keys(REASONS)),
    ],
    sluis_identifiers_total: [destination, (value) => KINDS.has(value), within(TREATMENTS)],
    sluis_links_blocked_total: [system, system],
    sluis_deliveries_total: [destination, within(Object.keys(OUTCOMES))],
    sluis_consent_signals_total: [within(known.formats), codes(40)],
    sluis_config_reloads_total: [within(RELOADS)],
  };
}

const RELOADS = ['ok', 'refused'] as const;
const pairs = (first: readonly string[], second: readonly string[]): readonly (readonly string[])[] =>
  first.flatMap((one) => second.map((other) => [one, other]));

/** Series that are there at 0 before anything counts, so that the first count is an increase: of counters with few of them. */
const expected = (known: KnownLabels): ReadonlyMap<CounterName, readonly (readonly string[])[]> =>
  new Map<CounterName, readonly (readonly string[])[]>([
    ['sluis_events_received_total', pairs(known.sites(), known.intakes)],
    ['sluis_deliveries_total', pairs(known.destinations(), Object.keys(OUTCOMES))],
    ['sluis_config_reloads_total', RELOADS.map((result) => [result])],
  ]);

/** Counters in the making: tallies, and the function that moves them into the registry. */
function counters(registry: Registry, known: KnownLabels) {
  const guards = guardsOf(known);
  const made = (Object.keys(guards) as CounterName[]).map((name) => {
    // Keys of a literal record typed by CounterName.
    const { labels } = METRICS[name];
    const counter = counterIn(registry, name);
    const count = (values: readonly string[], by: number): void =>
      counter.inc(Object.fromEntries(labels.map((label, index) => [label, values[index] ?? ''])), by);
    return { name, count, tally: new Tally(guards[name]) };
  });
  const tallies = new Map(made.map(({ name, tally }) => [name, tally]));
  const tallyOf = (name: CounterName): Tally => tallies.get(name) ?? new Tally(guards[name]);
  const flush = (): void => {
    const begun = expected(known);
    for (const { name, count, tally } of made) {
      for (const values of begun.get(name) ?? []) count(values, 0);
      tally.drain(count);
    }
  };
  return { tallyOf, flush };
}

function counterIn(registry: Registry, name: MetricName): Counter {
  const { help, labels } = METRICS[name];
  return new Counter({ name, help, labelNames: [...labels], registers: [registry] });
}

function gauge(registry: Registry, name: MetricName): Gauge {
  const { help, labels } = METRICS[name];
  return new Gauge({ name, help, labelNames: [...labels], registers: [registry] });
}

function histogram(registry: Registry, name: MetricName, buckets: number[]): Histogram {
  const { help, labels } = METRICS[name];
  return new Histogram({ name, help, labelNames: [...labels], buckets, registers: [registry] });
}

type Counting = Omit<Metrics, 'treated' | 'deliverySeconds' | 'acceptSeconds' | 'visitsHeld' | 'configInfo'>;

function counting(tallyOf: (name: CounterName) => Tally): Counting {
  const received = tallyOf('sluis_events_received_total');
  const rejected = tallyOf('sluis_events_rejected_total');
  const decided = tallyOf('sluis_decisions_total');
  const blocked = tallyOf('sluis_links_blocked_total');
  const delivered = tallyOf('sluis_deliveries_total');
  const signals = tallyOf('sluis_consent_signals_total');
  const reloads = tallyOf('sluis_config_reloads_total');
  return {
    received: (site, intake, count) => received.add([site, intake], count),
    rejected: (...[site, intake, code, count]) => rejected.add([site, intake, code], count),
    decided: (...labels) => decided.add(labels, 1),
    linkBlocked: (from, to) => blocked.add([from, to], 1),
    delivered: (destination, outcome, count) => delivered.add([destination, outcome], count),
    consentSignal: (format, result) => signals.add([format, result], 1),
    configReload: (result) => reloads.add([result], 1),
  };
}

/** The state of the gateway, made of what one thread is asked; null for the others. */
function stateOf(registry: Registry, options: CountingOptions | MetricsOptions): StateGauges | null {
  if (!('ready' in options)) return null;
  const makers = {
    gauge: (name: MetricName) => gauge(registry, name),
    counter: (name: MetricName) => counterIn(registry, name),
  };
  return stateGauges(makers, options, () => options.known.destinations());
}

export function createMetrics(options: CountingOptions | MetricsOptions): Observed {
  const registry = new Registry();
  const { known } = options;
  const { tallyOf, flush } = counters(registry, known);
  const gauges = stateOf(registry, options);
  const deliverySeconds = histogram(registry, 'sluis_delivery_seconds', DELIVERY_BUCKETS);
  const acceptSeconds = histogram(registry, 'sluis_accept_seconds', ACCEPT_BUCKETS);
  const visits = gauge(registry, 'sluis_recording_visits');
  const visitBytes = gauge(registry, 'sluis_recording_bytes');
  const info = gauge(registry, 'sluis_config_info');
  collectDefaultMetrics({ register: registry });
  const isDestination: Guard = (value) => known.destinations().includes(value);
  const isIntake = within(known.intakes);
  const accepted = new Samples((intake, seconds) =>
    acceptSeconds.observe({ intake: guarded(intake, isIntake) }, seconds),
  );
  const treated = new TreatedIdentifiers((values, count) =>
    tallyOf('sluis_identifiers_total').add(values, count),
  );
  const counted = counting(tallyOf);
  const metrics: Metrics = {
    ...counted,
    treated: (destination, remarks) => treated.add(destination, remarks),
    configReload: (result) => {
      counted.configReload(result);
      gauges?.reloaded(result);
    },
    deliverySeconds: (destination, seconds) =>
      deliverySeconds.observe({ destination: guarded(destination, isDestination) }, seconds),
    acceptSeconds: (intake, seconds) => accepted.add(intake, seconds),
    visitsHeld: (count, bytes) => {
      visits.set(count);
      visitBytes.set(bytes);
    },
    configInfo: (digest) => {
      info.reset();
      info.set({ digest: guarded(digest, (value) => /^[0-9a-f]{8,64}$/.test(value)) }, 1);
    },
  };
  const read = async (): Promise<Registry> => {
    treated.flush();
    flush();
    accepted.flush();
    await gauges?.read();
    return registry;
  };
  const text = async (): Promise<string> => (await read()).metrics();
  const series = async (): Promise<Series> => (await read()).getMetricsAsJSON();
  return { metrics, exposition: { contentType: registry.contentType, text }, series };
}
