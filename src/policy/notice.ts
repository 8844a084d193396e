// The gate of notices: consent covers what was disclosed, then and now. Without a notice in force nothing flows.

import type { Reason } from '../core/decision.ts';
import type { ConsentGate } from '../core/plugin.ts';
import { disclosureIn, disclosuresOf, isDisclosed } from './coverage.ts';

export const notice: ConsentGate = {
  name: 'notice',
  check({ destination, grounds }) {
    const current = grounds.current;
    if (current === null) return [{ code: 'no_notice' }];
    const today = disclosureIn(current, destination.name);
    if (today === null) return [{ code: 'not_disclosed', detail: `${destination.name} in ${current.id}` }];
    const reasons: Reason[] = [];
    for (const name of destination.requires) {
      if (!today.purposes.includes(name))
        reasons.push({ code: 'not_disclosed', detail: `${name} in ${current.id}` });
      else if (grounds.of(name).grants.length > 0 && !isDisclosed(name, destination.name, grounds))
        reasons.push({ code: 'not_disclosed', detail: `${name} in the notice seen` });
    }
    return reasons;
  },
};

/**
 * The country the data goes to, by the route or else by today's notice, must be the one that was told, wherever one was told.
 */
export const country: ConsentGate = {
  name: 'country',
  check({ destination, grounds }) {
    const { current } = grounds;
    const today = current === null ? null : disclosureIn(current, destination.name)?.country;
    const goesTo = destination.transfer?.country ?? today ?? null;
    if (goesTo === null) return [];
    const differs = destination.requires.some((name) => {
      const notices = grounds.of(name).covering;
      const told = notices === null ? null : disclosuresOf(notices, destination.name);
      return told?.some((each) => each.country !== null && each.country !== goesTo) === true;
    });
    return differs ? [{ code: 'not_disclosed', detail: `${destination.name} in ${goesTo}` }] : [];
  },
};
