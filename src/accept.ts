// What happens to the events of one request once they are read: judged, told, held against what is queued, and kept. And,
// just before sending, judged again by the same functions.

import { setImmediate } from 'node:timers/promises';
import type { Snapshot } from './core/config.ts';
import type { Decision } from './core/decision.ts';
import { isDenial } from './core/decision.ts';
import type { Delivery, Recheck } from './core/delivery.ts';
import type { ReceivedEvent } from './core/event.ts';
import { identifierAt } from './core/identifiers.ts';
import type { DestinationType } from './core/plugin.ts';
import type { Accepted, Clock, DecisionFeed, Metrics, RecordSharing } from './core/ports.ts';
import type { Remark } from './core/treatment.ts';
import type { Outbox } from './outbox/outbox.ts';
import { recheck } from './outbox/recheck.ts';
import type { Judged, PipelineContext } from './pipeline.ts';
import { admissionsOf, judge } from './pipeline.ts';
import { narrowTo, rejudge } from './rejudge.ts';

/** What taking events in needs of the outbox; a thread that does not own the store has a client of it. */
export type Intake = Pick<Outbox, 'accept' | 'deny'>;

export interface AcceptPorts {
  /** Everything the pipeline needs but the clock, under the snapshot in force. */
  context(): Omit<PipelineContext, 'now'>;
  readonly outbox: Intake;
  readonly metrics: Metrics;
  readonly feed: DecisionFeed;
  readonly sharing: RecordSharing;
  readonly clock: Clock;
}

/** Counts links that were kept from forming. */
function countBlocked(remarks: readonly Remark[], to: string, metrics: Metrics): void {
  for (const { path, rule } of remarks) {
    if (rule !== 'link_not_permitted') continue;
    const from = identifierAt(path)?.system;
    if (from !== undefined) metrics.linkBlocked(from, to);
  }
}

/** Counts a signed record that many clients present: it is one browser's. */
function countShared({ event, facts, subjects }: Judged, { metrics, sharing }: AcceptPorts): void {
  const [client] = event.ids.length === 0 ? [] : subjects.current;
  if (client === undefined) return;
  for (const { source, record } of facts.consent.claims)
    if (record !== undefined && sharing.isShared(record, client)) metrics.consentSignal(source, 'shared');
}

function tell(judged: Judged, ports: AcceptPorts): void {
  const { event } = judged;
  const { metrics, feed } = ports;
  for (const { format, result } of judged.signals) metrics.consentSignal(format, result);
  countShared(judged, ports);
  judged.told.forEach(({ decision, remarks }, index) => {
    metrics.decided(decision.destination, decision.verdict, decision.reasons[0]?.code ?? '');
    metrics.treated(decision.destination, remarks);
    const to = judged.destinations[index]?.system;
    if (to !== undefined) countBlocked(remarks, to, metrics);
    feed.told({
      at: event.receivedAt,
      site: event.site,
      intake: event.intake,
      event: event.name,
      decision,
      remarks,
    });
  });
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
async function holdBack(denied: readonly Denied[], outbox: Intake, at: number): Promise<void> {
  for (const { subjects, destinations } of denied) await outbox.deny(subjects, destinations, at);
}

/** Judged in a row, and what was told of them. */
interface Slice {
  readonly judged: readonly Judged[];
  readonly denied: readonly Denied[];
}

/** So long events of one request are judged in a row: a batch made to be dear must not keep others waiting. */
const SLICE_MS = 10;

/** The next events, as many as there is time for, and one at least. */
function judgeNext(events: readonly ReceivedEvent[], context: PipelineContext, ports: AcceptPorts): Slice {
  const until = ports.clock.monotonic() + SLICE_MS;
  const judged: Judged[] = [];
  for (const event of events) {
    judged.push(judge(event, context));
    if (ports.clock.monotonic() >= until) break;
  }
  for (const each of judged) tell(each, ports);
  return { judged, denied: deniedIn(judged) };
}

/** Slice after slice, each appended before the next is judged. */
async function acceptInSlices(
  events: readonly ReceivedEvent[],
  first: Slice,
  { context, ports, bytes }: { context: PipelineContext; ports: AcceptPorts; bytes: number },
): Promise<Accepted> {
  const hold = (denied: readonly Denied[]): Promise<void> => holdBack(denied, ports.outbox, context.now);
  const denied: Denied[] = [];
  let [accepted, duplicates, done] = [0, 0, 0];
  for (let slice = first; ; slice = judgeNext(events.slice(done), context, ports)) {
    denied.push(...slice.denied);
    await hold(slice.denied);
    const kept = await ports.outbox.accept(admissionsOf(slice.judged, context), bytes);
    accepted += kept.accepted;
    duplicates += kept.duplicates;
    done += slice.judged.length;
    if (done === events.length) break;
    await setImmediate();
  }
  // A no that came in the same request as a yes counts against it too, now that it is queued.
  if (events.length > 1) await hold(denied);
  return { accepted, duplicates };
}

/**
 * Takes the events of one request. Resolves after the durable append of what of them is permitted, which is all that `accepted`
 * counts; throws what the store throws. A request that takes long to judge is appended in parts: if one fails, the request does,
 * and events that are kept already are known by their message ids when it comes again. `bytes` is the size of the request, see
 * `Outbox.accept`.
 */
export function accept(events: readonly ReceivedEvent[], ports: AcceptPorts, bytes = 0): Promise<Accepted> {
  const context: PipelineContext = { ...ports.context(), now: ports.clock.now() };
  const first = judgeNext(events, context, ports);
  // Most requests, with nothing to wait for before their append.
  if (first.judged.length === events.length && first.denied.length === 0)
    return ports.outbox.accept(admissionsOf(first.judged, context), bytes);
  return acceptInSlices(events, first, { context, ports, bytes });
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
