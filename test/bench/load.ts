// A bounded load generator on loopback: N keep-alive connections, one request in flight on each, raw sockets so that it costs
// little itself. Run as a process of its own (see `startLoad`), pinned away from the server.

import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { cpuUs } from './process.ts';

export interface LoadPlan {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /**
   * Bodies sent in turn. `{{n}}` is replaced by a running number, padded to twelve digits, so that every event is new; `{{v}}` by
   * the number of a visitor, who sends eight events; `{{t}}` by when it is sent, see `sentAt`.
   */
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
  /** Answers that took longer than `LATE_MS`. */
  readonly late: number;
}

/** What the 99th percentile may take at half of the load that saturates. */
const LATE_MS = 25;
export const DIGITS = 12;
export const EVENTS_OF_A_VISITOR = 8;
/** Where the numbers go, until they are written. */
const MARKS = {
  event: `@${'0'.repeat(DIGITS - 1)}`,
  visitor: `~${'0'.repeat(DIGITS - 1)}`,
  time: `#${'0'.repeat(DIGITS - 1)}`,
} as const;

/** Milliseconds, in twelve digits that do not begin with a zero: so it may stand as a number in JSON. */
export const sentAt = (now = Date.now()): number => 100_000_000_000 + (now % 100_000_000_000);

export interface Template {
  readonly bytes: Buffer;
  readonly events: readonly number[];
  readonly visitors: readonly number[];
  readonly times: readonly number[];
}

function placesOf(mark: string, bytes: Buffer): readonly number[] {
  const places: number[] = [];
  for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at + 1)) places.push(at);
  return places;
}

/** A request whose running numbers can be written in place, twelve characters each. */
export function template(plan: Pick<LoadPlan, 'path' | 'headers'>, body: string): Template {
  const text = body
    .replaceAll('{{n}}', MARKS.event)
    .replaceAll('{{v}}', MARKS.visitor)
    .replaceAll('{{t}}', MARKS.time);
  const head = [
    `POST ${plan.path} HTTP/1.1`,
    'host: 127.0.0.1',
    'connection: keep-alive',
    `content-length: ${Buffer.byteLength(text)}`,
    ...Object.entries(plan.headers).map(([name, value]) => `${name}: ${value}`),
  ].join('\r\n');
  const bytes = Buffer.from(`${head}\r\n\r\n${text}`);
  return {
    bytes,
    events: placesOf(MARKS.event, bytes),
    visitors: placesOf(MARKS.visitor, bytes),
    times: placesOf(MARKS.time, bytes),
  };
}

interface Tally {
  failures: number;
  readonly latencies: number[];
}

/** What one connection sends, and whoever is told how it was answered. */
export interface Lane {
  next(): Buffer;
  ended(good: boolean, ms: number): void;
}

/** One keep-alive connection with one request in flight until the time is up; rejects when the server is gone. */
export function oneConnection(
  plan: Pick<LoadPlan, 'port' | 'connections' | 'rate'>,
  lane: Lane,
  until: number,
): Promise<void> {
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
      socket.write(lane.next());
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
      lane.ended(good, performance.now() - started);
      send();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve());
  });
}

function write(bytes: Buffer, number: number, places: readonly number[]): void {
  for (const place of places) bytes.write(String(number).padStart(DIGITS, '0'), place, 'latin1');
}

async function load(plan: LoadPlan): Promise<LoadResult> {
  const templates = plan.bodies.map((body) => template(plan, body));
  let number = Math.floor(Math.random() * 1e9) * 100;
  const next = (): Buffer => {
    number += 1;
    const { bytes, events, visitors, times } = templates[number % templates.length] as Template; // never empty
    const copy = Buffer.from(bytes);
    write(copy, number, events);
    write(copy, Math.floor(number / EVENTS_OF_A_VISITOR), visitors);
    if (times.length > 0) write(copy, sentAt(), times);
    return copy;
  };
  const tally: Tally = { failures: 0, latencies: [] };
  const ended = (good: boolean, ms: number): void => {
    if (!good) tally.failures += 1;
    tally.latencies.push(ms);
  };
  const begun = performance.now();
  const until = begun + plan.seconds * 1000;
  await Promise.all(
    Array.from({ length: plan.connections }, () => oneConnection(plan, { next, ended }, until)),
  );
  const seconds = (performance.now() - begun) / 1000;
  const sorted = tally.latencies.sort((a, b) => a - b);
  const at = (share: number): number => Number((sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(2));
  return {
    requests: sorted.length,
    failures: tally.failures,
    perSecond: Math.round(sorted.length / seconds),
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    late: sorted.filter((ms) => ms > LATE_MS).length,
  };
}

export interface Generator {
  /** Runs one plan after the other. */
  drive(plan: LoadPlan): Promise<LoadResult>;
  /** CPU time of the process so far, in microseconds. */
  cpuUs(): number;
  stop(): Promise<void>;
}

/** A process of its own on one core, which stays: one that has just begun cannot keep a server busy. */
export function startLoad(core: number): Generator {
  const args = ['-c', String(core), process.execPath, import.meta.filename];
  const child = spawn('taskset', args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    drive: (plan) =>
      new Promise((resolve, reject) => {
        const ended = (code: number | null): void =>
          reject(new Error(`the load generator ended with ${code}`));
        child.once('exit', ended);
        child.once('message', (result) => {
          child.off('exit', ended);
          resolve(result as LoadResult); // sent by this very file
        });
        child.send(plan);
      }),
    cpuUs: () => cpuUs(child.pid ?? 0),
    stop: () => {
      child.disconnect();
      return gone;
    },
  };
}

if (process.argv[1] === import.meta.filename)
  process.on('message', (plan: LoadPlan) => {
    void load(plan).then((result) => process.send?.(result));
  });
