// Rows in a SQLite file: SQL in plain sight, one statement per need, prepared once. All reads are by rowid or by key.

import { statSync } from 'node:fs';
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { GatewayError } from '../../core/errors.ts';
import type { RestingRow } from '../record.ts';
import type { FactRow, HeadRow, LeaseRow, LogRow, MarkRow, Rows, SpoolRow } from '../rows.ts';
import { isCorrupt } from './failures.ts';
import { Gaps } from './gaps.ts';

const SQL = {
  insert: 'insert into spool (seq, schema, "check", head, body) values (?, ?, ?, ?, ?)',
  read: 'select seq, schema, "check", head, body from spool where seq = ?',
  readHead: `select seq, schema, head, deliveries as progress from spool left join progress using (seq) where seq = ?`,
  scan: `select seq, schema, head, deliveries as progress from spool left join progress using (seq)
    where seq > ? order by seq limit ?`,
  setProgress: `insert into progress (seq, deliveries) values (?, ?)
    on conflict (seq) do update set deliveries = excluded.deliveries`,
  removeProgress: 'delete from progress where seq = ?',
  removeRow: 'delete from spool where seq = ?',
  addLease: 'insert into lease (deliveries) values (?)',
  dropLease: 'delete from lease where id = ?',
  leases: 'select id, deliveries from lease order by id',
  dropLeases: 'delete from lease',
  addLog: 'insert into ledger (at, entries) values (?, ?)',
  readLog: 'select id, at, entries from ledger where id < ? order by id desc limit ?',
  oldestLog: 'select id, at from ledger order by id limit ?',
  pruneLog: 'delete from ledger where id <= ?',
  addMark: 'insert into mark (at, digests) values (?, ?)',
  dropMark: 'delete from mark where id = ? returning digests',
  marks: 'select id, at, digests from mark order by id',
  // A new row each time, so that a revision is never used twice.
  putFact: 'insert or replace into fact (key, value) values (?, ?)',
  dropFact: 'delete from fact where key = ?',
  getFact: 'select revision, key, value from fact where key = ?',
  listFacts: 'select revision, key, value from fact where key >= ? and key < ? order by key',
} as const;

type Row = Readonly<Record<string, SQLOutputValue>>;

export class SqliteRows implements Rows {
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #statements: Readonly<Record<keyof typeof SQL, StatementSync>>;
  readonly #freePages: StatementSync;
  readonly #pageBytes: number;
  readonly #gaps: Gaps;

  constructor(database: DatabaseSync, path: string) {
    this.#database = database;
    this.#path = path;
    this.#freePages = database.prepare('pragma freelist_count');
    this.#pageBytes = Number(database.prepare('pragma page_size').get()?.['page_size']);
    this.#gaps = new Gaps(path, this.#pageBytes);
    const prepared = Object.entries(SQL).map(([name, sql]) => [name, database.prepare(sql)]);
    this.#statements = Object.fromEntries(prepared) as Record<keyof typeof SQL, StatementSync>; // the keys of SQL
  }

