// What the newest notice says and no route does: either a typing error, or people are told of more than happens.

import type { Destination, Disclosure } from '../../core/config.ts';
import { PERSON_FIELDS } from '../../core/person.ts';
import type { Path } from '../problems.ts';
import { didYouMean } from '../suggest.ts';
import {
  active,
  activeTags,
  fullKind,
  recipients,
  treatmentsOf,
  type Finding,
  type LintInput,
  type LintRule,
} from './rule.ts';

function unusedData(
  destination: Destination,
  disclosure: Disclosure,
  where: { path: Path; input: LintInput },
): readonly Finding[] {
  const kept = treatmentsOf(destination, where.input.registries).filter(
    ({ treatment }) => treatment === 'keep',
  );
  return disclosure.data.flatMap((datum, index) => {
    const used = (PERSON_FIELDS as readonly string[]).includes(datum)
      ? destination.person.some((field) => field === datum)
      : kept.some(({ kind }) => kind === fullKind(datum, destination));
    if (used) return [];
    return [
      { path: [...where.path, 'data', index], message: `\`${destination.name}\` does not get \`${datum}\`` },
    ];
  });
}

function unusedDestinations(input: LintInput, index: number): readonly Finding[] {
  const notice = input.snapshot.notices[index];
  const names = recipients(input).map((each) => each.name);
  return Object.entries(notice?.discloses ?? {}).flatMap(([name, disclosure]) => {
    const path = ['notices', index, 'discloses', name];
    const destination = active(input).find((each) => each.name === name);
    if (activeTags(input).some((each) => each.name === name)) return []; // what a script reads in the page is not the gateway's to say
    if (destination !== undefined) return unusedData(destination, disclosure, { path, input });
    const { destinations, tags } = input.snapshot;
    const off = [...destinations, ...tags].some((each) => each.name === name);
    const state = off ? 'is switched off' : `is no destination or tag of this file${didYouMean(name, names)}`;
    return [{ path, message: `\`${name}\` ${state}` }];
  });
}

function unusedLinks(input: LintInput, index: number): readonly Finding[] {
  return (input.snapshot.notices[index]?.links ?? []).flatMap((link, position) => {
    const asked = active(input).some(
      (each) =>
        [each.name, each.system].includes(link.to) && each.links.some(({ system }) => system === link.from),
    );
    const message = `no destination asks for the link from \`${link.from}\` to \`${link.to}\``;
    return asked ? [] : [{ path: ['notices', index, 'links', position], message }];
  });
}

function check(input: LintInput): readonly Finding[] {
  const newest = input.snapshot.notices.length - 1;
  return newest < 0 ? [] : [...unusedDestinations(input, newest), ...unusedLinks(input, newest)];
}

export const disclosedButUnused: LintRule = {
  code: 'disclosed-but-unused',
  severity: 'warning',
  sentence: 'the newest notice discloses what no route does',
  reason: 'people are asked for more than is used; consent that covers little and true is worth more',
  refuses: false,
  needs: ['notices', 'destinations', 'tags'],
  check,
};
