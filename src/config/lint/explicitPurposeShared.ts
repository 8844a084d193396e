// An explicit purpose needs a category of its own: one that also grants something else asks for nothing by name.

import { isExplicit } from '../../core/consent.ts';
import { GENERAL } from '../purposes.ts';
import type { Finding, LintInput, LintRule } from './rule.ts';

function findings({ snapshot }: LintInput): readonly Finding[] {
  const { sources, sole } = snapshot.consent.mapping;
  // mapping from a general signal is an error of its own
  const byName = Object.entries(sources).filter(([source]) => !GENERAL.includes(source));
  return byName.flatMap(([source, purposes]) =>
    Object.entries(purposes)
      .filter(
        ([purpose, categories]) =>
          isExplicit(purpose) && !categories.every((each) => sole.has(`${source}:${each}`)),
      )
      .map(([purpose, categories]) => ({
        path: ['consent', 'purposes', purpose, source],
        message:
          categories.length > 1
            ? `\`${purpose}\` is asked for by name only if one category of \`${source}\` stands for it alone`
            : `this category of \`${source}\` grants other purposes as well, so it never grants \`${purpose}\``,
      })),
  );
}

export const explicitPurposeShared: LintRule = {
  code: 'explicit-purpose-shared',
  severity: 'error',
  sentence: 'a purpose that must be asked for by name is mapped from a category that also grants another',
  reason: 'a yes to several things at once is not a yes to this one; the gateway does not count it',
  refuses: false,
  needs: ['consent'],
  check: findings,
};
