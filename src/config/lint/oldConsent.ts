// Consent fades. Thirteen months is what the French authority allows trackers to live on one consent.

import type { LintRule } from './rule.ts';

const THIRTEEN_MONTHS_MS = 396 * 86_400_000;

export const oldConsent: LintRule = {
  code: 'old-consent',
  severity: 'warning',
  sentence: 'consent counts for longer than thirteen months',
  reason: 'authorities expect people to be asked again after half a year to thirteen months',
  refuses: false,
  needs: ['consent'],
  check: ({ snapshot }) =>
    snapshot.consent.maxAgeMs > THIRTEEN_MONTHS_MS
      ? [
          {
            path: ['consent', 'maxAge'],
            message: 'consent counts for more than thirteen months: ask again earlier',
          },
        ]
      : [],
};
