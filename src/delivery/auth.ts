// Signing: the last thing that happens to a request before it leaves, and the only place where a vendor's secret is revealed.
// `printable` is the same request for people, with every secret as `***`.

import { createHmac } from 'node:crypto';
import type { Auth, VendorRequest } from '../core/delivery.ts';
import type { Secret } from '../core/secret.ts';
import { oauthHeader, oauthSignature, percentEncode, type Pairs } from './oauth.ts';

/** A request as it goes on the wire, or as it is shown. */
export interface SignedRequest {
  readonly method: VendorRequest['method'];
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

export interface SigningMoment {
  /** Wall clock ms. */
  readonly now: number;
  readonly bytes: (count: number) => Uint8Array;
}

/** Signs a request. Null if its auth does not fit it: a secret that belongs in a JSON body that is not an object. */
export function sign(request: VendorRequest, moment: SigningMoment): SignedRequest | null {
  const { auth } = request;
  switch (auth.type) {
    case 'none':
      return plain(request);
    case 'header':
      return withHeader(request, auth.name, auth.prefix + auth.secret.reveal());
    case 'query':
      return {
        ...plain(request),
        url: withQuery(request.url, auth.name, percentEncode(auth.secret.reveal())),
      };
    case 'body':
      return withField(request, auth.name, auth.secret.reveal());
    case 'hmac':
      return withHeader(request, auth.header, stamp(auth.secret, request.body ?? '', moment.now));
    case 'oauth1':
      return withHeader(request, 'authorization', oauth1(request, auth, moment));
    default:
      return auth satisfies never;
  }
}

/** What `explain` and the console show: the request as built, with a placeholder wherever a secret would stand. */
export function printable(request: VendorRequest): SignedRequest {
  const { auth } = request;
  switch (auth.type) {
    case 'none':
      return plain(request);
    case 'header':
      return withHeader(request, auth.name, `${auth.prefix}***`);
    case 'query':
      return { ...plain(request), url: withQuery(request.url, auth.name, '***') };
    case 'body':
      return withField(request, auth.name, '***') ?? plain(request);
    case 'hmac':
      return withHeader(request, auth.header, '***');
    case 'oauth1':
      return withHeader(request, 'authorization', 'OAuth ***');
    default:
      return auth satisfies never;
  }
}

function plain({ method, url, headers, body }: VendorRequest): SignedRequest {
  return { method, url, headers, body };
}

function withHeader(request: VendorRequest, name: string, value: string): SignedRequest {
  return { ...plain(request), headers: { ...request.headers, [name.toLowerCase()]: value } };
}

function withQuery(url: string, name: string, encoded: string): string {
  const hash = url.indexOf('#');
  const address = hash === -1 ? url : url.slice(0, hash);
  return `${address}${address.includes('?') ? '&' : '?'}${percentEncode(name)}=${encoded}`;
}

/** Puts the field in front of the others. The rest of the body keeps its bytes. */
function withField(request: VendorRequest, name: string, value: string): SignedRequest | null {
  const body = request.body?.trim() ?? '{}';
  if (!body.startsWith('{') || !body.endsWith('}')) return null;
  const rest = body.slice(1).trimStart();
  const field = `${JSON.stringify(name)}:${JSON.stringify(value)}`;
  return { ...plain(request), body: `{${field}${rest === '}' ? '' : ','}${rest}` };
}

/** `t=<seconds>,v1=<hex>` over `<seconds>.<body>`: the receiver can refuse what is old or altered. */
function stamp(secret: Secret, body: string, now: number): string {
  const seconds = Math.floor(now / 1000);
  return `t=${seconds},v1=${createHmac('sha256', secret.reveal()).update(`${seconds}.${body}`).digest('hex')}`;
}

function oauth1(
  request: VendorRequest,
  auth: Extract<Auth, { type: 'oauth1' }>,
  moment: SigningMoment,
): string {
  const pairs: Pairs = [
    ['oauth_consumer_key', auth.consumerKey],
    ['oauth_nonce', Buffer.from(moment.bytes(16)).toString('hex')],
    ['oauth_signature_method', 'HMAC-SHA1'],
    ['oauth_timestamp', String(Math.floor(moment.now / 1000))],
    ['oauth_token', auth.token],
    ['oauth_version', '1.0'],
  ];
  const signable = { method: request.method, url: request.url, pairs: [...pairs, ...formPairs(request)] };
  const secrets = { consumerSecret: auth.consumerSecret.reveal(), tokenSecret: auth.tokenSecret.reveal() };
  return oauthHeader(pairs, oauthSignature(signable, secrets));
}

/** Parameters of a form-encoded body are signed too; any other body is not. */
function formPairs({ headers, body }: VendorRequest): Pairs {
  if (body === null || !/^application\/x-www-form-urlencoded\b/i.test(headers['content-type'] ?? ''))
    return [];
  return [...new URLSearchParams(body)];
}
