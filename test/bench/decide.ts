// `decide`: µs per decision of one event at one destination, all gates run; and per event through the whole pipeline.

import { explainContext } from '../../src/app.ts';
import { loadText } from '../../src/config/file.ts';
import type { Claim } from '../../src/core/consent.ts';
import type { EventFacts } from '../../src/core/decision.ts';
import { NOTHING_SAID } from '../../src/core/decision.ts';
import type { ReceivedEvent } from '../../src/core/event.ts';
import { judge } from '../../src/pipeline.ts';
import { decide } from '../../src/policy/decide.ts';
import { claim, noConsent, received, state } from '../support/events.ts';
import { benchConfig, NOBODY } from './gateway.ts';
import { EVENTS_OF_A_VISITOR } from './load.ts';
import { median } from './process.ts';

const loaded = loadText('bench.yaml', benchConfig(NOBODY, 'memory:'), {
  env: { BENCH_SECRET: 'a benchmark secret of at least 32 characters' },
});
if (!loaded.ok) throw new Error('the benchmark has a bad routing file');
const { snapshot } = loaded;
const now = Date.parse('2026-11-20T12:00:00Z');
const purposes = {
  analytics: 'granted',
  marketing: 'granted',
  profiling: 'granted',
  audience_matching: 'granted',
} as const;
const granted = claim({ purposes, byName: ['profiling', 'audience_matching'] });

/** CPU time of this process in µs: on a shared machine the wall clock counts others' work. */
const cpu = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

/** Median of seven rounds of so many calls, in µs of CPU per call. They are numbered on from round to round: no event comes twice. */
function time(calls: number, run: (index: number) => unknown): number {
  const rounds = Array.from({ length: 7 }, (_, round) => {
    const begun = cpu();
    for (let index = 0; index < calls; index += 1) run(round * calls + index);
    return (cpu() - begun) / calls;
  });
  return Number(median(rounds).toFixed(2));
}

const print = (name: string, us: number): void =>
  void process.stdout.write(`${JSON.stringify({ bench: 'decide', case: name, us })}\n`);

const factsWith = (claims: readonly Claim[]): EventFacts => ({
  site: 'shop',
  type: 'track',
  name: 'purchase',
  occurredAt: now,
  sensitive: false,
  switchedOff: [],
  consent: state(...claims),
});

for (const [name, facts] of [
  ['one decision, permitted', factsWith([granted])],
  ['one decision, denied', factsWith([claim({ purposes: { analytics: 'denied', marketing: 'denied' } })])],
] as const)
  print(
    name,
    time(50_000, (index) => {
      const destination = snapshot.destinations[index % snapshot.destinations.length];
      if (destination !== undefined) decide({ facts, destination, snapshot, standing: NOTHING_SAID, now });
    }),
  );

const context = { ...explainContext(snapshot), now };
const event = (index: number, categories: boolean): ReceivedEvent =>
  received({
    receivedAt: now,
    occurredAt: now,
    messageId: `ajs-next-${index}`,
    params: { currency: 'EUR', value: 49.9 },
    items: [{ item_id: 'SKU-1', item_name: 'Canal boots', price: 49.9, quantity: 1 }],
    page: {
      url: 'https://shop.example/thanks?utm_source=mail&step=3',
      title: 'Thank you',
      referrer: 'https://search.example/?q=boots',
    },
    ids: [
      {
        system: 'ga',
        kind: 'client_id',
        value: `1837402915.17639${String(Math.floor(index / EVENTS_OF_A_VISITOR)).padStart(5, '0')}`,
        source: 'context',
      },
      { system: 'hubspot', kind: 'utk', value: '9f0c1c0a6f2b4d7d8f2a1e3c5b7d9e0f', source: 'context' },
      { system: 'site', kind: 'order_id', value: `ord-${index}`, source: 'protocol' },
    ],
    person: { email: 'ada@shop.example' },
    consent: noConsent(
      categories
        ? {
            consent: {
              record: {
                id: 'r',
                notice: '2026-01',
                givenAt: '2026-06-01T00:00:00Z',
                purposes: { analytics: true, marketing: true, profiling: true, audience_matching: true },
              },
            },
            fromServer: true,
          }
        : {},
    ),
  });

for (const [name, permitted] of [
  ['pipeline, one event at four destinations, permitted', true],
  ['pipeline, one event at four destinations, denied', false],
] as const)
  print(
    name,
    time(5_000, (index) => judge(event(index, permitted), context)),
  );
