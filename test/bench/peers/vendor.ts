// The mock vendor: one process that takes events on any path, answers as it was told, and counts the ids that it took. An event
// that it refused with an error it does not have. Under `/mp/` it is GA4, elsewhere a webhook.

import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Counts, idsIn } from './ids.ts';
import { answerMessages } from './pinned.ts';

export const LANES = ['webhook', 'ga4'] as const;
export type Lane = (typeof LANES)[number];

export type VendorAsk =
  | { readonly kind: 'port' }
  | { readonly kind: 'behave'; readonly status: number; readonly delayMs: number }
  /** Answered when so many ids of the run are there, when the time is up, or when nothing has come for long. */
  | {
      readonly kind: 'arrived';
      readonly run: number;
      readonly lane: Lane;
      readonly count: number;
      readonly withinMs: number;
      readonly quietMs: number;
    };

export interface VendorAnswer {
  readonly port: number;
  /** Numbers of the run that came. */
  readonly distinct: number;
  /** How often each number of the run came. */
  readonly counts: Uint8Array;
  /** Monotonic ms since the last new id of the run came; 0 if none did. */
  readonly quietForMs: number;
}

interface Run {
  readonly counts: Counts;
  lastAt: number;
}

const runs = new Map<string, Run>();
let behaviour = { status: 200, delayMs: 0 };
let check: () => void = () => undefined;

function runOf(lane: Lane, number: number): Run {
  const key = `${lane} ${number}`;
  const known = runs.get(key) ?? { counts: new Counts(), lastAt: 0 };
  runs.set(key, known);
  return known;
}

function take(path: string, body: Buffer): void {
  const lane: Lane = path.startsWith('/mp/') ? 'ga4' : 'webhook';
  idsIn(body, (run, number) => {
    const into = runOf(lane, run);
    into.counts.add(number);
    into.lastAt = performance.now();
  });
  check();
}

function answer(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': 2 }).end('{}');
}

function serve(): Promise<number> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { status, delayMs } = behaviour;
      if (status < 300) take(request.url ?? '', Buffer.concat(chunks));
      if (delayMs === 0) answer(response, status);
      else setTimeout(answer, delayMs, response, status);
    });
  });
  // Longer than any pause in a run: a connection that closes under a request would be charged to the peer.
  server.keepAliveTimeout = 600_000;
  return new Promise((resolve) =>
    server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () =>
      resolve((server.address() as AddressInfo).port),
    ),
  );
}

function arrived(ask: Extract<VendorAsk, { kind: 'arrived' }>): Promise<void> {
  const run = runOf(ask.lane, ask.run);
  const begun = performance.now();
  return new Promise((resolve) => {
    const look = (): void => {
      const now = performance.now();
      const there = run.counts.distinct >= ask.count;
      const late = now - begun >= ask.withinMs || now - Math.max(begun, run.lastAt) >= ask.quietMs;
      if (!there && !late) return;
      clearInterval(timer);
      check = () => undefined;
      resolve();
    };
    const timer = setInterval(look, 20);
    check = look;
    look();
  });
}

if (process.argv[1] === import.meta.filename) {
  const port = await serve();
  answerMessages(async (message): Promise<VendorAnswer> => {
    const ask = message as VendorAsk; // asked by account.ts, turns.ts and trouble.ts alone
    if (ask.kind === 'behave') behaviour = { status: ask.status, delayMs: ask.delayMs };
    if (ask.kind !== 'arrived') return { port, distinct: 0, counts: new Uint8Array(), quietForMs: 0 };
    await arrived(ask);
    const { counts, lastAt } = runOf(ask.lane, ask.run);
    const quietForMs = lastAt === 0 ? 0 : performance.now() - lastAt;
    return { port, distinct: counts.distinct, counts: counts.list(), quietForMs };
  });
}
