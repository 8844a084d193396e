// An unsigned record from the page proves nothing about who chose what.

import type { LintRule } from './rule.ts';

export const unprovenExplicitConsent: LintRule = {
  code: 'unproven-explicit-consent',
  severity: 'warning',
  sentence: 'a site trusts consent records that nobody signed',
  reason:
    'any script on the page can write such a record; it would not show that the person asked for profiling or recording',
  refuses: false,
  needs: [],
  check: ({ snapshot }) =>
    snapshot.sites
      .filter((site) => site.records === 'inline')
      .map((site) => ({
        path: ['sites', site.name, 'records'],
        message:
          '`inline` records count as proof; have the gateway issue them with `PUT /v1/consent` instead',
      })),
};
