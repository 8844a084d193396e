// An upload goes to one destination. Where its format names no project, site and format have to tell which.

import type { Destination } from '../../core/config.ts';
import { recordingTargetOf } from '../../core/plugin.ts';
import { active, at, type LintInput, type LintRule } from './rule.ts';

/** Formats of recordings without a project that the destination takes. */
function formatsOf({ type: name, settings }: Destination, { registries }: LintInput): readonly string[] {
  const known = registries.destinations.find(({ type }) => type === name);
  const target = recordingTargetOf(known, settings);
  return target?.project(settings) === null ? target.formats : [];
}

const share = (one: Destination['sites'], other: Destination['sites']): boolean =>
  one === null || other === null || one.some((site) => other.includes(site));

export const recordingTakenTwice: LintRule = {
  code: 'recording-taken-twice',
  severity: 'error',
  sentence: 'two destinations take recordings of the same format of one site',
  reason: 'a recording goes to one destination, and nothing in it would say which of the two',
  refuses: true,
  needs: ['destinations'],
  check(input) {
    const takers = active(input).map((destination) => ({
      destination,
      formats: formatsOf(destination, input),
    }));
    return takers.flatMap(({ destination, formats }, index) => {
      const other = takers
        .slice(0, index)
        .find(
          (each) =>
            each.formats.some((format) => formats.includes(format)) &&
            share(each.destination.sites, destination.sites),
        );
      if (other === undefined) return [];
      const message = `\`${other.destination.name}\` takes such recordings of the same site already: give each its \`sites\`, or drop one of the two`;
      return [{ path: at(destination, 'recordings'), message }];
    });
  },
};
