// What every part of a cleaner asks while it works on one upload: the route's rules, and strings made fit to leave. What is
// found in a text becomes mask characters, one for one, so that it takes the same room on the page.

import type { RecordingRules } from '../core/recording.ts';
import type { System } from '../core/identifiers/kind.ts';
import { Recent, copied } from '../core/recent.ts';
import { features } from '../detect/features.ts';
import type { Finding } from '../detect/finding.ts';
import { NOTHING } from '../detect/finding.ts';
import type { Needles } from '../detect/needles.ts';
import { isShortNeedle, mayCarry, needlesOfValues } from '../detect/needles.ts';
import type { Known } from '../detect/scan.ts';
import { ScanMemory, mayMatter, scanAnew, scanPlainly } from '../detect/scan.ts';
import type { CleanedUrl, UrlRules } from '../detect/url.ts';
import { cleanReferrer } from '../detect/url.ts';
import { addressIn } from './address.ts';
import { Remarks, ruleOf } from './remarks.ts';

export interface Cleaning {
  readonly rules: RecordingRules;
  /** A text without what looks like personal data or an id: such characters become mask characters, one for one. */
  text(value: string): string;
  /** The same for what repeats from page to page (class, id, style, name): remembered. */
  word(value: string): string;
  /** An address that may leave; empty where it cannot be read or nothing of it may. */
  url(value: string): string;
}

/** Clarity's own, so that what we mask looks like what its client masks. */
const LETTER = '\u25aa';
const DIGIT = '\u25ab';

/** Longer texts are masked whole: no paragraph is as long, and a scan of one could be made to take seconds. */
const MAX_TEXT = 32_768;
/**
 * Characters that may be scanned for one upload, those that a glance clears not counted. An upload of 8 MiB made to be slow
 * would hold up everybody else; a page of 2,000 nodes has 80 KB in all.
 */
const MAX_SCANNED = 1_000_000;

type Scan = (text: string, needles: Needles | null) => readonly Finding[];

/** Words that repeat, of all recordings. Utility classes make lists of a thousand characters. */
const MAX_WORDS = 10_000;
const MAX_WORD = 512;
const words = new ScanMemory(MAX_WORDS, MAX_WORD);
const scanWord: Scan = (text, needles) => words.scan(text, needles);

/** Style sheets and fonts named by a digest of what they hold: without them no page plays. */
const FILES = /^[\w.~-]+\.(?:css|woff2?|ttf|otf|eot)$/i;

/** Addresses of all recordings, by what is cleaned without an id of a visitor: those of one page are the same for everybody. */
const MAX_ADDRESSES = 5000;
const MAX_ADDRESS = 512;
interface KnownAddress {
  readonly clean: CleanedUrl;
  /** Where an id of a visitor could stand in it. */
  readonly scanned: Known;
}
type Addresses = Recent<string, KnownAddress>;
/** Both lists are config, so there are few. */
const addresses = new WeakMap<readonly string[], Map<string, Addresses>>();

function addressesFor({ origins, query }: RecordingRules): Addresses {
  let ofSite = addresses.get(origins);
  if (ofSite === undefined) addresses.set(origins, (ofSite = new Map()));
  const key = query.join('\n');
  let same = ofSite.get(key);
  if (same === undefined) ofSite.set(key, (same = new Recent(MAX_ADDRESSES)));
  return same;
}

function urlRules(
  { query, origins }: RecordingRules,
  needles: Needles | null,
  scan: (text: string) => readonly Finding[],
): UrlRules {
  return {
    query,
    origins,
    files: FILES,
    scan,
    scanNamed: (name, text) =>
      needles !== null && isShortNeedle(needles, name, text)
        ? [{ kind: 'carried', start: 0, end: text.length }]
        : scan(text),
  };
}

/** Without anybody's ids. Hosts repeat; a path is remembered with its address. */
const plainly = (text: string): readonly Finding[] =>
  features(text) === 0 ? NOTHING : text.includes('/') ? scanAnew(text, null) : scanWord(text, null);

/** Every character of a text as a mask character; white space and what is masked already stay. */
export const masked = (text: string): string =>
  text.replaceAll(/[0-9]/g, DIGIT).replaceAll(/[^\s\u25aa\u25ab\u2022]/g, LETTER);

