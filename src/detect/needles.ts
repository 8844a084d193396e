// The values that one event carries as identifiers or personal data, in every form in which they could hide in its other
// fields. They are looked for in all that leaves; digests of them are computed only when something looks like a digest.

import { hash } from 'node:crypto';
import type { ReceivedEvent } from '../core/event.ts';
import { identifierName } from '../core/identifiers.ts';
import type { PersonField } from '../core/person.ts';
import { Recent, copied } from '../core/recent.ts';
import type { Needle } from './forms.ts';
import { MIN_SUBSTRING, NUMERIC, formsOf } from './forms.ts';

export type { Needle } from './forms.ts';

export interface Digest {
  /** Lower case. */
  readonly hex: string;
  /** In the url alphabet, without padding. */
  readonly base64: string;
}

export interface Needles {
  readonly words: readonly Needle[];
  /** Values too short to be looked for in text: they count where a name says what they are. */
  readonly short: readonly Needle[];
  /** Shortest length of `words`; strings below it are not searched. */
  readonly shortest: number;
  /** Last eight digits of the phones carried. */
  readonly phones: ReadonlySet<string>;
  /** MD5, SHA-1 and SHA-256 of the values: computed at the first call. */
  digests(): readonly Digest[];
}

/** Says nothing alone, so a page may hold the word by chance. */
const COMMON_WORDS: readonly PersonField[] = ['gender'];
/** Places shorter than this are codes of countries and regions. */
const SHORTEST_PLACE = 4;
const PLACES: readonly PersonField[] = ['city', 'region'];

const FEW = 40;

/** What some values come to, each form once: a later value adds what is new. */
class Collection {
  readonly words: Needle[] = [];
  readonly short: Needle[] = [];
  /** The values themselves. */
  readonly raw: string[] = [];
  readonly phones: Set<string>;
  shortest = Infinity;
  #seen: Set<string> | null = null;

  /** Begins with what another has; only phones are shared with it, so none may be added here. */
  constructor(from?: Collection) {
    this.phones = from?.phones ?? new Set();
    if (from === undefined) return;
    this.words = from.words.slice();
    this.short = from.short.slice();
    this.raw = from.raw.slice();
    this.shortest = from.shortest;
  }

  add(value: string, source: string): void {
    const forms = formsOf(value, source);
    if (forms.length > 0) this.raw.push(value);
    for (const needle of forms) this.#take(needle);
  }

  addPhone(value: string, source: string): void {
    this.add(value, source);
    const digits = value.replace(/\D/g, '');
    if (digits.length < 8) return;
    this.phones.add(digits.slice(-8));
    this.#take({ value: digits, source, whole: true });
  }

  #take(needle: Needle): void {
    const { value, whole } = needle;
    if (this.#has(value)) return;
    this.#seen?.add(value);
    if (whole && value.length < MIN_SUBSTRING && (value.length < 2 || NUMERIC.test(value))) {
      this.short.push(needle);
      return;
    }
    this.words.push(needle);
    if (value.length < this.shortest) this.shortest = value.length;
  }

  /** An honest event has some twenty: looking through them costs less than keeping a table. */
  #has(value: string): boolean {
    const { words, short } = this;
    if (words.length + short.length > FEW) {
      this.#seen ??= new Set([...words, ...short].map((needle) => needle.value));
      return this.#seen.has(value);
    }
    for (const needle of words) if (needle.value === value) return true;
    for (const needle of short) if (needle.value === value) return true;
    return false;
  }
}

/** Values by their source, in turn: `[source, value, source, value, …]`. */
type Sourced = readonly string[];

/** Sources whose values are new with every event. */
const ONCE: ReadonlySet<string> = new Set(['site.order_id', 'site.message_id']);
/** Parameters that are ids by their meaning, whatever the intake made of them. */
const ID_PARAMS = ['transaction_id', 'order_id', 'event_id'] as const;

/** What the visitor brings along every time, and what comes with this event alone. */
function sourced(event: ReceivedEvent): { readonly lasting: Sourced; readonly once: Sourced } {
  const [lasting, once]: [string[], string[]] = [[], []];
  for (const ids of [event.ids, event.otherIds])
    for (const id of ids) {
      const source = identifierName(id);
      (ONCE.has(source) ? once : lasting).push(source, id.value);
    }
  for (const field in event.person) {
    const value = event.person[field as PersonField]; // its own key
    if (typeof value !== 'string' || COMMON_WORDS.some((word) => word === field)) continue;
    if (PLACES.some((place) => place === field) && value.trim().length < SHORTEST_PLACE) continue;
    lasting.push(`person.${field}`, value);
  }
  if (event.ip !== null) lasting.push('person.ip', event.ip);
  if (event.device.userAgent !== null) lasting.push('person.user_agent', event.device.userAgent);
  if (event.messageId !== null) once.push('message_id', event.messageId);
  for (const name of ID_PARAMS) {
    const value = event.params[name];
    if (typeof value === 'string' || typeof value === 'number') once.push('site.order_id', String(value));
  }
  return { lasting, once };
}

