// The gate of recordings with plain objects behind its ports: a shop whose destination `clarity` everything permits, a vendor that
// keeps what it gets, and visitors with cookies of their own.

import { explainContext } from '../../src/app.ts';
import { isConsentCookie } from '../../src/consent/index.ts';
import type { Destination, Notice, Site, Snapshot } from '../../src/core/config.ts';
import type { SaidSince } from '../../src/core/decision.ts';
import { NOTHING_SAID } from '../../src/core/decision.ts';
import type { Forwarded, ForwardRequest, LogFields, Metrics, ToldDecision } from '../../src/core/ports.ts';
import type { UploadAnswer, UploadCall } from '../../src/core/recording.ts';
import { cookieSorter } from '../../src/http/cookies.ts';
import type { ExplainContext } from '../../src/explain.ts';
import { placeOf } from '../../src/http/errors.ts';
import { receivedUpload } from '../../src/http/upload.ts';
import type { RecordingPorts } from '../../src/recordings.ts';
import { takeUpload } from '../../src/recordings.ts';
import { Visits } from '../../src/visits.ts';
import type { VisitLimits } from '../../src/visits.ts';
import { replay } from './replay.ts';
import type { ReplayBody, ReplaySent } from './replay.ts';
import { NOW, destination, disclosure, notice, site, snapshot } from './snapshot.ts';

export const PROJECT = 'abcdefghij';
export const ALL = ['recording', 'marketing', 'profiling'] as const;

export const clarity = (over: Partial<Destination> = {}): Destination =>
  destination({
    name: 'clarity',
    type: 'clarity',
    audience: 'recording',
    system: 'clarity',
    requires: ['marketing', 'profiling', 'recording'],
    settings: {
      project: PROJECT,
      upload: 'https://k.clarity.ms/collect',
      clarity: { text: 'strict', tags: [], events: [] },
    },
    ...over,
  });

export const disclosing = (purposes: readonly string[], over: Partial<Notice> = {}): Notice =>
  notice({ discloses: { clarity: disclosure({ purposes }) }, ...over });

export const shop = (over: Partial<Site> = {}): Site =>
  site({ tags: [PROJECT], cookies: false, consent: ['record', 'cookieconsent', 'tcf'], ...over });

export const routing = (over: Partial<Snapshot> = {}): Snapshot =>
  snapshot({ sites: [shop()], notices: [disclosing(ALL)], destinations: [clarity()], ...over });

export interface Visitor {
  /** Of the Cookie header. */
  readonly cookies?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly packed?: boolean;
  readonly site?: string;
}

export interface Stage {
  readonly sent: ForwardRequest[];
  readonly told: ToldDecision[];
  /** `name(labels)` */
  readonly counted: string[];
  readonly logged: { readonly code: string; readonly fields: LogFields }[];
  readonly time: { now: number };
  readonly current: { snapshot: Snapshot; standing: SaidSince };
  /** What the vendor answers from now on. Default: 204 with nothing. */
  readonly vendor: { answer: (request: ForwardRequest) => Promise<Forwarded> };
  readonly visits: Visits;
  /** A signed record as a cookie. */
  readonly record: (
    purposes: Readonly<Record<string, boolean>>,
    over?: { notice?: string; givenAt?: number },
  ) => string;
  /** A record that grants all that the destination requires. */
  readonly consenting: Visitor;
  call(body: ReplayBody, visitor?: Visitor): UploadCall;
  take(body: ReplayBody, visitor?: Visitor): Promise<UploadAnswer>;
  /** One that came in earlier. */
  takeCall(call: UploadCall): Promise<UploadAnswer>;
  /** What the vendor got, read. */
  bodies(): readonly ReplaySent[];
  /** The first reason of the last decision. */
  reason(): string | undefined;
}

