// The gate of explicit purposes: some things must be asked for by name, and "accepts cookies" is not that.

import type { Reason } from '../core/decision.ts';
import type { ConsentGate } from '../core/plugin.ts';

export const explicit: ConsentGate = {
  name: 'explicit',
  check({ destination, grounds }) {
    const reasons: Reason[] = [];
    for (const name of destination.requires) {
      const { onlyInGeneral, grants } = grounds.of(name);
      if (onlyInGeneral && grants.length === 0) reasons.push({ code: 'explicit_not_asked', detail: name });
    }
    return reasons;
  },
};
