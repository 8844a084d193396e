// Clicks and context menus: what was clicked, in words. The text is cut by the client after 25 characters, class and id too, so
// that what a pattern would find in the whole may have lost its end there.

import { masked } from '../cleaning.ts';
import { isMasked, maskedValue } from '../page/mask.ts';
import { UNFIT, measure } from '../page/measures.ts';
import type { Field, Here, Treatment } from './fields.ts';
import { HEAD, address, fields, flag, hash, node, orNull, region, small } from './fields.ts';

const MAX_TEXT = 25;
const MAX_CLASS = 50;
const MAX_ID = 25;
/** No client sends more. */
const LONGEST = 100;

/** Words that hold a digit or an at sign, and the last one, whose end is missing. */
const ENDANGERED = /\S*[\d@]\S*|\S+$/g;

/** A text as the client cut it, with nothing half left of what would have been found in the whole. */
const withoutCutEnd = (text: string): string =>
  text.length > LONGEST ? masked(text) : text.replaceAll(ENDANGERED, masked);

const cutWord =
  (max: number): Field =>
  (value, { cleaning }) =>
    typeof value === 'string' ? cleaning.word(value.length < max ? value : withoutCutEnd(value)) : UNFIT;

const string: Field = (value) => (typeof value === 'string' ? value : UNFIT);
const TAG = /^[a-z][a-z0-9:._-]{0,60}$/i;
const tag: Field = (value, { cleaning }) =>
  typeof value !== 'string' ? UNFIT : TAG.test(value) ? cleaning.word(value) : '';

const TEXT = HEAD + 8;
const WHOLE = HEAD + 12;

const layout = fields(
  [
    node,
    orNull(measure), // x
    orNull(measure), // y
    orNull(measure), // within the element
    orNull(measure),
    orNull(small), // button
    orNull(small), // reaction
    orNull(small), // context
    orNull(string), // text, treated below
    orNull(address),
    hash,
    orNull(flag), // trusted
    orNull(flag), // is the text whole?
    orNull(measure), // width
    orNull(measure), // height
    orNull(tag),
    orNull(cutWord(MAX_CLASS)),
    orNull(cutWord(MAX_ID)),
    orNull(small), // source
    region,
  ],
  11,
);

export const click: Treatment = (event, here) => {
  const clean = layout(event, here);
  const text = clean?.[TEXT];
  if (clean === null || typeof text !== 'string' || text === '') return clean;
  const told = clickText(text, event, here);
  return told === text ? clean : clean.with(TEXT, told);
};

/** Of a field of a form the text is its value; of a node that is not known it might be. */
function clickText(text: string, event: readonly unknown[], { cleaning, visit }: Here): string {
  const target = event[HEAD];
  const editable = typeof target !== 'number' || visit.isEditable(target);
  if (editable || cleaning.rules.text === 'strict') {
    if (isMasked(text)) return text;
    cleaning.remarks.add('recording.text', editable ? 'typed' : 'page_text', 'replace');
    return maskedValue(text);
  }
  const whole = event[WHOLE] === 1 && text.length < MAX_TEXT;
  return cleaning.text(whole ? text : withoutCutEnd(text));
}
