// Delivered events per second on one core: recheck, build, sign, send, read and settle against a sink on loopback that runs
// in a process of its own. The queue is a list in memory, so the store's cost is not in it. Prints JSON lines.

import { spawnSync } from 'node:child_process';
import type { Lease } from '../../src/core/delivery.ts';
import { Secret } from '../../src/core/secret.ts';
import { Deliveries } from '../../src/delivery/deliveries.ts';
import type { Queue } from '../../src/delivery/ports.ts';
import { http } from '../../src/destinations/http.ts';
import { delivery, evenRandom, realClock } from '../delivery/support.ts';
import { destination, snapshot } from '../support/snapshot.ts';
import { startSink } from './sink.ts';

const SECONDS = 2;
const ROUNDS = 3;
const CONCURRENCY = 16;

/** Puts a process on one core where the machine can; without it the figures are only less steady. */
const pin = (core: number, pid: number | undefined): void => {
  if (pid !== undefined)
    spawnSync('taskset', ['-a', '-p', '-c', String(core), String(pid)], { stdio: 'ignore' });
};

/** Never empty until told so; counts what ends. */
function endlessQueue(): { readonly queue: Queue; readonly ended: () => number; close(): void } {
  const item = delivery('purchase', 'hook');
  let open = true;
  let ended = 0;
  let next = 0;
  const queue: Queue = {
    claim: async ({ max }) => {
      if (!open) return [];
      const firstAt = Date.now();
      return Array.from({ length: max }, (): Lease => {
        const id = String((next += 1));
        return { id, token: id, attempt: 1, firstAt, item };
      });
    },
    begin: async (leases) => leases.map(() => 'begun' as const),
    settle: async (settlements) => {
      ended += settlements.filter(({ result }) => 'name' in result && result.name === 'delivered').length;
      return settlements.map(() => 'settled' as const);
    },
    onDue: () => () => undefined,
    nextDueAt: () => null,
    waiting: async () => [],
  };
  return { queue, ended: () => ended, close: () => (open = false) };
}

async function measure(
  port: number,
  batch: number,
): Promise<{ readonly events: number; readonly cpuUs: number }> {
  const source = endlessQueue();
  const silent = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: () => undefined,
  };
  const deliveries = new Deliveries({
    queue: source.queue,
    recheck: ({ permitted }) => ({ send: permitted }),
    destinationType: () => ({ ...http, batch: { ...http.batch, events: batch } }),
    clock: realClock,
    random: evenRandom,
    log: silent,
    metrics: { delivered: () => undefined, deliverySeconds: () => undefined },
  });
  const url = `http://127.0.0.1:${port}/hook`;
  const settings = { url, secret: new Secret('a signing key'), headers: {}, batch };
  const hook = destination({ name: 'hook', type: 'http', concurrency: CONCURRENCY, settings });
  deliveries.update(snapshot({ destinations: [hook] }));
  await deliveries.start();
  await new Promise((resolve) => setTimeout(resolve, 300));
  const before = source.ended();
  const cpu = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000));
  const { user, system } = process.cpuUsage(cpu);
  const events = source.ended() - before;
  source.close();
  await deliveries.stop(2000);
  return { events, cpuUs: user + system };
}

async function main(): Promise<void> {
  pin(0, process.pid);
  const { child, port } = await startSink(1);
  try {
    for (const batch of [1, 25]) {
      const runs: { perSecond: number; us: number }[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        const { events, cpuUs } = await measure(port, batch);
        runs.push({ perSecond: Math.round(events / SECONDS), us: Math.round((cpuUs / events) * 10) / 10 });
      }
      const [, middle] = runs.sort((a, b) => a.us - b.us);
      process.stdout.write(`${JSON.stringify({ bench: 'deliver', case: `batch ${batch}`, ...middle })}\n`);
    }
  } finally {
    child.disconnect();
  }
}

await main();
