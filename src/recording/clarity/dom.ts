// DOM events of a recording (Discover, Mutation, Snapshot): read whole, taken into the tree, rewritten node by node, written in the
// library's form again. Every node of an event that fits comes out, with its id, parent and place, so that what follows still
// finds it; an event that does not fit is none that the library sends and is dropped whole, and whatever hangs on its nodes is
// unknown from then on and masked.

import type { Cleaning } from '../cleaning.ts';
import type { Place, Setting } from '../page/attributes.ts';
import { cleanAttribute, placeOf } from '../page/attributes.ts';
import { cleanCss } from '../page/css.ts';
import { isMasked, isMaskedLength, maskedText } from '../page/mask.ts';
import type { NodeRecord } from '../page/record.ts';
import { cleanTag } from '../page/tags.ts';
import type { PageVisit } from '../page/visit.ts';
import { readRecords } from './records.ts';
import type { Token } from './tokens.ts';
import { expand, tokenise } from './tokens.ts';

const DISCOVER = 5;
const TYPES: readonly unknown[] = [DISCOVER, 6, 43];
const MAX_TIME = 2 ** 31 - 1;
/** Width and height of a masked image, in hundredths of a pixel: up to 16,796 pixels. */
const SIZE = /^#[0-9a-z]{1,4}\.[0-9a-z]{1,4}$/;
/** A STYLE without CSS ends in an attribute; no CSS begins like one. */
const ATTRIBUTE = /^[\w:.*-]+=/;

/** Null: it does not fit the layout. Changes `visit`. */
export function cleanDom(event: readonly unknown[], visit: PageVisit, cleaning: Cleaning): unknown[] | null {
  const [time, type] = event;
  if (typeof time !== 'number' || !(time >= 0 && time < MAX_TIME)) return null;
  if (typeof type !== 'number' || !TYPES.includes(type)) return null;
  const places: number[] = [];
  const tokens = expand(event, visit.effort, places);
  const records = tokens === null ? null : readRecords(tokens);
  if (records === null) return null;
  const moment = visit.note(records, { at: Math.floor(time), whole: type === DISCOVER });
  const known: Setting['known'] = [];
  known.length = event.length;
  const setting: Setting = { visit, cleaning, moment, places, known, knownNames: new Map() };
  const clean: Token[] = [];
  for (const record of records) {
    if (record.tag.name === '*T') writeText(record, setting, clean);
    else writeElement(record, setting, clean);
  }
  return tokenise(time, type, clean);
}

function writeHead(
  { parent, previous }: NodeRecord,
  { id, tag }: { id: number; tag: string },
  into: Token[],
): void {
  into.push(id);
  if (parent !== 0) into.push(parent);
  if (previous !== 0) into.push(previous);
  into.push(tag);
}

function writeText(record: NodeRecord, setting: Setting, into: Token[]): void {
  const text = record.rest.at(-1);
  const clean = text === undefined ? { text, masked: record.masked } : cleanText(text, record, setting);
  writeHead(record, { id: clean.masked ? -record.id : record.id, tag: record.tag.name }, into);
  if (clean.text !== undefined) into.push(clean.text);
}

function cleanText(
  text: string,
  record: NodeRecord,
  { visit, moment, cleaning }: Setting,
): { readonly text: string; readonly masked: boolean } {
  if (text.trim() === '') return { text, masked: record.masked };
  if (!record.masked && visit.isStyle(record.parent, moment))
    return { text: cleanCss(text, cleaning, moment), masked: false };
  const speaks = visit.maySpeak(record, moment);
  // What was typed must not come back as the text of a click on what is around it.
  if (!speaks) visit.hold(record.parent);
  if (record.masked) return { text: isMaskedLength(text) ? text : maskedText(text), masked: true };
  if (isMasked(text)) return { text, masked: false };
  return speaks && cleaning.rules.text === 'balanced'
    ? { text: cleaning.text(text), masked: false }
    : { text: maskedText(text), masked: true };
}

function writeElement(record: NodeRecord, setting: Setting, into: Token[]): void {
  const { tag, rest } = record;
  writeHead(record, { id: record.id, tag: cleanTag(tag, setting.cleaning) }, into);
  const place = placeOf(record, setting);
  for (let i = 0; i < rest.length; i++) {
    const token = rest[i] ?? '';
    const clean =
      tag.name === 'STYLE' && i === rest.length - 1 && !ATTRIBUTE.test(token)
        ? cleanCss(token, setting.cleaning, setting.moment)
        : cleanToken(token, i, place);
    if (clean !== null) into.push(clean);
  }
}

const cleanToken = (token: string, index: number, place: Place): string | null =>
  index === 0 && place.tag === 'IMG' && SIZE.test(token)
    ? token
    : cleanAttribute(token, place.places[place.node.first + index] ?? 0, place);
