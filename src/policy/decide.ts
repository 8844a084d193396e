// The one function that decides, in production, before sending, in `explain` and in the console. It is pure.

import type { Recipient, Snapshot } from '../core/config.ts';
import type { Purpose } from '../core/consent.ts';
import type { Decision, EventFacts, Reason, SaidSince } from '../core/decision.ts';
import { NOTHING_ALLOWED, sortReasons } from '../core/decision.ts';
import type { Grounds } from '../core/grounds.ts';
import type { Gate, GateInput } from '../core/plugin.ts';
import { REASONS } from '../core/reasons.ts';
import { Recent } from '../core/recent.ts';
import { allowanceFor } from './allowance.ts';
import type { DestinationReading, VendorGrounds } from './grounds.ts';
import { StateReading } from './grounds.ts';
import { CONSENT_GATES, EVENT_GATES } from './index.ts';

export interface DecideInput {
  readonly facts: EventFacts;
  readonly destination: Recipient;
  readonly snapshot: Snapshot;
  readonly standing: SaidSince;
  readonly now: number;
  /** Reasons known before the gates run (the destination's type has no counterpart for this kind of call). */
  readonly known?: readonly Reason[];
  /** The event's consent state at its site, read already for another destination under the same snapshot and clock. */
  readonly reading?: StateReading;
}

const NONE: readonly Reason[] = [];

/** A gate that throws denies: what failed cannot have permitted anything. */
function reasonsOf(gate: Gate, input: GateInput): readonly Reason[] {
  try {
    return gate.check(input);
  } catch {
    return [{ code: 'gate_failed', detail: gate.name }];
  }
}

function ask(gates: readonly Gate[], input: GateInput): readonly Reason[] {
  let reasons = NONE;
  for (const gate of gates) {
    const found = reasonsOf(gate, input);
    if (found.length > 0) reasons = reasons.concat(found);
  }
  return reasons;
}

/** What the person refused outright (GPC, an objection, a withdrawal) does not leave in any form. */
const mayBeAnonymous = (reasons: readonly Reason[]): boolean =>
  reasons.every((reason) => REASONS[reason.code].anonymous);

function oldestNotice(destination: Recipient, grounds: Grounds): string | null {
  const seen = destination.requires.flatMap((purpose) => grounds.of(purpose).covering ?? []);
  return (
    seen.reduce<(typeof seen)[number] | null>(
      (oldest, each) => (oldest === null || each.from < oldest.from ? each : oldest),
      null,
    )?.id ?? null
  );
}

const whyGranted = (destination: Recipient, grounds: Grounds): string =>
  destination.requires
    .map((purpose) => `${purpose} by ${grounds.of(purpose).grants[0]?.source ?? 'nobody'}`)
    .join(', ');

/** Gates of consent would say the same of the next event under the same reading, and they are most. */
function reasonsAgainst(
  input: GateInput,
  known: readonly Reason[],
  read: DestinationReading,
): readonly Reason[] {
  read.against ??= ask(CONSENT_GATES, input);
  const own = ask(EVENT_GATES, input);
  const isNone = known.length + own.length + read.against.length === 0;
  return isNone ? NONE : [...known, ...own, ...read.against];
}

type Forward = Decision | { readonly missing: Purpose };

/** Nothing speaks against it: forward, if every required purpose is open besides. */
function forward(input: GateInput): Forward {
  const { destination, grounds } = input;
  const allowance = allowanceFor(input);
  const missing = destination.requires.find((purpose) => !allowance.purposes.includes(purpose));
  if (missing !== undefined) return { missing };
  const reasons: readonly Reason[] = [{ code: 'permitted', detail: whyGranted(destination, grounds) }];
  const notice = oldestNotice(destination, grounds);
  return { destination: destination.name, verdict: 'forward', reasons, allowance, notice };
}

const MAX_FORWARDS = 128;
interface Forwards {
  readonly snapshot: Snapshot;
  /** Are all its purposes of the routing file? Then the words of its grounds say all that a decision is made of. */
  readonly ordinary: boolean;
  readonly byWords: Recent<string, Forward>;
}
const forwards = new WeakMap<Recipient, Forwards>();

function forwardsOf({ destination, snapshot }: GateInput): Forwards {
  const known = forwards.get(destination);
  if (known?.snapshot === snapshot) return known;
  const ordinary = destination.requires.every((purpose) => snapshot.consent.purposes.includes(purpose));
  const made = { snapshot, ordinary, byWords: new Recent<string, Forward>(MAX_FORWARDS) };
  forwards.set(destination, made);
  return made;
}

/**
 * What is opened differs by the purposes granted, by whom and under which notices: few ways, most of which come again and
 * again. Objections and events older than a grant are rare, so they are worked out each time. All gates have run before.
 */
function rememberedForward(input: GateInput, { opened }: VendorGrounds): Forward {
  const { facts, site, standing } = input;
  const { ordinary, byWords } = forwardsOf(input);
  if (!ordinary || standing.objections.length > 0 || facts.occurredAt < opened.from) return forward(input);
  const key = facts.sensitive || site?.children === true ? `sensitive ${opened.words}` : opened.words;
  const known = byWords.get(key);
  if (known !== undefined) return known;
  const made = forward(input);
  byWords.set(key, made);
  return made;
}

function stateOf({ facts, snapshot, now }: Pick<DecideInput, 'facts' | 'snapshot' | 'now'>): StateReading {
  const site = snapshot.sites.find(({ name }) => name === facts.site) ?? null;
  return new StateReading({ state: facts.consent, site, snapshot, now });
}

function judge({
  facts,
  destination,
  snapshot,
  standing,
  now,
  known = NONE,
  reading,
}: DecideInput): Decision {
  const state = reading ?? stateOf({ facts, snapshot, now });
  const { site } = state;
  const read = state.for(destination);
  const { grounds } = read;
  const input: GateInput = { facts, destination, site, snapshot, standing, grounds, now };
  const against = reasonsAgainst(input, known, read);
  if (against.length > 0) return refused(input, against);
  const decision = rememberedForward(input, grounds);
  if ('destination' in decision) return decision;
  return refused(input, [{ code: 'purpose_unknown', detail: decision.missing }]);
}

/** Blocked, unless what speaks against it allows for an anonymous event. */
function refused({ destination, grounds }: GateInput, against: readonly Reason[]): Decision {
  if (against.some((reason) => reason.code === 'gate_failed'))
    return blocked(destination, sortReasons(against));
  const notice = oldestNotice(destination, grounds);
  const anonymous = destination.whenDenied === 'anonymous' && mayBeAnonymous(against);
  return {
    ...blocked(destination, sortReasons(against)),
    verdict: anonymous ? 'anonymous' : 'block',
    notice,
  };
}

const blocked = (destination: Recipient, reasons: readonly Reason[]): Decision => ({
  destination: destination.name,
  verdict: 'block',
  reasons,
  allowance: NOTHING_ALLOWED,
  notice: null,
});

/**
 * 1. Every gate runs; the reasons against are collected, those of gates that threw included.
 * 2. None, and every required purpose is open besides: forward, with an allowance computed from the same grounds.
 * 3. Some, all of which allow for it, and the route asks: anonymous.
 * 4. Otherwise: block. The strictest answer wins, so one reason is enough.
 */
export function decide(input: DecideInput): Decision {
  try {
    return judge(input);
  } catch {
    return blocked(input.destination, [{ code: 'gate_failed' }]);
  }
}
