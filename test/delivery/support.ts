// A vendor on loopback, a queue of plain objects, a clock that a test winds, and a destination type that says what it sends.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { ExecutionContext } from 'ava';
import { z } from 'zod';
import type { Destination } from '../../src/core/config.ts';
import type {
  Delivery,
  Lease,
  LeaseKey,
  Outcome,
  Reply,
  Result,
  Settlement,
  VendorRequest,
} from '../../src/core/delivery.ts';
import { PermittedEvent } from '../../src/core/permitted.ts';
import type { DestinationType } from '../../src/core/plugin.ts';
import type { ClaimRequest, Clock, Log, LogFields, Random } from '../../src/core/ports.ts';
import { Deliveries } from '../../src/delivery/deliveries.ts';
import type { Sent } from '../../src/delivery/exchange.ts';
import type { After, DeliveryPorts, Queue } from '../../src/delivery/ports.ts';
import { permittedData, state } from '../support/events.ts';
import { destination, snapshot } from '../support/snapshot.ts';

export interface Taken {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Vendor {
  readonly url: string;
  readonly taken: Taken[];
  /** Open connections, ever. */
  readonly connections: () => number;
}

export type Answering = (response: ServerResponse, taken: Taken, count: number) => void;

/** A server that keeps what it gets and answers as told. It ends with the test. */
export async function vendor(t: ExecutionContext, answer: Answering): Promise<Vendor> {
  const taken: Taken[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { method = '', url = '', rawHeaders, headers } = request;
      const one = { method, url, rawHeaders, headers, body: Buffer.concat(parts).toString() };
      taken.push(one);
      answer(response, one, taken.length);
    });
  });
  server.on('connection', (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${portOf(server.address())}`, taken, connections: () => connections };
}

/** A listening server has an address object. */
export const portOf = (address: string | AddressInfo | null): number =>
  typeof address === 'object' && address !== null ? address.port : 0;

export const ok: Answering = (response) => response.writeHead(200).end('{}');

/** Time that passes only when a test says so. */
export class FakeTime implements Clock {
  #now = Date.parse('2026-11-20T12:00:00Z');
  readonly #waiting = new Set<{ at: number; run: () => void }>();

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now - 1_000_000;
  }

  readonly after: After = (ms, run) => {
    const entry = { at: this.#now + ms, run };
    this.#waiting.add(entry);
    return () => this.#waiting.delete(entry);
  };

  /** Lets so much time pass, and everything happen that was to happen in it. */
  pass(ms: number): void {
    this.#now += ms;
    for (const entry of [...this.#waiting].sort((a, b) => a.at - b.at)) {
      if (entry.at > this.#now || !this.#waiting.delete(entry)) continue;
      entry.run();
    }
  }
}

export const realClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };
export const evenRandom: Random = { fraction: () => 0.5, bytes: (count) => new Uint8Array(count).fill(7) };

export interface Line {
  readonly level: string;
  readonly code: string;
  readonly fields: LogFields;
}

export function recordingLog(): { readonly log: Log; readonly lines: Line[] } {
  const lines: Line[] = [];
  const at =
    (level: string) =>
    (code: string, fields: LogFields = {}): void => {
      lines.push({ level, code, fields });
    };
  return { lines, log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') } };
}

export const permitted = (name: string, over: { key?: string; destination?: string } = {}): PermittedEvent =>
  PermittedEvent.permit(
    permittedData({ name, key: over.key ?? `key-${name}`, destination: over.destination ?? 'ga4' }),
  );

export const delivery = (name: string, to = 'ga4'): Delivery => ({
  kind: 'event',
  destination: to,
  admission: `admission-${name}`,
  event: `event-${name}`,
  facts: {
    site: 'shop',
    type: 'track',
    name,
    occurredAt: 0,
    sensitive: false,
    switchedOff: [],
    consent: state(),
  },
  permitted: permitted(name, { destination: to }),
  subjects: [],
  receivedAt: 0,
});

interface Row {
  readonly id: string;
  readonly item: Lease['item'];
  readonly destination: string;
  readonly firstAt: number;
  readonly unsettled: boolean;
  dueAt: number;
  attempt: number;
  token: string | null;
  ending: Outcome | null;
}

/** What an outbox does, on plain objects. */
export class FakeQueue implements Queue {
  readonly rows: Row[] = [];
  readonly settlements: Settlement[] = [];
  readonly claims: ClaimRequest[] = [];
  readonly #clock: Clock;
  readonly #listeners = new Map<string, () => void>();
  /** Ids, as they were put on record. */
  readonly begun: string[] = [];
  /** Beginning and settling fail this many times. */
  failBegins = 0;
  failSettles = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(item: Lease['item'], over: { destination?: string; unsettled?: boolean } = {}): void {
    const now = this.#clock.now();
    const to = over.destination ?? ('poison' in item ? 'ga4' : item.destination);
    this.rows.push({
      id: `${this.rows.length + 1}`,
      item,
      destination: to,
      firstAt: now,
      unsettled: over.unsettled ?? false,
      dueAt: now,
      attempt: 0,
      token: null,
      ending: null,
    });
    this.#listeners.get(to)?.();
  }

  addAll(...names: readonly string[]): void {
    for (const name of names) this.add(delivery(name));
  }

  async claim(request: ClaimRequest): Promise<readonly Lease[]> {
    this.claims.push(request);
    return this.#pending(request.destination)
      .filter((row) => row.token === null && row.dueAt <= request.now)
      .slice(0, request.max)
      .map((row) => {
        row.attempt += 1;
        row.token = `${row.id}/${row.attempt}`;
        const { id, token, attempt, firstAt, item, unsettled } = row;
        return { id, token, attempt, firstAt, item, unsettled };
      });
  }

  async begin(leases: readonly LeaseKey[]): Promise<readonly ('begun' | 'lost')[]> {
    if (this.failBegins > 0) {
      this.failBegins -= 1;
      throw new Error('the store does not answer');
    }
    return leases.map(({ id, token }) => {
      const row = this.rows.find((each) => each.id === id);
      if (row === undefined || row.token !== token) return 'lost';
      this.begun.push(id);
      return 'begun';
    });
  }

  async settle(settlements: readonly Settlement[]): Promise<readonly ('settled' | 'lost')[]> {
    if (this.failSettles > 0) {
      this.failSettles -= 1;
      throw new Error('the store does not answer');
    }
    return settlements.map((settlement) => {
      const row = this.rows.find(({ id }) => id === settlement.id);
      if (row === undefined || row.ending !== null || row.token !== settlement.token) return 'lost';
      this.settlements.push(settlement);
      row.token = null;
      if ('name' in settlement.result) row.ending = settlement.result;
      else row.dueAt = settlement.result.retryAt;
      return 'settled';
    });
  }

  onDue(name: string, listener: () => void): () => void {
    this.#listeners.set(name, listener);
    return () => this.#listeners.delete(name);
  }

  async nextDueAt(name: string): Promise<number | null> {
    const dues = this.#pending(name).map(({ dueAt }) => dueAt);
    return dues.length === 0 ? null : Math.min(...dues);
  }

  async waiting(): Promise<readonly string[]> {
    return [...new Set(this.rows.filter(({ ending }) => ending === null).map((row) => row.destination))];
  }

  #pending(name: string): Row[] {
    return this.rows.filter((row) => row.destination === name && row.ending === null);
  }

  /** How each ended, by event name: `delivered`, `rejected:http_400`; `…` while pending. */
  endings(): Record<string, string> {
    return Object.fromEntries(
      this.rows.map(({ item, ending, id }) => [
        'poison' in item ? id : item.facts.name,
        ending === null ? '…' : ending.name + (ending.code === null ? '' : `:${ending.code}`),
      ]),
    );
  }
}

/** One POST of all event names, comma-separated, to the destination's endpoint. */
export const echoType = (over: Partial<DestinationType> = {}): DestinationType => ({
  type: 'echo',
  title: 'Echo',
  system: 'site',
  audience: 'own',
  demands: 'stated',
  anonymous: false,
  settings: z.unknown(),
  ids: [],
  standIn: null,
  person: [],
  links: true,
  dedupes: true,
  batch: { events: 1, bytes: 1_000_000 },
  wire: null,
  calls: ['track'],
  canPlace: () => true,
  build: (events, { destination }) => ({
    requests: [
      {
        method: 'POST',
        url: `${destination.endpoint}/collect`,
        headers: { 'content-type': 'text/plain' },
        body: events.map(({ data }) => data.name).join(','),
        auth: { type: 'none' },
        events: events.map((_, index) => index),
      },
    ],
    refused: [],
  }),
  read: (reply, request) => request.events.map(() => byStatus(reply.status, reply.headers['retry-after'])),
  ...over,
});

export function byStatus(status: number, retryAfter?: string): Result {
  const code = `http_${status}`;
  if (status < 300) return { kind: 'delivered' };
  if (status === 429)
    return {
      kind: 'throttled',
      code,
      retryAfterMs: retryAfter === undefined ? null : Number(retryAfter) * 1000,
    };
  return status >= 500 ? { kind: 'transient', code } : { kind: 'permanent', code };
}

export interface Running {
  readonly deliveries: Deliveries;
  readonly queue: FakeQueue;
  readonly lines: Line[];
  readonly counted: Record<string, number>;
}

export interface Setting {
  readonly destinations: readonly Partial<Destination>[];
  readonly types: Readonly<Record<string, DestinationType>>;
  readonly time?: FakeTime;
  readonly ports?: Partial<DeliveryPorts>;
  readonly allowPrivate?: boolean;
}

/** A running delivery over a fake queue; it is stopped with the test. Fill the queue before or after. */
export function running(t: ExecutionContext, setting: Setting): Running {
  const clock = setting.time ?? realClock;
  const queue = new FakeQueue(clock);
  const { log, lines } = recordingLog();
  const counted: Record<string, number> = {};
  const deliveries = new Deliveries({
    queue,
    recheck: ({ permitted }) => ({ send: permitted }),
    destinationType: (name) => setting.types[name],
    clock,
    random: evenRandom,
    log,
    metrics: {
      delivered: (name, outcome, count) => {
        counted[`${name}/${outcome}`] = (counted[`${name}/${outcome}`] ?? 0) + count;
      },
      deliverySeconds: () => undefined,
    },
    ...(setting.time === undefined ? {} : { after: setting.time.after }),
    ...setting.ports,
  });
  deliveries.update(config(setting));
  t.teardown(() => deliveries.stop(0));
  return { deliveries, queue, lines, counted };
}

/** Tests wind the clock far while requests are under way; none of them is to run into its timeout by that. */
const HOUR = 3_600_000;

export const config = ({
  destinations,
  allowPrivate = true,
}: Pick<Setting, 'destinations' | 'allowPrivate'>) => {
  const base = snapshot();
  return {
    ...base,
    server: { ...base.server, allowPrivateEndpoints: allowPrivate },
    destinations: destinations.map((one) => destination({ type: 'echo', timeoutMs: HOUR, ...one })),
  };
};

/** The answer, where the test is about one. */
export function replyOf(sent: Sent): Reply {
  if ('reply' in sent) return sent.reply;
  throw new Error(`no answer: ${sent.failure.code}`);
}

/** Waits for a condition; a test fails by ava's timeout if it never comes true. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

export const request = (over: Partial<VendorRequest> = {}): VendorRequest => ({
  method: 'POST',
  url: 'https://vendor.example/collect',
  headers: { 'content-type': 'application/json' },
  body: '{"a":1}',
  auth: { type: 'none' },
  events: [0],
  ...over,
});
