// Secrets belong into the environment or a file of their own. A default in the file is no better than the secret itself,
// except on trial, where it is a placeholder.

import { Secret } from '../../core/secret.ts';
import type { Path } from '../problems.ts';
import type { Finding, LintInput, LintRule } from './rule.ts';

const MAX_DEPTH = 12;

/** Paths of all secrets in a parsed value; they are the paths of the file, because parsing keeps names. */
function secretPaths(value: unknown, path: Path, found: Path[]): void {
  if (value instanceof Secret) found.push(path);
  else if (Array.isArray(value))
    value.forEach((each: unknown, index) => secretPaths(each, [...path, index], found));
  else if (typeof value === 'object' && value !== null && path.length < MAX_DEPTH)
    for (const [key, each] of Object.entries(value)) secretPaths(each, [...path, key], found);
}

/** User and password, or a token, in the address of a store. */
const LOGIN = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*@/;

function allSecrets({ snapshot }: LintInput): readonly Path[] {
  const found: Path[] = LOGIN.test(snapshot.store) ? [['store']] : [];
  secretPaths(snapshot.server.adminTokens, ['server', 'adminTokens'], found);
  secretPaths(snapshot.secrets, ['secrets'], found);
  for (const site of snapshot.sites) secretPaths(site.serverKeys, ['sites', site.name, 'serverKeys'], found);
  for (const each of snapshot.destinations) secretPaths(each.settings, ['destinations', each.name], found);
  return found;
}

function check(input: LintInput): readonly Finding[] {
  const { places, trial } = input;
  return allSecrets(input)
    .filter((path) => places.has(path))
    .flatMap((path): readonly Finding[] => {
      const origin = places.origin(path);
      if (origin === 'literal')
        return [
          { path, message: 'a secret stands in the file: write `${NAME}` or `${file:/run/secrets/NAME}`' },
        ];
      if (origin === 'default' && !trial)
        return [
          { path, message: 'this secret fell back on the default in the file, which is for trials only' },
        ];
      return [];
    });
}

export const plainSecret: LintRule = {
  code: 'plain-secret',
  severity: 'error',
  sentence: 'a secret is written out in the file',
  reason:
    'the file is shared, versioned and printed; whoever reads it could forge events, records or pseudonyms',
  refuses: false,
  needs: [],
  check,
};
