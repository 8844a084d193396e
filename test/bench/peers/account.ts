// One run of the load against one server, and the account of it: what was acknowledged, what of that the mock vendor has, and what
// it has without consent.

import type { GeneratorAnswer, GeneratorAsk } from './generator.ts';
import type { Pinned } from './pinned.ts';
import { startPinned } from './pinned.ts';
import type { Running, Subject } from './subjects.ts';
import type { Lane, VendorAnswer, VendorAsk } from './vendor.ts';
import { resolve } from 'node:path';

export interface Bench {
  readonly vendor: Pinned<VendorAsk, VendorAnswer>;
  readonly generator: Pinned<GeneratorAsk, GeneratorAnswer>;
  readonly url: string;
  stop(): Promise<void>;
}

const HELPERS_CORE = 1;

export async function startBench(): Promise<Bench> {
  const helper = (name: string): string => resolve(import.meta.dirname, `${name}.ts`);
  const vendor = startPinned<VendorAsk, VendorAnswer>(helper('vendor'), HELPERS_CORE);
  const generator = startPinned<GeneratorAsk, GeneratorAnswer>(helper('generator'), HELPERS_CORE);
  const { port } = await vendor.ask({ kind: 'port' });
  const stop = async (): Promise<void> => void (await Promise.all([vendor.stop(), generator.stop()]));
  return { vendor, generator, url: `http://127.0.0.1:${port}`, stop };
}

export type Traffic = 'permitted' | 'denied' | 'mixed';

const VISITORS: Readonly<Record<Traffic, readonly boolean[]>> = {
  permitted: [true],
  denied: [false],
  mixed: [true, false],
};
const EVENTS_OF_A_VISITOR = 8;

const permissions = (traffic: Traffic): readonly boolean[] =>
  VISITORS[traffic].flatMap((permitted) => Array.from({ length: EVENTS_OF_A_VISITOR }, () => permitted));

export interface LoadOptions {
  readonly traffic: Traffic;
  readonly seconds: number;
  /** Requests per second; 0: as fast as answers come. */
  readonly rate: number;
}

export interface Run extends GeneratorAnswer {
  readonly run: number;
  readonly traffic: Traffic;
  /** Acknowledged events that may leave. */
  readonly due: number;
}

let runs = 0;

export async function load(bench: Bench, running: Running, options: LoadOptions): Promise<Run> {
  const permitted = permissions(options.traffic);
  const run = (runs += 1);
  const answer = await bench.generator.ask({
    port: running.server.port,
    path: '/v1/track',
    headers: { origin: 'https://shop.example', 'content-type': 'text/plain' },
    bodies: permitted.map((each) => running.body(each)),
    connections: 64,
    seconds: options.seconds,
    rate: options.rate,
    run,
  });
  const due = answer.acknowledged.reduce(
    (sum, acknowledged, at) => sum + (acknowledged && permitted[at % permitted.length] ? 1 : 0),
    0,
  );
  return { ...answer, run, traffic: options.traffic, due };
}

export interface Patience {
  readonly withinMs: number;
  /** Given up sooner when nothing has come for so long. */
  readonly quietMs: number;
}

export interface Arrivals {
  /** Of the run, by the way by which fewest came. */
  readonly events: number;
  /** When the last of them came, on this process's clock. */
  readonly lastAt: number;
}

/** Waits until all that is due has arrived, or no longer. */
export async function arrivals(
  bench: Bench,
  { lanes }: Subject,
  { run, due }: Run,
  patience: Patience,
): Promise<Arrivals> {
  const until = performance.now() + patience.withinMs;
  let events = due;
  let lastAt = 0;
  for (const lane of lanes) {
    const withinMs = Math.max(0, until - performance.now());
    const ask = { kind: 'arrived', run, lane, count: due, withinMs, quietMs: patience.quietMs } as const;
    const { distinct, quietForMs } = await bench.vendor.ask(ask);
    events = Math.min(events, distinct);
    lastAt = Math.max(lastAt, performance.now() - quietForMs);
  }
  return { events, lastAt };
}

export interface Account {
  readonly acknowledged: number;
  readonly refused: number;
  /** Acknowledged, permitted, and never at the vendor, by the way it should have gone. */
  readonly lost: Readonly<Partial<Record<Lane, number>>>;
  /** At the vendor though no consent came with it. */
  readonly unpermitted: number;
  /** At the vendor more than once, by one way. */
  readonly twice: number;
}

async function accountOfLane(bench: Bench, lane: Lane, { run, traffic, acknowledged }: Run) {
  const { counts } = await bench.vendor.ask({
    kind: 'arrived',
    run,
    lane,
    count: 0,
    withinMs: 0,
    quietMs: 0,
  });
  const permitted = permissions(traffic);
  const sums = { lost: 0, unpermitted: 0, twice: 0 };
  for (let number = 0; number < Math.max(acknowledged.length, counts.length); number += 1) {
    const times = counts[number] ?? 0;
    const may = permitted[number % permitted.length] === true;
    if (may && acknowledged[number] === 1 && times === 0) sums.lost += 1;
    if (!may && times > 0) sums.unpermitted += 1;
    if (times > 1) sums.twice += 1;
  }
  return sums;
}

/** Over all runs, as things stand now. */
export async function accountOf(bench: Bench, { lanes }: Subject, made: readonly Run[]): Promise<Account> {
  const lost: Partial<Record<Lane, number>> = {};
  let unpermitted = 0;
  let twice = 0;
  for (const run of made)
    for (const lane of lanes) {
      const sums = await accountOfLane(bench, lane, run);
      lost[lane] = (lost[lane] ?? 0) + sums.lost;
      unpermitted += sums.unpermitted;
      twice += sums.twice;
    }
  const sum = (of: (run: Run) => number): number => made.reduce((total, run) => total + of(run), 0);
  return {
    acknowledged: sum(({ requests, refused }) => requests - refused),
    refused: sum(({ refused }) => refused),
    lost,
    unpermitted,
    twice,
  };
}
