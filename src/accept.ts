// What happens to the events of one request once they are read: judged, told, held against what is queued, and kept. And,
// just before sending, judged again by the same functions.

import type { Snapshot } from './core/config.ts';
import type { Decision } from './core/decision.ts';
import { isDenial } from './core/decision.ts';
import type { Delivery, Recheck } from './core/delivery.ts';
import type { ReceivedEvent } from './core/event.ts';
import { IDENTIFIERS, identifierName } from './core/identifiers.ts';
import type { DestinationType } from './core/plugin.ts';
import type { Accepted, Clock, DecisionFeed, Metrics, RecordSharing } from './core/ports.ts';
import type { Outbox } from './outbox/outbox.ts';
import { recheck } from './outbox/recheck.ts';
import type { Judged, PipelineContext } from './pipeline.ts';
import { admissionsOf, judge } from './pipeline.ts';
import { narrowTo, rejudge } from './rejudge.ts';

export interface AcceptPorts {
  /** Everything the pipeline needs but the clock, under the snapshot in force. */
  context(): Omit<PipelineContext, 'now'>;
  readonly outbox: Outbox;
  readonly metrics: Metrics;
  readonly feed: DecisionFeed;
  readonly sharing: RecordSharing;
  readonly clock: Clock;
}

/** Identifiers by the path that remarks tell: some thirty an event, so none is cut out of its path anew. */
const BY_PATH: ReadonlyMap<string, { readonly name: string; readonly system: string }> = new Map(
  IDENTIFIERS.map((entry) => {
    const name = identifierName(entry);
    return [`ids.${name}`, { name, system: entry.system }];
  }),
);

/** Counts what was done to identifiers, and links that were kept from forming. */
function countRemarks({ told }: Judged, { destinations }: Snapshot, metrics: Metrics): void {
  for (let index = 0; index < told.length; index += 1) {
    const one = told[index];
    if (one === undefined) continue;
    const { destination } = one.decision;
    const to = destinations[index]?.system;
    for (const { path, rule, treatment } of one.remarks) {
      const id = BY_PATH.get(path);
      if (id === undefined) continue;
      metrics.identifier(destination, id.name, treatment);
      if (rule === 'link_not_permitted' && to !== undefined) metrics.linkBlocked(id.system, to);
    }
  }
}

/** Counts a signed record that many clients present: it is one browser's. */
function countShared({ event, facts, subjects }: Judged, { metrics, sharing }: AcceptPorts): void {
  const [client] = event.ids.length === 0 ? [] : subjects.current;
  if (client === undefined) return;
  for (const { source, record } of facts.consent.claims)
    if (record !== undefined && sharing.isShared(record, client)) metrics.consentSignal(source, 'shared');
}

function tell(judged: Judged, snapshot: Snapshot, ports: AcceptPorts): void {
  const { event } = judged;
  const { metrics, feed } = ports;
  for (const { format, result } of judged.signals) metrics.consentSignal(format, result);
  countShared(judged, ports);
  for (const { decision, remarks } of judged.told) {
    metrics.decided(decision.destination, decision.verdict, decision.reasons[0]?.code ?? '');
    feed.told({
      at: event.receivedAt,
      site: event.site,
      intake: event.intake,
      event: event.name,
      decision,
      remarks,
    });
  }
  countRemarks(judged, snapshot, metrics);
}

/** A person's own no, and to whom. */
interface Denied {
  readonly subjects: readonly string[];
  readonly destinations: readonly string[];
}

function deniedIn(judged: readonly Judged[]): readonly Denied[] {
  const found: Denied[] = [];
  for (const { told, subjects } of judged) {
    const destinations: string[] = [];
    for (const { decision } of told) if (isDenial(decision)) destinations.push(decision.destination);
    if (destinations.length > 0) found.push({ subjects: subjects.all, destinations });
  }
  return found;
}

/** The person's own no, per destination, holds back what is queued of theirs. */
async function holdBack(denied: readonly Denied[], outbox: Outbox, at: number): Promise<void> {
  for (const { subjects, destinations } of denied) await outbox.denials.deny(subjects, destinations, at);
}

/**
 * Takes the events of one request. Resolves after the durable append of what of them is permitted, which is all that `accepted`
 * counts; throws what the store throws. `bytes` is the size of the request, see `Outbox.accept`.
 */
export function accept(events: readonly ReceivedEvent[], ports: AcceptPorts, bytes = 0): Promise<Accepted> {
  const context: PipelineContext = { ...ports.context(), now: ports.clock.now() };
  const judged = events.map((event) => judge(event, context));
  for (const each of judged) tell(each, context.snapshot, ports);
  const denied = deniedIn(judged);
  const admissions = admissionsOf(judged, context);
  const keep = (): Promise<Accepted> => ports.outbox.accept(admissions, bytes);
  if (denied.length === 0) return keep();
  const hold = (): Promise<void> => holdBack(denied, ports.outbox, context.now);
  const holdAndKeep = async (): Promise<Accepted> => {
    await hold();
    const accepted = await keep();
    // A no that came in the same request as a yes counts against it too, now that it is queued.
    if (events.length > 1) await hold();
    return accepted;
  };
  return holdAndKeep();
}

export interface RecheckContext {
  snapshot(): Snapshot;
  readonly clock: Clock;
  readonly outbox: Outbox;
  typeOf(name: string): DestinationType | undefined;
  freshAt(): number;
}

/** The policy run again on one delivery, just before it is sent. */
export function recheckDelivery(
  delivery: Delivery,
  context: RecheckContext,
): Recheck | { readonly wait: true } {
  const { clock, outbox } = context;
  const standing = outbox.denials.standingOf(delivery.subjects);
  return recheck(delivery, {
    snapshot: () => context.snapshot(),
    clock,
    freshAt: () => context.freshAt(),
    standingOf: () => standing,
    decide: ({ facts, destination, snapshot, now }) =>
      rejudge({ facts, destination, standing }, { ...context, snapshot, now }),
    narrow: (_delivery, decision, snapshot) => {
      const today = { ...context, snapshot, now: clock.now() };
      const decisions = (name: string): Decision =>
        name === delivery.destination
          ? decision
          : rejudge({ facts: delivery.facts, destination: name, standing }, today);
      return narrowTo({ facts: delivery.facts, permitted: delivery.permitted, decisions }, today);
    },
  });
}
