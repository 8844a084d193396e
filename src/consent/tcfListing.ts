// Lists what a TC string says, id by id, for people. The one place where vendor ids are written out, so the whole listing has
// a budget: a short string can name millions.

import { isSet } from './tcfString.ts';
import type { TcString } from './tcfString.ts';
import type { VendorSet } from './vendorSet.ts';
import { hasVendor } from './vendorSet.ts';

/** All ids there are in each of the three vendor sections, and as many again for restrictions. */
const MAX_IDS = 4 * 65_535;
/** Legitimate interest was never possible for 1, and since TCF 2.2 not for 3 to 6: such bits mean nothing. */
const NO_LEGITIMATE_INTEREST: ReadonlySet<number> = new Set([1, 3, 4, 5, 6]);

export interface TcfListing {
  readonly created: string;
  readonly lastUpdated: string;
  readonly cmpId: number;
  readonly policyVersion: number;
  readonly purposeConsents: readonly number[];
  readonly purposeLegitimateInterests: readonly number[];
  readonly vendorConsents: readonly number[];
  readonly vendorLegitimateInterests: readonly number[];
  readonly specialFeatureOptins: readonly number[];
  readonly vendorsDisclosed: readonly number[] | null;
  readonly publisherRestrictions: readonly {
    readonly purpose: number;
    readonly type: number;
    readonly vendors: readonly number[];
  }[];
}

function bitsOf(field: number, width: number): readonly number[] {
  const ids: number[] = [];
  for (let id = 1; id <= width; id += 1) if (isSet(field, id, width)) ids.push(id);
  return ids;
}

/** How many ids a listing may cost at most: bits looked at, or ids in ranges. */
function costOf(set: VendorSet): number {
  if (set.kind === 'bits') return set.maxId;
  let cost = 0;
  for (let index = 0; index < set.bounds.length; index += 2)
    cost += (set.bounds[index + 1] ?? 0) - (set.bounds[index] ?? 0) + 1;
  return cost;
}

function idsOf(set: VendorSet): number[] {
  const ids: number[] = [];
  if (set.kind === 'bits') {
    for (let id = 1; id <= set.maxId; id += 1) if (hasVendor(set, id)) ids.push(id);
    return ids;
  }
  for (let index = 0; index < set.bounds.length; index += 2) {
    const end = set.bounds[index + 1] ?? 0;
    for (let id = set.bounds[index] ?? 0; id <= end; id += 1) ids.push(id);
  }
  return ids;
}

/** Restrictions of the same purpose and type are one, with all their vendors. */
function restrictionsOf(tc: TcString): TcfListing['publisherRestrictions'] {
  const groups = new Map<string, { purpose: number; type: number; sets: VendorSet[] }>();
  for (const { purpose, type, vendors } of tc.restrictions) {
    const key = `${purpose}:${type}`;
    const group = groups.get(key) ?? { purpose, type, sets: [] };
    group.sets.push(vendors);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ purpose, type, sets }) => {
    const [only] = sets;
    const vendors =
      sets.length === 1 && only !== undefined
        ? idsOf(only)
        : [...new Set(sets.flatMap(idsOf))].sort((a, b) => a - b);
    return { purpose, type, vendors };
  });
}

/** Null if the string names more vendors than can be listed. */
export function listingOf(tc: TcString): TcfListing | null {
  const sets = [
    tc.vendorConsents,
    tc.vendorLegitimateInterests,
    ...tc.restrictions.map((each) => each.vendors),
  ];
  if (tc.vendorsDisclosed !== null) sets.push(tc.vendorsDisclosed);
  if (sets.reduce((sum, set) => sum + costOf(set), 0) > MAX_IDS) return null;
  return {
    created: new Date(tc.created).toISOString(),
    lastUpdated: new Date(tc.lastUpdated).toISOString(),
    cmpId: tc.cmpId,
    policyVersion: tc.policyVersion,
    purposeConsents: bitsOf(tc.purposeConsents, 24),
    purposeLegitimateInterests: bitsOf(tc.purposeLegitimateInterests, 24).filter(
      (id) => !NO_LEGITIMATE_INTEREST.has(id),
    ),
    vendorConsents: idsOf(tc.vendorConsents),
    vendorLegitimateInterests: idsOf(tc.vendorLegitimateInterests),
    specialFeatureOptins: bitsOf(tc.specialFeatureOptins, 12),
    vendorsDisclosed: tc.vendorsDisclosed === null ? null : idsOf(tc.vendorsDisclosed),
    publisherRestrictions: restrictionsOf(tc),
  };
}
