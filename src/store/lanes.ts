// Destinations as small numbers, each with what waits for it: a heap of due deliveries, its leases and counts.

import { Heap } from './heap.ts';

/** Attempts that began together share one durable row, dropped when the last of them is settled or leased anew. */
export interface Begun {
  readonly id: number;
  open: number;
}

export interface LeaseHeld {
  readonly token: string;
  /** Monotonic ms. */
  readonly expires: number;
  /** Null until the attempt is about to be made. */
  readonly begun: Begun | null;
}

export class Lane {
  readonly index: number;
  readonly destination: string;
  readonly due: Heap;
  /** By slot. */
  readonly leases = new Map<number, LeaseHeld>();

  constructor(index: number, destination: string, due: Heap) {
    this.index = index;
    this.destination = destination;
    this.due = due;
  }
}

export class Lanes {
  readonly #before: (a: number, b: number) => boolean;
  readonly #byName = new Map<string, Lane>();
  readonly #byIndex: Lane[] = [];

  constructor(before: (a: number, b: number) => boolean) {
    this.#before = before;
  }

  named(destination: string): Lane | undefined {
    return this.#byName.get(destination);
  }

  /** Config names destinations, so their number is small. */
  opened(destination: string): Lane {
    const known = this.#byName.get(destination);
    if (known !== undefined) return known;
    const lane = new Lane(this.#byIndex.length, destination, new Heap(this.#before));
    this.#byName.set(destination, lane);
    this.#byIndex.push(lane);
    return lane;
  }

  /** The lane with this number; numbers come from `opened` only. */
  at(index: number): Lane {
    const lane = this.#byIndex[index];
    if (lane === undefined) throw new Error('no such lane');
    return lane;
  }

  /** Deliveries that somebody holds now. */
  get leased(): number {
    return this.#byIndex.reduce((sum, { leases }) => sum + leases.size, 0);
  }

  all(): readonly Lane[] {
    return this.#byIndex;
  }
}
