// The journal of one partition, written by its owner: what a transaction on the local rows changed goes into the stream, one
// record in flight, the next with all that came meanwhile. Each must follow the owner's own last, so that an owner that was
// replaced is refused.

import type { RestingRow } from '../record.ts';
import type { FactRow, HeadRow, LeaseRow, LogRow, MarkRow, Rows, SpoolRow } from '../rows.ts';
import type { Change, LogLine } from './message.ts';

/** What one transaction changed. */
export interface Changes {
  readonly changes: readonly Change[];
  readonly logs: readonly LogLine[];
  /** Rows that are gone, with what they said of themselves. */
  readonly removed: readonly RemovedRow[];
}

export interface RemovedRow {
  readonly seq: number;
  readonly head: string;
}

/** Rows that tell, after each transaction, what it changed. Inserting is no change: a row comes from the stream. */
export class JournalledRows implements Rows {
  readonly #rows: Rows;
  readonly #changed: (changes: Changes) => void;
  #changes: Change[] = [];
  #logs: LogLine[] = [];
  #removed: RemovedRow[] = [];

  constructor(rows: Rows, changed: (changes: Changes) => void) {
    this.#rows = rows;
    this.#changed = changed;
  }

  transaction<T>(work: () => T): T {
    [this.#changes, this.#logs, this.#removed] = [[], [], []];
    const result = this.#rows.transaction(work);
    const { length } = this.#changes;
    if (length + this.#logs.length > 0)
      this.#changed({ changes: this.#changes, logs: this.#logs, removed: this.#removed });
    return result;
  }

  setProgress(seq: number, text: string): void {
    this.#rows.setProgress(seq, text);
    this.#changes.push(['progress', seq, text]);
  }

  remove(seq: number): void {
    this.#removed.push({ seq, head: this.#rows.readHead(seq)?.head ?? '' });
    this.#rows.remove(seq);
    this.#changes.push(['remove', seq]);
  }

  addLease(text: string): number {
    const id = this.#rows.addLease(text);
    this.#changes.push(['lease', id, text]);
    return id;
  }

  dropLease(id: number): void {
    this.#rows.dropLease(id);
    this.#changes.push(['drop', id]);
  }

  dropLeases(): void {
    this.#rows.dropLeases();
    this.#changes.push(['dropAll']);
  }

  addLog(at: number, entries: string): void {
    this.#logs.push({ at, entries });
  }

  insert = (row: RestingRow, seq?: number): number => this.#rows.insert(row, seq);
  read = (seq: number): SpoolRow | null => this.#rows.read(seq);
  readHead = (seq: number): HeadRow | null => this.#rows.readHead(seq);
  scan = (seq: number, limit: number): readonly HeadRow[] => this.#rows.scan(seq, limit);
  leases = (): readonly LeaseRow[] => this.#rows.leases();
  /** The ledger is a stream of its own, and so are facts; the server knows the message ids. */
  readLog = (): readonly LogRow[] => [];
  pruneLog = (): number => 0;
  addMark = (): number => 0;
  dropMark = (): string | null => null;
  marks = (): Iterable<MarkRow> => [];
  putFact = (): number => 0;
  dropFact = (): void => undefined;
  getFact = (): FactRow | null => null;
  listFacts = (): readonly FactRow[] => [];
  scrub = (from: number): number | null => this.#rows.scrub(from);
  bytes = (): number => this.#rows.bytes();
  close = (): void => this.#rows.close();
}

/** Characters of one record: far below what a server takes. */
const RECORD_CHARS = 256 * 1024;

export interface Batch {
  readonly changes: readonly Change[];
  readonly logs: readonly LogLine[];
}

interface Pushed extends Batch {
  /** It is in the stream. */
  kept(): void;
}

const charsOf = (change: Change | undefined): number => 24 + (change?.[2]?.length ?? 0);

interface Waiter {
  readonly upTo: number;
  resolve(): void;
  reject(error: unknown): void;
}

/** Writes batches in order, and says when all that was given so far is durable. After a failure it is of no use any more. */
export class Journal {
  readonly #write: (batch: Batch) => Promise<void>;
  readonly #failed: (error: unknown) => void;
  #queue: Pushed[] = [];
  #given = 0;
  #written = 0;
  #writing = false;
  #waiters: Waiter[] = [];
  #failure: { readonly error: unknown } | null = null;

  constructor(write: (batch: Batch) => Promise<void>, failed: (error: unknown) => void) {
    this.#write = write;
    this.#failed = failed;
  }

  /** Large ones become several records: what they say holds one by one. */
  push(pushed: Pushed): void {
    if (this.#failure !== null) return;
    const { changes, logs } = pushed;
    let from = 0;
    for (let to = 0, chars = 0; to < changes.length; to += 1) {
      chars += charsOf(changes[to]);
      if (to === from || chars <= RECORD_CHARS) continue;
      this.#queue.push({ changes: changes.slice(from, to), logs: [], kept: () => undefined });
      this.#given += 1;
      [from, chars] = [to, charsOf(changes[to])];
    }
    this.#queue.push({ changes: changes.slice(from), logs, kept: () => pushed.kept() });
    this.#given += 1;
    if (!this.#writing) void this.#run();
  }

  /** Resolves when all that was pushed so far is acknowledged; rejects if that is not known. */
  flushed(): Promise<void> {
    if (this.#failure !== null) return Promise.reject(this.#failure.error);
    if (this.#written === this.#given) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiters.push({ upTo: this.#given, resolve, reject }));
  }

  /** Nothing more is written; whoever waits is told. */
  fail(error: unknown): void {
    if (this.#failure !== null) return;
    this.#failure = { error };
    this.#queue = [];
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
  }

  async #run(): Promise<void> {
    this.#writing = true;
    while (this.#queue.length > 0) {
      // What the same turn of the event loop brings shares the record.
      await new Promise(setImmediate);
      const taken = this.#take();
      const { length } = taken;
      try {
        await this.#write({
          changes: taken.flatMap(({ changes }) => changes),
          logs: taken.flatMap(({ logs }) => logs),
        });
      } catch (error) {
        if (this.#failure === null) {
          this.fail(error);
          this.#failed(error);
        }
        return;
      }
      this.#written += length;
      for (const one of taken) one.kept();
      while ((this.#waiters[0]?.upTo ?? Infinity) <= this.#written) this.#waiters.shift()?.resolve();
    }
    this.#writing = false;
  }

  #take(): readonly Pushed[] {
    let [chars, count] = [0, 0];
    for (const batch of this.#queue) {
      for (const change of batch.changes) chars += charsOf(change);
      for (const { entries } of batch.logs) chars += 40 + entries.length;
      if (count > 0 && chars > RECORD_CHARS) break;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }
}
