// What detection and identity cost per event: µs for the scan alone and for plan and apply at four destinations.

import type { ReceivedEvent } from '../../src/core/event.ts';
import { scanEvent } from '../../src/detect/event.ts';
import { scanText } from '../../src/detect/scan.ts';
import { apply } from '../../src/identity/apply.ts';
import { share } from '../../src/identity/shared.ts';
import type { Shared } from '../../src/identity/shared.ts';
import { keyring } from '../../src/identity/pseudonym.ts';
import { config, planOf, visitor } from '../identity/setting.ts';
import { site } from '../support/snapshot.ts';

const ROUNDS = 7;
const ROUND_MS = 100;

/** Median µs of processor time of one call over seven rounds: a busy machine does not count against it. */
function measure(call: (i: number) => void): number {
  const figures: number[] = [];
  for (let round = -3, i = 0; round < ROUNDS; round++) {
    const start = performance.now();
    const cpu = process.threadCpuUsage();
    let calls = 0;
    while (performance.now() - start < ROUND_MS) {
      for (let k = 0; k < 20; k++) call(i++);
      calls += 20;
    }
    if (round >= 0) figures.push(process.threadCpuUsage(cpu).user / calls);
  }
  return Math.round((figures.sort((a, b) => a - b)[ROUNDS >> 1] ?? 0) * 100) / 100;
}

const page = (i: number): ReceivedEvent['page'] => ({
  url: `https://shop.example/products/boots/red-winter-boots-${i % 97}?utm_source=newsletter&utm_campaign=winter-2026&gclid=Cj0KExampleOnly_123`,
  title: `Red winter boots, size ${i % 50} | Shop`,
  referrer: 'https://search.example/results?q=boots',
});
/** A purchase of about 900 bytes as JSON; every tenth number differs, so that no cache answers for the scan. */
const typical = (i: number): ReceivedEvent =>
  visitor({
    page: page(i),
    campaign: { source: 'newsletter', name: 'winter-2026', medium: 'email' },
    params: {
      currency: 'EUR',
      value: 149.85,
      coupon: 'WINTER',
      affiliation: 'Shop NL',
      tax: 26,
      shipping: 4.95,
    },
    items: [
      {
        item_id: 'SKU-10231',
        item_name: 'Red winter boots',
        item_brand: 'Northway',
        item_category: 'Shoes',
        price: 99.9,
        quantity: 1,
      },
      {
        item_id: 'SKU-20417',
        item_name: 'Wool socks',
        item_brand: 'Northway',
        item_category: 'Socks',
        price: 9.99,
        quantity: 5,
      },
    ],
  });

function strings(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(strings) : [];
}

const events = Array.from({ length: 100 }, (_, i) => typical(i));
const event = (i: number): ReceivedEvent => events[i % events.length] ?? typical(i);
const shop = site();
const leaving = events.map(({ page, campaign, params, items, name }) =>
  strings([page, campaign, params, items, name]),
);

const snapshot = config();
const names = ['ga4', 'hubspot', 'clarity', 'meta'];
const context = { keyring: keyring(snapshot.secrets), eventId: 'event-1' };

const shared = (i: number): Shared =>
  share(event(i), scanEvent(event(i), shop), snapshot.pseudonyms.periodMs);

const CASES: Readonly<Record<string, (i: number) => void>> = {
  'patterns over all strings of an event': (i) => {
    for (const text of leaving[i % leaving.length] ?? []) scanText(text);
  },
  'scan of an event with its own values': (i) => {
    const scan = scanEvent(event(i), shop);
    for (const text of leaving[i % leaving.length] ?? []) scan.text(text);
  },
  'plan, remembered': (i) => {
    planOf(names[i % 4] ?? 'ga4', { snapshot });
  },
  'scan, plan and apply for one destination': (i) => {
    apply(shared(i), { plan: planOf('ga4', { snapshot }), context });
  },
  'scan, plan and apply for four destinations': (i) => {
    const same = shared(i);
    for (const name of names) apply(same, { plan: planOf(name, { snapshot }), context });
  },
};

for (const [name, call] of Object.entries(CASES))
  process.stdout.write(`${JSON.stringify({ bench: 'scan', case: name, us: measure(call) })}\n`);
