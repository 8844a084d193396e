// A stream folded into local rows. Until it has caught up with its owner's first record, what earlier owners wrote is applied as
// well; from then on only rows come in, since what changes them is written by this owner. A message whose id is known becomes no
// row: a new leader of the stream, or a server that started again, keeps what the one before would have known.

import type { JsMsg } from '@nats-io/jetstream';
import { PubHeaders } from '@nats-io/jetstream';
import { millis } from '@nats-io/transport-node';
import { DigestTable } from '../../core/digestTable.ts';
import { decodeHead } from '../head.ts';
import type { HeadRow, Rows } from '../rows.ts';
import type { RemovedRow } from './journal.ts';
import type { KnownIds } from './knownIds.ts';
import { markOf } from './knownIds.ts';
import type { ToldLine } from './ledger.ts';
import { decodeRecord, decodeRow } from './message.ts';
import { Fenced, firstIdOf } from './publish.ts';
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
  readonly known: KnownIds;
  /** Up to here the ledger knows. */
  told(): number;
}

/** What a bunch of messages brought. */
export interface Folded {
  readonly added: readonly HeadRow[];
  /** Numbers that no row has, of messages that repeat one: they have to go. */
  readonly repeated: readonly number[];
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
    const repeated: number[] = [];
    this.#ports.rows.transaction(() => {
      for (const message of messages)
        if (message.subject === this.#ports.journal) this.#record(message, lines);
        else if (this.#repeats(message)) repeated.push(this.#numberOf(message));
        else added.push(this.#row(message, lines));
    });
    return { added, repeated, lines };
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
  ended(seq: number): void {
    this.#ports.known.ended(seq);
    this.#ports.removal.ended((seq - this.#ports.n) / this.#ports.of);
  }

  /** Is there another row whose message had this id? If not, it is remembered. A message without an id repeats nothing. */
  #repeats(message: JsMsg): boolean {
    const { known, removal } = this.#ports;
    const id = message.headers?.get(PubHeaders.MsgIdHdr) ?? '';
    if (id === '') return false;
    const mark = markOf(firstIdOf(id));
    const at = millis(message.info.timestampNanos);
    const seq = this.#numberOf(message);
    const first = known.seqOf(mark, at);
    if (first === 0) known.add({ mark, seq, at });
    if (first === 0 || first === seq) return false;
    removal.added(message.seq);
    return true;
  }

  #numberOf({ seq }: JsMsg): number {
    return seq * this.#ports.of + this.#ports.n;
  }

  #row(message: JsMsg, lines: ToldLine[]): HeadRow {
    const { n, rows, removal } = this.#ports;
    const { row, log } = decodeRow(message.string());
    const seq = this.#numberOf(message);
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
        this.ended(one.seq);
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
