// The contracts of everything that is added by one file and one registry line: destinations, consent readers, intake
// protocols, gates and store drivers. All of them are data and pure functions: no network, clock, randomness or environment
// inside; what they need is given to them.

import type { ZodType } from 'zod';
import type { Audience, Destination, Notice, PurposeMapping, Recipient, Site, Snapshot } from './config.ts';
import type { Claim, ConsentInput, Purpose } from './consent.ts';
import type { EventFacts, Reason, SaidSince } from './decision.ts';
import type { Auth, Reply, Result, VendorRequest } from './delivery.ts';
import type { ErrorCode } from './errors.ts';
import type { Grounds } from './grounds.ts';
import type { CallType, ReceivedEvent } from './event.ts';
import type { PermittedData, PermittedEvent } from './permitted.ts';
import type { PersonField } from './person.ts';
import type { Clock, ConsentRecord, Facts, Log, Store } from './ports.ts';
import type { System } from './identifiers/kind.ts';
import type { RecordingRules } from './recording.ts';

/** How a consent format is read. Readers are bounded in steps, never throw on input, and never grant what they cannot read. */
export interface ConsentReader {
  /** The source name that `sites.X.consent` lists, and the `format` label of metrics. */
  readonly source: string;
  /** Names of cookies it reads; a RegExp where names vary. Nothing else of the Cookie header reaches it. */
  readonly cookies: readonly (string | RegExp)[];
  /** Every signal of this format in the input, as claims. Absent: empty. Unreadable: one claim that denies what it could have said. */
  read(input: ConsentInput, context: ReadContext): readonly Claim[];
}

export interface ReadContext {
  readonly mapping: PurposeMapping;
  /** Every purpose of the routing file: what a signal that names purposes itself (a record) could have said. */
  readonly purposes: readonly Purpose[];
  /** Purposes GPC denies (config may have added some). */
  readonly gpcDenies: readonly Purpose[];
  readonly now: number;
  readonly site: Site;
  readonly notices: readonly Notice[];
  /** Opens the gateway's own signed record; null if the signature is not ours. Pure. */
  readonly openRecord: (token: string) => ConsentRecord | null;
}

/** What an intake protocol gets to read: decompressed, bounded, but otherwise as it came. */
export interface IntakeRequest {
  readonly method: string;
  readonly path: string;
  /** Raw query string without `?`. */
  readonly query: string;
  /** Lower-case names; repeated headers joined by `, `. The Cookie header is not among them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly ip: string | null;
  readonly receivedAt: number;
  readonly limits: {
    readonly depth: number;
    readonly keys: number;
    readonly stringChars: number;
    readonly eventBytes: number;
    readonly batchEvents: number;
  };
}

export interface IntakeContext {
  readonly site: Site;
  /** The request came under a server key. */
  readonly fromServer: boolean;
  /** First-party cookies that may hold ids: empty unless the site says `cookies: true`. Raw values. */
  readonly idCookies: Readonly<Record<string, readonly string[]>>;
  /** Cookies of consent tools and our own record. Raw values. */
  readonly consentCookies: Readonly<Record<string, readonly string[]>>;
}

export interface SiteHints {
  /** Keys in the order of precedence; all must agree on one site. */
  readonly writeKeys: readonly string[];
  /** Tag ids, pixel ids, project ids. */
  readonly tags: readonly string[];
}

export interface Rejected {
  readonly index: number;
  readonly code: ErrorCode;
  readonly message: string;
}

export interface IntakeReading {
  readonly events: readonly ReceivedEvent[];
  readonly rejected: readonly Rejected[];
}

/** A parsed request whose site is not known yet. */
export interface Opened {
  readonly hints: SiteHints;
  read(context: IntakeContext): IntakeReading;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | null;
}

export interface IntakeRoute {
  readonly method: 'GET' | 'POST';
  /** Exact path, or one with `:name` segments. */
  readonly path: string;
}

export interface IntakeProtocol {
  readonly name: string;
  /** Paths that carry events. */
  readonly routes: readonly IntakeRoute[];
  /** Wire fields that may be re-emitted to the protocol's own vendor, with the form each must have. */
  readonly wireFields: Readonly<Record<string, RegExp>>;
  /** Parses a request of one of its routes. Throws `GatewayError` with a 4xx code for what can never succeed. */
  open(request: IntakeRequest): Opened;
  answer(result: {
    readonly accepted: number;
    readonly rejected: readonly Rejected[];
    readonly request: IntakeRequest;
  }): Answer;
  /** Documents a client asks for before it sends (settings, source configuration). */
  readonly documents: readonly IntakeDocument[];
}

export interface IntakeDocument {
  readonly route: IntakeRoute;
  hints(request: IntakeRequest): SiteHints;
  answer(request: IntakeRequest, site: Site): Answer;
}

export interface GateInput {
  readonly facts: EventFacts;
  readonly destination: Recipient;
  readonly site: Site | null;
  readonly snapshot: Snapshot;
  readonly standing: SaidSince;
  readonly grounds: Grounds;
  readonly now: number;
}

/** A gate only ever refuses: it returns reasons against, or none. Whatever it throws denies. */
export interface Gate {
  readonly name: string;
  check(input: GateInput): readonly Reason[];
}

