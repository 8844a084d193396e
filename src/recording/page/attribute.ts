// What an attribute is by itself, on whatever page and under whatever rules: its name, what is done with its value, and what comes of
// that where nothing but the value decides. Pages repeat some thousand attributes, so they are remembered for all recordings; but none
// in which pages write what was typed, and nothing that hangs on a visitor, a route or a moment.

import { Recent, copied } from '../../core/recent.ts';
import type { AddressKind } from './addresses.ts';
import { isOwn, kindOf } from './addresses.ts';
import type { Treatment } from './attributeList.ts';
import { DOCUMENT_TYPE, TREATMENTS } from './attributeList.ts';
import { cleanDeclarations } from './css.ts';
import type { Form } from './forms.ts';
import { fits, isRole } from './forms.ts';
import { isMasked } from './mask.ts';
import { hashOf } from './seenWords.ts';

export interface Attribute {
  readonly name: string;
  /** Undefined: it is not on the list, so it keeps no value. */
  readonly treatment: Treatment | undefined;
  /** Empty where it is not on the list. */
  readonly value: string;
  /** `name=value` as it may leave, where the value alone decides. Of a style: unless it is a style sheet. Undefined: more does. */
  readonly outcome: string | undefined;
  /** Hashes of its words, of what is made of words. */
  readonly words: readonly number[];
  /** Of an address. */
  readonly kind: AddressKind | null;
}

/** 5,000 to 10,000 attributes: 3 MB as they come, 28 MB if each is as long as it may be and made of words of one letter. */
const MAX_ATTRIBUTES = 5000;
const MAX_LENGTH = 512;
/** Fields say in these what was typed, or whom they are about; so do the attributes that are not on the list. */
const TYPED: ReadonlySet<Treatment> = new Set<Treatment>(['value', 'placeholder', 'bound']);
const known = new Recent<string, Attribute>(MAX_ATTRIBUTES);

/** Null: it is none. */
export function attributeOf(token: string): Attribute | null {
  const before = known.get(token);
  if (before !== undefined) return before;
  const equals = token.indexOf('=');
  if (equals < 1) return null;
  const name = token.slice(0, equals);
  const treatment = TREATMENTS.get(name);
  if (treatment === undefined) return unlisted(name);
  if (token.length > MAX_LENGTH || TYPED.has(treatment)) return listed(token, equals, treatment);
  const kept = copied(token);
  const made = listed(kept, equals, treatment);
  known.set(kept, made);
  return made;
}

/** Of `*D`; there is one on a page. */
export function documentAttributeOf(token: string): Attribute | null {
  const equals = token.indexOf('=');
  if (equals < 1) return null;
  const name = token.slice(0, equals);
  const treatment = DOCUMENT_TYPE.get(name);
  return treatment === undefined ? unlisted(name) : listed(token, equals, treatment);
}

const NO_WORDS: readonly number[] = Object.freeze([]);

const unlisted = (name: string): Attribute => ({
  name,
  treatment: undefined,
  value: '',
  outcome: undefined,
  words: NO_WORDS,
  kind: null,
});

function listed(token: string, equals: number, treatment: Treatment): Attribute {
  const name = token.slice(0, equals);
  const value = token.slice(equals + 1);
  const clean = value === '' ? value : alone(value, treatment);
  const whole = clean === value ? token : `${name}=${clean ?? ''}`;
  return {
    name,
    treatment,
    value,
    outcome: clean === undefined ? undefined : whole,
    words: treatment === 'class' || treatment === 'name' ? wordsOf(value) : NO_WORDS,
    kind: treatment === 'address' ? kindOf(value) : null,
  };
}

/** What may leave of a value that needs nothing else to be told; undefined: it does. */
function alone(value: string, treatment: Treatment): string | undefined {
  switch (treatment) {
    case 'address':
      return isOwn(value) ? value : undefined;
    case 'class':
    case 'name':
    case 'srcset':
    case 'value':
    case 'placeholder':
    case 'bound':
      return undefined;
    case 'style':
      return declarations(value);
    case 'role':
      return isRole(value) ? value : '';
    case 'flag':
      return value === 'true' || value === 'false' || TREATMENTS.get(value) === 'flag' ? value : '';
    case 'mask':
      return value === 'true' || value === 'false' || isMasked(value) ? value : '';
    case 'numbers':
    case 'path':
      return GROUPED.test(value) ? '' : formed(value, treatment);
    default:
      return formed(value, treatment);
  }
}

/** Four numbers of four digits, or such as an American Express card has: in a list of numbers nobody would see a card. */
const GROUPED = /^\D*\d{4}(?:\D+\d{4}){3}\D*$|^\D*\d{4}\D+\d{6}\D+\d{5}\D*$/;
export const formed = (value: string, form: Form): string => (fits(form, value) ? value : '');

/** Most styles hold neither an address nor a string nor anything that has to be scanned. */
function declarations(value: string): string | undefined {
  if (value.length > MAX_LENGTH) return undefined;
  let asked = false;
  const ask = (text: string): string => {
    asked = true;
    return text;
  };
  const clean = cleanDeclarations(value, {
    cleaning: { text: ask, word: ask },
    address: ask,
    mayName: (name) => ask(name) !== '',
  });
  return asked ? undefined : clean;
}

function wordsOf(value: string): readonly number[] {
  const words: number[] = [];
  eachWord(value, (from, to) => words.push(hashOf(value, from, to)));
  return words;
}

export function eachWord(value: string, found: (from: number, to: number) => unknown): void {
  let from = 0;
  for (let i = 0; i <= value.length; i++) {
    if (i < value.length && value.charCodeAt(i) > 32) continue;
    if (i > from) found(from, i);
    from = i + 1;
  }
}
