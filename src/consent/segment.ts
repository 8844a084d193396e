// Reads the category preferences of Segment's consent object. A mapped category that is missing counts as refused, so an empty
// object refuses everything; only a plain `true` is a yes.

import type { ConsentReader } from '../core/plugin.ts';
import { isObject } from '../core/json.ts';
import { categoryClaim, rowsOf, unreadable } from './claims.ts';
import { field } from './places.ts';

/** Wrappers send the plural; one table of the documentation has the singular. */
const FIELDS = ['categoryPreferences', 'categoryPreference'] as const;

export const segment: ConsentReader = {
  source: 'segment',
  cookies: [],
  read(input, { mapping }) {
    if (!isObject(input.consent)) return [];
    return FIELDS.flatMap((name) => {
      const preferences = field(input.consent, name);
      if (preferences === undefined) return [];
      if (!isObject(preferences))
        return [unreadable('segment', 'segment_malformed', Object.keys(rowsOf(mapping, 'segment')))];
      const says = (category: string) => (field(preferences, category) === true ? 'granted' : 'denied');
      return [categoryClaim('segment', mapping, { says })];
    });
  },
};
