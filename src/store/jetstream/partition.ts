// One partition as its owner has it: the stream folded into local rows, over which everything works as for SQLite, and the journal
// that carries what changed back into the stream. When the two may differ it is dropped, and folded anew.

import type { JsMsg, StreamState } from '@nats-io/jetstream';
import { GatewayError } from '../../core/errors.ts';
import type { Clock, Log, Store } from '../../core/ports.ts';
import type { SqliteRows } from '../sqlite/rows.ts';
import type { Connection } from './connection.ts';
import { Fold } from './fold.ts';
import { Follower } from './follow.ts';
import type { Changes } from './journal.ts';
import { Journal } from './journal.ts';
import { KnownIds } from './knownIds.ts';
import { KnownLog } from './knownLog.ts';
import { LagWatch } from './lag.ts';
import type { LedgerWriter } from './ledgerWriter.ts';
import { LiveRows } from './live.ts';
import type { LocalFolder } from './local.ts';
import type { RecorderPorts } from './recorder.ts';
import { Recorder } from './recorder.ts';
import { Removal, removalOf } from './removal.ts';
import { Upkeep } from './upkeep.ts';
import { Waits } from './waits.ts';

const SYNC_MS = 2_000;
/** Message ids that are remembered, over all partitions: 70 MB, where one gateway has them all. */
const MOST_IDS = 1_000_000;

export interface PartitionPorts extends RecorderPorts {
  /** How many partitions there are. */
  readonly of: number;
  /** How long a repetition is known. */
  readonly dedupeMs: number;
  readonly connection: Connection;
  readonly folder: LocalFolder;
  readonly clock: Clock;
  readonly log: Log;
  readonly ledger: Pick<LedgerWriter, 'tell'>;
  /** Something for these destinations came in. */
  due(destinations: Iterable<string>): void;
  /** So many messages repeated another one, and are dropped. */
  repeated(count: number): void;
  /** It is of no use any more: another owner writes, or its state cannot be trusted. */
  lost(): void;
}

export class Partition {
  readonly n: number;
  readonly #ports: PartitionPorts;
  readonly #stream: string;
  readonly #rows: SqliteRows;
  readonly #recorder: Recorder;
  readonly #journal: Journal;
  readonly #removal: Removal;
  readonly #knownLog: KnownLog;
  readonly #fold: Fold;
  readonly #folded = new Waits();
  /** Numbers of messages that have to go. */
  readonly #repeated: number[] = [];
  readonly #opened = Promise.withResolvers<void>();
  #follower: Follower | null = null;
  #lagWatch: LagWatch | null = null;
  #live: LiveRows | null = null;
  #gone = false;
  #bytes = 0;
  #upkeep: Upkeep | null = null;

