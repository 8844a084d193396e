// What takes events: the public listener over the pipeline, in the process that owns the outbox or in a worker thread that asks
// it. Both are given the same parts, so that a website cannot tell which it talks to.

import { accept } from './accept.ts';
import type { Intake } from './accept.ts';
import { readAsset, readPackageFile } from './config/assets.ts';
import { CONSENT_READERS, isConsentCookie } from './consent/index.ts';
import { recordKeeper } from './consent/record.ts';
import { RECORD_COOKIE } from './core/consent.ts';
import type { Snapshot } from './core/config.ts';
import type { SaidSince } from './core/decision.ts';
import type { DecisionFeed, Forward, Log, Metrics, RecordKeeper } from './core/ports.ts';
import type { RecordingFormat } from './core/recording.ts';
import { destinationType } from './destinations/index.ts';
import { wireForms } from './explain.ts';
import type { ExplainContext } from './explain.ts';
import { placeOf } from './http/errors.ts';
import type { Listener } from './http/listener.ts';
import type { ConsentChange, Readiness, Recordings } from './http/ports.ts';
import type { Script } from './http/scripts.ts';
import { createPublicServer } from './http/server.ts';
import type { Binding } from './http/server.ts';
import { keyring } from './identity/pseudonym.ts';
import { readCookieIds } from './intake/ids.ts';
import { INTAKE_PROTOCOLS } from './intake/index.ts';
import type { KnownLabels } from './observe/metrics.ts';
import { recordSharing } from './observe/sharing.ts';
import { RECORDING_FORMATS } from './recording/index.ts';
import { takeUpload } from './recordings.ts';
import { clock, newIds, random } from './surroundings.ts';
import { permittedTags } from './tags.ts';
import { VISIT_LIMITS, Visits } from './visits.ts';

/** The pipeline outside a running gateway: nobody said anything since. */
export function explainContext(snapshot: Snapshot): ExplainContext {
  return {
    snapshot,
    keys: keyring(snapshot.secrets),
    records: recordKeeper(snapshot.secrets),
    typeOf: destinationType,
    wireForms,
    saidSince: () => ({ objections: [], deniedAt: {} }),
    newId: newIds(),
    formats: RECORDING_FORMATS,
  };
}

/** Where label values of metrics come from. */
export const labelsOf = (snapshot: () => Snapshot): KnownLabels => ({
  sites: () => snapshot().sites.map(({ name }) => name),
  destinations: () => snapshot().destinations.map(({ name }) => name),
  tags: () => snapshot().tags.map(({ name }) => name),
  intakes: [...INTAKE_PROTOCOLS, ...RECORDING_FORMATS].map(({ name }) => name),
  formats: CONSENT_READERS.map(({ source }) => source),
});

type SaidBy = (subjects: readonly string[]) => SaidSince;

/** What is derived from a snapshot, made once and dropped with it. */
function contexts(saidSince: SaidBy): (snapshot: Snapshot) => ExplainContext {
  const known = new WeakMap<Snapshot, ExplainContext>();
  const newId = newIds();
  return (snapshot) => {
    let context = known.get(snapshot);
    if (context === undefined) {
      context = { ...explainContext(snapshot), newId, saidSince };
      known.set(snapshot, context);
    }
    return context;
  };
}

/** Signs and opens under the secrets of the snapshot in force. */
const currentRecords = (context: () => ExplainContext): RecordKeeper => ({
  issue: (record) => context().records.issue(record),
  open: (token) => context().records.open(token),
});

/** Digests of a visitor's record and of the ids in their cookies, to find what is queued of theirs. */
function subjectsOf(change: ConsentChange, { keys, records }: ExplainContext): readonly string[] {
  const { site, idCookies, consentCookies } = change;
  const cookies = readCookieIds({ site, fromServer: false, idCookies, consentCookies });
  const tokens = consentCookies[RECORD_COOKIE] ?? [];
  const held = tokens.flatMap((token) => records.open(token)?.id ?? []);
  return [
    ...cookies.map(({ name, value }) => [name, value] as const),
    ...held.map((id) => ['record', id] as const),
  ].flatMap(([name, value]) => keys.subjectDigest(name, value).all);
}

/** What pages load from here, the same for everybody. */
const pageScripts = (): readonly Script[] => [
  { path: '/tags.js', body: Buffer.from(readAsset('src/browser/tags.js')), maxAgeS: 300 },
  // The recorder's own build, unmodified, so that what a site runs is what its publisher released.
  { path: '/clarity.js', body: readPackageFile('clarity-js/build/clarity.min.js'), maxAgeS: 3600 },
];

export interface PublicParts {
  readonly snapshot: () => Snapshot;
  readonly outbox: Intake;
  /** What these people said since. */
  readonly saidSince: SaidBy;
  /** The way of recordings to their vendors. */
  readonly forward: Forward;
  /** Of recordings. Default: all that there are. */
  readonly formats?: readonly RecordingFormat[];
  /** Takes uploads to where their visits are known. Default: that is here. */
  readonly spread?: (here: Recordings['take']) => Recordings['take'];
  readonly metrics: Metrics;
  readonly feed: DecisionFeed;
  readonly log: Log;
  readonly readiness: Readiness;
  readonly trial: boolean;
  /** Where and how to listen, if not as the routing file says for one that is alone. */
  readonly binding?: Binding;
}

export function publicSide(parts: PublicParts): Listener {
  const { snapshot, outbox, forward, metrics, feed, log, readiness, formats = RECORDING_FORMATS } = parts;
  // Each thread has its own: a record that is presented to several counts as shared by the clients that one of them saw.
  const sharing = recordSharing();
  const contextOf = contexts(parts.saidSince);
  const context = (): ExplainContext => contextOf(snapshot());
  const tagsContext = () => ({ ...context(), formats, now: clock.now() });
  const ports = { snapshot, clock, random, log, readiness, metrics };
  const { among = 1 } = parts.binding ?? {};
  const share = (all: number): number => Math.floor(all / among);
  const limits = { visits: share(VISIT_LIMITS.visits), bytes: share(VISIT_LIMITS.bytes) };
  const visits = new Visits(random.bytes(32), clock, limits);
  const recordingPorts = { context, visits, forward, metrics, feed, clock, random, log, placeOf };
  const here: Recordings['take'] = (call) => takeUpload(call, recordingPorts);
  return createPublicServer(
    {
      ...ports,
      protocols: INTAKE_PROTOCOLS,
      accept: (events, bytes) => accept(events, { context, outbox, metrics, feed, sharing, clock }, bytes),
      recordings: { formats, take: parts.spread?.(here) ?? here },
      records: currentRecords(context),
      consentChanged: async (change) => {
        const affected = change.snapshot.destinations.filter((each) =>
          each.requires.some((purpose) => change.denied.includes(purpose)),
        );
        await outbox.deny(
          subjectsOf(change, context()),
          affected.map(({ name }) => name),
          change.at,
        );
      },
      isConsentCookie: (name, { consent }) => isConsentCookie(name, consent.mapping),
      secureCookies: !parts.trial,
      pages: [],
      permittedTags: (asked) => permittedTags(asked, { context: tagsContext, metrics, feed }),
      scripts: pageScripts(),
    },
    parts.binding,
  );
}
