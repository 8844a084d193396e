// The last gate over what one event sends to several destinations: two of them may not hold the same identifying value, unless
// it got there as a permitted link. Identity's rules already see to it; this refuses what a mistake in them would let through.

import type { PermittedData } from '../core/permitted.ts';

const MIN_SHARED = 6;

interface JoinKey {
  /** In lower case. */
  readonly value: string;
  /** Did it come by a permitted link? */
  readonly linked: boolean;
}

/** The site's own account id reaches a destination through a link only (see plan.ts). */
const isLink = (name: string): boolean => name === 'site.user_id';

/** Is one of the values that a destination could join by what is looked for? */
function someValue(
  { key, ids, links, wire }: PermittedData,
  isFound: (value: string, linked: boolean) => boolean,
): boolean {
  if (isFound(key, false)) return true;
  for (const name in ids) if (isFound(ids[name] ?? '', isLink(name))) return true;
  for (const name in links) if (isFound(links[name] ?? '', true)) return true;
  return wire !== null && Object.values(wire.fields).some((value) => isFound(value, false));
}

function joinKeys(data: PermittedData): readonly JoinKey[] {
  const keys: JoinKey[] = [];
  someValue(data, (value, linked) => {
    if (value.length >= MIN_SHARED) keys.push({ value: value.toLowerCase(), linked });
    return false;
  });
  return keys;
}

/** More than this are compared at once. */
const FEW = 64;

/** The same for values that differ in case only; null beyond ASCII, where lower case is more than one bit. */
function markOf(value: string): number | null {
  let mark = value.length;
  for (let at = 0; at < value.length; at += 1) {
    const code = value.charCodeAt(at);
    if (code > 127) return null;
    mark = (Math.imul(mark, 31) + (code | 32)) | 0;
  }
  return mark;
}

/** Adds the mark of a value long enough to single out; true if it may be the same as one before it. */
function isMarked(value: string, marks: number[]): boolean {
  if (value.length < MIN_SHARED) return false;
  const mark = markOf(value);
  if (mark === null || marks.length === FEW || marks.includes(mark)) return true;
  marks.push(mark);
  return false;
}

/**
 * May two values be the same that are no links? False is certain, and nearly always so: a number for each value costs a third of
 * lower case and a table.
 */
function mayJoin(permitted: readonly PermittedData[]): boolean {
  const marks: number[] = [];
  const isFound = (value: string, linked: boolean): boolean => !linked && isMarked(value, marks);
  for (const data of permitted) if (someValue(data, isFound)) return true;
  return false;
}

const NOBODY: ReadonlySet<string> = new Set();

/**
 * Names of the destinations that share an identifying value with one before them: refused as `unjoinable`.
 * 1. Values shorter than six characters join nobody.
 * 2. A value may stand at two destinations if at one of them it is a permitted link.
 * 3. Otherwise the later destination, in the order given, is refused.
 */
export function joinable(permitted: readonly PermittedData[]): ReadonlySet<string> {
  if (permitted.length < 2 || !mayJoin(permitted)) return NOBODY;
  const refused = new Set<string>();
  const seen = new Map<string, { readonly destination: string; readonly linked: boolean }>();
  for (const data of permitted) {
    const keys = joinKeys(data);
    const joins = keys.some(({ value, linked }) => {
      const before = seen.get(value);
      return before !== undefined && before.destination !== data.destination && !before.linked && !linked;
    });
    if (joins) {
      refused.add(data.destination);
      continue;
    }
    const { destination } = data;
    for (const { value, linked } of keys)
      if (!linked || !seen.has(value)) seen.set(value, { destination, linked });
  }
  return refused;
}
