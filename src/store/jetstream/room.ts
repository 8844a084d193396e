// Whether a partition's stream has room for more rows. Rows are refused while a quarter of it is still free, because what ends them
// has to be written into the same stream: a stream that is full to the brim could never be emptied.

import type { JetStreamManager } from '@nats-io/jetstream';
import { GatewayError } from '../../core/errors.ts';
import type { NatsAddress } from './address.ts';
import { namesOf } from './streams.ts';

/** Of a stream's bytes, for rows. */
const FOR_ROWS = 0.75;
/** How long what is known of a stream counts: gateways may add for so long without knowing of each other. */
const LOOK_MS = 500;
/** Headers, and what the server adds to a message. */
const MESSAGE_BYTES = 120;

export class Room {
  readonly #jsm: JetStreamManager;
  readonly #address: NatsAddress;
  readonly #most: number;
  /** As the server said, and what was added here since. */
  readonly #bytes = new Map<number, number>();
  /** Rows of so many bytes found no room. */
  readonly #refused = new Map<number, number>();
  readonly #asked = new Set<number>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #closed = false;

  constructor(jsm: JetStreamManager, address: NatsAddress) {
    this.#jsm = jsm;
    this.#address = address;
    this.#most = (address.maxBytes / address.partitions) * FOR_ROWS;
  }

  /** Was anything refused for which there is no room yet? */
  get full(): boolean {
    return this.#refused.size > 0;
  }

  /** Throws `store_full` where there is no room for so many bytes more. */
  demand(n: number, bytes: number): void {
    const known = this.#bytes.get(n) ?? 0;
    this.#look(n);
    if (known + bytes > this.#most) {
      this.#refused.set(n, bytes);
      throw new GatewayError('store_full', 'the stream is full; try again later', { retryAfter: 5 });
    }
    this.#bytes.set(n, known + bytes + MESSAGE_BYTES);
  }

  /** The server refused. */
  refused(n: number): void {
    this.#bytes.set(n, Infinity);
    this.#refused.set(n, 0);
    this.#look(n);
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
  }

  /** Asks soon; once for all that is added until then. */
  #look(n: number): void {
    if (this.#asked.has(n) || this.#closed) return;
    this.#asked.add(n);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void this.#ask(n);
    }, LOOK_MS);
    this.#timers.add(timer);
  }

  async #ask(n: number): Promise<void> {
    try {
      const { state } = await this.#jsm.streams.info(namesOf(this.#address.prefix).spool(n));
      this.#bytes.set(n, state.bytes);
      this.#asked.delete(n);
      // What is full is looked at until it is not, so that health and metrics know.
      if (state.bytes + (this.#refused.get(n) ?? 0) > this.#most) this.#look(n);
      else this.#refused.delete(n);
    } catch {
      this.#asked.delete(n);
      this.#look(n);
    }
  }
}
