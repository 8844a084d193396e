// The one function that decides, in production, before sending, in `explain` and in the console. It is pure.

import type { Destination, Site, Snapshot } from '../core/config.ts';
import type { Decision, EventFacts, Reason, SaidSince } from '../core/decision.ts';
import { NOTHING_ALLOWED, sortReasons } from '../core/decision.ts';
import type { Grounds } from '../core/grounds.ts';
import type { Gate, GateInput } from '../core/plugin.ts';
import { REASONS } from '../core/reasons.ts';
import { allowanceFor } from './allowance.ts';
import { StateReading } from './grounds.ts';
import { GATES } from './index.ts';

export interface DecideInput {
  readonly facts: EventFacts;
  readonly destination: Destination;
  readonly snapshot: Snapshot;
  readonly standing: SaidSince;
  readonly now: number;
  /** Reasons known before the gates run (the destination's type has no counterpart for this kind of call). */
  readonly known?: readonly Reason[];
  /** The event's consent state, read already for another destination under the same snapshot and clock. */
  readonly reading?: StateReading;
}

/** A gate that throws denies: what failed cannot have permitted anything. */
function reasonsOf(gate: Gate, input: GateInput): readonly Reason[] {
  try {
    return gate.check(input);
  } catch {
    return [{ code: 'gate_failed', detail: gate.name }];
  }
}

/** What the person refused outright (GPC, an objection, a withdrawal) does not leave in any form. */
const mayBeAnonymous = (reasons: readonly Reason[]): boolean =>
  reasons.every((reason) => REASONS[reason.code].anonymous);

function oldestNotice(destination: Destination, grounds: Grounds): string | null {
  const seen = destination.requires.flatMap((purpose) => grounds.of(purpose).covering ?? []);
  return (
    seen.reduce<(typeof seen)[number] | null>(
      (oldest, each) => (oldest === null || each.from < oldest.from ? each : oldest),
      null,
    )?.id ?? null
  );
}

const whyGranted = (destination: Destination, grounds: Grounds): string =>
  destination.requires
    .map((purpose) => `${purpose} by ${grounds.of(purpose).grants[0]?.source ?? 'nobody'}`)
    .join(', ');

const siteOf = (snapshot: Snapshot, name: string): Site | null =>
  snapshot.sites.find((site) => site.name === name) ?? null;

function judge({ facts, destination, snapshot, standing, now, known = [], reading }: DecideInput): Decision {
  const site = siteOf(snapshot, facts.site);
  const read = reading ?? new StateReading({ state: facts.consent, site, snapshot, now });
  const grounds = read.for(destination);
  const input: GateInput = { facts, destination, site, snapshot, standing, grounds, now };
  const against = [...known, ...GATES.flatMap((gate) => reasonsOf(gate, input))];
  if (against.some((reason) => reason.code === 'gate_failed'))
    return blocked(destination, sortReasons(against));
  const notice = oldestNotice(destination, grounds);
  if (against.length === 0) {
    const allowance = allowanceFor(input);
    const missing = destination.requires.find((purpose) => !allowance.purposes.includes(purpose));
    const reasons: readonly Reason[] = [{ code: 'permitted', detail: whyGranted(destination, grounds) }];
    if (missing === undefined)
      return { destination: destination.name, verdict: 'forward', reasons, allowance, notice };
    against.push({ code: 'purpose_unknown', detail: missing });
  }
  const anonymous = destination.whenDenied === 'anonymous' && mayBeAnonymous(against);
  return {
    ...blocked(destination, sortReasons(against)),
    verdict: anonymous ? 'anonymous' : 'block',
    notice,
  };
}

const blocked = (destination: Destination, reasons: readonly Reason[]): Decision => ({
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