const countingMetrics = (counted: string[]): Metrics => {
  const count =
    (name: string) =>
    (...labels: readonly unknown[]): void =>
      void counted.push(`${name}(${labels.join()})`);
  return {
    received: count('received'),
    rejected: count('rejected'),
    decided: count('decided'),
    treated: (destination, remarks) => {
      for (const { path, treatment } of remarks) counted.push(`treated(${destination},${path},${treatment})`);
    },
    linkBlocked: count('linkBlocked'),
    delivered: count('delivered'),
    deliverySeconds: count('deliverySeconds'),
    acceptSeconds: count('acceptSeconds'),
    visitsHeld: count('visitsHeld'),
    consentSignal: count('consentSignal'),
    configReload: count('configReload'),
    configInfo: count('configInfo'),
  };
};

type Kept = Pick<Stage, 'sent' | 'told' | 'counted' | 'logged' | 'time' | 'current' | 'vendor' | 'visits'>;

const contexts = new WeakMap<Snapshot, ExplainContext>();

function contextOf(config: Snapshot): ExplainContext {
  const context = contexts.get(config) ?? explainContext(config);
  contexts.set(config, context);
  return context;
}

function portsOf(stage: Kept): RecordingPorts {
  const log = (code: string, fields: LogFields = {}): void => void stage.logged.push({ code, fields });
  let salts = 0;
  return {
    context: () => ({ ...contextOf(stage.current.snapshot), saidSince: () => stage.current.standing }),
    visits: stage.visits,
    forward: {
      send: (request) => {
        stage.sent.push(request);
        return stage.vendor.answer(request);
      },
    },
    metrics: countingMetrics(stage.counted),
    feed: { told: (decision) => void stage.told.push(decision), recent: () => stage.told },
    clock: { now: () => stage.time.now, monotonic: () => stage.time.now },
    random: { fraction: () => 0.5, bytes: (length) => new Uint8Array(length).fill((salts += 1)) },
    log: { debug: log, info: log, warn: log, error: log },
    placeOf,
  };
}

function callWith({ current, time }: Kept, body: ReplayBody, visitor: Visitor): UploadCall {
  const bytes = Buffer.from(JSON.stringify(body));
  const { sites, consent, server } = current.snapshot;
  const found = sites.find(({ name }) => name === (visitor.site ?? 'shop'));
  if (found === undefined) throw new Error('no such site');
  const sorted = cookieSorter((name) => isConsentCookie(name, consent.mapping));
  return receivedUpload(
    { format: replay, upload: replay.open(bytes) },
    {
      body: bytes,
      packed: visitor.packed ?? true,
      query: visitor.query ?? '',
      headers: { origin: 'https://shop.example', 'user-agent': 'Mozilla/5.0 (X11)', ...visitor.headers },
      cookies: sorted(visitor.cookies?.join('; ')),
      ip: '192.0.2.7',
      receivedAt: time.now,
      limits: server.limits,
    },
    found,
  );
}

export function gate(config: Snapshot = routing(), limits?: VisitLimits): Stage {
  const time = { now: NOW };
  const kept: Kept = {
    sent: [],
    told: [],
    counted: [],
    logged: [],
    time,
    current: { snapshot: config, standing: NOTHING_SAID },
    vendor: { answer: async () => ({ kind: 'answered', status: 204, text: '' }) },
    visits: new Visits(new Uint8Array(32).fill(7), { monotonic: () => time.now }, limits),
  };
  const ports = portsOf(kept);
  const record: Stage['record'] = (purposes, { notice: seen = '2026-05', givenAt = NOW - 60_000 } = {}) => {
    const { records } = contextOf(kept.current.snapshot);
    return `sluis_consent=${records.issue({ id: 'record-1', site: 'shop', notice: seen, givenAt, purposes })}`;
  };
  const call: Stage['call'] = (body, visitor = {}) => callWith(kept, body, visitor);
  return {
    ...kept,
    record,
    consenting: { cookies: [record({ recording: true, marketing: true, profiling: true })] },
    call,
    // Thrown or rejected, a test sees the same.
    take: async (body, visitor) => takeUpload(call(body, visitor), ports),
    takeCall: async (earlier) => takeUpload(earlier, ports),
    bodies: () => kept.sent.map(({ body }) => JSON.parse(body) as ReplaySent), // as `replay` writes it
    reason: () => kept.told.at(-1)?.decision.reasons[0]?.code,
  };
}
