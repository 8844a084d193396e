// The scalars of the routing file: durations, sizes, instants, addresses, networks, origins, globs and names, each with its
// pattern for editors and its parsed form. Messages say what is expected, never what was there.

import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { Secret } from '../core/secret.ts';

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const UNIT_BYTES: Readonly<Record<string, number>> = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 };
const CENTURY_MS = 36_525 * 86_400_000;

/** A string that `read` turns into something else, or refuses by returning null. */
const readAs = <T>(pattern: RegExp, expected: string, read: (text: string) => T | null) =>
  z
    .string()
    .regex(pattern, expected)
    .transform((text, context) => {
      const value = read(text);
      if (value !== null) return value;
      context.issues.push({ code: 'custom', message: expected, input: text });
      return z.NEVER;
    });

function amount(text: string, units: Readonly<Record<string, number>>): number | null {
  const match = /^(\d{1,9})([A-Za-z]+)$/.exec(text);
  const unit = units[match?.[2] ?? ''];
  return match === null || unit === undefined ? null : Number(match[1]) * unit;
}

const DURATION = /^\d{1,9}(?:ms|s|m|h|d)$/;

/** Milliseconds; `0s` is allowed. */
export const duration = readAs(
  DURATION,
  'expected a duration such as `500ms`, `10s`, `30m`, `24h` or `365d`',
  (text) => {
    const ms = amount(text, UNIT_MS);
    return ms === null || ms > CENTURY_MS ? null : ms;
  },
);

/** Milliseconds, more than none. */
export const span = readAs(
  DURATION,
  'expected a duration longer than none, such as `500ms`, `10s`, `30m`, `24h` or `365d`',
  (text) => {
    const ms = amount(text, UNIT_MS);
    return ms === null || ms === 0 || ms > CENTURY_MS ? null : ms;
  },
);

/** Bytes; `KB` is 1024 of them. */
export const size = readAs(/^\d{1,9}(?:B|KB|MB|GB)$/, 'expected a size such as `16KB` or `4MB`', (text) => {
  const bytes = amount(text, UNIT_BYTES);
  return bytes === null || bytes === 0 ? null : bytes;
});

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})$/;

/** Does the day exist? `Date` rolls 30 February over into March. */
const realDay = (text: string): boolean =>
  new Date(`${text.slice(0, 10)}T00:00:00Z`).toISOString().startsWith(text.slice(0, 10));

/** Ms since the epoch; the offset is demanded, because a notice takes force at one moment. */
export const instant = readAs(
  INSTANT,
  'expected an instant with its offset, such as `2026-05-01T00:00:00+02:00`',
  (text) => {
    const at = Date.parse(text);
    return Number.isNaN(at) || Number.isNaN(Date.parse(`${text.slice(0, 10)}T00:00:00Z`)) || !realDay(text)
      ? null
      : at;
  },
);

export const day = readAs(/^\d{4}-\d{2}-\d{2}$/, 'expected a day such as `2026-11-01`', (text) =>
  Number.isNaN(Date.parse(`${text}T00:00:00Z`)) || !realDay(text) ? null : text,
);

/** `host:port`; an IPv6 host stands in brackets. */
export const address = readAs(
  /^(?:\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9.-]{1,253}):\d{1,5}$/,
  'expected `HOST:PORT`, such as `127.0.0.1:9090` or `[::1]:9090`',
  (text) => {
    const colon = text.lastIndexOf(':');
    const host = text.slice(0, colon).replace(/^\[|\]$/g, '');
    const port = Number(text.slice(colon + 1));
    const literal = /^[\d.]+$/.test(host) || host.includes(':');
    if (port > 65_535 || (literal && !ipaddr.isValid(host))) return null;
    return { host, port };
  },
);

/** A network in CIDR form; a single address is a network of one. */
export const network = readAs(
  /^[0-9a-fA-F:.]{2,45}(?:\/\d{1,3})?$/,
  'expected a network such as `10.0.0.0/8` or `2001:db8::/32`',
  (text) => {
    if (ipaddr.isValidCIDR(text)) return text;
    if (!ipaddr.isValid(text) || (!text.includes(':') && !ipaddr.IPv4.isValidFourPartDecimal(text)))
      return null;
    return `${text}/${ipaddr.parse(text).kind() === 'ipv6' ? 128 : 32}`;
  },
);

