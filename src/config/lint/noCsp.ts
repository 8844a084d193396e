// Only the page itself can keep scripts from sending elsewhere. The message brings the header to set.

import type { Recipient, Site } from '../../core/config.ts';
import { isTag } from '../../core/config.ts';
import { tagType } from '../../core/tags.ts';
import { seesPages } from './recorders.ts';
import { covers, recipients, type Finding, type LintInput, type LintRule } from './rule.ts';

/** Where scripts may load from and send to: the gateway, and what the tags of the site need. */
export function policyFor(seen: readonly Recipient[]): string {
  const sources = seen
    .filter(isTag)
    .flatMap(({ src, type }) => [URL.parse(src)?.origin ?? '', ...(tagType(type)?.hosts ?? [])]);
  return ["content-security-policy: default-src 'self' <gateway>", ...new Set(sources)].join(' ').trim();
}

function findingOf(site: Site, input: LintInput): readonly Finding[] {
  const seen = recipients(input).filter((each) => covers(each, site) && seesPages(each, input.registries));
  if (site.csp || site.children || seen.length === 0) return [];
  const names = seen.map(({ name }) => `\`${name}\``).join(', ');
  const message = `pages of \`${site.name}\` run ${names}: add to what they allow by themselves\n${policyFor(seen)}\nand say \`csp: true\``;
  return [{ path: ['sites', site.name], message }];
}

export const noCsp: LintRule = {
  code: 'no-csp',
  severity: 'warning',
  sentence: 'a site with a recorder or tags does not say that its pages send a Content-Security-Policy',
  reason:
    'a script in the page can send what it sees anywhere; with this header the browser lets it reach the gateway and the permitted tags only',
  refuses: false,
  needs: ['destinations', 'tags'],
  check: (input) => input.snapshot.sites.flatMap((site) => findingOf(site, input)),
};
