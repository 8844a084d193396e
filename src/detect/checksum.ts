// Check digits: what makes a number a card, a bank account or a citizen's number rather than an order number. All take
// separators already removed.

/** ISO/IEC 7812 (cards). */
export function luhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48;
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

function remainder(digits: string, modulus: number): number {
  let rest = 0;
  for (const digit of digits) rest = (rest * 10 + Number(digit)) % modulus;
  return rest;
}

/** Prefixes and lengths in use; 13 digits are left out because every EAN has 13. */
const CARD =
  /^(?:4\d{15}(?:\d{3})?|5[1-5]\d{14}|2(?:2[2-9]|[3-6]\d|7[0-2])\d{13}|3[47]\d{13}|3(?:0[0-5]|[689]\d)\d{11}|6(?:011|5\d\d|4[4-9]\d)\d{12}|62\d{14,17}|35\d{14}|(?:50|5[6-8]|6[37])\d{14})$/;
export const isCard = (digits: string): boolean => CARD.test(digits) && luhn(digits);

/** Dutch citizen service number: the eleven-test. */
export function isBsn(digits: string): boolean {
  if (digits.length !== 9 || /^0{2}|^(\d)\1{8}$/.test(digits)) return false;
  let sum = -Number(digits[8]);
  for (let i = 0; i < 8; i++) sum += Number(digits[i]) * (9 - i);
  return sum % 11 === 0;
}

/** German tax id: ISO 7064 mod 11,10, and of the first ten digits exactly one occurs twice or three times. */
export function isSteuerId(digits: string): boolean {
  if (!/^[1-9]\d{10}$/.test(digits)) return false;
  const counts = Array.from({ length: 10 }, () => 0);
  let product = 10;
  for (const digit of digits.slice(0, 10)) {
    const value = Number(digit);
    counts[value] = (counts[value] ?? 0) + 1;
    const sum = (value + product) % 10 || 10;
    product = (sum * 2) % 11;
  }
  const repeated = counts.filter((count) => count > 1);
  if (repeated.length !== 1 || (repeated[0] ?? 0) > 3) return false;
  return (11 - product) % 10 === Number(digits[10]);
}

/** Belgian national number: a date of birth and mod 97, with a 2 put before it for those born since 2000. */
export function isRijksregister(digits: string): boolean {
  if (!/^\d{2}(?:0[0-9]|[1-5]\d)(?:[0-2]\d|3[01])\d{5}$/.test(digits)) return false;
  const body = digits.slice(0, 9);
  const check = Number(digits.slice(9));
  return 97 - remainder(body, 97) === check || 97 - remainder(`2${body}`, 97) === check;
}

/** French social security number: sex, year, month, place, and mod 97. */
export const isNir = (digits: string): boolean =>
  /^[12]\d{2}(?:0[1-9]|1[0-2]|[2-9]\d)\d{10}$/.test(digits) &&
  97 - remainder(digits.slice(0, 13), 97) === Number(digits.slice(13));

const DNI_LETTERS = 'TRWAGMYFPDXBNJZSQVHLCKE';
/** Spanish DNI (`12345678Z`) or NIE (`X1234567L`), upper case. */
export function isDni(id: string): boolean {
  const number = Number(id.slice(0, -1).replace('X', '0').replace('Y', '1').replace('Z', '2'));
  return DNI_LETTERS[number % 23] === id.at(-1);
}

const ODD = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
/** Italian codice fiscale, upper case, sixteen characters. */
export function isCodiceFiscale(code: string): boolean {
  let sum = 0;
  for (let i = 0; i < 15; i++) {
    const char = code.charCodeAt(i);
    const index = char < 65 ? char - 48 : char - 65;
    sum += i % 2 === 0 ? (ODD[index] ?? 0) : index;
  }
  return code.charCodeAt(15) - 65 === sum % 26;
}

/** Lengths of IBANs by country. */
const IBAN_LENGTHS: Readonly<Record<string, number>> = {
  AD: 24, AE: 23, AT: 20, BE: 16, BG: 22, CH: 21, CY: 28, CZ: 24, DE: 22, DK: 18, EE: 20, ES: 24, FI: 18, FR: 27,
  GB: 22, GI: 23, GR: 27, HR: 21, HU: 28, IE: 22, IL: 23, IS: 26, IT: 27, LI: 21, LT: 20, LU: 20, LV: 21, MC: 27,
  MT: 31, NL: 18, NO: 15, PL: 28, PT: 25, RO: 24, RS: 22, SA: 24, SE: 24, SI: 19, SK: 24, SM: 27, TR: 26, UA: 29,
}; // prettier-ignore

export const ibanLength = (country: string): number | undefined =>
  Object.hasOwn(IBAN_LENGTHS, country) ? IBAN_LENGTHS[country] : undefined;

/** ISO 13616: four characters moved to the end, letters as numbers, mod 97 is 1. */
export function isIban(iban: string): boolean {
  let rest = 0;
  for (const char of iban.slice(4) + iban.slice(0, 4)) {
    const value = Number.parseInt(char, 36);
    rest = (value > 9 ? rest * 100 + value : rest * 10 + value) % 97;
  }
  return rest === 1;
}
