// The gate of age: a grant counts for a time, has a date that is not ahead of us, and covers only what came after it.

import type { Reason } from '../core/decision.ts';
import type { ConsentGate } from '../core/plugin.ts';

export const freshness: ConsentGate = {
  name: 'freshness',
  check({ destination, grounds }) {
    const reasons: Reason[] = [];
    for (const name of destination.requires) {
      const ground = grounds.of(name);
      if (ground.grants.length > 0) continue;
      for (const grant of ground.stale)
        if (grant.stale !== null) reasons.push({ code: grant.stale, detail: `${name} by ${grant.source}` });
    }
    return reasons;
  },
};
