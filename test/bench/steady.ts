// Ten minutes at half of the rate that saturates one core, four webhooks delivered meanwhile: what intake's tail, the log of SQLite,
// its file and memory make of it. Gateway on core 0, load and vendors on core 1. Not part of `npm run bench`: STEADY_SECONDS makes
// it shorter.

import { join } from 'node:path';
import { benchEvent, configuredWebhook, startGatewayWith } from './gateway.ts';
import type { BenchGateway } from './gateway.ts';
import type { Generator, LoadPlan, LoadResult } from './load.ts';
import { startLoad } from './load.ts';
import { median, sizeMb } from './process.ts';
import { startSink } from './sink.ts';

const SECONDS = Number(process.env['STEADY_SECONDS'] ?? 600);
/** One look at everything. */
const LOOK_SECONDS = 10;
const WARM_UP_SECONDS = 20;
const WATCH_MS = 100;

interface Seen {
  readonly results: readonly LoadResult[];
  readonly usOfEvent: number;
  readonly mostWalMb: number;
}

/** Looks at the log all the while: it is largest between two looks. */
async function run(
  gateway: BenchGateway,
  load: Generator,
  plan: LoadPlan & { readonly times: number },
): Promise<Seen> {
  let mostWalMb = 0;
  const watch = setInterval(() => {
    mostWalMb = Math.max(mostWalMb, sizeMb(join(gateway.folder, 'sluis.db-wal')));
  }, WATCH_MS);
  const before = gateway.cpuUs();
  const results: LoadResult[] = [];
  for (let index = 0; index < plan.times; index += 1) results.push(await load.drive(plan));
  clearInterval(watch);
  const requests = results.reduce((sum, each) => sum + each.requests, 0);
  return { results, usOfEvent: (gateway.cpuUs() - before) / requests, mostWalMb };
}

function print(name: string, { results, usOfEvent, mostWalMb }: Seen, gateway: BenchGateway): void {
  const of = (key: keyof LoadResult): number => median(results.map((each) => each[key]));
  const sumOf = (key: keyof LoadResult): number => results.reduce((sum, each) => sum + each[key], 0);
  const figure = {
    bench: 'steady',
    case: name,
    perSecond: of('perSecond'),
    failures: sumOf('failures'),
    p50Ms: of('p50Ms'),
    p99Ms: of('p99Ms'),
    worstP99Ms: Math.max(...results.map((each) => each.p99Ms)),
    // Of all answers: below one percent, the 99th percentile of the whole run is below `LATE_MS`.
    latePercent: Number(((100 * sumOf('late')) / sumOf('requests')).toFixed(2)),
    us: Number(usOfEvent.toFixed(1)),
    mostWalMb: Number(mostWalMb.toFixed(1)),
    fileMb: Math.round(sizeMb(join(gateway.folder, 'sluis.db'))),
    rssMb: Math.round(gateway.rssMb()),
  };
  process.stdout.write(`${JSON.stringify(figure)}\n`);
}

async function steady(): Promise<void> {
  const sink = await startSink(1);
  const load = startLoad(1);
  const vendors = `http://127.0.0.1:${sink.port}`;
  const webhooks = ['one', 'two', 'three', 'four'].map((name) => configuredWebhook(name, vendors));
  const gateway = await startGatewayWith(webhooks, 0);
  try {
    const plan: LoadPlan = {
      port: gateway.port,
      path: '/v1/track',
      headers: { origin: 'https://shop.example', 'content-type': 'text/plain' },
      bodies: [benchEvent(await gateway.record())],
      connections: 64,
      seconds: LOOK_SECONDS,
    };
    await run(gateway, load, { ...plan, times: WARM_UP_SECONDS / LOOK_SECONDS });
    const saturated = await run(gateway, load, { ...plan, times: 3 });
    print('as fast as answers come', saturated, gateway);
    // What was taken in faster than it can be delivered leaves first.
    const rate = Math.round(median(saturated.results.map((each) => each.perSecond)) / 2);
    await run(gateway, load, { ...plan, rate, times: 3 });
    print(
      `half of that, ${SECONDS} s`,
      await run(gateway, load, { ...plan, rate, times: SECONDS / LOOK_SECONDS }),
      gateway,
    );
  } finally {
    await load.stop();
    await gateway.stop();
    sink.child.disconnect();
  }
}

await steady();
