// The path of one upload of a session recording, from what came in to what its vendor may have: destination, consent, policy, rules,
// cleaning. Pure and synchronous, so that production, `explain` and the console tell the same story.

import { gather } from './consent/merge.ts';
import type { Signal } from './consent/merge.ts';
import type { Destination, Site } from './core/config.ts';
import type { ConsentInput } from './core/consent.ts';
import type { Decision, EventFacts } from './core/decision.ts';
import { NOTHING_ALLOWED } from './core/decision.ts';
import { GatewayError } from './core/errors.ts';
import type { Identifier, Page } from './core/event.ts';
import { identifierAt } from './core/identifiers.ts';
import { recordingTargetOf } from './core/plugin.ts';
import type { DestinationType, RecordingTarget } from './core/plugin.ts';
import type { ForwardRequest } from './core/ports.ts';
import type { ReasonCode } from './core/reasons.ts';
import type { UploadCall, VisitMemory } from './core/recording.ts';
import type { Remark } from './core/treatment.ts';
import { periodsOf } from './identity/period.ts';
import { recordingIds } from './identity/recording.ts';
import { planFor } from './identity/plan.ts';
import { readContext } from './pipeline.ts';
import type { PipelineContext } from './pipeline.ts';
import { decide } from './policy/decide.ts';
import { readingOf } from './policy/grounds.ts';
import { isSensitive, mayBeSensitive } from './policy/sensitive.ts';

/** Whether this visitor's recording may go to one destination. */
export interface RecordingQuestion {
  readonly site: Site;
  readonly destination: Destination;
  readonly consent: ConsentInput;
  /** The page that is recorded, and where its visitor came from. */
  readonly page: Page;
  readonly occurredAt: number;
  /** When its visitor's browser sent what it says of consent: a no that was heard since is newer, however long the body took. */
  readonly saidAt: number;
  readonly ids: readonly Identifier[];
  readonly otherIds: readonly Identifier[];
}

export interface RecordingVerdict {
  readonly facts: EventFacts;
  /** Keyed digests of the visitor's ids: to find what they said by, also later. */
  readonly subjects: readonly string[];
  readonly signals: readonly Signal[];
  readonly decision: Decision;
}

/** The same decision as for events; also asked for visits that have not begun. */
export function decideRecording(
  { site, destination, consent, page, occurredAt, saidAt, ids, otherIds }: RecordingQuestion,
  context: PipelineContext,
): RecordingVerdict {
  const { snapshot, keys, records, now } = context;
  const { state, signals } = gather(consent, null, readContext({ snapshot, site, records, now }));
  const facts: EventFacts = {
    site: site.name,
    type: 'recording',
    name: 'recording',
    occurredAt,
    sensitive: mayBeSensitive(page, site),
    switchedOff: [],
    consent: { ...state, readAt: Math.min(state.readAt, saidAt) },
  };
  const subjects = keys.subjectDigests({ ids, otherIds, person: {} }, state.claims).all;
  const reading = readingOf({ state, site, snapshot, now });
  const standing = context.saidSince(subjects);
  const decision = decide({ facts, destination, snapshot, standing, now, reading });
  return { facts, subjects, signals, decision };
}

interface Route {
  readonly destination: Destination;
  readonly type: DestinationType;
  readonly target: RecordingTarget<unknown>;
}

/** One upload, judged for the one destination that it is for. */
export interface JudgedUpload extends Route, RecordingVerdict {
  readonly call: UploadCall;
  readonly site: Site;
}

/**
 * The destination that takes this format and project: one that is switched on and takes this site, else the first, whose gates say why
 * not. Null: there is none at all.
 */
function routeOf({ format, upload }: UploadCall, site: Site, context: PipelineContext): Route | null {
  const routes = context.snapshot.destinations.flatMap((destination) => {
    const type = context.typeOf(destination.type);
    const { settings } = destination;
    const target = recordingTargetOf(type, settings);
    if (type === undefined || target?.formats.includes(format.name) !== true) return [];
    return target.project(settings) === upload.project ? [{ destination, type, target }] : [];
  });
  const open = ({ destination: { enabled, sites } }: Route): boolean =>
    enabled && (sites === null || sites.includes(site.name));
  return routes.find(open) ?? routes[0] ?? null;
}

/** When what it tells of began. With a duration that is none it is older than any consent. */
const beganAt = ({ upload, received }: UploadCall): number =>
  upload.durationMs >= 0 ? Math.max(0, received.receivedAt - upload.durationMs) : 0;

/** Page and page before, as the upload tells them; what the browser tells of the page counts besides. */
const pageOf = ({ upload, received }: UploadCall): Page => ({
  url: upload.page ?? received.referer,
  title: null,
  referrer: upload.referrer ?? null,
});

