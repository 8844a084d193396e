// What stores must stand and what takes longer: kill -9 again and again, a disk that fills up, a million waiting.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { GatewayError } from '../../src/core/errors.ts';
import type { Store } from '../../src/core/ports.ts';
import { Outbox } from '../../src/outbox/outbox.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { admission, event, LATER, manualClock, quiet } from '../store/admissions.ts';

const CLAIM = { destination: 'ga4', max: 1000, leaseMs: 60_000, now: LATER };
const clock = { now: () => Date.now(), monotonic: () => performance.now() };

function folder(t: ExecutionContext): string {
  const path = mkdtempSync(join(tmpdir(), 'sluis-long-'));
  t.teardown(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function admissionsIn(store: Store): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (let after: string | undefined; ;) {
    const page = await store.find({ state: 'pending', ...(after === undefined ? {} : { after }) });
    for (const one of page) found.add(one.admission);
    after = page.at(-1)?.id;
    if (page.length === 0) return found;
  }
}

/** Runs a process over the file until it has told about so much, then kills it. */
async function killed(t: ExecutionContext, path: string, after: number): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../store/owner.ts'), path, 'work'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  let lines = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    lines += chunk.toString().split('\n').length;
    if (lines >= after) child.kill('SIGKILL');
  });
  await once(child, 'close');
}

test.serial(
  'kill -9 twenty times: nothing acknowledged is lost, what was claimed is known as such',
  async (t) => {
    const path = join(folder(t), 'sluis.db');
    const [appended, claimed, settled] = [new Set<string>(), new Set<string>(), new Set<string>()];
    const told: Readonly<Record<string, Set<string>>> = { appended, claimed, settled };
    for (let round = 0; round < 20; round += 1) await killed(t, path, 20 + round * 37);
    for (const line of readFileSync(`${path}.told`, 'utf8').trim().split('\n')) {
      const [word = '', id = ''] = line.split(' ');
      told[word]?.add(id);
    }
    const { store } = openSqlite({ path }, { clock, log: quiet });
    const left = await admissionsIn(store);
    const lost = [...appended].filter((id) => !left.has(id) && !claimed.has(id));
    t.deepEqual(lost, [], 'gone without ever having been handed out');
    t.deepEqual(
      [...settled].filter((id) => left.has(id)),
      [],
      'settled and back again',
    );
    let unsettled = 0;
    for (let leases = await store.claim(CLAIM); leases.length > 0; leases = await store.claim(CLAIM))
      for (const { item, unsettled: unseen, attempt } of leases) {
        if (!('admission' in item)) t.fail('poison');
        else if (claimed.has(item.admission)) {
          t.true(unseen === true && attempt > 1, item.admission);
          unsettled += 1;
        }
      }
    t.log(
      `${appended.size} appended, ${settled.size} settled, ${left.size} left, ${unsettled} of unknown fate`,
    );
    await store.close();
  },
);

/** A small disk, or null with the reason where it cannot be had. */
function smallDisk(t: ExecutionContext, megabytes: number): string | null {
  const path = folder(t);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path], { stdio: 'ignore' });
  } catch {
    t.log('skipped: this process may not mount a small disk');
    t.pass();
    return null;
  }
  t.teardown(() => execFileSync('umount', ['-l', path]));
  return path;
}

