// A full disk, on a small one: what was accepted is delivered, what cannot be is refused with 503 and taken again as soon as
// there is space, without a restart; and a gateway that starts on a full disk loses nothing either.

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { temporaryFolder, until } from '../support/gateway.ts';
import { needing } from '../support/skip.ts';
import { drained, queues, StartFailed, startLife } from './life.ts';
import type { Life } from './life.ts';
import { eventOf, post, willing } from './load.ts';
import type { Answered } from './load.ts';
import { fill, mountDisk, noDisk } from './mounted.ts';
import type { Disk } from './mounted.ts';
import { shop } from './routing.ts';
import { marksAt, startVendor } from './vendor.ts';
import type { Vendor } from './vendor.ts';

const onDisk = needing(noDisk);
const MEGABYTES = 48;
/** Events of a large request. */
const BATCH = 10;

interface Scene {
  readonly disk: Disk;
  readonly config: string;
  /** Takes everything. */
  readonly healthy: Vendor;
  /** Takes nothing until it is told otherwise. */
  readonly failing: Vendor;
  readonly acknowledged: Set<number>;
}

async function setTheScene(t: ExecutionContext, megabytes: number, workers = 0): Promise<Scene> {
  const disk = mountDisk(t, megabytes);
  const [healthy, failing] = [await startVendor(t, 'http'), await startVendor(t, 'http')];
  failing.mood = 500;
  const config = join(temporaryFolder(t), 'gateway.yaml');
  const routes = { healthy: { vendor: healthy }, failing: { vendor: failing, with: 'concurrency: 1' } };
  writeFileSync(config, shop({ store: `sqlite:${join(disk.folder, 'sluis.db')}`, routes, workers }));
  return { disk, config, healthy, failing, acknowledged: new Set() };
}

/** Sends large events until one request is refused. */
async function sendUntilRefused(life: Life, { acknowledged }: Scene): Promise<Answered> {
  for (;;) {
    const first = acknowledged.size + 1;
    const marks = Array.from({ length: BATCH }, (_, index) => first + index);
    const answer = await post(
      life.url,
      marks.map((mark) => eventOf(mark, willing(`v${mark}`), 100)),
    );
    if (answer.status !== 200) return answer;
    for (const mark of marks) acknowledged.add(mark);
  }
}

async function takesAgain(life: Life, { acknowledged }: Scene): Promise<void> {
  const mark = 1_000_000 + acknowledged.size;
  await until('200s again', async () => {
    const { status } = await post(life.url, [eventOf(mark, willing('late'))]);
    return status === 200;
  });
  acknowledged.add(mark);
}

const readiness = async (life: Life): Promise<unknown> => (await fetch(`${life.url}/readyz`)).json();

function checkNothingLost(t: ExecutionContext, { acknowledged, healthy, failing }: Scene): void {
  for (const vendor of [healthy, failing]) {
    const arrived = marksAt(vendor);
    t.deepEqual(
      [...acknowledged].filter((mark) => !arrived.has(mark)),
      [],
    );
  }
}

/** With vendors well again and space on the disk, a start delivers what waits, takes events and has lost none. */
async function worksItselfFree(t: ExecutionContext, scene: Scene): Promise<void> {
  scene.failing.mood = 'ok';
  const life = await startLife(t, scene);
  await drained(life);
  await takesAgain(life, scene);
  await drained(life);
  checkNothingLost(t, scene);
}

function checkRefusal(t: ExecutionContext, answer: Answered): void {
  t.is(answer.status, 503);
  t.is(answer.type, 'application/problem+json');
  t.is((JSON.parse(answer.body) as { code: string }).code, 'store_full'); // as it answers
  t.true(Number(answer.retryAfter) >= 1);
}

for (const workers of [0, 2])
  onDisk(
    `a disk filled by the queue, ${workers} workers: accepted events still go out, and space comes back with them`,
    async (t) => {
      const scene = await setTheScene(t, MEGABYTES, workers);
      const { healthy, failing, acknowledged } = scene;
      const life = await startLife(t, scene);
      checkRefusal(t, await sendUntilRefused(life, scene));
      t.log(`${acknowledged.size} events of about 20 KB accepted on ${MEGABYTES} MB`);
      await until('readiness that tells', async () =>
        JSON.stringify(await readiness(life)).includes('store_full'),
      );
      t.is((await fetch(`${life.url}/readyz`)).status, 503);
      t.is((await fetch(`${life.url}/healthz`)).status, 200);
      await drained(life, 30_000, ['failing']);
      t.deepEqual(
        [...acknowledged].filter((mark) => !marksAt(healthy).has(mark)),
        [],
      );
      // Of the request that was refused some may be kept, where judging it took more than one turn.
      const more = ((await queues(life))['failing']?.pending ?? 0) - acknowledged.size;
      t.true(more >= 0 && more < BATCH, `${more} more than were acknowledged`);

      failing.mood = 'ok';
      await drained(life);
      await takesAgain(life, scene);
      t.deepEqual(await readiness(life), { ready: true, reasons: [] });
      t.is((await sendUntilRefusedOrSo(life, scene)).status, 200);
      await drained(life);
      checkNothingLost(t, scene);
    },
  );

