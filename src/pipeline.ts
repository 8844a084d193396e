// The path of an event from what was received to what each destination may have: consent, policy, detection, identity.
// Pure and synchronous, so that production, `explain` and the console tell the same story.

import type { Destination, Site, Snapshot } from './core/config.ts';
import type { Allowance, Decision, EventFacts, Reason, SaidSince } from './core/decision.ts';
import { NOTHING_ALLOWED } from './core/decision.ts';
import { GatewayError } from './core/errors.ts';
import type { ReceivedEvent } from './core/event.ts';
import type { PermittedData, PermittedEvent } from './core/permitted.ts';
import type { DestinationType, ReadContext } from './core/plugin.ts';
import type { AdmittedEvent, Admission, RecordKeeper } from './core/ports.ts';
import type { ReasonCode } from './core/reasons.ts';
import type { Remark } from './core/treatment.ts';
import { gather } from './consent/merge.ts';
import type { Signal } from './consent/merge.ts';
import { scanEvent } from './detect/event.ts';
import type { Scan } from './detect/event.ts';
import { visitorOf } from './detect/visitor.ts';
import type { ApplyContext } from './identity/apply.ts';
import { apply } from './identity/apply.ts';
import { cleanName } from './identity/content.ts';
import { Remarks } from './identity/remarks.ts';
import { eventEntry } from './core/vocabulary.ts';
import { joinable } from './identity/linkage.ts';
import { planFor } from './identity/plan.ts';
import type { Keyring, Subjects } from './identity/pseudonym.ts';
import { share } from './identity/shared.ts';
import type { Shared } from './identity/shared.ts';
import { decide } from './policy/decide.ts';
import { eventRoutes } from './policy/eventRoutes.ts';
import { readingOf } from './policy/grounds.ts';
import { isSensitive } from './policy/sensitive.ts';

export interface PipelineContext {
  readonly snapshot: Snapshot;
  readonly keys: Keyring;
  readonly records: RecordKeeper;
  readonly now: number;
  typeOf(name: string): DestinationType | undefined;
  /** Forms of a protocol's wire fields, from its registry entry. */
  wireForms(protocol: string): Readonly<Record<string, RegExp>> | undefined;
  /** What the person said since, by digests of their ids. */
  saidSince(subjects: readonly string[]): SaidSince;
  /** Ids of our own, ordered by time. */
  newId(): string;
}

/** What became of one event at one destination. */
export interface Told {
  readonly decision: Decision;
  readonly permitted: PermittedEvent | null;
  readonly remarks: readonly Remark[];
  /** Names of fields that leave. */
  readonly fields: readonly string[];
}

/** One event, judged for every destination of the routing file that takes events, in its order. */
export interface Judged {
  readonly id: string;
  readonly event: ReceivedEvent;
  readonly facts: EventFacts;
  readonly subjects: Subjects;
  readonly signals: readonly Signal[];
  /** Those that `told` tells of, one by one. */
  readonly destinations: readonly Destination[];
  readonly told: readonly Told[];
}

/** The context in which consent signals of a site are read. */
export const readContext = (from: {
  readonly snapshot: Snapshot;
  readonly site: Site;
  readonly records: RecordKeeper;
  readonly now: number;
}): ReadContext => ({
  mapping: from.snapshot.consent.mapping,
  purposes: from.snapshot.consent.purposes,
  gpcDenies: from.snapshot.consent.gpcDenies,
  now: from.now,
  site: from.site,
  notices: from.snapshot.notices,
  openRecord: (token) => from.records.open(token),
});

/**
 * Destinations that the client takes away, by their own names: what it wrote may be anything and must not rest. As in Segment's
 * API, `All: false` takes every one away that is not named with `true`; nothing is ever added.
 */
