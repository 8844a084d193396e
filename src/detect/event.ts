// One scan per event, shared by all destinations: what one destination asks about a string is remembered for the next, and a
// string that no destination would get is never looked at.

import type { ReceivedEvent } from '../core/event.ts';
import type { Finding } from './finding.ts';
import { NOTHING } from './finding.ts';
import type { Needles } from './needles.ts';
import { isShortNeedle, needlesOf } from './needles.ts';
import { scanText } from './scan.ts';
import type { CleanedUrl, UrlRules } from './url.ts';
import { cleanReferrer, cleanUrl } from './url.ts';

export interface Scan {
  readonly needles: Needles;
  /** What stands in a text that may leave. */
  text(value: string): readonly Finding[];
  /** The same for a value behind a name: an id too short to look for in text is found where the name says so. */
  named(name: string, value: string): readonly Finding[];
  /** Without the values that the event carries: for a value that is one of them. */
  plain(value: string): readonly Finding[];
  /** Did this value come as an identifier of two systems? Then it would join them. */
  shared(value: string): boolean;
  /** Any other address, by the same rules. */
  url(value: string, query: readonly string[]): CleanedUrl;
  /** The page's own address and referrer, keeping the query names given besides campaign words. */
  page(query: readonly string[]): CleanedPage;
}

export interface CleanedPage {
  readonly url: CleanedUrl;
  readonly referrer: CleanedUrl;
}

const ABSENT: CleanedUrl = Object.freeze({ value: null, rules: [] });

/** Values that stand under two systems, lower case. */
function sharedValues(event: ReceivedEvent): ReadonlySet<string> {
  const systems = new Map<string, string>();
  const shared = new Set<string>();
  for (const { system, value } of [...event.ids, ...event.otherIds]) {
    const plain = value.trim().toLowerCase();
    const other = systems.get(plain);
    if (other !== undefined && other !== system) shared.add(plain);
    systems.set(plain, system);
  }
  return shared;
}

export function scanEvent(event: ReceivedEvent, site: { readonly origins: readonly string[] }): Scan {
  const needles = needlesOf(event);
  const known = new Map<string, readonly Finding[]>();
  const pages = new Map<string, CleanedPage>();
  const text = (value: string): readonly Finding[] => {
    const before = known.get(value);
    if (before !== undefined) return before;
    const findings = scanText(value, needles);
    known.set(value, findings);
    return findings;
  };
  const named = (name: string, value: string): readonly Finding[] =>
    isShortNeedle(needles, name, value) ? [{ kind: 'carried', start: 0, end: value.length }] : text(value);
  const rulesFor = (query: readonly string[]): UrlRules => ({
    query,
    origins: site.origins,
    scan: text,
    scanNamed: named,
  });
  const cleanPage = (query: readonly string[]): CleanedPage => {
    const rules = rulesFor(query);
    const { url, referrer } = event.page;
    return {
      url: url === null ? ABSENT : cleanUrl(url, rules),
      referrer: referrer === null ? ABSENT : cleanReferrer(referrer, url, rules),
    };
  };
  const page = (query: readonly string[]): CleanedPage => {
    const key = query.join('\n');
    const before = pages.get(key);
    if (before !== undefined) return before;
    const cleaned = cleanPage(query);
    pages.set(key, cleaned);
    return cleaned;
  };
  const twice = sharedValues(event);
  return {
    needles,
    text,
    named,
    plain: (value) => (value === '' ? NOTHING : scanText(value)),
    shared: (value) => twice.size > 0 && twice.has(value.trim().toLowerCase()),
    url: (value, query) => cleanUrl(value, rulesFor(query)),
    page,
  };
}
