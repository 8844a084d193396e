// Which attributes of a node may leave, and how. Only names on the list keep a value, each in a form of its own; other names stay,
// empty, because styles may ask for them. What is free-form is scrubbed, and while somebody could be typing it may not be new: it
// was on the page before or says a state. Two exceptions, since nothing would have its looks without them: classes and images of an
// element that is new itself, and two changes of an image's address.

import type { Cleaning } from '../cleaning.ts';
import type { AddressKind } from './addresses.ts';
import { cleanKind, cleanSrcset, isOwn, kindOf } from './addresses.ts';
import type { Attribute } from './attribute.ts';
import { attributeOf, documentAttributeOf, eachWord, formed } from './attribute.ts';
import type { Treatment } from './attributeList.ts';
import { isOrdinary } from './classWords.ts';
import { cleanCss, cleanDeclarations } from './css.ts';
import { isMasked, maskedValue } from './mask.ts';
import type { NodeRecord } from './record.ts';
import { hashOf } from './seenWords.ts';
import type { PageVisit, Moment } from './visit.ts';

/** What all nodes of an event have in common. */
export interface Setting {
  readonly visit: PageVisit;
  readonly moment: Moment;
  readonly cleaning: Cleaning;
  /** By the index of a token in the stream, the place in the event where it is written out. */
  readonly places: readonly number[];
  /** Attributes of new nodes that were cleaned before and say the same everywhere, by the place where they are written out. */
  readonly known: (string | null | undefined)[];
  /** The same by the name of those that are not on the list. */
  readonly knownNames: Map<string, string | null>;
}

export interface Place extends Setting {
  readonly node: NodeRecord;
  /** Upper case, without prefix. */
  readonly tag: string;
  readonly fresh: boolean;
}

const SANE_NAME = /^(?:\*[A-Z]|[A-Za-z_:@.][\w:.-]{0,63})$/;
/** Elements whose address says where a click leads, and nothing about how the page looks. */
const LEADING = new Set(['A', 'AREA', 'FORM', 'BUTTON', 'INPUT', 'BASE']);

/** `name=value` as it may leave; null: not at all. `at`: where in its event it is written out, null where nothing tells that. */
export function cleanAttribute(token: string, at: number | null, place: Place): string | null {
  const isDocument = place.tag === '*D';
  const remembered = place.fresh && !isDocument ? at : null;
  const before = remembered === null ? undefined : place.known[remembered];
  if (before !== undefined) return before;
  const attribute = isDocument ? documentAttributeOf(token) : attributeOf(token);
  if (attribute === null) return null;
  const clean =
    attribute.treatment === undefined ? unlisted(attribute, place) : listed(token, attribute, place);
  if (remembered !== null && saysTheSame(attribute.treatment)) place.known[remembered] = clean;
  return clean;
}

/** Does an attribute of a new node become the same wherever it stands in its event? Else it hangs on the node. */
function saysTheSame(treatment: Treatment | undefined): boolean {
  switch (treatment) {
    case 'address':
    case 'srcset':
    case 'style':
    case 'value':
    case 'name': // ids come once
      return false;
    default:
      return true;
  }
}

/** Of an attribute that is not on the list, only the name counts. */
function unlisted({ name }: Attribute, place: Place): string | null {
  const before = place.fresh ? place.knownNames.get(name) : undefined;
  if (before !== undefined) return before;
  const clean = mayStand(name, place) ? `${name}=` : null;
  if (place.fresh) place.knownNames.set(name, clean);
  return clean;
}

function listed(token: string, attribute: Attribute, place: Place): string {
  const { name, treatment, value, outcome } = attribute;
  if (outcome !== undefined && (treatment !== 'style' || place.tag !== '*S' || value === '')) return outcome;
  const clean = treated(attribute, place);
  return clean === value ? token : `${name}=${clean}`;
}

/** The name of an attribute that is not on the list: a page may write there, too, what was typed. */
function mayStand(name: string, place: Place): boolean {
  if (!SANE_NAME.test(name) || place.cleaning.word(name) !== name) return false;
  return isSeen(name, { from: 0, to: name.length }, place) || isOrdinary(name);
}

/** Of what has no outcome by itself. */
function treated(attribute: Attribute, place: Place): string {
  const { value, treatment } = attribute;
  const { cleaning, moment, fresh } = place;
  switch (treatment) {
    case 'class':
      return fresh ? wordsOnce(attribute, place) : seenWords(attribute, place);
    case 'name':
      return seenWords(attribute, place);
    case 'style':
      return place.tag === '*S'
        ? cleanCss(value, cleaning, moment)
        : cleanDeclarations(value, {
            cleaning,
            address: (one) => anyAddress(one, place),
            mayName: (name) => mayStand(name, place),
          });
    case 'address':
      return address(value, attribute.kind ?? kindOf(value), place);
    case 'srcset':
      return cleanSrcset(value, (one) => anyAddress(one, place));
    case 'value':
      return fieldValue(value, place);
    case 'placeholder':
      return placeholder(value, place);
    case 'bound':
      // Two fields of a range bound one another by what was typed.
      return moment.typing && !fresh && value.length > 2 ? '' : formed(value, treatment);
    default:
      return '';
  }
}

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
function wordsOnce({ value, words }: Attribute, { cleaning, visit }: Place): string {
  for (const word of words) visit.words.add(word);
  return cleaning.word(value);
}

/** Only words that were there before, or that say a state. */
function seenWords(attribute: Attribute, place: Place): string {
  if (!place.moment.typing) return wordsOnce(attribute, place);
  const { value, words } = attribute;
  const kept: string[] = [];
  let at = 0;
  eachWord(value, (from, to) => {
    const word = value.slice(from, to);
    if (place.visit.words.has(words[at++] ?? 0) || isOrdinary(word)) kept.push(word);
  });
  return place.cleaning.word(kept.length === words.length ? value : kept.join(' '));
}

const anyAddress = (value: string, place: Place): string =>
  isOwn(value) ? value : address(value, kindOf(value), place);

function address(value: string, kind: AddressKind, place: Place): string {
  const { tag, cleaning, node, fresh, moment, visit } = place;
  const clean = cleanKind(kind, value, cleaning);
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

export const placeOf = (
  node: NodeRecord,
  { visit, moment, cleaning, places, known, knownNames }: Setting,
): Place => ({
  visit,
  moment,
  cleaning,
  places,
  known,
  knownNames,
  node,
  tag: node.tag.bare,
  fresh: visit.isNew(node.id, moment),
});
