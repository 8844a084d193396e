// Session replay shows what a visitor did and typed; that is a purpose of its own, also through a generic destination or tag.

import { getsRecordings } from './recorders.ts';
import { at, recipients, type LintRule } from './rule.ts';

export const recordingWithoutRecordingConsent: LintRule = {
  code: 'recording-without-recording-consent',
  severity: 'error',
  sentence: 'a destination or tag that records sessions does not require `recording`',
  reason:
    'a recording shows everything a visitor does on the page; consent to statistics or advertising does not cover it',
  refuses: true,
  needs: [],
  check: (input) =>
    recipients(input)
      .filter((each) => getsRecordings(each, input.registries))
      .filter(({ requires }) => !requires.includes('recording'))
      .map((each) => ({
        path: at(each, 'requires'),
        message: `\`${each.name}\` gets recordings of sessions: add \`recording\` to its \`requires\``,
      })),
};
