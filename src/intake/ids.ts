// Gathers the identifiers of one event. At most one per system and kind counts, by the order they are offered in; every other
// value is set aside: never sent as an id, but known to detection, so that it cannot leave by another way.

import type { CookieForm, IdentifierKind } from '../core/identifiers/kind.ts';
import { IDENTIFIERS, identifierKind, identifierName } from '../core/identifiers.ts';
import type { Identifier } from '../core/event.ts';
import type { Json, JsonObject } from '../core/json.ts';
import type { IntakeContext } from '../core/plugin.ts';
import { decode } from './query.ts';
import type { UrlParameter } from './query.ts';
import { remembered } from './remembered.ts';
import { firstMembers, textOrNumber } from './value.ts';

type Source = Identifier['source'];

export interface FoundIds {
  readonly ids: readonly Identifier[];
  readonly otherIds: readonly Identifier[];
}

const NONE: readonly Identifier[] = [];
/** Values shorter than that say nothing by themselves, and would be found everywhere. */
const SHORTEST_ASIDE = 6;
/** An honest event has a handful. */
const MOST_ASIDE = 200;
/** Every event of a batch takes them all; of more the rest is not known. */
export const MOST_IN_COOKIES = 64;

export class IdCollector {
  readonly #ids: Identifier[] = [];
  /** By name and value. */
  #others: Map<string, Identifier> | null = null;

  /** Offers a value for `<system>.<kind>`; the first of a kind that has its form is the one that counts. */
  offer(name: string, value: unknown, source: Source): void {
    if (value === undefined || value === null) return;
    const id = readId(name, value, source);
    if (id === null) return;
    const first = this.#first(id);
    if (first === undefined) this.#ids.push(id);
    else if (first.value !== id.value) this.#aside(name, id);
  }

  /** A value that is an id but never the visitor's. */
  setAside(name: string, value: unknown, source: Source): void {
    if (value === undefined || value === null) return;
    const id = readId(name, value, source);
    if (id !== null) this.#aside(name, id);
  }

