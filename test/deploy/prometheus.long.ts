// What ops installs, under a real Prometheus: promtool takes configuration, rules and rule tests; a gateway that really runs is
// scraped under the names that the dashboard uses; and alerts fire for real causes and resolve when those are mended. Time runs
// sixty times as fast there.

import { execFile, spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { METRICS } from '../../src/observe/metrics.ts';
import { drained, metric, startLife } from '../crash/life.ts';
import type { Life } from '../crash/life.ts';
import { eventOf, post, unwilling, willing } from '../crash/load.ts';
import { shop } from '../crash/routing.ts';
import { startVendor } from '../crash/vendor.ts';
import type { Vendor } from '../crash/vendor.ts';
import { temporaryFolder, until } from '../support/gateway.ts';
import { freePort } from '../support/port.ts';
import { needing } from '../support/skip.ts';
import { asAsked, asked, readDashboard } from './dashboard.ts';
import { CONFIG, startPrometheus } from './prometheus.ts';
import type { Prometheus } from './prometheus.ts';
import { DEPLOY, RULES } from './rules.ts';

/** How many times as fast. */
const BY = 60;

const runs = (program: string): boolean => spawnSync(program, ['--version']).status === 0;
const test = needing(
  runs('promtool') && runs('prometheus') ? null : 'no Prometheus here; Debian: apt-get install prometheus',
);

interface Checked {
  readonly code: string | number | null;
  readonly said: string;
}

const promtool = (...args: readonly string[]): Promise<Checked> =>
  new Promise((resolve) => {
    execFile('promtool', args, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : (error.code ?? null), said: stdout + stderr }),
    );
  });

test('promtool takes configuration and rules', async (t) => {
  const config = await promtool('check', 'config', CONFIG);
  t.is(config.code, 0, config.said);
  t.regex(config.said, /1 rule files? found/);
  const rules = await promtool('check', 'rules', RULES);
  t.is(rules.code, 0, rules.said);
});

