// Sends one signed request to a vendor and reduces what comes back. Only genuine permitted events of this destination pass;
// headers are an allow-list, redirects are not followed, an answer is read to 64 KB and no further.

import type { VendorRequest } from '../core/delivery.ts';
import { PermittedEvent } from '../core/permitted.ts';
import { isObject } from '../core/json.ts';
import type { Clock, Log, LogFields, Random } from '../core/ports.ts';
import { sign, type SignedRequest } from './auth.ts';
import { addressed, Connections, notSent, USER_AGENT } from './connections.ts';
import type { ConnectionOptions } from './connections.ts';
import type { Sent } from './exchange.ts';

export interface SenderOptions extends ConnectionOptions {
  readonly destination: string;
  /** Nothing leaves the process: bodies go to the log, or nowhere. */
  readonly local?: 'log' | 'null' | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

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

/** The way to one destination for events: who may ride in a request, its auth and its headers. */
export class Sender {
  readonly #options: SenderOptions;
  readonly #connections: Connections;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#connections = new Connections(options);
  }

  /** Resolves with an answer or a failure; never rejects. `events` are those that ride in the request. */
  async send(request: VendorRequest, events: readonly PermittedEvent[]): Promise<Sent> {
    const { destination, local, clock, random, log, timeoutMs } = this.#options;
    if (events.length === 0 || !events.every((event) => isFor(event, destination)))
      return notSent('not_permitted');
    if (local !== undefined) return keepHere(local, request, log);
    const stated = addressed(request.url);
    if (typeof stated === 'string') return notSent(stated);
    const signed = sign(request, { now: clock.now(), bytes: (count) => random.bytes(count) });
    if (signed === null) return notSent('request_invalid');
    const headers = outgoing(signed);
    if (headers === null) return notSent('header_not_allowed');
    const url = signed.url === request.url ? stated : new URL(signed.url);
    return this.#connections.send({ method: signed.method, url, headers, body: signed.body }, timeoutMs);
  }

  /** Ends every request under way; their fate is what is known of it now. */
  interrupt(): void {
    this.#connections.interrupt();
  }

  /** Closes every connection once the requests under way have ended. Never rejects. */
  close(): Promise<void> {
    return this.#connections.close();
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
