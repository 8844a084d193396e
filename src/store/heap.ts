// A binary heap of slot numbers, smallest first by a comparison given. Its keys must not change while a slot is in it.

export class Heap {
  #slots = new Int32Array(64);
  #size = 0;
  readonly #before: (a: number, b: number) => boolean;

  constructor(before: (a: number, b: number) => boolean) {
    this.#before = before;
  }

  get size(): number {
    return this.#size;
  }

  /** The smallest, or -1. */
  peek(): number {
    return this.#size === 0 ? -1 : this.#at(0);
  }

  push(slot: number): void {
    if (this.#size === this.#slots.length) this.#resize(this.#size * 2);
    let at = this.#size;
    this.#size += 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(slot, this.#at(parent))) break;
      this.#slots[at] = this.#at(parent);
      at = parent;
    }
    this.#slots[at] = slot;
  }

  /** Takes out the smallest; -1 if there is none. */
  pop(): number {
    const top = this.peek();
    if (top === -1) return top;
    this.#size -= 1;
    if (this.#size > 0) this.#sink(this.#at(this.#size));
    if (this.#size * 4 < this.#slots.length && this.#slots.length > 4096)
      this.#resize(this.#slots.length >> 1);
    return top;
  }

  /** Keeps only slots that still belong; linear. */
  keep(belongs: (slot: number) => boolean): void {
    const kept = this.#slots.subarray(0, this.#size).filter(belongs);
    this.#size = 0;
    for (const slot of kept) this.push(slot);
  }

  #at(index: number): number {
    return this.#slots[index] ?? -1;
  }

  #sink(slot: number): void {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#size) break;
      if (child + 1 < this.#size && this.#before(this.#at(child + 1), this.#at(child))) child += 1;
      if (!this.#before(this.#at(child), slot)) break;
      this.#slots[at] = this.#at(child);
      at = child;
    }
    this.#slots[at] = slot;
  }

  #resize(length: number): void {
    const slots = new Int32Array(length);
    slots.set(this.#slots.subarray(0, this.#size));
    this.#slots = slots;
  }
}
