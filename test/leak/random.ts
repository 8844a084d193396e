// Random choices that can be had again: every test prints its seed, and the same seed brings the same routing files, consents,
// requests and canaries back.

export class Draw {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Uniform in [0, 1), by mulberry32. */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Both ends included. */
  int(from: number, to: number): number {
    return from + Math.floor(this.fraction() * (to - from + 1));
  }

  chance(share: number): boolean {
    return this.fraction() < share;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.int(0, from.length - 1)] as T; // never called with an empty list
  }

  /** Each member with the given chance, in order. */
  some<T>(from: readonly T[], share: number): readonly T[] {
    return from.filter(() => this.chance(share));
  }

  text(alphabet: string, length: number): string {
    return Array.from({ length }, () => alphabet[this.int(0, alphabet.length - 1)]).join('');
  }

  digits(length: number): string {
    return `${this.int(1, 9)}${this.text('0123456789', length - 1)}`;
  }

  hex(length: number): string {
    return this.text('0123456789abcdef', length);
  }

  base36(length: number): string {
    return this.text('0123456789abcdefghijklmnopqrstuvwxyz', length);
  }

  alnum(length: number): string {
    return this.text('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789', length);
  }

  uuid(): string {
    return `${this.hex(8)}-${this.hex(4)}-4${this.hex(3)}-a${this.hex(3)}-${this.hex(12)}`;
  }

  /** A made-up word that is in no dictionary. */
  word(syllables: number): string {
    return Array.from(
      { length: syllables },
      () => this.text('bdfgklmnprstvz', 1) + this.text('aeiou', 1),
    ).join('');
  }
}
