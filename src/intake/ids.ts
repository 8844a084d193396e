// Gathers the identifiers of one event. At most one per system and kind counts, by the order they are offered in; every other
// value is set aside: never sent as an id, but known to detection, so that it cannot leave by another way.

import type { CookieForm, IdentifierKind } from '../core/identifiers.ts';
import { IDENTIFIERS, identifierKind, identifierName } from '../core/identifiers.ts';
import type { Identifier } from '../core/event.ts';
import type { IntakeContext } from '../core/plugin.ts';
import { decode, eachUrlParameter } from './query.ts';
import { textOrNumber } from './value.ts';

type Source = Identifier['source'];

export interface FoundIds {
  readonly ids: readonly Identifier[];
  readonly otherIds: readonly Identifier[];
}

export interface IdCollector {
  /** Offers a value for `<system>.<kind>`; the first of a kind that has its form is the one that counts. */
  offer(name: string, value: unknown, source: Source): void;
  /** A value that is an id but never the visitor's. */
  setAside(name: string, value: unknown, source: Source): void;
  found(): FoundIds;
}

/** Values shorter than that say nothing by themselves, and would be found everywhere. */
const SHORTEST_ASIDE = 6;
/** An honest event has a handful. */
const MOST_ASIDE = 200;

export function idCollector(): IdCollector {
  const ids = new Map<string, Identifier>();
  const others = new Map<string, Identifier>();

  const read = (name: string, value: unknown, source: Source): Identifier | null => {
    const kind = identifierKind(name);
    const written = kind === undefined ? null : textOrNumber(value);
    if (kind === undefined || written === null || !kind.form.test(written)) return null;
    return { system: kind.system, kind: kind.kind, value: written, source };
  };
  const aside = (name: string, id: Identifier): void => {
    if (id.value.length >= SHORTEST_ASIDE && others.size < MOST_ASIDE) others.set(`${name} ${id.value}`, id);
  };

  const taken = (name: string): boolean => {
    const id = ids.get(name.slice(0, name.indexOf(' ')));
    return id !== undefined && name === `${identifierName(id)} ${id.value}`;
  };

  return {
    offer(name, value, source) {
      const id = read(name, value, source);
      if (id === null) return;
      const first = ids.get(name);
      if (first === undefined) ids.set(name, id);
      else if (first.value !== id.value) aside(name, id);
    },
    setAside(name, value, source) {
      const id = read(name, value, source);
      if (id !== null) aside(name, id);
    },
    found: () => ({
      ids: [...ids.values()],
      otherIds: [...others].filter(([name]) => !taken(name)).map(([, id]) => id),
    }),
  };
}

/** `context.ids`: names the table does not have are ignored. */
export function offerContextIds(collector: IdCollector, ids: unknown): void {
  if (typeof ids !== 'object' || ids === null || Array.isArray(ids)) return;
  for (const [name, value] of Object.entries(ids)) collector.offer(name, value, 'context');
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

/** Cookies whose name is fixed are looked up; only the rest is tried name by name. */
const byCookieName = new Map<string, { name: string; form: CookieForm }[]>();
const byCookiePattern: { name: string; form: CookieForm }[] = [];
for (const entry of IDENTIFIERS)
  for (const form of entry.cookies) {
    const literal = /^\^(\w+)\$$/.exec(form.name.source)?.[1];
    const row = { name: identifierName(entry), form };
    if (literal === undefined) byCookiePattern.push(row);
    else byCookieName.set(literal, [...(byCookieName.get(literal) ?? []), row]);
  }

/** Decoded twice, once, not at all: as far as browsers and servers are known to wrap cookie values. */
function spellings(raw: string): readonly string[] {
  const found = [raw];
  for (let value = raw; found.length < 3 && value.includes('%');) {
    const decoded = decode(value.replaceAll('+', '%2B')); // in a cookie a plus is a plus
    if (decoded === null) break;
    found.unshift(decoded);
    value = decoded;
  }
  return found;
}

/** Own tags first, in the order the site lists them; without GA tags in the site every session cookie is its own. */
function rank(cookieName: string, tags: readonly string[]): number {
  const suffix = GA_SESSION.exec(cookieName)?.[1];
  if (suffix === undefined || !tags.some((tag) => tag.startsWith('G-'))) return 0;
  return tags.indexOf(`G-${suffix}`);
}

/** Ids in the first-party cookies of a request; read once for all its events. */
export function readCookieIds({ idCookies, site }: IntakeContext): readonly CookieId[] {
  const found: (CookieId & { readonly rank: number })[] = [];
  for (const [cookieName, values] of Object.entries(idCookies)) {
    const rows =
      byCookieName.get(cookieName) ?? byCookiePattern.filter(({ form }) => form.name.test(cookieName));
    for (const { name, form } of rows) {
      const position = rank(cookieName, site.tags);
      for (const raw of values) {
        const value = spellings(raw)
          .map((spelling) => form.value.exec(spelling)?.[1])
          .find((match) => match !== undefined);
        if (value !== undefined) found.push({ name, value, own: position >= 0, rank: position });
      }
    }
  }
  return found.sort((a, b) => a.rank - b.rank);
}

export function offerCookieIds(collector: IdCollector, found: readonly CookieId[]): void {
  for (const { name, value, own } of found)
    if (own) collector.offer(name, value, 'cookie');
    else collector.setAside(name, value, 'cookie');
}

const byParameter = new Map<string, { kind: IdentifierKind; first: boolean }[]>();
for (const kind of IDENTIFIERS)
  kind.url.forEach((name, index) => {
    const key = name.toLowerCase();
    byParameter.set(key, [...(byParameter.get(key) ?? []), { kind, first: index === 0 }]);
  });

/** Click ids and such in the page's address. Only a kind's first parameter name carries the id itself, the others companions. */
export function offerUrlIds(collector: IdCollector, url: string | null): void {
  if (url === null) return;
  eachUrlParameter(url, (name, value) => {
    for (const { kind, first } of byParameter.get(name) ?? [])
      if (first) collector.offer(identifierName(kind), value, 'url');
      else collector.setAside(identifierName(kind), value, 'url');
  });
}

/** Shorter values under such a name are more likely something else (`vid` of a video). */
const SHORTEST_NAMED = 10;

/** Parameters named as ids are in addresses (`gclid`, `fbp`) are set aside and removed, whatever event they ride on. */
export function withoutNamedIds<T>(
  params: Readonly<Record<string, T>>,
  collector: IdCollector,
): Readonly<Record<string, T>> {
  const named = Object.keys(params).filter((name) =>
    (byParameter.get(name.toLowerCase()) ?? []).some(({ kind }) => {
      const value = textOrNumber(params[name]);
      if (value === null || !kind.form.test(value) || (!kind.telling && value.length < SHORTEST_NAMED))
        return false;
      collector.setAside(identifierName(kind), value, 'protocol');
      return true;
    }),
  );
  if (named.length === 0) return params;
  return Object.fromEntries(Object.entries(params).filter(([name]) => !named.includes(name)));
}
