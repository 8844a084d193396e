// Which site a request is about, and whether it may speak for it: write key, else a tag a site lists, else Origin, Referer
// or Host. Everything found has to agree on exactly one site; browsers have to come from an origin that it lists.

import { hash } from 'node:crypto';
import type { Site } from '../core/config.ts';
import type { SiteHints } from '../core/plugin.ts';

export interface SiteIndex {
  readonly byKey: ReadonlyMap<string, readonly Site[]>;
  /** By SHA-256, so that a look-up takes the same time whatever part of a guessed key is right. */
  readonly byServerKey: ReadonlyMap<string, readonly Site[]>;
  readonly byTag: ReadonlyMap<string, readonly Site[]>;
  readonly byOrigin: ReadonlyMap<string, readonly Site[]>;
  /** Host names of origins, without a leading `www.`. */
  readonly byHost: ReadonlyMap<string, readonly Site[]>;
}

export interface SiteEvidence {
  readonly hints: SiteHints;
  readonly origin: string | null;
  readonly referer: string | null;
  readonly host: string | null;
  /** `Sec-Fetch-Site`: sent by browsers, and out of reach of a page's script. */
  readonly fetchSite: string | null;
}

export type SiteVerdict =
  | { readonly site: Site; readonly fromServer: boolean }
  | { readonly refused: 'unknown_site' | 'origin_not_allowed'; readonly message: string };

const unknown = (message: string): SiteVerdict => ({ refused: 'unknown_site', message });

const digest = (key: string): string => hash('sha256', key);

/** Origin of an address, or null where it has none. */
const originOf = (address: string): string | null => {
  const origin = URL.parse(address)?.origin;
  return origin === undefined || origin === 'null' ? null : origin;
};

/** Lower-case host name without port; brackets of IPv6 stay. */
export const hostName = (host: string): string => /^(\[[^\]]*\]|[^:]*)/.exec(host)?.[0].toLowerCase() ?? '';

export function indexSites(sites: readonly Site[]): SiteIndex {
  const group = (keysOf: (site: Site) => readonly string[]): Map<string, readonly Site[]> => {
    const found = new Map<string, readonly Site[]>();
    for (const site of sites)
      for (const key of new Set(keysOf(site))) found.set(key, [...(found.get(key) ?? []), site]);
    return found;
  };
  return {
    byKey: group((site) => [site.writeKey]),
    byServerKey: group((site) => site.serverKeys.map((key) => digest(key.reveal()))),
    byTag: group((site) => site.tags),
    byOrigin: group((site) => site.origins),
    byHost: group((site) =>
      site.origins.flatMap((origin) => URL.parse(origin)?.hostname.replace(/^www\./, '') ?? []),
    ),
  };
}

const both = (found: readonly Site[] | null, more: readonly Site[]): readonly Site[] =>
  found === null ? more : found.filter((site) => more.includes(site));

/** Sites by key; null where no key was given, undefined where a key is nobody's. */
function byKeys(
  index: SiteIndex,
  keys: readonly string[],
): { sites: readonly Site[]; server: boolean } | null | undefined {
  let sites: readonly Site[] | null = null;
  let server = false;
  for (const key of keys) {
    if (key === '') continue;
    const open = index.byKey.get(key);
    const closed = open === undefined ? index.byServerKey.get(digest(key)) : undefined;
    const found = open ?? closed;
    if (found === undefined) return undefined;
    if (closed !== undefined) server = true;
    sites = both(sites, found);
  }
  return sites === null ? null : { sites, server };
}

/** No name of a host is longer. */
const MAX_HOST = 255;

/** The gateway's own address stands on the site's domain or below it; the nearest listed domain counts. */
function byHost(index: SiteIndex, host: string): readonly Site[] {
  let name = hostName(host);
  if (name.length > MAX_HOST) return []; // each dot is a look-up
  for (;;) {
    const found = index.byHost.get(name);
    if (found !== undefined) return found;
    const dot = name.indexOf('.');
    if (dot < 0 || name.startsWith('[')) return [];
    name = name.slice(dot + 1);
  }
}

/** Is it proven that a listed origin sent this? GET requests of a page's own images and scripts carry no Origin. */
function comesFromListed(site: Site, evidence: SiteEvidence, page: string | null): boolean {
  if (page !== null) return site.origins.includes(page);
  if (evidence.fetchSite !== 'same-origin' || evidence.host === null) return false;
  const host = evidence.host.toLowerCase();
  return site.origins.some((origin) => URL.parse(origin)?.host === host);
}

/**
 * 1. keys: each must be known and all must name one site; 2. tags that some site lists must agree with that;
 * 3. without either, Origin, else Referer, else Host; 4. several left: the page's origin chooses; 5. a browser must
 * come from an origin the site lists.
 */
export function resolveSite(index: SiteIndex, evidence: SiteEvidence): SiteVerdict {
  const keyed = byKeys(index, evidence.hints.writeKeys);
  if (keyed === undefined) return unknown('the key belongs to no site');
  let sites = keyed?.sites ?? null;
  for (const tag of evidence.hints.tags) {
    const listed = index.byTag.get(tag);
    if (listed !== undefined) sites = both(sites, listed);
  }
  if (sites?.length === 0) return unknown('keys and tags of the request belong to different sites');
  const page = evidence.origin ?? (evidence.referer === null ? null : originOf(evidence.referer));
  if (sites === null) {
    if (page !== null) sites = index.byOrigin.get(page) ?? [];
    else sites = evidence.host === null ? [] : byHost(index, evidence.host);
    if (sites.length === 0) return unknown('send a write key, a tag that a site lists, or a listed origin');
  } else if (sites.length > 1 && page !== null) {
    sites = both(sites, index.byOrigin.get(page) ?? []);
  }
  const site = sites[0];
  if (site === undefined || sites.length > 1)
    return unknown('the request fits several sites; send a write key');
  const browser = evidence.origin !== null || evidence.fetchSite !== null;
  if (browser && !comesFromListed(site, evidence, page))
    return { refused: 'origin_not_allowed', message: 'the site does not list the origin of this page' };
  // A server key in a page is a leaked one: what comes with it from a browser proves nothing.
  return { site, fromServer: keyed?.server === true && !browser };
}
