// The reference library as an oracle: on every string that both accept, every field and every vendor bit agree. The oracle can
// be stopped for seconds by a short string, so it is asked only what our own reader found to be small.

import { TCModel, TCString, PurposeRestriction, RestrictionType } from '@iabtechlabtcf/core';
import test from 'ava';
import * as fc from 'fast-check';
import type { TcfListing } from '../../src/consent/tcfListing.ts';
import { listingOf } from '../../src/consent/tcfListing.ts';
import { decodeTcString } from '../../src/consent/tcfString.ts';
import { hasVendor } from '../../src/consent/vendorSet.ts';
import type { Composed, Range, Vendors } from './composer.ts';
import { compose, composed, NOBODY } from './composer.ts';
import { vendorListOf } from '../support/vendorList.ts';

const HIGHEST_ASKED = 3000;

const first24 = Array.from({ length: 24 }, (_, index) => index + 1);
const NO_INTEREST = new Set([1, 3, 4, 5, 6]);

/** What the oracle decodes, in our words. */
function oracleListing(text: string): TcfListing {
  const model = TCString.decode(text);
  const idsOf = (set: { forEach(each: (value: boolean, id: number) => void): void }): number[] => {
    const ids: number[] = [];
    set.forEach((value, id) => value && ids.push(id));
    return ids;
  };
  const listed = (set: { has(id: number): boolean }) => first24.filter((id) => set.has(id));
  return {
    created: model.created.toISOString(),
    lastUpdated: model.lastUpdated.toISOString(),
    cmpId: Number(model.cmpId),
    policyVersion: Number(model.policyVersion),
    purposeConsents: listed(model.purposeConsents),
    purposeLegitimateInterests: listed(model.purposeLegitimateInterests).filter((id) => !NO_INTEREST.has(id)),
    vendorConsents: idsOf(model.vendorConsents),
    vendorLegitimateInterests: idsOf(model.vendorLegitimateInterests),
    specialFeatureOptins: listed(model.specialFeatureOptins),
    // the oracle cannot tell an absent segment from an empty one
    vendorsDisclosed: idsOf(model.vendorsDisclosed),
    publisherRestrictions: model.publisherRestrictions.getRestrictions().map((each) => ({
      purpose: each.purposeId,
      type: each.restrictionType,
      vendors: model.publisherRestrictions.getVendors(each),
    })),
  };
}

const byPurposeAndType = (listing: TcfListing): TcfListing => ({
  ...listing,
  vendorsDisclosed: listing.vendorsDisclosed ?? [],
  publisherRestrictions: listing.publisherRestrictions
    // the oracle keeps no restriction that names nobody
    .filter(({ vendors }) => vendors.length > 0)
    .sort((a, b) => a.purpose - b.purpose || a.type - b.type),
});

/** Ours, if ours accepts and it is small enough for the oracle. */
function ourListing(text: string): TcfListing | null {
  const result = decodeTcString(text);
  const listing = result.ok ? listingOf(result.value) : null;
  if (listing === null) return null;
  const sets = [listing.vendorConsents, listing.vendorLegitimateInterests, listing.vendorsDisclosed ?? []];
  const total = [...sets, ...listing.publisherRestrictions.map(({ vendors }) => vendors)];
  return total.reduce((sum, ids) => sum + ids.length, 0) > 6 * HIGHEST_ASKED ? null : listing;
}

/** Without the segments that are to be ignored, on which the oracle fails or answers about something else. */
const known = (text: string): string =>
  text
    .split('.')
    .filter((segment, index) => index === 0 || /^[I-PY-f]/.test(segment))
    .join('.');

const ids = (max: number, most: number) => fc.uniqueArray(fc.integer({ min: 1, max }), { maxLength: most });

// --- strings of the oracle's own encoder ---

const VENDORS = Array.from({ length: 900 }, (_, index) => index + 1).filter((id) => id % 7 !== 3);

const vendorList = vendorListOf({ ids: VENDORS, purposes: [1, 2, 3, 4], flexible: [2, 7, 8, 9, 10] });

const day = fc.integer({ min: 17_800, max: 20_700 }).map((days) => days * 86_400_000);
const some = fc.oneof(
  { weight: 6, arbitrary: ids(900, 12) },
  { weight: 2, arbitrary: ids(120, 100) },
  { weight: 1, arbitrary: fc.constant(VENDORS) },
  { weight: 1, arbitrary: fc.constant<number[]>([]) },
);

const encodedByOracle = fc
  .record({
    day,
    cmpId: fc.integer({ min: 2, max: 4095 }),
    consents: ids(24, 24),
    interests: ids(24, 24),
    features: ids(12, 12),
    oneTreatment: fc.boolean(),
    vendorConsents: some,
    vendorInterests: some,
    disclosed: some,
    restrictions: fc.array(
      fc.record({
        purpose: fc.constantFrom(2, 7, 8, 9, 10),
        type: fc.constantFrom(
          RestrictionType.NOT_ALLOWED,
          RestrictionType.REQUIRE_CONSENT,
          RestrictionType.REQUIRE_LI,
        ),
        vendors: ids(900, 8),
      }),
      { maxLength: 5 },
    ),
  })
  .map((given) => {
    const model = new TCModel(vendorList);
    model.cmpId = given.cmpId;
    model.cmpVersion = 1;
    model.policyVersion = 5;
    model.isServiceSpecific = true;
    model.purposeOneTreatment = given.oneTreatment;
    model.purposeConsents.set(given.consents);
    model.purposeLegitimateInterests.set(given.interests);
    model.specialFeatureOptins.set(given.features);
    model.vendorConsents.set(given.vendorConsents);
    model.vendorLegitimateInterests.set(given.vendorInterests);
    model.vendorsDisclosed.set(given.disclosed);
    model.publisherRestrictions.gvl = vendorList;
    for (const { purpose, type, vendors } of given.restrictions)
      for (const id of vendors) model.publisherRestrictions.add(id, new PurposeRestriction(purpose, type));
    model.created = new Date(given.day);
    model.lastUpdated = new Date(given.day);
    return TCString.encode(model);
  });

