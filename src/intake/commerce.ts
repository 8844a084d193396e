// Segment's e-commerce properties under canonical names: parameters, items and order ids. What it does not know keeps its own
// name, so that a route can ask for it.

import type { Item } from '../core/event.ts';
import { isObject } from '../core/json.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { ITEM_FIELDS, SEGMENT_EVENT_PARAMS, SEGMENT_PARAMS } from '../core/vocabulary.ts';
import { byPlainName, isEmpty, isScalar, plainName } from './value.ts';

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

interface ItemName {
  readonly field: string;
  /** Position of the field in the table. */
  readonly at: number;
  /** Rank of the name among those of the field. */
  readonly rank: number;
}

const ITEM_NAMES: ReadonlyMap<string, ItemName> = new Map(
  Object.entries(ITEM_FIELDS).flatMap(([field, { segment }], at) =>
    [field, ...segment].map((name, rank) => [plainName(name), { field, at, rank }] as const),
  ),
);
const itemName = byPlainName((plain): ItemName | null => ITEM_NAMES.get(plain) ?? null);

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
  const ranks: (number | undefined)[] = [];
  for (const name in from) {
    const known = itemName(name);
    const value = from[name];
    if (known === null || !isScalar(value) || value === '') continue;
    const rival = ranks[known.at];
    if (rival !== undefined && known.rank >= rival) continue;
    ranks[known.at] = known.rank;
    item[known.field] = value;
  }
  return item;
}

const NO_ITEMS: readonly Item[] = [];

export function readItems(list: Json | undefined): readonly Item[] {
  if (!Array.isArray(list)) return NO_ITEMS;
  const items: Item[] = [];
  for (const entry of list as readonly Json[]) {
    if (!isObject(entry)) continue; // narrowing an array of Json loses its element type
    const item = readItem(entry);
    if (!isEmpty(item)) items.push(item);
  }
  return items;
}

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

/** What a property of this name is. */
interface PropertyRole {
  readonly plain: string;
  readonly kind: 'order_id' | 'transaction_id' | 'site_id' | 'items' | 'other';
  readonly alias: Alias | undefined;
}

function kindOf(plain: string): PropertyRole['kind'] {
  if (plain === 'orderid') return 'order_id';
  if (plain === 'transactionid') return 'transaction_id';
  if (plain === 'products' || plain === 'items') return 'items';
  return SITE_IDS.has(plain) ? 'site_id' : 'other';
}

const roleOf = byPlainName((plain): PropertyRole => ({
  plain,
  kind: kindOf(plain),
  alias: ALIASES.get(plain),
}));

interface Renamed {
  readonly param: string;
  rank: number;
  name: string;
  value: Json;
}

/** Renames parameters; of several names for one the best ranked counts, the others keep their own name. */
function readParams(event: string, properties: JsonObject): JsonObject {
  const own = EVENT_ALIASES.get(event);
  const params: Record<string, Json> = {};
  const taken: Renamed[] = [];
  for (const name in properties) {
    const value = properties[name] ?? null;
    const role = roleOf(name);
    const alias = isScalar(value) ? (own?.get(role.plain) ?? role.alias) : undefined;
    if (alias === undefined) {
      params[name] = value;
      continue;
    }
    const rival = taken.find(({ param }) => param === alias.param);
    if (rival === undefined) {
      taken.push({ param: alias.param, rank: alias.rank, name, value });
      continue;
    }
    const loser = alias.rank < rival.rank ? { name: rival.name, value: rival.value } : { name, value };
    if (alias.rank < rival.rank) Object.assign(rival, { rank: alias.rank, name, value });
    if (loser.name !== alias.param) params[loser.name] = loser.value;
  }
  for (const { param, value } of taken) params[param] = value;
  return params;
}

/** Reads the properties of a Segment call of this canonical name. */
export function readCommerce(event: string, properties: JsonObject): Commerce {
  const left: Record<string, Json> = {};
  const orderIds: Json[] = [];
  const siteIds: Json[] = [];
  let items = NO_ITEMS;
  for (const name in properties) {
    const value = properties[name] ?? null;
    const { kind } = roleOf(name);
    if (kind === 'other') left[name] = value;
    else if (kind === 'order_id') orderIds.unshift(value);
    else if (kind === 'transaction_id') orderIds.push(value);
    else if (kind === 'site_id') siteIds.push(value);
    else items = items.length === 0 ? readItems(value) : [...items, ...readItems(value)];
  }
  if (items.length === 0 && SINGLE_PRODUCT.has(event)) {
    const product = takeProduct(left);
    if (product !== null)
      return { params: readParams(event, product.rest), items: [product.item], orderIds, siteIds };
  }
  return { params: readParams(event, left), items, orderIds, siteIds };
}

/** Moves the fields of the one product out of the properties; null unless they name a product. */
function takeProduct(properties: JsonObject): { readonly item: Item; readonly rest: JsonObject } | null {
  const ofProduct: Record<string, Json> = {};
  const rest: Record<string, Json> = {};
  for (const name in properties) {
    const target = OF_PRODUCT.has(itemName(name)?.field ?? '') ? ofProduct : rest;
    target[name] = properties[name] ?? null;
  }
  const item = readItem(ofProduct);
  return item['item_id'] === undefined && item['item_name'] === undefined ? null : { item, rest };
}