test('promtool takes the configuration with a token, as its comment says', async (t) => {
  const folder = temporaryFolder(t);
  const [config, token] = [join(folder, 'prometheus.yaml'), join(folder, 'sluis-token')];
  copyFileSync(RULES, join(folder, 'alerts.yaml'));
  const text = readFileSync(CONFIG, 'utf8').replace(/# (authorization:\n\s+)# (.*)/, '$1$2');
  writeFileSync(config, text.replace('/etc/prometheus/sluis-token', token));
  t.not((await promtool('check', 'config', config)).code, 0, 'a token file that is not there');
  writeFileSync(token, 'made-up-token-of-an-admin');
  const checked = await promtool('check', 'config', config);
  t.is(checked.code, 0, checked.said);
});

test('the rules pass their tests', async (t) => {
  t.timeout(180_000);
  const files = ['alerts.test.yaml', 'alerts.days.test.yaml'].map((name) => join(DEPLOY, 'prometheus', name));
  const tested = await promtool('test', 'rules', ...files);
  t.is(tested.code, 0, tested.said);
});

interface Scene {
  readonly life: Life;
  readonly prometheus: Prometheus;
  readonly vendor: Vendor;
  readonly config: string;
  /** The routing file as it is in force. */
  readonly routing: string;
}

/** One destination that takes one event at a time, one of another kind, and Prometheus watching. */
async function setTheScene(t: ExecutionContext): Promise<Scene> {
  const folder = temporaryFolder(t);
  const config = join(folder, 'gateway.yaml');
  const [vendor, meta] = [await startVendor(t, 'http'), await startVendor(t, 'meta')];
  const adminPort = await freePort();
  const routing = shop({
    store: `sqlite:${join(folder, 'sluis.db')}`,
    routes: {
      webhook: { vendor, with: 'concurrency: 1, batch: 1, ids: { site.order_id: keep }' },
      meta: { vendor: meta },
    },
    adminPort,
  }).replace(
    'webhook: [analytics, marketing]',
    'webhook: { purposes: [analytics, marketing], data: [order_id] }',
  );
  writeFileSync(config, routing);
  const life = await startLife(t, { config });
  const prometheus = await startPrometheus(t, { target: `127.0.0.1:${adminPort}`, by: BY });
  return { life, prometheus, vendor, config, routing };
}

/** Events of every sort that counts differently: permitted, denied, refused at the door. */
async function someEvents({ url }: Life, from: number): Promise<void> {
  const anna = {
    ...eventOf(from, willing('anna')),
    userId: 'account-1',
    properties: { value: from, currency: 'EUR', order_id: `order-${from}` },
  };
  await post(url, [anna, eventOf(from + 1, willing('anna'))]);
  await post(url, [eventOf(from + 2, unwilling('bob')), { type: 'track' }]);
}

const BROKEN = 'sites: [this is no routing file\n';

/** Writes a routing file and waits until the gateway has taken or refused it. */
async function change({ life, config }: Scene, text: string): Promise<void> {
  const result = text === BROKEN ? 'refused' : 'ok';
  const count = (): Promise<number> => metric(life, 'sluis_config_reloads_total', { result });
  const before = await count();
  writeFileSync(config, text);
  await until(`a routing file that is ${result}`, async () => (await count()) > before);
}

/** Series that Prometheus keeps of a metric of the table. */
const seriesOf = (name: string): readonly string[] =>
  name.endsWith('_seconds') && name !== 'sluis_outbox_oldest_seconds'
    ? [`${name}_bucket`, `${name}_sum`, `${name}_count`]
    : [name];

/** Of a store that several gateways share; here is one, on SQLite. */
const SHARED = /^sluis_(?:nats|partition)/;
/** Not to be seen within seconds: a day before, and alerts while all is well; and what is not told of this store. */
const NOT_NOW = /offset 1d|^ALERTS|sluis_(?:nats|partition)/;

test('every metric is there under the name that the dashboard uses', async (t) => {
  t.timeout(120_000);
  const scene = await setTheScene(t);
  const { life, prometheus, vendor, routing } = scene;
  const since = Date.now();
  for (const from of [10, 20, 30]) {
    vendor.mood = from === 20 ? 400 : 'ok';
    await someEvents(life, from);
    await drained(life);
    // Four events a time; the first show as none, since the counter begins with them.
    const seen = `sluis:events_received_total:from_zero >= ${from === 10 ? 0 : (from / 10) * 4}`;
    await until(seen, async () => (await prometheus.query(seen)).length > 0);
  }
  await change(scene, BROKEN);
  await change(scene, routing);
  const shared = Object.keys(METRICS).filter((name) => SHARED.test(name));
  for (const name of shared)
    t.deepEqual(await prometheus.query(name), [], `${name} of a store that is not shared`);
  for (const name of Object.keys(METRICS).flatMap(seriesOf))
    if (!SHARED.test(name)) await until(name, async () => (await prometheus.query(name)).length > 0);
  for (const { expr, legend } of asked(readDashboard())) {
    const graph = () => prometheus.graph(asAsked(expr), since);
    if (NOT_NOW.test(expr)) {
      await t.notThrowsAsync(graph(), expr);
      continue;
    }
    await until(expr, async () => (await graph()).length > 0);
    const [labels] = await graph();
    for (const [, label = ''] of legend.matchAll(/\{\{(\w+)\}\}/g)) t.truthy(labels?.[label], expr);
  }
});

/** Waits until these alerts are firing and no others; what they say is fit for people. */
async function firing(t: ExecutionContext, { prometheus }: Scene, names: readonly string[]): Promise<void> {
  const now = async (): Promise<string> => (await prometheus.firing()).join();
  await until(`firing: ${names.join() || 'nothing'}`, async () => (await now()) === names.join(), 90_000);
  for (const text of await prometheus.said()) t.notRegex(text, /<no value>|error |\{\{/, text);
}

/** Everything that has been firing at any time since. */
async function firedSince({ prometheus }: Scene, since: number): Promise<readonly string[]> {
  const range = `${Date.now() - since}ms`;
  const fired = await prometheus.query(`max_over_time(ALERTS{alertstate="firing"}[${range}])`);
  return [...new Set(fired.map(({ metric: { alertname = '' } }) => alertname))].sort();
}

test('alerts fire for real causes and resolve when they are mended, and no other does', async (t) => {
  t.timeout(300_000);
  const scene = await setTheScene(t);
  const { life, prometheus, vendor, config, routing } = scene;
  await someEvents(life, 100);
  await drained(life);
  const looks = 'count_over_time(sluis:watched:bool[1m]) >= 10';
  await until(looks, async () => (await prometheus.query(looks)).length > 0, 30_000);
  // Prometheus takes seconds to find its target, which are minutes here.
  await firing(t, scene, []);
  const since = Date.now();

  await change(scene, BROKEN);
  await firing(t, scene, ['SluisRoutingFileRefused']);
  await change(scene, routing);
  await firing(t, scene, []);

  vendor.delayMs = 4000;
  const events = Array.from({ length: 14 }, (_, index) => eventOf(200 + index, willing('anna')));
  await post(life.url, events);
  await firing(t, scene, ['SluisQueueOld']);
  vendor.delayMs = 0;
  await drained(life);
  await firing(t, scene, []);

  life.signal('SIGTERM');
  t.is((await life.ended).code, 0);
  await firing(t, scene, ['SluisDown']);
  await someEvents(await startLife(t, { config }), 300);
  await firing(t, scene, []);

  t.deepEqual(await firedSince(scene, since), ['SluisDown', 'SluisQueueOld', 'SluisRoutingFileRefused']);
});
