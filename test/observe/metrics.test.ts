// The metrics are those the design names, and their labels never come from traffic.

import test from 'ava';
import { OUTCOMES } from '../../src/core/delivery.ts';
import type { Remark, Treatment } from '../../src/core/treatment.ts';
import { createMetrics, METRICS } from '../../src/observe/metrics.ts';
import type { MetricsOptions, Observed } from '../../src/observe/metrics.ts';
import { NOW } from '../support/snapshot.ts';

/** Design, section 5: name and labels. */
const DESIGNED: Readonly<Record<string, readonly string[]>> = {
  sluis_events_received_total: ['site', 'intake'],
  sluis_events_rejected_total: ['site', 'intake', 'code'],
  sluis_decisions_total: ['destination', 'verdict', 'reason'],
  sluis_identifiers_total: ['destination', 'kind', 'treatment'],
  sluis_links_blocked_total: ['from', 'to'],
  sluis_deliveries_total: ['destination', 'outcome'],
  sluis_outbox_pending: ['destination'],
  sluis_outbox_oldest_seconds: ['destination'],
  sluis_store_bytes: [],
  sluis_nats_connected: [],
  sluis_partitions_owned: [],
  sluis_partitions_behind: [],
  sluis_partition_takeovers_total: [],
  sluis_partition_repetitions_total: [],
  sluis_delivery_seconds: ['destination'],
  sluis_accept_seconds: ['intake'],
  sluis_recording_visits: [],
  sluis_recording_bytes: [],
  sluis_consent_signals_total: ['format', 'result'],
  sluis_config_reloads_total: ['result'],
  sluis_config_info: ['digest'],
  sluis_config_refused: [],
  sluis_ready: [],
};

const observed = (over: Partial<MetricsOptions> = {}): Observed =>
  createMetrics({
    known: {
      sites: () => ['shop'],
      destinations: () => ['ga4', 'meta'],
      tags: () => ['hotjar'],
      intakes: ['segment'],
      formats: ['tcf'],
    },
    clock: { now: () => NOW },
    stats: async () => ({
      destinations: { ga4: { pending: 2, dead: 0, oldestAt: NOW - 1500 } },
      bytes: 4096,
    }),
    ready: async () => true,
    ...over,
  });

const remark = (path: string, treatment: Treatment): Remark => ({ path, rule: 'kind_default', treatment });

/** The lines of one metric, without comments. */
const series = (text: string, name: string): string[] =>
  text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));

