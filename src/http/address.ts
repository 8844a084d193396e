// The client's address: the right-most address of X-Forwarded-For that is not a trusted proxy, if the connection itself
// comes from one. Only X-Forwarded-For is read; `Forwarded` is not, since a proxy that sets one passes the other through.

import ipaddr from 'ipaddr.js';
import type { IPv4, IPv6 } from 'ipaddr.js';

export type AddressReader = (socket: string | undefined, forwardedFor: string | undefined) => string | null;

/** Hops looked at, from the right. */
const MAX_HOPS = 32;
/** `1.2.3.4`, `1.2.3.4:5678`, `2001:db8::1`, `[2001:db8::1]:5678`; a zone is cut off. */
const HOP =
  /^(?:\[([0-9a-fA-F:.]+)(?:%\w+)?\](?::\d{1,5})?|(\d+\.\d+\.\d+\.\d+)(?::\d{1,5})?|([0-9a-fA-F:.]+)(?:%\w+)?)$/;

function parse(text: string): IPv4 | IPv6 | null {
  const match = text.length > 80 ? null : HOP.exec(text);
  const address = match?.[1] ?? match?.[2] ?? match?.[3];
  if (address === undefined) return null;
  // `isValid` alone takes octal and short forms of IPv4, which others read differently.
  if (!address.includes(':') && !ipaddr.IPv4.isValidFourPartDecimal(address)) return null;
  return ipaddr.isValid(address) ? ipaddr.process(address) : null;
}

/** Networks must be valid CIDR; the routing file's schema has seen to that. */
export function addressReader(trustedProxies: readonly string[]): AddressReader {
  const networks = trustedProxies.map((network) => ipaddr.parseCIDR(network));
  const isTrusted = (address: IPv4 | IPv6): boolean =>
    networks.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits));

  return (socket, forwardedFor) => {
    const direct = socket === undefined ? null : parse(socket);
    if (direct === null) return null;
    if (networks.length === 0 || forwardedFor === undefined || !isTrusted(direct)) return direct.toString();
    const hops = forwardedFor.split(',').slice(-MAX_HOPS);
    let client: IPv4 | IPv6 = direct;
    for (const hop of hops.reverse()) {
      const address = parse(hop.trim());
      if (address === null) return null; // nothing left of this can be believed
      client = address;
      if (!isTrusted(address)) break;
    }
    return client.toString();
  };
}

/** The address as rate limits see it: IPv6 clients own a /64. */
export function addressKey(address: string): string {
  if (!address.includes(':')) return address;
  const parsed = ipaddr.isValid(address) ? ipaddr.parse(address) : null;
  return parsed === null ? address : parsed.toByteArray().slice(0, 8).join('.');
}