/** Throws `unknown_site` where a reload took the site away, and `unknown_project`. */
export function judgeUpload(call: UploadCall, context: PipelineContext): JudgedUpload {
  const { consent, ids, otherIds, referer } = call.received;
  const site = context.snapshot.sites.find(({ name }) => name === call.received.site);
  if (site === undefined)
    throw new GatewayError('unknown_site', 'the routing file no longer has the site of this recording');
  const route = routeOf(call, site, context);
  if (route === null)
    throw new GatewayError('unknown_project', 'no destination takes recordings of this project');
  const page = pageOf(call);
  // After a route change the last upload of a visit names the new page already, the browser perhaps the old one.
  const elsewhere = [referer, ...(call.upload.otherPages ?? [])].find(
    (url) => url !== null && isSensitive({ url, title: null, referrer: null }, site),
  );
  const verdict = decideRecording(
    {
      site,
      destination: route.destination,
      consent,
      page: elsewhere === undefined ? page : { ...page, url: elsewhere },
      occurredAt: beganAt(call),
      saidAt: call.received.receivedAt,
      ids,
      otherIds,
    },
    context,
  );
  return { call, site, ...route, ...verdict };
}

/** Of a visit that is not known: does it name the page after its own, perhaps, where some pages are sensitive? */
export const mayNameNextPage = ({ call: { upload }, site }: JudgedUpload): boolean =>
  upload.last && upload.sequence > 1 && site.sensitive.length > 0;

/** What a visit keeps from its first upload to its last. */
export interface VisitTerms {
  /** Random: what ids that are stripped are replaced by hangs on it. */
  readonly salt: string;
  /** Which period its pseudonyms belong to, so that no visit sees them change. */
  readonly periodOf: (id: Identifier) => string;
  readonly memory: VisitMemory;
}

export interface NewTerms {
  readonly salt: string;
  readonly periodMs: number;
  /** Was something typed earlier in the session? */
  readonly afterTyping: boolean;
}

/**
 * Those of a visit that is not known: its first upload is at hand, or earlier ones were not seen. What was typed on a page before may
 * be text of this one from the start, so it is treated like a visit whose beginning is not known.
 */
export const newTerms = (
  { call, facts }: JudgedUpload,
  { salt, periodMs, afterTyping }: NewTerms,
): VisitTerms => ({
  salt,
  periodOf: periodsOf({ ids: call.received.ids, occurredAt: facts.occurredAt }, periodMs),
  memory: call.upload.sequence === 1 && !afterTyping ? call.format.begin() : call.format.unseen(),
});

export interface TreatedUpload {
  readonly decision: Decision;
  readonly remarks: readonly Remark[];
  /** Null: nothing of it leaves. */
  readonly outgoing: ForwardRequest | null;
}

export const refusedFor = (decision: Decision, code: ReasonCode): Decision => ({
  ...decision,
  verdict: 'block',
  reasons: [{ code }],
  allowance: NOTHING_ALLOWED,
});

/** What of a permitted upload leaves. Changes the memory of its visit; throws what its format's cleaner throws. */
export function treatUpload(
  judged: JudgedUpload,
  terms: VisitTerms,
  context: PipelineContext,
): TreatedUpload {
  const { call, site, destination, type, target, facts, decision } = judged;
  const { received, upload } = call;
  const { settings } = destination;
  const plan = planFor({
    destination,
    type,
    allowance: decision.allowance,
    anonymous: false,
    snapshot: context.snapshot,
    types: (name) => context.typeOf(name),
    sensitive: facts.sensitive,
    site: site.name,
  });
  const { pseudonym, person, remarks } = recordingIds(plan, { received, keyring: context.keys, ...terms });
  const rules = {
    ...target.rules(settings),
    query: destination.query,
    origins: site.origins,
    userAgent: plan.person.has('user_agent'),
    known: received.known,
    pseudonym,
  };
  const { body, remarks: cleaned } = upload.clean(rules, terms.memory);
  const all = [...remarks.list(), ...withoutIds(cleaned, destination)];
  if (body === null) return { decision: refusedFor(decision, 'unjoinable'), remarks: all, outgoing: null };
  const { packed, origin } = received;
  const { address, headers, auth } = target.request({ settings, destination, packed, origin, person });
  const wire = auth === undefined ? { packed } : { packed: false, auth };
  return { decision, remarks: all, outgoing: { destination, address, headers, body, ...wire } };
}

/** What became of the recorder's own ids is known here, and told once. */
const withoutIds = (remarks: readonly Remark[], { system }: Destination): readonly Remark[] =>
  remarks.filter(({ path }) => identifierAt(path)?.system !== system);
