// A number that only rises, and whoever waits for it to get somewhere.

interface Waiter {
  readonly upTo: number;
  end(reached: boolean): void;
}

export class Waits {
  #at = 0;
  #closed = false;
  readonly #waiters = new Set<Waiter>();

  get at(): number {
    return this.#at;
  }

  reach(at: number): void {
    this.#at = Math.max(this.#at, at);
    for (const waiter of this.#waiters) if (waiter.upTo <= this.#at) waiter.end(true);
  }

  /** True once it is there; false when that took too long, or it will never be. */
  until(upTo: number, withinMs: number): Promise<boolean> {
    if (this.#at >= upTo) return Promise.resolve(true);
    if (this.#closed) return Promise.resolve(false);
    return new Promise((resolve) => {
      const timer = setTimeout(() => waiter.end(false), withinMs);
      const waiter: Waiter = {
        upTo,
        end: (reached) => {
          clearTimeout(timer);
          this.#waiters.delete(waiter);
          resolve(reached);
        },
      };
      this.#waiters.add(waiter);
    });
  }

  close(): void {
    this.#closed = true;
    for (const waiter of this.#waiters) waiter.end(false);
  }
}
