// Two links into one system join their origins there, though nobody asked for a link between those two.

import { active, at, receiver, type Finding, type LintInput, type LintRule } from './rule.ts';

function check(input: LintInput): readonly Finding[] {
  const arriving = new Map<string, Set<string>>();
  const findings: Finding[] = [];
  for (const destination of active(input)) {
    destination.links.forEach((link, index) => {
      const before = arriving.get(receiver(destination)) ?? new Set<string>();
      const others = [...before].filter((system) => system !== link.system);
      if (others.length > 0)
        findings.push({
          path: at(destination, 'links', index),
          message: `\`${link.system}\` and ${others.map((each) => `\`${each}\``).join(', ')} are joined at \`${destination.name}\``,
        });
      arriving.set(receiver(destination), before.add(link.system));
    });
  }
  return findings;
}

export const hubLink: LintRule = {
  code: 'hub-link',
  severity: 'warning',
  sentence: 'ids of two systems are linked to the same third',
  reason: 'A to B and C to B join A and C at B; the notice should say that, too',
  refuses: false,
  needs: [],
  check,
};
