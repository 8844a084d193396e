// A store with so many deliveries pending, each event its own person's, as a vendor that is down for long leaves it behind.

import { explainContext } from '../../src/app.ts';
import { loadText } from '../../src/config/file.ts';
import type { Admission, Store } from '../../src/core/ports.ts';
import { openStore } from '../../src/store/index.ts';
import { admissionsOf, judge } from '../../src/pipeline.ts';
import { noConsent, received } from '../support/events.ts';
import { BENCH_ENV, benchConfig, NOBODY } from './gateway.ts';

const GROUP = 64;

/** An event that four destinations may have, as it is admitted. */
function model(): Admission {
  const loaded = loadText('bench.yaml', benchConfig(NOBODY, 'memory:'), { env: BENCH_ENV });
  if (!loaded.ok) throw new Error('the benchmark has a bad routing file');
  const now = Date.now();
  const context = { ...explainContext(loaded.snapshot), now };
  const purposes = { analytics: true, marketing: true, profiling: true, audience_matching: true };
  const record = { id: 'r', notice: '2026-01', givenAt: '2026-06-01T00:00:00Z', purposes };
  const event = received({
    receivedAt: now,
    occurredAt: now,
    params: { currency: 'EUR', value: 49.9 },
    items: [{ item_id: 'SKU-1', item_name: 'Canal boots', price: 49.9, quantity: 1 }],
    ids: [
      { system: 'ga', kind: 'client_id', value: '1837402915.1763900001', source: 'context' },
      { system: 'hubspot', kind: 'utk', value: '9f0c1c0a6f2b4d7d8f2a1e3c5b7d9e0f', source: 'context' },
      { system: 'meta', kind: 'fbp', value: 'fb.1.1763899000123.1234567890', source: 'context' },
    ],
    person: { email: 'ada@shop.example' },
    consent: noConsent({ consent: { record }, fromServer: true }),
  });
  const [first] = admissionsOf([judge(event, context)], context);
  if (first === undefined) throw new Error('the benchmark event is not permitted');
  return first;
}

const number = (index: number): string => String(index).padStart(9, '0');

export const clock = { now: () => Date.now(), monotonic: () => performance.now() };
export const log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** Appends so many events for four destinations each, in groups. */
export async function fill(store: Pick<Store, 'append'>, events: number): Promise<void> {
  const first = model();
  const admission = (index: number): Admission => ({
    ...first,
    id: `bench-${number(index)}`,
    subjects: [`subject-${number(index)}`],
    events: first.events.map((event) => ({
      ...event,
      id: `event-${number(index)}`,
      dedupe: `dedupe-${number(index)}-0123456789abcdef`,
    })),
  });
  for (let index = 0; index < events; index += GROUP) {
    const length = Math.min(GROUP, events - index);
    await store.append(Array.from({ length }, (_, offset) => admission(index + offset)));
  }
}

/** Leaves a store at this address with so many deliveries pending. */
export async function fillAt(address: string, deliveries: number): Promise<void> {
  const { store } = await openStore(address, { clock, log });
  await fill(store, deliveries / 4);
  await store.close();
}
