// Every series that Prometheus can have of a gateway, with its labels and the values that an expression may ask for, taken from
// the tables of `src` and from the recording rules. What an expression names beyond that is a fault.

import type { LoadReport } from '../../src/config/running.ts';
import { CONSENT_READERS } from '../../src/consent/index.ts';
import type { Signal } from '../../src/consent/merge.ts';
import type { Verdict } from '../../src/core/decision.ts';
import { OUTCOMES } from '../../src/core/delivery.ts';
import { ERRORS } from '../../src/core/errors.ts';
import { REASONS } from '../../src/core/reasons.ts';
import { TREATMENTS } from '../../src/core/treatment.ts';
import { INTAKE_PROTOCOLS } from '../../src/intake/index.ts';
import { createMetrics, METRICS } from '../../src/observe/metrics.ts';
import { OTHER } from '../../src/observe/tally.ts';
import { readExpression } from './promql.ts';
import type { Expression, Matcher } from './promql.ts';
import { rulesOf } from './rules.ts';
import type { RuleFile } from './rules.ts';

// What no table in `src` lists is listed here, and the compiler says when that is not all of it.
const VERDICTS = { forward: 1, anonymous: 1, cohort: 1, block: 1 } satisfies Record<Verdict, 1>;
const RELOADS = { ok: 1, refused: 1 } satisfies Record<LoadReport['result'], 1>;
const SIGNALS = { granted: 1, denied: 1, silent: 1, unreadable: 1, shared: 1 } satisfies Record<
  Signal['result'] | 'shared',
  1
>;

/** Values that an expression may ask for, by label; of names that ops chooses only the one for all others. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  outcome: Object.keys(OUTCOMES),
  code: Object.keys(ERRORS),
  verdict: Object.keys(VERDICTS),
  reason: Object.keys(REASONS),
  treatment: TREATMENTS,
  format: CONSENT_READERS.map(({ source }) => source),
  intake: INTAKE_PROTOCOLS.map(({ name }) => name),
  result: [...Object.keys(RELOADS), ...Object.keys(SIGNALS)],
  site: [OTHER],
  destination: [],
  job: ['sluis'],
  instance: [],
  severity: ['page', 'ticket'],
  alertstate: ['firing', 'pending'],
};
/** `result` stands at two metrics. */
const RESULTS: readonly (readonly [RegExp, readonly string[]])[] = [
  [/config_reloads/, Object.keys(RELOADS)],
  [/consent_signals/, Object.keys(SIGNALS)],
];

/** What Prometheus puts on every series: itself, and for targets that it finds in Kubernetes. */
const TARGET = ['job', 'instance', 'namespace', 'pod', 'node', 'container', 'endpoint'];
/** Labels of every series of Node's own that has any. */
const NODE_LABELS: Readonly<Record<string, readonly string[]>> = { nodejs_gc_duration_seconds: ['kind'] };
/** Exposed on Linux only; this test runs elsewhere too. */
const LINUX_ONLY = ['process_open_fds', 'process_max_fds'];

function seriesOf(name: string, type: string, labels: readonly string[]): [string, readonly string[]][] {
  const all = [...labels, ...TARGET];
  if (type !== 'histogram') return [[name, all]];
  return [
    [`${name}_bucket`, [...all, 'le']],
    [`${name}_sum`, all],
    [`${name}_count`, all],
  ];
}

/** What the admin listener exposes, and what Prometheus makes of any target. */
async function exposed(): Promise<Map<string, readonly string[]>> {
  const { exposition } = createMetrics({
    known: { sites: () => [], destinations: () => [], tags: () => [], intakes: [], formats: [] },
    clock: { now: () => 0 },
    stats: async () => ({ destinations: {}, bytes: 0 }),
    ready: async () => true,
  });
  const text = await exposition.text();
  const labels: Readonly<Record<string, { readonly labels: readonly string[] }>> = METRICS;
  const series = [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].flatMap(([, name = '', type = '']) =>
    seriesOf(name, type, labels[name]?.labels ?? NODE_LABELS[name] ?? []),
  );
  return new Map([
    ...series,
    ...LINUX_ONLY.map((name) => [name, TARGET] as const),
    ['up', TARGET],
    ['ALERTS', ['alertname', 'alertstate', 'severity', ...TARGET]],
  ]);
}

/** Series and their labels. */
export type Known = ReadonlyMap<string, readonly string[]>;

/** What an expression can yield: labels of what it selects, but for those it sums over. */
export function yielded(expression: Expression, known: Known): readonly string[] {
  const gone = new Set(expression.dropped);
  if (expression.calls.includes('histogram_quantile')) gone.add('le');
  const labels = expression.selectors.flatMap(({ metric }) => known.get(metric) ?? []);
  return [...new Set(labels)].filter((label) => !gone.has(label));
}

/** The recording rules besides, in their order: each may use those before it. */
export async function knownOf(rules: RuleFile): Promise<Known> {
  const all = await exposed();
  for (const { record, expr } of rulesOf(rules))
    if (record !== undefined) all.set(record, yielded(readExpression(expr), all));
  return all;
}

/** A value of Grafana's variables is whatever the reader chooses; names of alerts are for the rule tests to hold. */
function wrongValues(metric: string, { label, op, value }: Matcher): readonly string[] {
  if (/^\$\w+$/.test(value) || label === 'alertname') return [];
  const values = op.includes('~') ? value.split('|') : [value];
  const listed = RESULTS.find(([name]) => label === 'result' && name.test(metric))?.[1] ?? VALUES[label];
  return values
    .filter((each) => listed?.includes(each) !== true)
    .map((each) => `${metric}: ${label} ${each}`);
}

/** Everything an expression says that nobody knows. */
export function faults(text: string, all: Known): readonly string[] {
  const expression = readExpression(text);
  const labels = expression.selectors.flatMap(({ metric }) => all.get(metric) ?? []);
  const calls = expression.selectors.length === 0 ? ['selects nothing'] : [];
  return [
    ...calls,
    ...expression.grouped.filter((label) => !labels.includes(label)).map((label) => `groups by ${label}`),
    ...expression.selectors.flatMap(({ metric, matchers }) => {
      const its = all.get(metric);
      if (its === undefined) return [metric];
      const strange = matchers.filter(({ label }) => !its.includes(label));
      return [
        ...strange.map(({ label }) => `${metric}: ${label}`),
        ...matchers.flatMap((matcher) => wrongValues(metric, matcher)),
      ];
    }),
  ];
}
