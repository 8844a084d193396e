// What the listener derives from one config snapshot, once, and drops with it.

import type { Snapshot } from '../core/config.ts';
import { addressReader } from './address.ts';
import type { AddressReader } from './address.ts';
import { cookieSorter } from './cookies.ts';
import type { CookieSorter } from './cookies.ts';
import type { PublicPorts } from './ports.ts';
import { indexSites } from './site.ts';
import type { SiteIndex } from './site.ts';

export interface Prepared {
  readonly snapshot: Snapshot;
  readonly sites: SiteIndex;
  readonly address: AddressReader;
  readonly cookies: CookieSorter;
  /** Origins that any site lists. */
  readonly origins: { has(origin: string): boolean };
}

export type Prepare = () => Prepared;

export function preparer(ports: Pick<PublicPorts, 'snapshot' | 'isConsentCookie'>): Prepare {
  let last: Prepared | null = null;
  return () => {
    const snapshot = ports.snapshot();
    if (last?.snapshot === snapshot) return last;
    const sites = indexSites(snapshot.sites);
    last = {
      snapshot,
      sites,
      address: addressReader(snapshot.server.trustedProxies),
      cookies: cookieSorter((name) => ports.isConsentCookie(name, snapshot)),
      origins: sites.byOrigin,
    };
    return last;
  };
}
