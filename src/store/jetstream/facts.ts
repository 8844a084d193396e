// Facts on a replicated bucket. One watch feeds a local copy, in order; a heartbeat that goes through the bucket and comes back
// by that watch proves that nothing written before it is missing here, and `freshAt` is the instant it was sent.

import type { JsMsg } from '@nats-io/jetstream';
import { jetstreamManager } from '@nats-io/jetstream';
import { GatewayError } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';
import type { Clock, Fact, Facts, Log } from '../../core/ports.ts';
import type { NatsAddress } from './address.ts';
import type { Connection } from './connection.ts';
import { factsStream, FactsBucket, operationOf, valueOf } from './factsBucket.ts';
import { FactsCopy, GATEWAY } from './factsCopy.ts';
import { Watch } from './watch.ts';
import { Heartbeat } from './heartbeat.ts';
import { decodeKey } from './keys.ts';
import { ensureStream } from './ensureStream.ts';

const BEAT_MS = 250;
/** Beats without any message, our own included, before the watch is begun anew. */
const SILENT_BEATS = 6;
const OPEN_MS = 15_000;
const LIST_MS = 5_000;
/** So long a write waits for its own change to come by the watch; it is durable already. */
const ECHO_MS = 2_000;
const TIDY_BEATS = 40;
export interface FactsOptions {
  readonly address: NatsAddress;
  readonly connection: Connection;
  /** Unique to this life of this gateway; nothing of a person or a machine in it. */
  readonly gateway: string;
  readonly clock: Clock;
  readonly log: Log;
}

export class JetstreamFacts implements Facts {
  readonly #bucket: FactsBucket;
  readonly #watch: Watch;
  readonly #heartbeat: Heartbeat;
  readonly #log: Log;
  readonly #own: string;
  readonly #copy = new FactsCopy();
  #silent = 0;
  #timer: NodeJS.Timeout | null = null;
  #closed: Promise<void> | null = null;

  private constructor(
    options: FactsOptions,
    bucket: FactsBucket,
    watchFor: (facts: JetstreamFacts) => Watch,
  ) {
    this.#bucket = bucket;
    this.#log = options.log;
    this.#own = GATEWAY + options.gateway;
    this.#heartbeat = new Heartbeat(options.clock);
    this.#watch = watchFor(this);
  }

  /** Makes the bucket if need be. Resolves when the copy is complete and the first heartbeat has come back. */
  static async open(options: FactsOptions): Promise<JetstreamFacts> {
    const { address, connection, log } = options;
    const manager = await jetstreamManager(connection.nats, { timeout: 2_000, checkAPI: false });
    await ensureStream(manager, factsStream(address));
    const bucket = new FactsBucket(address, connection, manager);
    const facts = new JetstreamFacts(
      options,
      bucket,
      (made) =>
        new Watch({
          connection,
          manager,
          stream: bucket.stream,
          log,
          began: () => made.#copy.begin(),
          message: (message) => made.#message(message),
          caughtUp: () => made.#caughtUp(),
        }),
    );
    facts.#watch.start();
    facts.#timer = setInterval(() => facts.#tick(), BEAT_MS);
    try {
      await facts.#beatBack(OPEN_MS);
    } catch (error) {
      await facts.close();
      throw error;
    }
    return facts;
  }

  /**
   * Resolves when the write is durable and its change has been told here, at most two seconds after the former. What other
   * gateways wrote before may be told to this one later than that.
   */
  async put(key: string, value: Json, expectedRevision: number | null): Promise<number | null> {
    this.#demandOpen();
    const expected = await this.#expected(key, value, expectedRevision);
    if (expected === null || typeof expected === 'number') return expected;
    const revision = await this.#bucket.write(key, value, expected.newest);
    if (revision !== null) await this.#heartbeat.passed(revision, ECHO_MS).catch(() => undefined);
    return revision;
  }

  /** From the leader: a write that is compared with it wants the newest. */
  async get(key: string): Promise<Fact | null> {
    this.#demandOpen();
    const newest = await this.#bucket.newest(key);
    return newest === null || newest.value === null
      ? null
      : { key, value: newest.value, revision: newest.seq };
  }

  /** From the copy, once a heartbeat sent after the call has come back: everything written before the call is in it. */
  async list(prefix: string): Promise<readonly Fact[]> {
    this.#demandOpen();
    await this.#beatBack(LIST_MS);
    return this.#copy.list(prefix);
  }

  watch(prefix: string, listener: (fact: Fact) => void): () => void {
    return this.#copy.watch(prefix, listener);
  }

  freshAt(): number {
    return this.#heartbeat.freshAt;
  }

  /** Leaves nothing of this gateway behind where that is possible. The connection stays. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#heartbeat.close();
    await this.#watch.close();
    const own = this.#copy.revisionOf(this.#own);
    if (own !== null) await this.#bucket.remove(own).catch(() => undefined);
  }

  #demandOpen(): void {
    if (this.#closed !== null) throw new GatewayError('store_unavailable', 'the store is closed');
  }

  /** What the newest message must be, or the answer, where it is known without a write. */
  async #expected(
    key: string,
    value: Json,
    expected: number | null,
  ): Promise<{ readonly newest: number | null } | number | null> {
    if (expected === null && value !== null) return { newest: null };
    if (expected !== null && expected !== 0 && value !== null) return { newest: expected };
    const newest = await this.#bucket.newest(key);
    const revision = newest === null || newest.value === null ? 0 : newest.seq;
    if (expected !== null && expected !== revision) return null;
    // Nothing to delete, so there is no marker to write.
    if (value === null && revision === 0) return 0;
    return { newest: expected === null ? null : (newest?.seq ?? 0) };
  }

  #beatBack(withinMs: number): Promise<void> {
    const beat = this.#beat();
    return this.#heartbeat.cameBack(beat, withinMs);
  }

  #beat(): number {
    const beat = this.#heartbeat.next();
    try {
      this.#bucket.send(this.#own, { beat });
    } catch {
      // The connection is closed; the beat does not come back, which says it all.
    }
    return beat;
  }

  #tick(): void {
    this.#beat();
    this.#silent += 1;
    if (this.#silent >= SILENT_BEATS) {
      this.#silent = 0;
      this.#watch.restart();
    }
    if (this.#heartbeat.count % TIDY_BEATS === 0) this.#tidy();
  }

  #message(message: JsMsg): void {
    this.#silent = 0;
    const fact = this.#factIn(message);
    if (fact !== null) {
      if (fact.key === this.#own && fact.value !== null) this.#heartbeat.seen(fact.value);
      this.#copy.learn(fact, this.#heartbeat.count);
    }
    this.#heartbeat.pass(message.seq);
    if (this.#copy.complete) this.#heartbeat.confirm();
  }

  #factIn(message: JsMsg): Fact | null {
    const key = decodeKey(this.#bucket.encodedKeyOf(message.subject));
    try {
      const value = valueOf({ data: message.data, operation: operationOf(message.headers) });
      if (key !== null) return { key, value, revision: message.seq };
    } catch {
      if (key !== null) this.#copy.keep(key);
    }
    this.#log.error('fact_unreadable', { revision: message.seq });
    return null;
  }

  #caughtUp(): void {
    this.#copy.caughtUp();
    this.#heartbeat.confirm();
  }

  /** Any gateway does it; twice does no harm. */
  #tidy(): void {
    for (const revision of this.#copy.tidy(this.#heartbeat.count, this.#own))
      this.#bucket.remove(revision).catch(() => undefined);
  }
}
