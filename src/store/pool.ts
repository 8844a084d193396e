// Everything pending or dead, in memory, in about forty bytes a delivery: typed arrays with a free list, linked by row. The
// files hold the truth; this is what makes claiming cost no search.

export const STATES = { free: 0, due: 1, leased: 2, held: 3, dead: 4, ended: 5 } as const;
export type State = (typeof STATES)[keyof typeof STATES];

const NONE = -1;
const MOST_ATTEMPTS = 65_535;

export interface Pooled {
  readonly seq: number;
  /** Position in its row. */
  readonly position: number;
  readonly lane: number;
  readonly state: State;
  readonly attempts: number;
  readonly unsettled: boolean;
  readonly first: number;
  readonly due: number;
}

/** Fields of one slot are read and written through the arrays' accessors; a slot number is only good until it is freed. */
export class Pool {
  #capacity = 0;
  #free = NONE;
  #seq = new Float64Array(0);
  #first = new Float64Array(0);
  #due = new Float64Array(0);
  #next = new Int32Array(0);
  #position = new Uint16Array(0);
  #lane = new Uint16Array(0);
  #attempts = new Uint16Array(0);
  #state = new Uint8Array(0);
  #unsettled = new Uint8Array(0);
  /** Row → its first slot. */
  readonly #rows = new Map<number, number>();

  /** Upper bound of slot numbers, for walking all of them. */
  get capacity(): number {
    return this.#capacity;
  }

  add(one: Pooled): number {
    if (this.#free === NONE) this.#grow();
    const slot = this.#free;
    this.#free = this.#next[slot] ?? NONE;
    this.#seq[slot] = one.seq;
    this.#first[slot] = one.first;
    this.#due[slot] = one.due;
    this.#position[slot] = one.position;
    this.#lane[slot] = one.lane;
    this.#attempts[slot] = one.attempts;
    this.#state[slot] = one.state;
    this.#unsettled[slot] = one.unsettled ? 1 : 0;
    this.#next[slot] = this.#rows.get(one.seq) ?? NONE;
    this.#rows.set(one.seq, slot);
    return slot;
  }

  /** Slots of a row, in no order. */
  slotsOf(seq: number): readonly number[] {
    const slots: number[] = [];
    for (let slot = this.#rows.get(seq) ?? NONE; slot !== NONE; slot = this.#next[slot] ?? NONE)
      slots.push(slot);
    return slots;
  }

  /** The slot of a delivery, or -1. */
  find(seq: number, position: number): number {
    let slot = this.#rows.get(seq) ?? NONE;
    while (slot !== NONE && this.#position[slot] !== position) slot = this.#next[slot] ?? NONE;
    return slot;
  }

  /** Frees every slot of a row. */
  drop(seq: number): void {
    for (const slot of this.slotsOf(seq)) {
      this.#state[slot] = STATES.free;
      this.#next[slot] = this.#free;
      this.#free = slot;
    }
    this.#rows.delete(seq);
  }

  seq = (slot: number): number => this.#seq[slot] ?? 0;
  position = (slot: number): number => this.#position[slot] ?? 0;
  lane = (slot: number): number => this.#lane[slot] ?? 0;
  first = (slot: number): number => this.#first[slot] ?? 0;
  due = (slot: number): number => this.#due[slot] ?? 0;
  attempts = (slot: number): number => this.#attempts[slot] ?? 0;
  unsettled = (slot: number): boolean => this.#unsettled[slot] === 1;
  state = (slot: number): State => (this.#state[slot] ?? STATES.free) as State; // only states are ever written

  setDue(slot: number, due: number): void {
    this.#due[slot] = due;
  }

  setState(slot: number, state: State): void {
    this.#state[slot] = state;
  }

  setAttempts(slot: number, attempts: number, unsettled: boolean): void {
    this.#attempts[slot] = Math.min(attempts, MOST_ATTEMPTS);
    this.#unsettled[slot] = unsettled ? 1 : 0;
  }

  /** Oldest first: by due instant, then in the order of arrival. */
  before = (a: number, b: number): boolean => {
    const [dueA, dueB] = [this.due(a), this.due(b)];
    if (dueA !== dueB) return dueA < dueB;
    const [seqA, seqB] = [this.seq(a), this.seq(b)];
    return seqA === seqB ? this.position(a) < this.position(b) : seqA < seqB;
  };

  #grow(): void {
    const from = this.#capacity;
    this.#capacity = Math.max(1024, from + (from >> 1));
    this.#seq = widened(this.#seq, new Float64Array(this.#capacity));
    this.#first = widened(this.#first, new Float64Array(this.#capacity));
    this.#due = widened(this.#due, new Float64Array(this.#capacity));
    this.#next = widened(this.#next, new Int32Array(this.#capacity));
    this.#position = widened(this.#position, new Uint16Array(this.#capacity));
    this.#lane = widened(this.#lane, new Uint16Array(this.#capacity));
    this.#attempts = widened(this.#attempts, new Uint16Array(this.#capacity));
    this.#state = widened(this.#state, new Uint8Array(this.#capacity));
    this.#unsettled = widened(this.#unsettled, new Uint8Array(this.#capacity));
    for (let slot = this.#capacity - 1; slot >= from; slot -= 1) {
      this.#next[slot] = this.#free;
      this.#free = slot;
    }
  }
}

function widened<T extends { set(from: ArrayLike<number>): void }>(from: ArrayLike<number>, to: T): T {
  to.set(from);
  return to;
}
