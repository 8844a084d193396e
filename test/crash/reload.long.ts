// The routing file changed again and again under load: destinations come, go and are switched off, notices and secrets change,
// bad files are refused. No request notices, and whatever an unchanged destination is owed arrives.

import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { chooseConsent, TEST_ENV, temporaryFolder, until } from '../support/gateway.ts';
import { accountOf, ledgerOf } from './ledger.ts';
import { drained, metric, queues, startLife } from './life.ts';
import type { Life } from './life.ts';
import { eventOf, Load, post, unwilling, willing } from './load.ts';
import { shop } from './routing.ts';
import type { Route, ShopOptions } from './routing.ts';
import { marksAt, startVendor, underSeveralKeys } from './vendor.ts';
import type { Vendor } from './vendor.ts';

const ROUNDS = 6;
const NEW_SECRET = 'another secret for tests, of more than thirty-two characters';
const ENV = { ...TEST_ENV, NEW_SECRET };
const ROTATED = '[{ id: k2, value: "${NEW_SECRET}" }, { id: k1, value: "${SLUIS_SECRET}" }]';

interface Scene {
  readonly config: string;
  readonly store: string;
  readonly steady: Vendor;
  readonly coming: Vendor;
  readonly life: Life;
  /** Writes a routing file and waits until it is in force, or refused. */
  readonly change: (what: string | Partial<ShopOptions>) => Promise<void>;
}

const reloads = async (life: Life, result: string): Promise<number> =>
  metric(life, 'sluis_config_reloads_total', { result });

async function setTheScene(t: ExecutionContext, workers = 0): Promise<Scene> {
  const folder = temporaryFolder(t);
  const config = join(folder, 'gateway.yaml');
  const store = `sqlite:${join(folder, 'sluis.db')}`;
  const [steady, coming] = [await startVendor(t, 'http'), await startVendor(t, 'http')];
  const first: ShopOptions = { store, routes: { steady: { vendor: steady } }, workers };
  writeFileSync(config, shop(first));
  const life = await startLife(t, { config, env: ENV });
  let number = 0;
  const change: Scene['change'] = async (what) => {
    number += 1;
    const result = typeof what === 'string' ? 'refused' : 'ok';
    const before = await reloads(life, result);
    // As editors do: a busy store in the same folder has the file read at any time, also half-written.
    writeFileSync(
      `${config}.new`,
      `${typeof what === 'string' ? what : shop({ ...first, ...what })}# change ${number}\n`,
    );
    renameSync(`${config}.new`, config);
    await until(`a reload that is ${result}`, async () => (await reloads(life, result)) > before);
  };
  return { config, store, steady, coming, life, change };
}

/** Waits until a destination has so much waiting for it. */
async function queued(life: Life, name: string, count: number): Promise<void> {
  await until(
    `${count} waiting for ${name}`,
    async () => ((await queues(life))[name]?.pending ?? 0) >= count,
  );
}

/** Of a destination that is gone from the routing file ends may be counted as `other`: metrics know the names in force. */
async function ended(life: Life, outcome: string): Promise<number> {
  const names = ['coming', 'other'];
  const counts = names.map((destination) => metric(life, 'sluis_deliveries_total', { destination, outcome }));
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}

/** Adds a destination that does not answer, lets events wait for it, and takes them away in one of three ways. */
async function round(t: ExecutionContext, scene: Scene, number: number): Promise<void> {
  const { life, coming, steady, change } = scene;
  const routes = { steady: { vendor: steady } };
  const route: Route = { vendor: coming, with: 'timeout: 1s, concurrency: 1, batch: 1' };
  coming.mood = 'hang';
  await change({ routes: { ...routes, coming: route } });
  await queued(life, 'coming', 10);
  await change('sites: [this is no routing file\n');
  t.is((await fetch(`${life.url}/readyz`)).status, 200);

  const way = (['dropped', 'switched off', 'withheld'] as const)[number % 3];
  const outcome = way === 'withheld' ? 'withheld' : 'dropped';
  const before = await ended(life, outcome);
  if (way === 'dropped') await change({ routes });
  else if (way === 'switched off')
    await change({ routes: { ...routes, coming: { ...route, with: `${route.with}, enabled: false` } } });
  else await change({ routes: { ...routes, coming: route }, undisclosed: ['coming'] });
  await until(
    'nothing waiting any more',
    async () => ((await queues(life))['coming']?.pending ?? 0) === 0,
    20_000,
  );
  const more = (await ended(life, outcome)) - before;
  t.true(more >= 8, `${more} ${way}`);

  // And back: what comes from now on arrives.
  coming.mood = 'ok';
  const since = Date.now();
  await change({ routes: { ...routes, coming: route }, ...(number % 2 === 0 ? { secrets: ROTATED } : {}) });
  await until('events of a destination that is back', () =>
    coming.arrivals.some(({ at, mood }) => at > since && mood === 'ok'),
  );
}

