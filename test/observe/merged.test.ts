// Metrics of several threads add up to those of one gateway, and never fall when a thread is gone.

import test from 'ava';
import { MergedSeries } from '../../src/observe/merged.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import { NOW } from '../support/snapshot.ts';

const known = {
  sites: () => ['shop'],
  destinations: () => ['ga4'],
  tags: () => [],
  intakes: ['segment'],
  formats: [],
};

/** A thread that takes events, and the one that knows the rest. */
const thread = () => createMetrics({ known });
const theOwner = () =>
  createMetrics({
    known,
    clock: { now: () => NOW },
    stats: async () => ({ destinations: { ga4: { pending: 2, dead: 0, oldestAt: NOW } }, bytes: 100 }),
    ready: async () => true,
  });

const lines = (text: string, name: string): readonly string[] =>
  text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));

const RECEIVED = 'sluis_events_received_total{site="shop",intake="segment"}';

test('counts and durations of all threads are added, what the owner alone knows stands as it is', async (t) => {
  const [owner, one, two, merged] = [theOwner(), thread(), thread(), new MergedSeries()];
  one.metrics.received('shop', 'segment', 3);
  two.metrics.received('shop', 'segment', 4);
  one.metrics.acceptSeconds('segment', 0.002);
  two.metrics.acceptSeconds('segment', 0.2);
  owner.metrics.configInfo('0123456789abcdef');
  merged.told('one', structuredClone(await one.series()));
  merged.told('two', structuredClone(await two.series()));
  const text = await merged.text(await owner.series());
  t.deepEqual(lines(text, 'sluis_events_received_total'), [`${RECEIVED} 7`]);
  t.deepEqual(lines(text, 'sluis_accept_seconds_count'), ['sluis_accept_seconds_count{intake="segment"} 2']);
  t.true(text.includes('sluis_accept_seconds_bucket{le="0.0025",intake="segment"} 1'));
  t.deepEqual(lines(text, 'sluis_outbox_pending'), ['sluis_outbox_pending{destination="ga4"} 2']);
  t.deepEqual(lines(text, 'sluis_config_info'), ['sluis_config_info{digest="0123456789abcdef"} 1']);
  for (const line of ['sluis_ready 1', 'sluis_config_refused 0', 'sluis_store_bytes 100'])
    t.true(text.includes(`${line}\n`));
});

test('what is of the process counts once, and the laggard of all threads is shown', async (t) => {
  const [owner, one, merged] = [theOwner(), thread(), new MergedSeries()];
  const lag = (value: number) =>
    ({
      name: 'nodejs_eventloop_lag_p99_seconds',
      help: 'h',
      type: 'gauge',
      aggregator: 'average',
      values: [{ value, labels: {} }],
    }) as const;
  const others = (await one.series()).filter(({ name }) => name !== 'nodejs_eventloop_lag_p99_seconds');
  merged.told('one', [...others, lag(0.5)] as unknown as Awaited<ReturnType<typeof one.series>>); // the type is an enum of prom-client
  const text = await merged.text(await owner.series());
  t.is(lines(text, 'process_start_time_seconds').length, 1);
  const [opened] = lines(text, 'process_start_time_seconds');
  t.true(Math.abs(Number(opened?.split(' ')[1]) - Date.now() / 1000) < 3600);
  t.deepEqual(lines(text, 'nodejs_eventloop_lag_p99_seconds'), ['nodejs_eventloop_lag_p99_seconds 0.5']);
});

test('a thread that is gone leaves its counts, and its successor adds to them', async (t) => {
  const [owner, first, second, merged] = [theOwner(), thread(), thread(), new MergedSeries()];
  first.metrics.received('shop', 'segment', 5);
  merged.told('one', await first.series());
  const ended = merged.ended('one');
  t.true((await merged.text(await owner.series())).includes(`${RECEIVED} 5`));
  await ended;
  t.true((await merged.text(await owner.series())).includes(`${RECEIVED} 5`));
  second.metrics.received('shop', 'segment', 2);
  merged.told('one', await second.series());
  t.true((await merged.text(await owner.series())).includes(`${RECEIVED} 7`));
  await merged.ended('one');
  await merged.ended('one');
  t.true((await merged.text(await owner.series())).includes(`${RECEIVED} 7`));
});
