// Objecting must be as easy as consenting: people need to know to whom.

import type { LintRule } from './rule.ts';

export const noObjectionPath: LintRule = {
  code: 'no-objection-path',
  severity: 'warning',
  sentence: 'the file names nobody to whom people can object',
  reason:
    'people may object at any time, also those without a cookie; the privacy centre and the notices print this contact',
  refuses: false,
  needs: ['controller'],
  check: ({ snapshot }) =>
    snapshot.controller === null
      ? [{ path: ['controller'], message: 'add `controller: { name: …, contact: … }`' }]
      : [],
};
