// A table from keyed digests to numbers, sixteen bytes an entry: a queue of millions must not need a string for each subject,
// and what is spread over the heap costs a miss of the cache at every look-up. Digests are told apart by 96 bits of a hash of
// them; they are keyed, so nobody outside can aim for two that share it (odds at ten million entries: one in 10^15).

const WORDS = 4;
/** Of the four words of an entry; no value, no entry. */
const VALUE = 3;

/** Where an entry belongs, of all that is known of it: texts that are alike differ in one of the words only. */
function home(first: number, second: number, third: number): number {
  const mixed = first ^ Math.imul(second, 0x2c1b3c6d) ^ Math.imul(third, 0x297a2d39);
  return mixed ^ (mixed >>> 15);
}

const homeAt = (entries: Int32Array, at: number): number =>
  home(entries[at] ?? 0, entries[at + 1] ?? 0, entries[at + 2] ?? 0);

/** Open addressing over one typed array, linear probing, deletion by shifting back. Values are whole numbers below 2^32; absent is 0. */
export class DigestTable {
  #entries: Int32Array;
  #mask: number;
  #size = 0;
  /** The hash of the digest asked for last. */
  #first = 0;
  #second = 0;
  #third = 0;

  /** `capacity` is a power of two. */
  constructor(capacity = 1024) {
    this.#mask = capacity - 1;
    this.#entries = new Int32Array(capacity * WORDS);
  }

  get size(): number {
    return this.#size;
  }

  get(digest: string): number {
    this.#hash(digest);
    return (this.#entries[this.#find() + VALUE] ?? 0) >>> 0;
  }

  /** Returns what stood there before. A value of 0 takes the entry away. */
  set(digest: string, value: number): number {
    this.#hash(digest);
    const at = this.#find();
    const before = (this.#entries[at + VALUE] ?? 0) >>> 0;
    this.#put(at, before, value);
    return before;
  }

  /** Adds to what stands there and returns the sum; one of 0 or less is 0 and takes the entry away. */
  add(digest: string, value: number): number {
    this.#hash(digest);
    const at = this.#find();
    const before = (this.#entries[at + VALUE] ?? 0) >>> 0;
    const sum = Math.max(0, before + value);
    this.#put(at, before, sum);
    return sum;
  }

  /** Writes the value of the hashed digest where it was found to stand, or to be missing. */
  #put(at: number, before: number, value: number): void {
    if (value === 0 && before !== 0) this.#delete(at / WORDS);
    else if (before !== 0) this.#entries[at + VALUE] = value;
    else if (value !== 0) this.#insert(at, value);
  }

  /** Each character goes into one of three words. */
  #hash(digest: string): void {
    let [first, second, third] = [0x1e3779b9, 0x05ebca6b, digest.length];
    for (let at = 0; at < digest.length; at += 1) {
      const mixed = Math.imul(third ^ digest.charCodeAt(at), 0x5bd1e995);
      third = second;
      second = first;
      first = mixed ^ (mixed >>> 15);
    }
    this.#first = first;
    this.#second = second;
    this.#third = third;
  }

  /** Where the hashed digest stands, or would stand. */
  #find(): number {
    const entries = this.#entries;
    let slot = home(this.#first, this.#second, this.#third) & this.#mask;
    for (;;) {
      const at = slot * WORDS;
      if (entries[at + VALUE] === 0) return at;
      if (entries[at] === this.#first && entries[at + 1] === this.#second && entries[at + 2] === this.#third)
        return at;
      slot = (slot + 1) & this.#mask;
    }
  }

  #insert(free: number, value: number): void {
    let at = free;
    if (this.#size * 4 > this.#mask * 3) {
      this.#grow();
      at = this.#find();
    }
    this.#entries[at] = this.#first;
    this.#entries[at + 1] = this.#second;
    this.#entries[at + 2] = this.#third;
    this.#entries[at + VALUE] = value;
    this.#size += 1;
  }

  #delete(gone: number): void {
    const entries = this.#entries;
    let hole = gone;
    let slot = gone;
    this.#size -= 1;
    for (;;) {
      slot = (slot + 1) & this.#mask;
      if (entries[slot * WORDS + VALUE] === 0) break;
      const distance = (slot - homeAt(entries, slot * WORDS)) & this.#mask;
      // Stays if its home lies cyclically between the hole and where it is.
      if (distance < ((slot - hole) & this.#mask)) continue;
      entries.copyWithin(hole * WORDS, slot * WORDS, (slot + 1) * WORDS);
      hole = slot;
    }
    entries[hole * WORDS + VALUE] = 0;
  }

  #grow(): void {
    const old = this.#entries;
    const entries = new Int32Array(old.length * 2);
    const mask = this.#mask * 2 + 1;
    this.#entries = entries;
    this.#mask = mask;
    for (let from = 0; from < old.length; from += WORDS) {
      if (old[from + VALUE] === 0) continue;
      let slot = homeAt(old, from) & mask;
      while (entries[slot * WORDS + VALUE] !== 0) slot = (slot + 1) & mask;
      for (let word = 0; word < WORDS; word += 1) entries[slot * WORDS + word] = old[from + word] ?? 0;
    }
  }
}
