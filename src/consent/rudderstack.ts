// Reads RudderStack's consent management object. All categories of a purpose must be allowed, whatever resolution strategy the
// client names; a category on the denied list, or on neither list, is refused.

import type { Json } from '../core/json.ts';
import { isObject } from '../core/json.ts';
import type { ConsentReader } from '../core/plugin.ts';
import { categoryClaim, rowsOf, unreadable } from './claims.ts';
import { field } from './places.ts';

const NONE: ReadonlySet<string> = new Set();

/** Ids of a list; older clients send an object of id → name. Null if it is neither, or holds anything but ids. */
function idsOf(value: Json | undefined): ReadonlySet<string> | null {
  if (value === undefined) return NONE;
  if (isObject(value)) return new Set(Object.keys(value));
  if (!Array.isArray(value)) return null;
  return value.every((id) => typeof id === 'string') ? new Set(value) : null;
}

export const rudderstack: ConsentReader = {
  source: 'rudderstack',
  cookies: [],
  read({ consentManagement }, { mapping }) {
    if (consentManagement === null) return [];
    const allowed = idsOf(field(consentManagement, 'allowedConsentIds'));
    const denied = idsOf(field(consentManagement, 'deniedConsentIds'));
    if (!isObject(consentManagement) || allowed === null || denied === null)
      return [
        unreadable('rudderstack', 'rudderstack_malformed', Object.keys(rowsOf(mapping, 'rudderstack'))),
      ];
    if (allowed.size === 0 && denied.size === 0) return [];
    const says = (id: string) => (allowed.has(id) && !denied.has(id) ? 'granted' : 'denied');
    return [categoryClaim('rudderstack', mapping, { says })];
  },
};
