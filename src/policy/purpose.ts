// The gate of purposes: every purpose the destination requires must be granted. Unknown is no.

import type { Reason } from '../core/decision.ts';
import type { ConsentGate } from '../core/plugin.ts';

export const purpose: ConsentGate = {
  name: 'purpose',
  check({ destination, grounds }) {
    const reasons: Reason[] = [];
    if (destination.requires.length === 0) reasons.push({ code: 'purpose_unknown' });
    for (const name of destination.requires) {
      const ground = grounds.of(name);
      for (const denial of ground.denials) {
        if (denial.source === 'gpc' || denial.vendor) continue;
        if (denial.unreadable === null)
          reasons.push({ code: 'purpose_denied', detail: `${name} by ${denial.source}` });
        else
          reasons.push({
            code: 'signal_unreadable',
            detail: `${name} by ${denial.source}: ${denial.unreadable}`,
          });
      }
      if (
        ground.standing === 'unknown' &&
        ground.stale.length === 0 &&
        !ground.onlyInGeneral &&
        !ground.vendorMissing
      )
        reasons.push({ code: 'purpose_unknown', detail: name });
    }
    return reasons;
  },
};
