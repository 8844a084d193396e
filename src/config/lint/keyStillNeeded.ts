// Objections are known by digests under the key of their time. Without the key the objection is forgotten.

import type { LintRule } from './rule.ts';

export const keyStillNeeded: LintRule = {
  code: 'key-still-needed',
  severity: 'error',
  sentence: 'a secret was removed that digests of objections still use',
  reason: 'who objected could no longer be recognised, and would be tracked again',
  refuses: true,
  needs: ['secrets'],
  check: ({ snapshot, secretsInUse }) =>
    [...new Set(secretsInUse)]
      .filter((id) => !snapshot.secrets.some((secret) => secret.id === id))
      .map((id) => ({
        path: ['secrets'],
        message: `the secret \`${id}\` is still used by digests of objections: keep it at the end of the list`,
      })),
};
