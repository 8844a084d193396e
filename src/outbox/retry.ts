// When to try again, as a pure schedule: exponential backoff with full jitter, never sooner than the vendor asked, never
// beyond the time the route gives. What cannot be repeated without counting twice ends as `uncertain`.

import type { Outcome, Result } from '../core/delivery.ts';

export const SHORTEST_MS = 1_000;
export const LONGEST_MS = 3_600_000;

/** A `split` result is not an attempt's end: the worker sends each event alone and asks again with what came of it. */
export type AttemptResult = Exclude<Result, { readonly kind: 'split' }>;

export interface Attempted {
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** When the delivery was first due, wall clock ms. */
  readonly firstAt: number;
  readonly now: number;
  readonly retryForMs: number;
  readonly result: AttemptResult;
  /** Does the vendor drop repetitions of the same key? */
  readonly dedupes: boolean;
  readonly onUncertain: 'settle' | 'resend';
  /** Uniform in [0, 1). */
  readonly fraction: number;
}

export type Retry = { readonly retryAt: number; readonly code: string };

/** What follows from one attempt: an outcome, or the instant of the next attempt. */
export function nextAttempt(attempted: Attempted): Retry | Outcome {
  const { result } = attempted;
  switch (result.kind) {
    case 'delivered':
      return { name: 'delivered', code: null };
    case 'permanent':
      return { name: 'rejected', code: result.code };
    case 'uncertain':
      if (!attempted.dedupes && attempted.onUncertain === 'settle')
        return { name: 'uncertain', code: result.code };
      return again(attempted, result.code, 0);
    case 'throttled':
      return again(attempted, result.code, result.retryAfterMs ?? 0);
    case 'transient':
      return again(attempted, result.code, 0);
    default:
      return result satisfies never;
  }
}

/** The last attempt happens at the end of the route's time; failing there, the delivery has expired. */
function again(attempted: Attempted, code: string, atLeastMs: number): Retry | Outcome {
  const { now, attempt, fraction } = attempted;
  const deadline = attempted.firstAt + attempted.retryForMs;
  if (now >= deadline) return { name: 'expired', code };
  const wait = Math.max(backoffMs(attempt, fraction), atLeastMs);
  return { retryAt: Math.min(now + wait, deadline), code };
}

/** Full jitter: uniform between the shortest wait and a ceiling that doubles with each attempt. */
export function backoffMs(attempt: number, fraction: number): number {
  const ceiling = Math.min(LONGEST_MS, SHORTEST_MS * 2 ** Math.max(1, attempt));
  return Math.round(SHORTEST_MS + fraction * (ceiling - SHORTEST_MS));
}
