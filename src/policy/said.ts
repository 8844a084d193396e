// The gate of what the person said since: objections stand until they are lifted by name, and a denial that came after the
// event, or in the same moment, overrides what is still queued.

import type { Reason } from '../core/decision.ts';
import type { Gate } from '../core/plugin.ts';

export const said: Gate = {
  name: 'said',
  check({ facts, destination, standing }) {
    const reasons: Reason[] = [];
    if (standing.objections.length > 0)
      for (const purpose of destination.requires)
        if (standing.objections.includes(purpose)) reasons.push({ code: 'objected', detail: purpose });
    const deniedAt = Object.hasOwn(standing.deniedAt, destination.name)
      ? standing.deniedAt[destination.name]
      : undefined;
    if (deniedAt !== undefined && deniedAt >= facts.consent.readAt) reasons.push({ code: 'withdrawn' });
    return reasons;
  },
};
