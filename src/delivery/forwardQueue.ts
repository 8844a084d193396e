// Requests that somebody waits for, in the order in which they came: bounded in number, in bytes and in the time until their turn.

import type { Forwarded, ForwardRequest } from '../core/ports.ts';
import type { After } from './ports.ts';

export interface Held {
  readonly request: ForwardRequest;
  readonly bytes: number;
  /** Since when it waits, monotonic ms. */
  readonly since: number;
  /** Answers whoever waits; later calls change nothing. */
  readonly end: (forwarded: Forwarded) => void;
  readonly cancelTurn: () => void;
}

export interface QueueBounds {
  readonly count: number;
  /** Of those that wait and those that were taken and not released. */
  readonly bytes: number;
  readonly turnMs: number;
}

/** A character of a string takes two bytes at most. */
const CHAR_BYTES = 2;

export class ForwardQueue {
  readonly #bounds: QueueBounds;
  readonly #after: After;
  readonly #waiting = new Set<Held>();
  #bytes = 0;

  constructor(bounds: QueueBounds, after: After) {
    this.#bounds = bounds;
    this.#after = after;
  }

  /** Null if there is no room. `late`: the answer if its turn does not come in time. */
  add(request: ForwardRequest, since: number, late: Forwarded): Promise<Forwarded> | null {
    const bytes = request.body.length * CHAR_BYTES;
    // What comes alone is taken whatever its size: it would not fit later either.
    if (this.#bytes > 0 && this.#bytes + bytes > this.#bounds.bytes) return null;
    if (this.#waiting.size >= this.#bounds.count) return null;
    const { promise, resolve: end } = Promise.withResolvers<Forwarded>();
    const cancelTurn = this.#after(this.#bounds.turnMs, () => this.drop(held, late));
    const held: Held = { request, bytes, since, end, cancelTurn };
    this.#waiting.add(held);
    this.#bytes += bytes;
    return promise;
  }

  get first(): Held | null {
    for (const held of this.#waiting) return held;
    return null;
  }

  /** Its turn has come; it is to be released when it has ended. */
  take(held: Held): void {
    this.#waiting.delete(held);
    held.cancelTurn();
  }

  release({ bytes }: Held): void {
    this.#bytes -= bytes;
  }

  endAll(forwarded: Forwarded): void {
    for (const held of this.#waiting) this.drop(held, forwarded);
  }

  /** Answers one that waits. */
  drop(held: Held, forwarded: Forwarded): void {
    if (!this.#waiting.delete(held)) return;
    held.cancelTurn();
    this.release(held);
    held.end(forwarded);
  }
}
