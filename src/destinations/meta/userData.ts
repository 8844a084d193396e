// Meta's `user_data`: what it matches a person by, normalised and hashed as it documents, and whether that is enough for it.

import type { PermittedData } from '../../core/permitted.ts';
import { e164, email, hashed, lettersOnly, personName, sha256 } from '../hash.ts';
import { compact, isTime } from '../value.ts';

/** Fields that Meta refuses as too weak when nothing but these is there; and the address of a machine shared by many. */
const TOO_WEAK: readonly (readonly string[])[] = [
  ['ct', 'st', 'zp', 'ge', 'country'],
  ['db', 'client_user_agent', 'country'],
  ['fn', 'ge', 'country'],
  ['ln', 'ge', 'country'],
  ['client_ip_address', 'country'],
];

/** Ids any one of which is enough. */
const STRONG = ['meta.fbp', 'meta.fbc', 'meta.external_id', 'site.user_id'] as const;

export function userData(data: PermittedData): Readonly<Record<string, unknown>> {
  const { person, ids } = data;
  const country = data.device.country;
  const list = (value: string | null): readonly string[] => (value === null ? [] : [value]);
  return compact({
    em: list(hashed(person.email, email)),
    ph: list(hashed(person.phone, (text) => e164(text, country)?.slice(1) ?? null)),
    fn: list(hashed(person.first_name, personName)),
    ln: list(hashed(person.last_name, personName)),
    ge: list(hashed(person.gender, gender)),
    db: list(hashed(person.birthday, birthday)),
    ct: list(hashed(person.city, lettersOnly)),
    st: list(hashed(person.region, region)),
    zp: list(hashed(person.postal_code, (text) => postalCode(text, country))),
    country: list(country === null ? null : sha256(country.toLowerCase())),
    external_id: [ids['meta.external_id'], ids['site.user_id']].flatMap((id) =>
      list(hashed(id, (value) => value)),
    ),
    client_ip_address: person.ip,
    client_user_agent: person.user_agent,
    fbp: ids['meta.fbp'],
    fbc: clickId(data),
  });
}

/** Would Meta take an event that has only these to match by? */
export function isEnough(fields: Readonly<Record<string, unknown>>): boolean {
  const names = Object.keys(fields);
  return names.length > 0 && !TOO_WEAK.some((weak) => names.every((name) => weak.includes(name)));
}

/** The same asked of the event, without hashing anything where an id settles it: this is on the way in. */
export const canMatch = (data: PermittedData): boolean =>
  STRONG.some((id) => Boolean(data.ids[id])) || isEnough(userData(data));

/** A kept `fbc`, else one built from a kept `fbclid`, which is case-sensitive and dated by this event. */
function clickId(data: PermittedData): string | null {
  const { 'meta.fbc': fbc, 'meta.fbclid': fbclid } = data.ids;
  if (fbc) return fbc;
  if (!fbclid || fbclid.includes('.') || !isTime(data.occurredAt)) return null;
  const ms = String(data.occurredAt);
  return ms.length === 13 ? `fb.1.${ms}.${fbclid}` : null;
}

function gender(value: string): string | null {
  const word = value.trim().toLowerCase();
  if (word === 'f' || word === 'female') return 'f';
  return word === 'm' || word === 'male' ? 'm' : null;
}

/** `YYYYMMDD` from an ISO date; other orders are guesses. */
function birthday(value: string): string | null {
  const found = /^(\d{4})-?(\d{2})-?(\d{2})(?:T.{0,30})?$/.exec(value.trim());
  return found === null ? null : `${found[1]}${found[2]}${found[3]}`;
}

/** `US-CA` and `CA` are both `ca`. */
const region = (value: string): string => lettersOnly(value.trim().replace(/^[A-Za-z]{2}-/, ''));

function postalCode(value: string, country: string | null): string {
  const text = value.toLowerCase().replace(/[\s-]/g, '');
  return country?.toUpperCase() === 'US' ? text.slice(0, 5) : text;
}
