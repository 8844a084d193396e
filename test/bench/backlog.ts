// A vendor that is down while a million events queue up, beside one that is well: what intake, the other vendor, memory and disk
// make of it before, during and after, and how long the queue takes to empty. Gateway on core 0, load and vendors on core 1.
// Not part of `npm run bench`: it takes some ten minutes. BACKLOG_EVENTS and BACKLOG_RATE make it smaller.

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { benchEvent, startGatewayWith } from './gateway.ts';
import type { BenchGateway } from './gateway.ts';
import type { Generator, LoadPlan } from './load.ts';
import { sentAt, startLoad } from './load.ts';
import { median } from './process.ts';

const EVENTS = Number(process.env['BACKLOG_EVENTS'] ?? 1_000_000);
const RATE = Number(process.env['BACKLOG_RATE'] ?? 2500);
/** One look at everything. */
const SECONDS = 5;
const STEADY_LOOKS = 8;

interface Seen {
  /** Events that arrived at each since the last report. */
  readonly well: number;
  readonly sick: number;
  /** From being sent to arriving at the vendor that is well. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** What arrives at two vendors; one of them can be told to be down. */
class Arrivals {
  isDown = false;
  #well = 0;
  #sick = 0;
  #waits: number[] = [];

  /** The status to answer. */
  take(path: string, body: string): number {
    const times = body.match(/"value":\d{12}/g) ?? [];
    if (path.startsWith('/sick')) {
      if (this.isDown) return 503;
      this.#sick += times.length;
      return 200;
    }
    this.#well += times.length;
    const now = sentAt();
    for (const time of times) this.#waits.push(now - Number(time.slice(8)));
    return 200;
  }

  report(): Seen {
    const sorted = this.#waits.sort((a, b) => a - b);
    const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? 0;
    const seen = { well: this.#well, sick: this.#sick, p50Ms: at(0.5), p99Ms: at(0.99) };
    this.#well = 0;
    this.#sick = 0;
    this.#waits = [];
    return seen;
  }
}

/** Both in a process of their own; a message asks for a report, or says whether one is down. */
function vendors(): void {
  const arrivals = new Arrivals();
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('latin1').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => response.writeHead(arrivals.take(request.url ?? '', body)).end());
  });
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
  process.on('message', ({ down }: { readonly down?: boolean }) => {
    if (down === undefined) process.send?.(arrivals.report());
    else arrivals.isDown = down;
  });
}

async function startVendors(): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const args = ['-c', '1', process.execPath, import.meta.filename, '--vendors'];
  const child = spawn('taskset', args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const [port] = (await once(child, 'message')) as [number]; // sent by this very file
  return { child, port };
}

async function report(child: ChildProcess): Promise<Seen> {
  child.send({});
  const [seen] = (await once(child, 'message')) as [Seen]; // sent by this very file
  return seen;
}

interface Look extends Seen {
  readonly requests: number;
  readonly intakeP50Ms: number;
  readonly intakeP99Ms: number;
  readonly us: number;
  readonly rssMb: number;
  readonly diskMb: number;
}

interface Setting {
  readonly gateway: BenchGateway;
  readonly load: Generator;
  readonly child: ChildProcess;
  readonly plan: LoadPlan;
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

async function look({ gateway, load, child, plan }: Setting): Promise<Look> {
  const before = gateway.cpuUs();
  const result = await load.drive(plan);
  if (result.failures > 0) throw new Error(`${result.failures} of ${result.requests} requests failed`);
  const files = ['sluis.db', 'sluis.db-wal'].map((name) => sizeOf(join(gateway.folder, name)));
  return {
    ...(await report(child)),
    requests: result.requests,
    intakeP50Ms: result.p50Ms,
    intakeP99Ms: result.p99Ms,
    us: (gateway.cpuUs() - before) / result.requests,
    rssMb: gateway.rssMb(),
    diskMb: files.reduce((sum, size) => sum + size, 0) / 2 ** 20,
  };
}

function print(name: string, looks: readonly Look[]): void {
  const of = (key: keyof Look): number => Number(median(looks.map((each) => each[key])).toFixed(2));
  const most = (key: keyof Look): number => Number(Math.max(...looks.map((each) => each[key])).toFixed(2));
  const figure = {
    bench: 'backlog',
    case: name,
    seconds: looks.length * SECONDS,
    intakeP50Ms: of('intakeP50Ms'),
    intakeP99Ms: of('intakeP99Ms'),
    worstIntakeP99Ms: most('intakeP99Ms'),
    wellP50Ms: of('p50Ms'),
    wellP99Ms: of('p99Ms'),
    us: of('us'),
    rssMb: Math.round(most('rssMb')),
    diskMb: Math.round(most('diskMb')),
  };
  process.stdout.write(`${JSON.stringify(figure)}\n`);
}

async function steady(setting: Setting): Promise<readonly Look[]> {
  const looks: Look[] = [];
  for (let index = 0; index < STEADY_LOOKS; index += 1) looks.push(await look(setting));
  return looks;
}

async function measure(setting: Setting): Promise<void> {
  await steady(setting);
  print('before', await steady(setting));
  setting.child.send({ down: true });
  let queued = 0;
  const during: Look[] = [];
  while (queued < EVENTS) {
    const one = await look(setting);
    queued += one.requests - one.sick;
    during.push(one);
  }
  print(`while ${queued.toLocaleString('en')} queue`, during);
  setting.child.send({ down: false });
  const begun = performance.now();
  const emptying: Look[] = [];
  // The breaker may wait a minute before it tries again.
  while (queued > RATE) {
    const one = await look(setting);
    queued += one.requests - one.sick;
    emptying.push(one);
  }
  print(`while they leave, in ${Math.round((performance.now() - begun) / 1000)} s`, emptying);
  print('after', await steady(setting));
}

async function backlog(): Promise<void> {
  const { child, port } = await startVendors();
  const load = startLoad(1);
  const webhook = (name: string): string =>
    `${name}: { type: http, url: "http://127.0.0.1:${port}/${name}", secret: "\${BENCH_SECRET}", requires: [analytics] }`;
  const gateway = await startGatewayWith(['well', 'sick'].map(webhook), 0);
  try {
    const body = benchEvent(await gateway.record()).replace('"revenue":49.9', '"revenue":{{t}}');
    const headers = { origin: 'https://shop.example', 'content-type': 'text/plain' };
    const plan = {
      path: '/v1/track',
      headers,
      bodies: [body],
      connections: 64,
      seconds: SECONDS,
      rate: RATE,
    };
    await measure({ gateway, load, child, plan: { ...plan, port: gateway.port } });
  } finally {
    await load.stop();
    await gateway.stop();
    child.disconnect();
  }
}

if (process.argv.includes('--vendors')) vendors();
else await backlog();