/** A hundred ordinary events more. */
async function sendUntilRefusedOrSo(life: Life, { acknowledged }: Scene): Promise<Answered> {
  const marks = Array.from({ length: 100 }, (_, index) => 2_000_000 + index);
  const answer = await post(
    life.url,
    marks.map((mark) => eventOf(mark, willing('many'))),
  );
  if (answer.status === 200) for (const mark of marks) acknowledged.add(mark);
  return answer;
}

onDisk('a disk filled by somebody else: taken again as soon as their file is gone', async (t) => {
  const scene = await setTheScene(t, MEGABYTES);
  const life = await startLife(t, scene);
  await takesAgain(life, scene);
  const filler = fill(scene.disk.folder);
  checkRefusal(t, await sendUntilRefused(life, scene));
  scene.failing.mood = 'ok';
  await drained(life);
  checkRefusal(t, await sendUntilRefused(life, scene));
  rmSync(filler);
  await takesAgain(life, scene);
  await drained(life);
  checkNothingLost(t, scene);
});

onDisk('killed on a full disk, it starts again and delivers from its reserve', async (t) => {
  const scene = await setTheScene(t, MEGABYTES);
  const before = await startLife(t, scene);
  const marks = Array.from({ length: 500 }, (_, index) => index + 1);
  const kept = await post(
    before.url,
    marks.map((mark) => eventOf(mark, willing(`v${mark}`), 20)),
  );
  t.is(kept.status, 200);
  for (const mark of marks) scene.acknowledged.add(mark);
  await before.kill();
  const filler = fill(scene.disk.folder);

  scene.failing.mood = 'ok';
  const life = await startLife(t, scene);
  await drained(life);
  checkNothingLost(t, scene);
  checkRefusal(t, await sendUntilRefused(life, scene));
  rmSync(filler);
  await takesAgain(life, scene);
});

onDisk('killed with its reserve spent, it starts when there is space and loses nothing', async (t) => {
  const scene = await setTheScene(t, MEGABYTES);
  const before = await startLife(t, scene);
  checkRefusal(t, await sendUntilRefused(before, scene));
  await before.kill();
  const filler = fill(scene.disk.folder);
  // With not one byte to write there are two honest answers: to run without accepting, or to say why it cannot.
  const attempt = await startLife(t, scene).catch((error: unknown) => {
    if (!(error instanceof StartFailed)) throw error;
    return error;
  });
  if (attempt instanceof StartFailed) {
    t.deepEqual(attempt.exit, { code: 3, signal: null });
    t.regex(attempt.message, /disk is full/);
  } else {
    checkRefusal(t, await post(attempt.url, [eventOf(7, willing('v'))]));
    await attempt.kill();
  }
  t.log(attempt instanceof StartFailed ? attempt.message : 'it runs');

  rmSync(filler);
  await worksItselfFree(t, scene);
});

onDisk('killed when the queue had filled the disk, it starts and works itself free', async (t) => {
  const scene = await setTheScene(t, MEGABYTES);
  const before = await startLife(t, scene);
  checkRefusal(t, await sendUntilRefused(before, scene));
  await before.kill();

  await worksItselfFree(t, scene);
});

onDisk('a first start without space says so, and succeeds once there is some', async (t) => {
  const scene = await setTheScene(t, MEGABYTES);
  const filler = fill(scene.disk.folder);
  const error = await t.throwsAsync(startLife(t, scene), { instanceOf: StartFailed });
  t.deepEqual(error?.exit, { code: 3, signal: null });
  t.regex(error?.message ?? '', /disk is full/);
  rmSync(filler);
  const life = await startLife(t, scene);
  await takesAgain(life, scene);
});

onDisk('a store that cannot be written is named at the start, and nothing of it is changed', async (t) => {
  const scene = await setTheScene(t, MEGABYTES);
  const before = await startLife(t, scene);
  await takesAgain(before, scene);
  await before.kill();
  scene.disk.remount('ro');
  const error = await t.throwsAsync(startLife(t, scene), { instanceOf: StartFailed });
  t.deepEqual(error?.exit, { code: 3, signal: null });
  t.regex(error?.message ?? '', /cannot be (?:read or written|reached)/);
  scene.disk.remount('rw');
  scene.failing.mood = 'ok';
  const life = await startLife(t, scene);
  await drained(life);
  checkNothingLost(t, scene);
});
