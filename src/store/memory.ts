// Rows in memory: `memory:` for trials and tests. Same shapes and same limits as on disk, nothing
// survives the process.

import { GatewayError } from '../core/errors.ts';
import type { StoreDriver } from '../core/plugin.ts';
import { embed } from './embedded.ts';
import { ENDLESS } from './grouped.ts';
import type { RestingRow } from './record.ts';
import type { FactRow, HeadRow, LeaseRow, LogRow, MarkRow, Rows, SpoolRow } from './rows.ts';

/** Payload bytes beyond which appends are refused; the heap must not grow until the process dies. */
const LIMIT = 256 * 1024 * 1024;
/** Ledger rows beyond which the oldest go. */
const LOG_ROWS = 100_000;

export class MemoryRows implements Rows {
  readonly #limit: number;
  readonly #spool = new Map<number, RestingRow>();
  readonly #progress = new Map<number, string>();
  readonly #leases = new Map<number, string>();
  readonly #log = new Map<number, LogRow>();
  readonly #marks = new Map<number, MarkRow>();
  readonly #facts = new Map<string, FactRow>();
  #last = 0;
  #bytes = 0;
  /** Inverse changes of the transaction that runs, newest last. */
  #undo: (() => void)[] = [];

  constructor(limit = LIMIT) {
    this.#limit = limit;
  }

  transaction<T>(work: () => T): T {
    this.#undo = [];
    try {
      return work();
    } catch (error) {
      this.#undo.reverse().forEach((undo) => undo());
      throw error;
    } finally {
      this.#undo = [];
    }
  }

  insert(row: RestingRow, given?: number): number {
    const size = row.head.length + row.body.length;
    if (this.#bytes + size > this.#limit)
      throw new GatewayError('store_full', 'the memory store is full; try again later', { retryAfter: 5 });
    const seq = given ?? this.#next();
    this.#last = Math.max(this.#last, seq);
    this.#set(this.#spool, seq, row);
    this.#grow(size);
    return seq;
  }

  read(seq: number): SpoolRow | null {
    const row = this.#spool.get(seq);
    return row === undefined ? null : { ...row, seq };
  }

  readHead(seq: number): HeadRow | null {
    const row = this.#spool.get(seq);
    if (row === undefined) return null;
    return { seq, schema: row.schema, head: row.head, progress: this.#progress.get(seq) ?? null };
  }

  scan(seq: number, limit: number): readonly HeadRow[] {
    const found: HeadRow[] = [];
    for (let at = seq + 1; at <= this.#last && found.length < limit; at += 1) {
      const row = this.readHead(at);
      if (row !== null) found.push(row);
    }
    return found;
  }

  setProgress(seq: number, progress: string): void {
    this.#set(this.#progress, seq, progress);
  }

  remove(seq: number): void {
    const row = this.#spool.get(seq);
    if (row !== undefined) this.#grow(-(row.head.length + row.body.length));
    this.#set(this.#spool, seq, undefined);
    this.#set(this.#progress, seq, undefined);
  }

  addLease(deliveries: string): number {
    const id = this.#next();
    this.#set(this.#leases, id, deliveries);
    return id;
  }

  dropLease(id: number): void {
    this.#set(this.#leases, id, undefined);
  }

  leases(): readonly LeaseRow[] {
    return [...this.#leases].map(([id, deliveries]) => ({ id, deliveries }));
  }

  dropLeases(): void {
    for (const id of this.#leases.keys()) this.dropLease(id);
  }

  addLog(at: number, entries: string): void {
    const id = this.#next();
    this.#set(this.#log, id, { id, at, entries });
    if (this.#log.size > LOG_ROWS) this.pruneLog(Infinity, this.#log.size - LOG_ROWS);
  }

  readLog(id: number, limit: number): readonly LogRow[] {
    const found: LogRow[] = [];
    for (let at = Math.min(id - 1, this.#last); at > 0 && found.length < limit; at -= 1) {
      const row = this.#log.get(at);
      if (row !== undefined) found.push(row);
    }
    return found;
  }

  pruneLog(before: number, limit: number): number {
    const old: number[] = [];
    for (const { id, at } of this.#log.values()) {
      if (at >= before || old.length >= limit) break;
      old.push(id);
    }
    for (const id of old) this.#set(this.#log, id, undefined);
    return old.length;
  }

  addMark(at: number, digests: string): number {
    const id = this.#next();
    this.#set(this.#marks, id, { id, at, digests });
    return id;
  }

  dropMark(id: number): string | null {
    const digests = this.#marks.get(id)?.digests ?? null;
    this.#set(this.#marks, id, undefined);
    return digests;
  }

  marks(): Iterable<MarkRow> {
    return this.#marks.values();
  }

  putFact(key: string, value: string): number {
    const revision = this.#next();
    this.#set(this.#facts, key, { key, value, revision });
    return revision;
  }

  dropFact(key: string): void {
    this.#set(this.#facts, key, undefined);
  }

  getFact(key: string): FactRow | null {
    return this.#facts.get(key) ?? null;
  }

  listFacts(prefix: string): readonly FactRow[] {
    const found = [...this.#facts.values()].filter(({ key }) => key.startsWith(prefix));
    return found.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  /** Nothing removed is kept anywhere. */
  scrub(): null {
    return null;
  }

  bytes(): number {
    return this.#bytes;
  }

  close(): void {
    for (const rows of [this.#spool, this.#progress, this.#leases, this.#log, this.#marks, this.#facts])
      rows.clear();
  }

  #next(): number {
    this.#last += 1;
    return this.#last;
  }

  #grow(size: number): void {
    this.#bytes += size;
    this.#undo.push(() => (this.#bytes -= size));
  }

  /** One change, with its inverse. `undefined` deletes. */
  #set<K, V>(rows: Map<K, V>, key: K, value: V | undefined): void {
    const before = rows.get(key);
    const put = (to: V | undefined): void => {
      if (to === undefined) rows.delete(key);
      else rows.set(key, to);
    };
    put(value);
    this.#undo.push(() => put(before));
  }
}

export function embedMemory(
  rows: MemoryRows,
  surroundings: Parameters<StoreDriver['open']>[1],
): ReturnType<typeof embed> {
  return embed({ rows, space: ENDLESS, asFailure: (error) => error }, surroundings);
}

export const memory: StoreDriver = {
  scheme: 'memory',
  open: (_address, surroundings) => Promise.resolve(embedMemory(new MemoryRows(), surroundings)),
};
