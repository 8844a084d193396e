// The device surface as the client states it; only its coarse reading ever leaves.

import { isIP } from 'node:net';
import { text } from './value.ts';

const LANGUAGE = /^[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,4}$/;
const SCREEN = /^\d{1,5}x\d{1,5}$/;
const COUNTRY = /^[A-Za-z]{2}$/;
const LONGEST_AGENT = 1024;

const formed = (value: unknown, form: RegExp): string | null => {
  const written = text(value);
  return written !== null && form.test(written) ? written : null;
};

/** `nl-NL`, `nl_NL`, `nl`. */
export const readLanguage = (value: unknown): string | null =>
  formed(value, LANGUAGE)?.replaceAll('_', '-') ?? null;

/** `1920x1080`. */
export const readScreen = (value: unknown): string | null => formed(value, SCREEN);

/** Two letters, upper case. */
export const readCountry = (value: unknown): string | null => formed(value, COUNTRY)?.toUpperCase() ?? null;

export const readAgent = (value: unknown): string | null => text(value)?.slice(0, LONGEST_AGENT) ?? null;

/** An address that means one: the unspecified one is how clients say that they do not tell. */
export function readIp(value: unknown): string | null {
  const written = text(value);
  if (written === null || isIP(written) === 0) return null;
  return /^[0:.]+$/.test(written) ? null : written;
}

/**
 * A client that states an address speaks for the visitor, also when it states none (`0.0.0.0`). Otherwise it is that of the
 * connection, unless a server is at its other end.
 */
export function visitorIp(stated: unknown, connection: string | null): string | null {
  const written = text(stated);
  return written !== null && isIP(written) !== 0 ? readIp(written) : connection;
}

const STATED: Readonly<Record<string, string>> = {
  desktop: 'desktop',
  mobile: 'mobile',
  phone: 'mobile',
  smartphone: 'mobile',
  ios: 'mobile',
  android: 'mobile',
  tablet: 'tablet',
  ipad: 'tablet',
};

/** What the client says itself counts before what its user agent suggests. */
export function readCategory(stated: unknown, mobile: unknown, agent: string | null): string | null {
  const word = text(stated)?.toLowerCase();
  if (word !== undefined && Object.hasOwn(STATED, word)) return STATED[word] ?? null;
  if (agent !== null && /ipad|tablet|playbook|silk(?!.*mobile)|android(?!.*mobile)/i.test(agent))
    return 'tablet';
  if (mobile === true || mobile === '1') return 'mobile';
  if (agent === null) return null;
  if (/mobi|iphone|ipod|android|windows phone/i.test(agent)) return 'mobile';
  return /^mozilla\//i.test(agent) ? 'desktop' : null;
}
