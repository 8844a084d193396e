// Reads the cookies of OneTrust. The main cookie is written on the first page view with defaults, so it counts only once the
// banner was closed or used; when a new choice is awaited, the old one can still refuse but no longer grant.

import type { PurposeMapping } from '../../core/config.ts';
import type { Answer, Answers, Claim, Dated } from '../../core/consent.ts';
import type { ConsentReader } from '../../core/plugin.ts';
import { remembered } from '../cache.ts';
import { categoryClaim, denialOf } from '../claims.ts';
import { isoInstant, printedInstant } from '../dates.ts';
import { cookieName, cookieValues, decoded } from '../places.ts';

const SOURCE = 'onetrust';
const COOKIE = 'OptanonConsent';
const CLOSED_COOKIE = 'OptanonAlertBoxClosed';

/** The query-string fields of the cookie, first of each name; only here does `+` mean a space. */
function fieldsOf(cookie: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const pair of cookie.split('&')) {
    const cut = pair.indexOf('=');
    const name = cut < 0 ? pair : pair.slice(0, cut);
    const value = decoded(pair.slice(cut + 1).replaceAll('+', ' '));
    if (cut >= 0 && value !== null && !fields.has(name)) fields.set(name, value);
  }
  return fields;
}

/** `C0001:1,C0002:0` as answers; a group named twice is refused if either says so. */
function groupsOf(text: string): ReadonlyMap<string, Answer> {
  const groups = new Map<string, Answer>();
  for (const each of text.split(',')) {
    const cut = each.lastIndexOf(':');
    const group = each.slice(0, cut);
    const granted = cut > 0 && each.slice(cut + 1) === '1' && groups.get(group) !== 'denied';
    if (cut > 0) groups.set(group, granted ? 'granted' : 'denied');
  }
  return groups;
}

/** The cookie's fields: raw query string, or one that was encoded as a whole. Null without groups. */
function shapeOf(value: string): { fields: ReadonlyMap<string, string>; groups: string } | null {
  for (const text of [value, decoded(value)]) {
    const fields = text === null ? null : fieldsOf(text);
    const groups = fields?.get('groups');
    if (fields !== null && groups !== undefined && groups !== '') return { fields, groups };
  }
  return null;
}

/** Has anybody chosen? On the landing page the tool still shows the page's address instead of its own word. */
function isDecided(fields: ReadonlyMap<string, string>, closedAt: number | null): boolean {
  const landing = fields.get('landingPath');
  if (landing !== undefined && landing !== 'NotLandingPage') return false;
  return closedAt !== null || /^[1-9]\d{0,8}$/.test(fields.get('interactionCount') ?? '');
}

function datedBy(fields: ReadonlyMap<string, string>, closedAt: number | null): Dated | null {
  const at = closedAt ?? printedInstant(fields.get('datestamp') ?? '');
  return at === null ? null : { at, precision: 'instant' };
}

const refusalsOf = (answers: Answers): Answers =>
  denialOf(Object.keys(answers).filter((purpose) => answers[purpose] === 'denied'));

function read(value: string, closed: string, mapping: PurposeMapping): readonly Claim[] {
  const shape = shapeOf(value);
  const closedAt = isoInstant(decoded(closed) ?? '');
  if (shape === null || !isDecided(shape.fields, closedAt)) return [];
  const groups = groupsOf(shape.groups);
  const claim = categoryClaim(SOURCE, mapping, {
    says: (group) => groups.get(group),
    dated: datedBy(shape.fields, closedAt),
  });
  if (shape.fields.get('AwaitingReconsent') !== 'true') return [claim];
  return [{ ...claim, purposes: refusalsOf(claim.purposes), byName: [], unreadable: 'onetrust_reconsent' }];
}

export const onetrust: ConsentReader = {
  source: SOURCE,
  cookies: [COOKIE, CLOSED_COOKIE],
  read(input, { mapping }) {
    const values = cookieValues(input, cookieName(mapping, SOURCE, COOKIE));
    if (values.length === 0) return [];
    // if the banner was closed more than once, the older closing dates the choice
    const closed = [...cookieValues(input, CLOSED_COOKIE)].sort()[0] ?? '';
    return values.flatMap((value) =>
      remembered({ mapping, format: SOURCE, texts: [value, closed] }, () => read(value, closed, mapping)),
    );
  },
};
