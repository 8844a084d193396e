// What it means that no answer of the vendor can be read: by value, from how far the request had come. Nothing written is
// safe to repeat; something written may have counted, and only a vendor that drops repetitions lets us try again.

import { errors } from 'undici';
import type { Reply, Result, VendorRequest } from '../core/delivery.ts';
import type { DestinationType } from '../core/plugin.ts';

/** A request that got no answer. `written`: bytes may have reached the vendor. */
export interface Failure {
  readonly written: boolean;
  readonly code: FailureCode;
}

/** Codes of failures without an answer; `retry`: would another try, later, be of use? */
export const FAILURES = {
  connect_refused: { retry: true, means: 'nobody listens at the address' },
  connect_timeout: { retry: true, means: 'no connection within the time allowed' },
  connect_failed: { retry: true, means: 'the connection could not be made' },
  dns_failed: { retry: true, means: 'the name does not resolve' },
  tls_failed: { retry: true, means: 'the certificate or handshake was not accepted' },
  timeout: { retry: true, means: 'no complete answer within the time allowed' },
  connection_lost: { retry: true, means: 'the connection ended before the answer was complete' },
  reply_garbled: { retry: true, means: 'the answer is not HTTP' },
  reply_unreadable: { retry: true, means: 'the answer does not say what became of the event' },
  stopped: { retry: true, means: 'the gateway stopped before the answer came' },
  private_address: { retry: false, means: 'the address is private and the routing file does not allow that' },
  scheme_not_allowed: { retry: false, means: 'the address is neither http nor https' },
  header_not_allowed: { retry: false, means: 'the request states a header that only the gateway may set' },
  request_invalid: { retry: false, means: 'the request cannot be put on the wire as it was built' },
  not_permitted: { retry: false, means: 'the request carries something that was not permitted' },
} as const satisfies Record<string, { retry: boolean; means: string }>;
export type FailureCode = keyof typeof FAILURES;

const BEFORE: ReadonlyMap<string, FailureCode> = new Map([
  ['SLUIS_PRIVATE_ADDRESS', 'private_address'],
  ['ECONNREFUSED', 'connect_refused'],
  ['ETIMEDOUT', 'connect_timeout'],
  ['UND_ERR_CONNECT_TIMEOUT', 'connect_timeout'],
  ['ENOTFOUND', 'dns_failed'],
  ['EAI_AGAIN', 'dns_failed'],
  ['EAI_FAIL', 'dns_failed'],
  ['EAI_NODATA', 'dns_failed'],
  ['EPROTO', 'tls_failed'],
  ['UND_ERR_INVALID_ARG', 'request_invalid'],
  ['UND_ERR_NOT_SUPPORTED', 'request_invalid'],
  ['UND_ERR_REQ_CONTENT_LENGTH_MISMATCH', 'request_invalid'],
]);
const AFTER: ReadonlyMap<string, FailureCode> = new Map([
  ['UND_ERR_HEADERS_TIMEOUT', 'timeout'],
  ['UND_ERR_BODY_TIMEOUT', 'timeout'],
  ['UND_ERR_HEADERS_OVERFLOW', 'reply_garbled'],
]);
/** OpenSSL's and Node's names for certificates that are not accepted. */
const TLS = /^(?:ERR_TLS|ERR_SSL|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO|HOSTNAME_MISMATCH)/;

/** The failure that an error of the client stands for. Reads its code, never its message. */
export function failureOf(error: unknown, written: boolean): Failure {
  const code = codeOf(error);
  if (!written)
    return { written, code: BEFORE.get(code) ?? (TLS.test(code) ? 'tls_failed' : 'connect_failed') };
  if (error instanceof errors.HTTPParserError) return { written, code: 'reply_garbled' };
  return { written, code: AFTER.get(code) ?? 'connection_lost' };
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}

/** The result that a failure means for every event of the request. */
export function resultOf(failure: Failure, dedupes: boolean): Result {
  if (!FAILURES[failure.code].retry) return { kind: 'permanent', code: failure.code };
  return { kind: failure.written && !dedupes ? 'uncertain' : 'transient', code: failure.code };
}

/** Reads an answer by the vendor's own rules; a reading that throws or is incomplete is no reading. */
export function readReply(
  type: Pick<DestinationType, 'read' | 'dedupes'>,
  reply: Reply,
  request: VendorRequest,
): readonly Result[] {
  const unreadable = resultOf({ written: true, code: 'reply_unreadable' }, type.dedupes);
  try {
    const results = type.read(reply, request);
    return request.events.map((_, index) => clean(results[index] ?? unreadable));
  } catch {
    return request.events.map(() => unreadable);
  }
}

/** A vendor's own words never get past here: codes are cut to `[a-z0-9_]` whatever the destination made of them. */
function clean(result: Result): Result {
  if (result.kind === 'delivered') return result;
  const code =
    result.code
      .slice(0, 64)
      .toLowerCase()
      .replaceAll(/[^a-z0-9_]/g, '_') || 'unnamed';
  if (result.kind !== 'throttled') return code === result.code ? result : { ...result, code };
  const askedMs = result.retryAfterMs;
  return { ...result, code, retryAfterMs: askedMs !== null && askedMs >= 0 ? askedMs : null };
}