/** A gate that sees how consent stands for a destination and nothing of the event, so that its answer is good as long as that stands. */
export interface ConsentGate extends Gate {
  // A property and not a method, so that no gate that sees more passes for one.
  readonly check: (input: Pick<GateInput, 'destination' | 'grounds'>) => readonly Reason[];
}

export interface Built {
  readonly requests: readonly VendorRequest[];
  /** Events that the vendor can never take, known before sending (too old, name not allowed): index and code. */
  readonly refused: readonly { readonly index: number; readonly code: string }[];
}

export interface BuildContext<S> {
  readonly settings: S;
  readonly destination: Destination;
  /** Wall clock ms: for age limits only, never written into a request. */
  readonly now: number;
}

/** What is known of one cleaned upload besides its body when it is passed on. */
export interface RecordingSending<S> {
  readonly settings: S;
  readonly destination: Destination;
  /** The client's came packed, so this one goes packed. */
  readonly packed: boolean;
  /** Origin of the page, one that the site lists; null where nothing tells it. */
  readonly origin: string | null;
  /** Person fields that may leave. */
  readonly person: Readonly<Partial<Record<PersonField, string>>>;
}

/** How a destination type takes recordings. Pure. */
export interface RecordingTarget<S> {
  /** Names of the recording formats that the vendor reads. */
  readonly formats: readonly string[];
  /** Does this route take recordings? Default: it does. Asked by `recordingTargetOf` alone. */
  takes?(settings: S): boolean;
  /** The project that an upload has to name to be for this destination; null: the vendor has none. */
  project(settings: S): string | null;
  /** How far the route lets a recording speak. */
  rules(settings: S): Pick<RecordingRules, 'text' | 'tags' | 'events'>;
  /** Where an upload goes, and its headers in lower case: all that the vendor learns besides the body. */
  request(sending: RecordingSending<S>): {
    readonly address: string;
    readonly headers: Readonly<Record<string, string>>;
    /** How it is signed; then it goes as plain text, whatever the client's was. Default: not at all. */
    readonly auth?: Auth;
  };
}

/** How a route of this type takes recordings; null: it takes none. */
export function recordingTargetOf<S>(
  type: { readonly recording?: RecordingTarget<S> | undefined } | undefined,
  settings: S,
): RecordingTarget<S> | null {
  const target = type?.recording;
  return target === undefined || target.takes?.(settings) === false ? null : target;
}

/** A destination type: settings, what it demands, what it can carry, and two pure functions. */
export interface DestinationType<S = unknown> {
  readonly type: string;
  readonly title: string;
  readonly system: System;
  readonly audience: Audience;
  /** Purposes it demands; `stated` where the route must say (`http`, `log`, `null` for tests: `[]` is an error). */
  readonly demands: readonly Purpose[] | 'stated';
  /** Can it take events that single out nobody? */
  readonly anonymous: boolean;
  readonly settings: ZodType<S>;
  /** Identifiers it can carry, `<system>.<kind>`: of its own system or of `site`. */
  readonly ids: readonly string[];
  /** The kind that a pseudonym of `site.anonymous_id` stands in for when it is missing, or null. */
  readonly standIn: string | null;
  /** Person fields that have a place at the vendor. */
  readonly person: readonly PersonField[];
  /** Has the vendor a place for identifiers of other systems (permitted links)? */
  readonly links: boolean;
  /** Does the vendor drop repetitions of `key`? If not, an attempt of unknown fate ends as `uncertain`. */
  readonly dedupes: boolean;
  readonly batch: { readonly events: number; readonly bytes: number };
  /** Events per request where the route may say less than `batch`: more are not collected. Default: `batch.events`. */
  batchUnder?(settings: S): number;
  /** Intake protocol whose wire fields it re-emits, or null. */
  readonly wire: string | null;
  /**
   * Set where nothing leaves the process: delivery opens no connection, it hands each request's body to the Log port (`log`: one
   * flat JSON object of log fields per line) or drops it (`null`), and settles the events as `delivered`.
   */
  readonly local?: 'log' | 'null';
  /** Kinds of calls it has a counterpart for. */
  readonly calls: readonly CallType[];
  /** How it takes session recordings. Absent: it takes none. */
  readonly recording?: RecordingTarget<S>;
  /** Is there enough in this event for the vendor to place it? False ends in `no_identifier`. */
  canPlace(data: PermittedData, settings: S): boolean;
  /** Turns events of one destination into requests. Pure; throws only on a bug. */
  build(events: readonly PermittedEvent[], context: BuildContext<S>): Built;
  /** What the answer means for each event of the request, in the order of `request.events`. */
  read(reply: Reply, request: VendorRequest): readonly Result[];
}

export interface OpenedStore {
  readonly store: Store;
  readonly facts: Facts;
}

/** What asking a store found; messages name no secret. */
export interface StoreFinding {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
}

export interface StoreDriver {
  /** Scheme of the `store` setting: `memory`, `sqlite`. */
  readonly scheme: string;
  /** What is wrong with an address, told without looking at anything but it, and without a secret. Default: nothing. */
  problems?(address: string): readonly string[];
  /**
   * Asks whatever answers at the address, changes nothing. Throws `store_unavailable` where nothing answers. Default: there is
   * nothing to ask before the store is opened.
   */
  inspect?(
    address: string,
    surroundings: { readonly clock: Clock; readonly log: Log },
  ): Promise<readonly StoreFinding[]>;
  open(address: string, surroundings: { readonly clock: Clock; readonly log: Log }): Promise<OpenedStore>;
}
