// Which attributes of a node may leave, and how. Only names on the list keep a value, each in a form of its own; other names stay,
// empty, because styles may ask for them. What is free-form is scrubbed, and while somebody could be typing it may not be new: it
// was on the page before or says a state. Two exceptions, since nothing would have its looks without them: classes and images of an
// element that is new itself, and two changes of an image's address.

import type { Cleaning } from '../cleaning.ts';
import { cleanAddress, cleanSrcset } from './addresses.ts';
import type { Treatment } from './attributeList.ts';
import { DOCUMENT_TYPE, TREATMENTS } from './attributeList.ts';
import { isOrdinary } from './classWords.ts';
import { cleanCss, cleanDeclarations } from './css.ts';
import type { Form } from './forms.ts';
import { fits, isRole } from './forms.ts';
import { isMasked, maskedValue } from './mask.ts';
import type { NodeRecord } from './records.ts';
import { hashOf } from './seenWords.ts';
import type { ClarityVisit, Moment } from './tree.ts';

/** What all nodes of an event have in common. */
export interface Setting {
  readonly visit: ClarityVisit;
  readonly moment: Moment;
  readonly cleaning: Cleaning;
  /** Attributes of new nodes that were cleaned before and say the same everywhere. */
  readonly known: Map<string, string | null>;
}

export interface Place extends Setting {
  readonly node: NodeRecord;
  /** Upper case, without prefix. */
  readonly tag: string;
  readonly fresh: boolean;
}

const SANE_NAME = /^(?:\*[A-Z]|[A-Za-z_:@.][\w:.-]{0,63})$/;
/** Documents that a page writes itself; the second form is that of `*B`. */
const OWN = /^about:(?:\/\/)?(?:blank|srcdoc)$/;
/** Elements whose address says where a click leads, and nothing about how the page looks. */
const LEADING = new Set(['A', 'AREA', 'FORM', 'BUTTON', 'INPUT', 'BASE']);

/** What hangs on the node and not on the attribute alone; and ids, which come once. */
const NOT_REMEMBERED: ReadonlySet<Treatment> = new Set<Treatment>([
  'address',
  'srcset',
  'style',
  'value',
  'name',
]);

/** `name=value` as it may leave; null: not at all. */
export function cleanAttribute(token: string, place: Place): string | null {
  const equals = token.indexOf('=');
  if (equals < 1) return null;
  const name = token.slice(0, equals);
  const treatment = place.tag === '*D' ? DOCUMENT_TYPE.get(name) : TREATMENTS.get(name);
  if (treatment !== undefined && NOT_REMEMBERED.has(treatment))
    return cleanValue(token, { name, treatment }, place);
  if (!place.fresh) return cleanValue(token, { name, treatment }, place);
  // Of an attribute that is not on the list, only the name counts; no token that is on it lacks its `=`.
  const key = treatment === undefined ? name : token;
  let clean = place.known.get(key);
  if (clean === undefined) {
    clean = cleanValue(token, { name, treatment }, place);
    place.known.set(key, clean);
  }
  return clean;
}

function cleanValue(
  token: string,
  { name, treatment }: { readonly name: string; readonly treatment: Treatment | undefined },
  place: Place,
): string | null {
  if (treatment === undefined) return mayStand(name, place) ? `${name}=` : null;
  const value = token.slice(name.length + 1);
  const clean = value === '' ? '' : treated(value, treatment, place);
  return clean === value ? token : `${name}=${clean}`;
}

/** The name of an attribute that is not on the list: a page may write there, too, what was typed. */
function mayStand(name: string, place: Place): boolean {
  if (!SANE_NAME.test(name) || place.cleaning.word(name) !== name) return false;
  return isSeen(name, { from: 0, to: name.length }, place) || isOrdinary(name);
}

