// The pipeline told: requests, uploads of recordings or events in, decisions with their reasons and the unsigned requests that would
// leave. Runs the very functions of production, so what it prints is what would happen under this config and clock.

import { isConsentCookie } from './consent/index.ts';
import { merged, sourcesOf } from './consent/merge.ts';
import type { EventFacts } from './core/decision.ts';
import { GatewayError } from './core/errors.ts';
import type { ReceivedEvent } from './core/event.ts';
import type { Built, SiteHints } from './core/plugin.ts';
import type { RecordingFormat, UploadCall } from './core/recording.ts';
import { printable } from './delivery/auth.ts';
import { asVendorRequest } from './delivery/forwardWire.ts';
import { explainTags, TAGS_PATH } from './explainTags.ts';
import { cookieSorter } from './http/cookies.ts';
import type { SortedCookies } from './http/cookies.ts';
import { intakePaths } from './http/routes.ts';
import { indexSites, resolveSite } from './http/site.ts';
import { receivedUpload } from './http/upload.ts';
import { INTAKE_PROTOCOLS } from './intake/index.ts';
import type { Judged, PipelineContext, Told } from './pipeline.ts';
import { judge } from './pipeline.ts';
import { countingState } from './policy/grounds.ts';
import { badLine, questionOf } from './question.ts';
import type { Question } from './question.ts';
import { judgeUpload, mayNameNextPage, newTerms, refusedFor, treatUpload } from './recordingPipeline.ts';
import type { JudgedUpload } from './recordingPipeline.ts';

export interface Explained {
  readonly event: {
    readonly id: string;
    readonly site: string;
    readonly type: string;
    readonly name: string;
    readonly occurredAt: string;
    /** How that came about: the client's own time, corrected, clamped, or none. */
    readonly clock: string;
    readonly receivedAt: string;
  };
  readonly consent: {
    readonly purposes: Readonly<Record<string, string>>;
    /** The oldest notice that counted. */
    readonly notice: string | null;
    readonly sources: readonly string[];
  };
  readonly decisions: readonly ExplainedDecision[];
}

export interface ExplainedDecision {
  readonly destination: string;
  readonly verdict: string;
  readonly reasons: readonly { readonly code: string; readonly detail?: string }[];
  readonly treatments: readonly {
    readonly path: string;
    readonly rule: string;
    readonly treatment: string;
  }[];
  readonly requests: readonly {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string | null;
  }[];
}

export interface ExplainContext extends Omit<PipelineContext, 'now'> {
  /** Of recordings. */
  readonly formats: readonly RecordingFormat[];
}

const findPath = intakePaths(INTAKE_PROTOCOLS);

/** The site that the line names, else the one the request belongs to, else the only one there is. */
function siteOf(question: Question, hints: SiteHints, { snapshot }: ExplainContext) {
  const { headers } = question.request;
  if (question.site !== null) {
    const named = snapshot.sites.find((each) => each.name === question.site);
    if (named === undefined) throw badLine('`site` is not a site of the routing file');
    return { site: named, fromServer: false };
  }
  const verdict = resolveSite(indexSites(snapshot.sites), {
    hints,
    origin: headers['origin'] ?? null,
    referer: headers['referer'] ?? null,
    host: headers['host'] ?? null,
    fetchSite: headers['sec-fetch-site'] ?? null,
  });
  if (!('refused' in verdict)) return verdict;
  const [only, ...others] = snapshot.sites;
  const bare =
    hints.writeKeys.length === 0 && headers['origin'] === undefined && headers['host'] === undefined;
  if (bare && only !== undefined && others.length === 0) return { site: only, fromServer: false };
  throw new GatewayError(verdict.refused, verdict.message);
}

const cookiesOf = (question: Question, { snapshot }: ExplainContext): SortedCookies =>
  cookieSorter((name) => isConsentCookie(name, snapshot.consent.mapping))(question.cookieHeader);

function eventsOf(question: Question, context: ExplainContext): readonly ReceivedEvent[] {
  const { request } = question;
  const paths = findPath(request.path);
  const handler = request.method === 'POST' ? paths?.post : paths?.get;
  if (handler === undefined || handler === null || handler.document !== null)
    throw badLine('no intake protocol takes events by this method and path');
  const opened = handler.protocol.open(request);
  const { site, fromServer } = siteOf(question, opened.hints, context);
  const cookies = cookiesOf(question, context);
  const reading = opened.read({
    site,
    fromServer,
    idCookies: site.cookies ? cookies.ids : {},
    consentCookies: cookies.consent,
  });
  const [first] = reading.rejected;
  if (reading.events.length === 0 && first !== undefined) throw new GatewayError(first.code, first.message);
  return reading.events;
}

/** The requests for one event alone; production may put several events into one. */
function buildAlone(told: Told, context: ExplainContext, now: number): Built | null {
  const destination = context.snapshot.destinations.find((each) => each.name === told.decision.destination);
  const type = destination && context.typeOf(destination.type);
  if (told.permitted === null || !destination || !type) return null;
  return type.build([told.permitted], { settings: destination.settings, destination, now });
}

function decisionOf(told: Told, context: ExplainContext, now: number): ExplainedDecision {
  const built = buildAlone(told, context, now);
  const refused = (built?.refused ?? []).map(({ code }) => ({ code }));
  return {
    destination: told.decision.destination,
    verdict: told.decision.verdict,
    reasons: [...told.decision.reasons, ...refused],
    treatments: told.remarks,
    requests: (built?.requests ?? []).map((request) => printable(request)),
  };
}

