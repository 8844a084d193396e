// CSS without what it could say: comments go, strings stay only where layout needs them and they read like a name, addresses lose
// query and fragment. What is left is scrubbed where it looks like more than CSS.

import type { Cleaning } from '../cleaning.ts';
import { cleanAddress } from './addresses.ts';
import { isOrdinary } from './classWords.ts';
import { fits } from './forms.ts';

/** Where something begins that is not copied as it stands. */
const SPECIAL = /["'\\]|\/\*|<!--|-->|\burl\(/gi;
/** How far back the name of a property is looked for. */
const REACH = 512;
/** `content:"\f101"` is a glyph of an icon font, `content:"–"` an ornament. */
const ORNAMENT = /^(?:[^\\]{0,2}|\\[0-9a-f]{1,6}\s?)$/i;
/** Names of fonts, features and grid areas. */
const NAME = /^[A-Za-z0-9 _.,+/-]{0,64}$/;
const NAMING =
  /^(?:font(?:-family|-feature-settings|-variation-settings)?|src|grid(?:-template)?(?:-areas)?|--[\w-]*font[\w-]*)\s*:/;

interface Rules {
  readonly cleaning: Pick<Cleaning, 'text' | 'word'>;
  readonly address: (value: string) => string;
}

interface ElementRules extends Rules {
  /** May a property that the page made up keep its name, which could say anything? Given without its dashes. */
  readonly mayName: (name: string) => boolean;
}

/** While one text is rewritten. */
interface Rewriting extends Rules {
  readonly declarations: Declarations;
}

/** `[data-name*="boots"` */
const COMPARISON = /(\[\s*[\w|:-]{1,64}\s*[~|^$*]?=\s*)("[^"]*"?|'[^']*'?|[^\]\s"']*)/g;
/** Besides words of state. */
const TYPES = /^(?:true|false|date|datetime-local|email|file|month|number|password|range|tel|time|url|week)$/;

/**
 * A style sheet. A text without rules is none, whatever element it stands in. While somebody could be typing it leaves without what
 * selectors compare attributes with, but for words of state: pages filter lists by a rule that holds what stands in their search field.
 */
export function cleanCss(text: string, cleaning: Cleaning, { typing }: { readonly typing: boolean }): string {
  if (!/[{@]/.test(text)) return '';
  const clean = rewrite(text, { cleaning, address: (value) => cleanAddress(value, cleaning) });
  return typing ? clean.replaceAll(COMPARISON, compared) : clean;
}

function compared(whole: string, before: string, value: string): string {
  const bare = value.replaceAll(/["']/g, '').toLowerCase();
  return bare.length < 3 || TYPES.test(bare) || isOrdinary(bare) ? whole : `${before}""`;
}

/** No honest one comes near. */
const MAX_DECLARATIONS = 32_768;
const DECLARATION = /^\s*(-{0,2}[A-Za-z][\w-]{0,63})\s*:/;

/** The declarations of one element, which pages compute: custom properties keep numbers, colours and references only. */
export function cleanDeclarations(text: string, rules: ElementRules): string {
  if (text.length > MAX_DECLARATIONS) return '';
  const clean = rewrite(text, rules);
  return clean
    .split(';')
    .map((piece) => {
      const [head, name] = DECLARATION.exec(piece) ?? [];
      if (head === undefined || name === undefined) return piece.trim() === '' ? piece : '';
      if (!name.startsWith('--')) return piece;
      if (!rules.mayName(name.slice(2))) return '';
      return fits('computed', piece.slice(head.length)) ? piece : head;
    })
    .join(';');
}

function rewrite(text: string, rules: Rules): string {
  const rewriting = { ...rules, declarations: new Declarations(text) };
  let clean = '';
  let from = 0;
  SPECIAL.lastIndex = 0;
  for (let match = SPECIAL.exec(text); match !== null; match = SPECIAL.exec(text)) {
    const at = match.index;
    clean += text.slice(from, at);
    const [piece, end] = special(text, { at, kind: match[0] }, rewriting);
    clean += piece;
    from = end;
    SPECIAL.lastIndex = end;
  }
  return scrub(from === 0 ? text : clean + text.slice(from), rules.cleaning);
}

/** What to put in the place of something special, and where it ends. */
function special(
  text: string,
  { at, kind }: { readonly at: number; readonly kind: string },
  rules: Rewriting,
): readonly [piece: string, end: number] {
  if (kind === '\\') return [text.slice(at, at + 2), at + 2];
  if (kind === '/*') {
    const end = text.indexOf('*/', at + 2);
    return [' ', end < 0 ? text.length : end + 2];
  }
  if (kind === '"' || kind === "'") {
    const end = endOfString(text, at);
    return [`${kind}${stringIn(text, { at, end }, rules)}${kind}`, end];
  }
  return kind.length > 3 && kind.endsWith('(') ? addressIn(text, at + 4, rules) : [' ', at + kind.length];
}

/** Behind the closing quote, or where the line or the text ends. */
function endOfString(text: string, at: number): number {
  const quote = text[at];
  for (let i = at + 1; i < text.length; i++) {
    const character = text[i];
    if (character === '\\') i++;
    else if (character === quote) return i + 1;
    else if (character === '\n' || character === '\r' || character === '\f') return i;
  }
  return text.length;
}

/** A string without its quotes; the second may be missing. */
const inside = (text: string, at: number, end: number): string =>
  text.slice(at + 1, end - at > 1 && text[end - 1] === text[at] ? end - 1 : end);

function stringIn(
  text: string,
  { at, end }: { readonly at: number; readonly end: number },
  { cleaning, address, declarations }: Rewriting,
): string {
  const value = inside(text, at, end);
  if (ORNAMENT.test(value)) return value;
  const before = declarations.before(at);
  if (/^@import\s/.test(before)) return quotable(value, address);
  const isName = before.startsWith('@charset') || NAMING.test(before) || isCompared(before);
  return isName && NAME.test(value) ? cleaning.word(value) : '';
}

/** `a[href^="/"]`: the last bracket is open. A pattern would begin anew at every bracket, for each of a million strings. */
function isCompared(before: string): boolean {
  return before.trimEnd().endsWith('=') && before.lastIndexOf('[') > before.lastIndexOf(']');
}

/** Where the declaration that is read began, told forward: looked for backward from each of a million strings it took four seconds. */
class Declarations {
  readonly #text: string;
  #read = 0;
  #start = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** From the last `;`, `{` or `}` up to here. Empty where that is far away: then no string is kept. Asked in the order of the text. */
  before(at: number): string {
    for (; this.#read < at; this.#read++) {
      const code = this.#text.charCodeAt(this.#read);
      if (code === 0x3b || code === 0x7b || code === 0x7d) this.#start = this.#read + 1;
    }
    if (at - this.#start > REACH) return '';
    return this.#text.slice(this.#start, at).trimStart().toLowerCase();
  }
}

function addressIn(text: string, at: number, { address }: Rules): readonly [string, number] {
  let start = at;
  while (start < text.length && /\s/.test(text[start] ?? '')) start++;
  const quote = text[start];
  const quoted = quote === '"' || quote === "'";
  const close = quoted ? endOfString(text, start) : start;
  const paren = text.indexOf(')', close);
  const end = paren < 0 ? text.length : paren;
  const value = quoted ? inside(text, start, close) : text.slice(start, end).trim();
  const clean = quotable(value, address);
  return [clean === '' ? 'url()' : `url("${clean}")`, Math.min(end + 1, text.length)];
}

/** An address that begins an escape, or would end the string it stands in, is none that CSS is written with. */
function quotable(value: string, address: (value: string) => string): string {
  const clean = value.includes('\\') ? '' : address(value);
  return /["'\\\n\r\f()<>]/.test(clean) ? '' : clean;
}

/** What ends a stretch of CSS that is looked at as one: white space and `!(),:;{}`. */
const ENDS = new Uint8Array(128).map((_, code) =>
  code <= 32 || '!(),:;{}'.includes(String.fromCharCode(code)) ? 1 : 0,
);
const MANY_DIGITS = 8;
const LONG = 24;

/**
 * Stretches that are more than CSS: with an `@` inside, with digits enough for a telephone, or long enough for a token. The scanner
 * sees these only: of a style sheet that is a hundredth, and it takes fifty times as long as this.
 */
function scrub(text: string, cleaning: Rules['cleaning']): string {
  let clean = '';
  let from = 0;
  let start = 0;
  let digits = 0;
  let odd = false;
  for (let i = 0; i <= text.length; i++) {
    const code = i < text.length ? text.charCodeAt(i) : 0;
    if (code >= 128 || ENDS[code] !== 1) {
      if (code >= 48 && code <= 57) digits++;
      // `@`, or `%` and a backslash, which may stand for one
      else if ((code === 64 && i > start) || code === 37 || code === 92) odd ||= i + 2 < text.length;
      continue;
    }
    if (odd || digits >= MANY_DIGITS || i - start >= LONG) {
      clean += text.slice(from, start) + cleaning.text(text.slice(start, i));
      from = i;
    }
    start = i + 1;
    digits = 0;
    odd = false;
  }
  return from === 0 ? text : clean + text.slice(from);
}
