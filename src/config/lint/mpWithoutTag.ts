// The Measurement Protocol adds to what a tag reports; alone it makes for poor reports.

import type { Destination } from '../../core/config.ts';
import { active, at, type LintInput, type LintRule } from './rule.ts';

const settingOf = ({ settings }: Destination, key: string): unknown =>
  typeof settings === 'object' && settings !== null ? Reflect.get(settings, key) : undefined;

/** Does a site that the destination takes events of run a tag with its measurement id? */
function hasTag(destination: Destination, { snapshot }: LintInput): boolean {
  const id = settingOf(destination, 'measurementId');
  return snapshot.sites
    .filter((site) => destination.sites === null || destination.sites.includes(site.name))
    .some(
      (site) => typeof id === 'string' && site.tags.some((tag) => tag.toLowerCase() === id.toLowerCase()),
    );
}

export const mpWithoutTag: LintRule = {
  code: 'mp-without-tag',
  severity: 'warning',
  sentence: 'Google Analytics is fed by the Measurement Protocol alone',
  reason: 'without a tag that sends through the gateway, reports lack sessions, sources, location and device',
  refuses: false,
  needs: ['sites'],
  check: (input) =>
    active(input)
      .filter((each) => each.system === 'ga')
      .filter((each) => {
        const transport = settingOf(each, 'transport');
        return transport === 'mp' || (transport === 'auto' && !hasTag(each, input));
      })
      .map((each) => ({
        path: at(each, input.places.has(at(each, 'transport')) ? 'transport' : 'type'),
        message: `\`${each.name}\` uses the Measurement Protocol and no site lists its measurement id under \`tags\`: no sessions, sources, location or device`,
      })),
};
