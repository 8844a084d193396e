// A client that does not give up: it sends events at a rate, tries each again under the same message id until it is
// acknowledged, and remembers which ones were.

import { setTimeout as pause } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { SERVER_KEY } from '../support/gateway.ts';

/** What a visitor said, as a server of the site reports it. */
export interface Visitor {
  readonly name: string;
  readonly purposes: Readonly<Record<string, boolean>>;
}

const GRANTED = { analytics: true, marketing: true };
export const willing = (name: string): Visitor => ({ name, purposes: GRANTED });
export const unwilling = (name: string): Visitor => ({
  name,
  purposes: { analytics: false, marketing: false },
});

/** One call of the tracking API. The mark is its message id and the value by which vendors' stand-ins know it. */
export function eventOf(mark: number, visitor: Visitor, padding = 0): Record<string, unknown> {
  return {
    type: 'track',
    event: 'Order Completed',
    messageId: `message-${mark}`,
    anonymousId: `visitor-${visitor.name}`,
    timestamp: new Date().toISOString(),
    properties: {
      value: mark,
      currency: 'EUR',
      ...(padding === 0 ? {} : { products: Array.from({ length: padding }, product) }),
    },
    context: {
      page: { url: 'https://shop.example/thanks', title: 'Thank you' },
      consent: {
        record: {
          id: `record-${visitor.name}`,
          notice: '2026-01',
          givenAt: new Date(Date.now() - 1000).toISOString(),
          purposes: visitor.purposes,
        },
      },
    },
  };
}

const product = (_: unknown, index: number): Record<string, unknown> => ({
  product_id: `SKU-${index}`,
  name: 'Canal boots with laces of waxed cotton',
  price: 49.9,
  quantity: 1,
});

export interface Answered {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly type: string | undefined;
  readonly body: string;
}

/** Sends calls in one request, and does not try again. */
export async function post(
  url: string,
  events: readonly Record<string, unknown>[],
  options: { readonly dispatcher?: Agent; readonly signal?: AbortSignal } = {},
): Promise<Answered> {
  const answer = await request(`${url}/v1/batch`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ writeKey: SERVER_KEY, batch: events, sentAt: new Date().toISOString() }),
    headersTimeout: 10_000,
    bodyTimeout: 10_000,
    ...options,
  });
  return {
    status: answer.statusCode,
    retryAfter: answer.headers['retry-after']?.toString(),
    type: answer.headers['content-type']?.toString(),
    body: await answer.body.text(),
  };
}

export interface LoadOptions {
  /** Where the gateway is now; null: it is not there. */
  address(): string | null;
  /** Requests under way at a time. */
  readonly clients: number;
  /** Requests per second in all. */
  readonly rate: number;
  /** Events of one request. Default 1. */
  readonly batch?: number;
  readonly visitors: readonly Visitor[];
  /** The first mark. Default 1. */
  readonly from?: number;
}

export class Load {
  /** When each acknowledged event was acknowledged, wall clock ms. */
  readonly acknowledged = new Map<number, number>();
  /** When each was first sent. */
  readonly begun = new Map<number, number>();
  /** Answers other than 2xx by status; `0`: none came. */
  readonly refusals = new Map<number, number>();
  readonly #options: LoadOptions;
  readonly #agent = new Agent({ keepAliveTimeout: 1000 });
  readonly #running: readonly Promise<void>[];
  #next: number;
  #ending = false;
  #paused = false;
  #abandoned = false;

  /** Starts at once. */
  constructor(options: LoadOptions) {
    this.#options = options;
    this.#next = options.from ?? 1;
    this.#running = Array.from({ length: options.clients }, () => this.#client());
  }

  get sent(): number {
    return this.#next - (this.#options.from ?? 1);
  }

  /** Nothing new is begun while paused; what was begun is tried on. */
  pause(paused: boolean): void {
    this.#paused = paused;
  }

  /** Begins nothing new; resolves when all that was begun is acknowledged. */
  async end(): Promise<void> {
    this.#ending = true;
    await Promise.all(this.#running);
    await this.#agent.destroy();
  }

  /** Gives up on everything, also on what was begun. For the end of a test that failed. */
  abandon(): void {
    this.#ending = true;
    this.#abandoned = true;
  }

  async #client(): Promise<void> {
    const { clients, rate, batch = 1, visitors } = this.#options;
    const gapMs = (1000 * clients) / rate;
    let due = performance.now();
    while (!this.#ending) {
      due = Math.max(due + gapMs, performance.now() - gapMs);
      await pause(Math.max(1, due - performance.now()));
      if (this.#paused) continue;
      const marks = Array.from({ length: batch }, () => this.#next++);
      const visitor = visitors[(marks[0] ?? 0) % visitors.length];
      for (const mark of marks) this.begun.set(mark, Date.now());
      if (visitor === undefined) throw new TypeError('a load needs visitors');
      await this.#insist(
        marks,
        marks.map((mark) => eventOf(mark, visitor)),
      );
    }
  }

  async #insist(marks: readonly number[], events: readonly Record<string, unknown>[]): Promise<void> {
    while (!this.#abandoned) {
      const status = await this.#try(events);
      if (status === 200) break;
      this.refusals.set(status, (this.refusals.get(status) ?? 0) + 1);
      await pause(20);
    }
    if (this.#abandoned) return;
    const now = Date.now();
    for (const mark of marks) this.acknowledged.set(mark, now);
  }

  async #try(events: readonly Record<string, unknown>[]): Promise<number> {
    const url = this.#options.address();
    if (url === null) return 0;
    try {
      return (await post(url, events, { dispatcher: this.#agent })).status;
    } catch {
      return 0;
    }
  }
}
