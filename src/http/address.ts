// The client's address: the right-most address of X-Forwarded-For that is not a trusted proxy, if the connection itself
// comes from one. Only X-Forwarded-For is read; `Forwarded` is not, since a proxy that sets one passes the other through.

import ipaddr from 'ipaddr.js';
import type { IPv4, IPv6 } from 'ipaddr.js';
import { LRUCache } from 'lru-cache';
import { copied } from '../core/recent.ts';

export type AddressReader = (socket: string | undefined, forwardedFor: string | undefined) => string | null;

/** Hops looked at, from the right. */
const MAX_HOPS = 32;
const MAX_CHARS = 80;
const NO_HOP = { text: null, trusted: false };
/** `1.2.3.4`, `1.2.3.4:5678`, `2001:db8::1`, `[2001:db8::1]:5678`; a zone is cut off. */
const HOP =
  /^(?:\[([0-9a-fA-F:.]+)(?:%\w+)?\](?::\d{1,5})?|(\d+\.\d+\.\d+\.\d+)(?::\d{1,5})?|([0-9a-fA-F:.]+)(?:%\w+)?)$/;

function parse(text: string): IPv4 | IPv6 | null {
  const match = text.length > MAX_CHARS ? null : HOP.exec(text);
  const address = match?.[1] ?? match?.[2] ?? match?.[3];
  if (address === undefined) return null;
  // `isValid` alone takes octal and short forms of IPv4, which others read differently.
  if (!address.includes(':') && !ipaddr.IPv4.isValidFourPartDecimal(address)) return null;
  return ipaddr.isValid(address) ? ipaddr.process(address) : null;
}

/** An address in its one canonical form; null for what is none. */
interface Hop {
  readonly text: string | null;
  readonly trusted: boolean;
}

/** Networks must be valid CIDR; the routing file's schema has seen to that. */
export function addressReader(trustedProxies: readonly string[]): AddressReader {
  const networks = trustedProxies.map((network) => ipaddr.parseCIDR(network));
  const hops = new LRUCache<string, Hop>({ max: 2000 });

  const read = (written: string): Hop => {
    const address = parse(written);
    const trusted =
      address !== null &&
      networks.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits));
    return { text: address?.toString() ?? null, trusted };
  };
  const hopOf = (written: string): Hop => {
    const known = hops.get(written);
    if (known !== undefined) return known;
    const hop = read(written);
    if (written.length <= MAX_CHARS) hops.set(copied(written), hop);
    return hop;
  };

  return (socket, forwardedFor) => {
    let hop = socket === undefined ? NO_HOP : hopOf(socket);
    if (!hop.trusted || forwardedFor === undefined) return hop.text;
    for (const written of forwardedFor.split(',').slice(-MAX_HOPS).reverse()) {
      hop = hopOf(written.trim());
      if (!hop.trusted) break; // the client, or what makes everything left of it unbelievable
    }
    return hop.text;
  };
}

/** The address as rate limits see it: IPv6 clients own a /64. */
export function addressKey(address: string): string {
  if (!address.includes(':')) return address;
  const parsed = ipaddr.isValid(address) ? ipaddr.parse(address) : null;
  return parsed === null ? address : parsed.toByteArray().slice(0, 8).join('.');
}
