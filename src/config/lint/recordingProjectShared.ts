// A recording goes to one destination. Two that name the same project could not be told apart.

import type { Destination } from '../../core/config.ts';
import { recordingTargetOf } from '../../core/plugin.ts';
import { active, at, type LintInput, type LintRule } from './rule.ts';

/** The project at the vendor that recordings of this destination belong to; null: it takes none. */
export function projectOf(destination: Destination, { registries }: LintInput): string | null {
  const type = registries.destinations.find((each) => each.type === destination.type);
  return recordingTargetOf(type, destination.settings)?.project(destination.settings) ?? null;
}

export const recordingProjectShared: LintRule = {
  code: 'recording-project-shared',
  severity: 'error',
  sentence: 'two destinations take the recordings of one project',
  reason: 'a recording goes to one destination, and the project that it names says which',
  refuses: true,
  needs: ['destinations'],
  check(input) {
    const first = new Map<string, string>();
    return active(input).flatMap((each) => {
      const project = projectOf(each, input);
      if (project === null) return [];
      const key = `${each.type} ${project}`;
      const other = first.get(key);
      if (other === undefined) {
        first.set(key, each.name);
        return [];
      }
      return [
        {
          path: at(each, 'project'),
          message: `\`${other}\` takes the recordings of this project already: keep one of the two, or switch one off`,
        },
      ];
    });
  },
};
