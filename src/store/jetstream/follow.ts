// Follows a stream from a sequence number on, in order and without gaps, for ever: through reconnects and elections it goes on
// where it was. Messages come in bunches, so that each bunch can be one transaction.

import { setTimeout as pause } from 'node:timers/promises';
import type { ConsumerMessages, JetStreamClient, JsMsg } from '@nats-io/jetstream';
import type { Log } from '../../core/ports.ts';

const AGAIN_MS = 200;
/** Fetched ahead. */
const AHEAD = 1000;
const HEARTBEAT_MS = 1_000;
const EXPIRES_MS = 5_000;

export interface FollowOptions {
  readonly js: JetStreamClient;
  readonly stream: string;
  /** Where to begin; asked again after every interruption. */
  readonly next: () => number;
  /** What it throws ends the following. */
  readonly bunch: (messages: readonly JsMsg[]) => Promise<void>;
  readonly failed: (error: unknown) => void;
  readonly log: Log;
}

export class Follower {
  readonly #options: FollowOptions;
  #messages: ConsumerMessages | null = null;
  #stopped = false;

  constructor(options: FollowOptions) {
    this.#options = options;
    void this.#run();
  }

  stop(): void {
    this.#stopped = true;
    this.#messages?.stop();
  }

  async #run(): Promise<void> {
    let quiet = false;
    while (!this.#stopped) {
      try {
        const messages = await this.#open();
        quiet = false;
        await this.#read(messages);
      } catch (error) {
        if (error instanceof BunchFailed) {
          this.#options.failed(error.cause);
          return;
        }
        if (!quiet && !this.#stopped) this.#options.log.warn('stream_follow_failed', {});
        quiet = true;
      } finally {
        this.#messages?.stop();
        this.#messages = null;
      }
      if (!this.#stopped) await pause(AGAIN_MS);
    }
  }

  async #open(): Promise<ConsumerMessages> {
    const { js, stream, next } = this.#options;
    const consumer = await js.consumers.get(stream, {
      deliver_policy: 'by_start_sequence',
      opt_start_seq: Math.max(1, next()),
    });
    this.#messages = await consumer.consume({
      max_messages: AHEAD,
      idle_heartbeat: HEARTBEAT_MS,
      expires: EXPIRES_MS,
    });
    return this.#messages;
  }

  async #read(messages: ConsumerMessages): Promise<void> {
    let bunch: JsMsg[] = [];
    let taking: Promise<void> | null = null;
    let failure: BunchFailed | null = null;
    const take = async (): Promise<void> => {
      await new Promise(setImmediate);
      while (bunch.length > 0 && !this.#stopped) {
        const taken = bunch;
        bunch = [];
        await this.#options.bunch(taken);
      }
    };
    for await (const message of messages) {
      if (this.#stopped) return;
      bunch.push(message);
      taking ??= take()
        .catch((cause: unknown) => {
          failure = new BunchFailed('a bunch could not be taken', { cause });
        })
        .finally(() => (taking = null));
      if (bunch.length >= AHEAD) await taking;
      if (failure !== null) throw failure;
    }
    await taking;
    if (failure !== null) throw failure;
  }
}

class BunchFailed extends Error {}
