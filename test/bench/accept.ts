// `accept`: requests per second and CPU per request of the gateway (SQLite, one, four and ten destinations, nothing and a million
// deliveries pending, every rule on) beside bare Koa and @koa/router that parses and stores nothing; all on core 0, the load on
// core 1, interleaved, medians.

import { resolve } from 'node:path';
import { fillAt } from './filled.ts';
import { NOBODY, benchEvent, destinationsOf, startGatewayWith } from './gateway.ts';
import type { BenchGateway } from './gateway.ts';
import type { Generator, LoadPlan } from './load.ts';
import { startLoad } from './load.ts';
import type { Started } from './process.ts';
import { inTurn, median, portInJson, start } from './process.ts';

export interface Figure {
  readonly bench: string;
  readonly case: string;
  readonly [name: string]: string | number;
}

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 25);
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 1);

interface Round {
  readonly perSecond: number;
  readonly us: number;
  readonly p99Ms: number;
}

async function round(load: Generator, server: Started, plan: Omit<LoadPlan, 'port'>): Promise<Round> {
  const before = server.cpuUs();
  const result = await load.drive({ ...plan, port: server.port });
  if (result.failures > 0) throw new Error(`${result.failures} of ${result.requests} requests failed`);
  return {
    perSecond: result.perSecond,
    us: (server.cpuUs() - before) / result.requests,
    p99Ms: result.p99Ms,
  };
}

interface Asked {
  readonly path: string;
  readonly body: string;
  /** Default 64. */
  readonly connections?: number;
}

const plan = ({ path, body, connections = 64 }: Asked): Omit<LoadPlan, 'port'> => ({
  path,
  headers: { origin: 'https://shop.example', 'content-type': 'text/plain' },
  bodies: [body],
  connections,
  seconds: SECONDS,
});

/** Ratios are medians of those to the bare server in the same turn: machines are slower at one moment than at another. */
function figure(name: string, rounds: readonly Round[], bare: readonly Round[]): Figure {
  const of = (key: keyof Round): number => median(rounds.map((each) => each[key]));
  const ratio = (key: keyof Round): number =>
    Number(median(rounds.map((each, turn) => each[key] / (bare[turn]?.[key] ?? Number.NaN))).toFixed(2));
  return {
    bench: 'accept',
    case: name,
    perSecond: Math.round(of('perSecond')),
    ratio: ratio('perSecond'),
    us: Number(of('us').toFixed(1)),
    usRatio: ratio('us'),
    p99Ms: of('p99Ms'),
  };
}

/** Servers run for so long before they are measured: what V8 still compiles is no cost of an event. */
const WARM_UP_SECONDS = 20;
/** Nothing is delivered: what waits at those that begin with nothing grows to some hundred thousand as they are measured. */
const SIZES = [
  { name: 1, destinations: 1, pending: 0 },
  { name: 4, destinations: 4, pending: 0 },
  { name: 10, destinations: 10, pending: 0 },
  { name: '4, a million pending', destinations: 4, pending: 1_000_000 },
] as const;

interface Case {
  readonly name: string;
  readonly server: Started;
  readonly plan: Omit<LoadPlan, 'port'>;
  /** The case it is compared with. */
  readonly bare: string;
  readonly rounds: Round[];
}

const batchOf = (record: string): string => {
  const event = (index: number): unknown =>
    JSON.parse(benchEvent(record).replaceAll('{{n}}', `{{n}}-${index}`));
  return JSON.stringify({ writeKey: 'shop-web', batch: Array.from({ length: 20 }, (_, at) => event(at)) });
};

const BARE = 'bare Koa + router';
const BARE_BATCH = 'bare Koa + router, batch of 20';
/** With more in flight, more share a commit. */
const MANY = 256;
const ofMany = (name: string): string => `${name}, ${MANY} connections`;

async function casesOf(bare: Started, gateways: readonly BenchGateway[]): Promise<readonly Case[]> {
  const made: Case[] = [];
  const add = (name: string, server: Started, to: Asked & { readonly bare: string }): void =>
    void made.push({ name, server, plan: plan(to), bare: to.bare, rounds: [] });
  const single = { path: '/v1/track', bare: BARE };
  const many = { path: '/v1/track', bare: ofMany(BARE), connections: MANY };
  const batch = { path: '/v1/batch', bare: BARE_BATCH };
  for (const [at, gateway] of gateways.entries()) {
    const record = await gateway.record();
    const body = benchEvent(record);
    if (at === 0) add(BARE, bare, { ...single, body });
    if (at === 0) add(ofMany(BARE), bare, { ...many, body });
    const name = SIZES[at]?.name;
    add(`permitted at ${name}`, gateway, { ...single, body });
    add(`denied at ${name}`, gateway, { ...single, body: benchEvent(null) });
    if (name === 1 || name === 4) add(ofMany(`permitted at ${name}`), gateway, { ...many, body });
    if (name !== 4) continue;
    add(BARE_BATCH, bare, { ...batch, body: batchOf(record) });
    add('batch of 20, permitted at 4', gateway, { ...batch, body: batchOf(record) });
  }
  return made;
}

/** Runs interleaved rounds of bare Koa, permitted and denied traffic, for events with one and more destinations. */
export async function accept(): Promise<readonly Figure[]> {
  const bare = await start({ file: resolve(import.meta.dirname, 'bareKoa.ts'), portIn: portInJson }, 0);
  const load = startLoad(1);
  const gateways: BenchGateway[] = [];
  try {
    for (const { destinations, pending } of SIZES)
      gateways.push(
        await startGatewayWith(destinationsOf(NOBODY, destinations), 0, (store) => fillAt(store, pending)),
      );
    const cases = await casesOf(bare, gateways);
    for (const each of cases) await round(load, each.server, { ...each.plan, seconds: WARM_UP_SECONDS });
    for (let index = 0; index < ROUNDS; index += 1)
      for (const each of inTurn(cases, index)) each.rounds.push(await round(load, each.server, each.plan));
    const roundsOf = (name: string): readonly Round[] =>
      cases.find((each) => each.name === name)?.rounds ?? [];
    return cases.map((each) => figure(each.name, each.rounds, roundsOf(each.bare)));
  } finally {
    await load.stop();
    await bare.stop();
    for (const gateway of gateways) await gateway.stop();
  }
}

if (process.argv[1] === import.meta.filename)
  for (const each of await accept()) process.stdout.write(`${JSON.stringify(each)}\n`);
