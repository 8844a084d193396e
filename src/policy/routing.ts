// The gate of the routing file itself: is this destination meant to get events of this site and name at all?

import { matchesGlob } from '../core/glob.ts';
import type { Reason } from '../core/decision.ts';
import type { Gate } from '../core/plugin.ts';

export const routing: Gate = {
  name: 'routing',
  check({ facts, destination, site }) {
    const reasons: Reason[] = [];
    if (!destination.enabled) reasons.push({ code: 'destination_disabled' });
    if (site === null || (destination.sites !== null && !destination.sites.includes(facts.site)))
      reasons.push({ code: 'site_not_routed' });
    if (
      destination.events !== null &&
      !destination.events.some((pattern) => matchesGlob(facts.name, pattern))
    )
      reasons.push({ code: 'event_not_routed' });
    if (facts.switchedOff.includes(destination.name)) reasons.push({ code: 'integration_off' });
    return reasons;
  },
};
