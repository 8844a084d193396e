// Counts of what is pending and dead per destination, for metrics and for workers that want to know when to look again. One
// walk over the pool answers everything and is good for a moment, so that asking often stays cheap with a long queue.

import type { Clock, StoreStats } from '../core/ports.ts';
import { STATES } from './pool.ts';
import type { Queue } from './queue.ts';

/** How long a walk over a long queue may be reused. */
const GOOD_FOR_MS = 1000;
/** Up to here a walk costs so little that it is done every time. */
const SHORT = 20_000;

type Counts = Readonly<Record<string, { pending: number; dead: number; oldestAt: number | null }>>;

export class Tally {
  readonly #queue: Queue;
  readonly #clock: Clock;
  #counts: Counts = {};
  #countedAt = -Infinity;

  constructor(queue: Queue, clock: Clock) {
    this.#queue = queue;
    this.#clock = clock;
  }

  destinations(): StoreStats['destinations'] {
    const at = this.#clock.monotonic();
    if (this.#queue.pool.capacity <= SHORT || at - this.#countedAt >= GOOD_FOR_MS) {
      this.#counts = this.#count();
      this.#countedAt = at;
    }
    const entries = Object.entries(this.#counts).map(
      ([name, counts]) => [name, { ...counts, nextDueAt: this.#nextDueAt(name) }] as const,
    );
    return Object.fromEntries(entries);
  }

  #count(): Counts {
    const { pool, lanes } = this.#queue;
    const counts = lanes.all().map(() => ({ pending: 0, dead: 0, oldest: Infinity }));
    for (let slot = 0; slot < pool.capacity; slot += 1) {
      const state = pool.state(slot);
      if (state === STATES.free || state === STATES.ended) continue;
      const count = counts[pool.lane(slot)];
      if (count === undefined) continue;
      if (state === STATES.dead) count.dead += 1;
      else {
        count.pending += 1;
        count.oldest = Math.min(count.oldest, pool.first(slot));
      }
    }
    return Object.fromEntries(
      lanes.all().map(({ destination, index }) => {
        const { pending, dead, oldest } = counts[index] ?? { pending: 0, dead: 0, oldest: Infinity };
        return [destination, { pending, dead, oldestAt: pending === 0 ? null : oldest }];
      }),
    );
  }

  /** The top of the heap, or the first lease to run out, told on the wall clock. Always as of now. */
  #nextDueAt(destination: string): number | null {
    const lane = this.#queue.lanes.named(destination);
    if (lane === undefined) return null;
    const top = lane.due.peek();
    let next = top === -1 ? Infinity : this.#queue.pool.due(top);
    const toWall = this.#clock.now() - this.#clock.monotonic();
    for (const lease of lane.leases.values()) next = Math.min(next, Math.ceil(lease.expires + toWall));
    return Number.isFinite(next) ? next : null;
  }
}
