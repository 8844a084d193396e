// How delivering shares the event loop with intake, and destinations share it with one another. What judges and builds runs in
// slices of a few milliseconds with a turn of the loop between; lines that keep up go first, and those with a backlog get, all
// together, one short piece of work a turn. So a backlog takes what nobody else needs, and keeps others waiting for one piece.

import type { Clock } from '../core/ports.ts';

/** For lines that keep up, a turn; of a long one as much as this share. */
const LIVE_MS = 3;
const LIVE_SHARE = 0.3;
const LONGEST_LIVE_MS = 20;
/** For all backlogs together, a turn. Intake's latency grows by about twice as much. */
const BACKLOG_MS = 1;
/** Where turns are long, because intake takes all it can get, backlogs get this share of the time all the same, up to a bound. */
const BACKLOG_SHARE = 0.15;
const LONGEST_BACKLOG_MS = 10;
/** What the store takes to claim or settle one delivery, measured: 0.03 to 0.045. */
const STORE_MS = 0.05;

/** A share of the time; whoever has it looks at the clock by itself. */
export interface Slice {
  /** Is it over? What has begun may end. */
  readonly isOver: () => boolean;
}

type Work = (slice: Slice) => void;

export class Slices {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #live: Work[] = [];
  readonly #backlog: { readonly work: Work; readonly leastMs: number }[] = [];
  /** When the next slice was asked for, which is a turn of the event loop before it; null: it was not. */
  #askedAt: number | null = null;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** Runs it in its turn, first come first served. What takes longer than a slice asks `isOver`, and for another turn. */
  run<T>(work: (slice: Slice) => T, hasBacklog: boolean): Promise<T> {
    return new Promise((resolve, reject) => {
      const one: Work = (slice) => {
        try {
          resolve(work(slice));
        } catch (error) {
          reject(error);
        }
      };
      if (hasBacklog) this.#backlog.push({ work: one, leastMs: 0 });
      else this.#live.push(one);
      this.#schedule();
    });
  }

  /** The turn of asking the store for so many deliveries, which it then works on by itself. Who has no backlog has it. */
  turn(deliveries: number, hasBacklog: boolean): Promise<void> {
    if (!hasBacklog) return Promise.resolve();
    return new Promise((resolve) => {
      this.#backlog.push({ work: () => resolve(), leastMs: deliveries * STORE_MS });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#askedAt !== null) return;
    const askedAt = this.#clock.monotonic();
    this.#askedAt = askedAt;
    setImmediate(() => this.#slice(askedAt));
  }

  #slice(askedAt: number): void {
    this.#askedAt = null;
    const begun = this.#clock.monotonic();
    const turnMs = begun - askedAt;
    const liveMs = Math.min(LONGEST_LIVE_MS, Math.max(LIVE_MS, turnMs * LIVE_SHARE));
    const isOver = (): boolean => this.#clock.monotonic() - begun >= liveMs;
    while (this.#live.length > 0 && !isOver()) this.#live.shift()?.({ isOver });
    this.#runBacklog(Math.min(LONGEST_BACKLOG_MS, Math.max(BACKLOG_MS, turnMs * BACKLOG_SHARE)));
    if (this.#live.length + this.#backlog.length > 0) this.#schedule();
  }

  #runBacklog(allowedMs: number): void {
    for (let leftMs = allowedMs; leftMs > 0;) {
      const one = this.#backlog.shift();
      if (one === undefined) return;
      const begun = this.#clock.monotonic();
      const until = begun + leftMs;
      one.work({ isOver: () => this.#clock.monotonic() >= until });
      leftMs -= Math.max(one.leastMs, this.#clock.monotonic() - begun);
    }
  }
}
