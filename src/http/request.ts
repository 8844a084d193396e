// What is read off a request once it is known to be ours: path, headers without cookies, client address, site.

import type { IncomingMessage } from 'node:http';
import type { Site } from '../core/config.ts';
import { GatewayError } from '../core/errors.ts';
import type { SiteHints } from '../core/plugin.ts';
import type { Prepared } from './prepared.ts';
import { resolveSite } from './site.ts';

export interface Target {
  readonly path: string;
  /** Raw, without `?`. */
  readonly query: string;
}

/**
 * Makes origin form of absolute form, once per request and before anything reads the target. Whatever else does not begin with a
 * slash is refused here: some of it makes the parser behind Koa's `path` throw.
 */
export function settleTarget(request: IncomingMessage): void {
  const url = request.url ?? '';
  if (url.startsWith('/') || url === '*') return;
  const scheme = /^https?:\/\//i.exec(url)?.[0];
  if (scheme === undefined)
    throw new GatewayError('bad_request', 'the request target is neither a path nor an http address');
  const slash = url.indexOf('/', scheme.length);
  request.url = slash < 0 ? '/' : url.slice(slash);
}

/** Path and raw query of the request target. */
export function targetOf(request: IncomingMessage): Target {
  const url = request.url ?? '';
  const mark = url.indexOf('?');
  return mark < 0 ? { path: url, query: '' } : { path: url.slice(0, mark), query: url.slice(mark + 1) };
}

/** One value of a header; the server joins repeated ones, so that two values never pass for one. */
export function headerOf(request: IncomingMessage, name: string): string | null {
  const value = request.headers[name];
  return typeof value === 'string' ? value : null;
}

/** The headers a protocol may see: all but cookies. */
export function plainHeaders(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  const all = request.headers;
  for (const name in all) {
    const value = all[name];
    if (typeof value === 'string' && name !== 'cookie') headers[name] = value;
  }
  return headers;
}

export const addressOf = (request: IncomingMessage, prepared: Prepared): string | null =>
  prepared.address(request.socket.remoteAddress, headerOf(request, 'x-forwarded-for') ?? undefined);

/** Throws the refusal of an unknown site or a foreign origin. */
export function siteOf(
  request: IncomingMessage,
  prepared: Prepared,
  hints: SiteHints,
): { readonly site: Site; readonly fromServer: boolean } {
  const verdict = resolveSite(prepared.sites, {
    hints,
    origin: headerOf(request, 'origin'),
    referer: headerOf(request, 'referer'),
    host: headerOf(request, 'host'),
    fetchSite: headerOf(request, 'sec-fetch-site'),
  });
  if ('refused' in verdict) throw new GatewayError(verdict.refused, verdict.message);
  return verdict;
}
