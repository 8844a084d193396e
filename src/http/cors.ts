// Cross-origin rules: an origin that some site lists may read the answers, errors included, and send credentials; any
// other gets no CORS header at all. Preflights are answered without a key, since browsers send none with them.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HeaderList } from './answer.ts';

/** Asked for by the clients the gateway is made for; answered where a preflight names no headers. */
const USUAL_HEADERS = 'authorization, content-type, anonymousid, sentat, x-retry-count, sp-anonymous';
const HEADER_NAME = /^[A-Za-z0-9-]{1,64}$/;
const MAX_ASKED = 40;
/** Seconds; browsers cap it at two hours. */
const PREFLIGHT_KEEP = '7200';

/** True if the origin is listed. `Vary` goes out in any case, so that no cache serves one origin's answer to another. */
export function allowOrigin(
  request: IncomingMessage,
  response: ServerResponse,
  listed: { has(origin: string): boolean },
): boolean {
  response.setHeader('vary', 'Origin');
  const { origin } = request.headers;
  if (origin === undefined || !listed.has(origin)) return false;
  response.setHeader('access-control-allow-origin', origin);
  response.setHeader('access-control-allow-credentials', 'true');
  return true;
}

const ANY_ORIGIN: HeaderList = ['vary', 'Origin', 'cross-origin-resource-policy', 'cross-origin'];

/** What every answer of an intake path carries, and the name of the page's origin where it is listed. */
export function crossOriginHeaders(
  request: IncomingMessage,
  listed: { has(origin: string): boolean },
): HeaderList {
  const { origin } = request.headers;
  return origin === undefined || !listed.has(origin)
    ? ANY_ORIGIN
    : [...ANY_ORIGIN, 'access-control-allow-origin', origin, 'access-control-allow-credentials', 'true'];
}

/** Header names asked for, as far as they are well formed; their number is bounded. */
function askedHeaders(request: IncomingMessage): string {
  const asked = (request.headers['access-control-request-headers'] ?? '')
    .split(',', MAX_ASKED)
    .map((name) => name.trim())
    .filter((name) => HEADER_NAME.test(name));
  return asked.length === 0 ? USUAL_HEADERS : asked.join(', ');
}

/** The headers of a 204 to a preflight, after `allowOrigin` said yes. */
export function allowPreflight(request: IncomingMessage, response: ServerResponse, methods: string): void {
  response.setHeader('vary', 'Origin, Access-Control-Request-Headers');
  response.setHeader('access-control-allow-methods', methods);
  response.setHeader('access-control-allow-headers', askedHeaders(request));
  response.setHeader('access-control-max-age', PREFLIGHT_KEEP);
}
