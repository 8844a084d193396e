// A bounded load generator on loopback: N keep-alive connections, one request in flight on each, raw sockets so that it costs
// little itself. Run as a process of its own (see `drive`), pinned away from the server. Prints one JSON line.

import { execFile } from 'node:child_process';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { promisify } from 'node:util';

export interface LoadPlan {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Bodies sent in turn. `{{n}}` is replaced by a running number, padded to twelve digits, so that every event is new. */
  readonly bodies: readonly string[];
  readonly connections: number;
  readonly seconds: number;
  /** Requests per second over all connections; 0: as fast as answers come. */
  readonly rate?: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly failures: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const DIGITS = 12;

/** A request whose running number can be written in place. */
function template(plan: LoadPlan, body: string): { bytes: Buffer; slots: number[] } {
  const text = body.replaceAll('{{n}}', '0'.repeat(DIGITS).replace(/^0/, '@'));
  const head = [
    `POST ${plan.path} HTTP/1.1`,
    'host: 127.0.0.1',
    'connection: keep-alive',
    `content-length: ${Buffer.byteLength(text)}`,
    ...Object.entries(plan.headers).map(([name, value]) => `${name}: ${value}`),
  ].join('\r\n');
  const bytes = Buffer.from(`${head}\r\n\r\n${text}`);
  const slots: number[] = [];
  const mark = Buffer.from(`@${'0'.repeat(DIGITS - 1)}`);
  for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at + 1)) slots.push(at);
  return { bytes, slots };
}

interface Tally {
  requests: number;
  failures: number;
  readonly latencies: number[];
}

function oneConnection(plan: LoadPlan, next: () => Buffer, tally: Tally, until: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(plan.port, '127.0.0.1');
    let started = 0;
    let pending = '';
    socket.setNoDelay(true);
    socket.setEncoding('latin1');
    const gap = plan.rate ? (1000 * plan.connections) / plan.rate : 0;
    let due = performance.now() + Math.random() * gap;
    const send = (): void => {
      const now = performance.now();
      if (now >= until) {
        socket.end();
        return;
      }
      if (gap > 0 && due > now) {
        setTimeout(send, due - now);
        return;
      }
      started = gap > 0 ? due : now;
      due += gap;
      socket.write(next());
    };
    socket.on('connect', send);
    socket.on('data', (chunk: string) => {
      pending += chunk;
      const end = pending.indexOf('\r\n\r\n');
      if (end < 0) return;
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(pending)?.[1] ?? 0);
      if (pending.length < end + 4 + length) return;
      const good = pending.startsWith('HTTP/1.1 2');
      pending = '';
      tally.requests += 1;
      if (!good) tally.failures += 1;
      tally.latencies.push(performance.now() - started);
      send();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve());
  });
}

async function load(plan: LoadPlan): Promise<LoadResult> {
  const templates = plan.bodies.map((body) => template(plan, body));
  let number = Math.floor(Math.random() * 1e9) * 100;
  const next = (): Buffer => {
    number += 1;
    const { bytes, slots } = templates[number % templates.length] as (typeof templates)[number]; // never empty
    const copy = Buffer.from(bytes);
    for (const slot of slots) copy.write(String(number).padStart(DIGITS, '0'), slot, 'latin1');
    return copy;
  };
  const tally: Tally = { requests: 0, failures: 0, latencies: [] };
  const begun = performance.now();
  const until = begun + plan.seconds * 1000;
  await Promise.all(Array.from({ length: plan.connections }, () => oneConnection(plan, next, tally, until)));
  const seconds = (performance.now() - begun) / 1000;
  const sorted = tally.latencies.sort((a, b) => a - b);
  const at = (share: number): number => Number((sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(2));
  return {
    requests: tally.requests,
    failures: tally.failures,
    perSecond: Math.round(tally.requests / seconds),
    p50Ms: at(0.5),
    p99Ms: at(0.99),
  };
}

/** Runs the plan in a process of its own on one core and resolves with its figures. */
export async function drive(plan: LoadPlan, core: number): Promise<LoadResult> {
  const args = ['-c', String(core), process.execPath, import.meta.filename, JSON.stringify(plan)];
  const { stdout } = await promisify(execFile)('taskset', args, { maxBuffer: 1 << 20 });
  return JSON.parse(stdout) as LoadResult; // printed by this very file
}

if (process.argv[1] === import.meta.filename && process.argv[2] !== undefined) {
  const plan = JSON.parse(process.argv[2]) as LoadPlan; // written by `drive`
  process.stdout.write(`${JSON.stringify(await load(plan))}\n`);
}
