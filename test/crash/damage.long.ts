// A last write that never quite happened: the log of the store with a torn or damaged end, as a crash of the machine leaves
// it. Everything acknowledged before is there; what is damaged goes as a whole.

import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { SEED } from '../support/seed.ts';
import type { ExecutionContext } from 'ava';
import { temporaryFolder, until } from '../support/gateway.ts';
import { drained, startLife } from './life.ts';
import { eventOf, post, willing } from './load.ts';
import { draws } from './random.ts';
import { shop } from './routing.ts';
import { marksAt, startVendor, underSeveralKeys } from './vendor.ts';
import type { Vendor } from './vendor.ts';

const APPENDS = 30;
const HEADER = 32;
const FRAME_HEADER = 24;

interface Log {
  readonly bytes: Buffer;
  /** Where the frames in use end, and where the last transaction of them begins. */
  readonly end: number;
  readonly lastBegins: number;
}

/** Frames in use carry the salt of the header; what comes after them is older. */
function readLog(path: string): Log {
  const bytes = readFileSync(path);
  const frame = FRAME_HEADER + bytes.readUInt32BE(8);
  const salt = bytes.subarray(16, 24);
  let [end, lastBegins, begins] = [HEADER, HEADER, HEADER];
  for (let at = HEADER; at + frame <= bytes.length; at += frame) {
    if (!bytes.subarray(at + 8, at + 16).equals(salt)) break;
    if (bytes.readUInt32BE(at + 4) === 0) continue; // not a commit
    [lastBegins, begins] = [begins, at + frame];
    end = at + frame;
  }
  return { bytes, end, lastBegins };
}

type Damage = (log: Log, draw: () => number) => Buffer;

/** Without what comes after the frames in use, so that the damage is at the end. */
const used = ({ bytes, end }: Log): Buffer => Buffer.from(bytes.subarray(0, end));
const within = ({ lastBegins, end }: Log, draw: () => number): number =>
  lastBegins + Math.floor(draw() * (end - lastBegins));

/** A write that had begun and was never acknowledged. */
const TORN: Readonly<Record<string, Damage>> = {
  'half a frame after the end': (log, draw) =>
    Buffer.concat([
      used(log),
      log.bytes.subarray(log.lastBegins, log.lastBegins + 100 + Math.floor(draw() * 3000)),
    ]),
  'whole frames of a transaction without its commit': (log) =>
    Buffer.concat([used(log), log.bytes.subarray(log.lastBegins, log.end - 1)]),
  'noise after the end': (log, draw) =>
    Buffer.concat([used(log), Buffer.from(Array.from({ length: 20_000 }, () => Math.floor(draw() * 256)))]),
};

/** The disk lost what it had promised to keep: the last transaction at most goes with it. */
const LOST: Readonly<Record<string, Damage>> = {
  'a bit flipped in the last transaction': (log, draw) => {
    const bytes = used(log);
    const at = within(log, draw);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(draw() * 8));
    return bytes;
  },
  'cut off in the last transaction': (log, draw) => used(log).subarray(0, within(log, draw)),
  'zeros from somewhere in the last transaction': (log, draw) => used(log).fill(0, within(log, draw)),
};

interface Victim {
  readonly folder: string;
  readonly vendor: Vendor;
}

const routing = (folder: string, vendor: Vendor): string =>
  shop({
    store: `sqlite:${join(folder, 'sluis.db')}`,
    routes: { webhook: { vendor, with: 'concurrency: 1' } },
  });

/** A gateway that died with everything queued: its vendor hangs on the first, so the last transactions are appends. */
async function makeVictim(t: ExecutionContext): Promise<Victim> {
  const folder = temporaryFolder(t);
  const vendor = await startVendor(t, 'http');
  vendor.mood = 'hang';
  const config = join(folder, 'gateway.yaml');
  writeFileSync(config, routing(folder, vendor));
  const life = await startLife(t, { config });
  for (let mark = 1; mark <= APPENDS; mark += 1) {
    const answer = await post(life.url, [eventOf(mark, willing(`v${mark}`))]);
    if (answer.status !== 200) throw new Error(`answered ${answer.status}`);
    if (mark === 1) await until('a request that hangs', () => vendor.requests.length === 1);
  }
  await life.kill();
  return { folder, vendor };
}

/** Starts on a damaged copy and delivers what is there. */
async function revive(
  t: ExecutionContext,
  victim: Victim,
  damage: Damage,
  draw: () => number,
): Promise<Vendor> {
  const folder = temporaryFolder(t);
  cpSync(victim.folder, folder, { recursive: true });
  const path = join(folder, 'sluis.db-wal');
  writeFileSync(path, damage(readLog(path), draw));
  const vendor = await startVendor(t, 'http');
  const config = join(folder, 'gateway.yaml');
  writeFileSync(config, routing(folder, vendor));
  const life = await startLife(t, { config });
  await drained(life);
  const extra = await post(life.url, [eventOf(5000, willing('later'))]);
  t.is(extra.status, 200);
  await drained(life);
  life.signal('SIGTERM');
  t.is((await life.ended).code, 0);
  t.true(marksAt(vendor).has(5000));
  t.deepEqual(underSeveralKeys(vendor), []);
  return vendor;
}

const missingAt = (vendor: Vendor): readonly number[] =>
  Array.from({ length: APPENDS }, (_, index) => index + 1).filter((mark) => !marksAt(vendor).has(mark));

test('a torn last write takes nothing acknowledged with it; a damaged one no more than itself', async (t) => {
  t.timeout(180_000);
  t.log(`seed ${SEED}`);
  const draw = draws(SEED);
  const victim = await makeVictim(t);
  for (const [name, damage] of Object.entries(TORN))
    t.deepEqual(missingAt(await revive(t, victim, damage, draw)), [], name);
  for (const [name, damage] of Object.entries(LOST))
    for (let round = 0; round < 2; round += 1) {
      const missing = missingAt(await revive(t, victim, damage, draw));
      t.true(
        missing.length === 0 || (missing.length === 1 && missing[0] === APPENDS),
        `${name}: ${missing.join(' ')}`,
      );
    }
});
