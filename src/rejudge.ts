// What is queued, judged again just before it leaves: the same decision under today's snapshot and clock, and today's allowance
// applied to what was permitted then. It can only take away.

import type { Snapshot } from './core/config.ts';
import type { Decision, EventFacts, SaidSince } from './core/decision.ts';
import { NOTHING_ALLOWED } from './core/decision.ts';
import type { PermittedEvent } from './core/permitted.ts';
import type { DestinationType } from './core/plugin.ts';
import { narrow } from './identity/apply.ts';
import { planFor } from './identity/plan.ts';
import { decide } from './policy/decide.ts';

export interface RejudgeContext {
  readonly snapshot: Snapshot;
  readonly now: number;
  typeOf(name: string): DestinationType | undefined;
}

/** Judges what is queued again, under today's snapshot, clock and what the person said since. */
export function rejudge(
  asked: { readonly facts: EventFacts; readonly destination: string; readonly standing: SaidSince },
  { snapshot, now }: RejudgeContext,
): Decision {
  const { facts, standing } = asked;
  const destination = snapshot.destinations.find((each) => each.name === asked.destination);
  if (destination === undefined) return gone(asked.destination);
  return decide({ facts, destination, snapshot, standing, now });
}

const gone = (destination: string): Decision => ({
  destination,
  verdict: 'block',
  reasons: [{ code: 'destination_gone' }],
  allowance: NOTHING_ALLOWED,
  notice: null,
});

/** Applies today's allowance to what was permitted then; plans only remove. Null if too little is left to place it. */
export function narrowTo(
  asked: {
    readonly facts: EventFacts;
    readonly permitted: PermittedEvent;
    readonly decisions: (name: string) => Decision;
  },
  { snapshot, typeOf }: RejudgeContext,
): PermittedEvent | null {
  const { data } = asked.permitted;
  const decision = asked.decisions(data.destination);
  const destination = snapshot.destinations.find((each) => each.name === data.destination);
  const type = destination && typeOf(destination.type);
  if (!destination || !type) return null;
  const plan = planFor({
    destination,
    type,
    allowance: decision.allowance,
    anonymous: data.anonymous,
    snapshot,
    types: typeOf,
    sensitive: asked.facts.sensitive,
    site: data.site,
    allowanceOf: (name) => {
      const other = asked.decisions(name);
      return other.verdict === 'forward' ? other.allowance : null;
    },
  });
  return narrow(asked.permitted, plan);
}
