// The gate of vendors: where a signal speaks of single vendors, it must grant this one.

import type { Reason } from '../core/decision.ts';
import type { ConsentGate } from '../core/plugin.ts';

export const vendor: ConsentGate = {
  name: 'vendor',
  check({ destination, grounds }) {
    const reasons: Reason[] = [];
    for (const name of destination.requires) {
      const ground = grounds.of(name);
      for (const denial of ground.denials) {
        if (!denial.vendor) continue;
        if (denial.unreadable === null)
          reasons.push({ code: 'vendor_denied', detail: `${name} by ${denial.source}` });
        else
          reasons.push({
            code: 'signal_unreadable',
            detail: `${name} by ${denial.source}: ${denial.unreadable}`,
          });
      }
      if (ground.vendorMissing && ground.grants.length === 0)
        reasons.push({ code: 'vendor_not_in_tcf', detail: name });
    }
    return reasons;
  },
};
