// Readings of a text: look-alike characters folded, escapes and percent signs undone, each with the way back to the original
// positions, so that a finding in a reading marks the right range of what was sent. Every reading is linear in the text.

import { eachMatch } from './match.ts';

/** Translates a range of a reading into a range of the original text. */
export interface Place {
  start(index: number): number;
  /** For exclusive ends. */
  end(index: number): number;
}

export interface View {
  readonly text: string;
  readonly place: Place;
}

export const HERE: Place = { start: (index) => index, end: (index) => index };

/** Everything inside a wrapping stands for the whole wrapped token. */
export const within = (outer: Place, start: number, end: number): Place => {
  const from = outer.start(start);
  const to = outer.end(end);
  return { start: () => from, end: () => to };
};

/** Collects pieces of a reading with the range each came from. */
class Reading {
  readonly #pieces: string[] = [];
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  add(piece: string, start: number, end: number): void {
    this.#pieces.push(piece);
    for (let i = 0; i < piece.length; i++) {
      this.#starts.push(start);
      this.#ends.push(end);
    }
  }

  view(outer: Place): View {
    const starts = this.#starts;
    const ends = this.#ends;
    return {
      text: this.#pieces.join(''),
      place: {
        start: (index) => outer.start(starts[index] ?? 0),
        end: (index) => outer.end(ends[index - 1] ?? 0),
      },
    };
  }
}

const INVISIBLE =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff]|[\u{e0000}-\u{e01ef}]/u; // oxlint-disable-line no-control-regex, no-misleading-character-class -- these are what is looked for
const DASH = /[\u2010-\u2015\u2043\u2212\ufe58\ufe63\uff0d]/;
const STOP = /[\u2024\u3002\uff61]/;
const COMBINING = /[\u0300-\u036f]/;
/** Zeros of the decimal digits that compatibility folding leaves alone (Arabic, Persian, Devanagari, Thai, …). */
const ZEROS = [
  0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0, 0xf20,
  0x1040, 0x17e0, 0x1810,
];

/** What `foldCharacter` changes although NFKC leaves it alone. */
const FOREIGN_DIGIT = new RegExp(
  `[${ZEROS.map((zero) => `${String.fromCharCode(zero)}-${String.fromCharCode(zero + 9)}`).join('')}]`,
);

/** Every part of a text in normal form is in normal form, so one look at the whole spares looking at each character. */
const foldsToItself = (text: string): boolean =>
  !INVISIBLE.test(text) &&
  !DASH.test(text) &&
  !STOP.test(text) &&
  !FOREIGN_DIGIT.test(text) &&
  text.normalize('NFKC') === text;

function foldCharacter(char: string): string {
  if (INVISIBLE.test(char)) return '';
  if (DASH.test(char)) return '-';
  if (STOP.test(char)) return '.';
  const code = char.codePointAt(0) ?? 0;
  const zero = ZEROS.find((base) => code >= base && code < base + 10);
  return zero === undefined ? char.normalize('NFKC') : String(code - zero);
}

const EVERY_INVISIBLE = new RegExp(INVISIBLE.source, 'gu');

/** Look-alike characters folded, likewise. Foreign digits stay. */
export const plainlyFolded = (text: string): string => text.normalize('NFKC').replaceAll(EVERY_INVISIBLE, '');

/** Full-width, enclosed and foreign digits and signs as plain ones, invisible characters gone; null if nothing changes. */
export function folded(text: string, outer: Place): View | null {
  if (COMBINING.test(text)) {
    const composed = text.normalize('NFKC');
    // Composing moves positions, so a finding marks the whole text; composed text folds no further.
    if (composed !== text) return { text: composed, place: within(outer, 0, text.length) };
  }
  if (foldsToItself(text)) return null;
  const reading = new Reading();
  let changed = false;
  for (let i = 0; i < text.length;) {
    const code = text.codePointAt(i) ?? 0;
    const char = code > 0xffff ? text.slice(i, i + 2) : (text[i] ?? '');
    const plain = code < 127 && code > 31 ? char : foldCharacter(char);
    changed ||= plain !== char;
    reading.add(plain, i, i + char.length);
    i += char.length;
  }
  return changed ? reading.view(outer) : null;
}

const ESCAPED =
  /\\u\{?([0-9a-f]{2,6})\}?|\\x([0-9a-f]{2})|&#x([0-9a-f]{2,6});?|&#(\d{2,7});?|&(commat|period|amp|quot|equals);|\\(["'/\\])/gi;
const NAMED: Readonly<Record<string, string>> = {
  commat: '@',
  period: '.',
  amp: '&',
  quot: '"',
  equals: '=',
};

function escapedCharacter(match: readonly (string | undefined)[]): string {
  const [, unicode, byte, hex, decimal, named, plain] = match;
  if (plain !== undefined) return plain;
  if (named !== undefined) return NAMED[named.toLowerCase()] ?? '';
  const code =
    decimal === undefined
      ? Number.parseInt(unicode ?? byte ?? hex ?? '20', 16)
      : Number.parseInt(decimal, 10);
  return code <= 0x10ffff ? String.fromCodePoint(code) : ' ';
}

/** JSON, JavaScript and HTML escapes undone; null if there are none. */
export function unescaped(text: string, outer: Place): View | null {
  return replaced(text, outer, (reading) => {
    let from = 0;
    eachMatch(ESCAPED, text, (match) => {
      copy(reading, text, { from, to: match.index });
      from = match.index + match[0].length;
      reading.add(escapedCharacter(match), match.index, from);
    });
    return from;
  });
}

/** The same of a text of any length, where nobody asks for positions. */
export const plainlyUnescaped = (text: string): string =>
  text.replaceAll(ESCAPED, (...match: string[]) => escapedCharacter(match));

const OCTETS = /(?:%[0-9a-f]{2})+/gi;

/** Percent-encoding undone once, likewise. */
export const plainlyDecoded = (text: string): string =>
  text.replaceAll(OCTETS, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'));

/** Percent-encoding undone once; null if there is none. A character of several bytes stands for all of them. */
export function percentDecoded(text: string, outer: Place): View | null {
  return replaced(text, outer, (reading) => {
    let from = 0;
    eachMatch(OCTETS, text, (match) => {
      copy(reading, text, { from, to: match.index });
      from = match.index + match[0].length;
      const bytes = Buffer.from(match[0].replaceAll('%', ''), 'hex');
      if (bytes.every((byte) => byte < 128))
        bytes.forEach((byte, i) =>
          reading.add(String.fromCharCode(byte), match.index + 3 * i, match.index + 3 * i + 3),
        );
      else reading.add(bytes.toString('utf8'), match.index, from);
    });
    return from;
  });
}

/** Runs a rewrite; it returns where its last replacement ended, 0 for none. */
function replaced(text: string, outer: Place, rewrite: (reading: Reading) => number): View | null {
  const reading = new Reading();
  const from = rewrite(reading);
  if (from === 0) return null;
  copy(reading, text, { from, to: text.length });
  return reading.view(outer);
}

function copy(reading: Reading, text: string, range: { from: number; to: number }): void {
  for (let i = range.from; i < range.to; i++) reading.add(text[i] ?? '', i, i + 1);
}
