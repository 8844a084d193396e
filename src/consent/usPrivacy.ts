// Reads the US privacy string (`1YYN`): version, notice given, opted out of sale, covered by the agreement. It can only deny,
// and does so where the third position says `Y` or the string cannot be read.

import type { Claim, Purpose } from '../core/consent.ts';
import type { ConsentReader } from '../core/plugin.ts';
import { claimOf, denialOf, unreadable } from './claims.ts';
import { parameter, stated } from './places.ts';

/** What a sale of personal data to a vendor is for. */
const SALE_PURPOSES: readonly Purpose[] = ['marketing', 'profiling', 'audience_matching'];

const FORM = /^1[YN-]{3}$/i;

export interface UsPrivacy {
  readonly notice: string;
  readonly optOutSale: string;
  readonly lspaCovered: string;
}

/** The three flags, upper case; null if the string is not of version 1. */
export function readUsPrivacy(text: string): UsPrivacy | null {
  if (!FORM.test(text)) return null;
  const [, notice = '-', optOutSale = '-', lspaCovered = '-'] = text.toUpperCase();
  return { notice, optOutSale, lspaCovered };
}

function claimFor(value: unknown): Claim {
  const flags = typeof value === 'string' ? readUsPrivacy(value) : null;
  if (flags === null) return unreadable('usPrivacy', 'us_privacy_malformed', SALE_PURPOSES);
  return claimOf('usPrivacy', flags.optOutSale === 'Y' ? denialOf(SALE_PURPOSES) : {});
}

export const usPrivacy: ConsentReader = {
  source: 'usPrivacy',
  cookies: [],
  read(input) {
    const reported = stated(input, 'usPrivacy');
    const asked = parameter(input, 'us_privacy');
    if (reported === undefined && asked === undefined) return [];
    return [...new Set([reported, asked])].filter((value) => value !== undefined).map(claimFor);
  },
};