  found(): FoundIds {
    return { ids: this.#ids, otherIds: this.#others === null ? NONE : this.#lost(this.#others) };
  }

  /** An event has few ids: looking through them costs less than keeping a map. */
  #first({ system, kind }: Identifier): Identifier | undefined {
    for (const id of this.#ids) if (id.kind === kind && id.system === system) return id;
    return undefined;
  }

  #aside(name: string, id: Identifier): void {
    if (id.value.length < SHORTEST_ASIDE) return;
    this.#others ??= new Map();
    if (this.#others.size < MOST_ASIDE) this.#others.set(`${name} ${id.value}`, id);
  }

  /** What was set aside and is not among the ids all the same. */
  #lost(others: ReadonlyMap<string, Identifier>): readonly Identifier[] {
    return [...others.values()].filter((id) => this.#first(id)?.value !== id.value);
  }
}

function readId(name: string, value: unknown, source: Source): Identifier | null {
  const kind = identifierKind(name);
  if (kind === undefined) return null;
  const written = textOrNumber(value);
  if (written === null || !kind.form.test(written)) return null;
  return { system: kind.system, kind: kind.kind, value: written, source };
}

/** `context.ids`: names the table does not have are ignored. */
export function offerContextIds(collector: IdCollector, ids: unknown): void {
  if (typeof ids !== 'object' || ids === null || Array.isArray(ids)) return;
  const named = ids as Readonly<Record<string, unknown>>; // an object out of JSON has string keys
  for (const name in named) collector.offer(name, named[name], 'context');
}

/** Does `context.ids` hold at least one id of the table? Then a call need not have ids of its own. */
export const isIdentifying = (ids: unknown): boolean =>
  typeof ids === 'object' &&
  ids !== null &&
  Object.entries(ids).some(
    ([name, value]) => identifierKind(name)?.form.test(textOrNumber(value) ?? '') === true,
  );

/** An id read from a cookie. `own` is false for the session cookie of a tag that the site does not list. */
export interface CookieId {
  readonly name: string;
  readonly value: string;
  readonly own: boolean;
}

const GA_SESSION = /^_ga_([A-Z0-9]+)$/;

/** Cookies whose name is fixed are looked up; only the rest is tried pattern by pattern. */
const byCookieName = new Map<string, { name: string; form: CookieForm }[]>();
const byCookiePattern: { name: string; form: CookieForm }[] = [];
for (const entry of IDENTIFIERS)
  for (const form of entry.cookies) {
    const literal = /^\^(\w+)\$$/.exec(form.name.source)?.[1];
    const row = { name: identifierName(entry), form };
    if (literal === undefined) byCookiePattern.push(row);
    else byCookieName.set(literal, [...(byCookieName.get(literal) ?? []), row]);
  }

/** A name can have rows of both sorts: one tool wrote `_twclid` in two ways. */
const cookieRows = remembered((cookieName) => [
  ...(byCookieName.get(cookieName) ?? []),
  ...byCookiePattern.filter(({ form }) => form.name.test(cookieName)),
]);

/** Decoded twice, once, not at all: as far as browsers and servers are known to wrap cookie values. */
function spellings(raw: string): readonly string[] {
  const found = [raw];
  for (let value = raw; found.length < 3 && value.includes('%');) {
    // In a cookie a plus is a plus.
    const decoded = decode(value.includes('+') ? value.replaceAll('+', '%2B') : value);
    if (decoded === null) break;
    found.unshift(decoded);
    value = decoded;
  }
  return found;
}

/** What the form of an id finds in the first spelling that has it. */
function valueIn(form: CookieForm, spelled: readonly string[]): string | undefined {
  for (const spelling of spelled) {
    const value = form.value.exec(spelling)?.[1];
    if (value !== undefined) return value;
  }
  return undefined;
}

const LAST = Number.MAX_SAFE_INTEGER;

/** Own tags first, in the order the site lists them; without GA tags in the site every session cookie is its own. */
function rank(cookieName: string, tags: readonly string[]): number {
  if (!cookieName.startsWith('_ga_')) return 0;
  const suffix = GA_SESSION.exec(cookieName)?.[1];
  if (suffix === undefined || !tags.some((tag) => tag.startsWith('G-'))) return 0;
  return tags.indexOf(`G-${suffix}`);
}

/** Ids in the first-party cookies of a request; read once for all its events. */
export function readCookieIds({ idCookies, site }: IntakeContext): readonly CookieId[] {
  const found: (CookieId & { readonly rank: number })[] = [];
  for (const cookieName in idCookies) {
    const rows = cookieRows(cookieName);
    const position = rank(cookieName, site.tags);
    const spelled = (idCookies[cookieName] ?? []).map(spellings);
    for (const { name, form } of rows)
      for (const spelling of spelled) {
        const value = valueIn(form, spelling);
        if (value !== undefined)
          found.push({ name, value, own: position >= 0, rank: position < 0 ? LAST : position });
      }
  }
  return found.length < 2 ? found : found.sort((a, b) => a.rank - b.rank).slice(0, MOST_IN_COOKIES);
}

export function offerCookieIds(collector: IdCollector, found: readonly CookieId[]): void {
  for (const { name, value, own } of found)
    if (own) collector.offer(name, value, 'cookie');
    else collector.setAside(name, value, 'cookie');
}

interface Named {
  /** `<system>.<kind>` */
  readonly id: string;
  readonly kind: IdentifierKind;
  /** Does this name carry the id itself, or a companion of it? */
  readonly first: boolean;
}

const byParameter = new Map<string, Named[]>();
for (const kind of IDENTIFIERS)
  kind.url.forEach((name, index) => {
    const key = name.toLowerCase();
    const row = { id: identifierName(kind), kind, first: index === 0 };
    byParameter.set(key, [...(byParameter.get(key) ?? []), row]);
  });

/** Click ids and such in the page's address. Only a kind's first parameter name carries the id itself, the others companions. */
export function offerUrlIds(collector: IdCollector, parameters: readonly UrlParameter[]): void {
  for (const { name, value } of parameters)
    for (const { id, first } of byParameter.get(name) ?? NOT_NAMED)
      if (first) collector.offer(id, value, 'url');
      else collector.setAside(id, value, 'url');
}

const NOT_NAMED: readonly Named[] = [];
const namedAs = remembered((name): readonly Named[] => byParameter.get(name.toLowerCase()) ?? NOT_NAMED);

/** Shorter values under such a name are more likely something else (`vid` of a video). */
const SHORTEST_NAMED = 10;

/** Does a parameter hold an id by its name and form? Then it is set aside. */
function isNamedId(collector: IdCollector, name: string, given: unknown): boolean {
  for (const { id, kind } of namedAs(name)) {
    const value = textOrNumber(given);
    if (value === null || !kind.form.test(value) || (!kind.telling && value.length < SHORTEST_NAMED))
      continue;
    collector.setAside(id, value, 'protocol');
    return true;
  }
  return false;
}

/** Parameters named as ids are in addresses (`gclid`, `fbp`) are set aside and removed, whatever event they ride on. */
export function withoutNamedIds(params: JsonObject, collector: IdCollector): JsonObject {
  let rest: Record<string, Json> | null = null;
  let same = 0;
  for (const name in params) {
    const value = params[name] ?? null;
    const gone = isNamedId(collector, name, value);
    if (rest === null && gone) rest = firstMembers(params, same);
    if (rest === null) same += 1;
    else if (!gone) rest[name] = value;
  }
  return rest ?? params;
}
