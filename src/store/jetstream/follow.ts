// Follows a stream from a sequence number on, in order and without gaps, for ever. Whatever may have been missed (a message, a
// connection, a silent server) ends a pass, and the next goes on behind what was taken. Messages come in bunches, so that each
// bunch can be one transaction.

import { setTimeout as pause } from 'node:timers/promises';
import { AckPolicy, DeliverPolicy, jetstream } from '@nats-io/jetstream';
import type { JetStreamManager, JsMsg } from '@nats-io/jetstream';
import { createInbox, nanos, nuid } from '@nats-io/transport-node';
import type { Log } from '../../core/ports.ts';
import { asUnavailable } from './connection.ts';
import type { Connection } from './connection.ts';

const AGAIN_MS = 200;
/** The server drops a consumer that nobody listens to after this. */
const ABANDONED_MS = 30_000;
const HEARTBEAT_MS = 1_000;
/** Waiting to be taken; beyond it the pass ends, and the next begins when they are. */
const MOST_WAITING = 20_000;

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
    const { promise: ended, resolve: end } = Promise.withResolvers<null>();
    this.#end = () => end(null);
    const adding = jsm.consumers.add(stream, consumerConfig(next()));
    adding.catch(() => undefined);
    const added = await Promise.race([adding, ended]);
    if (added === null || this.#stopped) return;
    const consumer = await jetstream(connection.nats).consumers.getPushConsumer(stream, added.name);
    let told = 0;
    let over = false;
    const callback = (message: JsMsg): void => {
      if (over) return;
      told += 1;
      over = message.info.deliverySequence !== told || this.#waiting.length >= MOST_WAITING;
      if (over) end(null);
      else this.#add(message);
    };
    const messages = await consumer.consume({ callback });
    void messages.closed().then(this.#end, this.#end);
    void endWhenSilent(messages.status(), this.#end);
    await ended;
    over = true;
    messages.stop();
    jsm.consumers.delete(stream, added.name).catch(() => undefined);
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

async function endWhenSilent(
  notes: AsyncIterable<{ readonly type: string }>,
  end: () => void,
): Promise<void> {
  for await (const { type } of notes) if (type === 'heartbeats_missed') end();
}

const consumerConfig = (from: number) => ({
  name: `follow_${nuid.next()}`,
  deliver_subject: createInbox(),
  deliver_policy: DeliverPolicy.StartSequence,
  opt_start_seq: Math.max(1, from),
  ack_policy: AckPolicy.None,
  mem_storage: true,
  num_replicas: 1,
  inactive_threshold: nanos(ABANDONED_MS),
  flow_control: true,
  idle_heartbeat: nanos(HEARTBEAT_MS),
});
