// The words and numbers of an event: parameters, items, traits, campaign, title, name. Nothing passes that the vocabulary or the
// route does not name, and nothing in which a scan finds an identifier or personal data; in titles and campaign words the
// finding alone is replaced.

import type { Campaign, Item, ReceivedEvent } from '../core/event.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { put } from '../core/json.ts';
import { COMMON_PARAMS, ITEM_FIELDS, PARAMS, eventEntry } from '../core/vocabulary.ts';
import type { Scan } from '../detect/event.ts';
import type { Finding } from '../detect/finding.ts';
import { redact } from '../detect/finding.ts';
import { isLongMixture } from '../detect/token.ts';
import type { Plan } from './plan.ts';
import type { Remarks } from './remarks.ts';
import { ruleOf } from './remarks.ts';
import type { FieldKind, Reader } from './value.ts';
import { MAX_READ, MAX_TEXT, cleanValue, cut } from './value.ts';

const MAX_TITLE = 500;
const MAX_ITEMS = 200;

interface Given {
  readonly scan: Scan;
  readonly remarks: Remarks;
}

/** Fields are scanned under their own names, and addresses keep what the route's pages keep. */
const readerOf = (scan: Scan, query: readonly string[]): Reader => ({
  scan: scan.named,
  url: (text) => scan.url(text, query),
});

const isParam = (name: string): name is keyof typeof PARAMS => Object.hasOwn(PARAMS, name);

/** What a parameter is to this event and route; null if it has no place. */
function paramKind(
  name: string,
  event: { readonly name: string },
  listed: ReadonlySet<string>,
): FieldKind | null {
  const kind = isParam(name) ? PARAMS[name] : 'free';
  if (kind === 'order') return null;
  if (listed.has(name)) return kind;
  if (kind === 'free' || kind === 'search') return null;
  const known: readonly string[] = eventEntry(event.name)?.params ?? [];
  return known.includes(name) || COMMON_PARAMS.some((common) => common === name) ? kind : null;
}

export function cleanParams(event: ReceivedEvent, plan: Plan, given: Given): JsonObject {
  const clean: Record<string, Json> = {};
  const reader = readerOf(given.scan, plan.query);
  for (const name of Object.keys(event.params)) {
    const value = event.params[name] as Json; // its own key
    const kind = paramKind(name, event, plan.params);
    // The client's own names may hold personal data: only names of ours or of the route are told.
    const path = isParam(name) || plan.params.has(name) ? `params.${name}` : 'params.*';
    if (kind === null) {
      const search = isParam(name) && PARAMS[name] === 'search';
      given.remarks.once(path, search ? 'search_term' : 'default_deny', 'strip');
      continue;
    }
    const cleaned = cleanValue({ name, kind, value }, reader);
    if ('rule' in cleaned) given.remarks.add(path, cleaned.rule, 'strip');
    else put(clean, name, cleaned.value);
  }
  return clean;
}

export function cleanTraits(event: ReceivedEvent, plan: Plan, given: Given): JsonObject {
  const clean: Record<string, Json> = {};
  const reader = readerOf(given.scan, plan.query);
  for (const [name, value] of Object.entries(event.traits)) {
    if (!plan.params.has(name) || paramKind(name, event, plan.params) === null) {
      given.remarks.once('traits.*', 'default_deny', 'strip');
      continue;
    }
    const cleaned = cleanValue({ name, kind: 'free', value }, reader);
    if ('rule' in cleaned) given.remarks.add(`traits.${name}`, cleaned.rule, 'strip');
    else put(clean, name, cleaned.value);
  }
  return clean;
}

/** Numbers without a mark of their own pass check digits by chance too often to cost a catalogue one article in ten. */
const BY_CHANCE = /^(?:bsn|steuer_id|rijksregister|phone|dni)$/;

function itemFindings(name: string, text: string, scan: Scan): readonly Finding[] {
  const findings = scan.text(text);
  if (findings.length === 0 || name !== 'item_id' || !/^\d+[A-Z]?$/i.test(text)) return findings;
  return findings.filter((found) => !BY_CHANCE.test(found.kind));
}