function switchedOff({ integrations }: ReceivedEvent, { destinations }: Snapshot): readonly string[] {
  const named = Object.entries(integrations);
  if (named.length === 0) return [];
  const said = new Map(named.map(([name, on]) => [name.toLowerCase(), on]));
  const isOff = ({ name, type }: Destination): boolean => {
    const answers = [said.get(name.toLowerCase()), said.get(type)];
    return answers.includes(false) || (said.get('all') === false && !answers.includes(true));
  };
  return destinations.filter(isOff).map(({ name }) => name);
}

/** What a client wrote as notice may be anything and must not rest; an empty name is no notice's either. */
function labelOf({ label }: ReceivedEvent, { notices }: Snapshot): ReceivedEvent['label'] {
  if (label === null || label.notice === null || notices.some(({ id }) => id === label.notice)) return label;
  return { ...label, notice: '' };
}

const NONE: readonly Reason[] = [];

const supports = (type: DestinationType | undefined, event: ReceivedEvent): readonly Reason[] =>
  type?.calls.includes(event.type) === true ? NONE : [{ code: 'not_supported', detail: event.type }];

const refusedFor = (decision: Decision, code: ReasonCode): Decision => ({
  ...decision,
  verdict: 'block',
  reasons: [{ code }],
  allowance: NOTHING_ALLOWED,
});

/** What is the same for all destinations of one event. */
interface Judging {
  readonly facts: EventFacts;
  readonly site: Site;
  readonly snapshot: Snapshot;
  readonly shared: () => Shared;
  readonly types: (name: string) => DestinationType | undefined;
  /** What another destination may have of the event. */
  readonly allowanceOf: (destination: string) => Allowance | null;
  readonly applying: ApplyContext;
}

/** What one destination gets, or why it gets nothing after all. */
function treat(destination: Destination, decision: Decision, judging: Judging): Told {
  const { facts, site, snapshot, types, allowanceOf, applying } = judging;
  const type = types(destination.type);
  if (decision.verdict === 'block' || type === undefined)
    return { decision, permitted: null, remarks: [], fields: [] };
  const plan = planFor({
    destination,
    type,
    allowance: decision.allowance,
    anonymous: decision.verdict === 'anonymous',
    snapshot,
    types,
    sensitive: facts.sensitive,
    site: site.name,
    allowanceOf,
  });
  const applied = apply(judging.shared(), { plan, context: applying });
  if ('refused' in applied)
    return {
      decision: refusedFor(decision, applied.refused),
      permitted: null,
      remarks: applied.remarks,
      fields: [],
    };
  return { decision, permitted: applied.permitted, remarks: applied.remarks, fields: applied.fields };
}

/** The client's own name is cleaned before anything tells it: verdicts, the console and the ledger never see it raw. */
function named(event: ReceivedEvent, scan: () => Scan): ReceivedEvent {
  if (eventEntry(event.name) !== undefined) return event;
  const name = cleanName(event, scan(), new Remarks());
  return name === event.name ? event : { ...event, name };
}

/** The verdicts of all destinations that take events; of others when they are asked for. */
function decisionsOn(
  { event, facts, standing, site }: Pick<Judged, 'event' | 'facts'> & { standing: SaidSince; site: Site },
  context: PipelineContext,
) {
  const { snapshot, now } = context;
  const reading = readingOf({ state: facts.consent, site, snapshot, now });
  const destinations = eventRoutes(context);
  const decisions = destinations.map((destination) => {
    const known = supports(context.typeOf(destination.type), event);
    return decide({ facts, destination, snapshot, standing, now, known, reading });
  });
  // A link may be taken from what a recorder receives, which is judged for that alone.
  const decisionOf = (name: string): Decision | undefined => {
    const made = decisions.find((each) => each.destination === name);
    if (made !== undefined) return made;
    const destination = snapshot.destinations.find((each) => each.name === name);
    const asked: EventFacts = { ...facts, type: 'recording', name: 'recording' };
    return destination && decide({ facts: asked, destination, snapshot, standing, now, reading });
  };
  const allowanceOf = (name: string): Allowance | null => {
    const other = decisionOf(name);
    return other?.verdict === 'forward' ? other.allowance : null;
  };
  return { destinations, decisions, allowanceOf };
}