test('agrees with the oracle on every string that the oracle encodes', (t) => {
  let compared = 0;
  fc.assert(
    fc.property(encodedByOracle, (text) => {
      const ours = ourListing(text);
      if (ours === null) return false;
      compared += 1;
      t.deepEqual(byPurposeAndType(ours), byPurposeAndType(oracleListing(text)), text);
      return true;
    }),
    { numRuns: 200 },
  );
  t.is(compared, 200);
});

// --- strings of our own composer: every layout that is well-formed, whoever would write it ---

const ranges = (max: number) =>
  ids(max, 12).map((starts): readonly Range[] => {
    const sorted = [...starts].sort((a, b) => a - b);
    return sorted.map((start, index) => {
      const next = sorted[index + 1] ?? max + 1;
      return [start, Math.min(next - 1, start + (start % 40))];
    });
  });

const vendors = (max: number): fc.Arbitrary<Vendors> =>
  fc.oneof(
    fc.constant(NOBODY),
    fc
      .integer({ min: 1, max: 300 })
      .chain((maxId) => ids(maxId, 40).map((list): Vendors => ({ kind: 'bits', maxId, ids: list }))),
    ranges(max).map((list): Vendors => ({ kind: 'ranges', maxId: max, ranges: list })),
  );

const model: fc.Arbitrary<Composed> = fc.record({
  created: fc.integer({ min: 0, max: 2 ** 36 - 1 }).map((tenths) => tenths * 100),
  lastUpdated: fc.integer({ min: 0, max: 2 ** 36 - 1 }).map((tenths) => tenths * 100),
  cmpId: fc.integer({ min: 2, max: 4095 }),
  policyVersion: fc.integer({ min: 0, max: 63 }),
  serviceSpecific: fc.boolean(),
  specialFeatures: ids(12, 12),
  consents: ids(24, 24),
  interests: ids(24, 24),
  oneTreatment: fc.boolean(),
  vendorConsents: vendors(HIGHEST_ASKED),
  vendorInterests: vendors(65_535),
  restrictions: fc.uniqueArray(
    fc.record({
      purpose: fc.integer({ min: 1, max: 63 }),
      type: fc.constantFrom(0, 1, 2),
      ranges: ranges(500),
    }),
    { maxLength: 6, selector: ({ purpose, type }) => `${purpose}:${type}` },
  ),
  disclosed: fc.option(vendors(HIGHEST_ASKED)),
});

test('agrees with the oracle on every well-formed layout', (t) => {
  fc.assert(
    fc.property(model, (given) => {
      const text = compose(given);
      const ours = ourListing(text);
      if (ours === null) return false;
      t.deepEqual(byPurposeAndType(ours), byPurposeAndType(oracleListing(text)), text);
      t.is(ours.vendorsDisclosed === null, given.disclosed === null);
      return true;
    }),
    { numRuns: 800 },
  );
  t.pass();
});

// --- mutations ---

const LETTERS = 'ABIQYZafgz019-_.+ '.split('');

const mutation = fc.record({
  kind: fc.constantFrom('header', 'header', 'header', 'replace', 'insert', 'remove', 'repeat', 'cut', 'pad'),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  letter: fc.constantFrom(...LETTERS),
});

function mutate(text: string, { kind, at, letter }: { kind: string; at: number; letter: string }): string {
  const index = Math.floor(at * (kind === 'header' ? 36 : text.length));
  if (kind === 'header') return `${text.slice(0, index + 1)}${letter}${text.slice(index + 2)}`;
  if (kind === 'pad') return `${text}AA`;
  if (kind === 'replace') return text.slice(0, index) + letter + text.slice(index + 1);
  if (kind === 'insert') return text.slice(0, index) + letter + text.slice(index);
  if (kind === 'remove') return text.slice(0, index) + text.slice(index + 1);
  if (kind === 'repeat') return `${text}.${text.slice(index)}`;
  return text.slice(0, index);
}

test('of mutated strings, what ours accepts the oracle reads the same, bit for bit', (t) => {
  let accepted = 0;
  let refused = 0;
  const texts = fc.tuple(model, fc.array(mutation, { minLength: 1, maxLength: 2 }));
  fc.assert(
    fc.property(texts, ([given, mutations]) => {
      const text = mutations.reduce(mutate, compose(given));
      const result = decodeTcString(text);
      const ours = ourListing(text);
      if (!result.ok || ours === null) {
        refused += 1;
        return;
      }
      accepted += 1;
      // the oracle refuses tools 0 and 1; ours does so when it judges, not when it reads
      if (ours.cmpId < 2) return;
      t.deepEqual(byPurposeAndType(ours), byPurposeAndType(oracleListing(known(text))), text);
      for (const id of [1, 2, 300, 755, 65_535])
        t.is(hasVendor(result.value.vendorConsents, id), ours.vendorConsents.includes(id));
    }),
    { numRuns: 2000 },
  );
  t.true(accepted > 150, `accepted ${accepted}`);
  t.true(refused > 150, `refused ${refused}`);
});

test('the composer writes what it is asked to write', (t) => {
  t.is(oracleListing(compose(composed())).cmpId, 300);
});
