// Query strings and form lines: bounded, strict for what a client sends to us, forgiving for the addresses of its pages.

import { GatewayError } from '../core/errors.ts';
import { cleanText } from './read.ts';
import type { Limits } from './read.ts';

export type Pairs = ReadonlyMap<string, string>;

/** Percent-decoded, or null where that is impossible. */
export function decode(text: string): string | null {
  if (!text.includes('%') && !text.includes('+')) return cleanText(text);
  try {
    return cleanText(decodeURIComponent(text.replaceAll('+', ' ')));
  } catch {
    return null;
  }
}

/** Consent parameters that may stand in a query, as `ConsentInput.query` has them. */
const CONSENT = [
  'gdpr',
  'gdpr_consent',
  'addtl_consent',
  'gpp',
  'gpp_sid',
  'us_privacy',
  'gcs',
  'gcd',
] as const;
const IS_CONSENT: ReadonlySet<string> = new Set(CONSENT);

/**
 * Reads `a=1&b=2`. Of a name that comes twice the last counts, except for consent: two answers are joined by a comma,
 * which no reader can read, and what cannot be read denies. Throws `unreadable_query` and `event_too_large`.
 */
export function parsePairs(text: string, limits: Limits): Pairs {
  const pairs = new Map<string, string>();
  let count = 0;
  for (let at = 0; at < text.length;) {
    const next = text.indexOf('&', at);
    const end = next < 0 ? text.length : next;
    if (end > at) {
      count += 1;
      if (count > limits.keys) throw new GatewayError('too_deep', `more than ${limits.keys} parameters`);
      addPair(pairs, text.slice(at, end), limits);
    }
    at = end + 1;
  }
  return pairs;
}

function addPair(pairs: Map<string, string>, pair: string, limits: Limits): void {
  const equals = pair.indexOf('=');
  const name = decode(equals < 0 ? pair : pair.slice(0, equals));
  const value = equals < 0 ? '' : decode(pair.slice(equals + 1));
  if (name === null || value === null)
    throw new GatewayError('unreadable_query', 'a parameter is not percent-encoded UTF-8');
  if (value.length > limits.stringChars || name.length > limits.stringChars)
    throw new GatewayError('event_too_large', `a parameter is longer than ${limits.stringChars} characters`);
  const earlier = IS_CONSENT.has(name) ? pairs.get(name) : undefined;
  pairs.set(name, earlier === undefined || earlier === value ? value : `${earlier},${value}`);
}

const NO_CONSENT: Readonly<Record<string, string>> = Object.freeze({});

/** The consent parameters among these, by name. */
export function consentPairs(pairs: Pairs): Readonly<Record<string, string>> {
  if (pairs.size === 0) return NO_CONSENT;
  const found: Record<string, string> = {};
  for (const name of CONSENT) {
    const value = pairs.get(name);
    if (value !== undefined) found[name] = value;
  }
  return found;
}

/** Calls `take` for every parameter of a page's address that can be decoded; names in lower case. */
export function eachUrlParameter(url: string, take: (name: string, value: string) => void): void {
  const question = url.indexOf('?');
  if (question < 0) return;
  const hash = url.indexOf('#', question);
  for (const pair of url.slice(question + 1, hash < 0 ? undefined : hash).split('&')) {
    const equals = pair.indexOf('=');
    if (equals < 1) continue;
    const name = decode(pair.slice(0, equals));
    const value = decode(pair.slice(equals + 1));
    if (name !== null && value !== null && value !== '') take(name.toLowerCase(), value);
  }
}