function maskFindings(text: string, findings: readonly Finding[]): string {
  let clean = '';
  let from = 0;
  for (const { start, end } of findings) {
    clean += text.slice(from, start) + masked(text.slice(start, end));
    from = end;
  }
  return clean + text.slice(from);
}

/** What the recorder itself knows the visitor by. */
export interface Own {
  /** Its system, whose ids are no foreign ones. Default: none. */
  readonly own: System | null;
  /** Its ids: of those for which others stand from here on the raw ones may stand nowhere else either. Default: none. */
  readonly ids: RecordingRules['known'];
}

/** The cleaning of one upload, with what it did. */
export class UploadCleaning implements Cleaning {
  readonly rules: RecordingRules;
  /** The visitor's ids elsewhere; null: none is known. */
  readonly needles: Needles | null;
  readonly remarks = new Remarks();
  readonly #urls: UrlRules;
  readonly #addresses: Addresses;
  /** Short ids count as the value of a name that the route keeps in queries. */
  readonly #looksForShort: boolean;
  #left = MAX_SCANNED;

  constructor(rules: RecordingRules, { own, ids }: Own) {
    const foreign = rules.known.filter(([name]) => own === null || !name.startsWith(`${own}.`));
    const replaced = ids.filter(([name, value]) => rules.pseudonym(name, value) !== value);
    const known = [...foreign, ...replaced];
    this.rules = rules;
    this.needles = known.length === 0 ? null : needlesOfValues(known);
    this.#addresses = addressesFor(rules);
    this.#looksForShort = this.needles !== null && this.needles.short.length > 0 && rules.query.length > 0;
    this.#urls = urlRules(rules, this.needles, (text) => this.#scan(text, scanWord));
  }

  text(value: string): string {
    return this.#clean(value, scanAnew);
  }

  word(value: string): string {
    return this.#clean(value, scanWord);
  }

  url(value: string): string {
    if (value === '') return value;
    return this.#tell(this.#address(value), 'recording.url');
  }

  /** Another site's is cut to its origin. */
  referrer(value: string, page: string | null): string {
    if (value === '') return value;
    return this.#tell(cleanReferrer(value, page, this.#urls), 'recording.referrer');
  }

  #address(value: string): CleanedUrl {
    if (this.#looksForShort || value.length > MAX_ADDRESS || value.length > this.#left)
      return addressIn(value, this.#urls);
    const { needles } = this;
    const known = this.#addresses.get(value);
    if (known !== undefined)
      return needles !== null && mayMatter(needles, known.scanned)
        ? addressIn(value, this.#urls)
        : known.clean;
    const kept = copied(value);
    const scanned = scanPlainly(kept);
    if (needles !== null && mayMatter(needles, scanned)) return addressIn(value, this.#urls);
    this.#left -= value.length;
    const clean = addressIn(kept, urlRules(this.rules, null, plainly));
    this.#addresses.set(kept, { clean, scanned });
    return clean;
  }

  #tell({ value, rules }: CleanedUrl, path: string): string {
    for (const rule of rules) this.remarks.add(path, rule, value === null ? 'strip' : 'replace');
    return value ?? '';
  }

  #clean(value: string, scan: Scan): string {
    const findings = this.#scan(value, scan);
    if (findings.length === 0) return value;
    for (const { kind } of findings) this.remarks.add('recording.text', ruleOf(kind), 'replace');
    return maskFindings(value, findings);
  }

  #scan(value: string, scan: Scan): readonly Finding[] {
    // Short words and few digits: only an id of the visitor's own could stand there.
    if (features(value) === 0 && !this.#mayHoldKnown(value)) return NOTHING;
    if (value.length > MAX_TEXT || value.length > this.#left)
      return [{ kind: 'carried', start: 0, end: value.length }];
    this.#left -= value.length;
    return scan(value, this.needles);
  }

  /** Of a text without features, and so of one that is as long in lower case. */
  #mayHoldKnown(value: string): boolean {
    const { needles } = this;
    return needles !== null && value.length >= needles.shortest && mayCarry(needles, value.toLowerCase());
  }
}

export const cleaningFor = (rules: RecordingRules, own: Partial<Own> = {}): UploadCleaning =>
  new UploadCleaning(rules, { own: null, ids: [], ...own });
