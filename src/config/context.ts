// What the compilers of the sections share: the file, the report, the registries and the vocabulary of this file.

import type { Purpose } from '../core/consent.ts';
import type { ConsentReader, DestinationType, StoreDriver } from '../core/plugin.ts';
import type { Path, ProblemCode } from './problems.ts';
import type { Report } from './report.ts';
import { DEFAULTS } from './defaults.ts';
import { didYouMean } from './suggest.ts';

/** What of a destination type the configuration derives from. */
export type KnownType = Pick<
  DestinationType,
  | 'type'
  | 'title'
  | 'system'
  | 'audience'
  | 'demands'
  | 'anonymous'
  | 'settings'
  | 'ids'
  | 'person'
  | 'links'
  | 'recording'
>;

/** The plugin registries, as far as the configuration derives from them. */
export interface Registries {
  readonly destinations: readonly KnownType[];
  readonly readers: readonly Pick<ConsentReader, 'source'>[];
  readonly stores: readonly Pick<StoreDriver, 'scheme' | 'problems'>[];
}

export interface Context {
  readonly root: Readonly<Record<string, unknown>>;
  readonly report: Report;
  readonly registries: Registries;
  /** Purposes of this file: built in and added. */
  readonly purposes: readonly Purpose[];
  readonly siteNames: readonly string[];
  readonly destinationNames: readonly string[];
}

/** Sources that only ever deny; nothing lists or maps them. */
const DENY_ONLY = ['gpc', 'usPrivacy'];

/** Sources that a site may list: those that are read, and those it lists by default. */
export const grantingSources = (registries: Registries): readonly string[] =>
  [...new Set([...registries.readers.map((reader) => reader.source), ...DEFAULTS.site.consent])].filter(
    (source) => !DENY_ONLY.includes(source),
  );

/** Sources whose categories can be mapped to purposes. A record names purposes itself. */
export const mappedSources = (registries: Registries): readonly string[] =>
  grantingSources(registries).filter((source) => source !== 'record');

export const typeOf = (registries: Registries, name: string): KnownType | undefined =>
  registries.destinations.find((each) => each.type === name);

export const keysOf = (value: unknown): readonly string[] =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : [];

/** Compiles a section that is a mapping by name, entry by entry; null is an entry that cannot be compiled. */
export function compileEntries<T>(
  section: 'destinations' | 'tags',
  compile: (name: string, value: unknown, context: Context) => T | null,
  context: Context,
): readonly T[] {
  const { root, report } = context;
  const value = root[section] ?? {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    report.error('wrong-type', [section], `expected a mapping of ${section} by name`);
    report.incomplete.add(section);
    return [];
  }
  const compiled: T[] = [];
  for (const name of keysOf(value)) {
    const entry = compile(name, Reflect.get(value, name), context);
    if (entry === null) report.incomplete.add(section);
    else compiled.push(entry);
  }
  return compiled;
}

interface Known {
  readonly code: ProblemCode;
  readonly what: string;
  readonly known: readonly string[];
}

/** Reports every name that is not known, with the nearest one that is. True if all are known. */
export function checkNames(
  names: readonly { readonly name: string; readonly path: Path }[],
  { code, what, known }: Known,
  report: Report,
): boolean {
  let sound = true;
  for (const { name, path } of names) {
    if (known.includes(name)) continue;
    const hint = report.places.origin(path) === 'literal' ? didYouMean(name, known) : '';
    report.error(code, path, `there is no ${what} ${report.word(path, name)}${hint}`);
    sound = false;
  }
  return sound;
}

/** Names of a list with their places. */
export const listed = (names: readonly string[], path: Path): readonly { name: string; path: Path }[] =>
  names.map((name, index) => ({ name, path: [...path, index] }));

/** Reports every value that came before. Values may be secrets: none is printed. */
export function checkUnique(
  values: readonly { readonly value: string; readonly path: Path }[],
  what: string,
  report: Report,
): void {
  const seen = new Map<string, Path>();
  for (const { value, path } of values) {
    const first = seen.get(value);
    if (first === undefined) {
      seen.set(value, path);
      continue;
    }
    const { line } = report.places.value(first);
    report.error('duplicate', path, `${what} stands on line ${line} already`);
  }
}
