// What a tag says about the text in it and about what can be typed there, and which tag names may leave.

import { Recent, copied } from '../../core/recent.ts';
import type { Cleaning } from '../cleaning.ts';

/** Facts of a node, as bits: they are kept for every node of a page, in four bytes. */
export const KNOWN = 1;
/** Top of a document: what stands above it is not recorded. */
export const ROOT = 2;
/** Text in it is CSS. */
export const STYLE = 4;
/** Text in it is typed, chosen, computed from what was typed, or a title: masked whatever the page says. */
export const PROTECTED = 8;
/** Somebody could type or choose here. */
export const FIELD = 16;
/** Editable by an attribute, now or earlier. */
export const EDITABLE = 32;
/** `contenteditable=false`: what is editable above ends here. */
export const CLOSED = 64;
/** The document of a frame. */
export const FRAME = 128;
/** May have a shadow root that is not recorded. */
export const CUSTOM = 256;
/** Something that is masked stands below, or is its own value. */
export const HOLDS = 512;
/** Two bits that count changes of an address. */
export const CHANGE = 1024;
export const CHANGES = 3 * CHANGE;

/** By upper-case name without its prefix, so that `svg:STYLE` and XHTML's `input` are what they are. */
const FACTS: ReadonlyMap<string, number> = new Map([
  ['TEXTAREA', PROTECTED | FIELD],
  ['SELECT', PROTECTED | FIELD],
  ['OPTION', PROTECTED],
  ['OPTGROUP', PROTECTED],
  ['DATALIST', PROTECTED],
  ['OUTPUT', PROTECTED],
  ['TITLE', PROTECTED],
  ['SCRIPT', PROTECTED],
  ['NOSCRIPT', PROTECTED],
  ['TEMPLATE', PROTECTED],
  ['STYLE', STYLE],
]);

const PREFIX = /^(?:svg|iframe):/;
const SPECIAL = new Set(['*T', '*D', '*S', '*P', '*M', 'iframe:*D', 'iframe:HTML']);
const PLAIN = /^(?:svg:)?[A-Za-z]{1,20}\d?$/;
const LONGEST = 64;
/** Custom elements have a hyphen; so do three of SVG. */
const SANE = /^(?:svg:)?[A-Za-z][A-Za-z0-9._]{0,24}-[A-Za-z0-9._-]{0,32}$/;

/** A custom element without a class is an inline box, as an unknown element is. */
const UNNAMED = 'X-ELEMENT';

export interface Tag {
  readonly name: string;
  /** Upper case, without prefix. */
  readonly bare: string;
  readonly facts: number;
  /** A word of letters like those of HTML and SVG: nothing to look for in it. */
  readonly plain: boolean;
}

/** Pages have some 50 tags for thousands of nodes. */
const known = new Recent<string, Tag>(500);

export function tagOf(name: string): Tag {
  const tag = known.get(name);
  if (tag !== undefined) return tag;
  const bare = name.replace(PREFIX, '').toUpperCase();
  const made = { name: copied(name), bare, facts: factsOf(name, bare), plain: PLAIN.test(name) };
  if (name.length <= LONGEST) known.set(made.name, made);
  return made;
}

function factsOf(name: string, bare: string): number {
  if (name === 'HTML') return ROOT;
  if (name === 'iframe:HTML') return FRAME;
  const facts = FACTS.get(bare) ?? 0;
  return name.includes('-') ? facts | CUSTOM : facts;
}

/** Names of custom elements are the site's own words, so they are scrubbed; a name of no sane form is replaced. */
export function cleanTag({ name, plain }: Tag, cleaning: Cleaning): string {
  if (plain || SPECIAL.has(name)) return name;
  return SANE.test(name) && cleaning.word(name) === name ? name : UNNAMED;
}
