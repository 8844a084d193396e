// Sends one signed request to a vendor and reduces what comes back. Only genuine permitted events of this destination pass;
// headers are an allow-list, redirects are not followed, an answer is read to 64 KB and no further.

import type { LookupFunction } from 'node:net';
import { Agent } from 'undici';
import type { VendorRequest } from '../core/delivery.ts';
import { PermittedEvent } from '../core/permitted.ts';
import { isObject } from '../core/json.ts';
import type { Clock, Log, LogFields, Random } from '../core/ports.ts';
import { sign, type SignedRequest } from './auth.ts';
import type { FailureCode } from './classify.ts';
import { Exchange, type Sent } from './exchange.ts';
import { guardedConnector } from './guard.ts';
import type { After } from './ports.ts';
import { systemAfter } from './waiting.ts';

export interface SenderOptions {
  readonly destination: string;
  /** From the first step of connecting to the last byte of the answer. */
  readonly timeoutMs: number;
  /** Connections kept per origin. */
  readonly connections: number;
  readonly allowPrivate: boolean;
  /** Nothing leaves the process: bodies go to the log, or nowhere. */
  readonly local?: 'log' | 'null' | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Default: the timers of Node. */
  readonly after?: After | undefined;
  /** Default: the system's resolver. */
  readonly lookup?: LookupFunction | undefined;
}

const USER_AGENT = 'sluis';
/** Set by the client itself, or never sent to a vendor at all. */
const NEVER = new Set([
  'host',
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authorization',
  'te',
  'trailer',
  'upgrade',
  'expect',
  'content-length',
  'transfer-encoding',
  'accept-encoding',
  'cookie',
  'cookie2',
  'forwarded',
  'via',
]);

const notSent = (code: FailureCode): Sent => ({ failure: { written: false, code } });

/** The way to one destination: its connections, timeouts and guard. */
export class Sender {
  readonly #options: SenderOptions;
  readonly #agent: Agent;
  readonly #under = new Set<Exchange>();

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#agent = new Agent({
      connections: options.connections,
      pipelining: 1,
      headersTimeout: options.timeoutMs,
      bodyTimeout: options.timeoutMs,
      keepAliveMaxTimeout: 60_000,
      connect: guardedConnector({
        allowPrivate: options.allowPrivate,
        connectTimeoutMs: Math.min(options.timeoutMs, 10_000),
        lookup: options.lookup,
      }),
    });
  }

  /** Resolves with an answer or a failure; never rejects. `events` are those that ride in the request. */
  async send(request: VendorRequest, events: readonly PermittedEvent[]): Promise<Sent> {
    const { destination, local, clock, random, log } = this.#options;
    if (events.length === 0 || !events.every((event) => isFor(event, destination)))
      return notSent('not_permitted');
    if (local !== undefined) return keepHere(local, request, log);
    const stated = URL.parse(request.url);
    if (stated === null || stated.username !== '' || stated.password !== '')
      return notSent('request_invalid');
    if (stated.protocol !== 'https:' && stated.protocol !== 'http:') return notSent('scheme_not_allowed');
    const signed = sign(request, { now: clock.now(), bytes: (count) => random.bytes(count) });
    if (signed === null) return notSent('request_invalid');
    const headers = outgoing(signed);
    if (headers === null) return notSent('header_not_allowed');
    return this.#dispatch(signed, signed.url === request.url ? stated : new URL(signed.url), headers);
  }

  async #dispatch({ method, body }: SignedRequest, url: URL, headers: Record<string, string>): Promise<Sent> {
    const exchange = new Exchange(this.#options.timeoutMs, this.#options.after ?? systemAfter);
    this.#under.add(exchange);
    const path = url.pathname + url.search;
    this.#agent.dispatch({ origin: url.origin, path, method, headers, body }, exchange);
    const sent = await exchange.outcome;
    this.#under.delete(exchange);
    return sent;
  }

  /** Ends every request under way; their fate is what is known of it now. */
  interrupt(): void {
    for (const exchange of this.#under) exchange.interrupt('stopped');
  }

  /** Closes every connection once the requests under way have ended. Never rejects. */
  async close(): Promise<void> {
    await Promise.all([...this.#under].map((exchange) => exchange.outcome));
    await this.#agent.destroy();
  }
}

/** What a destination inside the process answers. */
const TAKEN: Sent = { reply: { status: 200, headers: {}, body: '' } };

function keepHere(local: 'log' | 'null', { body }: VendorRequest, log: Log): Sent {
  if (local === 'null') return TAKEN;
  const fields = fieldsOf(body ?? '');
  if (fields === null) return notSent('request_invalid');
  log.info('event', fields);
  return TAKEN;
}

/** One flat JSON object of log fields, or null. */
function fieldsOf(text: string): LogFields | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(value)) return null;
  const fields: Record<string, string | number | boolean | null> = {};
  for (const [name, field] of Object.entries(value)) {
    if (typeof field === 'object' && field !== null) return null;
    fields[name] = field;
  }
  return fields;
}

function isFor(event: unknown, destination: string): boolean {
  return PermittedEvent.is(event) && event.data.destination === destination;
}

/** What the request states, its auth, and our name. Null if it states a header that is not its own business. */
function outgoing({ headers }: SignedRequest): Record<string, string> | null {
  const all: Record<string, string> = { 'user-agent': USER_AGENT };
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase();
    if (NEVER.has(lower) || lower.startsWith('x-forwarded-') || lower.startsWith('sec-')) return null;
    all[lower] = value;
  }
  return all;
}
