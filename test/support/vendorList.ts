// A vendor list of made-up vendors, with the fields that the reference encoder looks at.

import { GVL } from '@iabtechlabtcf/core';

export interface MadeUp {
  readonly ids: readonly number[];
  /** Purposes by consent of every vendor. */
  readonly purposes: readonly number[];
  /** Purposes whose legal basis may be changed. */
  readonly flexible: readonly number[];
}

const first11 = Array.from({ length: 11 }, (_, index) => index + 1);

export const vendorListOf = ({ ids, purposes, flexible }: MadeUp): GVL =>
  new GVL({
    gvlSpecificationVersion: 3,
    vendorListVersion: 178,
    tcfPolicyVersion: 5,
    lastUpdated: '2026-09-24T16:00:00Z',
    purposes: Object.fromEntries(first11.map((id) => [id, { id, name: `Purpose ${id}` }])),
    specialPurposes: {},
    features: {},
    specialFeatures: {},
    stacks: {},
    dataCategories: {},
    vendors: Object.fromEntries(
      ids.map((id) => [
        id,
        {
          id,
          name: `Vendor ${id}`,
          purposes,
          legIntPurposes: [7, 8, 9, 10],
          flexiblePurposes: flexible,
          specialPurposes: [],
          features: [],
          specialFeatures: [],
        },
      ]),
    ),
  } as unknown as ConstructorParameters<typeof GVL>[0]); // the encoder looks at no more
