// The policy run again just before sending, also on replay, under today's config, clock and what the person said since.
// It can only take away: whatever throws, is unknown or is stale does not leave.

import type { Snapshot } from '../core/config.ts';
import type { Decision, EventFacts, SaidSince } from '../core/decision.ts';
import type { Delivery, Recheck } from '../core/delivery.ts';
import type { PermittedEvent } from '../core/permitted.ts';
import type { ReasonCode } from '../core/reasons.ts';

/** Nothing is sent on facts older than this. */
export const FRESH_FOR_MS = 1_000;

export interface RecheckPorts {
  snapshot(): Snapshot;
  decide(input: {
    readonly facts: EventFacts;
    readonly destination: string;
    readonly standing: SaidSince;
    readonly snapshot: Snapshot;
    readonly now: number;
  }): Decision;
  /** Applies today's allowance to what was permitted then; plans only remove. Null: too little is left to place it. */
  narrow(delivery: Delivery, decision: Decision, snapshot: Snapshot): PermittedEvent | null;
  standingOf(subjects: readonly string[]): SaidSince;
  /** Instant as of which facts are fresh, on the monotonic clock. */
  freshAt(): number;
  readonly clock: { now(): number; monotonic(): number };
}

export function recheck(delivery: Delivery, ports: RecheckPorts): Recheck {
  const snapshot = ports.snapshot();
  const route = snapshot.destinations.find((one) => one.name === delivery.destination);
  if (route === undefined) return { outcome: 'dropped', reason: 'destination_gone' };
  if (!route.enabled) return { outcome: 'dropped', reason: 'destination_disabled' };
  // Written so that a clock or an instant that is not a number waits too.
  if (!(ports.clock.monotonic() - ports.freshAt() <= FRESH_FOR_MS)) return { wait: true };
  try {
    return judge(delivery, snapshot, ports);
  } catch {
    return withheld('gate_failed');
  }
}

function judge(delivery: Delivery, snapshot: Snapshot, ports: RecheckPorts): Recheck {
  const decision = ports.decide({
    facts: delivery.facts,
    destination: delivery.destination,
    standing: ports.standingOf(delivery.subjects),
    snapshot,
    now: ports.clock.now(),
  });
  const anonymous = delivery.permitted.data.anonymous;
  if (!maySend(decision, anonymous)) return withheld(decision.reasons[0]?.code ?? 'gate_failed');
  const narrowed = ports.narrow(delivery, decision, snapshot);
  if (narrowed === null) return withheld('no_identifier');
  // An event that left its ids behind when it was stored cannot have found them again.
  if (anonymous && !narrowed.data.anonymous) return withheld('gate_failed');
  if (narrowed.data.destination !== delivery.destination) return withheld('gate_failed');
  return { send: narrowed };
}

/** What was stored with ids needs a full `forward` today; what was stored anonymous may go on as that. */
function maySend(decision: Decision, anonymous: boolean): boolean {
  if (decision.verdict === 'forward') return true;
  return decision.verdict === 'anonymous' && anonymous;
}

const withheld = (reason: ReasonCode): Recheck => ({ outcome: 'withheld', reason });
