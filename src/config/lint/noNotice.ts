// Without a notice nothing flows. The message brings the block to paste, from what destinations and tags do.

import type { Destination } from '../../core/config.ts';
import { Document, isScalar, visit } from 'yaml';
import { active, activeTags, fullKind, treatmentsOf, type LintInput, type LintRule } from './rule.ts';

function disclosureOf(
  destination: Destination,
  input: LintInput,
): Record<string, unknown> | readonly string[] {
  const own = `${destination.system}.`;
  const kept = treatmentsOf(destination, input.registries)
    .filter(({ treatment }) => treatment === 'keep')
    .map(({ kind }) => fullKind(kind, destination))
    .map((kind) => (kind.startsWith(own) ? kind.slice(own.length) : kind));
  const data = [...kept, ...destination.person];
  const extra = [
    ...(destination.links.length > 0 ? ['profiling'] : []),
    ...(destination.person.length > 0 && destination.audience !== 'crm' ? ['audience_matching'] : []),
  ];
  const purposes = [...new Set([...destination.requires, ...extra])];
  const country = destination.transfer?.country;
  if (data.length === 0 && country === undefined) return purposes;
  return {
    purposes,
    ...(data.length === 0 ? {} : { data }),
    ...(country === undefined ? {} : { country }),
  };
}

/** A notice that discloses what destinations and tags do; its id and instant are for the reader to set. */
export function noticeBlock(input: LintInput): string {
  const destinations = active(input);
  const notice = {
    id: 'first',
    from: '2026-01-01T00:00:00+01:00',
    discloses: Object.fromEntries([
      ...destinations.map((each) => [each.name, disclosureOf(each, input)]),
      ...activeTags(input).map(({ name, requires, transfer }) => [
        name,
        transfer === null ? requires : { purposes: requires, country: transfer.country },
      ]),
    ]),
    links: destinations.flatMap((each) =>
      each.links.map((link) => ({
        from: link.system,
        to: each.name,
        aim: '(why)',
        consequences: '(what follows)',
      })),
    ),
  };
  const document = new Document({ notices: [notice] });
  visit(document, {
    Seq: (_, node) => {
      node.flow = node.items.every(isScalar);
    },
  });
  return document.toString().trimEnd();
}

export const noNotice: LintRule = {
  code: 'no-notice',
  severity: 'warning',
  sentence: 'the file has no notice, so nothing flows',
  reason: 'consent covers what visitors were told, and this file does not say what that was',
  refuses: false,
  needs: ['notices', 'destinations', 'tags'],
  check: (input) =>
    input.snapshot.notices.length > 0
      ? []
      : [
          {
            path: ['notices'],
            message: `no notice: nothing flows. If visitors were told this, paste it with the id and instant of your notice:\n${noticeBlock(input)}`,
          },
        ],
};