function parseUrl(text: string): URL | null {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return null;
  return url.username === '' && url.password === '' && url.hash === '' && url.search === '' ? url : null;
}

/** Canonical: lower case, no default port, no slash at the end. */
export const origin = readAs(
  /^https?:\/\/[^\s/?#*@]{1,260}\/?$/i,
  'expected an origin such as `https://shop.example`, without path or wildcard',
  (text) => parseUrl(text)?.origin ?? null,
);

/** An address to send to, without credentials, query or fragment; no slash at the end. */
export const endpoint = readAs(
  /^https?:\/\/[^\s?#@]{1,2000}$/i,
  'expected an address such as `https://relay.example/path`, without credentials, query or fragment',
  (text) => parseUrl(text)?.href.replace(/\/$/, '') ?? null,
);

/** Names that lead nowhere but into a network of one's own. */
const PRIVATE_NAME = /(?:^|\.)(?:localhost|local|internal|lan|home\.arpa)\.?$/;

/** Is this host on the public internet, as far as it says itself? */
function isPublicHost(hostname: string): boolean {
  const bare = hostname.replace(/^\[|\]$/g, '');
  if (ipaddr.isValid(bare)) return ipaddr.process(bare).range() === 'unicast';
  return bare.includes('.') && !PRIVATE_NAME.test(bare);
}

/** An address that browsers load a script from; canonical, so that it is what a browser asks for. */
export const scriptAddress = readAs(
  /^https:\/\/[^\s#@]{1,2000}$/i,
  'expected a public address such as `https://static.example/tag.js?id=1`, with https and without credentials or fragment',
  (text) => {
    const url = URL.parse(text);
    const open = url !== null && url.protocol === 'https:' && url.username === '' && url.password === '';
    return open && isPublicHost(url.hostname) ? url.href : null;
  },
);

/** `*` within a segment or name, `**` across; a few of them at most, so that matching stays cheap. */
const readGlob = (text: string): string | null => ((text.match(/\*+/g)?.length ?? 0) > 4 ? null : text);

export const pathGlob = readAs(
  /^\/[^\s?#[\]{}]{0,500}$/,
  'expected a path pattern such as `/health/**`, with at most four wildcards and no `?`, `[` or `{`',
  readGlob,
);

export const eventGlob = readAs(
  /^[^\s?/#[\]{}]{1,100}$/,
  'expected an event name or a pattern such as `form_*`, with at most four wildcards and no `?`, `[`, `{` or `/`',
  readGlob,
);

/** Names of sites and destinations: they become labels of metrics. */
export const NAME = /^[a-z][a-z0-9_-]{0,62}$/;
export const NAME_EXPECTED =
  'expected a name of lower-case letters, digits, `_` and `-`, starting with a letter';

export const name = z.string().regex(NAME, NAME_EXPECTED);

/** Names of purposes. */
export const purposeName = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,62}$/, 'expected a purpose in lower-case letters, digits and `_`');

/** Ids, keys, tags and words of other people's: printable, no spaces. */
export const token = z.string().regex(/^[\x21-\x7e]{1,200}$/, 'expected printable characters without spaces');

export const sentence = z.string().max(2000, 'expected at most 2000 characters');

/** A secret of at least so many characters. */
export const secret = (least: number) =>
  z
    .string()
    .min(least, `expected a secret of at least ${least} characters`)
    .max(4096, 'expected a secret of at most 4096 characters')
    .transform((text) => new Secret(text));

export const count = (least: number, most: number) =>
  z
    .int()
    .min(least, `expected a whole number of at least ${least}`)
    .max(most, `expected a whole number of at most ${most}`);

export const country = z
  .string()
  .regex(/^[A-Z]{2}$/, 'expected a country as two capital letters, such as `NL`');

/** A list of at most a thousand. */
export const list = <T extends z.ZodType>(item: T) => z.array(item).max(1000);
