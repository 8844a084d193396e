// Whoever is asked whether two systems may be linked must be told what for.

import type { LintRule } from './rule.ts';

export const linkWithoutAim: LintRule = {
  code: 'link-without-aim',
  severity: 'error',
  sentence: 'a notice discloses a link without saying what it is for',
  reason: 'consent to a link is consent to its aim; a link without one was never explained to anybody',
  refuses: true,
  needs: [],
  check: ({ snapshot }) =>
    snapshot.notices.flatMap((notice, index) =>
      notice.links.flatMap((link, position) =>
        link.aim.trim() === ''
          ? [
              {
                path: ['notices', index, 'links', position],
                message: `say with \`aim\` why \`${link.from}\` and \`${link.to}\` are linked`,
              },
            ]
          : [],
      ),
    ),
};
