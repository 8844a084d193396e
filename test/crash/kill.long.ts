// The gateway killed again and again at random moments under load, with and without workers: nothing acknowledged is lost, nothing
// is counted twice, and every delivery has exactly one end.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { SEED } from '../support/seed.ts';
import { temporaryFolder } from '../support/gateway.ts';
import { accountOf, ledgerOf } from './ledger.ts';
import { drained, startLife } from './life.ts';
import type { Life } from './life.ts';
import { Load, willing } from './load.ts';
import { draws } from './random.ts';
import { shop } from './routing.ts';
import { countedTwice, marksAt, startVendor, underSeveralKeys } from './vendor.ts';
import type { Vendor } from './vendor.ts';

/** Where the blow falls: at any time, right when a vendor has read a request, or shortly after it was answered. */
const MOMENTS = ['any', 'any', 'send', 'settle', 'idle'] as const;
type Moment = (typeof MOMENTS)[number];

interface Scene {
  readonly load: Load;
  readonly vendors: readonly Vendor[];
  readonly draw: () => number;
}

/** Resolves at the moment at which this life is to end. */
async function wait(moment: Moment, { load, vendors, draw }: Scene): Promise<void> {
  await pause(50 + draw() * 400);
  if (moment === 'any') return;
  if (moment === 'idle') {
    // Half a tenth of a second without a commit, and the log is moved into the file.
    load.pause(true);
    await pause(40 + draw() * 120);
    return load.pause(false);
  }
  const vendor = vendors[Math.floor(draw() * vendors.length)];
  await Promise.race([
    pause(500),
    new Promise<void>((resolve) => {
      if (vendor !== undefined) vendor.onRequest = resolve;
    }),
  ]);
  if (moment === 'settle') await pause(draw() * 6);
}

interface Deaths {
  readonly lives: number;
  readonly workers: number;
}

async function dieAgainAndAgain(t: ExecutionContext, { lives, workers }: Deaths): Promise<void> {
  t.timeout(400_000);
  const draw = draws(SEED);
  const folder = temporaryFolder(t);
  const config = join(folder, 'gateway.yaml');
  const store = `sqlite:${join(folder, 'sluis.db')}`;
  const [webhook, slow] = [await startVendor(t, 'http'), await startVendor(t, 'http')];
  const [meta, ga4] = [await startVendor(t, 'meta'), await startVendor(t, 'ga4')];
  slow.delayMs = 120;
  ga4.delayMs = 3;
  const routes = {
    webhook: { vendor: webhook, with: 'batch: 5' },
    slow: { vendor: slow, with: 'batch: 8, concurrency: 2' },
    meta: { vendor: meta },
    ga4: { vendor: ga4 },
  };
  writeFileSync(config, shop({ store, routes, workers }));
  const vendors = [webhook, slow, meta, ga4];
  const visitors = Array.from({ length: 40 }, (_, index) => willing(`v${index}`));
  let life: Life | null = null;
  const load = new Load({ address: () => life?.url ?? null, clients: 8, rate: 160, batch: 2, visitors });
  t.teardown(() => load.abandon());
  const counts: Record<string, number> = {};
  for (let number = 0; number < lives; number += 1) {
    life = await startLife(t, { config });
    const moment = MOMENTS[Math.floor(draw() * MOMENTS.length)] ?? 'any';
    counts[moment] = (counts[moment] ?? 0) + 1;
    await wait(moment, { load, vendors, draw });
    const dying: Life = life;
    await dying.kill();
    life = null;
  }
  slow.delayMs = 0;
  life = await startLife(t, { config });
  await load.end();
  await drained(life);
  life.signal('SIGTERM');
  t.deepEqual(await life.ended, { code: 0, signal: null });

  const entries = await ledgerOf(store);
  const admitted = marksAt(webhook);
  t.log(`seed ${SEED}; moments ${JSON.stringify(counts)}; ${load.acknowledged.size} events acknowledged`);
  t.true(load.acknowledged.size > 10 * lives);
  t.is(load.refusals.get(500), undefined);
  t.deepEqual(
    [...load.acknowledged.keys()].filter((mark) => !admitted.has(mark)),
    [],
  );
  for (const [name, vendor] of Object.entries({ webhook, slow, meta, ga4 })) {
    const account = accountOf(entries, name);
    const repeated = vendor.arrivals.length - marksAt(vendor).size;
    t.log(`${name}: ${JSON.stringify(account.ends)}, ${repeated} repetitions`);
    t.is(account.admitted, admitted.size, name);
    t.deepEqual(account.unbalanced, [], name);
    const missing = [...admitted].filter((mark) => !marksAt(vendor).has(mark));
    if (vendor === ga4) t.log(`${missing.length} of the uncertain never arrived`);
    t.true(missing.length <= (account.ends['uncertain'] ?? 0), `${name} lost ${missing.join(' ')}`);
    if (vendor !== ga4) {
      t.deepEqual(missing, [], name);
      t.deepEqual(account.ends, { delivered: admitted.size }, name);
      t.deepEqual(underSeveralKeys(vendor), [], name);
    }
  }
  t.deepEqual(countedTwice(ga4), []);
  t.deepEqual(Object.keys(accountOf(entries, 'ga4').ends).sort(), ['delivered', 'uncertain']);
}

test('fifty sudden deaths lose nothing and count nothing twice', (t) =>
  dieAgainAndAgain(t, { lives: 50, workers: 0 }));

test('nor do twenty of a gateway with workers', (t) => dieAgainAndAgain(t, { lives: 20, workers: 2 }));
