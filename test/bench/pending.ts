// `pending`: memory and speed of a store with a million pending deliveries: appended in groups, claimed and settled, and how
// long a restart takes to know them again.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Admission } from '../../src/core/ports.ts';
import { explainContext } from '../../src/app.ts';
import { loadText } from '../../src/config/file.ts';
import { admissionsOf, judge } from '../../src/pipeline.ts';
import { openStore } from '../../src/store/index.ts';
import { noConsent, received } from '../support/events.ts';
import { benchConfig, NOBODY } from './gateway.ts';

const ADMISSIONS = Number(process.env['BENCH_PENDING'] ?? 1_000_000) / 4;
const GROUP = 64;
const env = { BENCH_SECRET: 'a benchmark secret of at least 32 characters' };
const loaded = loadText('bench.yaml', benchConfig(NOBODY, 'memory:'), { env });
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
const model = first?.events[0];
if (first === undefined || model === undefined) throw new Error('the benchmark event is not permitted');

const number = (index: number): string => String(index).padStart(9, '0');
const admission = (index: number): Admission => ({
  ...first,
  id: `bench-${number(index)}`,
  subjects: [`subject-${number(index)}`],
  events: [{ ...model, id: `event-${number(index)}`, dedupe: `dedupe-${number(index)}-0123456789abcdef` }],
});

const print = (name: string, figures: Readonly<Record<string, number>>): void =>
  void process.stdout.write(`${JSON.stringify({ bench: 'pending', case: name, ...figures })}\n`);
const rssMb = (): number => {
  globalThis.gc?.();
  return Math.round(process.memoryUsage().rss / 1024 / 1024);
};
const cpu = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

const folder = mkdtempSync(join(tmpdir(), 'sluis-pending-'));
const clock = { now: () => Date.now(), monotonic: () => performance.now() };
const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const address = `sqlite:${join(folder, 'sluis.db')}`;
try {
  let { store } = await openStore(address, { clock, log });
  const empty = rssMb();
  let before = cpu();
  for (let index = 0; index < ADMISSIONS; index += GROUP)
    await store.append(
      Array.from({ length: Math.min(GROUP, ADMISSIONS - index) }, (_, offset) => admission(index + offset)),
    );
  print('append an event for four destinations, groups of 64', {
    us: Math.round(((cpu() - before) / ADMISSIONS) * 10) / 10,
  });
  print(`${(ADMISSIONS * 4).toLocaleString('en')} deliveries pending`, { rssMb: rssMb(), emptyMb: empty });
  before = cpu();
  const rounds = 200;
  for (let round = 0; round < rounds; round += 1) {
    const leases = await store.claim({ destination: 'ga4', max: 25, leaseMs: 60_000, now: Date.now() });
    await store.settle(
      leases.map(({ id, token }) => ({ id, token, result: { name: 'delivered' as const, code: null } })),
    );
  }
  print('claim and settle a delivery, batches of 25', {
    us: Math.round(((cpu() - before) / rounds / 25) * 10) / 10,
  });
  await store.close();
  const begun = performance.now();
  ({ store } = await openStore(address, { clock, log }));
  print('open again', { seconds: Math.round((performance.now() - begun) / 100) / 10, rssMb: rssMb() });
  await store.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
