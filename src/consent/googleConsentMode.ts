// Reads Google consent mode: `gcs` and `gcd` as hits carry them, and the object a site states itself. Only letters that record
// an act of the user grant; defaults of the page and unset types say nothing; unknown letters deny.

import type { Answer, Claim, ConsentInput, Purpose } from '../core/consent.ts';
import type { PurposeMapping } from '../core/config.ts';
import type { Json } from '../core/json.ts';
import { isObject } from '../core/json.ts';
import type { ConsentReader } from '../core/plugin.ts';
import { categoryClaim, rowsOf, unreadable } from './claims.ts';
import { field, parameter, stated } from './places.ts';

/** In the order of their letters in `gcd`. */
export const GCD_TYPES = ['ad_storage', 'analytics_storage', 'ad_user_data', 'ad_personalization'] as const;
const OTHER_TYPES = ['functionality_storage', 'personalization_storage', 'security_storage'] as const;
const TYPES: readonly string[] = [...GCD_TYPES, ...OTHER_TYPES];

/** What Google's tag takes a letter to mean. */
export type Effective = 'granted' | 'denied' | 'unset';

/** Default and update packed into a letter. `act`: did the user do something that grants? */
const LETTERS: Readonly<Record<string, { readonly effective: Effective; readonly act: boolean }>> = {
  l: { effective: 'unset', act: false },
  p: { effective: 'denied', act: false },
  q: { effective: 'denied', act: false },
  r: { effective: 'granted', act: true },
  t: { effective: 'granted', act: false },
  u: { effective: 'denied', act: false },
  v: { effective: 'granted', act: true },
  m: { effective: 'denied', act: false },
  n: { effective: 'granted', act: true },
};
const UNKNOWN_LETTER = { effective: 'denied', act: false } as const;

const GCS = /^G1[01-]{2}$/;
const GCD = /^1[0-9A-Za-z_-]{9,39}$/;

export interface TypeReading {
  readonly effective: Effective;
  /** What it counts for here; undefined is silence. */
  readonly answer: Answer | undefined;
}

export type ConsentModeReading = Readonly<Record<string, TypeReading>>;

/** What a hit's `gcs` and `gcd` say of the four types; null if either is there and malformed. */
export function readHit(gcs: unknown, gcd: unknown): ConsentModeReading | null {
  if (gcs !== undefined && !(typeof gcs === 'string' && GCS.test(gcs))) return null;
  if (gcd !== undefined && !(typeof gcd === 'string' && GCD.test(gcd))) return null;
  const reading: Record<string, TypeReading> = {};
  for (const [index, type] of GCD_TYPES.entries()) {
    const sign = gcs?.[index < 2 ? index + 2 : -1];
    const letter = gcd?.[2 * index + 2];
    const meant =
      letter === undefined ? undefined : Object.hasOwn(LETTERS, letter) ? LETTERS[letter] : UNKNOWN_LETTER;
    let effective = meant?.effective ?? 'unset';
    if (sign === '0') effective = 'denied';
    else if (sign === '1' && effective === 'unset') effective = 'granted';
    const granted = effective === 'granted' && meant?.act === true;
    reading[type] = {
      effective,
      answer: effective === 'denied' ? 'denied' : granted ? 'granted' : undefined,
    };
  }
  return reading;
}

/** Purposes that rest on any of these types: what an unreadable signal could have spoken about. */
function purposesOn(mapping: PurposeMapping, types: readonly string[]): readonly Purpose[] {
  return Object.entries(rowsOf(mapping, 'gcm'))
    .filter(([, needed]) => needed.some((type) => types.includes(type)))
    .map(([purpose]) => purpose);
}

function hitClaim(gcs: unknown, gcd: unknown, mapping: PurposeMapping): readonly Claim[] {
  if (gcs === undefined && gcd === undefined) return [];
  const reading = readHit(gcs, gcd);
  if (reading === null) return [unreadable('gcm', 'gcm_malformed', purposesOn(mapping, GCD_TYPES))];
  const says = (type: string) => (Object.hasOwn(reading, type) ? reading[type]?.answer : undefined);
  // one type may carry several purposes, and consent mode never reaches the explicit ones
  return [categoryClaim('gcm', mapping, { says, byName: [] })];
}

/** `granted` grants, any other word denies, a type that is not there is silent. */
function statedAnswer(object: Json, type: string): Answer | undefined {
  const value = isObject(object) && Object.hasOwn(object, type) ? object[type] : undefined;
  if (value === undefined) return undefined;
  return value === 'granted' && TYPES.includes(type) ? 'granted' : 'denied';
}

function objectClaim(input: ConsentInput, mapping: PurposeMapping): readonly Claim[] {
  const object = field(input.consent, 'gcm');
  if (object === undefined) return [];
  if (!isObject(object)) return [unreadable('gcm', 'gcm_malformed', purposesOn(mapping, TYPES))];
  return [categoryClaim('gcm', mapping, { says: (type) => statedAnswer(object, type), byName: [] })];
}

const NONE: readonly Claim[] = [];

export const googleConsentMode: ConsentReader = {
  source: 'gcm',
  cookies: [],
  read(input, { mapping }) {
    const reported = hitClaim(stated(input, 'gcs'), stated(input, 'gcd'), mapping);
    const asked = hitClaim(parameter(input, 'gcs'), parameter(input, 'gcd'), mapping);
    const object = objectClaim(input, mapping);
    return reported.length + asked.length + object.length === 0 ? NONE : [...reported, ...asked, ...object];
  },
};
