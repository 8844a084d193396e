// `pending`: memory and speed of a store with a million pending deliveries: appended in groups, claimed and settled, and how
// long a restart takes to know them again.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../src/store/index.ts';
import { clock, fill, log } from './filled.ts';

const ADMISSIONS = Number(process.env['BENCH_PENDING'] ?? 1_000_000) / 4;

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
const address = `sqlite:${join(folder, 'sluis.db')}`;
try {
  let { store } = await openStore(address, { clock, log });
  const empty = rssMb();
  let before = cpu();
  await fill(store, ADMISSIONS);
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
