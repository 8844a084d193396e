// What the table of identifiers says of each of them, with the forms and treatments that many of its entries share.

import type { IdTreatment } from '../treatment.ts';

export const SYSTEMS = [
  'ga',
  'google_ads',
  'hubspot',
  'clarity',
  'meta',
  'x',
  'linkedin',
  'tiktok',
  'pinterest',
  'microsoft_ads',
  'woopra',
  'matomo',
  'hotjar',
  'contentsquare',
  'salesforce',
  'snowplow',
  'site',
] as const;
export type System = (typeof SYSTEMS)[number];

/** What an id stands for. A `visitor` id can be stood in for by the site's own; a `click` id only its issuer can match. */
export type IdRole = 'visitor' | 'session' | 'user' | 'contact' | 'click' | 'event' | 'order' | 'group';

/** How a pseudonym is written so that the vendor takes it for an id of its own. `null`: only its issuer can match it. */
export type PseudonymFormat =
  | 'ga_client_id' // <31-bit number>.<seconds>
  | 'epoch_seconds' // a number of ten digits
  | 'base36' // up to seven characters, Clarity's user, session and tab ids
  | 'hex16'
  | 'hex32'
  | 'alnum12'
  | 'uuid';

export interface CookieForm {
  /** Matches the cookie's name. */
  readonly name: RegExp;
  /** Matches the decoded value; group 1 is the id. */
  readonly value: RegExp;
}

export interface IdentifierKind {
  readonly system: System;
  readonly kind: string;
  readonly role: IdRole;
  readonly cookies: readonly CookieForm[];
  /** Query parameter names that carry it in page addresses; compared case-insensitively. */
  readonly url: readonly string[];
  /** Full form of a value, anchored. Values that do not match are not taken as this id. */
  readonly form: RegExp;
  /** True if `form` is so particular that a match inside free text is this id and nothing else. */
  readonly telling: boolean;
  /** Treatments that make sense; the first is the default. */
  readonly treatments: readonly [IdTreatment, ...IdTreatment[]];
  readonly pseudonym: PseudonymFormat | null;
}

export const cookie = (name: RegExp, value: RegExp): CookieForm => ({ name, value });
export const PSEUDONYM = ['pseudonymise', 'keep', 'strip'] as const;
export const ISSUER_ONLY = ['strip', 'keep'] as const;
export const OPAQUE = /^[\x21-\x7e]{1,512}$/;
export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** An entry as it is written: what it does not have is left out. */
type Row = Omit<IdentifierKind, 'system' | 'kind' | 'cookies' | 'url' | 'telling' | 'pseudonym'> &
  Partial<Pick<IdentifierKind, 'cookies' | 'url' | 'telling' | 'pseudonym'>>;

/** Entries by kind. */
export type Kinds = Readonly<Record<string, Row>>;

/** Entries by system and kind. */
export type SystemKinds = Readonly<Partial<Record<System, Kinds>>>;