/** Judges one event for every destination. The site must be one of the snapshot's. */
export function judge(received: ReceivedEvent, context: PipelineContext): Judged {
  const { snapshot, keys, now } = context;
  const site = snapshot.sites.find((each) => each.name === received.site);
  if (site === undefined)
    throw new GatewayError('unknown_site', 'the routing file no longer has the site of this event');
  const visitor = visitorOf(received);
  const scan = once(() => scanEvent(received, site, visitor));
  const event = named(received, scan);
  const { state, signals } = gather(
    event.consent,
    labelOf(event, snapshot),
    readContext({ snapshot, site, records: context.records, now }),
  );
  const facts: EventFacts = {
    site: event.site,
    type: event.type,
    name: event.name,
    occurredAt: event.occurredAt,
    sensitive: isSensitive(event.page, site),
    switchedOff: switchedOff(event, snapshot),
    consent: state,
  };
  const subjects = keys.subjectDigests(event, state.claims, visitor);
  const standing = context.saidSince(subjects.all);
  const { destinations, decisions, allowanceOf } = decisionsOn({ event, facts, standing, site }, context);
  const id = context.newId();
  const judging: Judging = {
    facts,
    site,
    snapshot,
    shared: once(() => share(event, scan(), snapshot.pseudonyms.periodMs)),
    types: (name) => context.typeOf(name),
    allowanceOf,
    applying: { keyring: keys, eventId: id, wireForms: (protocol) => context.wireForms(protocol) },
  };
  const told = destinations.map((destination, index) =>
    treat(destination, decisions[index] as Decision, judging),
  ); // same length
  return { id, event, facts, subjects, signals, destinations, told: withoutJoinable(told) };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}

/** What two destinations could join by refuses the later of them. */
function withoutJoinable(told: readonly Told[]): readonly Told[] {
  const leaving: PermittedData[] = [];
  for (const { permitted } of told) if (permitted !== null) leaving.push(permitted.data);
  const refused = joinable(leaving);
  if (refused.size === 0) return told;
  return told.map((each) =>
    refused.has(each.decision.destination)
      ? { ...each, decision: refusedFor(each.decision, 'unjoinable'), permitted: null, fields: [] }
      : each,
  );
}

function admitted(judged: Judged, keys: Keyring): AdmittedEvent {
  const { event, facts, told } = judged;
  const { site, type, name, occurredAt, sensitive, switchedOff } = facts;
  const leaving: PermittedEvent[] = [];
  const left: Record<string, readonly string[]> = {};
  for (const { decision, permitted, fields } of told) {
    if (permitted === null) continue;
    leaving.push(permitted);
    left[decision.destination] = fields;
  }
  return {
    id: judged.id,
    dedupe: event.messageId === null ? null : keys.dedupeDigest(event.site, event.messageId),
    facts: { site, type, name, occurredAt, sensitive, switchedOff },
    destinations: leaving.map(({ data }) => data.destination),
    permitted: leaving,
    fields: left,
  };
}

/** What of these events goes into the store: one admission per person and consent state; an event with nothing permitted is in none. */
export function admissionsOf(judged: readonly Judged[], context: PipelineContext): readonly Admission[] {
  const leaving = judged.filter((each) => each.told.some(({ permitted }) => permitted !== null));
  const groups = new Map<string, Judged[]>();
  for (const each of leaving) {
    const key =
      leaving.length === 1 ? '' : `${each.subjects.current.join()}|${JSON.stringify(each.facts.consent)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [each]);
    else group.push(each);
  }
  return [...groups.values()].map((group) => {
    const [first] = group as [Judged, ...Judged[]]; // groups are made with one
    return {
      id: context.newId(),
      site: first.event.site,
      intake: first.event.intake,
      receivedAt: first.event.receivedAt,
      config: context.snapshot.digest,
      subjects: first.subjects.current,
      consent: first.facts.consent,
      events: group.map((each) => admitted(each, context.keys)),
    };
  });
}
