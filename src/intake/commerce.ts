// Segment's e-commerce properties under canonical names: parameters, items and order ids. What it does not know keeps its own
// name, so that a route can ask for it.

import type { Item } from '../core/event.ts';
import { isObject } from '../core/json.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { ITEM_FIELDS, SEGMENT_EVENT_PARAMS, SEGMENT_PARAMS } from '../core/vocabulary.ts';
import { isScalar, plainName } from './value.ts';

export interface Commerce {
  readonly params: JsonObject;
  readonly items: readonly Item[];
  /** Values of `order_id` and its spellings, the order's own first. */
  readonly orderIds: readonly Json[];
  /** Ids of carts, checkouts and such: no parameter of any vendor, and not to leave. */
  readonly siteIds: readonly Json[];
}

const SITE_IDS = new Set([
  'checkoutid',
  'cartid',
  'wishlistid',
  'ordernumber',
  'invoiceid',
  'paymentid',
  'subscriptionid',
]);

/** plain name → field, and its rank among the names of that field. */
const ITEM_NAMES: ReadonlyMap<string, { field: string; rank: number }> = new Map(
  Object.entries(ITEM_FIELDS).flatMap(([field, { segment }]) =>
    [field, ...segment].map((name, rank) => [plainName(name), { field, rank }] as const),
  ),
);

/** Fields that describe the one product an event is about, when they stand among its properties. */
const OF_PRODUCT: ReadonlySet<string> = new Set(
  Object.entries(ITEM_FIELDS)
    .filter(
      ([field, { segment }]) =>
        segment.length > 0 || field.startsWith('item_category') || field === 'discount',
    )
    .map(([field]) => field),
);
const SINGLE_PRODUCT = new Set([
  'view_item',
  'add_to_cart',
  'remove_from_cart',
  'add_to_wishlist',
  'select_item',
]);

/** An item under canonical names. Fields the vocabulary does not have, and values that are no scalars, do not leave. */
export function readItem(from: JsonObject): Item {
  const item: Record<string, Json> = {};
  const ranks = new Map<string, number>();
  for (const [name, value] of Object.entries(from)) {
    const known = ITEM_NAMES.get(plainName(name));
    if (known === undefined || !isScalar(value) || value === '') continue;
    if (known.rank >= (ranks.get(known.field) ?? Infinity)) continue;
    ranks.set(known.field, known.rank);
    item[known.field] = value;
  }
  return item;
}

export const readItems = (list: Json | undefined): readonly Item[] =>
  Array.isArray(list)
    ? list
        .filter(isObject)
        .map(readItem)
        .filter((item) => Object.keys(item).length > 0)
    : [];

const aliasTable = (rows: Readonly<Record<string, readonly string[]>>): ReadonlyMap<string, Alias> =>
  new Map(
    Object.entries(rows).flatMap(([param, names]) =>
      names.map((name, rank) => [plainName(name), { param, rank }] as const),
    ),
  );

interface Alias {
  readonly param: string;
  readonly rank: number;
}

const ALIASES = aliasTable(SEGMENT_PARAMS);
const EVENT_ALIASES: ReadonlyMap<string, ReadonlyMap<string, Alias>> = new Map(
  Object.entries(SEGMENT_EVENT_PARAMS).map(([event, rows]) => [event, aliasTable(rows)]),
);

/** Renames parameters; of several names for one the best ranked counts, the others keep their own name. */
function readParams(event: string, properties: ReadonlyMap<string, Json>): JsonObject {
  const own = EVENT_ALIASES.get(event);
  const params: Record<string, Json> = {};
  const taken = new Map<string, { rank: number; name: string; value: Json }>();
  for (const [name, value] of properties) {
    const key = plainName(name);
    const alias = isScalar(value) ? (own?.get(key) ?? ALIASES.get(key)) : undefined;
    if (alias === undefined) {
      params[name] = value;
      continue;
    }
    const rival = taken.get(alias.param);
    const wins = rival === undefined || alias.rank < rival.rank;
    const loser = wins ? rival : { name, value };
    if (wins) taken.set(alias.param, { rank: alias.rank, name, value });
    if (loser !== undefined && loser.name !== alias.param) params[loser.name] = loser.value;
  }
  for (const [param, { value }] of taken) params[param] = value;
  return params;
}

/** Reads the properties of a Segment call of this canonical name. */
export function readCommerce(event: string, properties: JsonObject): Commerce {
  const left = new Map(Object.entries(properties));
  const orderIds: Json[] = [];
  const siteIds: Json[] = [];
  let items: readonly Item[] = [];
  for (const [name, value] of Object.entries(properties)) {
    const key = plainName(name);
    if (key === 'orderid') orderIds.unshift(value);
    else if (key === 'transactionid') orderIds.push(value);
    else if (SITE_IDS.has(key)) siteIds.push(value);
    else if (key === 'products' || key === 'items') items = [...items, ...readItems(value)];
    else continue;
    left.delete(name);
  }
  if (items.length === 0 && SINGLE_PRODUCT.has(event)) items = takeProduct(left);
  return { params: readParams(event, left), items, orderIds, siteIds };
}

/** Moves the fields of the one product out of the properties; nothing moves unless they name a product. */
function takeProduct(properties: Map<string, Json>): readonly Item[] {
  const fields = [...properties].filter(([name]) =>
    OF_PRODUCT.has(ITEM_NAMES.get(plainName(name))?.field ?? ''),
  );
  const item = readItem(Object.fromEntries(fields));
  if (item['item_id'] === undefined && item['item_name'] === undefined) return [];
  for (const [name] of fields) properties.delete(name);
  return [item];
}
