// Meta's `custom_data`: money and items under Meta's names, then the other permitted parameters, links and traits under ours.

import type { PermittedData } from '../../core/permitted.ts';
import { compact, currencyOf, numberOf, textOf } from '../value.ts';

/** Parameters that have a name of Meta's own, and names Meta gives a meaning that ours do not have. */
const OWN_PLACE: ReadonlySet<string> = new Set([
  'currency',
  'value',
  'category',
  'search_term',
  'engagement_time_msec',
  'content_ids',
  'contents',
  'content_type',
  'content_category',
  'order_id',
  'num_items',
  'search_string',
  'transaction_id',
]);

export function customData(data: PermittedData): Record<string, unknown> {
  const { params } = data;
  const contents = data.items.flatMap((item) => {
    const id = textOf(item['item_id']);
    return id === null
      ? []
      : [compact({ id, quantity: quantity(item['quantity']), item_price: numberOf(item['price']) })];
  });
  const rest = Object.entries({ ...data.traits, ...data.links, ...params }).filter(
    ([name]) => !OWN_PLACE.has(name) && /^[A-Za-z]\w{0,49}$/.test(name),
  );
  return compact({
    currency: currencyOf(params['currency']),
    value: numberOf(params['value']),
    content_ids: contents.map(({ id }) => id),
    contents,
    content_type: contents.length > 0 ? 'product' : textOf(params['content_type']),
    content_category: textOf(params['category']),
    order_id: data.ids['site.order_id'],
    num_items:
      contents.length > 0 ? contents.reduce((sum, one) => sum + (Number(one['quantity']) || 1), 0) : null,
    search_string: textOf(params['search_term']),
    ...Object.fromEntries(
      rest.map(([name, value]) => [name, typeof value === 'number' ? numberOf(value) : textOf(value)]),
    ),
  });
}

const quantity = (value: Parameters<typeof numberOf>[0]): number | null => {
  const count = numberOf(value);
  return count === null || count <= 0 ? null : Math.max(1, Math.round(count));
};
