// Which tags may load and which recorders may start for the visitor of a request: consent, then the very function that decides about
// events. Nothing is kept; what was decided is counted and told like any decision.

import { gather } from './consent/merge.ts';
import type { Signal } from './consent/merge.ts';
import type { Destination, Recipient, Site } from './core/config.ts';
import type { ConsentInput } from './core/consent.ts';
import type { Decision, EventFacts } from './core/decision.ts';
import type { Page } from './core/event.ts';
import { recordingTargetOf } from './core/plugin.ts';
import type { RecordingTarget } from './core/plugin.ts';
import type { DecisionFeed, Metrics } from './core/ports.ts';
import type { RecordingFormat } from './core/recording.ts';
import type { PermittedRecording, PermittedTags, TagsAsked } from './core/tags.ts';
import { IdCollector, offerCookieIds, readCookieIds } from './intake/ids.ts';
import { parsePairs, requestConsent } from './intake/query.ts';
import type { Pairs } from './intake/query.ts';
import { readContext } from './pipeline.ts';
import type { PipelineContext } from './pipeline.ts';
import { decide } from './policy/decide.ts';
import { readingOf } from './policy/grounds.ts';
import { isSensitive, mayBeSensitive } from './policy/sensitive.ts';
import { decideRecording } from './recordingPipeline.ts';

export interface TagsContext extends PipelineContext {
  readonly formats: readonly Pick<RecordingFormat, 'name' | 'routes'>[];
}

/** Decisions about calls of one kind, and the facts they were made by. */
export interface JudgedCalls {
  readonly facts: EventFacts;
  readonly decisions: readonly Decision[];
}

export interface JudgedTags {
  readonly signals: readonly Signal[];
  readonly tags: JudgedCalls;
  /** Null: the routing file has no destination that takes recordings. */
  readonly recordings: JudgedCalls | null;
  readonly permitted: PermittedTags;
}

/** What the request tells of its visitor. */
interface Visitor {
  readonly consent: ConsentInput;
  readonly page: Page;
  readonly ids: ReturnType<IdCollector['found']>;
}

/**
 * The page as the script names it, else as the browser does; and the page before it. Across origins browsers name the origin alone,
 * which may be any page. Where the browser names a sensitive one, that is the page.
 */
function pageOf({ request, site }: TagsAsked, pairs: Pairs): Page {
  const referer = request.headers['referer'] ?? null;
  const named = pairs.get('page') ?? '';
  const byBrowser = URL.parse(referer ?? '')?.pathname === '/' ? null : referer;
  const elsewhere = isSensitive({ url: referer, title: null, referrer: null }, site);
  return {
    url: elsewhere ? referer : named === '' ? byBrowser : named,
    title: null,
    referrer: pairs.get('referrer') ?? null,
  };
}

/** Throws `unreadable_query` and its like for a query that cannot be read: it may hold a no. */
function visitorOf(asked: TagsAsked): Visitor {
  const { request, consentCookies, fromServer } = asked;
  const pairs = parsePairs(request.query, request.limits);
  const collector = new IdCollector();
  offerCookieIds(collector, readCookieIds(asked));
  return {
    consent: requestConsent(pairs, { headers: request.headers, cookies: consentCookies, fromServer }),
    page: pageOf(asked, pairs),
    ids: collector.found(),
  };
}

function judgeEachTag(visitor: Visitor, { site }: TagsAsked, context: TagsContext) {
  const { snapshot, keys, now } = context;
  const { state, signals } = gather(visitor.consent, null, readContext({ ...context, site }));
  const facts: EventFacts = {
    site: site.name,
    type: 'tag',
    name: 'tag',
    occurredAt: now,
    sensitive: mayBeSensitive(visitor.page, site),
    switchedOff: [],
    consent: state,
  };
  const standing = context.saidSince(keys.subjectDigests({ ...visitor.ids, person: {} }, state.claims).all);
  const reading = readingOf({ state, site, snapshot, now });
  const decisions = snapshot.tags.map((destination) =>
    decide({ facts, destination, snapshot, standing, now, reading }),
  );
  return { signals, calls: { facts, decisions } };
}

