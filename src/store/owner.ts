// The one owner of a store's rows: synchronous, and all of it inside transactions that somebody else begins and ends. What
// it keeps in memory (queue, marks) changes with the transaction or not at all.

import type { Delivery, LedgerEntry, Lease, Settlement } from '../core/delivery.ts';
import type {
  Admission,
  Appended,
  ClaimRequest,
  Clock,
  EntriesQuery,
  Log,
  StoreStats,
} from '../core/ports.ts';
import { FreshRow } from './fresh.ts';
import { LedgerText, admittedEntries, endedEntries } from './ledger.ts';
import { decodeEntries } from './ledgerEntries.ts';
import { load } from './load.ts';
import { Marks } from './marks.ts';
import { STATES } from './pool.ts';
import type { Ended } from './queue.ts';
import { Queue } from './queue.ts';
import { decodeHead } from './head.ts';
import type { Head } from './head.ts';
import { encode, RowReader } from './record.ts';
import type { EncodedRow } from './record.ts';
import type { Rows } from './rows.ts';
import { Tally } from './tally.ts';
import type { Turn } from './turn.ts';

export class Owner {
  readonly queue: Queue;
  readonly rows: Rows;
  readonly clock: Clock;
  readonly #marks: Marks;
  readonly #tally: Tally;

  constructor(rows: Rows, surroundings: { readonly clock: Clock; readonly log: Log }) {
    this.rows = rows;
    this.clock = surroundings.clock;
    this.queue = new Queue(rows, surroundings.clock);
    load(this.queue, rows, { now: surroundings.clock.now(), log: surroundings.log });
    this.#marks = new Marks(rows);
    this.#tally = new Tally(this.queue, surroundings.clock);
  }

  append(admissions: readonly Admission[], turn: Turn): readonly Appended[] {
    const now = this.clock.now();
    const fresh: string[] = [];
    const inCall = new Set<string>();
    const ledger = new LedgerText();
    const appended = admissions.map((admission) => {
      const duplicates: number[] = [];
      const events = admission.events.filter(({ dedupe }, index) => {
        if (dedupe === null) return true;
        const known = inCall.has(dedupe) || this.#marks.has(dedupe, now);
        if (known) duplicates.push(index);
        else fresh.push(dedupe);
        inCall.add(dedupe);
        return !known;
      });
      ledger.add(admittedEntries(admission, events));
      let from = 0;
      for (const row of encode(admission, events)) {
        const held = events.slice(from, (from += row.told.events));
        this.#insert(row, new FreshRow(admission, held), turn);
      }
      return { id: admission.id, duplicates };
    });
    this.#marks.add(fresh, now, turn);
    if (!ledger.isEmpty) this.rows.addLog(now, ledger.toString());
    return appended;
  }

  claim(request: ClaimRequest, turn: Turn): readonly Lease[] {
    const lane = this.queue.lanes.named(request.destination);
    if (lane === undefined) return [];
    const { pool } = this.queue;
    let [seq, read]: [number, ((position: number) => Lease['item']) | null] = [-1, null];
    return this.queue.claim(lane, request, turn).map(({ slot, token }) => {
      // Deliveries of one row to one destination come one after the other.
      if (read === null || pool.seq(slot) !== seq)
        [seq, read] = [pool.seq(slot), this.#reader(pool.seq(slot))];
      return {
        id: this.queue.idOf(slot),
        token,
        attempt: pool.attempts(slot),
        firstAt: pool.first(slot),
        unsettled: pool.unsettled(slot),
        item: read(pool.position(slot)),
      };
    });
  }

  settle(settlements: readonly Settlement[], turn: Turn): readonly ('settled' | 'lost')[] {
    const ended: Ended[] = [];
    // Heads are read before settling, which may remove their rows.
    const heads = new Map(
      settlements
        .filter(({ result }) => 'name' in result)
        .map(({ id }) => this.queue.slotOf(id))
        .filter((slot) => slot !== -1)
        .map((slot) => [this.queue.pool.seq(slot), null as Head | null]),
    );
    for (const seq of heads.keys())
      heads.set(seq, this.queue.fresh.get(seq)?.head ?? decodeHead(this.rows.readHead(seq)?.head ?? ''));
    const answers = this.queue.settle(settlements, ended, turn);
    this.logEnds(ended, (seq) => heads.get(seq) ?? null);
    return answers;
  }

  /** One ledger row for all that ended in this call. */
  logEnds(ended: readonly Ended[], headOf: (seq: number) => Head | null): void {
    const bySeq = Map.groupBy(ended, (one) => one.seq);
    const ledger = new LedgerText();
    for (const [seq, ends] of bySeq) {
      const head = headOf(seq);
      if (head === null) continue;
      const lines = ends.map(({ position, outcome }) => ({ position, ...outcome }));
      ledger.add(endedEntries(head, lines));
    }
    if (!ledger.isEmpty) this.rows.addLog(this.clock.now(), ledger.toString());
  }

  /** A bounded step backwards through the ledger. `next` is where to go on, or null at its beginning. */
  entries(
    query: EntriesQuery,
    step: { readonly before: number; readonly rows: number },
  ): { readonly entries: readonly LedgerEntry[]; readonly next: number | null } {
    const rows = this.rows.readLog(step.before, step.rows);
    const entries = rows.flatMap((row) => decodeEntries(row, query));
    return { entries, next: rows.length < step.rows ? null : (rows.at(-1)?.id ?? null) };
  }

  stats(): StoreStats {
    return { destinations: this.#tally.destinations(), bytes: this.rows.bytes() };
  }

  #reader(seq: number): (position: number) => Delivery | { readonly poison: string } {
    const fresh = this.queue.fresh.get(seq);
    if (fresh !== undefined) return (position) => fresh.read(position);
    const row = this.rows.read(seq);
    const head = row === null ? null : decodeHead(row.head);
    if (row === null || head === null) return () => ({ poison: 'unreadable' });
    const reader = new RowReader(row, head);
    return (position) => reader.read(position);
  }

  #insert(row: EncodedRow, fresh: FreshRow, turn: Turn): void {
    const now = this.clock.now();
    const seq = this.rows.insert(row);
    const { receivedAt, destinations } = row.told;
    turn.onCommit(() => {
      const lanes = destinations.map((destination) => this.queue.lanes.opened(destination));
      this.queue.fresh.add(seq, fresh, lanes);
      for (const [position, lane] of lanes.entries()) {
        const slot = this.queue.pool.add({
          seq,
          position,
          lane: lane.index,
          state: STATES.due,
          attempts: 0,
          unsettled: false,
          first: receivedAt,
          due: Math.min(receivedAt, now),
        });
        lane.due.push(slot);
      }
    });
  }
}
