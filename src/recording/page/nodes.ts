// The nodes of one page, by id, four numbers each. The library counts ids up, so they lie in blocks of 256; a block comes with
// the first id in it. A page too large stops growing: nodes that no longer fit are unknown.

const BLOCK = 256;
const FIELDS = 4;
/** 131,072 nodes in 2 MiB. */
const MAX_BLOCKS = 512;
/** Far more than a page visit hands out; larger ids are unknown. */
const MAX_ID = 2 ** 20;
const BLOCK_BYTES = BLOCK * FIELDS * 4;
/** What a typed array takes besides its numbers. */
const ARRAY_BYTES = 200;
const NEVER = 2 ** 31 - 1;

const PARENT = 0;
const FACTS = 1;
const SINCE = 2;
const TEXT_SINCE = 3;

export class Nodes {
  readonly #blocks: (Int32Array | null)[] = [];
  #count = 0;

  get bytes(): number {
    return this.#blocks.length * 8 + this.#count * (BLOCK_BYTES + ARRAY_BYTES);
  }

  /** 0: none, or unknown. */
  parent(id: number): number {
    return this.#read(id, PARENT, 0);
  }

  /** 0: unknown. */
  facts(id: number): number {
    return this.#read(id, FACTS, 0);
  }

  /** When the node was there first. */
  since(id: number): number {
    return this.#read(id, SINCE, NEVER);
  }

  /** When a text stood directly in it first. */
  textSince(id: number): number {
    return this.#read(id, TEXT_SINCE, NEVER);
  }

  /** Facts only gather: what was editable once stays so, whatever a node or its id becomes. False: it does not fit. */
  note(id: number, { parent, facts, at }: { parent: number; facts: number; at: number }): boolean {
    const block = this.#block(id);
    if (block === null) return false;
    const place = (id % BLOCK) * FIELDS;
    const known = block[place + FACTS] ?? 0;
    if (known === 0) {
      block[place + SINCE] = at;
      block[place + TEXT_SINCE] = NEVER;
    } else block[place + SINCE] = Math.min(block[place + SINCE] ?? at, at);
    block[place + FACTS] = known | facts;
    if (parent !== 0) block[place + PARENT] = parent;
    return true;
  }

  addFacts(id: number, facts: number): void {
    const block = this.#blocks[Math.floor(id / BLOCK)];
    if (block) block[(id % BLOCK) * FIELDS + FACTS] = this.facts(id) | facts;
  }

  noteText(id: number, at: number): void {
    const block = this.#blocks[Math.floor(id / BLOCK)];
    if (block) block[(id % BLOCK) * FIELDS + TEXT_SINCE] = Math.min(this.textSince(id), at);
  }

  /** Puts other bits in the place of some. */
  replaceFacts(id: number, { mask, facts }: { mask: number; facts: number }): void {
    const block = this.#blocks[Math.floor(id / BLOCK)];
    if (block) block[(id % BLOCK) * FIELDS + FACTS] = (this.facts(id) & ~mask) | facts;
  }

  #read(id: number, field: number, otherwise: number): number {
    const block = this.#blocks[Math.floor(id / BLOCK)];
    if (!block) return otherwise;
    const place = (id % BLOCK) * FIELDS;
    return block[place + FACTS] === 0 ? otherwise : (block[place + field] ?? otherwise);
  }

  #block(id: number): Int32Array | null {
    if (id < 1 || id >= MAX_ID) return null;
    const index = Math.floor(id / BLOCK);
    while (this.#blocks.length <= index) this.#blocks.push(null);
    const block = this.#blocks[index];
    if (block) return block;
    if (this.#count >= MAX_BLOCKS) return null;
    const made = new Int32Array(BLOCK * FIELDS);
    this.#blocks[index] = made;
    this.#count++;
    return made;
  }
}
