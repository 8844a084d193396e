// The write keys of a request, in the order of precedence: Basic user name, body, query.

import type { IntakeRequest } from '../../core/plugin.ts';
import { parsePairs } from '../query.ts';
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

/** All keys found, each once. */
export function writeKeys(
  request: IntakeRequest,
  ...bodies: readonly { readonly writeKey?: unknown }[]
): readonly string[] {
  const query = request.query === '' ? undefined : parsePairs(request.query, request.limits).get('writeKey');
  const found = [
    basicUser(request.headers['authorization']),
    ...bodies.map((body) => text(body.writeKey)),
    text(query),
  ];
  return [...new Set(found.filter((key) => key !== null))];
}
