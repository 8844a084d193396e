// `Store` and `Facts` over rows that this process owns: every call becomes one job of a group commit, long ones become many
// short jobs. Memory and SQLite differ only in their rows.

import { setImmediate } from 'node:timers/promises';
import { GatewayError } from '../core/errors.ts';
import type { LedgerEntry, Lease } from '../core/delivery.ts';
import type { Json } from '../core/json.ts';
import type { OpenedStore } from '../core/plugin.ts';
import type { Clock, EntriesQuery, Fact, Facts, FindQuery, Found, Log, Store } from '../core/ports.ts';
import { Groups } from './grouped.ts';
import type { GroupPorts } from './grouped.ts';
import { eraseStep, findStep, pruneStep, requeue } from './keeping.ts';
import { Owner } from './owner.ts';
import type { FactRow, Rows } from './rows.ts';
import type { Turn } from './turn.ts';

const DEFAULT_LIMIT = 1000;
/** Rows a step may look at; about two milliseconds. */
const STEP = 100;

export function embed(
  ports: GroupPorts,
  surroundings: { readonly clock: Clock; readonly log: Log },
): OpenedStore {
  const owner = new Owner(ports.rows, surroundings);
  const groups = new Groups(ports, surroundings.clock);
  return {
    store: new EmbeddedStore(owner, groups),
    facts: new EmbeddedFacts(ports.rows, groups, surroundings.clock),
  };
}

/** Its owner works on the rows of one file, whoever filled it. */
export class EmbeddedStore implements Store {
  readonly #owner: Owner;
  readonly #groups: Groups;
  #open = true;

  constructor(owner: Owner, groups: Groups) {
    this.#owner = owner;
    this.#groups = groups;
  }

  append: Store['append'] = (admissions) =>
    this.#groups.run('append', (turn) => this.#owner.append(admissions, turn));

  claim: Store['claim'] = (request) => {
    const claim = (turn: Turn): readonly Lease[] => this.#owner.claim(request, turn);
    const lane = this.#owner.queue.lanes.named(request.destination);
    if (lane !== undefined && this.#owner.queue.claimWrites(lane)) return this.#groups.run('change', claim);
    return this.#groups.unwritten(claim);
  };

  begin: Store['begin'] = (leases) =>
    this.#groups.run('change', (turn) => this.#owner.queue.begin(leases, turn));

  settle: Store['settle'] = (settlements) =>
    this.#groups.run('settle', (turn) => this.#owner.settle(settlements, turn));

  requeue: Store['requeue'] = (ids) => this.#groups.run('change', (turn) => requeue(this.#owner, ids, turn));

  stats: Store['stats'] = async () => {
    const stats = await this.#groups.run('change', () => this.#owner.stats());
    return { ...stats, full: this.#groups.full };
  };

  async find(query: FindQuery): Promise<readonly Found[]> {
    const limit = query.limit ?? DEFAULT_LIMIT;
    const found: Found[] = [];
    const [seq, position] = (query.after ?? '0.-1').split('.').map(Number);
    // The row of the last one found may hold more: it is read again and what came before is left out.
    let after: number | null = Math.max(0, (seq ?? 0) - 1);
    const isLater = ({ id }: Found): boolean => {
      const [itsSeq, itsPosition] = id.split('.').map(Number);
      return itsSeq !== seq || (itsPosition ?? 0) > (position ?? -1);
    };
    while (after !== null && found.length < limit) {
      const from: number = after;
      const step = await this.#groups.run('change', () =>
        findStep(this.#owner, query, { after: from, rows: STEP }),
      );
      found.push(...step.value.filter(isLater));
      after = step.next;
    }
    return found.slice(0, limit);
  }

  async erase(subjects: readonly string[]): Promise<number> {
    if (subjects.length === 0) return 0;
    let ended = 0;
    let after: number | null = 0;
    while (after !== null) {
      const from: number = after;
      const step = await this.#groups.run('alone', (turn) =>
        eraseStep(this.#owner, subjects, { after: from, rows: STEP, turn }),
      );
      ended += step.value;
      after = step.next;
    }
    await this.#scrub();
    return ended;
  }

  /** Step by step, as a large file takes a while. */
  async #scrub(): Promise<void> {
    let from: number | null = 0;
    while (from !== null) {
      if (!this.#open) throw new GatewayError('store_unavailable', 'the store is closed');
      const at: number = from;
      from = this.#groups.outside(() => this.#owner.rows.scrub(at));
      await setImmediate();
    }
  }

  async entries(query: EntriesQuery): Promise<readonly LedgerEntry[]> {
    const limit = query.limit ?? DEFAULT_LIMIT;
    const entries: LedgerEntry[] = [];
    let before: number | null = Number.MAX_SAFE_INTEGER;
    while (before !== null && entries.length < limit) {
      const from: number = before;
      const step = await this.#groups.run('change', () =>
        this.#owner.entries(query, { before: from, rows: STEP }),
      );
      entries.push(...step.entries);
      before = step.next;
    }
    return entries.slice(0, limit);
  }

  async prune(keep: Parameters<Store['prune']>[0]): Promise<void> {
    let after: number | null = 0;
    while (after !== null) {
      const from: number = after;
      const step = await this.#groups.run('change', (turn) =>
        pruneStep(this.#owner, keep.deadBefore, { after: from, slots: STEP * 50, turn }),
      );
      after = step.next;
    }
    let dropped = STEP;
    while (dropped === STEP)
      dropped = await this.#groups.run('change', () => this.#owner.rows.pruneLog(keep.ledgerBefore, STEP));
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    this.#groups.close();
    this.#owner.rows.close();
  }
}

class EmbeddedFacts implements Facts {
  readonly #rows: Rows;
  readonly #groups: Groups;
  readonly #clock: Clock;
  readonly #watchers = new Set<{ readonly prefix: string; readonly listener: (fact: Fact) => void }>();

  constructor(rows: Rows, groups: Groups, clock: Clock) {
    this.#rows = rows;
    this.#groups = groups;
    this.#clock = clock;
  }

  put(key: string, value: Json, expectedRevision: number | null): Promise<number | null> {
    return this.#groups.run('change', (turn) => {
      const known = this.#rows.getFact(key);
      if (expectedRevision !== null && expectedRevision !== (known?.revision ?? 0)) return null;
      if (value === null && known === null) return 0;
      // A deletion has a revision of its own, so that watchers see changes in order.
      const revision = this.#rows.putFact(key, JSON.stringify(value));
      if (value === null) this.#rows.dropFact(key);
      turn.onCommit(() => this.#tell({ key, value, revision }));
      return revision;
    });
  }

  get(key: string): Promise<Fact | null> {
    return this.#groups.run('change', () => toFact(this.#rows.getFact(key)));
  }

  list(prefix: string): Promise<readonly Fact[]> {
    return this.#groups.run('change', () => this.#rows.listFacts(prefix).flatMap((row) => toFact(row) ?? []));
  }

  watch(prefix: string, listener: (fact: Fact) => void): () => void {
    const watcher = { prefix, listener };
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  freshAt(): number {
    return this.#clock.monotonic();
  }

  #tell(fact: Fact): void {
    for (const { prefix, listener } of this.#watchers) if (fact.key.startsWith(prefix)) listener(fact);
  }
}

function toFact(row: FactRow | null): Fact | null {
  if (row === null) return null;
  const value: Json = JSON.parse(row.value);
  return { key: row.key, value, revision: row.revision };
}
