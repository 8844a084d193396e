// The private-address guard: a vendor's address may not lead into the gateway's own network. Literals are judged before
// connecting, names by what they resolve to, and the socket by the address it really has, so rebinding a name gains nothing.

import { lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import { buildConnector } from 'undici';
import ipaddr from 'ipaddr.js';

/** The address is not on the public internet. Carries no address: messages end up in logs. */
export class PrivateAddressError extends Error {
  readonly code = 'SLUIS_PRIVATE_ADDRESS';

  constructor() {
    super('the address is private, and `server.allowPrivateEndpoints` is not set');
    this.name = 'PrivateAddressError';
  }
}

/** The unicast space that is handed out; everything outside 2000::/3 is special in one way or another. */
const IPV6_GLOBAL = ipaddr.IPv6.parseCIDR('2000::/3');
/** NAT64's well-known prefix, which on IPv6-only hosts carries every IPv4 vendor. */
const NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96');

/** Is this a literal address on the public internet? Whatever cannot be read is not. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0) return false;
  const parsed = ipaddr.parse(address);
  if (parsed instanceof ipaddr.IPv4) return parsed.range() === 'unicast';
  if (!(parsed instanceof ipaddr.IPv6)) return false;
  if (parsed.isIPv4MappedAddress()) return parsed.toIPv4Address().range() === 'unicast';
  if (parsed.match(NAT64)) return new ipaddr.IPv4(parsed.toByteArray().slice(12)).range() === 'unicast';
  return parsed.match(IPV6_GLOBAL) && parsed.range() === 'unicast';
}

/** A lookup that answers public addresses only; a name with no other is refused before anything connects. */
export function publicLookup(lookup: LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, '', 0);
      const answers = typeof found === 'string' ? [{ address: found, family: isIP(found) }] : found;
      const open = answers.filter(({ address }) => isPublicAddress(address));
      const first = open[0];
      if (first === undefined) return callback(new PrivateAddressError(), '', 0);
      if (options.all === true) return callback(null, open);
      return callback(null, first.address, first.family);
    });
  };
}

/**
 * Lookups of one name that come together share an answer. The system's resolver works on a few threads for all: without this
 * one vendor whose name servers hang could occupy them and delay the others.
 */
export function sharedLookup(lookup: LookupFunction): LookupFunction {
  const waiting = new Map<string, Parameters<LookupFunction>[2][]>();
  return (hostname, options, callback) => {
    const key = JSON.stringify([hostname, options.all, options.family, options.hints]);
    const others = waiting.get(key);
    if (others !== undefined) {
      others.push(callback);
      return;
    }
    const all = [callback];
    waiting.set(key, all);
    lookup(hostname, options, (...answer) => {
      waiting.delete(key);
      for (const one of all) one(...answer);
    });
  };
}

export interface GuardOptions {
  readonly allowPrivate: boolean;
  readonly connectTimeoutMs: number;
  /** How names resolve. Default: the system's resolver. */
  readonly lookup?: LookupFunction | undefined;
}

/** An undici connector behind the guard. HTTP/1.1 only: with it the moment a request is written is known. */
export function guardedConnector(options: GuardOptions): buildConnector.connector {
  const lookup = sharedLookup(options.lookup ?? systemLookup);
  const connect = buildConnector({
    timeout: options.connectTimeoutMs,
    allowH2: false,
    lookup: options.allowPrivate ? lookup : publicLookup(lookup),
  });
  if (options.allowPrivate) return connect;
  return (target, callback) => {
    if (isIP(target.hostname) !== 0 && !isPublicAddress(target.hostname)) {
      queueMicrotask(() => callback(new PrivateAddressError(), null));
      return undefined;
    }
    // The socket is handed on because undici cancels a connection attempt through it.
    return connect(target, (...result) => {
      // An error comes without a second argument, whatever the types say.
      if (result[0] !== null) return callback(result[0], null);
      return isOpen(result[1]) ? callback(null, result[1]) : callback(new PrivateAddressError(), null);
    });
  };
}

/** Judges the address that the socket is connected to; a socket that may not be used is closed before a byte is written. */
function isOpen(socket: Socket): boolean {
  if (socket.remoteAddress !== undefined && isPublicAddress(socket.remoteAddress)) return true;
  socket.destroy();
  return false;
}
