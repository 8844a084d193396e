// Which words of classes, ids, names and addresses a page had before anything could be typed into it, as 32-bit hashes: no word
// can be read out of them. Bounded; what no longer fits was never seen.

const FIRST_SLOTS = 256;
/** 64 KiB a visit. A page of 2,000 nodes has 500 to 2,000 different words. */
const MAX_SLOTS = 16_384;

export class SeenWords {
  #slots = new Int32Array(FIRST_SLOTS);
  #count = 0;

  get bytes(): number {
    return this.#slots.byteLength;
  }

  add(hash: number): void {
    if (this.#count * 4 >= this.#slots.length * 3 && !this.#grow()) return;
    if (put(this.#slots, hash)) this.#count++;
  }

  has(hash: number): boolean {
    return this.#slots[slotOf(this.#slots, hash)] !== 0;
  }

  #grow(): boolean {
    if (this.#slots.length >= MAX_SLOTS) return false;
    const larger = new Int32Array(this.#slots.length * 2);
    for (const hash of this.#slots) if (hash !== 0) put(larger, hash);
    this.#slots = larger;
    return true;
  }
}

/** Where a hash stands or would stand. A quarter of the slots is empty at least, so the search ends. */
function slotOf(slots: Int32Array, hash: number): number {
  const mask = slots.length - 1;
  let at = hash & mask;
  while (slots[at] !== 0 && slots[at] !== hash) at = (at + 1) & mask;
  return at;
}

function put(slots: Int32Array, hash: number): boolean {
  const at = slotOf(slots, hash);
  if (slots[at] === hash) return false;
  slots[at] = hash;
  return true;
}

/** FNV-1a over a part of a text, mixed once more since the slot is its low bits; never 0, which means empty. */
export function hashOf(text: string, from = 0, to = text.length): number {
  let hash = 0x811c9dc5;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash ^= hash >>> 15;
  return hash === 0 ? 1 : hash;
}
