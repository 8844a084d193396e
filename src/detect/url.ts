// The only file that cleans URLs. Scheme, host and path stay; user information and fragment go; the query keeps campaign
// words and what the route lists; what looks like a token anywhere becomes `:id`. What cannot be read is null.

import type { RuleCode } from '../core/reasons.ts';
import type { Finding } from './finding.ts';
import { isVague } from './finding.ts';
import { isForeignName } from './foreign.ts';
import { isLongMixture, isTokenSegment } from './token.ts';

export interface UrlRules {
  /** Query names that the route keeps besides `utm_*`. */
  readonly query: readonly string[];
  /** Canonical origins of the site: their hosts are config, not data. */
  readonly origins: readonly string[];
  readonly scan: (text: string) => readonly Finding[];
  /** Scans a value that stands behind a name. */
  readonly scanNamed: (name: string, value: string) => readonly Finding[];
  /** Last segments of this form may hold a token: the digest of what the file holds. Default: none. */
  readonly files?: RegExp;
}

export interface CleanedUrl {
  /** Null: malformed, of another scheme, or its host could single out. */
  readonly value: string | null;
  /** Why something is missing from it. */
  readonly rules: readonly RuleCode[];
}

const UNREADABLE: CleanedUrl = Object.freeze({ value: null, rules: ['default_deny' as const] });
/** What vendors take at most (GA4: 1,000 characters of `page_location`); a query too many goes whole. */
const MAX_URL = 1000;
const MAX_INPUT = 8192;
const MAX_PAIRS = 50;
const MAX_VALUE = 100;
const MAX_SEGMENT = 100;

export function cleanUrl(url: string, rules: UrlRules): CleanedUrl {
  const parsed = parse(url);
  return parsed === null ? UNREADABLE : cleanParsed(parsed, rules);
}

function cleanParsed(parsed: URL, rules: UrlRules): CleanedUrl {
  const broken = new Set<RuleCode>();
  if (!isHostClean(parsed, rules)) return { value: null, rules: ['url_token'] };
  const base = `${parsed.origin}${cleanPath(parsed.pathname, rules, broken)}`;
  if (parsed.hash !== '') broken.add('url_fragment');
  if (parsed.username !== '' || parsed.password !== '') broken.add('personal_data');
  const whole = base + cleanQuery(parsed.search, rules, broken);
  if (whole.length > MAX_URL) broken.add('value_too_long');
  const value = whole.length <= MAX_URL ? whole : base.length <= MAX_URL ? base : parsed.origin;
  return { value, rules: [...broken] };
}

/** A referrer of the same site is cleaned like a page, of another site it is cut to its origin. */
export function cleanReferrer(referrer: string, page: string | null, rules: UrlRules): CleanedUrl {
  const parsed = parse(referrer);
  if (parsed === null) return UNREADABLE;
  const own = rules.origins.includes(parsed.origin) || (page !== null && isSameHost(page, parsed));
  if (own) return cleanParsed(parsed, rules);
  if (!isHostClean(parsed, rules)) return { value: null, rules: ['url_token'] };
  return { value: parsed.origin, rules: ['cross_site_referrer'] };
}

/** A text without the referrer's host in it is not worth parsing. */
const isSameHost = (page: string, { host }: URL): boolean =>
  page.toLowerCase().includes(host) && parse(page)?.host === host;