  private constructor(ports: PartitionPorts) {
    this.#ports = ports;
    const { n, of, names, jsm, folder, dedupeMs } = ports;
    this.n = n;
    this.#stream = names.spool(n);
    this.#recorder = new Recorder(ports);
    const { epoch } = this.#recorder;
    this.#rows = folder.open(`${n}-${epoch}`);
    this.#journal = new Journal(
      (batch) => this.#recorder.write(batch),
      (error) => this.#fail(error),
    );
    const known = new KnownIds({ windowMs: dedupeMs, most: Math.floor(MOST_IDS / of) });
    this.#knownLog = new KnownLog({ ...ports, epoch, known });
    this.#removal = new Removal(
      removalOf(jsm, this.#stream, {
        prepare: () => this.#knownLog.write(),
        limit: () => Math.min(this.#recorder.last, this.#recorder.told + 1),
      }),
    );
    this.#fold = new Fold({
      n,
      of,
      journal: names.journal(n),
      epoch,
      rows: this.#rows,
      removal: this.#removal,
      known,
      told: () => this.#recorder.told,
    });
    // Awaited by `open` only; a failure before that must not end the process.
    this.#opened.promise.catch(() => undefined);
  }

  /** Takes the stream over from whoever wrote its journal, and folds it. Resolves when it may be claimed from. */
  static async open(ports: PartitionPorts): Promise<Partition> {
    const partition = new Partition(ports);
    try {
      await partition.#recorder.takeOver();
      await partition.#knownLog.read();
      await partition.#look();
      partition.#follower = partition.#follow();
      partition.#lagWatch = partition.#watchLag(partition.#follower);
      await partition.#opened.promise;
    } catch (error) {
      partition.#fail(error);
      throw error;
    }
    return partition;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get behind(): number {
    return this.#lagWatch?.behind ?? 0;
  }

  /** For claims and questions, which change only memory. Throws `store_unavailable` once it is gone. */
  get store(): Store {
    if (this.#live === null || this.#gone) throw notHere();
    return this.#live.store;
  }

  /** Those with anything pending or dead, or that had. */
  destinations(): readonly string[] {
    return (this.#live?.owner.queue.lanes.all() ?? []).map(({ destination }) => destination);
  }

  /** When the delivery that is due first is due: by it partitions take turns. */
  firstDue(destination: string): number {
    const queue = this.#live?.owner.queue;
    const top = queue?.lanes.named(destination)?.due.peek() ?? -1;
    return top === -1 ? Infinity : (queue?.pool.due(top) ?? Infinity);
  }

  /** Deliveries that somebody holds now. */
  get leased(): number {
    return this.#live?.owner.queue.lanes.leased ?? 0;
  }

  /** Runs a change and resolves with its answer once it is in the stream. */
  async change<T>(work: (store: Store) => Promise<T>): Promise<T> {
    const answer = await work(this.store);
    await this.#journal.flushed();
    return answer;
  }

  async requeue(ids: readonly string[]): Promise<number> {
    const count = await this.change((store) => store.requeue(ids));
    if (count > 0) this.#ports.due(this.destinations());
    return count;
  }

  async erase(subjects: readonly string[]): Promise<number> {
    const ended = await this.change((store) => store.erase(subjects));
    await this.#removal.all(true);
    return ended;
  }

  /** Does any row name this subject? */
  holds(subject: string): boolean {
    return this.#fold.holds(subject);
  }

  /** Resolves once everything up to this sequence number is folded; false if that took too long. */
  reached(seq: number, withinMs: number): Promise<boolean> {
    return this.#folded.until(seq, withinMs);
  }

  /** Resolves once everything that is in the stream now is folded. */
  async sync(): Promise<void> {
    const { last_seq } = await this.#look();
    if (!(await this.reached(last_seq, SYNC_MS)) || this.#gone) throw notHere();
  }

  /** Lets go of it: what was changed is in the stream when this resolves, or its fate is not known. */
  async close(): Promise<void> {
    await this.#journal.flushed().catch(() => undefined);
    await this.#removal.sweep().catch(() => undefined);
    this.drop();
  }

  /** Lets go of it at once. */
  drop(): void {
    this.#end(notHere());
  }

  /** What the stream's leader says of it; its size is kept. */
  async #look(): Promise<StreamState> {
    const { state } = await this.#ports.jsm.streams.info(this.#stream);
    this.#bytes = state.bytes;
    return state;
  }

  #watchLag(follower: Follower): LagWatch {
    const { log } = this.#ports;
    return new LagWatch({
      at: () => this.#folded.at,
      last: async () => (await this.#look()).last_seq,
      lags: () => {
        log.warn('partition_lags', { partition: this.n });
        follower.again();
      },
    });
  }

  #follow(): Follower {
    return new Follower({
      connection: this.#ports.connection,
      jsm: this.#ports.jsm,
      stream: this.#stream,
      next: () => this.#folded.at + 1,
      bunch: (messages) => this.#take(messages),
      failed: (error) => this.#fail(error),
      log: this.#ports.log,
    });
  }

  async #take(all: readonly JsMsg[]): Promise<void> {
    // A replica that is behind begins with its own end where that is before what was asked for (nats-server 2.9).
    const messages = all.filter(({ seq }) => seq > this.#folded.at);
    if (this.#gone || messages.length === 0) return;
    const upTo = messages.at(-1)?.seq ?? 0;
    const { added, repeated, lines } = this.#fold.take(messages);
    if (this.#live !== null && added.length > 0) this.#ports.due(this.#live.queue(added));
    else if (this.#live === null && upTo >= this.#recorder.last) this.#goLive();
    this.#repeated.push(...repeated);
    if (this.#live !== null && this.#repeated.length > 0) this.#drop(this.#repeated.splice(0));
    this.#folded.reach(upTo);
    const told = (): void => void (this.#recorder.told = Math.max(this.#recorder.told, upTo));
    await this.#ports.ledger.tell(lines, told);
  }

  /** From here on what is folded is queued, and what changes is written. */
  #goLive(): void {
    const { clock, log } = this.#ports;
    this.#fold.caughtUp();
    this.#live = new LiveRows({ rows: this.#rows, clock, log, changed: (changes) => this.#changed(changes) });
    this.#upkeep = new Upkeep({
      jsm: this.#ports.jsm,
      stream: this.#stream,
      subject: this.#ports.names.journal(this.n),
      rows: this.#live.rows,
      removal: this.#removal,
      journal: this.#journal,
      recorder: this.#recorder,
    });
    this.#opened.resolve();
  }

  /** Their messages go once that is in the stream: whoever does not own it any more takes nothing out. */
  #drop(repeated: readonly number[]): void {
    this.#ports.repeated(repeated.length);
    const changes = repeated.map((seq) => ['remove', seq] as const);
    const kept = (): void => repeated.forEach((seq) => this.#fold.ended(seq));
    this.#journal.push({ changes, logs: [], kept });
  }

  #changed({ changes, logs, removed }: Changes): void {
    for (const one of removed) this.#fold.forget(one);
    const kept = (): void => {
      for (const { seq } of removed) this.#fold.ended(seq);
    };
    this.#journal.push({ changes, logs, kept });
  }

  #fail(error: unknown): void {
    if (this.#end(error)) this.#ports.lost();
  }

  /** True the first time. */
  #end(error: unknown): boolean {
    if (this.#gone) return false;
    this.#gone = true;
    this.#upkeep?.stop();
    this.#lagWatch?.stop();
    this.#follower?.stop();
    this.#journal.fail(error);
    this.#opened.reject(error);
    this.#folded.close();
    // What still waits runs against rows that nobody will see again.
    if (this.#live === null) this.#rows.close();
    else void this.#live.store.close();
    return true;
  }
}

const notHere = (): GatewayError =>
  new GatewayError('store_unavailable', 'this part of the store changes hands', { retryAfter: 1 });
