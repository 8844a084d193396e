// The same raw id at two receivers is a key by which they can join the visitor.

import { active, at, receiver, treatmentsOf, type Finding, type LintInput, type LintRule } from './rule.ts';

function check(input: LintInput): readonly Finding[] {
  const kept = new Map<string, { receiver: string; name: string }>();
  const findings: Finding[] = [];
  for (const destination of active(input)) {
    for (const { kind, treatment, key } of treatmentsOf(destination, input.registries)) {
      if (treatment !== 'keep') continue;
      const first = kept.get(kind);
      if (first === undefined) kept.set(kind, { receiver: receiver(destination), name: destination.name });
      else if (first.receiver !== receiver(destination))
        findings.push({
          path: key === null ? at(destination) : at(destination, 'ids', key),
          message: `\`${first.name}\` keeps \`${kind}\` as well: both could join the visitor by it`,
        });
    }
  }
  return findings;
}

export const joinKeyKeptTwice: LintRule = {
  code: 'join-key-kept-twice',
  severity: 'error',
  sentence: 'an identifier of the same kind is kept as it is at two systems',
  reason:
    'no vendor may learn an id that another vendor knows the visitor by; a link is the way to ask for that',
  refuses: true,
  needs: [],
  check,
};
