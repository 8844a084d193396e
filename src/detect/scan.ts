// What matches in one string: one pass for features, then only the patterns that can match, then the same inside wrappings
// (percent, base64, JSON and HTML escapes) up to three deep. Never throws; a string that would take too many steps is a
// finding as a whole, so that hiding deep or long enough hides nothing.

import {
  AT,
  COLON,
  DIGITS,
  DOT,
  ESCAPE,
  LONG_RUN,
  PAIR,
  PERCENT,
  RUN,
  SLASH,
  SOME_DIGITS,
  STAR,
  WIDE,
  features,
} from './features.ts';
import type { Finding } from './finding.ts';
import { NOTHING, merge, redact } from './finding.ts';
import { linkers, pairs, tellingForms } from './foreign.ts';
import { Recent, copied } from '../core/recent.ts';
import type { Needle, Needles } from './needles.ts';
import { standsAlone } from './forms.ts';
import { mayCarry } from './needles.ts';
import type { Report } from './numbers.ts';
import { lettered, personalNumbers } from './numbers.ts';
import { colonAddresses, emails, hardwareAddresses, ipv4, userAgents, webTokens } from './personal.ts';
import { mayHoldDigest, tokens, wrappedTexts } from './token.ts';
import type { Place, View } from './view.ts';
import { HERE, folded, percentDecoded, unescaped, within } from './view.ts';

export type { Finding } from './finding.ts';

const MAX_DEPTH = 3;
/** Characters that may be read in all, over every wrapping, for one string. */
const allowedSteps = (length: number): number => 16 * length + 4096;

class Pass {
  readonly findings: Finding[] = [];
  readonly needles: Needles | null;
  /** Every reading of the text, in lower case: where needles could stand. */
  readonly readings: string[] = [];
  /** Digits that might be a phone, or a run that might be a digest, of the event's own. */
  digits = false;
  digest = false;
  #steps: number;

  constructor(length: number, needles: Needles | null) {
    this.#steps = allowedSteps(length);
    this.needles = needles;
  }

  /** False when the steps are used up. */
  spend(steps: number): boolean {
    this.#steps -= steps;
    return this.#steps >= 0;
  }
}

/** What a text holds whatever the event, and all that an event's own values have to be looked for in. */
export type Known = Pick<Pass, 'readings' | 'digits' | 'digest'> & { readonly findings: readonly Finding[] };

/** Titles, pages and products come again and again: remembered, a text costs one pass for the event's own values. */
const MAX_KNOWN = 5000;
const MAX_KNOWN_CHARS = 256;
const known = new Recent<string, Known>(MAX_KNOWN);

/**
 * What a string holds, where that is remembered and nothing that the event carries elsewhere can stand in it; null where it has
 * to be scanned.
 */
export function knownFindings(text: string, needles: Needles | null): readonly Finding[] | null {
  if (text.length > MAX_KNOWN_CHARS) return null;
  const plain = known.get(text) ?? learn(copied(text));
  return needles === null || !mayMatter(needles, plain) ? plain.findings : null;
}

/**
 * The same scan with a memory of its own: a recording brings thousands of words, which would push out what events remember.
 * `max`: how many of them; `chars`: how long they may be.
 */
export class ScanMemory {
  readonly #known: Recent<string, Known>;
  readonly #chars: number;

  constructor(max: number, chars: number) {
    this.#known = new Recent(max);
    this.#chars = chars;
  }

  scan(text: string, needles: Needles | null): readonly Finding[] {
    if (text.length > this.#chars) return scanAnew(text, needles);
    const plain = this.#plain(text);
    return needles === null || !mayMatter(needles, plain) ? plain.findings : scanAnew(text, needles);
  }

  #plain(text: string): Known {
    const before = this.#known.get(text);
    if (before !== undefined) return before;
    const kept = copied(text);
    const made = scanPlainly(kept);
    this.#known.set(kept, made);
    return made;
  }
}

/** Everything in a string that is an identifier, personal data or a value that the event carries elsewhere. */
export const scanText = (text: string, needles: Needles | null = null): readonly Finding[] =>
  knownFindings(text, needles) ?? scanAnew(text, needles);

/** The same without asking what is remembered. */
export const scanAnew = (text: string, needles: Needles | null): readonly Finding[] =>
  scanNow(text, needles).findings;

function learn(text: string): Known {
  const made = scanNow(text, null);
  known.set(text, made);
  return made;
}

/** Without anybody's values, but with what is needed to look for them. To be remembered it has to be a copy. */
export const scanPlainly = (text: string): Known => scanNow(text, null);

/** Could one of the values stand in a text that was scanned, in whatever wrapping? */
export function mayMatter(needles: Needles, { readings, digits, digest }: Known): boolean {
  if (digest || (digits && needles.phones.size > 0)) return true;
  for (const reading of readings) if (mayCarry(needles, reading)) return true;
  return false;
}

/** A text that would take too many steps. */
const whole = (text: string): readonly Finding[] =>
  text === '' ? NOTHING : [{ kind: 'token', start: 0, end: text.length }];

function scanNow(text: string, needles: Needles | null): Known {
  const pass = new Pass(text.length, needles);
  read(pass, { text, place: HERE }, 0);
  const { readings, digits, digest } = pass;
  return { readings, digits, digest, findings: pass.spend(0) ? merge(pass.findings) : whole(text) };
}

