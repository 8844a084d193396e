// When an event happened, from what the client says and when its request came in. A client must gain nothing by a time it
// made up: whether consent covers an event hangs on it.
//
// - Skew: `sentAt` is the client's clock at the moment of sending, so `receivedAt - sentAt` corrects everything else it dates.
//   That can move an event to a later time, but never later than the request, which is what a client gets by naming no time.
// - Future: moved back to the request. Earlier is never a gain: a grant covers what comes after it.
// - Past: a time more than a year ago is not believed. A clamp to "a year ago" would move an event forward, past a consent
//   that it preceded. So it goes the other way, to an instant before any consent there is.

import type { ClockMark } from '../core/event.ts';

export interface Moment {
  readonly occurredAt: number;
  readonly clock: ClockMark;
}

export interface ClaimedTimes {
  /** ms since the epoch by the client's clock, or null. */
  readonly claimedAt: number | null;
  readonly sentAt: number | null;
  readonly receivedAt: number;
}

/** Ahead by so much is still a clock that runs a little fast. */
const FUTURE_MS = 5 * 60_000;
const PAST_MS = 366 * 86_400_000;
/** Where unbelievably old events go: 2000-01-01, before any consent a gateway could be shown. */
export const BEFORE_ANY_CONSENT = Date.UTC(2000, 0, 1);
/** Less than that is the journey of the request, not a wrong clock. */
const JOURNEY_MS = 1000;

const ISO =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?)\s?(Z|z|[+-]\d{2}:?\d{2})?)?$/;
/** Numbers below are seconds, above are milliseconds: the border is the year 5138 as seconds, 1973 as milliseconds. */
const MS_FROM = 1e11;
const LAST_MS = 253_402_300_799_999; // end of the year 9999

/** Number in the digits from `at` to `end`; NaN where one is none. */
function digits(text: string, at: number, end: number): number {
  let number = 0;
  for (let index = at; index < end; index += 1) {
    const digit = text.charCodeAt(index) - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    number = number * 10 + digit;
  }
  return number;
}

/**
 * `2026-11-20T12:00:00.000Z`, as `toISOString` writes it and so nearly every client; null where it is not that, or near an
 * edge that the general reading has to judge; a day that its month does not have runs over into the next in both. 0.1 µs, where
 * expression and `Date.parse` take 0.7.
 */
function readUsual(text: string): number | null {
  if (text.length !== 24 || text.charCodeAt(23) !== 90 /* Z */ || text.charCodeAt(10) !== 84 /* T */)
    return null;
  if (text[4] !== '-' || text[7] !== '-' || text[13] !== ':' || text[16] !== ':' || text[19] !== '.')
    return null;
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 7);
  const day = digits(text, 8, 10);
  const hours = digits(text, 11, 13);
  const minutes = digits(text, 14, 16);
  const seconds = digits(text, 17, 19);
  const ms = digits(text, 20, 23);
  const usual = year >= 1970 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
  if (!usual || !(hours < 24 && minutes < 60 && seconds < 60 && ms < 1000)) return null;
  return Date.UTC(year, month - 1, day, hours, minutes, seconds, ms);
}

/** ISO 8601 text (UTC where it names no offset) or a number of seconds or milliseconds; null for anything else. */
export function readInstant(value: unknown): number | null {
  if (typeof value === 'number') {
    if (!Number.isFinite(value) || value < 0) return null;
    const ms = Math.floor(value < MS_FROM ? value * 1000 : value);
    return ms > LAST_MS ? null : ms;
  }
  if (typeof value !== 'string' || value.length > 40) return null;
  const usual = readUsual(value);
  if (usual !== null) return usual;
  const match = ISO.exec(value);
  if (match === null) return null;
  const [, date, time = '00:00', offset = 'Z'] = match;
  const parsed = Date.parse(`${date}T${time.replace(',', '.')}${offset.toUpperCase()}`);
  return Number.isNaN(parsed) ? null : parsed;
}

/** Corrects by skew, then clamps. Never later than the request. */
export function settleClock({ claimedAt, sentAt, receivedAt }: ClaimedTimes): Moment {
  if (claimedAt === null) return { occurredAt: receivedAt, clock: 'received' };
  const skew = sentAt === null ? 0 : receivedAt - sentAt;
  const skewed = Math.abs(skew) >= JOURNEY_MS;
  const at = skewed ? claimedAt + skew : claimedAt;
  if (at > receivedAt + FUTURE_MS) return { occurredAt: receivedAt, clock: 'clamped_future' };
  if (at < receivedAt - PAST_MS) return { occurredAt: BEFORE_ANY_CONSENT, clock: 'clamped_past' };
  return { occurredAt: Math.min(at, receivedAt), clock: skewed ? 'skew_corrected' : 'client' };
}
