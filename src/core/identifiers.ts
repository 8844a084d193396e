// The one table of identifiers: which systems know a visitor, by what kind of id, where that id is found, what it looks
// like and what may be done to it. Intake reads by it, detection recognises by it, identity treats by it.
// Sources: shared reference pages of each vendor; forms marked "unconfirmed" there are left loose here.

import { ADVERTISING } from './identifiers/advertising.ts';
import { ANALYTICS } from './identifiers/analytics.ts';
import type { IdentifierKind, Kinds, System } from './identifiers/kind.ts';
import { SYSTEMS } from './identifiers/kind.ts';
import { RELATIONS } from './identifiers/relations.ts';
import { SITE } from './identifiers/site.ts';

const TABLE: Readonly<Record<System, Kinds>> = { ...ANALYTICS, ...ADVERTISING, ...RELATIONS, ...SITE };

export const IDENTIFIERS: readonly IdentifierKind[] = SYSTEMS.flatMap((system) =>
  Object.entries(TABLE[system]).map(([kind, row]) => ({
    cookies: [],
    url: [],
    telling: false,
    pseudonym: null,
    ...row,
    system,
    kind,
  })),
);

const BY_NAME = new Map(IDENTIFIERS.map((entry) => [`${entry.system}.${entry.kind}`, entry]));

/** Looks up `<system>.<kind>`; undefined for anything the table does not have. */
export const identifierKind = (name: string): IdentifierKind | undefined => BY_NAME.get(name);

/** Names of the table by system and kind: joining and hashing one anew costs more than finding it (measured: 80 against 20 ns). */
const NAMES = new Map<string, Map<string, string>>();
for (const { system, kind } of IDENTIFIERS) {
  const kinds = NAMES.get(system) ?? new Map<string, string>();
  NAMES.set(system, kinds.set(kind, `${system}.${kind}`));
}

/** `<system>.<kind>` of an entry or identifier. */
export const identifierName = (id: { readonly system: string; readonly kind: string }): string =>
  NAMES.get(id.system)?.get(id.kind) ?? `${id.system}.${id.kind}`;

const PATHS = new Map(IDENTIFIERS.map(identifierName).map((name) => [name, `ids.${name}`]));

/** Where remarks and the ledger tell of it: `ids.<system>.<kind>`. */
export const idPath = (name: string): string => PATHS.get(name) ?? `ids.${name}`;

const BY_PATH = new Map(IDENTIFIERS.map((entry) => [idPath(identifierName(entry)), entry]));
/** The entry that a path tells of; undefined where it tells of anything else. */
export const identifierAt = (path: string): IdentifierKind | undefined => BY_PATH.get(path);

const ONCE: ReadonlySet<string> = new Set(
  IDENTIFIERS.filter(({ role }) => role === 'order' || role === 'event').map(identifierName),
);
/** Is a value of this kind new with every event? All others a visitor brings along again and again. */
export const comesOnce = (name: string): boolean => ONCE.has(name);

const SYSTEM_NAMES: ReadonlySet<string> = new Set(SYSTEMS);

export const isSystem = (name: string): name is System => SYSTEM_NAMES.has(name);