function read(pass: Pass, view: View, depth: number): void {
  if (!pass.spend(view.text.length)) return;
  let { text, place } = view;
  let mask = features(text);
  if ((mask & WIDE) !== 0) {
    const plain = folded(text, place);
    if (plain !== null) {
      ({ text, place } = plain);
      mask = features(text);
    }
  }
  const report: Report = (kind, start, end) =>
    pass.findings.push({ kind, start: place.start(start), end: place.end(end) });
  patterns(text, mask, { report, phones: pass.needles?.phones ?? null });
  if (pass.needles !== null) carried(text, pass.needles, { report, mask });
  else {
    pass.readings.push(text.toLowerCase());
    pass.digits ||= (mask & DIGITS) !== 0;
    pass.digest ||= (mask & LONG_RUN) !== 0 && mayHoldDigest(text);
  }
  if ((mask & (ESCAPE | PERCENT | RUN)) !== 0) wrappings(pass, { text, place, mask }, depth);
}

interface Looking {
  readonly report: Report;
  readonly phones: ReadonlySet<string> | null;
}

function patterns(text: string, mask: number, { report, phones }: Looking): void {
  if ((mask & AT) !== 0) emails(text, report);
  if ((mask & PAIR) !== 0) pairs(text, report);
  if ((mask & STAR) !== 0) linkers(text, report);
  if ((mask & COLON) !== 0) colonAddresses(text, report);
  if ((mask & DIGITS) !== 0) {
    personalNumbers(
      text,
      report,
      (digits) => phones !== null && phones.size > 0 && phones.has(digits.slice(-8)),
    );
    lettered(text, report);
    if ((mask & DOT) !== 0) tellingForms(text, report);
  }
  if ((mask & DOT) !== 0 && (mask & SOME_DIGITS) !== 0) ipv4(text, report);
  if ((mask & (COLON | LONG_RUN)) !== 0) hardwareAddresses(text, report);
  if ((mask & RUN) !== 0 && (mask & DOT) !== 0) webTokens(text, report);
  if ((mask & SLASH) !== 0) userAgents(text, report);
  if ((mask & LONG_RUN) !== 0) tokens(text, report);
}

function carried(text: string, needles: Needles, { report, mask }: { report: Report; mask: number }): void {
  if (text.length >= needles.shortest) {
    const lower = text.toLowerCase();
    // Some letters change length when lowered; positions would shift, so the whole text is the finding.
    const same = lower.length === text.length;
    for (const needle of needles.words) {
      if (needle.value.length > lower.length) continue;
      occurrences(lower, needle, (start, end) =>
        report('carried', same ? start : 0, same ? end : text.length),
      );
    }
  }
  if ((mask & LONG_RUN) !== 0 && mayHoldDigest(text)) digests(text, needles, report);
}

/** Digests of carried values, in hex of either case or base64 of either alphabet. */
function digests(text: string, needles: Needles, report: Report): void {
  const lower = text.toLowerCase();
  const url = text.replaceAll('+', '-').replaceAll('/', '_');
  for (const { hex, base64 } of needles.digests()) {
    const inHex = lower.length === text.length ? lower.indexOf(hex) : -1;
    if (inHex >= 0) report('carried', inHex, inHex + hex.length);
    const inBase64 = url.indexOf(base64);
    if (inBase64 >= 0) report('carried', inBase64, inBase64 + base64.length);
  }
}

function occurrences(
  text: string,
  { value, whole }: Needle,
  found: (start: number, end: number) => void,
): void {
  for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + value.length)) {
    if (!whole || standsAlone(value, text, at)) found(at, at + value.length);
  }
}

function wrappings(pass: Pass, view: View & { readonly mask: number }, depth: number): void {
  const { text, place, mask } = view;
  const inner: View[] = [];
  if ((mask & ESCAPE) !== 0) keep(inner, unescaped(text, place));
  if ((mask & PERCENT) !== 0) keep(inner, percentDecoded(text, place));
  if ((mask & RUN) !== 0) wrapped(pass, view, inner);
  for (const next of inner) {
    if (depth < MAX_DEPTH) read(pass, next, depth + 1);
    // Wrapped deeper than anything honest: not read, and not let through either.
    else pass.findings.push(deep(next.place, next.text.length));
  }
}

const keep = (views: View[], view: View | null): void => {
  if (view !== null) views.push(view);
};

const deep = (place: Place, length: number): Finding => ({
  kind: 'token',
  start: place.start(0),
  end: place.end(length),
});

function wrapped(pass: Pass, { text, place }: View, into: View[]): void {
  wrappedTexts(text, (found) => {
    if (!pass.spend(found.end - found.start)) return false;
    if (found.text.length >= 5) into.push({ text: found.text, place: within(place, found.start, found.end) });
    return true;
  });
}

/** What `sluis scan` prints of a line. Scanning `clean` again finds nothing. */
export function scanLine(text: string): { readonly findings: readonly Finding[]; readonly clean: string } {
  const findings = scanText(text);
  let clean = redact(text, findings);
  for (let round = 0; round < 4; round++) {
    const left = scanText(clean);
    if (left.length === 0) return { findings, clean };
    clean = redact(clean, left);
  }
  return { findings, clean: scanText(clean).length === 0 ? clean : ':token' };
}
