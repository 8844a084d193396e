// The routing file as the rest of the gateway sees it: parsed, defaulted, checked and frozen. A request, a cache entry and a
// plan hold one snapshot and die with it.

import type { Purpose } from './consent.ts';
import type { PersonField } from './person.ts';
import type { Secret } from './secret.ts';
import type { IdTreatment } from './treatment.ts';

export interface Snapshot {
  /** SHA-256 of the effective file with secrets left out, first 16 hex characters. */
  readonly digest: string;
  readonly server: ServerConfig;
  /** `memory:`, `sqlite:PATH`, `nats://…` */
  readonly store: string;
  /** First is current; older ones still know digests and records made under them. Never empty. */
  readonly secrets: readonly GatewaySecret[];
  readonly pseudonyms: { readonly periodMs: number };
  /** How long entries of the ledger are kept. */
  readonly ledger: { readonly keepMs: number };
  readonly controller: { readonly name: string; readonly contact: string } | null;
  readonly sites: readonly Site[];
  readonly consent: ConsentConfig;
  /** Oldest first. Empty: nothing flows. */
  readonly notices: readonly Notice[];
  readonly destinations: readonly Destination[];
  /** Tags that browsers load themselves, where they may. */
  readonly tags: readonly Tag[];
}

export interface GatewaySecret {
  readonly id: string;
  readonly value: Secret;
}

export interface ServerConfig {
  readonly listen: { readonly host: string; readonly port: number };
  readonly admin: { readonly host: string; readonly port: number };
  /** Bearer tokens that the admin listener demands when not bound to loopback. */
  readonly adminTokens: readonly Secret[];
  /** Networks in CIDR form whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
  readonly allowPrivateEndpoints: boolean;
  /** Threads that take events; 0: the one that owns the store does. As it was at the start. */
  readonly workers: number;
  readonly limits: Limits;
}

export interface Limits {
  readonly bodyBytes: number;
  readonly eventBytes: number;
  readonly batchEvents: number;
  readonly depth: number;
  readonly keys: number;
  readonly stringChars: number;
  readonly headerBytes: number;
  readonly requestTimeoutMs: number;
  readonly connections: number;
  /** Requests per second and burst per client address; 0 switches it off. */
  readonly ratePerSecond: number;
  readonly rateBurst: number;
}

export interface Site {
  readonly name: string;
  readonly writeKey: string;
  readonly serverKeys: readonly Secret[];
  /** Origins in canonical form (`https://shop.example`). */
  readonly origins: readonly string[];
  readonly tags: readonly string[];
  readonly cookies: boolean;
  /** Sources that may grant, in no order; every source found may deny. */
  readonly consent: readonly string[];
  /** `signed`: only signed or server-key records are proven. `inline` also trusts an unsigned record from the page. */
  readonly records: 'signed' | 'inline';
  /** Glob patterns over the path of a page. */
  readonly sensitive: readonly string[];
  readonly children: boolean;
  /** Do its pages send a Content-Security-Policy? Stated for `sluis check`, which asks until it is. */
  readonly csp: boolean;
}

export interface ConsentConfig {
  readonly maxAgeMs: number;
  readonly graceMs: number;
  readonly undated: 'common' | 'refuse';
  /** Every purpose known: built in, then those the file adds. */
  readonly purposes: readonly Purpose[];
  readonly gpcDenies: readonly Purpose[];
  readonly mapping: PurposeMapping;
}

/** How signals map to purposes. `mapping[source][purpose]` lists what that source must all grant; absent: silent. */
export interface PurposeMapping {
  /** Source (`tcf`, `gcm`, `segment`, `onetrust`, …) → purpose → categories, all of which must be granted. TCF purposes as strings. */
  readonly sources: Readonly<Record<string, Readonly<Record<Purpose, readonly string[]>>>>;
  /** `<source>:<category>` of categories that map to exactly one purpose and stand alone there: they may grant explicit purposes. */
  readonly sole: ReadonlySet<string>;
  /** Digest over all of it, for cache keys. */
  readonly digest: string;
  /** Vendor ids that destinations name, by list: `{ tcf: ['755'], ac: ['89'], klaro: ['ga4'] }`. */
  readonly vendors: Readonly<Record<string, readonly string[]>>;
  /** Names and options of consent cookies where a site's tool uses other than the default name: `{ cookieconsent: 'cc_cookie' }`. */
  readonly cookieNames: Readonly<Record<string, string>>;
}

export interface Disclosure {
  readonly purposes: readonly Purpose[];
  /** Identifier kinds and person fields that leave raw. Empty in the short form: pseudonyms only. */
  readonly data: readonly string[];
  readonly country: string | null;
  readonly retention: string | null;
}

export interface NoticeLink {
  readonly from: string;
  readonly to: string;
  readonly aim: string;
  readonly consequences: string;
}

export interface Notice {
  readonly id: string;
  /** Instant from which it is in force, ms since the epoch. */
  readonly from: number;
  readonly seenAs: Readonly<Record<string, Readonly<Record<string, string | number>>>>;
  /** By name of a destination or tag. */
  readonly discloses: Readonly<Record<string, Disclosure>>;
  readonly links: readonly NoticeLink[];
}

/** Whoever may get something of a visitor, as far as decisions are made about it: a destination, or a tag in the browser. */
export interface Recipient {
  readonly name: string;
  /** Name of a destination type in the registry, or of a tag type. */
  readonly type: string;
  readonly enabled: boolean;
  /** What the type demands and what the route adds. Never empty. */
  readonly requires: readonly Purpose[];
  /** What the type is to the visitor; decides which rules of person fields and sensitive pages hold. */
  readonly audience: Audience;
  /** The system whose ids it may know. */
  readonly system: string;
  readonly sites: readonly string[] | null;
  /** Glob patterns over canonical event names; null: all. */
  readonly events: readonly string[] | null;
  readonly person: readonly PersonField[];
  /** System → the name under which a link arrives, or null for the default `<system>_<kind>`. */
  readonly links: readonly LinkRequest[];
  /** List → id: `{ tcf: '755', klaro: 'ga4' }`. */
  readonly vendor: Readonly<Record<string, string>>;
  readonly whenDenied: 'block' | 'anonymous';
  readonly transfer: {
    readonly country: string;
    readonly basis: string | null;
    readonly checked: string | null;
  } | null;
}

/** A tag that can only load in the browser. It is judged like a destination, and nothing is sent to it from here. */
export interface Tag extends Recipient {
  /** Address of its script. */
  readonly src: string;
}

export const isTag = (recipient: Recipient): recipient is Tag => 'src' in recipient;

export interface Destination extends Recipient {
  readonly params: readonly string[];
  readonly query: readonly string[];
  /** Treatments asked for, by kind of the destination's own system or `<system>.<kind>`. */
  readonly ids: Readonly<Record<string, IdTreatment>>;
  readonly onUncertain: 'settle' | 'resend';
  readonly decides: boolean;
  readonly endpoint: string | null;
  readonly timeoutMs: number;
  readonly concurrency: number;
  /** Requests per second; 0: unlimited. */
  readonly rate: number;
  readonly retryForMs: number;
  readonly deadLettersKeepMs: number;
  /** The type's own settings, parsed by its schema. */
  readonly settings: unknown;
}

export interface LinkRequest {
  readonly system: string;
  readonly as: string | null;
}

export type Audience = 'analytics' | 'advertising' | 'crm' | 'recording' | 'own';

/** The notice in force at an instant: the latest that began. Notices stand oldest first. */
export const noticeInForce = (notices: readonly Notice[], now: number): Notice | null =>
  notices.findLast((notice) => notice.from <= now) ?? null;