async function changeAgainAndAgain(t: ExecutionContext, workers: number): Promise<void> {
  t.timeout(180_000);
  const scene = await setTheScene(t, workers);
  const { life, steady, coming } = scene;
  const visitors = Array.from({ length: 10 }, (_, index) => willing(`v${index}`));
  const load = new Load({ address: () => life.url, clients: 6, rate: 120, visitors });
  t.teardown(() => load.abandon());
  for (let number = 0; number < ROUNDS; number += 1) await round(t, scene, number);
  const before = await reloads(life, 'ok');
  life.signal('SIGHUP');
  await until('a reload by signal', async () => (await reloads(life, 'ok')) > before);
  await load.end();
  await drained(life);

  t.deepEqual([...load.refusals], []);
  t.is(steady.arrivals.length, load.acknowledged.size);
  t.is(marksAt(steady).size, load.acknowledged.size);
  t.deepEqual(underSeveralKeys(steady), []);
  t.deepEqual(underSeveralKeys(coming), []);
  const [taken, refused] = [await reloads(life, 'ok'), await reloads(life, 'refused')];
  t.is(refused, ROUNDS);
  life.signal('SIGTERM');
  t.is((await life.ended).code, 0);
  const entries = await ledgerOf(scene.store);
  t.deepEqual(accountOf(entries, 'steady').ends, { delivered: load.acknowledged.size });
  const account = accountOf(entries, 'coming');
  t.deepEqual(account.unbalanced, []);
  t.log(`${load.acknowledged.size} events, ${taken} reloads taken, ${refused} refused`);
  t.log(`coming and going: ${JSON.stringify(account.ends)}`);
}

for (const workers of [0, 2])
  test(`changed again and again under load, ${workers} workers: no request fails and nothing owed is lost`, (t) =>
    changeAgainAndAgain(t, workers));

test('a rotated secret: records still open, what waits keeps its key, a no still finds it', async (t) => {
  t.timeout(60_000);
  const { life, steady, change } = await setTheScene(t);
  const record = await chooseConsent(life.url, { analytics: true });
  steady.mood = 'hang';
  const anna = [1, 2, 3, 4, 5, 6].map((mark) => eventOf(mark, willing('anna')));
  const bob = [11, 12, 13].map((mark) => eventOf(mark, willing('bob')));
  await change({ routes: { steady: { vendor: steady, with: 'timeout: 1s, concurrency: 1, batch: 3' } } });
  await post(life.url, [...bob, ...anna]);
  await until('a request that hangs', () => steady.requests.length > 0);
  await change({
    routes: { steady: { vendor: steady, with: 'timeout: 1s, concurrency: 1, batch: 3' } },
    secrets: ROTATED,
  });
  const opened = await fetch(`${life.url}/v1/consent`, { headers: { authorization: `Bearer ${record}` } });
  t.is(((await opened.json()) as { record: string | null }).record, record); // as it answers

  // Refused under the new secret, found although it was stored under the old one.
  await post(life.url, [eventOf(99, unwilling('anna'))]);
  const since = Date.now();
  steady.mood = 'ok';
  await drained(life);
  t.deepEqual(
    steady.arrivals.filter(({ at, mark }) => at > since && mark < 10),
    [],
  );
  t.deepEqual(new Set([...marksAt(steady)].filter((mark) => mark > 10)), new Set([11, 12, 13]));
  t.deepEqual(underSeveralKeys(steady), []);
});

test('a client that tries again across a rotation is heard once', async (t) => {
  t.timeout(60_000);
  const { life, steady, change } = await setTheScene(t);
  await post(life.url, [eventOf(1, willing('anna'))]);
  await drained(life);
  await change({ secrets: ROTATED });
  t.is((await post(life.url, [eventOf(1, willing('anna'))])).status, 200);
  await post(life.url, [eventOf(2, willing('anna'))]);
  await drained(life);
  t.deepEqual(
    steady.arrivals.map(({ mark }) => mark),
    [1, 2],
  );
});
