// The three ways in which delivery waits: for a while, for a bell, for a free slot. None of them polls, and stopping ends
// the first two at once.

import type { After } from './ports.ts';

/** The timers of Node. The longest wait is a day, far under what setTimeout can hold. */
export const systemAfter: After = (ms, run) => {
  const timer = setTimeout(run, Math.min(ms, 86_400_000));
  return () => clearTimeout(timer);
};

/** Resolves after so many ms, or when the signal is aborted. */
export function pause(ms: number, after: After, signal: AbortSignal): Promise<void> {
  if (signal.aborted || ms <= 0) return Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = (): void => {
    cancel();
    signal.removeEventListener('abort', end);
    resolve();
  };
  const cancel = after(ms, end);
  signal.addEventListener('abort', end);
  return promise;
}

/** Wakes one waiter. A ring that comes while nobody waits is kept, so none is lost between looking and waiting. */
export class Bell {
  #rung = false;
  #wake: (() => void) | null = null;

  ring(): void {
    if (this.#wake === null) this.#rung = true;
    else this.#wake();
  }

  /** Resolves at the next ring, or after so many ms; null: only at a ring. */
  wait(ms: number | null, after: After): Promise<void> {
    if (this.#rung || ms === 0) {
      this.#rung = false;
      return Promise.resolve();
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = (): void => {
      cancel();
      this.#wake = null;
      resolve();
    };
    const cancel = ms === null ? (): void => undefined : after(ms, wake);
    this.#wake = wake;
    return promise;
  }
}

/** So many at a time, first come first served. */
export class Slots {
  #free: number;
  readonly #queue: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** Resolves when a slot is ours. */
  take(): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#queue.push(resolve));
  }

  give(): void {
    const next = this.#free < 0 ? undefined : this.#queue.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }

  /** Changes how many there are. Below zero, slots that are given back only make up for those taken away. */
  add(count: number): void {
    for (let extra = count; extra > 0; extra -= 1) this.give();
    if (count < 0) this.#free += count;
  }
}
