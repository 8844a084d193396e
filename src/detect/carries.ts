// Does a text of any length still hold one of an event's or visitor's own values: as it is, in look-alike characters, escaped,
// percent-encoded, in base64, or as a digest? For whole bodies: it looks for the values and not for all that could be personal.

import { standsAlone } from './forms.ts';
import type { Needle, Needles } from './needles.ts';
import { eachMatch } from './match.ts';
import type { Wrapped } from './token.ts';
import { wrappedTexts } from './token.ts';
import { plainlyDecoded, plainlyFolded, plainlyUnescaped } from './view.ts';

const MAX_DEPTH = 3;
/** Characters that may be read in all for each of the text. A text that takes more counts as holding something. */
const SPREAD = 8;
const SOME = 4096;
/** Shorter texts cannot hold a value that is looked for. */
const SHORTEST = 5;
/** What one character of a value may take where it is encoded twice: `%2526#x61;`. */
const ENCODED = 16;

const BEYOND_ASCII = /[^\u0000-\u007f]/; // oxlint-disable-line no-control-regex -- the whole of ASCII
/** Anything but printable ASCII, Western letters, dashes, quotes and the euro: a text without it folds to itself. */
const MAY_FOLD = /[^\t\n\r -~\u00c0-\u00ff\u2013\u2014\u2018-\u201e\u20ac]/;
/** Where something is encoded that a value could be written with. */
const ENCODING = /%[0-9a-f]{2}|\\[ux]|&(?:#|commat|period|amp|quot|equals)/gi;
const QUOTED = /["'\\/]/;
/** The recorders' and our own mask characters fold to themselves; without them most texts are plain. */
const MASKS = /[\u25aa\u25ab\u2022]+/g;

type Wanted = Pick<Needles, 'words' | 'digests'>;

/** True may be a value wrapped around something else; false never hides one that is wrapped up to three deep. */
export const carries = (text: string, needles: Wanted): boolean =>
  needles.words.length > 0 && new Search(text.length, needles).finds(text);

class Search {
  readonly #needles: Wanted;
  readonly #reach: number;
  #steps: number;

  constructor(length: number, needles: Wanted) {
    this.#needles = needles;
    // A value with quotes in it is written with escapes that every other JSON string has, too.
    this.#reach = needles.words.some(({ value }) => QUOTED.test(value))
      ? Infinity
      : ENCODED * Math.max(...needles.words.map(({ value }) => value.length));
    this.#steps = SPREAD * length + SOME;
  }

  /** Level by level: what a reading decodes to is the next one. */
  finds(text: string): boolean {
    let reading = text;
    for (let depth = 0; reading !== ''; depth++) {
      this.#steps -= reading.length;
      if (this.#steps < 0) return true;
      // ASCII folds to itself, so that this hides nothing.
      const plain = folded(reading);
      const lower = plain.toLowerCase();
      for (const needle of this.#needles.words) if (stands(needle, lower)) return true;
      const digests: string[] = [];
      const inner = this.#unwrapped(plain, digests);
      if (digests.length > 0 && this.#isDigest(digests.join(' '))) return true;
      reading = depth === MAX_DEPTH ? '' : join(this.#decoded(plain), inner);
    }
    return this.#steps < 0;
  }

  #isDigest(runs: string): boolean {
    const lower = runs.toLowerCase();
    const url = runs.replaceAll('+', '-').replaceAll('/', '_');
    return this.#needles.digests().some(({ hex, base64 }) => lower.includes(hex) || url.includes(base64));
  }

  /** One layer of escapes and percent-encoding undone, where there is one; else empty. */
  #decoded(text: string): string {
    const near = this.#reach === Infinity ? text : encodedParts(text, this.#reach);
    const unescaped = plainlyUnescaped(near);
    const decoded = plainlyDecoded(unescaped);
    return decoded === near ? '' : decoded;
  }

  /** What base64 in the text decodes to, one line each. */
  #unwrapped(text: string, digests: string[]): string {
    const inner: string[] = [];
    const keep = ({ text, start, end }: Wrapped): boolean => {
      this.#steps -= end - start;
      if (text.length >= SHORTEST) inner.push(text);
      return this.#steps >= 0;
    };
    wrappedTexts(text, keep, digests);
    return inner.join('\n');
  }
}

const join = (one: string, other: string): string =>
  one === '' ? other : other === '' ? one : `${one}\n${other}`;

/** The parts of a text that are nearer than `reach` to something encoded, one line each. Most bodies have few. */
function encodedParts(text: string, reach: number): string {
  const parts: string[] = [];
  let [from, to] = [0, 0];
  eachMatch(ENCODING, text, ({ index }) => {
    if (index - reach > to) {
      if (to > 0) parts.push(text.slice(from, to));
      from = index - reach;
    }
    to = index + reach;
  });
  if (to > 0) parts.push(text.slice(Math.max(0, from), to));
  return parts.join('\n');
}

function folded(text: string): string {
  if (!BEYOND_ASCII.test(text)) return text;
  const bare = text.replaceAll(MASKS, ' ');
  return MAY_FOLD.test(bare) ? plainlyFolded(bare) : bare;
}

function stands({ value, whole }: Needle, lower: string): boolean {
  for (let at = lower.indexOf(value); at >= 0; at = lower.indexOf(value, at + value.length)) {
    if (!whole || standsAlone(value, lower, at)) return true;
  }
  return false;
}
