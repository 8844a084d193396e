// Personal data with a form of its own: e-mail addresses, IP and hardware addresses, tokens that name a person, user agents.
// Searches start at a rare character and grow from there, so hostile strings cost no more than their length.

import { isIPv4, isIPv6 } from 'node:net';
import { eachMatch } from './match.ts';
import type { Report } from './numbers.ts';

/** What ends the part before the at sign. */
const LOCAL_END = /[\s<>()[\]{},;:"'=&?#/\\|@%*]/;
const DOMAIN_CHARACTER = /[\p{L}\p{N}.-]/u;
const DOMAIN =
  /^(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)+(?:[\p{L}]{2,24}|xn--[a-z0-9-]{2,40})/iu;
const MAX_LOCAL = 64;
const MAX_DOMAIN = 255;

/** `name@host.tld`; a quoted local part counts, a bare `@handle` does not. */
export function emails(text: string, report: Report): void {
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    const start = localStart(text, at);
    if (start === at) continue;
    let end = at + 1;
    while (end < text.length && end - at <= MAX_DOMAIN && DOMAIN_CHARACTER.test(text[end] ?? '')) end++;
    const domain = DOMAIN.exec(text.slice(at + 1, end));
    if (domain !== null) report('email', start, at + 1 + domain[0].length);
  }
}

function localStart(text: string, at: number): number {
  let start = at;
  if (text[at - 1] === '"') {
    const quote = text.lastIndexOf('"', at - 2);
    return quote >= 0 && at - quote <= MAX_LOCAL + 2 ? quote : at;
  }
  while (start > 0 && at - start < MAX_LOCAL && !LOCAL_END.test(text[start - 1] ?? ' ')) start--;
  return start;
}

const IPV4 = /(?<![\w.])\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![\w]|\.\d)/g;
/** Four-part versions look like addresses; a letter, slash of a product or the word says which it is. */
const VERSION = /(?:[A-Za-z]\/|\bv(?:ersion|er)?\.?[ :=-]?|\b(?:release|build|rev)[ :=-]?)$/i;

export function ipv4(text: string, report: Report): void {
  eachMatch(IPV4, text, (match) => {
    const before = text.slice(Math.max(0, match.index - 10), match.index);
    if (isIPv4(match[0]) && !VERSION.test(before)) report('ip', match.index, match.index + match[0].length);
  });
}

const COLONS = /(?<![\w:.])[0-9a-f:]{2,39}(?:(?<=:)(?:\d{1,3}\.){3}\d{1,3})?(?![\w:])/gi;
const HARDWARE = /(?<![\w:-])[0-9a-f]{2}(?:([:-])[0-9a-f]{2})(?:\1[0-9a-f]{2}){4}(?![\w:-])/gi;

/** IPv6 and MAC addresses; times of day have too few groups for either. */
export function colonAddresses(text: string, report: Report): void {
  eachMatch(COLONS, text, (match) => {
    const end = match.index + match[0].length;
    const trimmed = match[0].replace(/(?<!:):$/, '');
    if (trimmed.length > 3 && isIPv6(trimmed)) report('ip', match.index, end);
  });
}

export function hardwareAddresses(text: string, report: Report): void {
  if (!text.includes(':') && !text.includes('-')) return;
  eachMatch(HARDWARE, text, (match) => report('mac', match.index, match.index + match[0].length));
}

const JWT = /(?<![\w-])eyJ[\w-]{6,}\.[\w-]{4,}(?:\.[\w-]*)?/g;
export function webTokens(text: string, report: Report): void {
  if (!text.includes('eyJ')) return;
  eachMatch(JWT, text, (match) => report('jwt', match.index, match.index + match[0].length));
}

const AGENT = /\b(?:Mozilla|Opera|Dalvik|okhttp|CFNetwork|AppleWebKit)\/\d[^"'\n]{0,600}/g;
const AGENT_NAMES = ['Mozilla/', 'Opera/', 'Dalvik/', 'okhttp/', 'CFNetwork/', 'AppleWebKit/'];
export function userAgents(text: string, report: Report): void {
  if (!AGENT_NAMES.some((name) => text.includes(name))) return;
  eachMatch(AGENT, text, (match) => report('user_agent', match.index, match.index + match[0].length));
}
