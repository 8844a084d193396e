// Claims and settlements over what is pending: leases with fencing tokens in memory, and a durable row of the attempts that have
// begun, so that after a crash the queue knows which may have happened. Memory changes with the transaction or not at all.

import type { LeaseKey, Outcome, Settlement } from '../core/delivery.ts';
import type { Clock } from '../core/ports.ts';
import { FreshRows } from './fresh.ts';
import type { Lane, LeaseHeld } from './lanes.ts';
import { Lanes } from './lanes.ts';
import { Pool, STATES } from './pool.ts';
import type { State } from './pool.ts';
import { decodeProgress, encodeProgress, INITIAL, letterOf } from './progress.ts';
import type { Rows } from './rows.ts';
import type { Turn } from './turn.ts';

/** After these the payload stays. */
const DEAD: ReadonlySet<string> = new Set(['rejected', 'expired', 'poison']);

/** In this process; a token is of no use in another. */
let owners = 0;

export interface Claimed {
  readonly slot: number;
  readonly token: string;
}

export interface Ended {
  readonly seq: number;
  readonly position: number;
  readonly outcome: Outcome;
}

/** What one settlement changes in the progress of its row. */
interface Change {
  readonly position: number;
  readonly code: string | null;
}

export class Queue {
  readonly pool = new Pool();
  readonly lanes = new Lanes(this.pool.before);
  readonly fresh = new FreshRows();
  readonly #rows: Rows;
  readonly #clock: Clock;
  /** Tokens name it: those of an owner before are nobody's. */
  readonly #owner = (owners += 1);
  #claims = 0;

  constructor(rows: Rows, clock: Clock) {
    this.#rows = rows;
    this.#clock = clock;
  }

