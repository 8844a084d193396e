// How many open deliveries (pending or dead) each subject has, in about thirty bytes a subject: a queue of millions must not
// need a string for each. Keys are 64 bits of the digest's hash; a collision (odds under one in a million at ten million
// subjects) only makes a denial be remembered longer.

const EMPTY = 0;

/** Open addressing over typed arrays, linear probing, deletion by shifting back. */
export class SubjectCounts {
  #mask: number;
  #used = 0;
  #high: Uint32Array;
  #low: Uint32Array;
  #count: Uint32Array;

  constructor(capacity = 1024) {
    this.#mask = capacity - 1;
    this.#high = new Uint32Array(capacity);
    this.#low = new Uint32Array(capacity);
    this.#count = new Uint32Array(capacity);
  }

  /** Subjects that have anything open. */
  get size(): number {
    return this.#used;
  }

  has(subject: string): boolean {
    const { high, low } = hash(subject);
    return this.#count[this.#find(high, low)] !== EMPTY;
  }

  add(subject: string, count: number): void {
    if (count <= 0) return;
    if (this.#used * 4 > this.#mask * 3) this.#grow();
    const { high, low } = hash(subject);
    const at = this.#find(high, low);
    if (this.#count[at] === EMPTY) {
      this.#used += 1;
      this.#high[at] = high;
      this.#low[at] = low;
    }
    this.#count[at] = (this.#count[at] ?? 0) + count;
  }

  /** Takes off `count`; true if nothing is left open for this subject. */
  remove(subject: string, count: number): boolean {
    const { high, low } = hash(subject);
    const at = this.#find(high, low);
    const left = (this.#count[at] ?? 0) - count;
    if (left > 0) {
      this.#count[at] = left;
      return false;
    }
    if (this.#count[at] !== EMPTY) this.#delete(at);
    return true;
  }

  #find(high: number, low: number): number {
    let at = low & this.#mask;
    while (this.#count[at] !== EMPTY && (this.#low[at] !== low || this.#high[at] !== high))
      at = (at + 1) & this.#mask;
    return at;
  }

  #delete(hole: number): void {
    this.#used -= 1;
    let at = hole;
    for (;;) {
      at = (at + 1) & this.#mask;
      if (this.#count[at] === EMPTY) break;
      const home = (this.#low[at] ?? 0) & this.#mask;
      // Stays if its home lies cyclically between the hole and where it is.
      if (((at - home) & this.#mask) < ((at - hole) & this.#mask)) continue;
      this.#move(at, hole);
      hole = at;
    }
    this.#count[hole] = EMPTY;
  }

  #move(from: number, to: number): void {
    this.#high[to] = this.#high[from] ?? 0;
    this.#low[to] = this.#low[from] ?? 0;
    this.#count[to] = this.#count[from] ?? 0;
  }

  #grow(): void {
    const [high, low, count] = [this.#high, this.#low, this.#count];
    const capacity = (this.#mask + 1) * 2;
    this.#mask = capacity - 1;
    this.#high = new Uint32Array(capacity);
    this.#low = new Uint32Array(capacity);
    this.#count = new Uint32Array(capacity);
    for (let from = 0; from < count.length; from += 1) {
      if (count[from] === EMPTY) continue;
      const at = this.#find(high[from] ?? 0, low[from] ?? 0);
      this.#high[at] = high[from] ?? 0;
      this.#low[at] = low[from] ?? 0;
      this.#count[at] = count[from] ?? 0;
    }
  }
}

/** Two independent 32-bit multiplicative hashes. Digests are keyed, so nobody outside can aim for a collision. */
function hash(text: string): { high: number; low: number } {
  let high = 0x9e3779b9;
  let low = 0x85ebca6b;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    high = Math.imul(high ^ unit, 0x5bd1e995);
    low = Math.imul(low ^ unit, 0x01000193) + (high >>> 15);
  }
  high ^= high >>> 13;
  low = Math.imul(low ^ (low >>> 16), 0x7feb352d);
  return { high: high >>> 0, low: (low ^ (low >>> 15)) >>> 0 };
}
