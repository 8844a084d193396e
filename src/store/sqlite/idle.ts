// Empties the log when nobody waits for a commit, so that the bound at which SQLite does it inside one is seldom reached.

import type { Clock } from '../../core/ports.ts';

/** So long without a commit is an idle moment. */
const IDLE_MS = 50;

export class Idle {
  readonly #checkpoint: () => void;
  readonly #clock: Clock;
  #timer: NodeJS.Timeout | null = null;
  #last = 0;

  constructor(checkpoint: () => void, clock: Clock) {
    this.#checkpoint = checkpoint;
    this.#clock = clock;
  }

  committed(): void {
    this.#last = this.#clock.monotonic();
    this.#timer ??= this.#wait();
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #wait(): NodeJS.Timeout {
    return setTimeout(() => {
      this.#timer = null;
      if (this.#clock.monotonic() - this.#last < IDLE_MS) this.#timer = this.#wait();
      else this.#checkpoint();
    }, IDLE_MS).unref();
  }
}
