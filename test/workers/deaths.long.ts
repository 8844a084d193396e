// Workers ended again and again under load: their requests in flight fail, the other goes on, nothing acknowledged is lost and
// nothing is taken twice.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import test from 'ava';
import { startApp } from '../../src/app.ts';
import { Load, willing } from '../crash/load.ts';
import { shop } from '../crash/routing.ts';
import { marksAt, startVendor, underSeveralKeys } from '../crash/vendor.ts';
import { temporaryFolder, TEST_ENV, until } from '../support/gateway.ts';

const DEATHS = 8;

test('workers that are ended under load lose nothing acknowledged', async (t) => {
  t.timeout(120_000);
  const folder = temporaryFolder(t);
  const config = join(folder, 'gateway.yaml');
  const vendor = await startVendor(t, 'http');
  const routes = { webhook: { vendor, with: 'batch: 5' } };
  writeFileSync(config, shop({ store: `sqlite:${join(folder, 'sluis.db')}`, routes, workers: 2 }));
  const told: string[] = [];
  const app = await startApp({
    config,
    env: TEST_ENV,
    trial: null,
    logLevel: 'silent',
    tell: (text) => void told.push(text),
  });
  t.teardown(() => app.stop());
  const url = `http://127.0.0.1:${app.publicPort}`;
  const visitors = Array.from({ length: 10 }, (_, index) => willing(`v${index}`));
  const load = new Load({ address: () => url, clients: 8, rate: 300, batch: 2, visitors });
  t.teardown(() => load.abandon());
  let other = 0;
  for (let death = 0; death < DEATHS; death += 1) {
    await pause(100 + 30 * death); // a moment of the load, each time another
    const victim = app.workers[death % 2];
    const before = load.acknowledged.size;
    await victim?.terminate();
    await until(
      'another in its place',
      () => {
        if (load.acknowledged.size > before) other += 1;
        const now = app.workers[death % 2];
        return now !== victim && now?.listening === true;
      },
      20_000,
    );
  }
  await load.end();
  await until('all of it delivered', () => marksAt(vendor).size >= load.acknowledged.size, 30_000);
  t.deepEqual(
    [...load.acknowledged.keys()].filter((mark) => !marksAt(vendor).has(mark)),
    [],
  );
  t.is(vendor.arrivals.length, marksAt(vendor).size, 'what was tried again was known');
  t.deepEqual(underSeveralKeys(vendor), []);
  t.is(load.refusals.get(500), undefined);
  t.true(other > DEATHS, 'the other went on');
  t.log(`${load.acknowledged.size} events, tried again ${JSON.stringify([...load.refusals])}`);
});
