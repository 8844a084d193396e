// The write keys of a request, in the order of precedence: Basic user name, body, query.

import type { IntakeRequest } from '../../core/plugin.ts';
import type { Pairs } from '../query.ts';
import { text } from '../value.ts';

const LONGEST_HEADER = 4096;

/** User name of `Authorization: Basic`; the colon and the (empty) password may be missing. */
export function basicUser(header: string | undefined): string | null {
  if (header === undefined || header.length > LONGEST_HEADER) return null;
  const encoded = /^basic +([A-Za-z0-9+/=_-]+)$/i.exec(header.trim())?.[1];
  if (encoded === undefined) return null;
  const pair = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  return text(colon < 0 ? pair : pair.slice(0, colon));
}

/** All keys found, each once. `stated`: those of bodies and their calls. */
export function writeKeys(
  request: IntakeRequest,
  pairs: Pairs,
  stated: readonly unknown[],
): readonly string[] {
  const found: string[] = [];
  const add = (key: string | null): void => {
    // The calls of a batch repeat one key; a set sees to whatever else comes twice.
    if (key !== null && key !== found.at(-1)) found.push(key);
  };
  add(basicUser(request.headers['authorization']));
  for (const key of stated) add(text(key));
  add(text(pairs.get('writeKey')));
  return found.length < 2 ? found : [...new Set(found)];
}
