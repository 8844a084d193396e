// Anonymous or not, something leaves about people who said no.

import { active, at, type LintRule } from './rule.ts';

export const deniedTrafficLeaves: LintRule = {
  code: 'denied-traffic-leaves',
  severity: 'warning',
  sentence: 'a destination gets refused events in anonymous form',
  reason:
    'nothing in them singles anyone out, but visitors who refuse rarely expect it: say so in the notice',
  refuses: false,
  needs: [],
  check: (input) =>
    active(input)
      .filter((each) => each.whenDenied === 'anonymous')
      .map((each) => ({
        path: at(each, 'whenDenied'),
        message: `\`${each.name}\` gets events that visitors refused, in anonymous form`,
      })),
};
