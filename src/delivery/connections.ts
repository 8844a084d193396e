// The connections kept to one destination: guarded, bounded in number and in time. A request goes out as it is given, redirects
// are not followed, and it ends exactly once.

import type { LookupFunction } from 'node:net';
import { Agent } from 'undici';
import type { VendorRequest } from '../core/delivery.ts';
import type { FailureCode } from './classify.ts';
import { Exchange, type Sent } from './exchange.ts';
import { guardedConnector } from './guard.ts';
import type { After } from './ports.ts';
import { systemAfter } from './waiting.ts';

export interface ConnectionOptions {
  /** The longest that any request takes, from the first step of connecting to the last byte of the answer. */
  readonly timeoutMs: number;
  /** Kept per origin. */
  readonly connections: number;
  readonly allowPrivate: boolean;
  /** Default: the timers of Node. */
  readonly after?: After | undefined;
  /** Default: the system's resolver. */
  readonly lookup?: LookupFunction | undefined;
}

/** A request as it stands on the wire. */
export interface WireRequest {
  readonly method: VendorRequest['method'];
  readonly url: URL;
  readonly headers: Record<string, string>;
  readonly body: string | Uint8Array | null;
}

/** What a vendor is told we are, unless a request says otherwise. */
export const USER_AGENT = 'sluis';

export const notSent = (code: FailureCode): Sent => ({ failure: { written: false, code } });

/** An address that a request may go to, or why it may not. Credentials in it would be sent as a header that nobody stated. */
export function addressed(text: string): URL | FailureCode {
  const url = URL.parse(text);
  if (url === null || url.username !== '' || url.password !== '') return 'request_invalid';
  return url.protocol === 'https:' || url.protocol === 'http:' ? url : 'scheme_not_allowed';
}

export class Connections {
  readonly #after: After;
  readonly #agent: Agent;
  readonly #under = new Set<Exchange>();

  constructor(options: ConnectionOptions) {
    this.#after = options.after ?? systemAfter;
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

  /** Resolves with an answer or a failure; never rejects. `timeoutMs`: for this request in all. */
  async send({ method, url, headers, body }: WireRequest, timeoutMs: number): Promise<Sent> {
    const exchange = new Exchange(timeoutMs, this.#after);
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
