// When one destination may be sent to: a pure state machine. It opens after failures in a row, lets a single probe through
// after a growing pause, and keeps every pause a vendor asks for. While it is shut nothing is claimed, so nothing fails by it.

export interface Breaker {
  readonly phase: 'closed' | 'open' | 'probing';
  /** Failed requests in a row. */
  readonly failures: number;
  /** How many times in a row it opened; the pause grows with it. */
  readonly opened: number;
  /** Answers in a row that said "too many". */
  readonly throttled: number;
  /** Monotonic instant before which nothing is sent. */
  readonly until: number;
}

export const CLOSED: Breaker = { phase: 'closed', failures: 0, opened: 0, throttled: 0, until: 0 };

/** What one request told about the vendor. `unused`: a claim led to no request at all. */
export type Sign =
  | { readonly kind: 'answered' }
  | { readonly kind: 'failed' }
  | { readonly kind: 'throttled'; readonly retryAfterMs: number | null }
  | { readonly kind: 'unused' };

export interface Moment {
  /** Monotonic ms. */
  readonly now: number;
  /** Uniform in [0, 1), for jitter. */
  readonly fraction: number;
}

const FAILURES_TO_OPEN = 5;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 5 * 60_000;
/** A vendor may ask for as much as this; what it asks beyond is asked again then. */
const LONGEST_ASKED_MS = 24 * 3_600_000;

/** Doubles each time. Half of it is fixed, half is jitter, so that gateways do not come back in step. */
const pause = (times: number, fraction: number): number => {
  const fullMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(times, 20));
  return fullMs / 2 + (fullMs / 2) * fraction;
};

/** The next state after a sign. */
export function step(breaker: Breaker, sign: Sign, moment: Moment): Breaker {
  switch (sign.kind) {
    case 'answered':
      // An answer to something sent before the pause began does not cut the pause short.
      return breaker.phase === 'open' ? breaker : CLOSED;
    case 'failed':
      return failed(breaker, moment);
    case 'throttled':
      return throttled(breaker, sign.retryAfterMs, moment);
    case 'unused':
      return breaker.phase === 'probing' ? { ...breaker, phase: 'open', until: moment.now } : breaker;
    default:
      return sign satisfies never;
  }
}

function failed(breaker: Breaker, { now, fraction }: Moment): Breaker {
  const failures = breaker.failures + 1;
  // Requests that were under way when it opened say nothing new.
  if (breaker.phase === 'open') return { ...breaker, failures };
  if (breaker.phase === 'closed' && failures < FAILURES_TO_OPEN) return { ...breaker, failures };
  const until = Math.max(breaker.until, now + pause(breaker.opened, fraction));
  return { ...breaker, phase: 'open', failures, opened: breaker.opened + 1, until };
}

function throttled(breaker: Breaker, askedMs: number | null, { now, fraction }: Moment): Breaker {
  const times = breaker.throttled;
  const shortestMs = pause(askedMs === null ? times : -2, fraction);
  const until = now + Math.min(LONGEST_ASKED_MS, Math.max(shortestMs, askedMs ?? 0));
  return { ...breaker, phase: 'open', throttled: times + 1, until: Math.max(breaker.until, until) };
}

/** In how many ms it is worth asking `admit` again; 0: now. A probe under way keeps everything else waiting for its end. */
export function waitMs(breaker: Breaker, now: number): number {
  if (breaker.phase === 'closed') return 0;
  return breaker.phase === 'probing' ? Number.POSITIVE_INFINITY : Math.max(0, breaker.until - now);
}

/** Takes the right to send: everything while closed, one probe once the pause is over, else null. */
export function admit(
  breaker: Breaker,
  now: number,
): { readonly next: Breaker; readonly probe: boolean } | null {
  if (breaker.phase === 'closed') return { next: breaker, probe: false };
  if (breaker.phase === 'probing' || breaker.until > now) return null;
  return { next: { ...breaker, phase: 'probing' }, probe: true };
}
