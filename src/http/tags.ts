// `/v1/tags`: which tags may load and which recorders may start for the visitor who asks, by their cookies and what the query says of
// consent. Only pages of the site may ask, and no cache keeps the answer.

import type { Context } from 'koa';
import type { Answer } from '../core/plugin.ts';
import { json } from './answer.ts';
import type { Shared } from './collect.ts';
import type { Prepared } from './prepared.ts';
import { plainHeaders, siteOf, targetOf } from './request.ts';

export const TAGS_METHODS = 'GET, HEAD, OPTIONS';

export function getTags({ req }: Context, { ports }: Shared, prepared: Prepared): Answer {
  const { query } = targetOf(req);
  const key = new URLSearchParams(query).get('writeKey');
  const found = siteOf(req, prepared, { writeKeys: key === null ? [] : [key], tags: [] });
  const cookies = prepared.cookies(req.headers.cookie);
  const asked = {
    ...found,
    idCookies: found.site.cookies ? cookies.ids : {},
    consentCookies: cookies.consent,
    request: { query, headers: plainHeaders(req), limits: prepared.snapshot.server.limits },
  };
  return json(ports.permittedTags(asked));
}