  transaction<T>(work: () => T): T {
    this.#database.exec('begin');
    try {
      const result = work();
      this.#database.exec('commit');
      return result;
    } catch (error) {
      // SQLite has rolled back already after some failures.
      if (this.#database.isTransaction) this.#database.exec('rollback');
      throw error;
    }
  }

  insert(row: RestingRow, seq?: number): number {
    const { schema, check, head, body } = row;
    return Number(this.#statements.insert.run(seq ?? null, schema, check, head, body).lastInsertRowid);
  }

  read(seq: number): SpoolRow | null {
    const row = this.#readable(() => this.#statements.read.get(seq));
    if (row === undefined) return null;
    return {
      seq: number(row, 'seq'),
      schema: number(row, 'schema'),
      check: number(row, 'check'),
      head: text(row, 'head'),
      body: text(row, 'body'),
    };
  }

  readHead(seq: number): HeadRow | null {
    const row = this.#readable(() => this.#statements.readHead.get(seq));
    return row === undefined ? null : headRow(row);
  }

  scan(seq: number, limit: number): readonly HeadRow[] {
    return this.#statements.scan.all(seq, limit).map(headRow);
  }

  setProgress(seq: number, progress: string): void {
    this.#statements.setProgress.run(seq, progress);
  }

  remove(seq: number): void {
    this.#statements.removeRow.run(seq);
    this.#statements.removeProgress.run(seq);
  }

  addLease(deliveries: string): number {
    return Number(this.#statements.addLease.run(deliveries).lastInsertRowid);
  }

  dropLease(id: number): void {
    this.#statements.dropLease.run(id);
  }

  leases(): readonly LeaseRow[] {
    return this.#statements.leases
      .all()
      .map((row) => ({ id: number(row, 'id'), deliveries: text(row, 'deliveries') }));
  }

  dropLeases(): void {
    this.#statements.dropLeases.run();
  }

  addLog(at: number, entries: string): void {
    this.#statements.addLog.run(at, entries);
  }

  readLog(id: number, limit: number): readonly LogRow[] {
    return this.#statements.readLog
      .all(id, limit)
      .map((row) => ({ id: number(row, 'id'), at: number(row, 'at'), entries: text(row, 'entries') }));
  }

  pruneLog(before: number, limit: number): number {
    const oldest = this.#statements.oldestLog.all(limit);
    const young = oldest.findIndex((row) => number(row, 'at') >= before);
    const old = young === -1 ? oldest : oldest.slice(0, young);
    const last = old.at(-1);
    if (last !== undefined) this.#statements.pruneLog.run(number(last, 'id'));
    return old.length;
  }

  addMark(at: number, digests: string): number {
    return Number(this.#statements.addMark.run(at, digests).lastInsertRowid);
  }

  dropMark(id: number): string | null {
    const row = this.#statements.dropMark.get(id);
    return row === undefined ? null : text(row, 'digests');
  }

  *marks(): Iterable<MarkRow> {
    for (const row of this.#statements.marks.iterate())
      yield { id: number(row, 'id'), at: number(row, 'at'), digests: text(row, 'digests') };
  }

  putFact(key: string, value: string): number {
    return Number(this.#statements.putFact.run(key, value).lastInsertRowid);
  }

  dropFact(key: string): void {
    this.#statements.dropFact.run(key);
  }

  getFact(key: string): FactRow | null {
    const row = this.#statements.getFact.get(key);
    return row === undefined ? null : factRow(row);
  }

  listFacts(prefix: string): readonly FactRow[] {
    return this.#statements.listFacts.all(prefix, `${prefix}\u{10ffff}`).map(factRow);
  }

  /** Removed bytes are zeroed in the file already; this empties the log, which keeps older copies of pages, and then the gaps. */
  scrub(from: number): number | null {
    const row = this.#database.prepare('pragma wal_checkpoint(truncate)').get();
    if (row?.['busy'] !== 0)
      throw new GatewayError('store_unavailable', 'the log of the store could not be emptied', {
        retryAfter: 5,
      });
    this.#database.exec('pragma shrink_memory');
    return this.#gaps.zero(from);
  }

  /** Moves the log into the file, so that it starts over from its beginning. True if all of it was moved. */
  checkpoint(): boolean {
    const row = this.#database.prepare('pragma wal_checkpoint(passive)').get();
    return row?.['busy'] === 0 && row['log'] === row['checkpointed'];
  }

  /** Pages of the file that hold nothing. */
  freeBytes(): number {
    const [pages] = Object.values(this.#freePages.get() ?? {});
    return Number(pages ?? 0) * this.#pageBytes;
  }

  bytes(): number {
    return sizeOf(this.#path) + sizeOf(`${this.#path}-wal`);
  }

  close(): void {
    this.#database.close();
    this.#gaps.close();
  }

  /** A row whose pages are damaged is as good as gone; only that row. */
  #readable(read: () => Row | undefined): Row | undefined {
    try {
      return read();
    } catch (error) {
      if (isCorrupt(error)) return undefined;
      throw error;
    }
  }
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

const headRow = (row: Row): HeadRow => ({
  seq: number(row, 'seq'),
  schema: number(row, 'schema'),
  head: text(row, 'head'),
  progress: row['progress'] === null ? null : text(row, 'progress'),
});

const factRow = (row: Row): FactRow => ({
  revision: number(row, 'revision'),
  key: text(row, 'key'),
  value: text(row, 'value'),
});

/** Columns are strict, so another type is damage; the empty value then fails the checksum or the shape. */
const number = (row: Row, name: string): number => {
  const value = row[name];
  return typeof value === 'number' ? value : 0;
};
const text = (row: Row, name: string): string => {
  const value = row[name];
  return typeof value === 'string' ? value : '';
};
