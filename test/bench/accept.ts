// `accept`: requests per second and CPU per request of the gateway (SQLite, four destinations, every rule on) beside bare Koa
// and @koa/router that parses and stores nothing; both on core 0, the load on core 1, interleaved, medians.

import { resolve } from 'node:path';
import { benchEvent, startGateway } from './gateway.ts';
import type { LoadPlan } from './load.ts';
import { drive } from './load.ts';
import type { Started } from './process.ts';
import { median, portInJson, start } from './process.ts';

export interface Figure {
  readonly bench: string;
  readonly case: string;
  readonly [name: string]: string | number;
}

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 5);
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 4);

interface Round {
  readonly perSecond: number;
  readonly us: number;
  readonly p99Ms: number;
}

async function round(server: Started, plan: Omit<LoadPlan, 'port'>): Promise<Round> {
  const before = server.cpuUs();
  const result = await drive({ ...plan, port: server.port }, 1);
  if (result.failures > 0) throw new Error(`${result.failures} of ${result.requests} requests failed`);
  return {
    perSecond: result.perSecond,
    us: (server.cpuUs() - before) / result.requests,
    p99Ms: result.p99Ms,
  };
}

const plan = (path: string, body: string): Omit<LoadPlan, 'port'> => ({
  path,
  headers: { origin: 'https://shop.example', 'content-type': 'text/plain' },
  bodies: [body],
  connections: 64,
  seconds: SECONDS,
});

function figure(name: string, rounds: readonly Round[], bare: readonly Round[]): Figure {
  const of = (key: keyof Round, list: readonly Round[]): number => median(list.map((each) => each[key]));
  return {
    bench: 'accept',
    case: name,
    perSecond: Math.round(of('perSecond', rounds)),
    ratio: Number((of('perSecond', rounds) / of('perSecond', bare)).toFixed(2)),
    us: Number(of('us', rounds).toFixed(1)),
    usRatio: Number((of('us', rounds) / of('us', bare)).toFixed(2)),
    p99Ms: of('p99Ms', rounds),
  };
}

/** Runs interleaved rounds of bare Koa, permitted and denied traffic. */
export async function accept(): Promise<readonly Figure[]> {
  const bare = await start({ file: resolve(import.meta.dirname, 'bareKoa.ts'), portIn: portInJson }, 0);
  const gateway = await startGateway(0);
  try {
    const record = await gateway.record();
    const permitted = plan('/v1/track', benchEvent(record));
    const denied = plan('/v1/track', benchEvent(null));
    const batch = JSON.stringify({
      writeKey: 'shop-web',
      batch: Array.from(
        { length: 20 },
        (_, index) => JSON.parse(benchEvent(record).replaceAll('{{n}}', `{{n}}-${index}`)) as unknown,
      ),
    });
    const batches = plan('/v1/batch', batch);
    const runs = {
      bare: [] as Round[],
      permitted: [] as Round[],
      denied: [] as Round[],
      bareBatch: [] as Round[],
      batches: [] as Round[],
    };
    await round(bare, { ...permitted, seconds: 2 });
    await round(gateway, { ...permitted, seconds: 2 });
    for (let index = 0; index < ROUNDS; index += 1) {
      runs.bare.push(await round(bare, permitted));
      runs.permitted.push(await round(gateway, permitted));
      runs.denied.push(await round(gateway, denied));
      runs.bareBatch.push(await round(bare, { ...batches, seconds: 2 }));
      runs.batches.push(await round(gateway, { ...batches, seconds: 2 }));
    }
    return [
      figure('bare Koa + router', runs.bare, runs.bare),
      figure('one permitted event', runs.permitted, runs.bare),
      figure('one denied event', runs.denied, runs.bare),
      figure('bare Koa + router, batch of 20', runs.bareBatch, runs.bareBatch),
      figure('batch of 20 permitted events', runs.batches, runs.bareBatch),
    ];
  } finally {
    await bare.stop();
    await gateway.stop();
  }
}

if (process.argv[1] === import.meta.filename)
  for (const each of await accept()) process.stdout.write(`${JSON.stringify(each)}\n`);
