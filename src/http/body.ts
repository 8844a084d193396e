// Reads a request body into memory, bounded before and after decompression and over all requests together. What was
// announced as gzip or begins like it is unpacked; any other encoding is refused.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { GatewayError } from '../core/errors.ts';

const unpack = promisify(gunzip);
const EMPTY = new Uint8Array(0);
const ignore = (): void => {};

/** The client went away before its request was complete: there is nobody to answer and nothing to keep. */
export class ClientGone extends Error {
  constructor() {
    super('the client went away before its request was complete');
    this.name = 'ClientGone';
  }
}

/** Bytes of bodies held at one moment by all requests together. */
export class BodyBudget {
  readonly #max: number;
  #held = 0;

  constructor(max: number) {
    this.#max = max;
  }

  take(bytes: number): void {
    if (this.#held + bytes > this.#max)
      throw new GatewayError('overloaded', 'too many bodies at once; try again later', { retryAfter: 2 });
    this.#held += bytes;
  }

  give(bytes: number): void {
    this.#held -= bytes;
  }

  get held(): number {
    return this.#held;
  }

  share(): Share {
    return new Share(this);
  }
}

/** What one request holds of the budget. */
export class Share {
  readonly #budget: BodyBudget;
  #held = 0;

  constructor(budget: BodyBudget) {
    this.#budget = budget;
  }

  take(bytes: number): void {
    this.#budget.take(bytes);
    this.#held += bytes;
  }

  /** To be called when the bytes are not needed any more. */
  release(): void {
    this.#budget.give(this.#held);
    this.#held = 0;
  }
}

export interface BodyLimits {
  readonly bytes: number;
  readonly share: Share;
  /** Told that the body came as gzip. */
  readonly onPacked?: () => void;
}

const tooLarge = (): GatewayError =>
  new GatewayError('body_too_large', 'the body is larger than this path takes');

function checkHead(request: IncomingMessage, limit: number): void {
  const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? '';
  if (encoding !== '' && encoding !== 'gzip' && encoding !== 'x-gzip' && encoding !== 'identity')
    throw new GatewayError('unsupported_encoding', 'send the body as it is or with `content-encoding: gzip`');
  // The parser has refused lengths that are not plain digits.
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge();
}

const isGzip = (request: IncomingMessage, bytes: Uint8Array): boolean =>
  /gzip/i.test(request.headers['content-encoding'] ?? '') || (bytes[0] === 0x1f && bytes[1] === 0x8b);

/**
 * What unpacking yields is unknown before it is there, so only so many bodies are unpacked at once; the others wait packed.
 * Otherwise a thousand small bombs together would take a thousand times the limit.
 */
class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  async during<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}

const unpacking = new Turns(16);

async function unpackGzip(bytes: Uint8Array, limit: number): Promise<Uint8Array> {
  try {
    return await unpack(bytes, { maxOutputLength: limit });
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge();
    throw new GatewayError('unreadable_body', 'the body is not complete gzip data');
  }
}

async function unpacked(packed: Uint8Array, limits: BodyLimits): Promise<Uint8Array> {
  limits.onPacked?.();
  return unpacking.during(async () => {
    const bytes = await unpackGzip(packed, limits.bytes);
    limits.share.take(bytes.length);
    return bytes;
  });
}

/**
 * Rejects with `GatewayError` for what is refused and `ClientGone` when the client left before the end. After a refusal the rest
 * of the body flows away unread, within the request timeout.
 */
export function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  limits: BodyLimits,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    checkHead(request, limits.bytes);
    if (request.headers.expect !== undefined) response.writeContinue();
    const chunks: Buffer[] = [];
    let size = 0;
    let over = false;
    const onData = (chunk: Buffer): void => {
      if (over) return;
      size += chunk.length;
      try {
        if (size > limits.bytes) throw tooLarge();
        limits.share.take(chunk.length);
        chunks.push(chunk);
      } catch (error) {
        over = true;
        chunks.length = 0;
        reject(error instanceof Error ? error : tooLarge());
      }
    };
    const onEnd = (): void => {
      if (over) return;
      over = true;
      const bytes = chunks.length === 1 ? (chunks[0] ?? EMPTY) : Buffer.concat(chunks, size);
      resolve(size > 0 && isGzip(request, bytes) ? unpacked(bytes, limits) : bytes);
    };
    // Comes after the end of every request, too.
    const onGone = (): void => {
      if (!over) reject(new ClientGone());
    };
    // `close` follows every `error`; the listener for `error` stays, since an error nobody listens to ends the process.
    request.on('data', onData).on('end', onEnd).on('close', onGone).on('error', ignore);
  });
}

/** Reads a body and makes something of it; the bytes are not needed afterwards. Throws what `readBody` and `use` throw. */
export async function withBody<T>(
  { req, res }: { readonly req: IncomingMessage; readonly res: ServerResponse },
  { bytes, budget }: { readonly bytes: number; readonly budget: BodyBudget },
  use: (body: Uint8Array) => T,
): Promise<T> {
  const share = budget.share();
  try {
    return use(await readBody(req, res, { bytes, share }));
  } finally {
    share.release();
  }
}
