// The rule for the Prometheus adapter, filled in as the adapter does and asked under promtool: when more gateways are called for,
// and when they would not help.

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { temporaryFolder } from '../support/gateway.ts';
import { needing } from '../support/skip.ts';
import { KUBERNETES } from './kubernetes.ts';

const test = needing(
  spawnSync('promtool', ['--version']).status === 0
    ? null
    : 'no promtool here; Debian: apt-get install prometheus',
);

const { rules } = parse(readFileSync(join(KUBERNETES, 'monitoring/adapter.yaml'), 'utf8')) as {
  readonly rules: readonly [{ readonly seriesQuery: string; readonly metricsQuery: string }];
}; // our own file
const PODS = 'namespace="sluis",pod=~"one|two"';
const QUERY = rules[0].metricsQuery
  .replaceAll('<<.GroupBy>>', 'pod')
  .replaceAll('<<.LabelMatchers>>', PODS)
  .replaceAll('<<.Series>>', 'sluis_outbox_oldest_seconds');

interface Queue {
  readonly pod: string;
  readonly destination: string;
  readonly age: number;
  readonly pending: number;
  /** Delivered a minute. */
  readonly rate: number;
}

function seriesOf({ pod, destination, age, pending, rate }: Queue): readonly object[] {
  const labels = `job="sluis",namespace="sluis",pod="${pod}",instance="${pod}:9090",destination="${destination}"`;
  return [
    { series: `sluis_outbox_oldest_seconds{${labels}}`, values: `${age}+0x20` },
    { series: `sluis_outbox_pending{${labels}}`, values: `${pending}+0x20` },
    { series: `sluis_deliveries_total{${labels},outcome="delivered"}`, values: `0+${rate}x20` },
    { series: `sluis_deliveries_total{${labels},outcome="expired"}`, values: '0+5x20' },
  ];
}

const BUSY = { destination: 'ga4', age: 300, pending: 5000, rate: 900 };

for (const { name, queues, told } of [
  { name: 'a queue that is worked on and grows old', queues: [{ pod: 'one', ...BUSY }], told: { one: 300 } },
  { name: 'a vendor that takes nothing', queues: [{ pod: 'one', ...BUSY, rate: 0 }], told: { one: 0 } },
  {
    name: 'a few that are refused again and again',
    queues: [{ pod: 'one', ...BUSY, pending: 99 }],
    told: { one: 0 },
  },
  {
    name: 'a vendor that takes nothing beside one that is behind',
    queues: [
      { pod: 'one', ...BUSY, destination: 'meta', age: 9000, rate: 0 },
      { pod: 'one', ...BUSY, age: 120 },
      { pod: 'two', ...BUSY, age: 5, pending: 12 },
    ],
    told: { one: 120, two: 0 },
  },
])
  test(`the adapter: ${name}`, (t) => {
    const file = join(temporaryFolder(t), 'adapter.test.yaml');
    const asked = {
      expr: QUERY,
      eval_time: '10m',
      exp_samples: Object.entries(told).map(([pod, value]) => ({ labels: `{pod="${pod}"}`, value })),
    };
    const input = queues.flatMap(seriesOf);
    writeFileSync(
      file,
      stringify({ tests: [{ interval: '1m', input_series: input, promql_expr_test: [asked] }] }),
    );
    const tested = spawnSync('promtool', ['test', 'rules', file], { encoding: 'utf8' });
    t.is(tested.status, 0, tested.stdout + tested.stderr);
  });
