// What is queued, judged again just before it leaves: the same decision under today's snapshot and clock, and today's allowance
// applied to what was permitted then. It can only take away. And, without an event, how far one would reach.

import type { Destination, Recipient, Snapshot } from './core/config.ts';
import type { Decision, EventFacts, SaidSince, Verdict } from './core/decision.ts';
import { NOTHING_ALLOWED } from './core/decision.ts';
import type { PermittedEvent } from './core/permitted.ts';
import type { DestinationType } from './core/plugin.ts';
import type { IdTreatment } from './core/treatment.ts';
import { narrow } from './identity/apply.ts';
import { planFor } from './identity/plan.ts';
import type { Plan } from './identity/plan.ts';
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
  const destination = recipientOf(asked.destination, snapshot);
  if (destination === undefined) return gone(asked.destination);
  return decide({ facts, destination, snapshot, standing, now });
}

/** What of any event a destination may get: the verdict, and what may ride along. */
export interface Reach {
  readonly verdict: Verdict;
  /** Kinds of identifiers that arrive raw, and those that arrive as a pseudonym. */
  readonly raw: readonly string[];
  readonly pseudonyms: readonly string[];
  /** Systems whose identifiers are linked, with the name the route gives them. */
  readonly links: readonly string[];
  readonly person: readonly string[];
  /** Parameters and query names besides what every destination gets. */
  readonly params: readonly string[];
  readonly query: readonly string[];
}

const NO_REACH: Reach = {
  verdict: 'block',
  raw: [],
  pseudonyms: [],
  links: [],
  person: [],
  params: [],
  query: [],
};

const kindsOf = (plan: Plan, treatment: IdTreatment): readonly string[] =>
  [...plan.ids.rules].filter(([, rule]) => rule.treatment === treatment).map(([name]) => name);

/** A destination or tag by its name; no name is of both. */
const recipientOf = (name: string, { destinations, tags }: Snapshot): Recipient | undefined =>
  destinations.find((each) => each.name === name) ?? tags.find((each) => each.name === name);

/** How far an event with these facts reaches at one destination under one routing file, before any event is looked at. */
export function reach(
  asked: { readonly facts: EventFacts; readonly destination: string; readonly standing: SaidSince },
  context: RejudgeContext,
): Reach {
  const decided = (name: string): Decision => rejudge({ ...asked, destination: name }, context);
  const decision = decided(asked.destination);
  const found = placeOf(asked.destination, context);
  if (decision.verdict === 'block') return NO_REACH;
  if (found === null) return { ...NO_REACH, verdict: decision.verdict }; // a tag loads or does not
  const { facts } = asked;
  const anonymous = decision.verdict === 'anonymous';
  const plan = planOf({ ...found, facts, anonymous, decision, decided }, context);
  if (anonymous) return { ...NO_REACH, verdict: decision.verdict };
  return {
    verdict: decision.verdict,
    raw: kindsOf(plan, 'keep'),
    pseudonyms: kindsOf(plan, 'pseudonymise'),
    links: plan.links.map(({ system, as }) => (as === null ? system : `${system} as ${as}`)),
    person: [...plan.person],
    params: [...plan.params],
    query: plan.query,
  };
}

interface Place {
  readonly destination: Destination;
  readonly type: DestinationType;
}

function placeOf(name: string, context: RejudgeContext): Place | null {
  const destination = context.snapshot.destinations.find((each) => each.name === name);
  const type = destination && context.typeOf(destination.type);
  return destination && type ? { destination, type } : null;
}

interface Planned extends Place {
  readonly facts: EventFacts;
  readonly anonymous: boolean;
  readonly decision: Decision;
  readonly decided: (name: string) => Decision;
}

const planOf = ({ facts, decision, decided, ...place }: Planned, context: RejudgeContext): Plan =>
  planFor({
    ...place,
    allowance: decision.allowance,
    snapshot: context.snapshot,
    types: (name) => context.typeOf(name),
    sensitive: facts.sensitive,
    site: facts.site,
    allowanceOf: (name) => {
      const other = decided(name);
      return other.verdict === 'forward' ? other.allowance : null;
    },
  });

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
  context: RejudgeContext,
): PermittedEvent | null {
  const { data } = asked.permitted;
  const found = placeOf(data.destination, context);
  if (found === null) return null;
  const { facts, decisions: decided } = asked;
  const decision = decided(data.destination);
  return narrow(
    asked.permitted,
    planOf({ ...found, facts, anonymous: data.anonymous, decision, decided }, context),
  );
}
