// What ops installs speaks of metrics, labels and values that the gateway really has: rules, their tests and the dashboard are
// held against the tables they came from, and the dashboard against what a reader needs.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { parse } from 'yaml';
import { METRICS } from '../../src/observe/metrics.ts';
import { asked, readDashboard } from './dashboard.ts';
import { faults, knownOf, yielded } from './known.ts';
import { readExpression } from './promql.ts';
import { alertsOf, DEPLOY, durationMs, readRules, rulesOf, shortened, shortExpression } from './rules.ts';

const RULES = readRules();
const ALERTS = alertsOf(RULES);
const DASHBOARD = readDashboard();

interface RuleTests {
  readonly tests: readonly {
    readonly input_series: readonly { readonly series: string }[];
    readonly promql_expr_test: readonly { readonly expr: string; readonly exp_samples?: readonly object[] }[];
  }[];
}

const ruleTests = ['alerts.test.yaml', 'alerts.days.test.yaml'].flatMap(
  (name) => (parse(readFileSync(join(DEPLOY, 'prometheus', name), 'utf8')) as RuleTests).tests, // promtool checks its form
);

test('expressions are read as far as names go', (t) => {
  const read = readExpression(
    'sum by (a, b) (rate(x_total{job="j", c=~"d|e"}[5m] offset 1d)) / on (a) group_left () y unless z{} > 0.5 * 60',
  );
  t.deepEqual(
    read.selectors.map(({ metric }) => metric),
    ['x_total', 'y', 'z'],
  );
  t.deepEqual(read.selectors[0]?.matchers, [
    { label: 'job', op: '=', value: 'j' },
    { label: 'c', op: '=~', value: 'd|e' },
  ]);
  t.deepEqual(read.grouped, ['a', 'b', 'a']);
  t.deepEqual(read.calls, ['sum', 'rate']);
  for (const wrong of ['sum(x', 'x)', 'x[5m)', 'x{a="b"', 'x{a}', 'x{a="}"'])
    t.throws(() => readExpression(wrong), { instanceOf: SyntaxError }, wrong);
});

test('rules name metrics, labels and values that exist', async (t) => {
  const all = await knownOf(RULES);
  for (const { record, alert, expr } of rulesOf(RULES)) t.deepEqual(faults(expr, all), [], alert ?? record);
});

test('a name that is not in the tables is found', async (t) => {
  const all = await knownOf(RULES);
  for (const wrong of [
    'rate(sluis_events_total[5m])',
    'sluis_outbox_pending{site="shop"}',
    'sluis_deliveries_total{outcome="delivered|lost"}',
    'sluis_deliveries_total{outcome=~"delivered|lost"}',
    'sluis_events_rejected_total{code="store_gone"}',
    'sluis_config_reloads_total{result="unreadable"}',
    'sluis_outbox_pending{destination="ga4"}',
    'sum by (outcome) (sluis:deliveries:dead1h)',
    '1 + 1',
  ])
    t.not(faults(wrong, all).length, 0, wrong);
});

test('every alert says how long, how bad, what is wrong and what to do first', async (t) => {
  const all = await knownOf(RULES);
  for (const { alert, expr, for: pending, labels, annotations } of ALERTS) {
    t.regex(alert, /^Sluis[A-Z]\w+$/);
    t.true(durationMs(pending ?? '') > 0, alert);
    t.true(['page', 'ticket'].includes(labels?.['severity'] ?? ''), alert);
    const { summary = '', description = '' } = annotations ?? {};
    t.regex(summary, /^\S.{10,120}[^.]$/, alert);
    t.regex(description, /\bFirst\b.*\.(?:\{\{ end \}\})?$/s, alert);
    const told = [...`${summary} ${description}`.matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label);
    const has = yielded(readExpression(expr), all);
    t.deepEqual(
      told.filter((label) => !has.includes(label)),
      [],
      alert,
    );
  }
  t.is(new Set(ALERTS.map(({ alert }) => alert)).size, ALERTS.length);
});

test('each alert is seen to fire and to stay quiet in the rule tests', (t) => {
  const checks = ruleTests.flatMap(({ promql_expr_test: list }) => list);
  for (const { alert } of ALERTS) {
    const about = checks.filter(({ expr }) => expr.includes(`alertname="${alert}"`));
    t.true(
      about.some(({ exp_samples: samples = [] }) => samples.length > 0),
      `${alert} fires`,
    );
    t.true(
      about.some(({ exp_samples: samples = [] }) => samples.length === 0),
      `${alert} stays quiet`,
    );
  }
});

test('rule tests feed series that the gateway can have', async (t) => {
  const all = await knownOf(RULES);
  // What ops names and addresses by themselves is made up there.
  const madeUp = /: (?:job|instance|namespace|pod|site|destination|digest|le) /;
  for (const { input_series: series, promql_expr_test: checks } of ruleTests) {
    for (const { series: text } of series)
      t.deepEqual(
        faults(text, all).filter((fault) => !madeUp.test(fault)),
        [],
        text,
      );
    for (const { expr } of checks) t.regex(expr, /ALERTS\{alertname="\w+", alertstate="firing"\}/);
  }
});

