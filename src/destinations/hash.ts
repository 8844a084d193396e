// Normalising and hashing of person fields, each as its vendor wants it before SHA-256. A value that is not what its field
// says (an e-mail without `@`, a number without country) yields null and does not leave.

import { createHash } from 'node:crypto';
import { isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/min';

/** SHA-256 over UTF-8, lower-case hex. */
export const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

/** Does it look like a SHA-256 digest already? */
export const looksHashed = (value: string): boolean => /^[0-9a-f]{64}$/i.test(value.trim());

/** For vendors that take digests as they are: the digest in lower case, else the hash of the normalised value. */
export function hashed(
  value: string | undefined,
  normalise: (value: string) => string | null,
): string | null {
  if (value === undefined) return null;
  if (looksHashed(value)) return value.trim().toLowerCase();
  const plain = normalise(value);
  return plain === null || plain === '' ? null : sha256(plain);
}

/** Trimmed and in lower case; null if it is not an address. */
export function email(value: string): string | null {
  const text = value.trim().toLowerCase();
  if (text.length > 254 || /\s/.test(text)) return null;
  const at = text.lastIndexOf('@');
  return at > 0 && at < text.length - 1 ? text : null;
}

/** Google: no spaces anywhere; for its own mail domains no dots in the local part and nothing from `+` on. */
export function googleEmail(value: string): string | null {
  const text = email(value.slice(0, 512).replace(/\s+/g, ''));
  if (text === null) return null;
  const at = text.lastIndexOf('@');
  const domain = text.slice(at + 1);
  if (domain !== 'gmail.com' && domain !== 'googlemail.com') return text;
  const local = (text.slice(0, at).split('+')[0] ?? '').replaceAll('.', '');
  return local === '' ? null : `${local}@${domain}`;
}

/**
 * E.164 with `+`. A national number needs the country; without one, a number that does not say its country code
 * (it starts with a zero) is left out, because the wrong number would be someone else's.
 */
export function e164(value: string, country: string | null): string | null {
  if (value.length > 40) return null;
  const text = value.trim().replace(/^00/, '+');
  const region = country?.toUpperCase() ?? '';
  const known = isSupportedCountry(region) ? region : undefined;
  const found =
    text.startsWith('+') || known !== undefined ? parsePhoneNumberFromString(text, known) : undefined;
  if (found?.isPossible() === true) return found.number;
  const digits = text.replace(/\D/g, '');
  if (known !== undefined && !text.startsWith('+')) return null;
  return digits.length >= 8 && digits.length <= 15 && !digits.startsWith('0') ? `+${digits}` : null;
}

/** Google: names without title, suffix, digits and symbols, in lower case. */
export const googleName = (value: string): string =>
  value
    .normalize('NFC')
    .trim()
    .toLowerCase()
    .replace(/^(?:mr|mrs|ms|miss|dr|prof)(?:\.\s*|\s+)/, '')
    .replace(/(?:,\s*|\s)(?:jr|sr|ii|iii|iv)\.?$/, '')
    .replace(/[\p{N}\p{P}\p{S}]/gu, '')
    .trim();

/** Google: streets without symbols, in lower case. */
export const googleStreet = (value: string): string =>
  value
    .normalize('NFC')
    .toLowerCase()
    .replace(/[\p{P}\p{S}]/gu, '')
    .trim();

/** Names: lower case, without punctuation, single spaces. */
export const personName = (value: string): string =>
  value
    .normalize('NFC')
    .toLowerCase()
    .replace(/[\p{P}\p{S}]/gu, '')
    .replace(/\s+/g, ' ')
    .trim();

/** Letters only, lower case. */
export const lettersOnly = (value: string): string =>
  value
    .normalize('NFC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}]/gu, '');
