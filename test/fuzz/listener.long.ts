// A hundred thousand spoiled requests against both listeners of a running gateway: no fault, no crash, nothing repeated in
// answers or logs, memory and connections as before, and good events taken all the while.

import { setTimeout as pause } from 'node:timers/promises';
import test from 'ava';
import { SEED } from '../support/seed.ts';
import { drained } from '../crash/life.ts';
import { until } from '../support/gateway.ts';
import type { Campaign } from './campaign.ts';
import { campaign } from './campaign.ts';
import { CANARY } from './dice.ts';
import type { Size, Target } from './target.ts';
import { arrived, connectionsEnded, faultLines, good, settledSize, startTarget } from './target.ts';

const REQUESTS = Number(process.env['FUZZ_REQUESTS'] ?? 160_000);
const AT_ONCE = 48;
const MOST_MS = 230_000;
const PARTS = 4;
/** What may grow: memories of the gateway that are bounded but not full yet. */
const MAX_GROWTH = 24 * 1024 * 1024;

const MB = (bytes: number): number => Math.round(bytes / 104_857.6) / 10;

/** Sends a good event every 50 ms until told to stop. */
function goodAlong(target: Target): {
  readonly ms: number[];
  readonly statuses: Set<number>;
  stop(): Promise<void>;
} {
  const ms: number[] = [];
  const statuses = new Set<number>();
  const stopped = new AbortController();
  const running = (async () => {
    for (let mark = 1_000_000; !stopped.signal.aborted; mark += 1) {
      const answer = await good(target, mark);
      ms.push(answer.ms);
      statuses.add(answer.status);
      await pause(50);
    }
  })();
  return {
    ms,
    statuses,
    async stop() {
      stopped.abort();
      await running;
    },
  };
}

const quantile = (sorted: readonly number[], share: number): number =>
  Math.round((sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN) * 10) / 10;

test('a hundred thousand spoiled requests', async (t) => {
  t.timeout(420_000);
  t.log(`seed ${SEED}`);
  const target = await startTarget(t);
  const { life, ports, record } = target;
  const base = (await settledSize(life)).handles;
  const along = goodAlong(target);
  const deadline = performance.now() + MOST_MS;
  const parts: Campaign[] = [];
  const sizes: Size[] = [];
  for (let part = 0; part < PARTS; part += 1) {
    const requests = Math.ceil(REQUESTS / PARTS);
    const seed = SEED + part * 10_000_000;
    const result = await campaign({ ports, record, seed, requests, atOnce: AT_ONCE, until: deadline });
    parts.push(result);
    t.deepEqual(result.faults, [], `part ${part}`);
    await drained(life);
    sizes.push(await settledSize(life));
  }
  await along.stop();
  const sorted = along.ms.toSorted((a, b) => a - b);
  const counts = new Map<number, number>();
  for (const { statuses } of parts)
    for (const [status, count] of statuses) counts.set(status, (counts.get(status) ?? 0) + count);
  const sum = (of: (each: Campaign) => number): number => parts.reduce((total, each) => total + of(each), 0);
  t.log(
    `${sum((each) => each.sent)} sent, ${sum((each) => each.answered)} answered: ${JSON.stringify([...counts].sort((a, b) => a[0] - b[0]))}`,
  );
  t.log(
    `held in MB: ${sizes.map((size) => MB(size.heldBytes)).join(' ')}; resident: ${sizes.map((size) => MB(size.residentBytes)).join(' ')}`,
  );
  t.log(
    `good events: ${sorted.length}, p50 ${quantile(sorted, 0.5)} ms, p99 ${quantile(sorted, 0.99)} ms, most ${quantile(sorted, 1)} ms`,
  );

  t.deepEqual([...along.statuses], [200]);
  t.true(
    sum((each) => each.sent) >= Math.min(REQUESTS, 100_000),
    'time was up before the requests were sent',
  );
  t.deepEqual(faultLines(life), []);
  t.is(life.said.filter((line) => line.includes(CANARY)).length, 0);
  const [, early, , late] = sizes;
  t.true(
    (late?.heldBytes ?? Infinity) - (early?.heldBytes ?? 0) < MAX_GROWTH,
    'memory grew in the second half',
  );
  await connectionsEnded(life, base);
  t.is((await good(target, 7_777)).status, 200);
  await until('the good event to be delivered', () => arrived(target, 7_777));
});