/** An address without a host, as it stands in a page: its path, cleaned like any other. Nothing is resolved. */
export function cleanLocal(address: string, rules: UrlRules): CleanedUrl {
  if (address.length > MAX_INPUT || /[\s\\<>"]/.test(address)) return UNREADABLE;
  const broken = new Set<RuleCode>();
  const end = address.search(/[?#]/);
  if (end >= 0) broken.add(address[end] === '?' ? 'url_query' : 'url_fragment');
  const value = cleanPath(end < 0 ? address : address.slice(0, end), rules, broken);
  return value.length > MAX_URL ? { value: null, rules: ['value_too_long'] } : { value, rules: [...broken] };
}

function parse(url: string): URL | null {
  if (url.length > MAX_INPUT) return null;
  const parsed = URL.parse(url);
  return parsed !== null && /^https?:$/.test(parsed.protocol) && parsed.host !== '' ? parsed : null;
}

/** A host that the site does not list may hold an id in a label of its own. */
function isHostClean(url: URL, rules: UrlRules): boolean {
  if (rules.origins.includes(url.origin)) return true;
  if (rules.scan(url.hostname).length > 0) return false;
  const labels = url.hostname.split('.');
  return !labels.some((label, i) => isTokenSegment(label) || (i < labels.length - 2 && isMixed(label)));
}

/** Letters with a number, or a number as long as the shortest phone. */
const isMixed = (label: string): boolean =>
  /\d{7}/.test(label.replaceAll('-', '')) ||
  (/\d{3}/.test(label) && /[a-z]/.test(label)) ||
  label.split('-').some(isLongMixture);

/** A segment behind one of these is somebody's or some order's, however short it is. */
const BEFORE_ID =
  /^(?:users?|accounts?|customers?|members?|profiles?|people|persons?|patients?|contacts?|clients?|orders?|invoices?|bookings?|reservations?|tickets?|klant(?:en)?|gebruikers?|bestelling(?:en)?|kunden?|bestellung(?:en)?|u|uid|id)$/i;

function cleanPath(path: string, rules: UrlRules, broken: Set<RuleCode>): string {
  const findings = rules.scan(path);
  let position = 0;
  let before = '';
  const segments = path.split('/').map((segment) => {
    const start = position;
    position += segment.length + 1;
    const previous = before;
    before = segment;
    if (segment === '') return segment;
    const end = start + segment.length;
    const hits = findings.filter((finding) => finding.start < end && finding.end > start);
    if (
      isFile(segment, end === path.length, rules)
        ? hits.every(isVague)
        : hits.length === 0 && !isIdSegment(segment, previous)
    )
      return segment;
    broken.add('url_token');
    return ':id';
  });
  return segments.join('/');
}

const isFile = (segment: string, last: boolean, { files }: UrlRules): boolean =>
  last && files !== undefined && segment.length <= MAX_SEGMENT && files.test(segment);

const isIdSegment = (segment: string, previous: string): boolean =>
  segment.length > MAX_SEGMENT ||
  /[;=]/.test(segment) ||
  (/\d/.test(segment) && BEFORE_ID.test(previous)) ||
  isTokenSegment(segment);

const CAMPAIGN = /^utm_[a-z_]{1,30}$/;

function cleanQuery(search: string, rules: UrlRules, broken: Set<RuleCode>): string {
  if (search.length < 2) return '';
  const kept: string[] = [];
  const all = search.slice(1).split(/[&;]/, MAX_PAIRS);
  for (const pair of all) {
    if (pair === '') continue;
    const clean = cleanPair(pair, rules);
    if (clean === null) broken.add('url_query');
    else kept.push(clean);
  }
  return kept.length === 0 ? '' : `?${kept.join('&')}`;
}

function cleanPair(pair: string, rules: UrlRules): string | null {
  const equals = pair.indexOf('=');
  const name = decode(equals < 0 ? pair : pair.slice(0, equals));
  const value = decode(equals < 0 ? '' : pair.slice(equals + 1));
  if (name === null || value === null || value.length > MAX_VALUE) return null;
  if (!CAMPAIGN.test(name) && !rules.query.includes(name)) return null;
  if (isForeignName(name) || rules.scanNamed(name, value).length > 0) return null;
  return `${encodeURIComponent(name)}=${encodeURIComponent(value.toWellFormed()).replaceAll('%20', '+')}`;
}

function decode(text: string): string | null {
  const spaced = text.replaceAll('+', ' ');
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return null;
  }
}