function cleanItem(item: Item, reader: Reader, remarks: Remarks): Item {
  const clean: Record<string, Json> = {};
  for (const name of Object.keys(item)) {
    if (!Object.hasOwn(ITEM_FIELDS, name)) {
      remarks.once('items.*', 'default_deny', 'strip');
      continue;
    }
    const { kind } = ITEM_FIELDS[name as keyof typeof ITEM_FIELDS]; // own key checked
    const value = item[name] as Json; // its own key
    const cleaned = cleanValue({ name, kind, value }, reader);
    if ('rule' in cleaned) remarks.once(`items.${name}`, cleaned.rule, 'strip');
    else clean[name] = cleaned.value;
  }
  return clean;
}

export function cleanItems(event: ReceivedEvent, scan: Scan, remarks: Remarks): readonly Item[] {
  if (event.items.length > MAX_ITEMS) remarks.once('items.*', 'value_too_long', 'strip');
  const reader: Reader = {
    scan: (name, text) => itemFindings(name, text, scan),
    url: (text) => scan.url(text, []),
  };
  return event.items.slice(0, MAX_ITEMS).map((item) => cleanItem(item, reader, remarks));
}

function redacted(text: string, scan: Scan, into: { path: string; max: number; remarks: Remarks }): string {
  const read = cut(text, MAX_READ);
  const findings = scan.text(read);
  for (const { kind } of findings) into.remarks.once(into.path, ruleOf(kind), 'replace');
  const clean = redact(read, findings);
  // Parts that were harmless apart may spell something together.
  if (findings.length > 0 && scan.text(clean).length > 0) return '';
  return cut(clean, into.max);
}

/** The title of a results page repeats what was searched for; it goes even for a route that lists the parameter. */
function withoutSearch(title: string, term: Json | undefined): string {
  const wanted = typeof term === 'string' ? term.trim().toLowerCase() : '';
  if (wanted.length < 2) return title;
  const at = title.toLowerCase().indexOf(wanted);
  return at < 0 ? title : `${title.slice(0, at)}:search_term${title.slice(at + wanted.length)}`;
}

export function cleanTitle(event: ReceivedEvent, scan: Scan, remarks: Remarks): string | null {
  const { title } = event.page;
  if (title === null) return null;
  const told = withoutSearch(cut(title, MAX_READ), event.params['search_term']);
  if (told.includes(':search_term') && !title.includes(':search_term'))
    remarks.add('page.title', 'search_term', 'replace');
  return redacted(told, scan, { path: 'page.title', max: MAX_TITLE, remarks });
}

const CAMPAIGN = ['source', 'medium', 'name', 'term', 'content', 'id'] as const;

export function cleanCampaign(event: ReceivedEvent, scan: Scan, remarks: Remarks): Campaign {
  const clean: { -readonly [K in keyof Campaign]: Campaign[K] } = {};
  for (const field of CAMPAIGN) {
    const value = event.campaign[field];
    if (value === undefined || value === '') continue;
    clean[field] = redacted(value, scan, { path: `campaign.${field}`, max: MAX_TEXT, remarks });
  }
  return clean;
}

const inSnakeCase = (value: string): string =>
  value
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_|_$/g, '');
/** Shorter pieces at the end of a name say nothing. */
const SHORTEST_PIECE = 8;
const SHORTEST_IN_NAME = 6;

/** Names are written in snake case and cut on the way in, so a value of the event has lost its signs there, and maybe its end. */
function hidesInName(name: string, { needles }: Scan): boolean {
  const plain = inSnakeCase(name);
  if (plain.split('_').some(isLongMixture)) return true;
  return needles.words.some(({ value }) => {
    const written = inSnakeCase(value);
    if (written.length >= SHORTEST_IN_NAME && plain.includes(written)) return true;
    const begins = plain.lastIndexOf(written.slice(0, SHORTEST_PIECE));
    return written.length > SHORTEST_PIECE && begins >= 0 && written.startsWith(plain.slice(begins));
  });
}

/** A name of the vocabulary is ours; the client's own leaves if it is a name and nothing else. */
export function cleanName(event: ReceivedEvent, scan: Scan, remarks: Remarks): string {
  const { name } = event;
  if (eventEntry(name) !== undefined) return name;
  if (name.length <= MAX_TEXT && scan.text(name).length === 0 && !hidesInName(name, scan)) return name;
  remarks.add('name', 'personal_data', 'replace');
  return 'custom_event';
}