  /** Leases what is due, oldest first; leases that ran out come before anything new. */
  claim(
    lane: Lane,
    want: { readonly max: number; readonly leaseMs: number; readonly now: number },
    turn: Turn,
  ): readonly Claimed[] {
    const at = this.#clock.monotonic();
    const slots = [...this.#expired(lane, at, want.max)];
    const taken = this.#takeDue(lane, want.max - slots.length, want.now);
    turn.onFailure(() => taken.forEach((slot) => this.#putBack(lane, slot)));
    slots.push(...taken);
    if (slots.length === 0) return [];
    this.#claims += 1;
    return slots.map((slot, index) => {
      const token = `${this.#owner}.${this.#claims}.${index}`;
      this.#lease(slot, { token, expires: at + want.leaseMs, begun: null }, turn);
      return { slot, token };
    });
  }

  /** Would a claim now take back a lease that has a row? Then it is a change of rows; else of memory alone. */
  claimWrites(lane: Lane): boolean {
    const at = this.#clock.monotonic();
    for (const { begun, expires } of lane.leases.values()) if (begun !== null && expires <= at) return true;
    return false;
  }

  /** Writes down, in one row, the attempts that may happen from now on. */
  begin(leases: readonly LeaseKey[], turn: Turn): readonly ('begun' | 'lost')[] {
    const fresh = new Map<number, LeaseHeld>();
    const answers = leases.map(({ id, token }) => {
      const slot = this.slotOf(id);
      const lease = this.#leaseOf(slot);
      if (lease?.token !== token) return 'lost';
      if (lease.begun === null) fresh.set(slot, lease);
      return 'begun';
    });
    if (fresh.size === 0) return answers;
    const text = [...fresh.keys()].map((slot) => `${this.idOf(slot)}.${this.pool.attempts(slot)}`).join(' ');
    const begun = { id: this.#rows.addLease(text), open: fresh.size };
    for (const [slot, lease] of fresh) {
      const { leases: held } = this.lanes.at(this.pool.lane(slot));
      held.set(slot, { ...lease, begun });
      turn.onFailure(() => held.set(slot, lease));
    }
    return answers;
  }

  /** Applies settlements whose token is current; `ended` collects those that are over for good or dead. */
  settle(settlements: readonly Settlement[], ended: Ended[], turn: Turn): readonly ('settled' | 'lost')[] {
    const changes = new Map<number, Change[]>();
    const answers = settlements.map(({ id, token, result }) => {
      const slot = this.slotOf(id);
      if (this.#leaseOf(slot)?.token !== token) return 'lost';
      const lane = this.lanes.at(this.pool.lane(slot));
      this.#release(lane, slot, turn);
      const [seq, position] = [this.pool.seq(slot), this.pool.position(slot)];
      if ('name' in result) {
        const state = DEAD.has(result.name) ? STATES.dead : STATES.ended;
        this.#move(slot, { state, due: this.#clock.now() }, turn);
        ended.push({ seq, position, outcome: result });
      } else {
        this.#move(slot, { state: STATES.due, due: result.retryAt }, turn);
        turn.onCommit(() => lane.due.push(slot));
      }
      changes.set(seq, [...(changes.get(seq) ?? []), { position, code: result.code }]);
      return 'settled';
    });
    for (const [seq, list] of changes) this.write(seq, list, turn);
    return answers;
  }

  /** Moves a delivery, whatever its state, out of the queue or to another state; `write` makes it durable. */
  end(slot: number, state: State, turn: Turn): void {
    const lane = this.lanes.at(this.pool.lane(slot));
    if (this.pool.state(slot) === STATES.leased) this.#release(lane, slot, turn);
    this.#move(slot, { state, due: this.#clock.now() }, turn);
    if (state === STATES.due) turn.onCommit(() => lane.due.push(slot));
  }

  /** Writes the progress of one row, or removes the row if nothing of it is left. */
  write(seq: number, changes: readonly Change[], turn: Turn): void {
    const slots = this.pool.slotsOf(seq);
    if (slots.every((slot) => this.pool.state(slot) === STATES.ended)) {
      this.#rows.remove(seq);
      turn.onCommit(() => {
        this.pool.drop(seq);
        this.fresh.drop(seq);
      });
      return;
    }
    const progress = decodeProgress(this.#rows.readHead(seq)?.progress ?? null);
    for (const { position, code } of changes) {
      const slot = this.pool.find(seq, position);
      progress.set(position, {
        ...INITIAL,
        state: letterOf(this.pool.state(slot)),
        attempts: this.pool.attempts(slot),
        due: this.pool.due(slot),
        code,
      });
    }
    this.#rows.setProgress(seq, encodeProgress(progress));
  }

  idOf(slot: number): string {
    return `${this.pool.seq(slot)}.${this.pool.position(slot)}`;
  }

  /** The slot of an id of ours, or -1 for anything else. */
  slotOf(id: string): number {
    const match = /^(\d{1,15})\.(\d{1,5})$/.exec(id);
    return match === null ? -1 : this.pool.find(Number(match[1]), Number(match[2]));
  }

  #leaseOf(slot: number): LeaseHeld | undefined {
    return slot === -1 ? undefined : this.lanes.at(this.pool.lane(slot)).leases.get(slot);
  }

  #takeDue(lane: Lane, max: number, now: number): readonly number[] {
    const slots: number[] = [];
    while (slots.length < max) {
      const slot = lane.due.peek();
      if (slot === -1 || this.pool.due(slot) > now) break;
      slots.push(lane.due.pop());
    }
    return slots;
  }

  #expired(lane: Lane, at: number, max: number): readonly number[] {
    const slots: number[] = [];
    // Leases are few (batch × concurrency), and in the order in which they were given.
    for (const [slot, lease] of lane.leases) {
      if (slots.length >= max) break;
      if (lease.expires <= at) slots.push(slot);
    }
    return slots;
  }

  #lease(slot: number, lease: LeaseHeld, turn: Turn): void {
    const lane = this.lanes.at(this.pool.lane(slot));
    const [attempts, unsettled] = [this.pool.attempts(slot), this.pool.unsettled(slot)];
    const before = lane.leases.get(slot);
    if (before !== undefined) this.#release(lane, slot, turn);
    lane.leases.set(slot, lease);
    this.pool.setState(slot, STATES.leased);
    this.pool.setAttempts(slot, attempts + 1, unsettled || (before?.begun ?? null) !== null);
    turn.onFailure(() => {
      lane.leases.delete(slot);
      this.pool.setAttempts(slot, attempts, unsettled);
    });
  }

  #putBack(lane: Lane, slot: number): void {
    this.pool.setState(slot, STATES.due);
    lane.due.push(slot);
  }

  /** Ends the lease; the last of those that began together takes their row along. */
  #release(lane: Lane, slot: number, turn: Turn): void {
    const lease = lane.leases.get(slot);
    if (lease === undefined) return;
    lane.leases.delete(slot);
    const { begun } = lease;
    if (begun !== null) {
      begun.open -= 1;
      if (begun.open === 0) this.#rows.dropLease(begun.id);
    }
    turn.onFailure(() => {
      lane.leases.set(slot, lease);
      if (begun !== null) begun.open += 1;
    });
  }

  #move(slot: number, to: { readonly state: State; readonly due: number }, turn: Turn): void {
    const [was, dueBefore] = [this.pool.state(slot), this.pool.due(slot)];
    const [attempts, unsettled] = [this.pool.attempts(slot), this.pool.unsettled(slot)];
    // Nothing in a heap ever changes its key: only leased, dead and held slots get a new instant.
    if (was !== STATES.due) this.pool.setDue(slot, to.due);
    this.pool.setState(slot, to.state);
    this.pool.setAttempts(slot, attempts, false);
    turn.onFailure(() => {
      this.pool.setState(slot, was);
      this.pool.setDue(slot, dueBefore);
      this.pool.setAttempts(slot, attempts, unsettled);
    });
  }
}
