// Finds canaries in what left the gateway, in whatever spelling: the text is undone in every way a vendor could undo it, and
// canaries and their digests are looked for in all that comes of it. Knows nothing of how the gateway looks for them.

import { createHash } from 'node:crypto';
import type { Canary } from './canaries.ts';
import { needlesOf } from './canaries.ts';

export interface Needle {
  readonly text: string;
  readonly canary: Canary;
  /** `plain`, or how it was digested. */
  readonly form: string;
  /** In base64, case is part of the value; everything else is looked for in lower case. */
  readonly exact: boolean;
}

const GRAM = 6;
/** Digits of these are looked for without what stands between them. */
const SPACED = /^(?:never\.(?:card|iban|bsn|other_phone)|person\.phone)$/;
const SHORTEST_SQUEEZED = 9;

const squeeze = (text: string): string => text.replace(/[^a-z0-9]+/g, '');
/** Format characters, and the few others that take no room. */
const invisible = /\p{Cf}|\p{Variation_Selector}|\u034f|\u115f|\u1160/gu;

function digestsOf(value: string): Pick<Needle, 'text' | 'form' | 'exact'>[] {
  const found: Pick<Needle, 'text' | 'form' | 'exact'>[] = [];
  for (const read of new Set([value, value.trim().toLowerCase(), value.trim().toUpperCase()]))
    for (const algorithm of ['md5', 'sha1', 'sha256']) {
      const digest = createHash(algorithm).update(read, 'utf8').digest();
      const base64 = digest.toString('base64').replace(/=+$/, '');
      found.push({ text: digest.toString('hex'), form: algorithm, exact: false });
      for (const text of [base64, base64.replaceAll('+', '-').replaceAll('/', '_')])
        found.push({ text, form: algorithm, exact: true });
    }
  return found;
}

/** Everything to look for on account of one canary. Parts are looked for plain and digested. */
export function needles(canary: Canary): readonly Needle[] {
  const found = new Map<string, Needle>();
  const add = (text: string, form: string, exact = false): void => {
    if (text.length >= GRAM && !found.has(text)) found.set(text, { text, canary, form, exact });
  };
  for (const value of needlesOf(canary)) {
    const lower = value.normalize('NFKC').toLowerCase();
    add(lower, 'plain');
    if (SPACED.test(canary.kind) && squeeze(lower).length >= SHORTEST_SQUEEZED) add(squeeze(lower), 'plain');
    const snake = lower.replace(/[^a-z0-9]+/g, '_').replace(/^_|_$/g, '');
    if (snake.length >= 9) add(snake, 'plain'); // as event names are written
    if (value.length >= GRAM) for (const { text, form, exact } of digestsOf(value)) add(text, form, exact);
  }
  return [...found.values()];
}

/** Control characters, and what stands for bytes that are no UTF-8: a decoder that throws costs a hundred times as much. */
const UNPRINTABLE = /[\u0000-\u0008\u000e-\u001f\u007f\ufffd]/; // oxlint-disable-line no-control-regex

function textOf(bytes: Buffer): string | null {
  const text = bytes.toString('utf8');
  return UNPRINTABLE.test(text) ? null : text;
}

const unpercent = (text: string): string =>
  text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => textOf(Buffer.from(run.replaceAll('%', ''), 'hex')) ?? run);

