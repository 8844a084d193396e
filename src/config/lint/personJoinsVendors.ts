// An e-mail address or telephone number is the same everywhere, hashed or not: every vendor that has it can join on it.

import type { PersonField } from '../../core/person.ts';
import { active, at, receiver, type Finding, type LintInput, type LintRule } from './rule.ts';

/** Fields that single a person out by themselves. */
const JOINS: readonly PersonField[] = ['email', 'phone', 'street', 'ip', 'full_name'];

function check(input: LintInput): readonly Finding[] {
  const given = new Map<string, { receiver: string; name: string }>();
  const findings: Finding[] = [];
  for (const destination of active(input)) {
    destination.person.forEach((field, index) => {
      if (!JOINS.includes(field)) return;
      const first = given.get(field);
      if (first === undefined) given.set(field, { receiver: receiver(destination), name: destination.name });
      else if (first.receiver !== receiver(destination))
        findings.push({
          path: at(destination, 'person', index),
          message: `\`${field}\` goes to \`${first.name}\` too; by it both know the same person`,
        });
    });
  }
  return findings;
}

export const personJoinsVendors: LintRule = {
  code: 'person-joins-vendors',
  severity: 'warning',
  sentence: 'the same person field goes to two systems',
  reason: 'pairwise ids are of no use between vendors that both hold the address or number, hashed or not',
  refuses: false,
  needs: [],
  check,
};
