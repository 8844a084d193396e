// The language of consent: purposes, what a signal claims, and the state that an event was judged by.
// Everything here is plain data that survives a round trip through JSON, because queued events are judged again.

import type { Json } from './json.ts';

/** Purposes every gateway knows. Config may add more, so a purpose is a string; see `BUILT_IN_PURPOSES`. */
export type Purpose = string;

export const EXPLICIT_PURPOSES = [
  'profiling',
  'recording',
  'audience_matching',
  'automated_decisions',
  'email_marketing',
] as const;
export const BUILT_IN_PURPOSES = ['analytics', 'marketing', 'personalisation', ...EXPLICIT_PURPOSES] as const;

/** Purposes that Global Privacy Control denies; config may add, never remove. */
export const GPC_PURPOSES: readonly Purpose[] = [
  'marketing',
  'profiling',
  'recording',
  'audience_matching',
  'automated_decisions',
];

/** Explicit purposes must be asked for by name: only a proven record or a category of their own grants them. */
export const isExplicit = (purpose: Purpose): boolean =>
  (EXPLICIT_PURPOSES as readonly string[]).includes(purpose);

export type Standing = 'granted' | 'denied' | 'unknown';
export type Answer = 'granted' | 'denied';
export type Answers = Readonly<Record<Purpose, Answer>>;

/** Names that `sites.X.consent` may list. `gpc` and `usPrivacy` can only deny and are never listed. */
export type SourceName = string;

/** The first-party cookie that holds our own signed record. */
export const RECORD_COOKIE = 'sluis_consent';

/** When a signal says it was given. A `day` is a UTC midnight that stands for the whole day. */
export interface Dated {
  readonly at: number;
  readonly precision: 'instant' | 'day';
}

/**
 * What one signal says. Silence about a purpose is the absence of its key.
 * A reader that finds its signal unreadable denies every purpose it could have spoken about and sets `unreadable`.
 */
export interface Claim {
  readonly source: SourceName;
  /** What it says regardless of vendor. */
  readonly purposes: Answers;
  /** What it says of one vendor, by `<list>:<id>` (`tcf:755`, `ac:89`, `klaro:ga4`); only vendors that the config names. */
  readonly vendors: Readonly<Record<string, Answers>>;
  /** The vendor lists this signal speaks about: `['tcf', 'ac']`, `['klaro']`, … */
  readonly vendorLists: readonly string[];
  /** True for TCF: without a vendor id of the destination, `purposes` can deny but not grant (`vendor_not_in_tcf`). */
  readonly vendorsOnly: boolean;
  /** Purposes whose grant counts as asked for by name: a proven record, or a category mapped to that purpose alone. */
  readonly byName: readonly Purpose[];
  readonly dated: Dated | null;
  /** The notice the signal names itself (a record does). */
  readonly notice: string | null;
  /** Generation label for `notices[].seenAs`, for example `{ revision: 3 }`. */
  readonly generation: Readonly<Record<string, string | number>> | null;
  /** Reason code when the signal was there but could not be read or was not valid (`tcf_malformed`, …). */
  readonly unreadable: string | null;
  /** Our own id of a signed record, by which a later change of it finds what is queued. Absent for everything else. */
  readonly record?: string;
}

/** A claim that says nothing but what it is given. */
export const SILENT_CLAIM: Omit<Claim, 'source' | 'purposes'> = {
  vendors: {},
  vendorLists: [],
  vendorsOnly: false,
  byName: [],
  dated: null,
  notice: null,
  generation: null,
  unreadable: null,
};

/** `context.consent.{notice, givenAt}` or `ep.sluis_notice`: dates signals that do not date themselves. */
export interface ConsentLabel {
  readonly notice: string | null;
  readonly givenAt: number | null;
}

/** All that was known about consent when an event came in. Rests with the permitted events and is judged again. */
export interface ConsentState {
  readonly claims: readonly Claim[];
  readonly label: ConsentLabel | null;
  /** When it was read, ms since the epoch: the instant against which a later denial is newer. */
  readonly readAt: number;
}

/** Where a consent signal may stand. Readers look only at the places they own. */
export interface ConsentInput {
  /** `context.consent` of the event, or null. */
  readonly consent: Json;
  /** `context.consentManagement` of the event (RudderStack), or null. */
  readonly consentManagement: Json;
  /** The query's consent parameters (`gdpr`, `gdpr_consent`, `addtl_consent`, `gpp`, `gpp_sid`, `us_privacy`, `gcs`, `gcd`), decoded. */
  readonly query: Readonly<Record<string, string>>;
  /** Raw value of the `Sec-GPC` header, or null. */
  readonly secGpc: string | null;
  /** First-party cookies of consent tools and our own, raw values; a name can come more than once. */
  readonly cookies: Readonly<Record<string, readonly string[]>>;
  /** True if the request came under a server key of the site: its inline record is proven. */
  readonly fromServer: boolean;
}

/** Strictest wins: any denial denies, else any grant grants, else unknown. */
export function strictest(answers: Iterable<Answer | undefined>): Standing {
  let standing: Standing = 'unknown';
  for (const answer of answers) {
    if (answer === 'denied') return 'denied';
    if (answer === 'granted') standing = 'granted';
  }
  return standing;
}
