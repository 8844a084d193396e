// Reads a consent tool's one cookie, wherever the routing file says that it is named otherwise: each value of it once for as long as
// it is remembered.

import type { PurposeMapping } from '../core/config.ts';
import type { Claim, ConsentInput } from '../core/consent.ts';
import { remembered } from './cache.ts';
import { cookieName, cookieValues } from './places.ts';

export interface ToolCookie {
  readonly source: string;
  /** The tool's own name for it. */
  readonly cookie: string;
  /** May not look at the clock. */
  readonly read: (value: string, mapping: PurposeMapping) => readonly Claim[];
}

/** What all values of the cookie claim; most requests have none. */
export function cookieClaims(
  input: ConsentInput,
  mapping: PurposeMapping,
  { source, cookie, read }: ToolCookie,
): readonly Claim[] {
  const values = cookieValues(input, cookieName(mapping, source, cookie));
  if (values.length === 0) return [];
  return values.flatMap((value) =>
    remembered({ mapping, format: source, texts: [value] }, () => read(value, mapping)),
  );
}
