// On sites for children no tag loads and nothing is recorded; a file that routes them there means something else.

import { seesPages } from './recorders.ts';
import { at, covers, recipients, type LintRule } from './rule.ts';

export const tagForChildren: LintRule = {
  code: 'tag-for-children',
  severity: 'warning',
  sentence: 'a tag or recorder is routed to a site for children',
  reason: 'it never runs there: tools that see whole pages are not for children, whatever anybody grants',
  refuses: false,
  needs: ['sites'],
  check: (input) =>
    recipients(input)
      .filter((each) => seesPages(each, input.registries))
      .flatMap((each) =>
        input.snapshot.sites
          .filter((site) => site.children && covers(each, site))
          .map((site) => ({
            path: each.sites === null ? at(each) : at(each, 'sites', each.sites.indexOf(site.name)),
            message: `\`${each.name}\` never runs on \`${site.name}\`, a site for children: name others under \`sites\``,
          })),
      ),
};
