// A stream folded into local rows. Until it has caught up with its owner's first record, what earlier owners wrote is applied as
// well; from then on only rows come in, since what changes them is written by this owner.

import type { JsMsg } from '@nats-io/jetstream';
import { DigestTable } from '../../core/digestTable.ts';
import { decodeHead } from '../head.ts';
import type { HeadRow, Rows } from '../rows.ts';
import type { RemovedRow } from './journal.ts';
import type { ToldLine } from './ledger.ts';
import { decodeRecord, decodeRow } from './message.ts';
import { Fenced } from './publish.ts';
import type { Removal } from './removal.ts';
import { Replay } from './replay.ts';

export interface FoldPorts {
  readonly n: number;
  /** How many partitions there are. */
  readonly of: number;
  /** Subject of the journal; all else is rows. */
  readonly journal: string;
  readonly epoch: string;
  readonly rows: Rows;
  readonly removal: Removal;
  /** Up to here the ledger knows. */
  told(): number;
}

/** What a bunch of messages brought. */
export interface Folded {
  readonly added: readonly HeadRow[];
  readonly lines: readonly ToldLine[];
}

export class Fold {
  readonly #ports: FoldPorts;
  /** How many rows name a subject. */
  readonly #subjects = new DigestTable();
  #replay: Replay | null;

  constructor(ports: FoldPorts) {
    this.#ports = ports;
    this.#replay = new Replay(ports.rows);
  }

  get replaying(): boolean {
    return this.#replay !== null;
  }

  /** In one transaction. Throws `Fenced` for a record of another owner after this one's first. */
  take(messages: readonly JsMsg[]): Folded {
    const lines: ToldLine[] = [];
    const added: HeadRow[] = [];
    this.#ports.rows.transaction(() => {
      for (const message of messages)
        if (message.subject === this.#ports.journal) this.#record(message, lines);
        else added.push(this.#row(message, lines));
    });
    return { added, lines };
  }

  caughtUp(): void {
    this.#replay?.end();
    this.#replay = null;
  }

  holds(subject: string): boolean {
    return this.#subjects.get(subject) > 0;
  }

  /** A row is gone. */
  forget({ head }: RemovedRow): void {
    this.#count(head, -1);
  }

  /** That it is gone is in the stream: its message may go too. */
  ended({ seq }: RemovedRow): void {
    this.#ports.removal.ended((seq - this.#ports.n) / this.#ports.of);
  }

  #row(message: JsMsg, lines: ToldLine[]): HeadRow {
    const { n, of, rows, removal } = this.#ports;
    const { row, log } = decodeRow(message.string());
    const seq = message.seq * of + n;
    rows.insert(row, seq);
    removal.added(message.seq);
    this.#count(row.head, 1);
    if (message.seq > this.#ports.told() && log.entries !== '')
      lines.push({ ...log, from: `${n}.${message.seq}.0` });
    return { seq, schema: row.schema, head: row.head, progress: null };
  }

  #record(message: JsMsg, lines: ToldLine[]): void {
    const record = decodeRecord(message.string());
    if (record === null) return;
    if (this.#replay !== null)
      for (const one of this.#replay.apply(record.changes)) {
        this.forget(one);
        this.ended(one);
      }
    else if (record.epoch !== this.#ports.epoch) throw new Fenced('another owner writes');
    if (message.seq <= this.#ports.told()) return;
    for (const [index, log] of record.logs.entries())
      lines.push({ ...log, from: `${this.#ports.n}.${message.seq}.${index}` });
  }

  #count(head: string, by: number): void {
    for (const subject of decodeHead(head)?.subjects ?? []) this.#subjects.add(subject, by);
  }
}
