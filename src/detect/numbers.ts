// Numbers that are personal: phones, cards, citizen numbers, bank accounts. Digits are read in groups with the separators
// people write; prices, article numbers, EANs, dates and coordinates pass because they fail the check digits or lack the
// marks of a phone (a plus, a leading zero with separators, or the prefix of a mobile number).

import {
  ibanLength,
  isBsn,
  isCard,
  isCodiceFiscale,
  isDni,
  isIban,
  isNir,
  isRijksregister,
  isSteuerId,
} from './checksum.ts';
import { eachMatch } from './match.ts';

/** Takes a finding: kind and range. */
export type Report = (kind: string, start: number, end: number) => void;

interface Group {
  readonly start: number;
  readonly end: number;
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isLetter = (code: number): boolean => (code >= 65 && code <= 90) || (code >= 97 && code <= 122);

/** At most two characters between groups; a plus stands for a space in query strings. */
const SEPARATOR = /^[ .\-/()+\u00a0]{1,2}$/;
const MAX_DIGITS = 19;

/** The shortest number that is personal. */
const MIN_DIGITS = 8;

/** Every digit group, split into chains that only separators join; those with too few digits for anything are left out. */
function chainsIn(text: string): readonly (readonly Group[])[] {
  const chains: Group[][] = [];
  let chain: Group[] = [];
  let digits = 0;
  for (let i = 0; i < text.length; i++) {
    if (!isDigit(text.charCodeAt(i))) continue;
    const start = i;
    while (i < text.length && isDigit(text.charCodeAt(i))) i++;
    const last = chain.at(-1);
    if (last !== undefined && !(start - last.end <= 2 && SEPARATOR.test(text.slice(last.end, start)))) {
      if (digits >= MIN_DIGITS) chains.push(chain);
      chain = [];
      digits = 0;
    }
    chain.push({ start, end: i });
    digits += i - start;
  }
  if (digits >= MIN_DIGITS) chains.push(chain);
  return chains;
}

/** Finds personal numbers; `carried` says whether digits are those of a phone the event carries. */
export function personalNumbers(text: string, report: Report, carried: (digits: string) => boolean): void {
  for (const chain of chainsIn(text)) {
    for (let from = 0; from < chain.length; from++) {
      const upTo = matchFrom(text, chain.slice(from, from + 10), { report, carried });
      if (upTo > 0) from += upTo - 1;
    }
  }
}

interface Judge {
  readonly report: Report;
  readonly carried: (digits: string) => boolean;
}

/** Tries the groups from the first on, longest reading first; returns how many groups were taken. */
function matchFrom(text: string, groups: readonly Group[], judge: Judge): number {
  const first = groups[0];
  if (first === undefined) return 0;
  const readings: string[] = [];
  let digits = '';
  for (const group of groups) {
    digits += text.slice(group.start, group.end);
    if (digits.length > MAX_DIGITS) break;
    readings.push(digits);
  }
  for (let count = readings.length; count > 0; count--) {
    const reading = readings[count - 1] ?? '';
    const last = groups[count - 1];
    if (reading.length < MIN_DIGITS || last === undefined) continue;
    const kind = judge.carried(reading) ? 'carried' : kindOf(text, reading, groups.slice(0, count));
    if (kind === null) continue;
    judge.report(kind, outward(text, first.start), last.end);
    return count;
  }
  return 0;
}

/** A plus or bracket before the first digit belongs to the number. */
function outward(text: string, start: number): number {
  let at = start;
  while (at > 0 && start - at < 2 && '+('.includes(text[at - 1] ?? ' ')) at--;
  return at;
}

/** Lengths of the groups: `4 4 4 4`. Asked only where the digits are as many as they have to be. */
const shapeOf = (groups: readonly Group[]): string =>
  groups.map((group) => group.end - group.start).join(' ');

function kindOf(text: string, digits: string, groups: readonly Group[]): string | null {
  const first = groups[0];
  const last = groups.at(-1);
  if (first === undefined || last === undefined) return null;
  // Digits glued to letters are article numbers; those of a decimal fraction are coordinates or prices.
  if (isLetter(text.charCodeAt(first.start - 1)) || isLetter(text.charCodeAt(last.end))) return null;
  if (isCard(digits) && /^(?:\d+|4 4 4 4(?: 3)?|4 6 [45])$/.test(shapeOf(groups))) return 'card';
  return (
    (CITIZENS.has(digits.length) ? citizen(digits, shapeOf(groups)) : null) ??
    (isPhone(text, digits, groups) ? 'phone' : null)
  );
}

const CITIZENS: ReadonlySet<number> = new Set([9, 11, 15]);

function citizen(digits: string, shape: string): string | null {
  switch (digits.length) {
    case 9:
      return /^(?:9|3 3 3|4 2 3)$/.test(shape) && isBsn(digits) ? 'bsn' : ssn(digits, shape);
    case 11:
      if (/^(?:11|2 3 3 3)$/.test(shape) && isSteuerId(digits)) return 'steuer_id';
      return /^(?:11|2 2 2 3 2|6 3 2|6 5)$/.test(shape) && isRijksregister(digits) ? 'rijksregister' : null;
    case 15:
      return /^(?:15|13 2|1 2 2 2 3 3 2)$/.test(shape) && isNir(digits) ? 'nir' : null;
    default:
      return null;
  }
}

const ssn = (digits: string, shape: string): string | null =>
  shape === '3 2 4' && /^(?!000|666|9)\d{3}(?!00)\d{2}(?!0000)\d{4}$/.test(digits) ? 'ssn' : null;

const DATE = /^(?:\d{1,2}[-/. ]\d{1,2}[-/. ](?:19|20)\d{2}|(?:19|20)\d{2}[-/.]\d{1,2}[-/.]\d{1,2})(?!\d)/;
/** Mobile numbers of the Netherlands, France, Belgium (06, 07, 04), Britain and Germany, written without separators. */
const MOBILE = /^(?:0[467]\d{8}|07\d{9}|01[567]\d{8,9})$/;
const GERMAN_MOBILE = /^01[567]/;
const ABROAD = /^00(?:1|2[07]|3[0-69]|4[013-9]|5[1-8]|6[0-6]|7|8[1246]|9[0-58])\d{7,12}$/;

/**
 * A phone has a plus or `tel:` before it; or a leading zero and separators; or the American grouping; or the digits of a
 * mobile number. Ten other digits in a row are an order number until the event carries them as a phone.
 */
function isPhone(text: string, digits: string, groups: readonly Group[]): boolean {
  const start = groups[0]?.start ?? 0;
  const end = groups.at(-1)?.end ?? 0;
  const length = digits.length;
  if (length > 17) return false;
  const before = text.slice(Math.max(0, start - 5), start);
  if (/\+\(?$/.test(before)) return length <= 15 && digits[0] !== '0';
  if (/tel:$/i.test(before)) return true;
  if (/\d[.,]$/.test(before) || DATE.test(text.slice(start, end))) return false;
  if (groups.length === 1) return MOBILE.test(digits) || ABROAD.test(digits);
  const written = text.slice(start, end);
  if (digits[0] === '0')
    return (
      (length >= 9 && length <= (GERMAN_MOBILE.test(digits) ? 12 : 11) && !/^0\D/.test(written)) ||
      ABROAD.test(digits)
    );
  return /^[2-9]\d{2}\)?[-. ]{1,2}[2-9]\d{2}[-. ]\d{4}$/.test(written);
}

const SPANISH = /(?<![A-Za-z0-9])(?:\d{8}|[XYZ]-?\d{7})-?[A-Z](?![A-Za-z0-9])/gi;
const ITALIAN =
  /(?<![A-Za-z0-9])[A-Z]{6}[0-9LMNP-V]{2}[A-EHLMPR-T][0-9LMNP-V]{2}[A-Z][0-9LMNP-V]{3}[A-Z](?![A-Za-z0-9])/gi;
const IBAN_START = /(?<![A-Za-z0-9])([A-Z]{2})\d{2}/gi;

/** Finds citizen and bank numbers that mix letters and digits. */
export function lettered(text: string, report: Report): void {
  eachMatch(SPANISH, text, ({ 0: id, index }) => {
    if (isDni(id.replaceAll('-', '').toUpperCase())) report('dni', index, index + id.length);
  });
  eachMatch(ITALIAN, text, ({ 0: code, index }) => {
    if (isCodiceFiscale(code.toUpperCase())) report('codice_fiscale', index, index + code.length);
  });
  eachMatch(IBAN_START, text, ({ 1: country, index }) => {
    const end = ibanEnd(text, index, ibanLength((country ?? '').toUpperCase()));
    if (end > 0) report('iban', index, end);
  });
}

/** End of the IBAN that starts here, or 0. Single spaces and hyphens may stand between its characters. */
function ibanEnd(text: string, start: number, length: number | undefined): number {
  if (length === undefined) return 0;
  let iban = '';
  let at = start;
  for (; at < text.length && iban.length < length; at++) {
    const code = text.charCodeAt(at);
    if (isDigit(code) || isLetter(code)) iban += text[at];
    else if (!/[ \-.\u00a0+]/.test(text[at] ?? '') || !/[A-Za-z0-9]/.test(text[at + 1] ?? '')) return 0;
  }
  return iban.length === length && isIban(iban.toUpperCase()) ? at : 0;
}
