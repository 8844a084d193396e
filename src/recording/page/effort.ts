// What cleaning the DOM events of one upload may take in all, counted in what is read and not in time, so that the same upload is
// cleaned alike on every machine. References and nesting let a small body ask for much: what is beyond counts as unknown.

/** Once references are undone. The largest body has half of it, and honest pages repeat less than they say. */
const CHARACTERS = 16 * 1024 * 1024;
/** A page of 20,000 nodes has about 200,000. */
const TOKENS = 1_000_000;
/** From nodes up to what they stand in. A page of 20,000 nodes, thirty deep, takes 600,000; a million takes some 10 ms. */
const STEPS = 8_000_000;

export class Effort {
  #characters = CHARACTERS;
  #tokens = TOKENS;
  #steps = STEPS;

  /** Another upload begins. */
  renew(): void {
    this.#characters = CHARACTERS;
    this.#tokens = TOKENS;
    this.#steps = STEPS;
  }

  /** One more token to read; false: it is one too many. */
  reads(token: number | string): boolean {
    this.#tokens -= 1;
    if (typeof token === 'string') this.#characters -= token.length;
    return this.#tokens >= 0 && this.#characters >= 0;
  }

  /** One more step up the tree; false: it is one too many. */
  climbs(): boolean {
    this.#steps -= 1;
    return this.#steps >= 0;
  }
}