test('names and labels are exactly those of the design', async (t) => {
  const { exposition } = observed();
  const text = await exposition.text();
  const names = [...text.matchAll(/^# TYPE (sluis_\w+) /gm)].map((match) => match[1] ?? '');
  t.deepEqual(names.toSorted(), Object.keys(DESIGNED).toSorted());
  for (const [name, { labels }] of Object.entries(METRICS)) t.deepEqual([...labels], DESIGNED[name], name);
  t.regex(text, /^nodejs_eventloop_lag_seconds /m);
  t.regex(text, /^process_resident_memory_bytes /m);
});

test('what is counted shows up once, and goes on from there', async (t) => {
  const { metrics, exposition } = observed();
  metrics.received('shop', 'segment', 3);
  metrics.received('shop', 'segment', 2);
  metrics.rejected('shop', 'segment', 'invalid_event', 1);
  metrics.decided('ga4', 'block', 'purpose_denied');
  metrics.treated('ga4', [remark('ids.ga.client_id', 'pseudonymise'), remark('page.url', 'coarsen')]);
  metrics.treated('ga4', [remark('ids.ga.client_id', 'keep')]);
  metrics.linkBlocked('hubspot', 'ga4');
  metrics.delivered('meta', 'uncertain', 2);
  metrics.consentSignal('tcf', 'tcf_malformed');
  metrics.consentSignal('tcf', 'shared');
  metrics.configReload('refused');
  for (const times of [1, 2]) {
    if (times === 2) metrics.received('shop', 'segment', 1);
    const text = await exposition.text();
    t.deepEqual(series(text, 'sluis_events_received_total'), [
      `sluis_events_received_total{site="shop",intake="segment"} ${times === 1 ? 5 : 6}`,
    ]);
    for (const line of [
      'sluis_events_rejected_total{site="shop",intake="segment",code="invalid_event"} 1',
      'sluis_decisions_total{destination="ga4",verdict="block",reason="purpose_denied"} 1',
      'sluis_identifiers_total{destination="ga4",kind="ga.client_id",treatment="pseudonymise"} 1',
      'sluis_identifiers_total{destination="ga4",kind="ga.client_id",treatment="keep"} 1',
      'sluis_links_blocked_total{from="hubspot",to="ga4"} 1',
      'sluis_deliveries_total{destination="meta",outcome="uncertain"} 2',
      'sluis_consent_signals_total{format="tcf",result="tcf_malformed"} 1',
      'sluis_consent_signals_total{format="tcf",result="shared"} 1',
      'sluis_config_reloads_total{result="refused"} 1',
    ])
      t.true(text.includes(`${line}\n`), line);
  }
});

test('times land in buckets', async (t) => {
  const { metrics, exposition } = observed();
  metrics.acceptSeconds('segment', 0.004);
  metrics.deliverySeconds('ga4', 3);
  const text = await exposition.text();
  t.true(text.includes('sluis_accept_seconds_bucket{le="0.005",intake="segment"} 1'));
  t.true(text.includes('sluis_accept_seconds_bucket{le="0.0025",intake="segment"} 0'));
  t.true(text.includes('sluis_delivery_seconds_bucket{le="5",destination="ga4"} 1'));
});

test('label values that no list has are counted together as other', async (t) => {
  const { metrics, exposition } = observed();
  for (let index = 0; index < 500; index++) {
    const value = `person${index}@shop.example`;
    metrics.received(value, value, 1);
    metrics.rejected(value, value, value, 1);
    metrics.decided(value, value, value);
    metrics.treated(value, [remark('ids.ga.client_id', 'keep'), remark(`ids.${value}`, 'keep')]);
    metrics.linkBlocked(value, value);
    metrics.consentSignal(value, value);
    metrics.consentSignal('tcf', `code_${index}`);
    metrics.acceptSeconds(value, 1);
    metrics.deliverySeconds(value, 1);
  }
  const text = await exposition.text();
  t.false(text.includes('person'));
  t.true(text.includes('sluis_events_received_total{site="other",intake="other"} 500'));
  t.true(text.includes('sluis_decisions_total{destination="other",verdict="other",reason="other"} 500'));
  t.deepEqual(series(text, 'sluis_identifiers_total'), [
    'sluis_identifiers_total{destination="other",kind="ga.client_id",treatment="keep"} 500',
  ]);
  t.true(series(text, 'sluis_consent_signals_total').length <= 42);
});

test('a site added by a reload is counted by its name from then on', async (t) => {
  let sites = ['shop'];
  const { metrics, exposition } = observed({
    known: { sites: () => sites, destinations: () => [], tags: () => [], intakes: ['segment'], formats: [] },
  });
  metrics.received('blog', 'segment', 1);
  sites = ['shop', 'blog'];
  metrics.received('blog', 'segment', 1);
  t.deepEqual(series(await exposition.text(), 'sluis_events_received_total').toSorted(), [
    'sluis_events_received_total{site="blog",intake="segment"} 1',
    'sluis_events_received_total{site="other",intake="segment"} 1',
    'sluis_events_received_total{site="shop",intake="segment"} 0',
  ]);
});

test('the queue is read at the scrape; a destination with nothing waiting is 0', async (t) => {
  const { exposition } = observed();
  const text = await exposition.text();
  t.true(text.includes('sluis_outbox_pending{destination="ga4"} 2'));
  t.true(text.includes('sluis_outbox_pending{destination="meta"} 0'));
  t.true(text.includes('sluis_outbox_oldest_seconds{destination="ga4"} 1.5'));
  t.true(text.includes('sluis_outbox_oldest_seconds{destination="meta"} 0'));
  t.deepEqual(series(text, 'sluis_store_bytes'), ['sluis_store_bytes 4096']);
});

test('a store that cannot be asked makes the queue absent, not the scrape', async (t) => {
  let fails = false;
  const { metrics, exposition } = observed({
    stats: () =>
      fails
        ? Promise.reject(new Error('gone'))
        : Promise.resolve({ destinations: { ga4: { pending: 2, dead: 0, oldestAt: null } }, bytes: 0 }),
  });
  await exposition.text();
  fails = true;
  metrics.received('shop', 'segment', 1);
  const text = await exposition.text();
  t.deepEqual(series(text, 'sluis_outbox_pending'), []);
  t.deepEqual(series(text, 'sluis_store_bytes'), []);
  t.is(series(text, 'sluis_events_received_total').length, 1);
});

test('counters of few series are there at 0 before anything counts, also of what a reload brings', async (t) => {
  let destinations = ['ga4'];
  const { metrics, exposition } = observed({
    known: {
      sites: () => ['shop'],
      destinations: () => destinations,
      tags: () => [],
      intakes: ['segment'],
      formats: [],
    },
  });
  const first = await exposition.text();
  t.deepEqual(series(first, 'sluis_events_received_total'), [
    'sluis_events_received_total{site="shop",intake="segment"} 0',
  ]);
  t.deepEqual(
    series(first, 'sluis_deliveries_total'),
    Object.keys(OUTCOMES).map(
      (outcome) => `sluis_deliveries_total{destination="ga4",outcome="${outcome}"} 0`,
    ),
  );
  t.deepEqual(series(first, 'sluis_config_reloads_total'), [
    'sluis_config_reloads_total{result="ok"} 0',
    'sluis_config_reloads_total{result="refused"} 0',
  ]);
  t.deepEqual(series(first, 'sluis_decisions_total'), []);
  destinations = ['ga4', 'meta'];
  metrics.delivered('meta', 'delivered', 3);
  const then = await exposition.text();
  t.true(then.includes('sluis_deliveries_total{destination="meta",outcome="delivered"} 3\n'));
  t.true(then.includes('sluis_deliveries_total{destination="meta",outcome="expired"} 0\n'));
});

test('a routing file that was refused stays told until one is taken', async (t) => {
  const { metrics, exposition } = observed();
  const told = async () => series(await exposition.text(), 'sluis_config_refused');
  t.deepEqual(await told(), ['sluis_config_refused 0']);
  metrics.configReload('refused');
  metrics.configReload('refused');
  t.deepEqual(await told(), ['sluis_config_refused 1']);
  metrics.configReload('ok');
  t.deepEqual(await told(), ['sluis_config_refused 0']);
});

test('readiness is asked at the scrape; what cannot say is not ready', async (t) => {
  let ready = (): Promise<boolean> => Promise.resolve(true);
  const { exposition } = observed({ ready: () => ready() });
  const told = async () => series(await exposition.text(), 'sluis_ready');
  t.deepEqual(await told(), ['sluis_ready 1']);
  ready = () => Promise.resolve(false);
  t.deepEqual(await told(), ['sluis_ready 0']);
  ready = () => Promise.reject(new Error('gone'));
  t.deepEqual(await told(), ['sluis_ready 0']);
});

test('only the digest in force is told', async (t) => {
  const { metrics, exposition } = observed();
  metrics.configInfo('0123456789abcdef');
  metrics.configInfo('fedcba9876543210');
  t.deepEqual(series(await exposition.text(), 'sluis_config_info'), [
    'sluis_config_info{digest="fedcba9876543210"} 1',
  ]);
});

const SHARED = [
  'sluis_nats_connected',
  'sluis_partitions_owned',
  'sluis_partitions_behind',
  'sluis_partition_takeovers_total',
  'sluis_partition_repetitions_total',
];

test('how the gateway stands in a shared store is told as of now, and not of a store of its own', async (t) => {
  const states = [
    { connected: true, partitions: 8, behind: 3, takeovers: 2, repetitions: 7 },
    { connected: false, partitions: 0, behind: 0, takeovers: 5, repetitions: 9 },
    null,
  ];
  const { exposition } = observed({ replication: () => states.shift() ?? null });
  const told = async (): Promise<readonly string[]> => {
    const text = await exposition.text();
    return SHARED.map((name) => series(text, name).join().replace(`${name} `, ''));
  };
  t.deepEqual(await told(), ['1', '8', '3', '2', '7']);
  t.deepEqual(await told(), ['0', '0', '0', '5', '9']);
  t.deepEqual(await told(), ['', '', '', '', '']);
});
