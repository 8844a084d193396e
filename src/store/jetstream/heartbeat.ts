// What came back of what was sent: beats by number, and how far the watch has got. Freshness counts from when a beat was sent,
// never from when it came back, and only once the watch has told everything that stood before it.

import { GatewayError } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';
import { isObject } from '../../core/json.ts';
import type { Clock } from '../../core/ports.ts';

/** Beats that may be out at once: some minutes' worth; older ones prove nothing of use any more. */
const MOST_OUT = 1_000;

interface Waiter {
  holds(): boolean;
  resolve(): void;
  reject(error: unknown): void;
}

export class Heartbeat {
  readonly #clock: Clock;
  readonly #sent = new Map<number, number>();
  readonly #waiters = new Set<Waiter>();
  #count = 0;
  /** Newest beat that came by the watch, and newest of which all before it is known. */
  #seen = 0;
  #confirmed = 0;
  #passed = 0;
  #freshAt = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get count(): number {
    return this.#count;
  }

  get freshAt(): number {
    return this.#freshAt;
  }

  /** A beat is about to be sent. */
  next(): number {
    this.#count += 1;
    this.#sent.set(this.#count, this.#clock.monotonic());
    this.#sent.delete(this.#count - MOST_OUT);
    return this.#count;
  }

  /** A beat came by the watch. */
  seen(value: Json): void {
    const beat = isObject(value) ? value['beat'] : undefined;
    // A number that was never sent would hide all that come.
    if (typeof beat === 'number' && beat > this.#seen && this.#sent.has(beat)) this.#seen = beat;
  }

  /** Everything before what was seen is known. */
  confirm(): void {
    if (this.#seen === this.#confirmed) return;
    this.#confirmed = this.#seen;
    this.#freshAt = Math.max(this.#freshAt, this.#sent.get(this.#seen) ?? -Infinity);
    for (const beat of this.#sent.keys()) {
      if (beat > this.#seen) break;
      this.#sent.delete(beat);
    }
    this.#wake();
  }

  /** The watch has told the message of this sequence. */
  pass(sequence: number): void {
    this.#passed = Math.max(this.#passed, sequence);
    if (this.#waiters.size > 0) this.#wake();
  }

  cameBack(beat: number, withinMs: number): Promise<void> {
    return this.#wait(() => this.#confirmed >= beat, withinMs);
  }

  passed(sequence: number, withinMs: number): Promise<void> {
    return this.#wait(() => this.#passed >= sequence, withinMs);
  }

  /** Who still waits is refused. */
  close(): void {
    for (const waiter of this.#waiters)
      waiter.reject(new GatewayError('store_unavailable', 'the store is closed'));
  }

  #wait(holds: () => boolean, withinMs: number): Promise<void> {
    if (holds()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
      };
      const waiter: Waiter = {
        holds,
        resolve: () => (done(), resolve()),
        reject: (error) => (done(), reject(error)),
      };
      const late = (): void =>
        waiter.reject(
          new GatewayError('store_unavailable', 'the facts of the store do not come back', { retryAfter: 2 }),
        );
      const timer = setTimeout(late, withinMs);
      this.#waiters.add(waiter);
    });
  }

  #wake(): void {
    for (const waiter of this.#waiters) if (waiter.holds()) waiter.resolve();
  }
}
