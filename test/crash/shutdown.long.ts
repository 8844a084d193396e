// An orderly end under load: everything acknowledged survives, what is under way is put on record, the exit is clean and in
// time, and the next start finds nothing stuck.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { temporaryFolder, until } from '../support/gateway.ts';
import { accountOf, ledgerOf } from './ledger.ts';
import { drained, startLife } from './life.ts';
import type { Life } from './life.ts';
import { Load, willing } from './load.ts';
import { shop } from './routing.ts';
import { countedTwice, marksAt, startVendor, underSeveralKeys } from './vendor.ts';

const STOPS = 6;
/** Requests under way at a vendor get ten seconds, and then a moment to be put on record. */
const DEADLINE_MS = 13_000;
/** Far less than a lease lasts. */
const SOON_MS = 15_000;

async function stop(life: Life): Promise<{ readonly code: number | null; readonly ms: number }> {
  const since = performance.now();
  life.signal('SIGTERM');
  const { code } = await life.ended;
  return { code, ms: Math.round(performance.now() - since) };
}

async function stopAgainAndAgain(t: ExecutionContext, workers: number): Promise<void> {
  t.timeout(180_000);
  const folder = temporaryFolder(t);
  const store = `sqlite:${join(folder, 'sluis.db')}`;
  const config = join(folder, 'gateway.yaml');
  const [webhook, slow, ga4] = [
    await startVendor(t, 'http'),
    await startVendor(t, 'http'),
    await startVendor(t, 'ga4'),
  ];
  slow.delayMs = 400;
  ga4.delayMs = 100;
  const routes = {
    webhook: { vendor: webhook },
    slow: { vendor: slow, with: 'batch: 10, concurrency: 2' },
    ga4: { vendor: ga4 },
  };
  writeFileSync(config, shop({ store, routes, workers }));
  const visitors = Array.from({ length: 5 }, (_, index) => willing(`v${index}`));
  let life: Life | null = null;
  const load = new Load({ address: () => life?.url ?? null, clients: 6, rate: 100, visitors });
  t.teardown(() => load.abandon());
  const took: number[] = [];
  for (let round = 0; round < STOPS; round += 1) {
    life = await startLife(t, { config });
    await pause(700 + round * 100);
    const { code, ms }: { code: number | null; ms: number } = await stop(life);
    life = null;
    took.push(ms);
    t.is(code, 0);
    t.true(ms < DEADLINE_MS);
  }
  slow.delayMs = 0;
  ga4.delayMs = 0;
  life = await startLife(t, { config });
  await load.end();
  await drained(life, SOON_MS);
  t.is((await stop(life)).code, 0);
  t.log(`${load.acknowledged.size} events, stopped in ${took.join(' ')} ms`);
  t.is(load.refusals.get(500), undefined);
  const entries = await ledgerOf(store);
  for (const [name, vendor] of Object.entries({ webhook, slow, ga4 })) {
    const account = accountOf(entries, name);
    // Everything was answered in time, so nothing is uncertain and nothing came twice, whatever the vendor.
    t.deepEqual(account.ends, { delivered: load.acknowledged.size }, name);
    t.deepEqual(account.unbalanced, [], name);
    t.is(marksAt(vendor).size, load.acknowledged.size, name);
    t.is(vendor.arrivals.length, load.acknowledged.size, name);
    if (vendor !== ga4) t.deepEqual(underSeveralKeys(vendor), [], name);
  }
}

for (const workers of [0, 2])
  test(`stopped under load again and again, ${workers} workers, it ends cleanly and forgets nothing`, (t) =>
    stopAgainAndAgain(t, workers));

test('a vendor that never answers holds up the end for ten seconds and no longer', async (t) => {
  t.timeout(120_000);
  const folder = temporaryFolder(t);
  const store = `sqlite:${join(folder, 'sluis.db')}`;
  const config = join(folder, 'gateway.yaml');
  const [hanging, ga4] = [await startVendor(t, 'http'), await startVendor(t, 'ga4')];
  hanging.mood = 'hang';
  ga4.mood = 'hang';
  const routes = {
    hanging: { vendor: hanging, with: 'timeout: 60s, batch: 5' },
    ga4: { vendor: ga4, with: 'timeout: 60s' },
  };
  writeFileSync(config, shop({ store, routes }));
  let life = await startLife(t, { config });
  const visitors = Array.from({ length: 20 }, (_, index) => willing(`v${index}`));
  const load = new Load({ address: () => life.url, clients: 4, rate: 100, visitors });
  t.teardown(() => load.abandon());
  await until('requests under way', () => hanging.requests.length >= 4 && ga4.requests.length >= 4);
  await until('more waiting', () => load.acknowledged.size > 150);
  await load.end();
  const { code, ms } = await stop(life);
  t.log(`ended after ${ms} ms`);
  t.is(code, 0);
  t.true(ms < DEADLINE_MS);

  const underWay = ga4.arrivals.length;
  hanging.mood = 'ok';
  ga4.mood = 'ok';
  life = await startLife(t, { config });
  await drained(life, SOON_MS);
  await stop(life);
  const entries = await ledgerOf(store);
  t.deepEqual(accountOf(entries, 'hanging').ends, { delivered: load.acknowledged.size });
  t.deepEqual(underSeveralKeys(hanging), []);
  t.is(marksAt(hanging).size, load.acknowledged.size);
  // What had been sent is of unknown fate; what had only been claimed is not.
  t.deepEqual(accountOf(entries, 'ga4').ends, {
    uncertain: underWay,
    delivered: load.acknowledged.size - underWay,
  });
  t.deepEqual(countedTwice(ga4), []);
});
