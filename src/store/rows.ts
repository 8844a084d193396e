// What the owner of a store needs from whatever holds its rows: SQLite, or memory. Synchronous, and every change happens
// inside `transaction`, which is durable when it returns and leaves nothing behind when it throws.

import type { RestingRow } from './record.ts';

export interface SpoolRow extends RestingRow {
  readonly seq: number;
}

/** A row without its payload, with the state of its deliveries where that is no longer the initial one. */
export interface HeadRow {
  readonly seq: number;
  readonly schema: number;
  readonly head: string;
  readonly progress: string | null;
}

export interface LogRow {
  readonly id: number;
  readonly at: number;
  readonly entries: string;
}

export interface MarkRow {
  readonly id: number;
  readonly at: number;
  readonly digests: string;
}

export interface LeaseRow {
  readonly id: number;
  readonly deliveries: string;
}

export interface FactRow {
  readonly revision: number;
  readonly key: string;
  readonly value: string;
}

export interface Rows {
  transaction<T>(work: () => T): T;

  /** Returns the row's sequence number: rising and never used twice, or `seq` where somebody else numbers the rows. */
  insert(row: RestingRow, seq?: number): number;
  /** Null if it is gone or physically unreadable. */
  read(seq: number): SpoolRow | null;
  readHead(seq: number): HeadRow | null;
  /** In order of sequence, from after `seq`. */
  scan(seq: number, limit: number): readonly HeadRow[];
  setProgress(seq: number, progress: string): void;
  /** The row and its progress. */
  remove(seq: number): void;

  /** Returns an id that is never used twice. */
  addLease(deliveries: string): number;
  dropLease(id: number): void;
  leases(): readonly LeaseRow[];
  dropLeases(): void;

  addLog(at: number, entries: string): void;
  /** Newest first, from before `id`. */
  readLog(id: number, limit: number): readonly LogRow[];
  /** Drops the oldest rows written before `at`, at most `limit`; returns how many. */
  pruneLog(at: number, limit: number): number;

  addMark(at: number, digests: string): number;
  /** Returns its digests; null if it is gone. */
  dropMark(id: number): string | null;
  /** Oldest first. */
  marks(): Iterable<MarkRow>;

  putFact(key: string, value: string): number;
  dropFact(key: string): void;
  getFact(key: string): FactRow | null;
  listFacts(prefix: string): readonly FactRow[];

  /**
   * A step of making sure that nothing removed can be found in any file, outside of transactions: from 0 on, until it answers
   * null rather than where to go on. What was removed before the first step is gone after the last.
   */
  scrub(from: number): number | null;
  bytes(): number;
  close(): void;
}
