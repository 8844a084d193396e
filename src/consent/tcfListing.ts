// Lists what a TC string says, id by id, for people. The one place where vendor ids are written out, so the whole listing has
// a budget: a short string can name millions.

import { isSet } from './tcfString.ts';
import type { TcString } from './tcfString.ts';
import type { VendorSet } from './vendorSet.ts';
import { hasVendor } from './vendorSet.ts';

/** Every id in each of the three vendor sections, and a few thousand in restrictions. */
const MAX_IDS = 200_000;
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

type Bounds = readonly [start: number, end: number];

function boundsOf(set: VendorSet): readonly Bounds[] {
  const bounds: Bounds[] = [];
  if (set.kind === 'bits') {
    for (let id = 1; id <= set.maxId; id += 1) if (hasVendor(set, id)) bounds.push([id, id]);
    return bounds;
  }
  for (let index = 0; index < set.bounds.length; index += 2)
    bounds.push([set.bounds[index] ?? 0, set.bounds[index + 1] ?? 0]);
  return bounds;
}

/** The union of several sets as ascending ranges: merged as ranges, because as ids it could take a million steps. */
function unionOf(sets: readonly VendorSet[]): readonly Bounds[] {
  const all = sets.flatMap(boundsOf);
  if (sets.length === 1) return all;
  const union: [number, number][] = [];
  for (const [start, end] of all.sort((one, other) => one[0] - other[0])) {
    const last = union.at(-1);
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end);
    else union.push([start, end]);
  }
  return union;
}

const countOf = (bounds: readonly Bounds[]): number =>
  bounds.reduce((sum, [start, end]) => sum + end - start + 1, 0);

const EVERY_ID = Array.from({ length: 65_535 }, (_, index) => index + 1);

/** Ranges of fewer ids are counted out; of longer ones a slice is copied, which is many times cheaper. */
const WORTH_COPYING = 64;

function idsOf(bounds: readonly Bounds[]): readonly number[] {
  const pieces: (readonly number[])[] = [];
  let run: number[] = [];
  for (const [start, end] of bounds) {
    if (end - start < WORTH_COPYING) {
      for (let id = start; id <= end; id += 1) run.push(id);
      continue;
    }
    if (run.length > 0) pieces.push(run);
    pieces.push(EVERY_ID.slice(start - 1, end));
    run = [];
  }
  if (run.length > 0) pieces.push(run);
  const [first = run, ...rest] = pieces;
  return rest.length === 0 ? first : first.concat(...rest);
}

interface RestrictionGroup {
  readonly purpose: number;
  readonly type: number;
  readonly bounds: readonly Bounds[];
}

/** Restrictions of the same purpose and type are one, with all their vendors. */
function restrictionsOf(tc: TcString): readonly RestrictionGroup[] {
  const groups = new Map<string, { purpose: number; type: number; sets: VendorSet[] }>();
  for (const { purpose, type, vendors } of tc.restrictions) {
    const key = `${purpose}:${type}`;
    const group = groups.get(key) ?? { purpose, type, sets: [] };
    group.sets.push(vendors);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ purpose, type, sets }) => ({ purpose, type, bounds: unionOf(sets) }));
}

/** Null if the string names more vendors than can be listed. */
export function listingOf(tc: TcString): TcfListing | null {
  const consents = boundsOf(tc.vendorConsents);
  const interests = boundsOf(tc.vendorLegitimateInterests);
  const disclosed = tc.vendorsDisclosed === null ? null : boundsOf(tc.vendorsDisclosed);
  const restrictions = restrictionsOf(tc);
  const all = [consents, interests, disclosed ?? [], ...restrictions.map(({ bounds }) => bounds)];
  if (all.reduce((sum, bounds) => sum + countOf(bounds), 0) > MAX_IDS) return null;
  return {
    created: new Date(tc.created).toISOString(),
    lastUpdated: new Date(tc.lastUpdated).toISOString(),
    cmpId: tc.cmpId,
    policyVersion: tc.policyVersion,
    purposeConsents: bitsOf(tc.purposeConsents, 24),
    purposeLegitimateInterests: bitsOf(tc.purposeLegitimateInterests, 24).filter(
      (id) => !NO_LEGITIMATE_INTEREST.has(id),
    ),
    vendorConsents: idsOf(consents),
    vendorLegitimateInterests: idsOf(interests),
    specialFeatureOptins: bitsOf(tc.specialFeatureOptins, 12),
    vendorsDisclosed: disclosed === null ? null : idsOf(disclosed),
    publisherRestrictions: restrictions.map(({ purpose, type, bounds }) => ({
      purpose,
      type,
      vendors: idsOf(bounds),
    })),
  };
}
