// The last gate over what one event sends to several destinations: two of them may not hold the same identifying value, unless
// it got there as a permitted link. Identity's rules already see to it; this refuses what a mistake in them would let through.

import type { PermittedData } from '../core/permitted.ts';

const MIN_SHARED = 6;

/** Values a destination could join by, with whether each came by a permitted link. */
function* joinKeys(data: PermittedData): Generator<readonly [string, boolean]> {
  yield [data.key, false];
  // The site's own account id reaches a destination through a link only (see plan.ts).
  for (const [name, value] of Object.entries(data.ids)) yield [value, name === 'site.user_id'];
  for (const value of Object.values(data.links)) yield [value, true];
  for (const value of Object.values(data.wire?.fields ?? {})) yield [value, false];
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
    const keys = [...joinKeys(data)].filter(([value]) => value.length >= MIN_SHARED);
    const joins = keys.some(([value, linked]) => {
      const before = seen.get(value.toLowerCase());
      return before !== undefined && before.destination !== data.destination && !before.linked && !linked;
    });
    if (joins) {
      refused.add(data.destination);
      continue;
    }
    for (const [value, linked] of keys) {
      const plain = value.toLowerCase();
      if (!seen.has(plain) || !linked) seen.set(plain, { destination: data.destination, linked });
    }
  }
  return refused;
}
