// What a visitor brings along with every event: ids, person fields, address and browser, but for ids that are new each time.
// What is worked out of these alone is the same for all events that bring them, so for as long as they are remembered the same
// values are the same object. Honest visitors send their events in bursts; everything asked here is asked about each of them.

import type { Identifier, ReceivedEvent } from '../core/event.ts';
import { comesOnce, identifierName } from '../core/identifiers.ts';
import type { PersonField } from '../core/person.ts';
import { PERSON_FIELDS } from '../core/person.ts';
import { copied, Recent } from '../core/recent.ts';
import { Collection } from './collection.ts';

/** What of an event, or of any other request, tells who it is from. */
export type Carrier = Pick<ReceivedEvent, 'ids' | 'otherIds' | 'person' | 'ip'> & {
  readonly device: Pick<ReceivedEvent['device'], 'userAgent'>;
};

/** Sources and values in turn, `[source, value, source, value, …]`, in the order that the event has them. */
type Sourced = readonly string[];

/** Stands before ids that are never sent, where sources stand. */
const OTHERS = '';
/** The connection's own; what the client says of them is `person.ip` and `person.user_agent`. */
const CONNECTION: ReadonlyMap<string, string> = new Map([
  ['ip', 'person.ip'],
  ['user_agent', 'person.user_agent'],
]);

const PERSON = Object.fromEntries(PERSON_FIELDS.map((field) => [field, `person.${field}`]));

function addIds(ids: readonly Identifier[], into: string[]): void {
  for (const id of ids) {
    const source = identifierName(id);
    if (!comesOnce(source)) into.push(source, id.value);
  }
}

function sourcedOf({ ids, otherIds, person, ip, device }: Carrier): Sourced {
  const brought: string[] = [];
  addIds(ids, brought);
  if (otherIds.length > 0) {
    brought.push(OTHERS, '');
    addIds(otherIds, brought);
  }
  for (const field in person) {
    const value = person[field as PersonField]; // its own key
    if (typeof value === 'string') brought.push(PERSON[field] ?? `person.${field}`, value);
  }
  if (ip !== null) brought.push('ip', ip);
  if (device.userAgent !== null) brought.push('user_agent', device.userAgent);
  return brought;
}

const valuesIn = (sourced: Sourced): readonly string[] => sourced.filter((_, at) => at % 2 === 1);

/** Values that stand under two systems, in lower case; null: none. */
export function sharedValues(ids: readonly Identifier[]): ReadonlySet<string> | null {
  const plain = ids.map(({ value }) => value.trim().toLowerCase());
  let shared: Set<string> | null = null;
  // Each with all before it: an event has a handful.
  for (let at = 1; at < ids.length; at += 1)
    for (let before = 0; before < at; before += 1)
      if (plain[at] === plain[before] && ids[at]?.system !== ids[before]?.system)
        shared = (shared ?? new Set()).add(plain[at] ?? '');
  return shared;
}

const NO_IDS: readonly Identifier[] = [];

/** Those that come with one event alone: none or one, as a rule. */
export function single(ids: readonly Identifier[]): readonly Identifier[] {
  let found: Identifier[] | null = null;
  for (const id of ids) if (comesOnce(identifierName(id))) (found ??= []).push(id);
  return found ?? NO_IDS;
}

/** Those that the visitor brings along again and again. */
export const lasting = (ids: readonly Identifier[]): readonly Identifier[] =>
  ids.filter((id) => !comesOnce(identifierName(id)));

export class Visitor {
  /** False for one that brings too much to be remembered: the next event has another. */
  readonly isRemembered: boolean;
  /** Values that they bring under two systems, in lower case; null: none. */
  readonly shared: ReadonlySet<string> | null;
  readonly #brought: Sourced;
  #values: Collection | null = null;
  /** All values in lower case. */
  #text: string | null = null;

  constructor(brought: Sourced, { ids, otherIds }: Carrier, isRemembered: boolean) {
    this.#brought = brought;
    this.isRemembered = isRemembered;
    this.shared = sharedValues([...lasting(ids), ...lasting(otherIds)]);
  }

  brings(brought: Sourced): boolean {
    const own = this.#brought;
    if (own.length !== brought.length) return false;
    for (let at = 0; at < own.length; at += 1) if (own[at] !== brought[at]) return false;
    return true;
  }

  /** Every form of what they bring. */
  get values(): Collection {
    if (this.#values !== null) return this.#values;
    const values = new Collection();
    for (let at = 0; at < this.#brought.length; at += 2) {
      const [source, value] = [this.#brought[at] ?? '', this.#brought[at + 1] ?? ''];
      if (source !== OTHERS) values.add(CONNECTION.get(source) ?? source, value);
    }
    return (this.#values = values);
  }

  /** Does this word, in lower case, stand in anything they bring? */
  holds(word: string): boolean {
    this.#text ??= valuesIn(this.#brought).join('\n').toLowerCase();
    return this.#text.includes(word);
  }
}

/**
 * So many are remembered, twice as many at most; with what is made of them, some 7 KB each at four destinations. Enough for the second
 * in which a page sends its events where thousands come a second, and for minutes where a hundred do. With 5,000 of them, more than
 * half of what lived in V8's old space was theirs, and each collection of it held up for as long.
 */
export const MAX_VISITORS = 1000;
const MAX_CHARS = 2048;
/** With which one value may come first: a browser that has another session now, an account at two browsers. */
const MAX_VARIANTS = 4;
/** By the first value: no text has to be joined and hashed to find them (measured: 0.4 against 1.5 µs). */
const visitors = new Recent<string, readonly Visitor[]>(MAX_VISITORS);

/** Copies, which keep nothing of the request alive: of one text, for copying each alone costs 0.3 µs. */
function kept(brought: Sourced): Sourced {
  const all = copied(valuesIn(brought).join(''));
  let from = 0;
  return brought.map((text, at) => (at % 2 === 0 ? text : all.slice(from, (from += text.length))));
}

/** Whoever sent this, as somebody who is not remembered. */
export const strangerOf = (event: Carrier): Visitor => new Visitor(sourcedOf(event), event, false);

/** Whoever sent this; the same object as long as they are remembered and bring the same. */
export function visitorOf(event: Carrier): Visitor {
  const brought = sourcedOf(event);
  const first = brought[1] ?? '';
  const known = visitors.get(first) ?? [];
  for (const visitor of known) if (visitor.brings(brought)) return visitor;
  let chars = 0;
  for (const text of brought) chars += text.length;
  if (chars > MAX_CHARS) return strangerOf(event);
  const copies = kept(brought);
  const visitor = new Visitor(copies, event, true);
  visitors.set(copies[1] ?? '', [visitor, ...known.slice(0, MAX_VARIANTS - 1)]);
  return visitor;
}