test('the dashboard asks for metrics, labels and values that exist', async (t) => {
  const all = await knownOf(RULES);
  for (const { expr, legend } of asked(DASHBOARD)) {
    t.deepEqual(faults(expr, all), [], expr);
    const told = [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
    const { selectors } = readExpression(expr);
    const has = selectors.flatMap(({ metric }) => all.get(metric) ?? []);
    t.deepEqual(
      told.filter((label) => !has.includes(label)),
      [],
      legend,
    );
  }
  for (const { definition } of DASHBOARD.templating.list) {
    if (definition === undefined) continue;
    const [, selector = '', label = ''] = /^label_values\((.*), (\w+)\)$/.exec(definition) ?? [];
    t.deepEqual(faults(selector, all), [], definition);
    t.true(all.get(readExpression(selector).selectors[0]?.metric ?? '')?.includes(label), definition);
  }
});

test('every metric of the gateway is on the dashboard', (t) => {
  const used = asked(DASHBOARD).flatMap(({ expr }) => readExpression(expr).selectors);
  const text = used.map(({ metric }) => metric.replace(/^sluis:(\w+).*/, 'sluis_$1')).join(' ');
  for (const name of Object.keys(METRICS)) t.true(text.includes(name.replace(/_total$/, '')), name);
});

test('every panel has a title, a description, a unit and legends for people', (t) => {
  const variables = DASHBOARD.templating.list.map(({ name }) => name);
  for (const { type, title, description = '', fieldConfig, targets = [] } of DASHBOARD.panels) {
    t.regex(title, /^[A-Z][^.]+$/);
    if (type === 'row') continue;
    t.regex(description, /^[A-Z`].{20,}\.$/s, title);
    t.truthy(fieldConfig?.defaults.unit, title);
    t.true(targets.length > 0, title);
    for (const { expr, legendFormat, datasource } of targets) {
      t.is(datasource.uid, '${datasource}', title);
      t.true(type === 'table' || legendFormat.length > 0, title);
      const named = [...expr.matchAll(/\$(?!__)(\w+)/g)].map(([, name = '']) => name);
      t.true(named.every((name) => variables.includes(name)) && expr.match(/"[\w-]+:\d+"/) === null, title);
    }
  }
  t.is(new Set(DASHBOARD.panels.map(({ id }) => id)).size, DASHBOARD.panels.length);
  t.true(DASHBOARD.schemaVersion >= 38);
});

test('panels do not lie on one another', (t) => {
  const taken = new Map<string, string>();
  for (const { title, gridPos } of DASHBOARD.panels) {
    t.true(gridPos.x + gridPos.w <= 24, title);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1)
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
        t.is(taken.get(`${x} ${y}`), undefined, title);
        taken.set(`${x} ${y}`, title);
      }
  }
});

test('the lines on the dashboard are those of the alerts', (t) => {
  const limits = ALERTS.flatMap(({ expr }) =>
    [...expr.matchAll(/sluis_outbox_oldest_seconds > (\d+) \* (\d+)/g)].map(
      ([, count, unit]) => Number(count) * Number(unit),
    ),
  );
  const panel = DASHBOARD.panels.find(({ title }) => title === 'How old is the oldest?');
  const lines = panel?.fieldConfig?.defaults.thresholds?.steps.flatMap(({ value }) => value ?? []);
  t.deepEqual(lines, limits);
});

test('rules are shortened in every place that takes time, and nowhere else', (t) => {
  t.is(
    shortExpression('sum without (a) (increase(x:judged2h{b="1h"}[1h])) offset 1d > 30 * 60 and y >= 20', 60),
    'sum without (a) (increase(x:judged2h{b="1h"}[60000ms])) offset 1440000ms > 30 and y >= 20',
  );
  t.is(durationMs('1h30m'), 5_400_000);
  t.throws(() => durationMs('soon'), { instanceOf: SyntaxError });
  const short = shortened(RULES, 60);
  t.deepEqual(
    short.groups.map(({ interval }) => interval),
    RULES.groups.map(({ interval }) => `${durationMs(interval) / 60}ms`),
  );
  for (const [index, { alert, record, expr, for: pending }] of rulesOf(RULES).entries()) {
    const copy = rulesOf(short)[index];
    t.deepEqual([copy?.alert, copy?.record], [alert, record]);
    if (pending !== undefined) t.is(copy?.for, `${durationMs(pending) / 60}ms`);
    t.notRegex(copy?.expr ?? '', /\[\d+[smhdw]\]|offset \d+[smhdw]\b|\* (?:60|3600)\b/, alert ?? record);
    t.deepEqual(readExpression(copy?.expr ?? '').selectors, readExpression(expr).selectors);
  }
});

test('seconds are written as products, so that shortening knows them', (t) => {
  for (const { alert, record, expr } of rulesOf(RULES))
    if (/oldest_seconds [<>]|time\(\) -/.test(expr))
      t.regex(expr, /[<>] (?:bool )?\d+(?:\.\d+)? \* (?:60|3600)/, alert ?? record);
});