/** What of its consent counted. `now` is the clock it was judged by. */
function consentOf(
  facts: EventFacts,
  noticesSeen: readonly (string | null)[],
  { snapshot, now }: Pick<PipelineContext, 'snapshot' | 'now'>,
): Explained['consent'] {
  const site = snapshot.sites.find((each) => each.name === facts.site) ?? null;
  const counting = countingState({ state: facts.consent, site, snapshot, now });
  const notices = noticesSeen
    .map((notice) => snapshot.notices.findIndex(({ id }) => id === notice))
    .filter((index) => index >= 0);
  const oldest = notices.length === 0 ? undefined : snapshot.notices[Math.min(...notices)];
  return {
    purposes: merged(counting, site?.consent ?? [], snapshot.consent.purposes),
    notice: oldest?.id ?? null,
    sources: sourcesOf(facts.consent),
  };
}

/** Tells one judged event. `now` is the clock it was judged by. */
export function tell(judged: Judged, context: ExplainContext, now: number): Explained {
  const { event, facts } = judged;
  return {
    event: {
      id: judged.id,
      site: event.site,
      type: event.type,
      name: event.name,
      occurredAt: new Date(event.occurredAt).toISOString(),
      clock: event.clock,
      receivedAt: new Date(event.receivedAt).toISOString(),
    },
    consent: consentOf(
      facts,
      judged.told.map(({ decision }) => decision.notice),
      { ...context, now },
    ),
    decisions: judged.told.map((told) => decisionOf(told, context, now)),
  };
}

const formatAt = ({ request: { method, path } }: Question, { formats }: ExplainContext) =>
  formats.find(({ routes }) => routes.some((route) => route.path === path && route.method === method));

function uploadOf(question: Question, format: RecordingFormat, context: ExplainContext): UploadCall {
  const { request } = question;
  if (request.body.length > format.bodyBytes)
    throw new GatewayError('body_too_large', 'the body is larger than this path takes');
  const upload = format.open(request.body);
  const { site } = siteOf(question, upload.hints, context);
  const { limits } = context.snapshot.server;
  const cookies = cookiesOf(question, context);
  return receivedUpload({ format, upload }, { ...request, packed: false, cookies, limits }, site);
}

/** An upload of a visit that nobody knows: its first, or one whose text is masked as far as its page is not known. */
function explainUpload(question: Question, format: RecordingFormat, context: ExplainContext): Explained {
  const { receivedAt } = question.request;
  const judging: PipelineContext = { ...context, now: receivedAt };
  const judged = judgeUpload(uploadOf(question, format, context), judging);
  const { decision, remarks, outgoing } = treatedAlone(judged, judging);
  const { destination, verdict, reasons } = decision;
  const { site, type, name, occurredAt } = judged.facts;
  return {
    event: {
      id: context.newId(),
      site,
      type,
      name,
      occurredAt: new Date(occurredAt).toISOString(),
      clock: 'received',
      receivedAt: new Date(receivedAt).toISOString(),
    },
    consent: consentOf(judged.facts, [decision.notice], judging),
    decisions: [
      {
        destination,
        verdict,
        reasons,
        treatments: remarks,
        requests: outgoing === null ? [] : [printable(asVendorRequest(outgoing))],
      },
    ],
  };
}

function treatedAlone(judged: JudgedUpload, context: PipelineContext) {
  const { decision } = judged;
  if (decision.verdict !== 'forward') return { decision, remarks: [], outgoing: null };
  if (mayNameNextPage(judged))
    return { decision: refusedFor(decision, 'sensitive_page'), remarks: [], outgoing: null };
  const { periodMs } = context.snapshot.pseudonyms;
  return treatUpload(
    judged,
    newTerms(judged, { salt: context.newId(), periodMs, afterTyping: false }),
    context,
  );
}

/** What a browser asks of its visitor by `GET /v1/tags`. */
function explainQuestion(question: Question, context: ExplainContext): readonly Explained[] {
  const { request } = question;
  const key = new URLSearchParams(request.query).get('writeKey');
  const { site, fromServer } = siteOf(question, { writeKeys: key === null ? [] : [key], tags: [] }, context);
  const cookies = cookiesOf(question, context);
  const idCookies = site.cookies ? cookies.ids : {};
  const judging = { ...context, now: request.receivedAt };
  return explainTags(
    { site, fromServer, idCookies, consentCookies: cookies.consent, request },
    { ...judging, consentOf: (facts, noticesSeen) => consentOf(facts, noticesSeen, judging) },
  );
}

/** The clock to judge an event by: the line's, else the event's own time where it names one that can be believed. */
function clockOf(event: ReceivedEvent, { clockGiven, request }: Question): number {
  return !clockGiven && event.clock === 'client' ? event.occurredAt : request.receivedAt;
}

/**
 * Explains one line of input; a batch gives one answer an event. Throws `GatewayError` for what the gateway would refuse.
 * `now` is the clock for lines that have neither `receivedAt` nor a time of their own.
 */
export function explain(line: unknown, context: ExplainContext, now: number): readonly Explained[] {
  const question = questionOf(line, context.snapshot.server.limits, now);
  const format = formatAt(question, context);
  if (format !== undefined) return [explainUpload(question, format, context)];
  if (question.request.path === TAGS_PATH && question.request.method === 'GET')
    return explainQuestion(question, context);
  return eventsOf(question, context).map((event) => {
    const clock = clockOf(event, question);
    return tell(judge(event, { ...context, now: clock }), context, clock);
  });
}

/** Forms of wire fields by protocol, for the pipeline. */
export const wireForms = (protocol: string): Readonly<Record<string, RegExp>> | undefined =>
  INTAKE_PROTOCOLS.find((each) => each.name === protocol)?.wireFields;
