// What an upload of a recording is received as: its body with all that its request tells of consent, ids and page. Everything else of
// the request ends here.

import type { Limits, Site } from '../core/config.ts';
import { GatewayError } from '../core/errors.ts';
import { identifierName } from '../core/identifiers.ts';
import type { RecordingFormat, RecordingUpload, UploadCall } from '../core/recording.ts';
import { readAgent } from '../intake/device.ts';
import { IdCollector, MOST_IN_COOKIES, offerCookieIds, readCookieIds } from '../intake/ids.ts';
import { parsePairs, requestConsent } from '../intake/query.ts';
import type { SortedCookies } from './cookies.ts';

/** A request of one of a format's routes, read. */
export interface UploadRequest {
  readonly body: Uint8Array;
  readonly packed: boolean;
  /** Raw query string without `?`. */
  readonly query: string;
  /** Lower-case names, without cookies. */
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: SortedCookies;
  readonly ip: string | null;
  readonly receivedAt: number;
  readonly limits: Limits;
}

/** A listed origin that the browser names, else that of the page. */
function originOf({ headers }: UploadRequest, { page }: RecordingUpload, { origins }: Site): string | null {
  const named = [headers['origin'], page === null ? undefined : URL.parse(page)?.origin];
  return named.find((origin) => origin !== undefined && origins.includes(origin)) ?? null;
}

/** Ids of the upload come before those of cookies, as an event's would; cookies count only where the site says so. */
function collected({ ids }: RecordingUpload, site: Site, cookies: ReturnType<typeof readCookieIds>) {
  const collector = new IdCollector();
  for (const id of ids) collector.offer(identifierName(id), id.value, 'protocol');
  if (site.cookies) offerCookieIds(collector, cookies);
  return collector.found();
}

/**
 * Throws `unreadable_query` and its like for a query that cannot be read: it may hold a no. `header_too_large` for more ids in cookies
 * than are looked at: any script of the page can set so many that the visitor's own are not searched for.
 */
export function receivedUpload(
  { format, upload }: { readonly format: RecordingFormat; readonly upload: RecordingUpload },
  request: UploadRequest,
  site: Site,
): UploadCall {
  const { headers, cookies } = request;
  const found = readCookieIds({
    site,
    fromServer: false,
    idCookies: cookies.ids,
    consentCookies: cookies.consent,
  });
  if (found.length >= MOST_IN_COOKIES)
    throw new GatewayError('header_too_large', 'the cookies hold more ids than an upload is searched for');
  const own = `${format.system}.`;
  const received = {
    format: format.name,
    body: request.body,
    packed: request.packed,
    site: site.name,
    consent: requestConsent(parsePairs(request.query, request.limits), {
      headers,
      cookies: cookies.consent,
      fromServer: false,
    }),
    ...collected(upload, site, found),
    known: found.flatMap(({ name, value }) => (name.startsWith(own) ? [] : [[name, value] as const])),
    origin: originOf(request, upload, site),
    referer: headers['referer'] ?? null,
    ip: request.ip,
    userAgent: readAgent(headers['user-agent']),
    receivedAt: request.receivedAt,
  };
  return { received, format, upload };
}
