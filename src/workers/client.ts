// The outbox as a worker has it: calls go to the thread that owns it, in order. What is to be kept goes as one message at a time, and
// whatever comes meanwhile makes the next: the owner would let it wait for the same commit, and each message wakes it up
// (measured: 9 µs an event where every burst was a message). What waits for answers is bounded.

import type { Accepted, Admission } from '../core/ports.ts';
import { overloaded } from '../outbox/flights.ts';
import { ADMISSION_BYTES, DELIVERY_BYTES } from '../outbox/outbox.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { carry } from '../store/carried.ts';
import type { Piece } from '../store/carried.ts';
import { CALLS, errorOf } from './protocol.ts';
import type { Other } from './protocol.ts';

interface Waiting {
  readonly bytes: number;
  /** Is it a call of `accept`? */
  readonly keeps: boolean;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export interface ClientOptions {
  /** Sends the pieces of calls. */
  readonly post: (pieces: readonly Piece[]) => void;
  /** Bytes of requests that may wait for their answers; beyond, `overloaded`. */
  readonly waitingBytes: number;
}

const NOTHING: Accepted = { accepted: 0, duplicates: 0 };

export class OutboxClient implements Pick<Outbox, 'accept' | 'deny'> {
  readonly #options: ClientOptions;
  readonly #waiting = new Map<number, Waiting>();
  #pieces: Piece[] = [];
  #bytes = 0;
  #calls = 0;
  #scheduled = false;
  /** Calls of `accept` that were sent and are not answered. */
  #flying = 0;
  /** Those that were not sent yet. */
  #held = 0;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  accept(admissions: readonly Admission[], bytes = 0): Promise<Accepted> {
    if (admissions.length === 0) return Promise.resolve(NOTHING);
    let weight = bytes;
    for (const { events } of admissions) {
      weight += ADMISSION_BYTES;
      for (const { destinations } of events) weight += destinations.length * DELIVERY_BYTES;
    }
    // What comes alone is taken whatever its size, as the outbox does.
    if (this.#bytes > 0 && this.#bytes + weight > this.#options.waitingBytes)
      return Promise.reject(overloaded());
    const head = this.#pieces.length;
    try {
      this.#pieces.push(CALLS.accept, this.#calls + 1, bytes, admissions.length);
      for (const admission of admissions) carry(admission, this.#pieces);
    } catch (error) {
      this.#pieces.length = head; // half a call must not go
      throw error;
    }
    this.#held += 1;
    if (this.#flying === 0 && !this.#scheduled) this.#schedule();
    return this.#called<Accepted>(weight, true);
  }

  async deny(subjects: readonly string[], destinations: readonly string[], at: number): Promise<void> {
    if (destinations.length === 0 || subjects.length === 0) return;
    this.#pieces.push(CALLS.deny, this.#calls + 1, at, JSON.stringify([subjects, destinations]));
    await this.#atOnce<Accepted>();
  }

  /** Why the gateway should get no traffic, as the owner sees it. */
  ready<T>(): Promise<T> {
    this.#pieces.push(CALLS.ready, this.#calls + 1);
    return this.#atOnce<T>();
  }

  /** Sends what was called until now. */
  flush(): void {
    if (this.#pieces.length === 0) return;
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#flying += this.#held;
    this.#held = 0;
    this.#options.post(pieces);
  }

  /** Answers of the owner: of each call that took something its number and two more, the others apart. */
  answered(done: readonly number[], others: readonly Other[]): void {
    for (let at = 0; at < done.length; at += 3)
      this.#take(done[at] ?? -1)?.resolve({ accepted: done[at + 1] ?? 0, duplicates: done[at + 2] ?? 0 });
    for (const other of others) {
      const waiting = this.#take(other.call);
      if ('failure' in other) waiting?.reject(errorOf(other.failure));
      else waiting?.resolve(other.value);
    }
    if (this.#flying === 0) this.flush();
  }

  #take(call: number): Waiting | undefined {
    const waiting = this.#waiting.get(call);
    this.#waiting.delete(call);
    this.#bytes -= waiting?.bytes ?? 0;
    if (waiting?.keeps === true) this.#flying -= 1;
    return waiting;
  }

  /** A call that waits for nothing but what follows from the same moment, and takes along what was called before it. */
  #atOnce<T>(): Promise<T> {
    const answer = this.#called<T>(0, false);
    if (!this.#scheduled) this.#schedule();
    return answer;
  }

  /** The call whose pieces were written. `T` is what the owner answers to it. */
  #called<T>(bytes: number, keeps: boolean): Promise<T> {
    this.#calls += 1;
    this.#bytes += bytes;
    const call = this.#calls;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(call, { bytes, keeps, resolve: (value) => resolve(value as T), reject }); // as calls.ts answers it
    });
  }

  #schedule(): void {
    this.#scheduled = true;
    process.nextTick(() => {
      this.#scheduled = false;
      this.flush();
    });
  }
}
