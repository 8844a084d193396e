// A vendor on loopback for fault tests: it answers as its mood of the moment says, and keeps what it was sent and how it
// answered. An event is known by its mark, the number that stands in `value`.

import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';

export type Kind = 'http' | 'meta' | 'ga4';

/** `hang`: no answer. `garbage`: not HTTP. `reset`: the connection ends in the middle of the answer. A number: that status. */
export type Mood = 'ok' | 'hang' | 'garbage' | 'reset' | number;

export interface Arrival {
  readonly mark: number;
  /** The key by which the vendor drops repetitions; null where it has none. */
  readonly key: string | null;
  /** Wall clock ms. */
  readonly at: number;
  /** Index into `requests`. */
  readonly request: number;
  readonly mood: Mood;
}

export interface VendorCall {
  readonly at: number;
  readonly mood: Mood;
  readonly events: number;
}

export interface Vendor {
  readonly kind: Kind;
  readonly url: string;
  /** How it answers from now on; a function is asked for each request with the marks in it. */
  mood: Mood | ((marks: readonly number[]) => Mood);
  /** Seconds told with 429 and 503; null: none. */
  retryAfter: number | null;
  /** How long an answer takes. */
  delayMs: number;
  /** Called when a request has been read, before it is answered. */
  onRequest: () => void;
  readonly arrivals: Arrival[];
  readonly requests: VendorCall[];
}

interface Told {
  readonly mark: number;
  readonly key: string | null;
}

interface Body {
  readonly events?: readonly {
    readonly key?: string;
    readonly params?: { readonly value?: number };
  }[];
  readonly data?: readonly {
    readonly event_id?: string;
    readonly custom_data?: { readonly value?: number };
  }[];
}

/** Throws on an event that is not whole: what arrives must be readable to the end. */
function eventsOf(text: string): readonly Told[] {
  const body = JSON.parse(text) as Body; // as the destinations write it
  const told =
    body.data?.map((each) => ({ mark: each.custom_data?.value, key: each.event_id ?? null })) ??
    body.events?.map((each) => ({ mark: each.params?.value, key: each.key ?? null })) ??
    [];
  return told.map(({ mark, key }) => {
    if (typeof mark !== 'number') throw new TypeError('an event without its mark');
    return { mark, key };
  });
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

const ANSWERS: Readonly<
  Record<Kind, (events: number) => { readonly status: number; readonly body: string }>
> = {
  http: () => ({ status: 200, body: '' }),
  meta: (events) => ({ status: 200, body: JSON.stringify({ events_received: events, messages: [] }) }),
  ga4: () => ({ status: 204, body: '' }),
};

function answer(vendor: Vendor, response: ServerResponse, call: VendorCall): void {
  const { socket } = response;
  if (call.mood === 'hang') return;
  if (call.mood === 'garbage') return void socket?.end('\u0000\u0001 not an answer at all\r\n\r\n');
  if (call.mood === 'reset') {
    response.writeHead(200, { 'content-length': '100' });
    response.write('{"events_');
    return void setTimeout(() => socket?.resetAndDestroy(), 10);
  }
  const { status, body } =
    call.mood === 'ok' ? ANSWERS[vendor.kind](call.events) : { status: call.mood, body: '' };
  const waits = (status === 429 || status === 503) && vendor.retryAfter !== null;
  response.writeHead(status, waits ? { 'retry-after': String(vendor.retryAfter) } : {});
  response.end(body);
}

async function take(vendor: Vendor, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const text = await textOf(request);
  const told = eventsOf(text);
  const { mood: chosen } = vendor;
  const mood = typeof chosen === 'function' ? chosen(told.map(({ mark }) => mark)) : chosen;
  const call = { at: Date.now(), mood, events: told.length };
  const index = vendor.requests.push(call) - 1;
  for (const { mark, key } of told) vendor.arrivals.push({ mark, key, at: call.at, request: index, mood });
  vendor.onRequest();
  if (vendor.delayMs > 0) await pause(vendor.delayMs);
  answer(vendor, response, call);
}

function closing(server: Server): () => void {
  return () => {
    server.closeAllConnections();
    server.close();
  };
}

/** Runs until the test ends. What cannot be read fails the test. */
export async function startVendor(t: ExecutionContext, kind: Kind): Promise<Vendor> {
  const server = createServer((request, response) => {
    take(vendor, request, response).catch((error: unknown) => {
      // A gateway that was killed breaks off in the middle of a request.
      if (!request.complete) return;
      t.fail(`${kind} got something that cannot be read: ${String(error)}`);
      response.destroy();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(closing(server));
  const vendor: Vendor = {
    kind,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // a TCP server has one
    mood: 'ok',
    retryAfter: null,
    delayMs: 0,
    onRequest: () => undefined,
    arrivals: [],
    requests: [],
  };
  return vendor;
}

export const marksAt = (vendor: Vendor): ReadonlySet<number> =>
  new Set(vendor.arrivals.map(({ mark }) => mark));

/** Events that came under more than one key: counted twice by a vendor that drops repetitions. */
export function underSeveralKeys(vendor: Vendor): readonly number[] {
  const keys = new Map<number, Set<string | null>>();
  for (const { mark, key } of vendor.arrivals) keys.set(mark, (keys.get(mark) ?? new Set()).add(key));
  return [...keys].filter(([, each]) => each.size !== 1).map(([mark]) => mark);
}

/** Events that may have been counted more than once by a vendor without keys: sent again although not clearly refused. */
export function countedTwice(vendor: Vendor): readonly number[] {
  const times = new Map<number, number>();
  for (const { mark, mood } of vendor.arrivals)
    if (typeof mood !== 'number') times.set(mark, (times.get(mark) ?? 0) + 1);
  return [...times].filter(([, count]) => count > 1).map(([mark]) => mark);
}
