// What the two listeners are given by the composition root: everything they know of stores, rights, delivery and the
// routing file comes through here, so that tests put plain objects in their place.

import type { Site, Snapshot } from '../core/config.ts';
import type { Purpose } from '../core/consent.ts';
import type { Answer, IntakeProtocol } from '../core/plugin.ts';
import type {
  Accept,
  Clock,
  FindQuery,
  Found,
  Log,
  Metrics,
  Random,
  RecordKeeper,
  StoreStats,
  ToldDecision,
} from '../core/ports.ts';
import type { RecordingFormat, UploadAnswer, UploadCall } from '../core/recording.ts';
import type { PermittedTags, TagsAsked } from '../core/tags.ts';
import type { Script } from './scripts.ts';

/** Why the gateway should get no traffic now. Empty: ready. */
export type NotReady = 'starting' | 'stopping' | 'store_unavailable' | 'store_full' | 'overloaded';
export type Readiness = () => Promise<readonly NotReady[]>;

/** A visitor said no to something by `PUT` or `DELETE /v1/consent`. */
export interface ConsentChange {
  readonly site: Site;
  readonly snapshot: Snapshot;
  /** Wall clock ms. */
  readonly at: number;
  /** Purposes that are not granted any more; never empty. */
  readonly denied: readonly Purpose[];
  /** The visitor's ids: cookies of the identifier table, raw, if the site says `cookies: true`; else empty. */
  readonly idCookies: Readonly<Record<string, readonly string[]>>;
  readonly consentCookies: Readonly<Record<string, readonly string[]>>;
}

/** Holds back what is still queued of that visitor. The answer waits for it. */
export type ConsentChanged = (change: ConsentChange) => Promise<void>;

/** A page of the public listener that needs nothing of the request: the demo page of the trial, the browser script. */
export interface Page {
  readonly path: string;
  /** Headers given here win over the security headers that every page gets. */
  answer(): Answer;
}

/** Takes uploads of session recordings. */
export interface Recordings {
  readonly formats: readonly RecordingFormat[];
  /**
   * Throws `GatewayError`. What can be told without the vendor is thrown before it returns, and from then on it holds nothing of the
   * upload but what goes out.
   */
  take(call: UploadCall): Promise<UploadAnswer>;
}

export interface PublicPorts {
  /** The config in force; a request takes one and keeps it. */
  snapshot(): Snapshot;
  readonly protocols: readonly IntakeProtocol[];
  readonly accept: Accept;
  readonly recordings: Recordings;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly clock: Clock;
  readonly random: Random;
  readonly records: RecordKeeper;
  readonly readiness: Readiness;
  readonly consentChanged: ConsentChanged;
  /** Does a consent reader (or our own record) use this cookie? */
  isConsentCookie(name: string, snapshot: Snapshot): boolean;
  /** False only where the trial runs on plain http. */
  readonly secureCookies: boolean;
  readonly pages: readonly Page[];
  /** What a visitor's browser may load and start now. Throws `GatewayError` for a query that cannot be read. */
  permittedTags(asked: TagsAsked): PermittedTags;
  readonly scripts: readonly Script[];
}

/** What became of the last attempt to load the routing file. */
export interface ReloadReport {
  readonly at: number;
  readonly result: 'ok' | 'refused';
  readonly problems: readonly {
    readonly code: string;
    readonly message: string;
    readonly line: number | null;
    readonly column: number | null;
  }[];
}

/** Dead letters: seen and brought back through the gateway that owns the store. */
export interface Outboxes {
  find(query: FindQuery): Promise<readonly Found[]>;
  /** Returns how many went back to the queue. */
  requeue(ids: readonly string[]): Promise<number>;
}

export interface AdminPorts {
  snapshot(): Snapshot;
  readonly log: Log;
  readonly clock: Clock;
  readonly random: Random;
  readonly readiness: Readiness;
  /** The last decisions, newest first; those of worker threads are asked for. */
  readonly feed: { recent(): readonly ToldDecision[] | Promise<readonly ToldDecision[]> };
  readonly exposition: { readonly contentType: string; text(): Promise<string> };
  stats(): Promise<StoreStats>;
  readonly outbox: Outboxes;
  reload(): ReloadReport;
}