test.serial(
  'a full disk: appends get 503, settling, denying and erasing go on, space brings it back',
  async (t) => {
    const disk = smallDisk(t, 64);
    if (disk === null) return;
    const time = manualClock();
    const path = join(disk, 'sluis.db');
    const ballast = join(disk, 'other-files');
    writeFileSync(ballast, Buffer.alloc(4 * 1024 * 1024));
    const { store, facts } = openSqlite({ path }, { clock: time, log: quiet });
    const kept = new Set<string>();
    const fill = async (): Promise<string> => {
      for (;;) {
        const one = admission({
          subjects: ['s1'],
          events: [event({ canary: `canary-${'x'.repeat(9000)}` })],
        });
        try {
          await store.append([one]);
          kept.add(one.id);
        } catch (error) {
          return error instanceof GatewayError ? error.code : String(error);
        }
      }
    };
    t.is(await fill(), 'store_full');
    t.true(kept.size > 100);
    t.is(await fill(), 'store_full');
    t.deepEqual(await admissionsIn(store), kept, 'nothing refused was kept, nothing kept was lost');

    const leases = await store.claim({ ...CLAIM, max: 50 });
    t.is(leases.length, 50);
    const answers = await store.settle(
      leases.map(({ id, token }, index) => ({
        id,
        token,
        result: index % 2 === 0 ? { name: 'delivered', code: null } : { retryAt: LATER, code: 'timeout' },
      })),
    );
    t.true(answers.every((one) => one === 'settled'));
    t.true(((await facts.put('denial/s1', { destinations: { ga4: 1 } }, null)) ?? 0) > 0);
    t.is(await store.erase(['s1']), kept.size - 25);
    t.is((await admissionsIn(store)).size, 0);

    rmSync(ballast);
    kept.clear();
    time.pass(1000);
    await t.notThrowsAsync(store.append([admission()]));
    t.is(await fill(), 'store_full');
    await store.close();
    const again = openSqlite({ path }, { clock: time, log: quiet });
    const found = await admissionsIn(again.store);
    t.deepEqual(
      [...kept].filter((id) => !found.has(id)),
      [],
    );
    await again.store.close();
  },
);

test.serial('the log stays bounded under load that never pauses', async (t) => {
  const path = join(folder(t), 'sluis.db');
  const { store } = openSqlite({ path }, { clock, log: quiet });
  let largest = 0;
  for (let round = 0; round < 150; round += 1) {
    const canary = 'x'.repeat(6000);
    await store.append(Array.from({ length: 60 }, () => admission({ events: [event({ canary })] })));
    const leases = await store.claim({ ...CLAIM, max: 60 });
    await store.settle(
      leases.map(({ id, token }) => ({ id, token, result: { name: 'delivered', code: null } })),
    );
    largest = Math.max(largest, statSync(`${path}-wal`).size);
  }
  t.log(`largest log: ${(largest / 1048576).toFixed(1)} MB for ${(150 * 60 * 6.5) / 1024} MB written`);
  t.true(largest < 12 * 1024 * 1024);
  await store.close();
});

test.serial(
  'a million waiting deliveries fit in a few hundred megabytes and are there again after a restart',
  async (t) => {
    const path = join(folder(t), 'sluis.db');
    const destinations = ['ga4', 'hubspot', 'meta', 'x'];
    const before = process.memoryUsage().rss;
    const megabytes = () => Math.round((process.memoryUsage().rss - before) / 1048576);
    let opened = openSqlite({ path }, { clock, log: quiet });
    let outbox = await Outbox.open(opened);
    for (let count = 0; count < 250_000; count += 500) {
      const list = Array.from({ length: 500 }, (_, index) =>
        admission({
          receivedAt: Date.now(),
          subjects: [`8f14e45fceea167a5a36dedd4bea25${count + index}`],
          events: [event({ destinations, dedupe: `c9f0f895fb98ab9159f51fd0297e236d${count + index}` })],
        }),
      );
      await outbox.accept(list);
    }
    const accepted = megabytes();
    await outbox.stop();
    await opened.store.close();
    const start = performance.now();
    opened = openSqlite({ path }, { clock, log: quiet });
    const loaded = performance.now() - start;
    outbox = await Outbox.open(opened);
    const counted = performance.now() - start - loaded;
    const stats = await opened.store.stats();
    t.deepEqual(
      destinations.map((name) => stats.destinations[name]?.pending),
      [250_000, 250_000, 250_000, 250_000],
    );
    const reopened = megabytes();
    const claimed = performance.now();
    t.is((await outbox.claim({ ...CLAIM, max: 100 })).length, 100);
    const sizes = `RSS grew ${accepted} MB while accepting, ${reopened} MB with a second opening`;
    const times = `opened in ${Math.round(loaded)} ms, counted in ${Math.round(counted)} ms`;
    t.log(`${sizes}; ${times}, first claim ${(performance.now() - claimed).toFixed(1)} ms`);
    t.true(reopened < 600);
    await outbox.stop();
    await opened.store.close();
  },
);
