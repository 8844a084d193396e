// Groups of admissions on their way into the store: one append at a time, and whatever arrives meanwhile becomes the next
// group. No timer: waiting 2 ms to collect was measured to cost a factor of four and a half.

import type { Admission, Appended, Store } from '../core/ports.ts';
import { GatewayError } from '../core/errors.ts';

export interface FlightLimits {
  /** Bytes of one append. Default 4 MB. */
  readonly groupBytes: number;
  /** Admissions of one append. Default 1000. */
  readonly groupCount: number;
  /** Bytes that may wait in all; beyond, `overloaded`. Default 64 MB. */
  readonly waitingBytes: number;
}

export const FLIGHT_LIMITS: FlightLimits = {
  groupBytes: 4 * 1024 * 1024,
  groupCount: 1000,
  waitingBytes: 64 * 1024 * 1024,
};

/**
 * What becomes of a call's promise once the append is durable, or has failed: as with `then`, but no promise comes between. Never
 * called before the caller has its promise.
 */
export interface Landing<T> {
  landed(appended: readonly Appended[]): T | Promise<T>;
  /** Nothing was kept: rejects in its turn. */
  failed(error: unknown): Promise<never>;
}

interface Waiting {
  readonly admissions: readonly Admission[];
  readonly bytes: number;
  landed(appended: readonly Appended[]): void;
  failed(error: unknown): void;
}

export const overloaded = (): GatewayError =>
  new GatewayError('overloaded', 'too much is waiting to be stored; try again shortly', { retryAfter: 1 });

export class Flights {
  readonly #store: Pick<Store, 'append'>;
  readonly #limits: FlightLimits;
  #waiting: Waiting[] = [];
  #bytes = 0;
  #flying = false;
  #scheduled = false;
  #landed: (() => void)[] = [];

  constructor(store: Pick<Store, 'append'>, limits: FlightLimits) {
    this.#store = store;
    this.#limits = limits;
  }

  /** Fails with `overloaded` rather than let memory grow. One call's admissions share one append and its fate. */
  append<T>(admissions: readonly Admission[], bytes: number, landing: Landing<T>): Promise<T> {
    // What comes alone is taken whatever its size: it would not fit later either.
    if (this.#bytes > 0 && this.#bytes + bytes > this.#limits.waitingBytes)
      return Promise.reject(overloaded()).catch((error: unknown) => landing.failed(error));
    this.#bytes += bytes;
    return new Promise((resolve, reject) => {
      this.#waiting.push({
        admissions,
        bytes,
        landed: (appended) => {
          try {
            resolve(landing.landed(appended));
          } catch (error) {
            reject(error);
          }
        },
        failed: (error) => resolve(landing.failed(error)),
      });
      this.#schedule();
    });
  }

  get isBehind(): boolean {
    return this.#bytes > this.#limits.waitingBytes / 2;
  }

  /** Resolves when everything that waits now has been kept or refused. */
  async landed(): Promise<void> {
    if (!this.#flying && this.#waiting.length === 0) return;
    await new Promise<void>((resolve) => this.#landed.push(resolve));
  }

  /** The first of an idle moment flies when all that follows from the same moment is done, and takes along what that brought. */
  #schedule(): void {
    if (this.#flying || this.#scheduled) return;
    this.#scheduled = true;
    process.nextTick(() => {
      this.#scheduled = false;
      void this.#fly();
    });
  }

  async #fly(): Promise<void> {
    this.#flying = true;
    while (this.#waiting.length > 0) {
      const group = this.#nextGroup();
      await this.#land(group);
      for (const one of group) this.#bytes -= one.bytes;
    }
    this.#flying = false;
    this.#landed.splice(0).forEach((resolve) => resolve());
  }

  #nextGroup(): readonly Waiting[] {
    let [bytes, count, size] = [0, 0, 0];
    for (const one of this.#waiting) {
      bytes += one.bytes;
      count += one.admissions.length;
      if (size > 0 && (bytes > this.#limits.groupBytes || count > this.#limits.groupCount)) break;
      size += 1;
    }
    return this.#waiting.splice(0, size);
  }

  async #land(group: readonly Waiting[]): Promise<void> {
    const admissions: Admission[] = [];
    for (const one of group) for (const admission of one.admissions) admissions.push(admission);
    let appended: readonly Appended[];
    try {
      appended = await this.#store.append(admissions);
    } catch (error) {
      for (const one of group) one.failed(error);
      return;
    }
    let from = 0;
    for (const one of group) {
      one.landed(appended.slice(from, from + one.admissions.length));
      from += one.admissions.length;
    }
  }
}
