// The places of an event in which a canary can be put by mistake or on purpose, and the clean page that they belong to. In no
// protocol yet.

import type { Draw } from './random.ts';
import type { SiteModel } from './routing.ts';
import { PARAMS, QUERY } from './routing.ts';

interface Page {
  host: string;
  userinfo: string;
  path: string;
  query: [string, string][];
  fragment: string;
  title: string;
  referrer: string;
}

/** An event in no protocol yet: what is on the page and what is said about it. */
export interface Draft {
  name: string;
  params: Record<string, unknown>;
  item: Record<string, unknown>;
  page: Page;
  campaign: Record<string, string>;
  traits: Record<string, unknown>;
  context: Record<string, unknown>;
  integrations: Record<string, unknown>;
  /** gtag's own technical fields. */
  wire: Record<string, string>;
}

export type Place = readonly [name: string, put: (draft: Draft, text: string) => void, digitsOnly?: boolean];

const param = (name: string): Place => [`params.${name}`, (draft, text) => void (draft.params[name] = text)];
const item = (name: string): Place => [`item.${name}`, (draft, text) => void (draft.item[name] = text)];
const context = (name: string): Place => [
  `context.${name}`,
  (draft, text) => void (draft.context[name] = text),
];
const urlSafe = (text: string): string => text.replace(/[\s/?#\\]+/g, '-');

/** Where a canary may be put by mistake or on purpose. */
export const PLACES: readonly Place[] = [
  ...[
    'coupon',
    'affiliation',
    'category',
    'method',
    'label',
    'currency',
    'search_term',
    'unlisted',
    ...PARAMS,
  ].map(param),
  ['params.plan in a list', (draft, text) => void (draft.params['plan'] = ['a', text])],
  ['params.note in an object', (draft, text) => void (draft.params['note'] = { a: { b: [text] } })],
  ['params name', (draft, text) => void (draft.params[text.slice(0, 200)] = 'on')],
  ['params.plan as a number', (draft, text) => void (draft.params['plan'] = Number(text)), true],
  ['params.value as text', (draft, text) => void (draft.params['tax'] = text)],
  ['event name', (draft, text) => void (draft.name = `Clicked ${text}`)],
  ...['item_name', 'item_brand', 'item_category', 'item_variant', 'coupon', 'item_id', 'unlisted'].map(item),
  ['url path', (draft, text) => void (draft.page.path += `/${urlSafe(text)}`)],
  ['url path percent', (draft, text) => void (draft.page.path += `/${encodeURIComponent(text)}`)],
  ['url path parameter', (draft, text) => void (draft.page.path += `;sid=${encodeURIComponent(text)}`)],
  ...['utm_campaign', 'utm_term', 'utm_id', 'unlisted', '_gl', 'email', ...QUERY].map((name): Place => [
    `url query ${name}`,
    (draft, text) => void draft.page.query.push([name, text]),
  ]),
  ['url query name', (draft, text) => void draft.page.query.push([text, '1'])],
  ['url fragment', (draft, text) => void (draft.page.fragment = text)],
  ['url userinfo', (draft, text) => void (draft.page.userinfo = `${encodeURIComponent(text)}:x@`)],
  [
    'url host',
    (draft, text) =>
      void (draft.page.host = `${text
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, '-')
        .slice(0, 60)}.shop.example`),
  ],
  ['title', (draft, text) => void (draft.page.title = `Hello ${text}`)],
  [
    'referrer same site',
    (draft, text) =>
      void (draft.page.referrer = `https://shop.example/a/${encodeURIComponent(text)}?variant=${encodeURIComponent(text)}#${encodeURIComponent(text)}`),
  ],
  [
    'referrer other site',
    (draft, text) => void (draft.page.referrer = `https://search.example/find?q=${encodeURIComponent(text)}`),
  ],
  ...['name', 'source', 'term', 'content', 'id'].map((name): Place => [
    `campaign.${name}`,
    (draft, text) => void (draft.campaign[name] = text),
  ]),
  ...['plan', 'quiz_answer', 'unlisted'].map((name): Place => [
    `traits.${name}`,
    (draft, text) => void (draft.traits[name] = text),
  ]),
  ...['locale', 'timezone', 'unknown'].map(context),
  ['context.app', (draft, text) => void (draft.context['app'] = { name: text, version: text })],
  ['context.location', (draft, text) => void (draft.context['location'] = { country: text, city: text })],
  ['context.screen', (draft, text) => void (draft.context['screen'] = { width: text, height: text })],
  ['context.library', (draft, text) => void (draft.context['library'] = { name: text, version: text })],
  ['integrations name', (draft, text) => void (draft.integrations[text] = true)],
  ...['_p', 'gtm', 'sct', '_s', '_et', 'seg', 'frm', 'uaa', 'tfd', '_fplc'].map((name): Place => [
    `wire.${name}`,
    (draft, text) => void (draft.wire[name] = text),
  ]),
];

const WORDS = ['canal', 'boots', 'winter', 'sale', 'news', 'blue', 'green'];
export const SEGMENT_NAMES: Readonly<Record<string, string>> = {
  purchase: 'Order Completed',
  add_to_cart: 'Product Added',
  sign_up: 'Signed Up',
  form_sent: 'Form Sent',
};

export function cleanDraft(draw: Draw, amount: number, site: SiteModel, more: readonly string[]): Draft {
  const name = draw.pick([
    'purchase',
    'purchase',
    'add_to_cart',
    'page_view',
    'sign_up',
    'form_sent',
    ...more,
  ]);
  return {
    name,
    params: { revenue: amount, currency: 'EUR', coupon: 'WELCOME10', plan: 'premium' },
    item: {
      item_id: `SKU-${draw.int(1000, 9999)}`,
      item_name: 'Canal boots',
      item_brand: 'Grachten',
      price: 49.9,
      quantity: 1,
    },
    page: {
      host: new URL(site.origin).host,
      userinfo: '',
      path: draw.chance(0.1) ? '/health/plans' : `/shop/${draw.pick(WORDS)}`,
      query: draw.chance(0.5) ? [['utm_source', 'newsletter']] : [],
      fragment: '',
      title: 'Canal boots for winter',
      referrer: 'https://shop.example/start',
    },
    campaign: { source: 'newsletter', medium: 'email' },
    traits: {},
    context: { locale: 'nl-NL' },
    integrations: {},
    wire: {},
  };
}
