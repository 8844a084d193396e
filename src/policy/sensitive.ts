// The gate of sensitive pages: what is listed as sensitive, and everything on sites for children, reaches no ad platform and
// no recording, whatever was granted.

import { matchesGlob } from '../core/glob.ts';
import type { Site } from '../core/config.ts';
import type { Page } from '../core/event.ts';
import type { Gate } from '../core/plugin.ts';
import { Recent, copied } from '../core/recent.ts';

export const sensitive: Gate = {
  name: 'sensitive',
  check({ facts, destination, site }) {
    const { audience } = destination;
    const barred = audience === 'advertising' || audience === 'recording' || facts.type === 'recording';
    return barred && (facts.sensitive || site?.children === true) ? [{ code: 'sensitive_page' }] : [];
  },
};

/** What cleaning reads of an address at most; a longer one leaves nowhere. */
const MAX_READ = 8192;

/** Paths that an address may mean: its own, and a client-side route in the fragment; decoded, with doubled slashes folded. */
function pathsOf(address: string): readonly string[] {
  const url = new URL(address, 'https://relative.invalid');
  const routes = [url.pathname, url.hash.replace(/^#!?/, '').replace(/\?.*$/s, '')];
  return routes
    .filter((route) => route.startsWith('/'))
    .map((route) => decodeURIComponent(route).replaceAll(/\/{2,}/g, '/'));
}

/** By the patterns of a site: pages come again, and reading an address costs 2 µs (measured). */
const MAX_ADDRESSES = 2000;
const MAX_ADDRESS = 512;
const known = new WeakMap<readonly string[], Recent<string, boolean>>();

function matches(address: string | null, patterns: readonly string[]): boolean {
  if (address === null || address === '') return false;
  if (address.length > MAX_ADDRESS) return matchesNow(address, patterns);
  let addresses = known.get(patterns);
  if (addresses === undefined) known.set(patterns, (addresses = new Recent(MAX_ADDRESSES)));
  const before = addresses.get(address);
  if (before !== undefined) return before;
  const found = matchesNow(address, patterns);
  addresses.set(copied(address), found);
  return found;
}

function matchesNow(address: string, patterns: readonly string[]): boolean {
  if (address.length > MAX_READ) return true; // it might be any page
  try {
    return pathsOf(address).some((path) => patterns.some((pattern) => matchesGlob(path, pattern)));
  } catch {
    return true; // an address that cannot be read might be any page
  }
}

/** Is this event about a sensitive page, by its address or by the page it came from? */
export function isSensitive(page: Page, site: Site): boolean {
  if (site.children) return true;
  if (site.sensitive.length === 0) return false;
  return matches(page.url, site.sensitive) || matches(page.referrer, site.sensitive);
}

/** The same where the page may not be told: one that nobody names might be any. */
export const mayBeSensitive = (page: Page, site: Site): boolean =>
  (page.url === null && site.sensitive.length > 0) || isSensitive(page, site);
