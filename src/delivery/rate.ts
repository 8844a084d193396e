// How many requests a second one destination is sent: a token bucket on the monotonic clock. Holds one second's worth, so
// that a pause is not paid back with a burst.

export class Bucket {
  readonly #perSecond: number;
  readonly #capacity: number;
  #tokens: number;
  #at: number;

  /** `perSecond` 0: unlimited. */
  constructor(perSecond: number, now: number) {
    this.#perSecond = perSecond;
    this.#capacity = Math.max(1, perSecond);
    this.#tokens = this.#capacity;
    this.#at = now;
  }

  /** Takes a token and returns 0, or takes nothing and returns how many ms until there is one. */
  take(now: number): number {
    if (this.#perSecond <= 0) return 0;
    const elapsedMs = Math.max(0, now - this.#at);
    this.#tokens = Math.min(this.#capacity, this.#tokens + (elapsedMs * this.#perSecond) / 1000);
    this.#at = now;
    if (this.#tokens >= 1) {
      this.#tokens -= 1;
      return 0;
    }
    return Math.ceil(((1 - this.#tokens) * 1000) / this.#perSecond);
  }

  /** A token that was taken and not used. */
  giveBack(): void {
    this.#tokens = Math.min(this.#capacity, this.#tokens + 1);
  }
}
