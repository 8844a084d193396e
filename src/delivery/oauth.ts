// OAuth 1.0a signatures (RFC 5849, HMAC-SHA1). Pure: nonce and timestamp are given.

import { createHmac } from 'node:crypto';

export interface OAuthSecrets {
  readonly consumerSecret: string;
  readonly tokenSecret: string;
}

/** RFC 3986's unreserved characters stay; all else is percent-encoded (section 3.6). */
export const percentEncode = (text: string): string =>
  encodeURIComponent(text.toWellFormed()).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );

export type Pairs = readonly (readonly [string, string])[];

/** What is signed of a request: `pairs` are its form-encoded body parameters and the protocol's own. */
export interface Signable {
  readonly method: string;
  readonly url: string;
  readonly pairs: Pairs;
}

/** The signature base string (section 3.4.1): method, address without query, and all parameters sorted. */
export function baseString({ method, url, pairs }: Signable): string {
  const parsed = new URL(url);
  const encoded = [...parsed.searchParams, ...pairs].map(
    ([name, value]) => [percentEncode(name), percentEncode(value)] as const,
  );
  encoded.sort(([a, av], [b, bv]) => (a === b ? order(av, bv) : order(a, b)));
  const parameters = encoded.map(([name, value]) => `${name}=${value}`).join('&');
  const address = `${parsed.protocol}//${parsed.host}${parsed.pathname}`;
  return [method, percentEncode(address), percentEncode(parameters)].join('&');
}

const order = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

/** HMAC-SHA1 over the base string (section 3.4.2), in base64. */
export function oauthSignature(signable: Signable, secrets: OAuthSecrets): string {
  const key = `${percentEncode(secrets.consumerSecret)}&${percentEncode(secrets.tokenSecret)}`;
  return createHmac('sha1', key).update(baseString(signable)).digest('base64');
}

/** The value of the Authorization header (section 3.5.1). */
export function oauthHeader(pairs: Pairs, signature: string): string {
  const all = [...pairs, ['oauth_signature', signature] as const];
  return `OAuth ${all.map(([name, value]) => `${percentEncode(name)}="${percentEncode(value)}"`).join(', ')}`;
}
