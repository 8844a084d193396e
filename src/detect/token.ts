// Long random-looking runs: UUIDs, digests and session tokens. What a word is, a random string is not: the measure is how
// often letters and digits, or lower and upper case, take turns.

import { eachMatch } from './match.ts';
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
const PIECE = /[A-Za-z0-9]{16,}/g;
const MIN_TOKEN = 16;
const RUN_CHARACTER = new Uint8Array(128).map((_, code) => (/[\w-]/.test(String.fromCharCode(code)) ? 1 : 0));

/** Reports UUIDs, hex of sixteen and more, digit runs of sixteen and more, and random strings of sixteen and more. */
export function tokens(text: string, report: Report): void {
  let start = 0;
  for (let i = 0; i <= text.length; i++) {
    if (RUN_CHARACTER[text.charCodeAt(i)] === 1) continue;
    if (i - start >= MIN_TOKEN) runToken(text, { run: text.slice(start, i), index: start }, report);
    start = i + 1;
  }
}

function runToken(text: string, { run, index }: { run: string; index: number }, report: Report): void {
  if (run.length >= 36)
    eachMatch(UUID, run, (uuid) => report('uuid', index + uuid.index, index + uuid.index + 36));
  const kind = tokenKind(run);
  if (kind === null) {
    if (/[_-]/.test(run)) pieces(run, index, report);
  } else if (!isFraction(text, { run, index })) report(kind, index, index + run.length);
}

/** A token may hang on to words: `order-9f0c…`. */
function pieces(run: string, index: number, report: Report): void {
  eachMatch(PIECE, run, (piece) => {
    const kind = tokenKind(piece[0]);
    if (kind !== null) report(kind, index + piece.index, index + piece.index + piece[0].length);
  });
}

/** Sixteen digits behind `52.` are a coordinate or a quotient, not an id. */
const isFraction = (text: string, { run, index }: { run: string; index: number }): boolean =>
  /^\d{1,20}$/.test(run) && /(?<![\d.])\d{1,3}\.$/.test(text.slice(Math.max(0, index - 6), index));

function tokenKind(run: string): 'hex_id' | 'token' | null {
  const { digits, letters, turns, hex } = shapeOf(run);
  const size = run.length;
  if (size < MIN_TOKEN) return null;
  if (hex && letters > 0 && (digits >= 2 || size >= 32)) return 'hex_id';
  if (hex && letters === 0) return 'token';
  if (size >= 24 && digits >= 4 && letters > 0 && digits + letters === size) return 'token';
  const share = turns / size;
  // One base64 digest in fifteen hundred has no digit at all.
  if (size >= 32 && turns >= (digits > 0 ? 6 : 8) && share >= 0.2) return 'token';
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

/** Base64 whose case is lost, as in hosts and event names: long, and with a digit in it, as no word is. */
export const isLongMixture = (piece: string): boolean =>
  piece.length >= MIN_TOKEN && /\d/.test(piece) && /[a-z]/i.test(piece);

/** The shortest that a digest may have: MD5 in base64. */
const MIN_DIGEST = 22;

/** Base64 has letters of both cases but once in 10^8; so have few slugs, and comparing costs them no more than time. */
const isBothCases = (run: string): boolean => /[a-z]/.test(run) && /[A-Z]/.test(run);

/** Could a digest stand in this run of its length? Not in a slug. */
function isDigestRun(run: string): boolean {
  const { digits, turns } = shapeOf(run);
  return turns >= (digits > 0 ? 3 : 5) || isBothCases(run);
}

/** Could a digest stand in this text: hex of 32 characters or base64 of 22 that is no slug? */
export function mayHoldDigest(text: string): boolean {
  let start = 0;
  // A pattern would look at each sign as often as a run is long.
  for (let i = 0; i <= text.length; i++) {
    if (isRunCode(text.charCodeAt(i))) continue;
    if (i - start >= MIN_DIGEST && isDigestRun(text.slice(start, i))) return true;
    start = i + 1;
  }
  return false;
}

const VALUES = new Int8Array(128).fill(-1);
for (const alphabet of [
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_',
]) {
  for (let i = 0; i < 64; i++) VALUES[alphabet.charCodeAt(i)] = i;
}

/** A sign of base64 in either alphabet. Behind the end of a text is none. */
const isRunCode = (code: number): boolean => code < 128 && (VALUES[code] ?? -1) >= 0;

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

const EQUALS = 61;
/** Signs of base64 that could hold a value: six bytes. */
const MIN_WRAPPED = 8;
/** A letter or digit; the other signs of base64 may also stand between words. */
const isPlain = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57);

/**
 * Calls `found` for base64 and base64url runs that decode to text. A run may start after a sign that is itself base64. With
 * `digests`, runs in which one could stand are collected on the way.
 */
export function wrappedTexts(
  text: string,
  found: (wrapped: Wrapped) => boolean,
  digests: string[] | null = null,
): void {
  // Looked at from its eighth sign back: most words are shorter, and the first sign that is none of base64 says where to look next.
  for (let start = 0; start + MIN_WRAPPED <= text.length;) {
    let at = start + MIN_WRAPPED - 1;
    while (at >= start && isRunCode(text.charCodeAt(at))) at--;
    if (at >= start) {
      start = at + 1;
      continue;
    }
    const stop = runEnd(text, start + MIN_WRAPPED);
    if (digests !== null && stop - start >= MIN_DIGEST) {
      const run = text.slice(start, stop);
      if (isDigestRun(run)) digests.push(run);
    }
    let end = stop;
    while (end - stop < 2 && text.charCodeAt(end) === EQUALS) end++;
    if (!unwrap(text, { start, end, found })) return;
    start = stop + 1;
  }
}

function runEnd(text: string, from: number): number {
  let end = from;
  while (isRunCode(text.charCodeAt(end))) end++;
  return end;
}

interface Run {
  readonly start: number;
  readonly end: number;
  /** False to stop. */
  readonly found: (wrapped: Wrapped) => boolean;
}

function unwrap(text: string, { start, end, found }: Run): boolean {
  for (let at = start; at + 8 <= end; at++) {
    if (at > start && isPlain(text.charCodeAt(at - 1))) continue;
    if (!startsAsText(text, at)) continue;
    const decoded = Buffer.from(text.slice(at, end), 'base64').toString('utf8');
    // Behind its text a run may go on with something else, so reading stops at the first sign that is no text.
    const readable = /^[^\u0000-\u0008\u000e-\u001f\u007f\ufffd]*/.exec(decoded)?.[0] ?? ''; // oxlint-disable-line no-control-regex -- these end a text
    if (!found({ text: readable, start: at, end })) return false;
  }
  return true;
}
