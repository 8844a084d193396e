// Picks the named cookies out of a Cookie header: ids of the identifier table and consent cookies. Nothing else of the
// header goes further than this file. Values stay raw, and a name that comes twice keeps both.

import { LRUCache } from 'lru-cache';
import { RECORD_COOKIE } from '../core/consent.ts';
import { IDENTIFIERS } from '../core/identifiers.ts';
import { copied } from '../core/recent.ts';

export type CookieValues = Readonly<Record<string, readonly string[]>>;

export interface SortedCookies {
  readonly ids: CookieValues;
  readonly consent: CookieValues;
}

export type CookieSorter = (header: string | undefined) => SortedCookies;

interface Use {
  readonly id: boolean;
  readonly consent: boolean;
}

const ID_NAMES = [...new Set(IDENTIFIERS.flatMap((entry) => entry.cookies.map((form) => form.name)))];
const NOTHING: CookieValues = Object.freeze({});
const NONE: SortedCookies = Object.freeze({ ids: NOTHING, consent: NOTHING });
/** Longer names are no cookie of any table here. */
const MAX_NAME = 128;

/** Without a prototype, so that a cookie called `__proto__` is a name like any other. */
const record = (): Record<string, string[]> => Object.create(null);

/** One pass over the header, whose size the listener bounds. What a name is used for is remembered, bounded. */
export function cookieSorter(isConsentCookie: (name: string) => boolean): CookieSorter {
  const uses = new LRUCache<string, Use>({ max: 1000 });
  const useOf = (name: string): Use => {
    const known = uses.get(name);
    if (known !== undefined) return known;
    const use = {
      id: ID_NAMES.some((form) => form.test(name)),
      consent: name === RECORD_COOKIE || isConsentCookie(name),
    };
    uses.set(copied(name), use);
    return use;
  };

  return (header) => {
    if (header === undefined) return NONE;
    const ids = record();
    const consent = record();
    for (const pair of header.split(';')) {
      const equals = pair.indexOf('=');
      if (equals < 1) continue;
      const name = pair.slice(0, equals).trim();
      if (name === '' || name.length > MAX_NAME) continue;
      const use = useOf(name);
      const value = pair.slice(equals + 1).trim();
      if (use.id) (ids[name] ??= []).push(value);
      if (use.consent) (consent[name] ??= []).push(value);
    }
    return { ids, consent };
  };
}
