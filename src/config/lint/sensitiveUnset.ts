// Somebody has to have thought about pages on health, faith, money or trouble before ad platforms hear of pages at all.

import type { Site } from '../../core/config.ts';
import type { LintInput, LintRule } from './rule.ts';
import { covers, recipients } from './rule.ts';

const reaches = (site: Site, input: LintInput): boolean =>
  recipients(input)
    .filter((each) => each.audience === 'advertising' || each.audience === 'recording')
    .some((each) => covers(each, site));

export const sensitiveUnset: LintRule = {
  code: 'sensitive-unset',
  severity: 'warning',
  sentence: 'a site has ad platforms, recorders or tags and does not say which of its pages are sensitive',
  reason:
    'the address of a page can give away health, faith or trouble; list such pages, or write `sensitive: []` if there are none',
  refuses: false,
  needs: [],
  check: (input) =>
    input.snapshot.sites
      .filter((site) => !site.children && !input.places.has(['sites', site.name, 'sensitive']))
      .filter((site) => reaches(site, input))
      .map((site) => ({
        path: ['sites', site.name],
        message: `\`${site.name}\` does not say which pages are \`sensitive\``,
      })),
};
