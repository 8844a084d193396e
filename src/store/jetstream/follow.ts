// Follows a stream from a sequence number on, in order and without gaps, for ever. Whatever may have been missed (a message, a
// connection, a silent server) ends a pass, and the next goes on behind what was taken. Messages come in bunches, so that each
// bunch can be one transaction.

import { setTimeout as pause } from 'node:timers/promises';
import { AckPolicy, DeliverPolicy, jetstream } from '@nats-io/jetstream';
import type { JetStreamManager, JsMsg } from '@nats-io/jetstream';
import { nanos, nuid } from '@nats-io/transport-node';
import type { Log } from '../../core/ports.ts';
import { asUnavailable } from './connection.ts';
import type { Connection } from './connection.ts';

const AGAIN_MS = 200;
/** The server drops a consumer that nobody listens to after this. */
const ABANDONED_MS = 30_000;
const HEARTBEAT_MS = 1_000;
const EXPIRES_MS = 5_000;
/**
 * Messages asked for at once. Servers that push without being asked were measured to send 32 MB ahead for each consumer, and then to
 * hang up on a client with eight of them.
 */
const AT_ONCE = 500;

export interface FollowOptions {
  readonly connection: Connection;
  readonly jsm: JetStreamManager;
  readonly stream: string;
  /** Where to begin; asked again for every pass. */
  readonly next: () => number;
  /** What it throws ends the following. */
  readonly bunch: (messages: readonly JsMsg[]) => Promise<void>;
  readonly failed: (error: unknown) => void;
  readonly log: Log;
}

export class Follower {
  readonly #options: FollowOptions;
  readonly #stopState: () => void;
  #end: (() => void) | null = null;
  #waiting: JsMsg[] = [];
  #taking: Promise<void> | null = null;
  #stopped = false;

  constructor(options: FollowOptions) {
    this.#options = options;
    this.#stopState = options.connection.onState(() => this.#end?.());
    void this.#run();
  }

  stop(): void {
    this.#stopped = true;
    this.#stopState();
    this.#end?.();
  }

  /** Begins a new pass, with a consumer that may be on another server. */
  again(): void {
    this.#end?.();
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#stopped) {
      if (this.#options.connection.nats.isClosed()) return this.#fail(asUnavailable(null));
      try {
        if (this.#options.connection.state().connected) await this.#pass();
        failures = 0;
      } catch {
        failures += 1;
        if (failures % 10 === 1 && !this.#stopped) this.#options.log.warn('nats_follow_failed', { failures });
      }
      // What came is taken before the next pass asks where to begin.
      await this.#taking;
      if (!this.#stopped) await pause(AGAIN_MS);
    }
  }

  async #pass(): Promise<void> {
    const { connection, jsm, stream, next } = this.#options;
    const cut = new AbortController();
    this.#end = () => cut.abort();
    const { name } = await jsm.consumers.add(stream, consumerConfig(next()));
    const consumer = await jetstream(connection.nats).consumers.get(stream, name);
    for (let told = 0; !cut.signal.aborted && !this.#stopped;) {
      const messages = await consumer.fetch({
        max_messages: AT_ONCE,
        expires: EXPIRES_MS,
        idle_heartbeat: HEARTBEAT_MS,
      });
      const stop = (): void => messages.stop();
      cut.signal.addEventListener('abort', stop);
      for await (const message of messages) {
        told += 1;
        // One is missing: the server gave it to a question that was lost.
        if (message.info.deliverySequence !== told) return;
        this.#add(message);
      }
      cut.signal.removeEventListener('abort', stop);
      // As much as is asked for at once is all that ever waits here.
      await this.#taking;
    }
    jsm.consumers.delete(stream, name).catch(() => undefined);
  }

  #add(message: JsMsg): void {
    this.#waiting.push(message);
    this.#taking ??= this.#take()
      .catch((error: unknown) => this.#fail(error))
      .finally(() => (this.#taking = null));
  }

  #fail(error: unknown): void {
    this.stop();
    this.#options.failed(error);
  }

  async #take(): Promise<void> {
    // All that one read of the socket brings is one bunch.
    await new Promise(setImmediate);
    while (this.#waiting.length > 0 && !this.#stopped) {
      const taken = this.#waiting;
      this.#waiting = [];
      await this.#options.bunch(taken);
    }
  }
}

const consumerConfig = (from: number) => ({
  name: `follow_${nuid.next()}`,
  deliver_policy: DeliverPolicy.StartSequence,
  opt_start_seq: Math.max(1, from),
  ack_policy: AckPolicy.None,
  mem_storage: true,
  num_replicas: 1,
  inactive_threshold: nanos(ABANDONED_MS),
});
