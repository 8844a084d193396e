// Session replay shows what a visitor did and typed; that is a purpose of its own, also through a generic destination.

import type { Destination } from '../../core/config.ts';
import { active, at, type LintRule } from './rule.ts';

/** Hosts of session-replay services. */
const RECORDERS =
  /(?:^|\.)(?:clarity\.ms|hotjar\.(?:com|io)|contentsquare\.(?:com|net)|fullstory\.com|mouseflow\.com|logrocket\.(?:com|io)|smartlook\.(?:com|cloud)|inspectlet\.com|luckyorange\.(?:com|net))$/i;

const hostOf = (value: unknown): string =>
  typeof value === 'string' ? (URL.parse(value)?.hostname ?? '') : '';

function sendsToRecorder({ endpoint, settings }: Destination): boolean {
  const url: unknown =
    typeof settings === 'object' && settings !== null ? Reflect.get(settings, 'url') : null;
  return [endpoint, url].some((each) => RECORDERS.test(hostOf(each)));
}

export const recordingWithoutRecordingConsent: LintRule = {
  code: 'recording-without-recording-consent',
  severity: 'error',
  sentence: 'a destination that records sessions does not require `recording`',
  reason:
    'a recording shows everything a visitor does on the page; consent to statistics or advertising does not cover it',
  refuses: true,
  needs: [],
  check: (input) =>
    active(input)
      .filter((each) => each.audience === 'recording' || sendsToRecorder(each))
      .filter((each) => !each.requires.includes('recording'))
      .map((each) => ({
        path: at(each, 'requires'),
        message: `\`${each.name}\` sends to a service that records sessions: add \`recording\` to its \`requires\``,
      })),
};
