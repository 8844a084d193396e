// Who was told of statistics has not been told of a recording.

import { getsRecordings } from './recorders.ts';
import { recipients, type Finding, type LintInput, type LintRule } from './rule.ts';

function check(input: LintInput): readonly Finding[] {
  const { notices } = input.snapshot;
  const newest = notices.length - 1;
  return recipients(input)
    .filter((each) => getsRecordings(each, input.registries))
    .flatMap(({ name }) => {
      const { discloses = {} } = notices[newest] ?? {};
      const purposes = Object.hasOwn(discloses, name) ? (discloses[name]?.purposes ?? []) : [];
      if (!purposes.includes('analytics') || purposes.includes('recording')) return [];
      const message = `the newest notice tells of \`${name}\` as \`analytics\`; disclose it for \`recording\``;
      return [{ path: ['notices', newest, 'discloses', name], message }];
    });
}

export const recordingUnderAnalytics: LintRule = {
  code: 'recording-under-analytics',
  severity: 'error',
  sentence: 'the newest notice discloses a recorder as statistics',
  reason:
    'a banner that speaks of statistics asks nobody whether they may be recorded; nothing is recorded under it',
  refuses: false,
  needs: ['notices', 'destinations', 'tags'],
  check,
};
