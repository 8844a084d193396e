// Reads the category preferences of Segment's consent object. A mapped category that is missing counts as refused, so an empty
// object refuses everything; only a plain `true` is a yes.

import type { PurposeMapping } from '../core/config.ts';
import type { Claim } from '../core/consent.ts';
import type { Json } from '../core/json.ts';
import { isObject } from '../core/json.ts';
import type { ConsentReader } from '../core/plugin.ts';
import { categoryClaim, rowsOf, unreadable } from './claims.ts';
import { field } from './places.ts';

/** Wrappers send the plural; one table of the documentation has the singular. */
const FIELDS = ['categoryPreferences', 'categoryPreference'] as const;

export const segment: ConsentReader = {
  source: 'segment',
  cookies: [],
  read(input, { mapping }) {
    if (!isObject(input.consent)) return [];
    const claims: Claim[] = [];
    for (const name of FIELDS) {
      const preferences = field(input.consent, name);
      if (preferences !== undefined) claims.push(claimOn(preferences, mapping));
    }
    return claims;
  },
};

function claimOn(preferences: Json, mapping: PurposeMapping): Claim {
  if (!isObject(preferences))
    return unreadable('segment', 'segment_malformed', Object.keys(rowsOf(mapping, 'segment')));
  const says = (category: string) => (field(preferences, category) === true ? 'granted' : 'denied');
  return categoryClaim('segment', mapping, { says });
}
