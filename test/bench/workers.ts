// `workers`: what worker threads are worth: the gateway alone on core 0, one worker there with the owner of the store on core 1,
// and two workers on two cores, each beside bare Koa in the same turn. The load shares core 1 throughout.

import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import type { Figure } from './accept.ts';
import { NOBODY, benchEvent, destinationsOf, startGatewayWith } from './gateway.ts';
import type { BenchGateway } from './gateway.ts';
import { startLoad } from './load.ts';
import type { Generator, LoadPlan } from './load.ts';
import { inTurn, median, portInJson, start, threadsOf } from './process.ts';
import type { Started } from './process.ts';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 15);
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 1);
const WARM_UP_SECONDS = Number(process.env['BENCH_WARM_UP'] ?? 15);
const DESTINATIONS = Number(process.env['BENCH_DESTINATIONS'] ?? 1);

/** Cores by names of threads; what is not named, V8's helpers among it, goes with `rest`. */
interface Pins {
  readonly [name: string]: string;
  readonly rest: string;
}

interface Setting {
  readonly name: string;
  readonly workers: number;
  readonly pins: Pins;
}

const SETTINGS: readonly Setting[] = [
  { name: 'alone on core 0', workers: 0, pins: { rest: '0' } },
  { name: 'one worker, all on core 0', workers: 1, pins: { rest: '0' } },
  { name: 'one worker on core 0, the owner on core 1', workers: 1, pins: { rest: '0', MainThread: '1' } },
  {
    name: 'two workers on cores 0 and 1, the owner on core 1',
    workers: 2,
    pins: { rest: '0', MainThread: '1', 'worker-2': '1' },
  },
];

/** CPU µs a request, by who spent it. */
interface Spent {
  readonly mainUs: number;
  readonly workersUs: number;
  /** V8's helpers, which collect garbage and compile. */
  readonly helpersUs: number;
  readonly loadUs: number;
}

interface Turn extends Spent {
  readonly perSecond: number;
  readonly p99Ms: number;
}

interface Case {
  readonly name: string;
  readonly server: Started;
  readonly plan: Omit<LoadPlan, 'port'>;
  readonly turns: Turn[];
}

function pin(server: Started, pins: Pins): void {
  for (const { tid, name } of threadsOf(server.pid))
    execFileSync('taskset', ['-cp', pins[name] ?? pins.rest, String(tid)]);
}

/** In all since the start. */
function spent(server: Started, load: Generator): Spent {
  const sums = { mainUs: 0, workersUs: 0, helpersUs: 0, loadUs: load.cpuUs() };
  for (const { name, cpuUs } of threadsOf(server.pid)) {
    if (name === 'MainThread') sums.mainUs += cpuUs;
    else if (name.startsWith('worker-')) sums.workersUs += cpuUs;
    else sums.helpersUs += cpuUs;
  }
  return sums;
}

const KEYS = ['mainUs', 'workersUs', 'helpersUs', 'loadUs'] as const;

async function turn(load: Generator, { server, plan }: Case, seconds: number): Promise<Turn> {
  const before = spent(server, load);
  const result = await load.drive({ ...plan, port: server.port, seconds });
  if (result.failures > 0) throw new Error(`${result.failures} of ${result.requests} requests failed`);
  const after = spent(server, load);
  const { perSecond, p99Ms, requests } = result;
  const us = (key: keyof Spent): number => (after[key] - before[key]) / requests;
  return {
    perSecond,
    p99Ms,
    mainUs: us('mainUs'),
    workersUs: us('workersUs'),
    helpersUs: us('helpersUs'),
    loadUs: us('loadUs'),
  };
}

const plan = (body: string): Omit<LoadPlan, 'port'> => ({
  path: '/v1/track',
  headers: { origin: 'https://shop.example', 'content-type': 'text/plain' },
  bodies: [body],
  connections: 64,
  seconds: SECONDS,
});

/** Ratios are medians of those to the bare server in the same turn. */
function figure({ name, turns }: Case, bare: Case): Figure {
  const ratios = turns.map((each, index) => each.perSecond / (bare.turns[index]?.perSecond ?? Number.NaN));
  const us = KEYS.map((key) => [key, Number(median(turns.map((each) => each[key])).toFixed(1))] as const);
  return {
    bench: 'workers',
    case: name,
    perSecond: median(turns.map(({ perSecond }) => perSecond)),
    ratio: Number(median(ratios).toFixed(2)),
    ...Object.fromEntries(us.filter(([, each]) => each > 0)),
    p99Ms: median(turns.map(({ p99Ms }) => p99Ms)),
  };
}

export async function workers(): Promise<readonly Figure[]> {
  const bare = await start({ file: resolve(import.meta.dirname, 'bareKoa.ts'), portIn: portInJson }, 0);
  const load = startLoad(1);
  const gateways: BenchGateway[] = [];
  const cases: Case[] = [];
  try {
    for (const { name, workers: count, pins } of SETTINGS) {
      const gateway = await startGatewayWith(destinationsOf(NOBODY, DESTINATIONS), '0,1', undefined, count);
      gateways.push(gateway);
      pin(gateway, pins);
      const record = await gateway.record();
      if (cases.length === 0)
        cases.push({ name: 'bare Koa + router', server: bare, plan: plan(benchEvent(record)), turns: [] });
      cases.push({ name: `permitted, ${name}`, server: gateway, plan: plan(benchEvent(record)), turns: [] });
      cases.push({ name: `denied, ${name}`, server: gateway, plan: plan(benchEvent(null)), turns: [] });
    }
    for (const each of cases) await turn(load, each, WARM_UP_SECONDS);
    for (let index = 0; index < ROUNDS; index += 1)
      for (const each of inTurn(cases, index)) each.turns.push(await turn(load, each, SECONDS));
    const [first] = cases;
    return first === undefined ? [] : cases.map((each) => figure(each, first));
  } finally {
    await load.stop();
    await bare.stop();
    for (const gateway of gateways) await gateway.stop();
  }
}

if (process.argv[1] === import.meta.filename)
  for (const each of await workers()) process.stdout.write(`${JSON.stringify(each)}\n`);
