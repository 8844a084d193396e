// The bucket of facts and how it is written: every write is compared, and its fate is known or it throws. Laid out as NATS lays
// out key-value buckets, so that their tools can read it.

import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
  jetstream,
  JetStreamApiError,
  RetentionPolicy,
  StorageType,
  DiscardPolicy,
} from '@nats-io/jetstream';
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import { headers, nanos, nuid } from '@nats-io/transport-node';
import { GatewayError } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';
import type { NatsAddress } from './address.ts';
import { asUnavailable } from './connection.ts';
import type { Connection } from './connection.ts';
import { encodeKey } from './keys.ts';
import type { StreamShape } from './ensureStream.ts';

/** A room of its own, so that denials and objections find space when the spool is full. Some 500,000 facts. */
const MAX_BYTES = 128 * 1024 ** 2;
const WINDOW_MS = 120_000;
const WRITE_MS = 5_000;
const ANSWER_MS = 1_500;

const NONCE = 'Sluis-Nonce';
const OPERATION = 'KV-Operation';
const WRONG_SEQUENCE = [10071, 10164];
const FULL = [10023, 10047, 10077];

const bucketOf = ({ prefix }: NatsAddress): string => `${prefix}-facts`;

export const factsStream = (address: NatsAddress): StreamShape => ({
  name: `KV_${bucketOf(address)}`,
  subjects: [`$KV.${bucketOf(address)}.>`],
  num_replicas: address.replicas,
  storage: StorageType.File,
  retention: RetentionPolicy.Limits,
  discard: DiscardPolicy.New,
  max_msgs_per_subject: 1,
  max_bytes: MAX_BYTES,
  duplicate_window: nanos(WINDOW_MS),
  allow_rollup_hdrs: true,
  // Read from the leader: another replica may be behind, and a compared write needs the newest revision.
  allow_direct: false,
  // Markers of what was deleted are removed one by one.
  deny_delete: false,
});

/** What a message says: a value, null for a deletion. Throws for what is no JSON. */
export function valueOf(message: { readonly data: Uint8Array; readonly operation: string }): Json {
  if (message.operation !== '') return null;
  return JSON.parse(Buffer.from(message.data).toString('utf8'));
}

export const operationOf = (found: { get(name: string): string } | undefined): string =>
  found?.get(OPERATION) ?? '';

export interface Resting {
  readonly seq: number;
  readonly value: Json;
}

export class FactsBucket {
  readonly stream: string;
  readonly #subject: string;
  readonly #client: JetStreamClient;
  readonly #manager: JetStreamManager;
  readonly #connection: Connection;

  constructor(address: NatsAddress, connection: Connection, manager: JetStreamManager) {
    this.stream = `KV_${bucketOf(address)}`;
    this.#subject = `$KV.${bucketOf(address)}.`;
    this.#client = jetstream(connection.nats, { timeout: ANSWER_MS });
    this.#manager = manager;
    this.#connection = connection;
  }

  /** What the subject of a message names, still encoded. */
  encodedKeyOf(subject: string): string {
    return subject.slice(this.#subject.length);
  }

  /** The newest message of a key, from the leader; a marker of deletion has the value null. */
  async newest(key: string): Promise<Resting | null> {
    const found = await this.#stored(key);
    if (found === null) return null;
    try {
      return {
        seq: found.seq,
        value: valueOf({ data: found.data, operation: operationOf(found.header) }),
      };
    } catch (cause) {
      throw new GatewayError('store_unreadable', 'a fact in the store is no JSON', { cause });
    }
  }

  /** Not kept if no answer comes; used for what is repeated anyway. */
  send(key: string, value: Json): void {
    this.#connection.nats.publish(this.#subject + encodeKey(key), JSON.stringify(value));
  }

  /**
   * Writes if the newest message of the key is the expected one (0: there is none; null: whatever there is). Returns its sequence,
   * or null if it was not. Repeated under its message id until its fate is known.
   *
   * On three replicas of nats-server 2.9 the expectation alone lets several writers through at once (test/store/natsServer.long.ts);
   * ids are compared again when messages are applied, so the id is made of the expectation. A nonce tells whose message it was.
   */
  async write(key: string, value: Json, expected: number | null): Promise<number | null> {
    const subject = this.#subject + encodeKey(key);
    const nonce = nuid.next();
    const fields = headers();
    fields.set(NONCE, nonce);
    if (value === null) fields.set(OPERATION, 'DEL');
    const options = {
      headers: fields,
      msgID: expected === null ? nonce : idOf(subject, expected),
      ...(expected === null ? {} : { expect: { lastSubjectSequence: expected } }),
    };
    const late = AbortSignal.timeout(WRITE_MS);
    for (;;) {
      try {
        const data = value === null ? '' : JSON.stringify(value);
        const { seq, duplicate } = await this.#client.publish(subject, data, options);
        // See publish.ts: the first of this id may have come to nothing, so nobody may be told that it is kept, nor that a rival won.
        if (seq === 0) throw new Error('an acknowledgement without a number');
        const ours = !duplicate || expected === null || (await this.#isOurs(key, seq, nonce));
        return ours ? seq : null;
      } catch (error) {
        const refused = refusalOf(error);
        if (refused === 'conflict') return await this.#keptBefore(key, nonce);
        if (refused !== null) throw refused;
        if (late.aborted || this.#connection.nats.isClosed()) throw asUnavailable(error);
        await pause(100);
      }
    }
  }

  /** Removes one message for good, also from the files. */
  async remove(seq: number): Promise<void> {
    await this.#manager.streams.deleteMessage(this.stream, seq, true);
  }

  async #isOurs(key: string, seq: number, nonce: string): Promise<boolean> {
    const found = await this.#stored(key);
    // Written over since: whoever did had seen it, or did not care; a rival's is the likelier, and refusing is safe.
    return found !== null && found.seq === seq && found.header.get(NONCE) === nonce;
  }

  /** An earlier try whose answer was lost may have been kept. */
  async #keptBefore(key: string, nonce: string): Promise<number | null> {
    const found = await this.#stored(key);
    return found !== null && found.header.get(NONCE) === nonce ? found.seq : null;
  }

  async #stored(key: string) {
    try {
      return await this.#manager.streams.getMessage(this.stream, {
        last_by_subj: this.#subject + encodeKey(key),
      });
    } catch (error) {
      throw asUnavailable(error);
    }
  }
}

/** Ids are kept in the memory of servers, so they are short. */
const idOf = (subject: string, expected: number): string =>
  createHash('sha256').update(`${subject}@${expected}`).digest('base64url').slice(0, 22);

function refusalOf(error: unknown): 'conflict' | GatewayError | null {
  if (!(error instanceof JetStreamApiError)) return null;
  if (WRONG_SEQUENCE.includes(error.code)) return 'conflict';
  if (FULL.includes(error.code))
    return new GatewayError('store_full', 'there is no room left for facts', {
      cause: error,
      retryAfter: 30,
    });
  return error.status >= 400 && error.status < 500 ? asUnavailable(error) : null;
}
