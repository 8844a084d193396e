// Reads the cookie of Cookiebot, which looks like a JavaScript object but is never run as one. Only an explicit choice counts:
// implied consent of other regions and a banner still open say nothing.

import type { PurposeMapping } from '../../core/config.ts';
import type { Claim } from '../../core/consent.ts';
import type { ConsentReader } from '../../core/plugin.ts';
import { categoryClaim } from '../claims.ts';
import { cookieClaims } from '../cookieClaims.ts';
import { msInstant } from '../dates.ts';
import { unwrapped } from '../places.ts';

const SOURCE = 'cookiebot';
export const COOKIEBOT_COOKIE = 'CookieConsent';

/** One `key:value` and what ends it: a quoted text, a number or a boolean. Sticky, so the text must be made of nothing else. */
const PAIR = /([A-Za-z][A-Za-z0-9_]{0,31}):(?:'([^'\\]{0,4096})'|(-?\d{1,15}|true|false))([,}])/y;

/** The literal's fields as text; null if it is anything but one flat object with each key once. */
function fieldsOf(literal: string): ReadonlyMap<string, string> | null {
  const fields = new Map<string, string>();
  PAIR.lastIndex = 1;
  for (let closed = false; !closed;) {
    const match = PAIR.exec(literal);
    const [, key = '', quoted, bare, end] = match ?? [];
    const value = quoted ?? bare;
    if (value === undefined || fields.has(key)) return null;
    fields.set(key, value);
    closed = end === '}';
  }
  return PAIR.lastIndex === literal.length ? fields : null;
}

/** The fields of a cookie in which a person has chosen; null if it is another tool's or nobody has. */
function chosen(value: string): ReadonlyMap<string, string> | null {
  const fields = unwrapped(value, fieldsOf);
  if (fields === null || fields.get('method') !== 'explicit') return null;
  const stamp = fields.get('stamp');
  return stamp === undefined || stamp === '-1' || stamp === '0' ? null : fields;
}

function read(value: string, mapping: PurposeMapping): readonly Claim[] {
  const fields = chosen(value);
  if (fields === null) return [];
  const at = msInstant(Number(fields.get('utc')));
  const version = Number(fields.get('ver'));
  const claim = categoryClaim(SOURCE, mapping, {
    says: (category) => (fields.get(category) === 'true' ? 'granted' : 'denied'),
    dated: at === null ? null : { at, precision: 'instant' },
    generation: Number.isSafeInteger(version) ? { ver: version } : null,
  });
  return [claim];
}

/** The TC string that the cookie carries where the tool runs in TCF mode; null without one or before a choice. */
export const embeddedTcString = (value: string): string | null =>
  value.includes('iab2') ? (chosen(value)?.get('iab2') ?? null) : null;

export const cookiebot: ConsentReader = {
  source: SOURCE,
  cookies: [COOKIEBOT_COOKIE],
  read: (input, { mapping }) =>
    cookieClaims(input, mapping, { source: SOURCE, cookie: COOKIEBOT_COOKIE, read }),
};
