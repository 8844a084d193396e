// A grant without a date covers only what every notice discloses, so each change of the notice takes things away.

import type { Finding, LintInput, LintRule } from './rule.ts';

/** Sources whose signals carry no date of their own. */
const UNDATED = ['gcm', 'gpp', 'segment', 'rudderstack', 'klaro'];

function check({ snapshot }: LintInput): readonly Finding[] {
  const { notices, consent } = snapshot;
  const effect =
    consent.undated === 'refuse'
      ? 'its grants are refused'
      : 'its grants cover only what every notice discloses';
  return snapshot.sites.flatMap((site) =>
    site.consent.flatMap((source, index) => {
      if (!UNDATED.includes(source) || notices.some((notice) => Object.hasOwn(notice.seenAs, source)))
        return [];
      const message = `\`${source}\` has no date: unless the site sends \`context.consent.givenAt\`, ${effect}`;
      return [{ path: ['sites', site.name, 'consent', index], message }];
    }),
  );
}

/** The default list of sources is nobody's choice; it is not accused. */
export const undatedConsent: LintRule = {
  code: 'undated-consent',
  severity: 'warning',
  sentence:
    'a site trusts a consent source whose signals carry no date and no notice says how to recognise it',
  reason: 'without a date nobody can say which notice the visitor saw, nor when the consent is too old',
  refuses: false,
  needs: ['notices'],
  check: (input) => check(input).filter(({ path }) => input.places.has(path)),
};
