// Items of gtag hits: `pr1` to `pr200`, pieces joined by `~`, each a key of two characters and a value.

import type { Item } from '../../core/event.ts';
import type { Pairs } from '../query.ts';
import { remembered } from '../remembered.ts';
import { isEmpty } from '../value.ts';

const MOST_ITEMS = 200;

const FIELDS: Readonly<Record<string, string>> = {
  id: 'item_id',
  nm: 'item_name',
  br: 'item_brand',
  ca: 'item_category',
  c2: 'item_category2',
  c3: 'item_category3',
  c4: 'item_category4',
  c5: 'item_category5',
  va: 'item_variant',
  pr: 'price',
  qt: 'quantity',
  cp: 'coupon',
  ds: 'discount',
  ln: 'item_list_name',
  li: 'item_list_id',
  lp: 'index',
  af: 'affiliation',
  cn: 'creative_name',
  cs: 'creative_slot',
  pi: 'promotion_id',
  pn: 'promotion_name',
};
const NUMBERS = new Set(['pr', 'qt', 'ds', 'lp']);

/** Pieces between single tildes; a doubled one is a tilde inside a value. */
const pieces = (text: string): readonly string[] =>
  text.includes('~~')
    ? text
        .replaceAll('~~', '\0')
        .split('~')
        .map((piece) => piece.replaceAll('\0', '~'))
    : text.split('~');

/** Custom fields (`k0name`, `v0value`) and whatever else is unknown do not become part of the item. */
export function readGtagItem(text: string): Item {
  const item: Record<string, string | number> = {};
  for (const piece of pieces(text)) {
    const key = piece.slice(0, 2);
    const value = piece.slice(2);
    const field = Object.hasOwn(FIELDS, key) ? FIELDS[key] : undefined;
    if (field === undefined || value === '') continue;
    const number = NUMBERS.has(key) ? Number(value) : Number.NaN;
    item[field] = Number.isFinite(number) ? number : value;
  }
  return item;
}

/** Place of the item under this key; null for other keys and numbers out of range. */
const itemNumber = remembered((key): number | null => {
  const at = Number(/^pr(\d{1,3})$/.exec(key)?.[1] ?? 0);
  return at >= 1 && at <= MOST_ITEMS ? at : null;
});

/** Items in their order; a gap in the numbering ends nothing. */
export function readGtagItems(pairs: Pairs): readonly Item[] {
  const numbered: { readonly at: number; readonly item: Item }[] = [];
  for (const [name, value] of pairs) {
    const at = name.startsWith('pr') ? itemNumber(name) : null;
    if (at === null) continue;
    const item = readGtagItem(value);
    if (!isEmpty(item)) numbered.push({ at, item });
  }
  if (numbered.length > 1) numbered.sort((a, b) => a.at - b.at);
  return numbered.map(({ item }) => item);
}