const unescape = (text: string): string =>
  text
    .replace(/\\+u([0-9a-f]{4})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .replace(/\\+(["/])/g, '$1');

const unentity = (text: string): string =>
  text
    .replace(/&#x([0-9a-f]{1,6});?/gi, (whole, code: string) => fromCode(Number.parseInt(code, 16), whole))
    .replace(/&#(\d{1,7});?/g, (whole, code: string) => fromCode(Number(code), whole))
    .replace(/&(amp|lt|gt|quot|commat|period|plus);/g, (_, name: string) => NAMED[name] ?? '');
const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  commat: '@',
  period: '.',
  plus: '+',
};
const fromCode = (code: number, otherwise: string): string =>
  code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : otherwise;

/** Runs that could be base64, from each of the four places they may begin at. */
function unbase64(text: string): string {
  const found: string[] = [];
  for (const [run] of text.matchAll(/[A-Za-z0-9+/_-]{8,}/g))
    for (let shift = 0; shift < 4; shift += 1) {
      const bytes = Buffer.from(run.slice(shift), 'base64');
      for (const cut of [bytes, bytes.subarray(0, -1), bytes.subarray(0, -2)]) {
        const decoded = textOf(cut);
        if (decoded === null) continue;
        found.push(decoded);
        break;
      }
    }
  return found.join('\n');
}

function unhex(text: string): string {
  const found: string[] = [];
  for (const [run] of text.matchAll(/(?:[0-9a-f]{2}){6,}/gi))
    for (const part of [run, run.slice(1, run.length - 1)]) {
      const decoded = textOf(Buffer.from(part, 'hex'));
      if (decoded !== null) found.push(decoded);
    }
  return found.join('\n');
}

const UNDO = [unpercent, unescape, unentity, unbase64, unhex];
const ROUNDS = 3;

/** The text and all that can be made of it, without what cannot be seen. */
export function views(text: string): readonly string[] {
  const seen = new Set([text]);
  let fresh = [text];
  for (let round = 0; round < ROUNDS && fresh.length > 0; round += 1) {
    const next: string[] = [];
    for (const each of fresh)
      for (const undo of UNDO) {
        const undone = undo(each);
        if (undone.length >= GRAM && !seen.has(undone)) {
          seen.add(undone);
          next.push(undone);
        }
      }
    fresh = next;
  }
  return [...seen].map((each) => each.normalize('NFKC').replace(invisible, ''));
}

export interface Find {
  readonly needle: Needle;
  /** Surroundings of the find, for people. */
  readonly near: string;
}

/** Many needles, looked for at once. */
export class Sniffer {
  readonly #lower = new Map<string, Needle[]>();
  readonly #exact = new Map<string, Needle[]>();
  readonly #squeezed = new Map<string, Needle[]>();

  constructor(all: Iterable<Needle>) {
    for (const needle of all) {
      const { canary, form, text } = needle;
      put(needle.exact ? this.#exact : this.#lower, needle);
      if (SPACED.test(canary.kind) && form === 'plain' && /^[a-z0-9]{9,}$/.test(text))
        put(this.#squeezed, needle);
    }
  }

  /** Looks in the text as it stands. */
  plainly(text: string): readonly Find[] {
    return [...search(this.#lower, text.toLowerCase()).values(), ...search(this.#exact, text).values()];
  }

  /** Looks in the text and in all that can be made of it. */
  find(text: string): readonly Find[] {
    const found = new Map<string, Find>();
    for (const view of views(text)) {
      const lower = view.toLowerCase();
      for (const some of [
        search(this.#lower, lower),
        search(this.#exact, view),
        search(this.#squeezed, squeezedLeaves(lower)),
      ])
        for (const [key, each] of some) if (!found.has(key)) found.set(key, each);
    }
    return [...found.values()];
  }
}

/** Separators within numbers go, quotes and commas between values stay. */
const squeezedLeaves = (view: string): string => view.replace(/[ .\-()/\u2010-\u2015]+/g, '');

function put(table: Map<string, Needle[]>, needle: Needle): void {
  const gram = needle.text.slice(0, GRAM);
  const row = table.get(gram);
  if (row === undefined) table.set(gram, [needle]);
  else row.push(needle);
}

function search(table: ReadonlyMap<string, Needle[]>, text: string): Map<string, Find> {
  const found = new Map<string, Find>();
  if (table.size === 0) return found;
  for (let at = 0; at + GRAM <= text.length; at += 1)
    for (const needle of table.get(text.slice(at, at + GRAM)) ?? [])
      if (text.startsWith(needle.text, at)) {
        const key = `${needle.canary.value}|${needle.form}`;
        if (!found.has(key))
          found.set(key, { needle, near: text.slice(Math.max(0, at - 60), at + needle.text.length + 40) });
      }
  return found;
}
