// What no notice says can be covered by no consent: destinations, purposes, raw data, countries and links.

import type { Destination, Disclosure, Notice, Recipient, Tag } from '../../core/config.ts';
import { isTag } from '../../core/config.ts';
import { PERSON_FIELDS } from '../../core/person.ts';
import { at, fullKind, recipients, type Finding, type LintInput, type LintRule } from './rule.ts';

const disclosuresOf = (name: string, notices: readonly Notice[]): readonly Disclosure[] =>
  notices.flatMap(({ discloses }) => (Object.hasOwn(discloses, name) ? (discloses[name] ?? []) : []));

/** A kind under the name that notices use for this destination. */
function datumOf(key: string, destination: Destination): string {
  const full = fullKind(key, destination);
  const own = `${destination.system}.`;
  return full.startsWith(own) ? full.slice(own.length) : full;
}

function purposeFindings(destination: Recipient, disclosures: readonly Disclosure[]): readonly Finding[] {
  const lacking = (each: Disclosure): readonly string[] =>
    destination.requires.filter((purpose) => !each.purposes.includes(purpose));
  if (disclosures.some((each) => lacking(each).length === 0)) return [];
  const newest = disclosures.at(-1);
  const words = (newest === undefined ? [] : lacking(newest)).map((each) => `\`${each}\``).join(', ');
  const message = `no notice discloses \`${destination.name}\` for all it requires; the newest that names it lacks ${words}`;
  return [{ path: at(destination, 'requires'), message }];
}

function dataFindings(destination: Destination, disclosures: readonly Disclosure[]): readonly Finding[] {
  const wanted = [
    ...Object.entries(destination.ids)
      .filter(([, treatment]) => treatment === 'keep')
      .map(([key]) => ({ datum: datumOf(key, destination), path: at(destination, 'ids', key) })),
    ...destination.person.map((field, index) => ({ datum: field, path: at(destination, 'person', index) })),
  ];
  return wanted
    .filter(({ datum }) => !disclosures.some((each) => each.data.includes(datum)))
    .map(({ datum, path }) => ({
      path,
      message: `no notice discloses \`${datum}\` for \`${destination.name}\`${note(datum)}`,
    }));
}

const note = (datum: string): string =>
  (PERSON_FIELDS as readonly string[]).includes(datum) ? '' : '; without that it is treated by its default';

/** Person fields and links need a purpose of their own besides, and it must be disclosed for this destination as well. */
function extraPurposes(destination: Destination, disclosures: readonly Disclosure[]): readonly Finding[] {
  const matching = destination.person.length > 0 && destination.audience !== 'crm';
  const extra = [
    ...(matching ? [{ purpose: 'audience_matching', key: 'person' }] : []),
    ...(destination.links.length > 0 ? [{ purpose: 'profiling', key: 'links' }] : []),
  ];
  return extra
    .filter(({ purpose }) => !disclosures.some((each) => each.purposes.includes(purpose)))
    .map(({ purpose, key }) => ({
      path: at(destination, key),
      message: `no notice discloses \`${purpose}\` for \`${destination.name}\`, which \`${key}\` needs`,
    }));
}

function linkFindings(destination: Destination, notices: readonly Notice[]): readonly Finding[] {
  const to = [destination.name, destination.system];
  return destination.links.flatMap((link, index) => {
    const told = notices.some((each) =>
      each.links.some(({ from, to: end }) => from === link.system && to.includes(end)),
    );
    if (told) return [];
    const message = `no notice discloses the link from \`${link.system}\` to \`${destination.name}\``;
    return [{ path: at(destination, 'links', index), message }];
  });
}

function countryFindings(destination: Recipient, disclosures: readonly Disclosure[]): readonly Finding[] {
  const { transfer } = destination;
  if (
    transfer === null ||
    disclosures.some((each) => each.country === null || each.country === transfer.country)
  )
    return [];
  const message = `no notice says that \`${destination.name}\` transfers to \`${transfer.country}\``;
  return [{ path: at(destination, 'transfer', 'country'), message }];
}

function findingsOf(
  destination: Destination | Tag,
  { snapshot: { notices } }: LintInput,
): readonly Finding[] {
  const disclosures = disclosuresOf(destination.name, notices);
  if (disclosures.length === 0)
    return [
      {
        path: at(destination),
        message: `no notice discloses \`${destination.name}\`, so it ${isTag(destination) ? 'never loads' : 'gets nothing'}`,
      },
    ];
  if (isTag(destination))
    return [...purposeFindings(destination, disclosures), ...countryFindings(destination, disclosures)];
  return [
    ...purposeFindings(destination, disclosures),
    ...dataFindings(destination, disclosures),
    ...extraPurposes(destination, disclosures),
    ...countryFindings(destination, disclosures),
    ...linkFindings(destination, notices),
  ];
}

export const notDisclosed: LintRule = {
  code: 'not-disclosed',
  severity: 'error',
  sentence: 'a destination, tag, datum, country or link stands in no notice',
  reason: 'consent covers what visitors were told; the gateway strips or blocks the rest',
  refuses: false,
  needs: ['notices'],
  check: (input) =>
    input.snapshot.notices.length === 0 ? [] : recipients(input).flatMap((each) => findingsOf(each, input)),
};
