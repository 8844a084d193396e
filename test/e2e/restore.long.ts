// A copy of the store put back after the disk was lost: how a copy is made while the gateway runs, and what a copy that is older
// than the loss brings back: deliveries that were made since, events of people who said no since.

import { copyFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { drained, queues, startLife } from '../crash/life.ts';
import type { Life } from '../crash/life.ts';
import { eventOf, post, unwilling, willing } from '../crash/load.ts';
import { shop } from '../crash/routing.ts';
import { startVendor, underSeveralKeys } from '../crash/vendor.ts';
import type { Vendor } from '../crash/vendor.ts';
import { temporaryFolder, until } from '../support/gateway.ts';

interface Scene {
  readonly file: string;
  readonly vendor: Vendor;
  readonly start: (more?: string) => Promise<Life>;
}

async function setTheScene(t: ExecutionContext): Promise<Scene> {
  const folder = temporaryFolder(t);
  const [config, file] = [join(folder, 'gateway.yaml'), join(folder, 'sluis.db')];
  const vendor = await startVendor(t, 'http');
  return {
    file,
    vendor,
    start(more = 'concurrency: 1') {
      writeFileSync(config, shop({ store: `sqlite:${file}`, routes: { webhook: { vendor, with: more } } }));
      return startLife(t, { config });
    },
  };
}

/** Files of the store: the database, and its log while a gateway runs. */
const filesOf = (file: string): readonly string[] =>
  readdirSync(dirname(file))
    .filter((name) => name === basename(file) || name === `${basename(file)}-wal`)
    .map((name) => join(dirname(file), name));

/** As a snapshot of the file system sees them: all at one instant. */
function snapshot(file: string, life: Life, to: string): void {
  life.signal('SIGSTOP');
  for (const each of filesOf(file)) copyFileSync(each, join(to, basename(each)));
  life.signal('SIGCONT');
}

/** The disk is lost, and the copy put where the store was. */
function restore(file: string, from: string): void {
  for (const name of readdirSync(dirname(file)))
    if (name.startsWith(basename(file))) rmSync(join(dirname(file), name));
  for (const each of filesOf(join(from, basename(file))))
    copyFileSync(each, join(dirname(file), basename(each)));
}

const marks = (vendor: Vendor, since: number): readonly number[] =>
  [
    ...new Set(
      vendor.arrivals.filter(({ at, mood }) => at >= since && mood === 'ok').map(({ mark }) => mark),
    ),
  ].sort((a, b) => a - b);

test('a copy of a running store, put back later: what waited in it goes again, also to people who said no since', async (t) => {
  t.timeout(120_000);
  const { file, vendor, start } = await setTheScene(t);
  const copy = temporaryFolder(t);
  vendor.mood = 503;
  vendor.retryAfter = 1;
  const life = await start();
  await post(life.url, [eventOf(1, willing('anna')), eventOf(2, willing('anna'))]);
  await post(life.url, [eventOf(11, willing('bob'))]);
  await until('an attempt', () => vendor.requests.length > 0);
  // Nobody else gets in while it runs, so no program copies it row by row.
  t.throws(() => new DatabaseSync(file, { readOnly: true, timeout: 0 }).exec('select * from sqlite_schema'), {
    message: /locked/,
  });
  snapshot(file, life, copy);

  await post(life.url, [eventOf(12, unwilling('bob'))]);
  vendor.mood = 'ok';
  await drained(life);
  t.deepEqual(marks(vendor, 0), [1, 2], 'bob said no');
  await post(life.url, [eventOf(3, willing('anna'))]);
  await drained(life);
  await life.kill();

  restore(file, copy);
  const since = Date.now();
  const second = await start();
  await drained(second);
  t.deepEqual(marks(vendor, since), [1, 2, 11], 'nobody told the copy what bob said');
  // A client that tries again what came after the copy is taken for new. The vendor knows it by its key.
  await post(second.url, [eventOf(3, willing('anna'))]);
  await drained(second);
  t.deepEqual(marks(vendor, since), [1, 2, 3, 11]);
  t.deepEqual(underSeveralKeys(vendor), []);
});

test('a copy put back with its destinations switched off sends nothing of what waited', async (t) => {
  t.timeout(120_000);
  const { file, vendor, start } = await setTheScene(t);
  const copy = temporaryFolder(t);
  vendor.mood = 503;
  const life = await start();
  await post(life.url, [eventOf(1, willing('anna')), eventOf(11, willing('bob'))]);
  await until('an attempt', () => vendor.requests.length > 0);
  snapshot(file, life, copy);
  await life.kill();

  restore(file, copy);
  vendor.mood = 'ok';
  const since = Date.now();
  const off = await start('enabled: false');
  await until('an empty queue', async () =>
    Object.values(await queues(off)).every(({ pending }) => pending === 0),
  );
  off.signal('SIGTERM');
  t.is((await off.ended).code, 0);
  const on = await start();
  await post(on.url, [eventOf(21, willing('anna'))]);
  await drained(on);
  t.deepEqual(marks(vendor, since), [21]);
});

test('stopped, the store is one file, and that is enough', async (t) => {
  t.timeout(120_000);
  const { file, vendor, start } = await setTheScene(t);
  const copy = temporaryFolder(t);
  vendor.mood = 503;
  const life = await start();
  await post(life.url, [eventOf(1, willing('anna'))]);
  await until('an attempt', () => vendor.requests.length > 0);
  life.signal('SIGTERM');
  t.is((await life.ended).code, 0);
  t.deepEqual(filesOf(file), [file]);
  copyFileSync(file, join(copy, basename(file)));
  restore(file, copy);
  vendor.mood = 'ok';
  await drained(await start());
  t.deepEqual(marks(vendor, 0), [1]);
});
