// Reads the instants that consent tools write. Only forms that name their offset are believed, so that no answer depends on
// the time zone of the machine.

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/;
/** `Thu Oct 01 2026 10:00:00 GMT+0200`, as a browser prints a date. */
const PRINTED = /^[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d{4} \d\d:\d\d:\d\d GMT[+-]\d{4}$/;

/** Years 2000 to 2199: what lies outside was not written by a consent tool. */
const EARLIEST = Date.UTC(2000, 0);
const LATEST = Date.UTC(2200, 0);

const plausible = (at: number): number | null => (at >= EARLIEST && at < LATEST ? at : null);

/** An ISO 8601 instant with offset, in ms since the epoch; null for anything else. */
export const isoInstant = (text: string): number | null =>
  text.length <= 40 && ISO.test(text) ? plausible(Date.parse(text)) : null;

/** What a browser's `Date` prints; the localised zone name in brackets is left out. */
export function printedInstant(text: string): number | null {
  const bare = text.slice(0, 40).split(' (', 1)[0] ?? '';
  return PRINTED.test(bare) ? plausible(Date.parse(bare)) : null;
}

/** Milliseconds since the epoch, as a number. */
export const msInstant = (value: number): number | null =>
  Number.isSafeInteger(value) ? plausible(value) : null;