function treated(value: string, treatment: Treatment, place: Place): string {
  const { cleaning } = place;
  switch (treatment) {
    case 'class':
      return place.fresh ? wordsOnce(value, place) : seenWords(value, place);
    case 'name':
      return seenWords(value, place);
    case 'style':
      return place.tag === '*S'
        ? cleanCss(value, cleaning)
        : cleanDeclarations(value, { cleaning, address: (one) => address(one, place) });
    case 'address':
      return address(value, place);
    case 'srcset':
      return cleanSrcset(value, (one) => address(one, place));
    case 'role':
      return isRole(value) ? value : '';
    case 'value':
      return fieldValue(value, place);
    case 'placeholder':
      return placeholder(value, place);
    case 'flag':
      return value === 'true' || value === 'false' || TREATMENTS.get(value) === 'flag' ? value : '';
    case 'mask':
      return value === 'true' || value === 'false' || isMasked(value) ? value : '';
    case 'bound':
      // Two fields of a range bound one another by what was typed.
      return place.moment.typing && !place.fresh && value.length > 2 ? '' : formed(value, treatment);
    case 'numbers':
    case 'path':
      return GROUPED.test(value) ? '' : formed(value, treatment);
    default:
      return formed(value, treatment);
  }
}

/** Four numbers of four digits, or such as an American Express card has: in a list of numbers nobody would see a card. */
const GROUPED = /^\D*\d{4}(?:\D+\d{4}){3}\D*$|^\D*\d{4}\D+\d{6}\D+\d{5}\D*$/;
const formed = (value: string, form: Form): string => (fits(form, value) ? value : '');

/** Was this word of the page there before somebody could type? While nobody can, it is from now on. */
function isSeen(
  text: string,
  { from, to }: { readonly from: number; readonly to: number },
  { moment, visit }: Place,
): boolean {
  const hash = hashOf(text, from, to);
  if (!moment.typing) visit.words.add(hash);
  return !moment.typing || visit.words.has(hash);
}

/** Classes of a node that is new, without which it has no layout; and all words while nobody can type. */
function wordsOnce(value: string, { cleaning, visit }: Place): string {
  eachWord(value, (from, to) => visit.words.add(hashOf(value, from, to)));
  return cleaning.word(value);
}

/** Only words that were there before, or that say a state. */
function seenWords(value: string, place: Place): string {
  if (!place.moment.typing) return wordsOnce(value, place);
  const kept: string[] = [];
  let all = true;
  eachWord(value, (from, to) => {
    if (isSeen(value, { from, to }, place)) return kept.push(value.slice(from, to));
    const word = value.slice(from, to);
    if (isOrdinary(word)) return kept.push(word);
    return (all = false);
  });
  return place.cleaning.word(all ? value : kept.join(' '));
}

function eachWord(value: string, found: (from: number, to: number) => unknown): void {
  let from = 0;
  for (let i = 0; i <= value.length; i++) {
    if (i < value.length && value.charCodeAt(i) > 32) continue;
    if (i > from) found(from, i);
    from = i + 1;
  }
}

function address(value: string, place: Place): string {
  const { tag, cleaning, node, fresh, moment, visit } = place;
  if (OWN.test(value)) return value;
  const clean = cleanAddress(value, cleaning);
  if (clean === '' || isSeen(clean, { from: 0, to: clean.length }, place)) return clean;
  if (LEADING.has(tag)) return '';
  if (!fresh && moment.typing && !visit.mayChangeAddress(node.id)) return '';
  visit.words.add(hashOf(clean));
  return clean;
}

/** Of an INPUT: a label where it was a button all its life, else what was typed or chosen. Elsewhere values show nowhere. */
function fieldValue(value: string, place: Place): string {
  if (isMasked(value)) return value;
  if (place.tag !== 'INPUT') return '';
  const { visit, node, cleaning, moment, fresh } = place;
  if (!visit.isButton(node.id)) return maskedValue(value);
  if (moment.typing || !fresh) {
    // A label that changes may echo something; then a click on it would tell it, too.
    visit.hold(node.id);
    return maskedValue(value);
  }
  return cleaning.rules.text === 'strict' ? maskedValue(value) : cleaning.text(value);
}

function placeholder(value: string, { cleaning, moment }: Place): string {
  if (isMasked(value)) return value;
  return cleaning.rules.text === 'strict' || moment.typing ? '' : cleaning.text(value);
}

export const placeOf = (node: NodeRecord, { visit, moment, cleaning, known }: Setting): Place => ({
  visit,
  moment,
  cleaning,
  known,
  node,
  tag: node.tag.bare,
  fresh: visit.isNew(node.id, moment),
});