interface Recorder {
  readonly destination: Destination;
  readonly target: RecordingTarget<unknown>;
}

const recordersOf = (context: TagsContext): readonly Recorder[] =>
  context.snapshot.destinations.flatMap((destination) => {
    const target = recordingTargetOf(context.typeOf(destination.type), destination.settings);
    return target === null ? [] : [{ destination, target }];
  });

/** As an upload would be that began now. */
function judgeEachRecorder(visitor: Visitor, { site }: TagsAsked, context: TagsContext): JudgedCalls | null {
  const { consent, page, ids } = visitor;
  const { now } = context;
  const verdicts = recordersOf(context).map(({ destination }) =>
    decideRecording({ site, destination, consent, page, occurredAt: now, saidAt: now, ...ids }, context),
  );
  const [first] = verdicts;
  return first === undefined
    ? null
    : { facts: first.facts, decisions: verdicts.map(({ decision }) => decision) };
}

/** How a browser records for one destination, in each format that the gateway takes for it. */
function recordingsFor(
  { destination, target }: Recorder,
  context: TagsContext,
): readonly PermittedRecording[] {
  const { settings } = destination;
  return context.formats
    .filter(({ name }) => target.formats.includes(name))
    .flatMap(({ name, routes }) => {
      const upload = routes.find(({ method }) => method === 'POST')?.path;
      const { text } = target.rules(settings);
      return upload === undefined ? [] : [{ format: name, project: target.project(settings), text, upload }];
    });
}

const isRouted = ({ sites }: Recipient, { name }: Site): boolean => sites === null || sites.includes(name);

const forwarded = (calls: JudgedCalls | null): ReadonlySet<string> =>
  new Set(
    calls?.decisions.filter(({ verdict }) => verdict === 'forward').map(({ destination }) => destination),
  );

function permittedBy(
  judged: Pick<JudgedTags, 'tags' | 'recordings'>,
  { site }: TagsAsked,
  context: TagsContext,
): PermittedTags {
  const [loading, recording] = [forwarded(judged.tags), forwarded(judged.recordings)];
  const recorders = recordersOf(context).filter(({ destination }) => isRouted(destination, site));
  const recordings = recorders
    .filter(({ destination }) => recording.has(destination.name))
    .flatMap((each) => recordingsFor(each, context));
  const formats = new Set(recorders.flatMap(({ target }) => target.formats));
  return {
    tags: context.snapshot.tags
      .filter(({ name }) => loading.has(name))
      .map(({ name, src }) => ({ name, src })),
    recordings,
    refused: [...formats].filter((format) => !recordings.some((each) => each.format === format)),
  };
}

/** Judges every tag, and every destination that takes recordings. Throws for a query that cannot be read. */
export function judgeTags(asked: TagsAsked, context: TagsContext): JudgedTags {
  const visitor = visitorOf(asked);
  const { signals, calls: tags } = judgeEachTag(visitor, asked, context);
  const recordings = judgeEachRecorder(visitor, asked, context);
  return { signals, tags, recordings, permitted: permittedBy({ tags, recordings }, asked, context) };
}

export interface TagsPorts {
  context(): TagsContext;
  readonly metrics: Metrics;
  readonly feed: DecisionFeed;
}

/** What this visitor's browser may load and start now. */
export function permittedTags(asked: TagsAsked, ports: TagsPorts): PermittedTags {
  const { metrics, feed } = ports;
  const context = ports.context();
  const { signals, tags, recordings, permitted } = judgeTags(asked, context);
  for (const { format, result } of signals) metrics.consentSignal(format, result);
  for (const { facts, decisions } of [tags, ...(recordings === null ? [] : [recordings])])
    for (const decision of decisions) {
      metrics.decided(decision.destination, decision.verdict, decision.reasons[0]?.code ?? '');
      const { site, name } = facts;
      feed.told({ at: context.now, site, intake: 'tags', event: name, decision, remarks: [] });
    }
  return permitted;
}
