// What the thread that owns the store and a worker tell each other. Each side sends in order, and the other takes it in that order;
// what is frequent goes as one flat array a burst.

import type { ConfigSource } from '../config/source.ts';
import type { ErrorCode } from '../core/errors.ts';
import { GatewayError } from '../core/errors.ts';
import type { Change } from '../outbox/said.ts';
import type { Piece, PieceReader } from '../store/carried.ts';

/** Calls, as the first of their pieces says. */
export const CALLS = { accept: 0, deny: 1, ready: 2 } as const;

/** What a worker begins with; all that changes later is told by messages. */
export interface Start {
  readonly config: Config;
  readonly said: readonly Change[];
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** On trial: what snapshots are redirected to. */
  readonly redirection: {
    readonly endpoints: Readonly<Record<string, string>>;
    readonly origins: readonly string[];
  } | null;
  readonly port: number;
  /** Which of the workers it is, from 0; one begun anew has the number of the one before. */
  readonly seat: number;
  /** How many workers there are. */
  readonly among: number;
}

/** A worker that loads the source and comes to another digest ends. */
export interface Config {
  readonly source: ConfigSource;
  readonly digest: string;
}

export type Asked = 'series' | 'decisions';

export type ToWorker =
  | { readonly kind: 'listen' }
  | { readonly kind: 'answers'; readonly done: readonly number[]; readonly others: readonly Other[] }
  | { readonly kind: 'said'; readonly change: Change }
  | { readonly kind: 'config'; readonly config: Config }
  /** To be answered once all that was told before is in force, and all that was judged before is on its way. */
  | { readonly kind: 'sync'; readonly number: number }
  | { readonly kind: 'ask'; readonly number: number; readonly what: Asked }
  /** Work that another worker took, whose home is here. */
  | { readonly kind: 'work'; readonly number: number; readonly work: Handed }
  /** What became of work that was handed over; null: its home is not there. */
  | { readonly kind: 'handled'; readonly call: number; readonly handled: Handled | null }
  | { readonly kind: 'stop'; readonly deadlineMs: number };

export type FromWorker =
  /** It follows what is told, and listens when it is told to. */
  | { readonly kind: 'loaded' }
  | { readonly kind: 'listening' }
  | { readonly kind: 'failed'; readonly failure: Failure }
  | { readonly kind: 'calls'; readonly pieces: readonly Piece[] }
  | { readonly kind: 'answer'; readonly number: number; readonly value: unknown }
  /** Work whose home is worker number `to`. */
  | { readonly kind: 'hand'; readonly call: number; readonly to: number; readonly work: Handed }
  | { readonly kind: 'handled'; readonly number: number; readonly handled: Handled };

/** Work as data. The memory of its body goes along to whoever gets it. */
export interface Handed {
  readonly body: Uint8Array<ArrayBuffer>;
}
export type Handled = { readonly answer: unknown } | { readonly failure: Failure };

/** An answer that is not two numbers. */
export type Other =
  { readonly call: number; readonly failure: Failure } | { readonly call: number; readonly value: unknown };

export type Failure =
  | { readonly code: ErrorCode; readonly message: string; readonly retryAfter: number | null }
  | { readonly name: string; readonly message: string; readonly stack: string };

/** An error as data: a class does not survive the way from thread to thread. */
export function failureOf(error: unknown): Failure {
  if (error instanceof GatewayError)
    return { code: error.code, message: error.message, retryAfter: error.retryAfter };
  if (!(error instanceof Error)) return { name: typeof error, message: '', stack: '' };
  return { name: error.name, message: error.message, stack: error.stack ?? '' };
}

export function errorOf(failure: Failure): Error {
  const { message } = failure;
  if (!('code' in failure)) return Object.assign(new Error(message), failure);
  const { code, retryAfter } = failure;
  return new GatewayError(code, message, retryAfter === null ? {} : { retryAfter });
}

/** Reads pieces one after the other; what is not there, or of another type, was not written by this version of the gateway. */
export class Pieces implements PieceReader {
  readonly #pieces: readonly Piece[];
  #at = 0;

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces;
  }

  get more(): boolean {
    return this.#at < this.#pieces.length;
  }

  text(): string {
    const piece = this.#next();
    if (typeof piece !== 'string') throw new TypeError('a message between threads is not as it should be');
    return piece;
  }

  number(): number {
    const piece = this.#next();
    if (typeof piece !== 'number') throw new TypeError('a message between threads is not as it should be');
    return piece;
  }

  #next(): Piece | undefined {
    const piece = this.#pieces[this.#at];
    this.#at += 1;
    return piece;
  }
}
