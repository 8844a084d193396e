// Work on what one worker alone remembers, such as a visit that is recorded: done by the worker that is its home, whichever took the
// request. What waits for other workers is bounded in number, bytes and time; one that dies or stops answers nothing, and the asker
// is told so. It goes by the thread that owns the store, which knows who is alive: measured, 19 µs of that thread an upload of 30 KB,
// where cleaning one takes a millisecond.

import { hash } from 'node:crypto';
import { GatewayError } from '../core/errors.ts';
import { errorOf, failureOf } from './protocol.ts';
import type { FromWorker, Handed, Handled } from './protocol.ts';

/** Data, with a body. */
export interface Work {
  readonly body: Uint8Array;
}

export interface HomesOptions<W extends Work, A> {
  /** Which worker this is, from 0. */
  readonly seat: number;
  /** How many there are. */
  readonly among: number;
  /** Does the work whose home is here. */
  readonly work: (work: W) => Promise<A>;
  readonly post: (message: FromWorker, transfer: readonly ArrayBuffer[]) => void;
  /** Default: see there. */
  readonly waitMs?: number;
  readonly waitingBytes?: number;
}

/** A vendor is waited for 12 s, and the recorder gives up after 15 s. */
const WAIT_MS = 13_500;
/** Bodies under way to other workers, shared by all. */
const WAITING_BYTES = 64 * 1024 * 1024;
/** Also of work whose bodies are small. */
const WAITING_COUNT = 4000;

interface Waiting<A> {
  readonly bytes: number;
  readonly late: NodeJS.Timeout;
  resolve(answer: A): void;
  reject(error: Error): void;
}

const elsewhere = (): GatewayError =>
  new GatewayError('overloaded', 'the worker that knows this visit does not answer; try again', {
    retryAfter: 1,
  });

/** The same for the same key at every worker, also after any of them was begun anew; keys spread evenly. */
export const homeOf = (key: string, among: number): number =>
  among === 1 ? 0 : Number.parseInt(hash('sha256', key, 'hex').slice(0, 8), 16) % among;

/** `W` and `A` survive the way between threads. */
export class Homes<W extends Work, A> {
  readonly #options: HomesOptions<W, A>;
  readonly #waiting = new Map<number, Waiting<A>>();
  readonly #working = new Set<Promise<void>>();
  #bytes = 0;
  #calls = 0;

  constructor(options: HomesOptions<W, A>) {
    this.#options = options;
  }

  isHere(key: string): boolean {
    const { seat, among } = this.#options;
    return homeOf(key, among) === seat;
  }

  /** To its home. Rejects with what the work threw there, or with `overloaded` where nobody does it. */
  hand(key: string, work: W): Promise<A> {
    const { among, post } = this.#options;
    // Handed over whole: a body that shares its memory with others would take them along. 1 MB is copied in 0.1 ms.
    const body = new Uint8Array(work.body);
    const answer = this.#ask(body.length);
    if (answer === null) return Promise.reject(elsewhere());
    const call = this.#calls;
    post({ kind: 'hand', call, to: homeOf(key, among), work: { ...work, body } }, [body.buffer]);
    return answer;
  }

  /** Does what another worker hands over. */
  serve(number: number, work: Handed): void {
    const done = this.#serve(number, work as W).finally(() => this.#working.delete(done)); // as `hand` posts it
    this.#working.add(done);
  }

  /** The home's answer to a call; null: there is none to come. */
  answered(call: number, handled: Handled | null): void {
    const waiting = this.#forget(call);
    if (handled === null) waiting?.reject(elsewhere());
    else if ('failure' in handled) waiting?.reject(errorOf(handled.failure));
    else waiting?.resolve(handled.answer as A); // as `serve` posts it
  }

  /** Resolves when nothing that others handed over is under way. */
  async idle(): Promise<void> {
    while (this.#working.size > 0) await Promise.all(this.#working);
  }

  /** Waits for no other worker any longer. */
  close(): void {
    for (const call of this.#waiting.keys()) this.answered(call, null);
  }

  async #serve(number: number, work: W): Promise<void> {
    const { post } = this.#options;
    const handled = await this.#options.work(work).then(
      (answer): Handled => ({ answer }),
      (error: unknown): Handled => ({ failure: failureOf(error) }),
    );
    post({ kind: 'handled', number, handled }, []);
  }

  #ask(bytes: number): Promise<A> | null {
    const { waitMs = WAIT_MS, among, waitingBytes = WAITING_BYTES } = this.#options;
    // What comes alone is taken whatever its size: it would not fit later either.
    if (this.#bytes > 0 && this.#bytes + bytes > waitingBytes / among) return null;
    if (this.#waiting.size >= WAITING_COUNT / among) return null;
    this.#calls += 1;
    this.#bytes += bytes;
    const call = this.#calls;
    return new Promise<A>((resolve, reject) => {
      const late = setTimeout(() => this.answered(call, null), waitMs);
      this.#waiting.set(call, { bytes, late, resolve, reject });
    });
  }

  #forget(call: number): Waiting<A> | undefined {
    const waiting = this.#waiting.get(call);
    if (waiting === undefined) return undefined;
    this.#waiting.delete(call);
    this.#bytes -= waiting.bytes;
    clearTimeout(waiting.late);
    return waiting;
  }
}
