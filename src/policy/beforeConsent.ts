// The gate of order: a grant covers events up to the grace period before it (a page is viewed, then the banner is answered),
// and nothing older.

import type { Reason } from '../core/decision.ts';
import type { Gate } from '../core/plugin.ts';
import type { Ground } from '../core/grounds.ts';

/** Did the event happen too long before the earliest grant? Undated grants cannot tell. */
export function isBefore(occurredAt: number, ground: Ground, graceMs: number): boolean {
  return ground.earliest !== null && occurredAt < ground.earliest - graceMs;
}

export const beforeConsent: Gate = {
  name: 'beforeConsent',
  check({ facts, destination, grounds, snapshot }) {
    const reasons: Reason[] = [];
    for (const name of destination.requires)
      if (isBefore(facts.occurredAt, grounds.of(name), snapshot.consent.graceMs))
        reasons.push({ code: 'before_consent', detail: name });
    return reasons;
  },
};