function addAll(values: Sourced, into: Collection): Collection {
  for (let at = 0; at < values.length; at += 2) {
    const [source, value] = [values[at] ?? '', values[at + 1] ?? ''];
    if (source === 'person.phone') into.addPhone(value, source);
    else into.add(value, source);
  }
  return into;
}

const MAX_VISITORS = 5000;
const MAX_KEY = 2048;
/** Of returning visitors, by all they bring along: making the forms of some ten values costs as much as scanning an event. */
const visitors = new Recent<string, Collection>(MAX_VISITORS);

function ofVisitor(lasting: Sourced): Collection {
  let key = '';
  // With its length, no value can be taken for two.
  for (const text of lasting) key += `${text.length}:${text}`;
  const known = visitors.get(key);
  if (known !== undefined) return known;
  if (key.length > MAX_KEY) return addAll(lasting, new Collection());
  const made = addAll(lasting.map(copied), new Collection());
  visitors.set(copied(key), made);
  return made;
}

/** Every value of the event that may stand nowhere but in its own place. */
export function needlesOf(event: ReceivedEvent): Needles {
  const { lasting, once } = sourced(event);
  return needlesIn(addAll(once, new Collection(ofVisitor(lasting))));
}

/** With digests, which take some 5 KB. */
const MAX_RECORDED = 1000;
const recorded = new Recent<Collection, Needles>(MAX_RECORDED);

/** The same for values that a visitor brings along without an event, each with its source. */
export function needlesOfValues(values: readonly (readonly [source: string, value: string])[]): Needles {
  const all = ofVisitor(values.flat());
  let needles = recorded.get(all);
  if (needles === undefined) recorded.set(all, (needles = needlesIn(all)));
  return needles;
}

function needlesIn({ words, short, shortest, phones, raw }: Collection): Needles {
  let digests: readonly Digest[] | null = null;
  return {
    words,
    short,
    shortest,
    phones,
    digests: () => (digests ??= digestsOf(new Set(raw))),
  };
}

/** Beginnings of words, by a number of twelve bits; the table belongs to the needles that were asked last. */
const beginnings = new Uint32Array(4096);
const LAST = beginnings.length - 1;
const BEGINNING = 3;
let owner: Needles | null = null;
let turn = 0;

const beginning = (first: number, second: number, third: number): number =>
  (first ^ (second << 3) ^ (third << 6)) & LAST;

function own(needles: Needles): void {
  owner = needles;
  // Entries of other turns count as empty; when the numbers run out, the table is emptied.
  turn = turn === 0xffff_ffff ? 1 : turn + 1;
  if (turn === 1) beginnings.fill(0);
  for (const { value } of needles.words)
    if (value.length >= BEGINNING)
      beginnings[beginning(value.charCodeAt(0), value.charCodeAt(1), value.charCodeAt(2))] = turn;
}

/**
 * Can any of the words stand in this text, which is in lower case? One pass over the text for all of them; searching for each
 * costs ten times as much (measured: some twenty words an event, ten texts). True may be wrong, false never is.
 */
export function mayCarry(needles: Needles, lower: string): boolean {
  if (lower.length < needles.shortest) return false;
  if (owner !== needles) own(needles);
  let second = lower.charCodeAt(lower.length - 2);
  let third = lower.charCodeAt(lower.length - 1);
  for (let at = lower.length - BEGINNING; at >= 0; at--) {
    const first = lower.charCodeAt(at);
    if (beginnings[beginning(first, second, third)] === turn) return carriesAny(needles, lower);
    third = second;
    second = first;
  }
  return needles.shortest < BEGINNING && carriesAny(needles, lower);
}

function carriesAny({ words }: Needles, lower: string): boolean {
  for (const { value } of words) if (lower.includes(value)) return true;
  return false;
}

function digestsOf(values: ReadonlySet<string>): readonly Digest[] {
  const digests: Digest[] = [];
  for (const value of values) {
    const digitsOnly = value.replace(/\D/g, '');
    const forms = new Set([value, value.trim(), value.trim().toLowerCase(), value.trim().toUpperCase()]);
    if (digitsOnly.length >= 8) forms.add(digitsOnly).add(`+${digitsOnly}`);
    for (const form of forms) {
      for (const algorithm of ['md5', 'sha1', 'sha256']) {
        // Hashing twice costs a third of hashing to a buffer once (measured: 0.7 against 2 µs).
        digests.push({ hex: hash(algorithm, form, 'hex'), base64: hash(algorithm, form, 'base64url') });
      }
    }
  }
  return digests;
}

/** Names behind which even a short number is an id. */
const ID_NAME =
  /(?:^|[_\-. ])(?:u?id|nr|no|number|key)$|[a-z]Id$|user|uid|account|customer|client|klant|kunde|member|visitor|contact|profile|person|login/i;

/** Is the whole of a named value one of the short ones? Two-digit numbers count only behind the name of an id. */
export function isShortNeedle(needles: Needles, name: string, value: string): boolean {
  if (needles.short.length === 0 || value.length > MIN_SUBSTRING || !ID_NAME.test(name)) return false;
  const plain = value.trim().toLowerCase();
  return needles.short.some((needle) => needle.value === plain);
}
