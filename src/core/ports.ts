// The narrow ports between the pure middle and the world. app.ts wires them; tests put plain objects in their place.

import type { Destination } from './config.ts';
import type { Decision } from './decision.ts';
import type { Auth, LedgerEntry, Lease, LeaseKey, OutcomeName, Settlement } from './delivery.ts';
import type { ConsentState } from './consent.ts';
import type { EventFacts } from './decision.ts';
import type { ReceivedEvent } from './event.ts';
import type { Json } from './json.ts';
import type { PermittedEvent } from './permitted.ts';
import type { Remark } from './treatment.ts';

export interface Clock {
  /** Wall time, ms since the epoch: consent ages, event times. */
  now(): number;
  /** Monotonic ms: leases, timeouts, rates. */
  monotonic(): number;
}

export interface Random {
  /** Uniform in [0, 1). */
  fraction(): number;
  bytes(count: number): Uint8Array;
}

/** Log fields are an allow-list by type: ids of ours, codes, counts. Never a received value. */
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;
export interface Log {
  debug(code: string, fields?: LogFields): void;
  info(code: string, fields?: LogFields): void;
  warn(code: string, fields?: LogFields): void;
  error(code: string, fields?: LogFields): void;
}

export interface Metrics {
  received(site: string, intake: string, count: number): void;
  rejected(site: string, intake: string, code: string, count: number): void;
  decided(destination: string, verdict: string, reason: string): void;
  /** Identifiers among what was done to one event on its way to a destination. */
  treated(destination: string, remarks: readonly Remark[]): void;
  linkBlocked(from: string, to: string): void;
  delivered(destination: string, outcome: OutcomeName, count: number): void;
  deliverySeconds(destination: string, seconds: number): void;
  acceptSeconds(intake: string, seconds: number): void;
  /** Page visits that are being recorded, and what is remembered of them, by estimate. */
  visitsHeld(count: number, bytes: number): void;
  consentSignal(format: string, result: string): void;
  configReload(result: 'ok' | 'refused'): void;
  configInfo(digest: string): void;
}

/** One person's events of one request, on their way into the store. */
export interface Admission {
  /** Our own id, ordered by time. */
  readonly id: string;
  readonly site: string;
  readonly intake: string;
  readonly receivedAt: number;
  /** Digest of the config it was judged under. */
  readonly config: string;
  readonly subjects: readonly string[];
  /** Shared by all events here; each event's facts hold the same object. */
  readonly consent: ConsentState;
  readonly events: readonly AdmittedEvent[];
}

export interface AdmittedEvent {
  readonly id: string;
  /** Keyed digest of site and message id; null if the client sent none. */
  readonly dedupe: string | null;
  readonly facts: Omit<EventFacts, 'consent'>;
  /** Names of the destinations of `permitted`, in its order. */
  readonly destinations: readonly string[];
  /** One per destination. Never empty: an event with nothing permitted is not admitted. */
  readonly permitted: readonly PermittedEvent[];
  /** Names of fields that leave, per destination, for the ledger. */
  readonly fields: Readonly<Record<string, readonly string[]>>;
}

/** What append did with one admission: indexes of its events that were there already (by `dedupe`, within 24 h). */
export interface Appended {
  readonly id: string;
  readonly duplicates: readonly number[];
}

export interface ClaimRequest {
  readonly destination: string;
  readonly max: number;
  readonly leaseMs: number;
  /** Deliveries due up to this instant (wall clock ms). */
  readonly now: number;
}

export type DeliveryState = 'pending' | 'dead';

export interface FindQuery {
  readonly state: DeliveryState;
  readonly destination?: string;
  /** Default 1000. */
  readonly limit?: number;
  /** Only those that come after this delivery: the last id of the page before. */
  readonly after?: string;
}

/** A delivery as ops see it: no payload. */
export interface Found {
  readonly id: string;
  readonly admission: string;
  readonly destination: string;
  readonly event: string;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly firstAt: number;
  readonly dueAt: number;
  readonly code: string | null;
  readonly subjects: readonly string[];
}

export interface EntriesQuery {
  readonly since?: number;
  readonly until?: number;
  readonly destination?: string;
  readonly event?: string;
  readonly limit?: number;
}

/** How a gateway stands in a store that several share. */
export interface Replication {
  /** Is there a connection to one of its servers? */
  readonly connected: boolean;
  /** Partitions that this gateway delivers from. */
  readonly partitions: number;
  /** Messages of these that the servers had when last looked, and that have not come here. */
  readonly behind: number;
  /** Partitions taken from gateways that had died, since this one started. */
  readonly takeovers: number;
  /** Messages that the servers kept although they had one of the same id, and that this gateway dropped since it started. */
  readonly repetitions: number;
}

interface LaneStats {
  readonly pending: number;
  readonly dead: number;
  readonly oldestAt: number | null;
  /** When the next pending delivery is due or the next lease runs out, wall clock ms; null if neither. */
  readonly nextDueAt?: number | null;
}

export interface StoreStats {
  readonly destinations: Readonly<Record<string, LaneStats>>;
  readonly bytes: number;
  /** Nothing is taken in now for want of space; all else goes on. Default: there is space. */
  readonly full?: boolean;
}

