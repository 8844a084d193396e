// Click ids of Google Ads are ids of another system than Analytics: without a link they do not arrive, whatever `query` lists.

import { identifierName, IDENTIFIERS } from '../../core/identifiers.ts';
import { active, at, type Finding, type LintInput, type LintRule } from './rule.ts';

const CLICK_IDS = new Map(
  IDENTIFIERS.filter((each) => each.system === 'google_ads').flatMap((each) =>
    each.url.map((parameter) => [parameter.toLowerCase(), identifierName(each)] as const),
  ),
);

function check(input: LintInput): readonly Finding[] {
  return active(input).flatMap((destination) => {
    if (destination.system === 'google_ads' || destination.links.some((link) => link.system === 'google_ads'))
      return [];
    const listed = destination.query.flatMap((name, index) =>
      CLICK_IDS.has(name.toLowerCase())
        ? [
            {
              path: at(destination, 'query', index),
              message: `\`${name}\` is an id of Google Ads and is stripped all the same`,
            },
          ]
        : [],
    );
    if (listed.length > 0 || destination.system !== 'ga') return listed;
    const message = `\`${destination.name}\` gets no \`gclid\`: paid clicks show as direct or organic unless campaigns carry utm_* as well`;
    return [{ path: at(destination), message }];
  });
}

export const gclidStripped: LintRule = {
  code: 'gclid-stripped',
  severity: 'warning',
  sentence: 'Analytics does not get the click ids of Google Ads',
  reason:
    'reports lose the attribution of paid clicks; `links: [google_ads]` with profiling consent and a notice passes on what a destination of Google Ads gets, and where there is none, campaigns need utm_*',
  refuses: false,
  needs: [],
  check,
};
