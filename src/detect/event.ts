// One scan per event, shared by all destinations: what one destination asks about a string is remembered for the next, and a
// string that no destination would get is never looked at.

import type { Identifier, ReceivedEvent } from '../core/event.ts';
import { Recent, copied } from '../core/recent.ts';
import type { Finding } from './finding.ts';
import type { Needles } from './needles.ts';
import { isShortNeedle, needlesOf } from './needles.ts';
import { knownFindings, scanAnew } from './scan.ts';
import type { CleanedUrl, UrlRules } from './url.ts';
import { cleanReferrer, cleanUrl } from './url.ts';
import type { Visitor } from './visitor.ts';
import { sharedValues, single, visitorOf } from './visitor.ts';

export interface Scan {
  readonly needles: Needles;
  readonly visitor: Visitor;
  /** Identifiers that come with this event alone. */
  readonly once: readonly Identifier[];
  /** What stands in a text that may leave. */
  readonly text: (value: string) => readonly Finding[];
  /** The same for a value behind a name: an id too short to look for in text is found where the name says so. */
  readonly named: (name: string, value: string) => readonly Finding[];
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

/** Values that stand under two systems, in lower case; null: none. */
function sharedIn({ ids, otherIds }: ReceivedEvent, visitor: Visitor, isApart: boolean): Visitor['shared'] {
  // What stands in nothing the visitor brings along shares with nobody.
  if (isApart) return visitor.shared;
  return sharedValues([...ids, ...otherIds]);
}

/** What was asked of a scan while an address was cleaned, and answered: the same answers make the same of the same address. */
interface Asked {
  readonly name: string | null;
  readonly value: string;
  readonly findings: readonly Finding[];
}

interface AskedPage {
  readonly cleaned: CleanedPage;
  readonly asked: readonly Asked[];
}

interface KnownPage extends AskedPage {
  readonly url: string | null;
  readonly referrer: string | null;
  /** Query names that were kept. */
  readonly list: string;
}

const own = (address: string | null): string | null => (address === null ? null : copied(address));

/** Pages by the origins they were cleaned under: parsing and cleaning two addresses costs a fifth of an event (measured). */
const MAX_PAGES = 2000;
const MAX_ADDRESS = 1024;
/** Referrers and lists of query names with which one page is remembered. */
const MAX_VARIANTS = 4;
const knownPages = new WeakMap<readonly string[], Recent<string, readonly KnownPage[]>>();

function pagesOf(origins: readonly string[]): Recent<string, readonly KnownPage[]> {
  let pages = knownPages.get(origins);
  if (pages === undefined) knownPages.set(origins, (pages = new Recent(MAX_PAGES)));
  return pages;
}

/** Forgets nothing of the event's own values: what they would be found in is asked anew. */
function stillHolds(page: AskedPage, text: Scan['text'], named: Scan['named']): boolean {
  for (const { name, value, findings } of page.asked)
    if ((name === null ? text(value) : named(name, value)) !== findings) return false;
  return true;
}

class EventScan implements Scan {
  readonly needles: Needles;
  readonly visitor: Visitor;
  readonly once: readonly Identifier[];
  readonly #event: ReceivedEvent;
  readonly #origins: readonly string[];
  readonly #twice: ReadonlySet<string> | null;
  /** Answers in which a value of the event's own was found, or that are too long to be remembered beyond the event. */
  #known: Map<string, readonly Finding[]> | null = null;
  /** By the query names that are kept. */
  #pages: Map<string, CleanedPage> | null = null;

  constructor(event: ReceivedEvent, origins: readonly string[], visitor: Visitor) {
    this.once = single(event.ids);
    const others = single(event.otherIds);
    const once = others.length === 0 ? this.once : [...this.once, ...others];
    this.needles = needlesOf(event, visitor, once);
    this.visitor = visitor;
    this.#event = event;
    this.#origins = origins;
    this.#twice = sharedIn(event, visitor, this.needles.apart && once.length < 2); // two could share with each other
  }

  text = (value: string): readonly Finding[] => {
    const plain = knownFindings(value, this.needles);
    if (plain !== null) return plain;
    this.#known ??= new Map();
    let findings = this.#known.get(value);
    if (findings === undefined) this.#known.set(value, (findings = scanAnew(value, this.needles)));
    return findings;
  };

  named = (name: string, value: string): readonly Finding[] =>
    isShortNeedle(this.needles, name, value)
      ? [{ kind: 'carried', start: 0, end: value.length }]
      : this.text(value);

  shared(value: string): boolean {
    return this.#twice !== null && this.#twice.has(value.trim().toLowerCase());
  }

  url(value: string, query: readonly string[]): CleanedUrl {
    return cleanUrl(value, this.#rules(query, this.text, this.named));
  }

  page(query: readonly string[]): CleanedPage {
    const key = query.length === 0 ? '' : query.join('\n');
    const before = this.#pages?.get(key);
    if (before !== undefined) return before;
    const cleaned = this.#rememberedPage(key, query);
    this.#pages ??= new Map();
    this.#pages.set(key, cleaned);
    return cleaned;
  }

  #rules(query: readonly string[], scan: Scan['text'], scanNamed: Scan['named']): UrlRules {
    return { query, origins: this.#origins, scan, scanNamed };
  }

  #rememberedPage(list: string, query: readonly string[]): CleanedPage {
    const { url, referrer } = this.#event.page;
    if ((url?.length ?? 0) + (referrer?.length ?? 0) > MAX_ADDRESS) return this.#cleanPage(query).cleaned;
    const pages = pagesOf(this.#origins);
    const same = pages.get(url ?? '');
    const known = same?.find((page) => page.url === url && page.referrer === referrer && page.list === list);
    if (known !== undefined && stillHolds(known, this.text, this.named)) return known.cleaned;
    const page = this.#cleanPage(query);
    const others = same?.filter((each) => each !== known).slice(1 - MAX_VARIANTS) ?? [];
    pages.set(copied(url ?? ''), [...others, { ...page, url: own(url), referrer: own(referrer), list }]);
    return page.cleaned;
  }

  #cleanPage(query: readonly string[]): AskedPage {
    const { url, referrer } = this.#event.page;
    const asked: Asked[] = [];
    const noted = (name: string | null, value: string, findings: readonly Finding[]): readonly Finding[] => {
      asked.push({ name, value, findings });
      return findings;
    };
    const rules = this.#rules(
      query,
      (value) => noted(null, value, this.text(value)),
      (name, value) => noted(name, value, this.named(name, value)),
    );
    const cleaned = {
      url: url === null ? ABSENT : cleanUrl(url, rules),
      referrer: referrer === null ? ABSENT : cleanReferrer(referrer, url, rules),
    };
    return { cleaned, asked };
  }
}

/** `visitor` is whoever sent the event, where that is known already. */
export const scanEvent = (
  event: ReceivedEvent,
  site: { readonly origins: readonly string[] },
  visitor = visitorOf(event),
): Scan => new EventScan(event, site.origins, visitor);
