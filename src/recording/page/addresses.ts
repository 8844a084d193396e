// Addresses in attributes and CSS: cleaned as all addresses are, and empty where the scheme brings content of its own (`data:`,
// `blob:`, `javascript:`) or is not known.

import type { Cleaning } from '../cleaning.ts';

const SCHEME = /^\s*([a-z][a-z0-9+.-]*):/i;
/** Browsers read past these: `java\tscript:` is a scheme to them. */
const CONTROL = /\p{Cc}/u;
const WEB = new Set(['http', 'https', 'mailto', 'tel', 'sms']);
/** Documents that a page writes itself; the second form is that of `*B`. */
const OWN = /^about:(?:\/\/)?(?:blank|srcdoc)$/;
export const isOwn = (value: string): boolean => OWN.test(value);
const FRAGMENT = /^#[A-Za-z][\w:.-]{0,63}$/;

/** What has to be asked of an address: nothing, since it stays or goes; or is it a word, or a place? */
export type AddressKind = 'stays' | 'goes' | 'word' | 'place';

export function kindOf(value: string): AddressKind {
  if (value === '' || value === '#') return 'stays';
  if (CONTROL.test(value)) return 'goes';
  if (value.startsWith('#')) return FRAGMENT.test(value) ? 'word' : 'goes';
  const scheme = SCHEME.exec(value)?.[1]?.toLowerCase();
  return scheme === undefined || WEB.has(scheme) ? 'place' : 'goes';
}

export const cleanAddress = (value: string, cleaning: Cleaning): string =>
  cleanKind(kindOf(value), value, cleaning);

export function cleanKind(kind: AddressKind, value: string, cleaning: Cleaning): string {
  switch (kind) {
    case 'stays':
      return value;
    case 'goes':
      return '';
    case 'word':
      return cleaning.word(value);
    case 'place':
      return cleaning.url(value);
    default:
      return kind satisfies never;
  }
}

const DESCRIPTOR = /^(?:\d{1,5}(?:\.\d{1,4})?[wxh])$/;

const SPACE_OR_COMMA = /[\s,]/;
const SPACE = /\s/;

/** Candidate by candidate; one whose address may not leave is left out. */
export function cleanSrcset(value: string, clean: (address: string) => string): string {
  const candidates: string[] = [];
  for (let at = skip(value, 0, SPACE_OR_COMMA); at < value.length; at = skip(value, at, SPACE_OR_COMMA)) {
    let end = at;
    while (end < value.length && !SPACE.test(value[end] ?? '')) end++;
    // A comma ends a candidate where it ends a word; inside an address it is part of it.
    const word = value.slice(at, end);
    const address = word.slice(0, endWithoutCommas(word));
    const comma = address === word ? value.indexOf(',', end) : end;
    const descriptors = value.slice(end, comma < 0 ? value.length : comma).split(/\s+/);
    const cleaned = clean(address);
    if (cleaned !== '')
      candidates.push([cleaned, ...descriptors.filter((one) => DESCRIPTOR.test(one))].join(' '));
    at = comma < 0 ? value.length : comma;
  }
  return candidates.join(', ');
}

function skip(value: string, from: number, what: RegExp): number {
  let at = from;
  while (at < value.length && what.test(value[at] ?? '')) at++;
  return at;
}

/** Step by step: `/,+$/` begins anew at every comma, and a word of a megabyte of them took it half an hour. */
function endWithoutCommas(word: string): number {
  let end = word.length;
  while (word[end - 1] === ',') end--;
  return end;
}
