// What an HTTP answer means where a vendor has no words of its own: a class per status, and how long to wait. Codes are
// `http_<status>` or the vendor's own code reduced to `[a-z0-9_]`; messages are not read.

import type { Reply, Result, VendorRequest } from '../core/delivery.ts';
import { isObject, type Json, type JsonObject } from '../core/json.ts';

const DAY_MS = 86_400_000;

/** The same result for every event of a request. */
export const all = (request: VendorRequest, result: Result): readonly Result[] =>
  request.events.map(() => result);

/** 429: throttled. 5xx, 408 and 425: transient. 2xx: delivered. Anything else: permanent. */
export function byStatus(reply: Reply): Result {
  const code = `http_${reply.status}`;
  if (reply.status >= 200 && reply.status < 300) return { kind: 'delivered' };
  if (reply.status === 429) return { kind: 'throttled', code, retryAfterMs: retryAfterMs(reply) };
  // A 503 that says when to come back is throttling too: waiting less than asked would only prolong it.
  const wait = reply.status === 503 ? retryAfterMs(reply) : null;
  if (wait !== null) return { kind: 'throttled', code, retryAfterMs: wait };
  if (reply.status >= 500 || reply.status === 408 || reply.status === 425) return { kind: 'transient', code };
  return { kind: 'permanent', code };
}

/** Statuses that speak of what the body holds, not of the account or the path. */
export const isAboutBody = ({ status }: Reply): boolean => status === 400 || status === 413 || status === 422;

/** A refusal of the whole request: with several events aboard, each is sent alone to learn which one it was. */
export const splitOrPermanent = (request: VendorRequest, code: string): Result =>
  request.events.length > 1 ? { kind: 'split', code } : { kind: 'permanent', code };

/** `Retry-After` in seconds, or as a date read against the answer's own `Date`; at most a day, null if there is none. */
export function retryAfterMs(reply: Reply): number | null {
  const asked = reply.headers['retry-after']?.trim();
  if (asked === undefined || asked === '') return null;
  if (/^\d{1,9}$/.test(asked)) return Math.min(Number(asked) * 1000, DAY_MS);
  return waitUntil(reply, Date.parse(asked));
}

/** Ms from the answer's `Date` to an instant; null if either cannot be read. */
export function waitUntil(reply: Reply, until: number): number | null {
  const sent = Date.parse(reply.headers['date'] ?? '');
  if (Number.isNaN(sent) || Number.isNaN(until)) return null;
  return Math.min(Math.max(until - sent, 0), DAY_MS);
}

/** The body as a JSON object, or null. Bodies are bounded before they come here. */
export function parsed(body: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** Codes as vendors document them: short numbers, and words in capitals or one word. Anything else may say back what was sent. */
const VENDOR_CODE = /^(?:\d{1,7}|[A-Z]{2,20}(?:_[A-Z]{1,20}){0,5})$/;

/** A vendor's code as one of ours: `SOME_THING` becomes `<prefix>_some_thing`. What is no code gives the fallback. */
export function vendorCode(prefix: string, code: Json | undefined, fallback: string): string {
  if (typeof code !== 'string' && typeof code !== 'number') return fallback;
  if (!VENDOR_CODE.test(String(code))) return fallback;
  const word = String(code)
    .slice(0, 40)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_|_$/g, '');
  return word === '' ? fallback : `${prefix}_${word}`;
}
