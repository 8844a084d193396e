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

/** Values a destination could join by. */
function joinKeys(data: PermittedData): readonly JoinKey[] {
  const keys: JoinKey[] = [];
  add(keys, data.key, false);
  // The site's own account id reaches a destination through a link only (see plan.ts).
  for (const name of Object.keys(data.ids)) add(keys, data.ids[name] ?? '', name === 'site.user_id');
  for (const name of Object.keys(data.links)) add(keys, data.links[name] ?? '', true);
  if (data.wire !== null) for (const value of Object.values(data.wire.fields)) add(keys, value, false);
  return keys;
}

function add(keys: JoinKey[], value: string, linked: boolean): void {
  if (value.length >= MIN_SHARED) keys.push({ value: value.toLowerCase(), linked });
}

/**
 * Names of the destinations that share an identifying value with one before them: refused as `unjoinable`.
 * 1. Values shorter than six characters join nobody.
 * 2. A value may stand at two destinations if at one of them it is a permitted link.
 * 3. Otherwise the later destination, in the order given, is refused.
 */
export function joinable(permitted: readonly PermittedData[]): ReadonlySet<string> {
  const refused = new Set<string>();
  if (permitted.length < 2) return refused;
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