/** Payloads. Every driver passes test/store/conformance.ts. */
export interface Store {
  /**
   * Durable when it resolves. Throws `GatewayError` `store_full` or `store_unavailable`; then nothing of the call was kept, or, in a
   * replicated store, some of it may have been: that is known by its `dedupe` when it comes again.
   */
  append(admissions: readonly Admission[]): Promise<readonly Appended[]>;
  /**
   * Leases due deliveries, oldest first. A lease that expires is claimable again under a new token; one that dies with its owner
   * before `begin` leaves no trace.
   */
  claim(request: ClaimRequest): Promise<readonly Lease[]>;
  /**
   * Puts on record that these attempts may happen from now on; durable when it resolves. Asked for before sending what a vendor
   * would count twice. One answer each: `lost` if the token is not the current one or the delivery has ended.
   */
  begin(leases: readonly LeaseKey[]): Promise<readonly ('begun' | 'lost')[]>;
  /** One answer per settlement: `lost` if the token is not the current one or the delivery has ended. */
  settle(settlements: readonly Settlement[]): Promise<readonly ('settled' | 'lost')[]>;
  /** Deliveries by state, oldest first. */
  find(query: FindQuery): Promise<readonly Found[]>;
  /** Dead letters back to the queue, due now, with their key and first instant kept. Returns how many. */
  requeue(ids: readonly string[]): Promise<number>;
  /** Removes every payload of these subjects, pending or dead, from the files; pending ones end as `erased`. Resolves when gone. Returns how many deliveries ended. */
  erase(subjects: readonly string[]): Promise<number>;
  /** Ledger rows, newest first. */
  entries(query: EntriesQuery): Promise<readonly LedgerEntry[]>;
  stats(): Promise<StoreStats>;
  /**
   * Of a store that several gateways share: those of these subjects that have anything pending or dead with any of them, counting
   * in all that was kept before. Where it is missing, all that is open came in here and ends here.
   */
  readonly holding?: (subjects: readonly string[]) => Promise<readonly string[]>;
  /** Of such a store: calls back when something for a destination came in, from whichever gateway; returns a stop function. */
  readonly onDue?: (listener: (destination: string) => void) => () => void;
  /** Of such a store, also while it does not answer. */
  readonly replication?: () => Replication;
  /** Housekeeping: drops dead letters and ledger rows older than their keep. */
  prune(keep: {
    readonly deadBefore: Readonly<Record<string, number>>;
    readonly ledgerBefore: number;
  }): Promise<void>;
  close(): Promise<void>;
}

export interface Fact {
  readonly key: string;
  readonly value: Json;
  readonly revision: number;
}

/** Small keyed state: denials, later consent records, objections, withdrawals, jobs. */
export interface Facts {
  /** `expectedRevision`: null writes regardless, 0 only if absent. `value` null deletes. Returns the new revision, or null on conflict. */
  put(key: string, value: Json, expectedRevision: number | null): Promise<number | null>;
  get(key: string): Promise<Fact | null>;
  list(prefix: string): Promise<readonly Fact[]>;
  /** Calls `listener` for every change under the prefix from now on; returns a stop function. */
  watch(prefix: string, listener: (fact: Fact) => void): () => void;
  /** Instant (monotonic ms of the given clock) as of which answers are known to be fresh. Embedded stores: now. */
  freshAt(): number;
}

/** What was taken into the outbox. */
export interface Accepted {
  /** Events of which something is permitted. */
  readonly accepted: number;
  /** How many of those were known already. */
  readonly duplicates: number;
}

/**
 * Takes events of one request, of so many bytes, through pipeline and outbox. Resolves after the durable append: then all of them
 * are accepted.
 */
export type Accept = (events: readonly ReceivedEvent[], bytes: number) => Promise<unknown>;

/** One cleaned upload of a recording, on its way to the vendor while its client waits. */
export interface ForwardRequest {
  readonly destination: Destination;
  readonly address: string;
  /** Lower-case names; nothing but these and what the body demands goes out. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Goes out as gzip. */
  readonly packed: boolean;
  /** Signed as it goes out. Default: not at all. */
  readonly auth?: Auth;
  /** Asked before it goes out if it had to wait: what the person said meanwhile counts. Default: it may still go. */
  permitted?(): boolean;
}

export type Forwarded =
  /** The vendor's status, never a 5xx, and what of its answer the client may read. */
  | { readonly kind: 'answered'; readonly status: number; readonly text: string }
  /** It did not arrive, or nobody knows; the client may send it again. */
  | { readonly kind: 'unavailable'; readonly retryAfterS: number }
  /** The vendor has been down for so long that the client should stop. */
  | { readonly kind: 'ended' };

/** Passes recordings on. Keeps nothing, never rejects. */
export interface Forward {
  send(request: ForwardRequest): Promise<Forwarded>;
}

/** Told of every decision, for the console's list; kept in memory only. */
export interface DecisionFeed {
  told(decision: ToldDecision): void;
  recent(): readonly ToldDecision[];
}

/** Knows consent records that many clients present. Clients are keyed digests; kept in memory only. */
export interface RecordSharing {
  isShared(record: string, client: string): boolean;
}

export interface ToldDecision {
  readonly at: number;
  readonly site: string;
  readonly intake: string;
  readonly event: string;
  readonly decision: Decision;
  readonly remarks: readonly { readonly path: string; readonly rule: string; readonly treatment: string }[];
}

/** A consent record that the gateway itself issued: what the visitor chose, under which notice, and when. */
export interface ConsentRecord {
  /** Random, our own; not an id of the visitor anywhere else. */
  readonly id: string;
  readonly site: string;
  /** Notice id in force when it was given. */
  readonly notice: string;
  readonly givenAt: number;
  readonly purposes: Readonly<Record<string, boolean>>;
}

/** Signs and opens consent records as compact tokens. */
export interface RecordKeeper {
  issue(record: ConsentRecord): string;
  /** Null unless the signature is ours and the shape is right. */
  open(token: string): ConsentRecord | null;
}
