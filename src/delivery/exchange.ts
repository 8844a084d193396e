// One request under way: collects the answer for undici's dispatch, remembers whether anything was written, and ends exactly
// once, by the answer, an error, the overall timeout or an interruption.

import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { Reply } from '../core/delivery.ts';
import { failureOf, type Failure, type FailureCode } from './classify.ts';
import type { After } from './ports.ts';

/** What came of sending: an answer, or the reason why there is none. */
export type Sent = { readonly reply: Reply } | { readonly failure: Failure };

const BODY_BYTES = 64 * 1024;
const HEADER_CHARS = 256;
const HEADERS_KEPT = 16;

export class Exchange implements Dispatcher.DispatchHandler {
  readonly outcome: Promise<Sent>;
  readonly #end: (sent: Sent) => void;
  readonly #cancelTimeout: () => void;
  readonly #chunks: Buffer[] = [];
  #controller: Dispatcher.DispatchController | null = null;
  #bytes = 0;
  #status = 0;
  #headers: Readonly<Record<string, string>> = {};
  #ended = false;

  constructor(timeoutMs: number, after: After) {
    const { promise, resolve } = Promise.withResolvers<Sent>();
    this.outcome = promise;
    this.#end = resolve;
    this.#cancelTimeout = after(timeoutMs, () => this.interrupt('timeout'));
  }

  /** Called when a connection is there and the request is about to be written to it. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#ended) controller.abort(new Error('ended before it was sent'));
    else this.#controller = controller;
  }

  /** Also for interim answers (1xx); the last one counts. */
  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    this.#status = status;
    this.#headers = kept(headers);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const room = BODY_BYTES - this.#bytes;
    this.#chunks.push(chunk.length > room ? chunk.subarray(0, room) : chunk);
    this.#bytes += chunk.length;
    if (this.#bytes <= BODY_BYTES) return;
    this.#finish({ reply: this.#reply() });
    controller.abort(new Error('the answer is longer than what is read of it'));
  }

  onResponseEnd(): void {
    this.#finish({ reply: this.#reply() });
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#finish({ failure: failureOf(error, this.#controller !== null) });
  }

  /** Ends it now. Nothing written: it never began; something written: its fate is open. */
  interrupt(code: 'timeout' | 'stopped'): void {
    const written = this.#controller !== null;
    const before: FailureCode = code === 'timeout' ? 'connect_timeout' : 'stopped';
    this.#finish({ failure: { written, code: written ? code : before } });
    this.#controller?.abort(new Error('interrupted'));
  }

  #finish(sent: Sent): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#cancelTimeout();
    this.#end(sent);
  }

  #reply(): Reply {
    const body = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks);
    return { status: this.#status, headers: this.#headers, body: body?.toString('utf8') ?? '' };
  }
}

/** Only what says when to come back (`date` is what vendors count from) and how to read the body. */
function kept(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  const result: Record<string, string> = {};
  let count = 0;
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase();
    if (value === undefined || !isKept(lower)) continue;
    if (++count > HEADERS_KEPT) break;
    result[lower] = (typeof value === 'string' ? value : value.join(', ')).slice(0, HEADER_CHARS);
  }
  return result;
}

const isKept = (name: string): boolean =>
  name === 'retry-after' ||
  name === 'content-type' ||
  name === 'date' ||
  (name.startsWith('x-') && (name.includes('ratelimit') || name.includes('rate-limit')));
