// The gate of Global Privacy Control: the browser's own no, which nothing that is granted outweighs.

import type { Reason } from '../core/decision.ts';
import type { ConsentGate } from '../core/plugin.ts';

export const gpc: ConsentGate = {
  name: 'gpc',
  check({ destination, grounds }) {
    const reasons: Reason[] = [];
    for (const name of destination.requires) {
      const { denials } = grounds.of(name);
      if (denials.some((denial) => denial.source === 'gpc')) reasons.push({ code: 'gpc', detail: name });
    }
    return reasons;
  },
};
