// The values that one event carries as identifiers or personal data, in every form in which they could hide in its other
// fields. They are looked for in all that leaves; digests of them are computed only when something looks like a digest.

import { hash } from 'node:crypto';
import type { Identifier, ReceivedEvent } from '../core/event.ts';
import { identifierName } from '../core/identifiers.ts';
import { Recent, copied } from '../core/recent.ts';
import { Collection } from './collection.ts';
import type { Needle } from './forms.ts';
import { MIN_SUBSTRING } from './forms.ts';
import type { Visitor } from './visitor.ts';

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
  /**
   * False if a value that came with this event alone stands in one that its visitor brings along. Where it is true, what the event
   * has of its own changes nothing about what its visitor brings.
   */
  readonly apart: boolean;
  /** MD5, SHA-1 and SHA-256 of the values: computed at the first call. */
  digests(): readonly Digest[];
}

/** Parameters that are ids by their meaning, whatever the intake made of them. */
const ID_PARAMS = ['transaction_id', 'order_id', 'event_id'] as const;

/** What comes with this event alone; `once` are the ids among it. */
function addOnce(event: ReceivedEvent, once: readonly Identifier[], into: Collection): void {
  let order: string | null = null;
  for (const id of once) {
    const source = identifierName(id);
    into.add(source, id.value);
    if (source === 'site.order_id') order = id.value;
  }
  if (event.messageId !== null) into.add('message_id', event.messageId);
  for (const name of ID_PARAMS) {
    const value = event.params[name];
    if (typeof value !== 'string' && typeof value !== 'number') continue;
    const text = String(value);
    // Mostly the order that was found there.
    if (text !== order) into.add('site.order_id', text);
  }
}

/** Does nothing that came with the event alone stand in what its visitor brings along? */
function standApart({ words, short, raw }: Collection, visitor: Visitor): boolean {
  for (const { value } of words) if (visitor.holds(value)) return false;
  for (const { value } of short) if (visitor.holds(value)) return false;
  for (const value of raw) if (visitor.holds(value.trim().toLowerCase())) return false;
  return true;
}

/** Every value of the event that may stand nowhere but in its own place; `once` are its ids, of both kinds, that come with it alone. */
export function needlesOf(event: ReceivedEvent, visitor: Visitor, once: readonly Identifier[]): Needles {
  const { values } = visitor;
  const own = new Collection(values);
  addOnce(event, once, own);
  const apart = standApart(own, visitor);
  const all = {
    words: joined(values.words, own.words),
    short: joined(values.short, own.short),
    raw: joined(values.raw, own.raw),
    shortest: Math.min(values.shortest, own.shortest),
    phones: values.phones,
  };
  return needlesIn(all, apart);
}

const joined = <T>(first: readonly T[], others: readonly T[]): readonly T[] =>
  others.length === 0 ? first : first.concat(others);

/** With digests, which take some 5 KB. */
const MAX_RECORDED = 1000;
const MAX_KEY = 2048;
const recorded = new Recent<string, Needles>(MAX_RECORDED);

/** The same for values that a visitor brings along without an event, each with its source. */
export function needlesOfValues(values: readonly (readonly [source: string, value: string])[]): Needles {
  let key = '';
  // With its length, no value can be taken for two.
  for (const [source, value] of values) key += `${source} ${value.length}:${value}`;
  const known = recorded.get(key);
  if (known !== undefined) return known;
  const isKept = key.length <= MAX_KEY;
  const all = new Collection();
  for (const [source, value] of values) all.add(source, isKept ? copied(value) : value);
  const needles = needlesIn(all, true);
  if (isKept) recorded.set(copied(key), needles);
  return needles;
}

type Collected = Pick<Needles, 'words' | 'short' | 'shortest' | 'phones'> & {
  readonly raw: readonly string[];
};

function needlesIn({ words, short, shortest, phones, raw }: Collected, apart: boolean): Needles {
  let digests: readonly Digest[] | null = null;
  return {
    words,
    short,
    shortest,
    phones,
    apart,
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
