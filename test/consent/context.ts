// What consent readers are given in tests: the ordinary mapping, site and notice, and a keeper of records.

import type { ReadContext } from '../../src/core/plugin.ts';
import { BUILT_IN_PURPOSES, GPC_PURPOSES } from '../../src/core/consent.ts';
import { Secret } from '../../src/core/secret.ts';
import { recordKeeper } from '../../src/consent/record.ts';
import { mapping, notice, NOW, site } from '../support/snapshot.ts';

export const SECRETS = [{ id: 'k1', value: new Secret('a test secret of at least thirty-two characters') }];

export const context = (over: Partial<ReadContext> = {}): ReadContext => ({
  mapping: mapping(),
  purposes: [...BUILT_IN_PURPOSES],
  gpcDenies: GPC_PURPOSES,
  now: NOW,
  site: site(),
  notices: [notice()],
  openRecord: (token) => recordKeeper(SECRETS).open(token),
  ...over,
});
