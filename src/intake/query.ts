// Query strings and form lines: bounded, strict for what a client sends to us, forgiving for the addresses of its pages.

import type { ConsentInput } from '../core/consent.ts';
import { GatewayError } from '../core/errors.ts';
import { cleanText, isClean } from './read.ts';
import type { Limits } from './read.ts';
import { remembered } from './remembered.ts';

export type Pairs = ReadonlyMap<string, string>;

/** Percent-decoded, or null where that is impossible. */
export function decode(text: string): string | null {
  const decoded = decodeClean(text);
  return decoded === null ? null : cleanText(decoded);
}

/** The same of clean text, in which only `%00` can bring anything to clean. */
function decodeClean(text: string): string | null {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%')) return spaced;
  try {
    const decoded = decodeURIComponent(spaced);
    return decoded.includes('\0') ? decoded.replaceAll('\0', '') : decoded;
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

interface ParameterName {
  readonly name: string;
  readonly lower: string;
  readonly consent: boolean;
}

function readName(name: string | null): ParameterName | null {
  return name === null ? null : { name, lower: name.toLowerCase(), consent: IS_CONSENT.has(name) };
}

/** Names in clean text are few and come again. */
const knownName = remembered((raw) => readName(decodeClean(raw)));

/**
 * Reads `a=1&b=2`. Of a name that comes twice the last counts, except for consent: two answers are joined by a comma,
 * which no reader can read, and what cannot be read denies. Throws `unreadable_query` and `event_too_large`.
 */
export function parsePairs(text: string, limits: Limits): Pairs {
  if (text === '') return NO_PAIRS;
  const bounds = { limits, clean: isClean(text) }; // asked once for all its parts
  const pairs = new Map<string, string>();
  let count = 0;
  for (let at = 0; at < text.length;) {
    const next = text.indexOf('&', at);
    const end = next < 0 ? text.length : next;
    if (end > at) {
      count += 1;
      if (count > limits.keys) throw new GatewayError('too_deep', `more than ${limits.keys} parameters`);
      addPair(pairs, text.slice(at, end), bounds);
    }
    at = end + 1;
  }
  return pairs;
}

interface Bounds {
  readonly limits: Limits;
  /** Is the text that the pair was cut out of clean? */
  readonly clean: boolean;
}

function addPair(pairs: Map<string, string>, pair: string, { limits, clean }: Bounds): void {
  const equals = pair.indexOf('=');
  const rawName = equals < 0 ? pair : pair.slice(0, equals);
  const rawValue = equals < 0 ? '' : pair.slice(equals + 1);
  const named = clean ? knownName(rawName) : readName(decode(rawName));
  const value = clean ? decodeClean(rawValue) : decode(rawValue);
  if (named === null || value === null)
    throw new GatewayError('unreadable_query', 'a parameter is not percent-encoded UTF-8');
  const { name, consent } = named;
  if (value.length > limits.stringChars || name.length > limits.stringChars)
    throw new GatewayError('event_too_large', `a parameter is longer than ${limits.stringChars} characters`);
  const earlier = consent ? pairs.get(name) : undefined;
  pairs.set(name, earlier === undefined || earlier === value ? value : `${earlier},${value}`);
}

const NO_PAIRS: Pairs = new Map();
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

/** Consent as a request tells it that holds no event: by its query, cookies and headers. */
export const requestConsent = (
  pairs: Pairs,
  said: {
    readonly headers: Readonly<Record<string, string>>;
    readonly cookies: ConsentInput['cookies'];
    readonly fromServer: boolean;
  },
): ConsentInput => ({
  consent: null,
  consentManagement: null,
  query: consentPairs(pairs),
  secGpc: said.headers['sec-gpc'] ?? null,
  cookies: said.cookies,
  fromServer: said.fromServer,
});

export interface UrlParameter {
  /** In lower case. */
  readonly name: string;
  readonly value: string;
}

const NO_PARAMETERS: readonly UrlParameter[] = [];

/** Parameters of a page's address, which has to be clean text, as far as they can be decoded and hold something. */
export function urlParameters(url: string | null): readonly UrlParameter[] {
  const question = url?.indexOf('?') ?? -1;
  if (url === null || question < 0) return NO_PARAMETERS;
  const hash = url.indexOf('#', question);
  const end = hash < 0 ? url.length : hash;
  const found: UrlParameter[] = [];
  for (let at = question + 1; at < end;) {
    const next = url.indexOf('&', at);
    const stop = next < 0 || next > end ? end : next;
    const pair = url.slice(at, stop);
    const equals = pair.indexOf('=');
    if (equals > 0) {
      const named = knownName(pair.slice(0, equals));
      const value = decodeClean(pair.slice(equals + 1));
      if (named !== null && value !== null && value !== '') found.push({ name: named.lower, value });
    }
    at = stop + 1;
  }
  return found;
}
