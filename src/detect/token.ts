// Long random-looking runs: UUIDs, digests and session tokens. What a word is, a random string is not: the measure is how
// often letters and digits, or lower and upper case, take turns.

import type { Report } from './numbers.ts';

interface Shape {
  readonly digits: number;
  readonly letters: number;
  /** Letter to digit or back, and lower to upper case, between neighbours. */
  readonly turns: number;
  readonly hex: boolean;
}

function shapeOf(run: string): Shape {
  let digits = 0;
  let letters = 0;
  let turns = 0;
  let hex = true;
  let last = 0; // 1 digit, 2 lower, 3 upper, 0 separator
  for (let i = 0; i < run.length; i++) {
    const code = run.charCodeAt(i);
    const cls =
      code >= 48 && code <= 57 ? 1 : code >= 97 && code <= 122 ? 2 : code >= 65 && code <= 90 ? 3 : 0;
    if (cls === 1) digits++;
    else if (cls > 1) letters++;
    if (cls === 0 || (cls > 1 && (code & 0x5f) > 70)) hex = false;
    if (last !== 0 && cls !== 0 && (cls === 1) !== (last === 1)) turns++;
    else if (last === 2 && cls === 3) turns++;
    last = cls;
  }
  return { digits, letters, turns, hex };
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
const RUN = /[\w-]{16,}/g;

/** Reports UUIDs, hex of sixteen and more, digit runs of sixteen and more, and random strings of sixteen and more. */
export function tokens(text: string, report: Report): void {
  for (const match of text.matchAll(UUID)) report('uuid', match.index, match.index + 36);
  for (const match of text.matchAll(RUN)) {
    if (isFraction(text, match)) continue;
    const kind = tokenKind(match[0]);
    if (kind !== null) {
      report(kind, match.index, match.index + match[0].length);
      continue;
    }
    for (const piece of match[0].matchAll(/[A-Za-z0-9]{16,}/g)) {
      const kind = tokenKind(piece[0]);
      const start = match.index + piece.index;
      if (kind !== null) report(kind, start, start + piece[0].length);
    }
  }
}

/** Sixteen digits behind `52.` are a coordinate or a quotient, not an id. */
const isFraction = (text: string, match: RegExpExecArray): boolean =>
  /^\d{1,20}$/.test(match[0]) &&
  /(?<![\d.])\d{1,3}\.$/.test(text.slice(Math.max(0, match.index - 6), match.index));

function tokenKind(run: string): 'hex_id' | 'token' | null {
  const { digits, letters, turns, hex } = shapeOf(run);
  const size = run.length;
  if (size < 16) return null;
  if (hex && letters > 0 && (digits >= 2 || size >= 32)) return 'hex_id';
  if (hex && letters === 0) return 'token';
  if (size >= 24 && digits >= 4 && letters > 0 && digits + letters === size) return 'token';
  const share = turns / size;
  if (size >= 20 && share >= 0.3) return 'token';
  if (size >= 28 && turns >= 5 && share >= 0.15 && digits + letters === size) return 'token';
  return share >= 0.4 && digits >= 3 ? 'token' : null;
}

/** Segments of a path are judged more strictly than words of a text: nobody reads them. */
export function isTokenSegment(segment: string): boolean {
  if (segment.length < 10) return false;
  if (tokenKind(segment) !== null) return true;
  const { digits, letters, turns, hex } = shapeOf(segment);
  if (hex && letters > 0 && digits >= 2 && segment.length >= 12) return true;
  if (letters === 0) return digits > 15;
  return digits >= 2 && turns >= 3 && turns / segment.length >= 0.3;
}

const DIGEST = /(?<![\w+/-])(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32}|[\w+/-]{43}=?|[\w+/-]{27}=?|[\w+/-]{22}(?:==)?)(?![\w+/=-])/gi; // prettier-ignore

/** What could be a digest: hex of 32, 40 or 64 characters, or base64 of 16, 20 or 32 bytes that is no slug. */
export function* digestLike(text: string): Generator<{ readonly token: string; readonly start: number }> {
  for (const match of text.matchAll(DIGEST)) {
    const { digits, turns, hex } = shapeOf(match[0]);
    if (hex ? digits > 0 : turns >= 3 && /[A-Z]/.test(match[0]) && /[a-z]/.test(match[0]))
      yield { token: match[0], start: match.index };
  }
}

const WRAPPED = /[A-Za-z0-9+/_-]{8,}={0,2}/g;
const VALUES = new Int8Array(128).fill(-1);
for (const alphabet of [
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_',
]) {
  for (let i = 0; i < 64; i++) VALUES[alphabet.charCodeAt(i)] = i;
}

const printable = (byte: number): boolean =>
  (byte >= 32 && byte < 127) || byte === 9 || byte === 10 || byte === 13;

/** Do eight characters from here decode to text? Words of a language hardly ever do, so the check ends early. */
function startsAsText(text: string, at: number): boolean {
  for (let i = at; i < at + 8; i += 4) {
    const bits =
      ((VALUES[text.charCodeAt(i)] ?? -1) << 18) |
      ((VALUES[text.charCodeAt(i + 1)] ?? -1) << 12) |
      ((VALUES[text.charCodeAt(i + 2)] ?? -1) << 6) |
      (VALUES[text.charCodeAt(i + 3)] ?? -1);
    if (bits < 0 || !printable(bits >> 16) || !printable((bits >> 8) & 255) || !printable(bits & 255))
      return false;
  }
  return true;
}

export interface Wrapped {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Base64 and base64url runs that decode to text, with where they stand. A run may start after a sign that is itself base64. */
export function* wrappedTexts(text: string): Generator<Wrapped> {
  for (const match of text.matchAll(WRAPPED)) {
    const end = match.index + match[0].length;
    for (let at = match.index; at + 8 <= end; at++) {
      if (at > match.index && /[A-Za-z0-9]/.test(text[at - 1] ?? '')) continue;
      if (!startsAsText(text, at)) continue;
      const decoded = Buffer.from(text.slice(at, end), 'base64').toString('utf8');
      // Behind its text a run may go on with something else, so reading stops at the first sign that is no text.
      const readable = /^[^\u0000-\u0008\u000e-\u001f\u007f\ufffd]*/.exec(decoded)?.[0] ?? ''; // oxlint-disable-line no-control-regex -- these end a text
      yield { text: readable, start: at, end };
    }
  }
}
