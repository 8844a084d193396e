// Uploads name their project, and a site is known by the tags it lists.

import { projectOf } from './recordingProjectShared.ts';
import { active, at, type LintRule } from './rule.ts';

export const recordingProjectUnlisted: LintRule = {
  code: 'recording-project-unlisted',
  severity: 'error',
  sentence: 'no site lists the project of a destination that takes recordings under its `tags`',
  reason:
    'an upload names its project, and by that the gateway knows whose consent rules and sensitive pages hold',
  refuses: true,
  needs: ['sites', 'destinations'],
  check: (input) =>
    active(input).flatMap((each) => {
      const project = projectOf(each, input);
      const listed = ({ tags }: { readonly tags: readonly string[] }): boolean =>
        project !== null && tags.includes(project);
      if (project === null || input.snapshot.sites.some(listed)) return [];
      return [
        {
          path: at(each, 'project'),
          message: `add the project of \`${each.name}\` to the \`tags\` of its site`,
        },
      ];
    }),
};
