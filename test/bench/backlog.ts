// A vendor that is down while a million events queue up, beside one that is well: what intake, the other vendor, memory and disk
// make of it before, during and after, and how long the queue takes to empty, as a table. Gateway on core 0, load and vendors on
// core 1. Not part of `npm run bench`: it takes some twenty minutes. BACKLOG_EVENTS and BACKLOG_RATE make it smaller.

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { benchEvent, startGatewayWith } from './gateway.ts';
import type { BenchGateway } from './gateway.ts';
import type { Generator, LoadPlan } from './load.ts';
import { sentAt, startLoad } from './load.ts';
import { median, sizeMb } from './process.ts';

const EVENTS = Number(process.env['BACKLOG_EVENTS'] ?? 1_000_000);
/** Half to two thirds of what one core takes in and delivers twice. */
const RATE = Number(process.env['BACKLOG_RATE'] ?? 1500);
/** One look at everything: long enough that what opening connections takes is no hundredth of it. */
const SECONDS = 10;
const STEADY_LOOKS = 4;
const WATCH_MS = 100;

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
  process.on('disconnect', () => process.exit());
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
  readonly fileMb: number;
  /** The most there was in the meantime. */
  readonly walMb: number;
}

interface Setting {
  readonly gateway: BenchGateway;
  readonly load: Generator;
  readonly child: ChildProcess;
  readonly plan: LoadPlan;
}

async function look({ gateway, load, child, plan }: Setting): Promise<Look> {
  const before = gateway.cpuUs();
  let walMb = 0;
  const watch = setInterval(() => {
    walMb = Math.max(walMb, sizeMb(join(gateway.folder, 'sluis.db-wal')));
  }, WATCH_MS);
  const result = await load.drive(plan).finally(() => clearInterval(watch));
  if (result.failures > 0) throw new Error(`${result.failures} of ${result.requests} requests failed`);
  return {
    ...(await report(child)),
    requests: result.requests,
    intakeP50Ms: result.p50Ms,
    intakeP99Ms: result.p99Ms,
    us: (gateway.cpuUs() - before) / result.requests,
    rssMb: gateway.rssMb(),
    fileMb: sizeMb(join(gateway.folder, 'sluis.db')),
    walMb,
  };
}

type Figures = Readonly<Record<string, string | number>>;

function figuresOf(name: string, looks: readonly Look[]): Figures {
  const of = (key: keyof Look): number => Number(median(looks.map((each) => each[key])).toFixed(1));
  const most = (key: keyof Look): number => Math.round(Math.max(...looks.map((each) => each[key])));
  const total = (key: keyof Look): number => looks.reduce((sum, each) => sum + each[key], 0);
  const seconds = looks.length * SECONDS;
  return {
    phase: name,
    seconds,
    'events in /s': Math.round(total('requests') / seconds),
    'intake p50 ms': of('intakeP50Ms'),
    'intake p99 ms': of('intakeP99Ms'),
    'worst p99 ms': most('intakeP99Ms'),
    'other vendor p50 ms': of('p50Ms'),
    'other vendor p99 ms': of('p99Ms'),
    'to the vendor that was down /s': Math.round(total('sick') / seconds),
    'CPU µs an event in': of('us'),
    'resident MiB': most('rssMb'),
    'file MiB': most('fileMb'),
    'log MiB': most('walMb'),
  };
}

/** Printed as it comes, and once more as a table. */
class Report {
  readonly #phases: Figures[] = [];

  add(name: string, looks: readonly Look[]): void {
    if (looks.length === 0) return;
    const figures = figuresOf(name, looks);
    this.#phases.push(figures);
    process.stdout.write(`${JSON.stringify(figures)}\n`);
  }

  table(): string {
    const [first] = this.#phases;
    const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |\n`;
    const names = Object.keys(first ?? {});
    const lines = this.#phases.map((figures) => row(Object.values(figures)));
    return `${row(names)}${row(names.map(() => '---'))}${lines.join('')}`;
  }
}

async function steady(setting: Setting): Promise<readonly Look[]> {
  const looks: Look[] = [];
  for (let index = 0; index < STEADY_LOOKS; index += 1) looks.push(await look(setting));
  return looks;
}

/** Looks until it is enough, counting what is queued for the vendor that is down. */
async function until(
  setting: Setting,
  queued: number,
  enough: (queued: number, last: Look) => boolean,
): Promise<{ readonly looks: readonly Look[]; readonly queued: number }> {
  const looks: Look[] = [];
  for (let left = queued; ;) {
    const one = await look(setting);
    left += one.requests - one.sick;
    looks.push(one);
    if (enough(left, one)) return { looks, queued: left };
  }
}

async function measure(setting: Setting): Promise<void> {
  const report = new Report();
  await steady(setting);
  report.add('before', await steady(setting));
  setting.child.send({ down: true });
  const queueing = await until(setting, 0, (queued) => queued >= EVENTS);
  report.add(`while ${queueing.queued.toLocaleString('en')} queue`, queueing.looks);
  setting.child.send({ down: false });
  // After so long the breaker may wait five minutes before it tries again.
  const waiting = await until(setting, queueing.queued, (_, { sick }) => sick > 0);
  report.add('until it is tried again', waiting.looks.slice(0, -1));
  const begun = performance.now();
  const emptying = await until(setting, waiting.queued, (queued) => queued <= RATE);
  const seconds = Math.round((performance.now() - begun) / 1000 + SECONDS);
  report.add(`while they leave, in ${seconds} s`, [...waiting.looks.slice(-1), ...emptying.looks]);
  report.add('after', await steady(setting));
  process.stdout.write(`\n${report.table()}`);
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
