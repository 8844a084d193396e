// Decodes a TC string of TCF 2.0 to 2.3. Strict about the layout and bounded by the length of the string; whether what it
// says may count today (age, policy, disclosure) is decided in tcf.ts.

import { BitReader, sextetsOf } from './sextets.ts';
import type { VendorSet } from './vendorSet.ts';
import { readRanges, readVendorSet } from './vendorSet.ts';

/** Twice the longest real string seen. */
export const MAX_TC_CHARS = 4096;
const MAX_SEGMENTS = 4;

export interface Restriction {
  readonly purpose: number;
  /** 0: not allowed, 1: consent required, 2: legitimate interest required. */
  readonly type: number;
  readonly vendors: VendorSet;
}

export interface TcString {
  /** Ms since the epoch. */
  readonly created: number;
  readonly lastUpdated: number;
  readonly cmpId: number;
  readonly policyVersion: number;
  readonly isServiceSpecific: boolean;
  /** Bit field of 12, the first special feature at the top. */
  readonly specialFeatureOptins: number;
  /** Bit fields of 24, purpose 1 at the top. */
  readonly purposeConsents: number;
  readonly purposeLegitimateInterests: number;
  /** Purpose 1 was not disclosed at all. */
  readonly purposeOneTreatment: boolean;
  readonly vendorConsents: VendorSet;
  readonly vendorLegitimateInterests: VendorSet;
  readonly restrictions: readonly Restriction[];
  /** Null if the segment is absent, which is not the same as empty. */
  readonly vendorsDisclosed: VendorSet | null;
}

type Core = Omit<TcString, 'vendorsDisclosed'>;
export type LayoutFault = 'tcf_malformed' | 'tcf_too_long' | 'tcf_version';

export type Decoded =
  | { readonly ok: true; readonly value: TcString; readonly steps: number }
  | { readonly ok: false; readonly code: LayoutFault; readonly steps: number };

/** Is bit `id` set, counted from 1 at the top of a field of `width` bits? */
export const isSet = (field: number, id: number, width: number): boolean =>
  id >= 1 && id <= width && ((field >> (width - id)) & 1) === 1;

function readRestrictions(bits: BitReader): readonly Restriction[] | null {
  const count = bits.int(12);
  // purpose, type and number of entries take 20 bits
  if (count * 20 > bits.left) return null;
  const restrictions: Restriction[] = [];
  for (let index = 0; index < count; index += 1) {
    const purpose = bits.int(6);
    const type = bits.int(2);
    const vendors = readRanges(bits);
    if (vendors === null || purpose === 0 || type === 3) return null;
    restrictions.push({ purpose, type, vendors });
  }
  return restrictions;
}

/** A code of two letters, six bits each, A as 0. Both are read whatever the first is, so that the reader goes on in step. */
function isTwoLetters(bits: BitReader): boolean {
  const [first, second] = [bits.int(6), bits.int(6)];
  return first < 26 && second < 26;
}

/** The core after its version. */
function readCore(bits: BitReader): Core | null {
  const created = bits.int(36) * 100;
  const lastUpdated = bits.int(36) * 100;
  const cmpId = bits.int(12);
  bits.skip(12 + 6); // tool version, screen
  const language = isTwoLetters(bits);
  bits.skip(12); // vendor list
  const policyVersion = bits.int(6);
  const isServiceSpecific = bits.bool();
  bits.skip(1); // non-standard texts
  const specialFeatureOptins = bits.int(12);
  const purposeConsents = bits.int(24);
  const purposeLegitimateInterests = bits.int(24);
  const purposeOneTreatment = bits.bool();
  const country = isTwoLetters(bits); // of the publisher
  const vendorConsents = readVendorSet(bits);
  const vendorLegitimateInterests = vendorConsents && readVendorSet(bits);
  const restrictions = vendorLegitimateInterests && readRestrictions(bits);
  if (vendorConsents === null || vendorLegitimateInterests === null || restrictions === null) return null;
  if (!language || !country || bits.overrun || !bits.restIsZero()) return null;
  return {
    created,
    lastUpdated,
    cmpId,
    policyVersion,
    isServiceSpecific,
    specialFeatureOptins,
    purposeConsents,
    purposeLegitimateInterests,
    purposeOneTreatment,
    vendorConsents,
    vendorLegitimateInterests,
    restrictions,
  };
}

/** The publisher's own segment: nothing is taken from it, but it must be whole. */
function isPublisherSegment(bits: BitReader): boolean {
  bits.skip(24 + 24);
  bits.skip(2 * bits.int(6));
  return !bits.overrun && bits.restIsZero();
}

interface Segments {
  readonly ok: boolean;
  readonly disclosed: VendorSet | null;
  readonly steps: number;
}

/** The segments after the core, in any order, each known type at most once. Types 2 and 4 to 7 are ignored. */
function readSegments(texts: readonly string[]): Segments {
  let disclosed: VendorSet | null = null;
  let hasPublisher = false;
  let steps = 0;
  for (const text of texts) {
    const sextets = text === '' ? null : sextetsOf(text);
    if (sextets === null) return { ok: false, disclosed: null, steps };
    steps += text.length;
    const bits = new BitReader(sextets);
    const type = bits.int(3);
    let ok = type !== 0;
    if (type === 1) {
      const vendors: VendorSet | null = readVendorSet(bits);
      ok = disclosed === null && vendors !== null && bits.restIsZero();
      disclosed = vendors;
    } else if (type === 3) {
      ok = !hasPublisher && isPublisherSegment(bits);
      hasPublisher = true;
    }
    steps += bits.steps;
    if (!ok) return { ok: false, disclosed: null, steps };
  }
  return { ok: true, disclosed, steps };
}

export function decodeTcString(text: string): Decoded {
  if (text.length > MAX_TC_CHARS) return { ok: false, code: 'tcf_too_long', steps: 0 };
  const [first = '', ...rest] = text.split('.', MAX_SEGMENTS + 1);
  const sextets = first === '' || rest.length >= MAX_SEGMENTS ? null : sextetsOf(first);
  if (sextets === null) return { ok: false, code: 'tcf_malformed', steps: text.length };
  const bits = new BitReader(sextets);
  const version = bits.int(6);
  // the other segments have a type in their first three bits, so their first six are never below 8
  if (version !== 2)
    return { ok: false, code: version < 8 ? 'tcf_version' : 'tcf_malformed', steps: text.length };
  const core = readCore(bits);
  const segments = core === null ? null : readSegments(rest);
  const steps = first.length + bits.steps + (segments?.steps ?? 0);
  if (core === null || segments === null || !segments.ok) return { ok: false, code: 'tcf_malformed', steps };
  return { ok: true, value: { ...core, vendorsDisclosed: segments.disclosed }, steps };
}
