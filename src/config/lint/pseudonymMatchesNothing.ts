// Ids that only their issuer can match are worth something as they are or not at all.

import { identifierKind } from '../../core/identifiers.ts';
import { at, fullKind, type LintRule } from './rule.ts';

export const pseudonymMatchesNothing: LintRule = {
  code: 'pseudonym-matches-nothing',
  severity: 'error',
  sentence: 'an id that only its issuer can match is to be pseudonymised',
  reason:
    'the vendor looks the value up among those it gave out itself; a pseudonym is none of them and only costs',
  refuses: true,
  needs: [],
  check: ({ snapshot }) =>
    snapshot.destinations.flatMap((destination) =>
      Object.entries(destination.ids)
        .filter(([, treatment]) => treatment === 'pseudonymise')
        .filter(([key]) => identifierKind(fullKind(key, destination))?.pseudonym === null)
        .map(([key]) => ({
          path: at(destination, 'ids', key),
          message: `a pseudonym of \`${fullKind(key, destination)}\` matches nothing: use \`keep\` or \`strip\``,
        })),
    ),
};
