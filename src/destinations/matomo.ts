// Matomo by its bulk tracking API, an own or a hosted instance. Times, country and visitor address need the instance's token;
// without one, events older than a day are refused, because Matomo would date them by their arrival.

import { z } from 'zod';
import type { DestinationType } from '../core/plugin.ts';
import type { PermittedData } from '../core/permitted.ts';
import type { Json } from '../core/json.ts';
import type { Result } from '../core/delivery.ts';
import type { Secret } from '../core/secret.ts';
import { all, byStatus, parsed } from './answer.ts';
import { addressOf, fill, jsonPost, place } from './request.ts';
import { numericId, secretSetting } from './setting.ts';
import { clip, isTime, numberOf, textOf } from './value.ts';

export interface MatomoSettings {
  readonly url: string;
  readonly siteId: string;
  readonly tokenAuth?: Secret | undefined;
}

const settings: z.ZodType<MatomoSettings> = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).describe('Address of the instance, without `matomo.php`.'),
  siteId: numericId.describe('`idsite` of the website in Matomo.'),
  tokenAuth: secretSetting
    .optional()
    .describe(
      '`token_auth` with write access: lets events keep their own time, country and address. Default: none.',
    ),
});

const DAY_MS = 86_400_000;
const MOST_TEXT = 255;
const MOST_ADDRESS = 2000;
const BATCH = { events: 100, bytes: 1_000_000 };

type Fields = Record<string, string>;

function put(fields: Fields, name: string, value: Json | undefined): void {
  const text = textOf(value);
  if (text !== null) fields[name] = clip(text, MOST_TEXT);
}

/** An address is left out rather than cut: half of one is another page. */
function putAddress(fields: Fields, name: string, address: string | null): void {
  if (address !== null && address.length <= MOST_ADDRESS) fields[name] = address;
}

/** `[sku, name, category, price, quantity]`, as Matomo orders them. */
const itemsOf = ({ items }: PermittedData): string =>
  JSON.stringify(
    items.map((item) => [
      textOf(item['item_id']) ?? '',
      textOf(item['item_name']) ?? '',
      textOf(item['item_category']) ?? '',
      numberOf(item['price']) ?? 0,
      numberOf(item['quantity']) ?? 1,
    ]),
  );

function orderFields(data: PermittedData, orderId: string): Fields {
  const fields: Fields = { idgoal: '0', ec_id: orderId, ec_items: itemsOf(data) };
  const { value, tax, shipping, discount } = data.params;
  const money = { revenue: value, ec_tx: tax, ec_sh: shipping, ec_dt: discount };
  for (const [name, amount] of Object.entries(money)) put(fields, name, numberOf(amount));
  return fields;
}

/** A page is a page; an order with an id, an order; a search with its word, a search; anything else, an event. */
function actionFields(data: PermittedData): Fields {
  const fields: Fields = {};
  const orderId = data.ids['site.order_id'];
  const word = textOf(data.params['search_term']);
  if (data.type === 'page' || data.name === 'page_view') put(fields, 'action_name', data.page.title);
  else if (data.name === 'purchase' && orderId !== undefined) return orderFields(data, orderId);
  else if (word !== null) put(fields, 'search', word);
  else {
    put(fields, 'e_c', data.params['category'] ?? 'site');
    put(fields, 'e_a', data.name);
    put(fields, 'e_n', data.params['label']);
    put(fields, 'e_v', numberOf(data.params['value']));
    fields['ca'] = '1';
  }
  return fields;
}

function visitorFields(data: PermittedData, token: boolean): Fields {
  const fields: Fields = {};
  put(fields, '_id', data.ids['matomo.visitor_id'] ?? null);
  put(fields, 'uid', data.ids['site.user_id'] ?? null);
  put(fields, 'lang', data.device.language);
  put(fields, 'ua', data.person.user_agent ?? null);
  if (!token) return fields;
  put(fields, 'country', data.device.country?.toLowerCase() ?? null);
  put(fields, 'cip', data.person.ip ?? null);
  fields['cdt'] = String(Math.floor(data.occurredAt / 1000));
  return fields;
}

function hit(data: PermittedData, { siteId, tokenAuth }: MatomoSettings): string {
  const fields: Fields = { idsite: siteId, rec: '1', apiv: '1', send_image: '0' };
  putAddress(fields, 'url', data.page.url);
  putAddress(fields, 'urlref', data.page.referrer);
  Object.assign(fields, visitorFields(data, tokenAuth !== undefined), actionFields(data));
  return `?${new URLSearchParams(fields).toString()}`;
}

const canPlace = (data: PermittedData): boolean =>
  data.anonymous || data.ids['matomo.visitor_id'] !== undefined;

export const matomo: DestinationType<MatomoSettings> = {
  type: 'matomo',
  title: 'Matomo',
  system: 'matomo',
  audience: 'analytics',
  demands: ['analytics'],
  anonymous: true,
  settings,
  ids: ['matomo.visitor_id', 'site.user_id', 'site.order_id'],
  standIn: 'matomo.visitor_id',
  person: ['ip', 'user_agent'],
  links: false,
  dedupes: false,
  batch: BATCH,
  wire: null,
  calls: ['track', 'page', 'screen'],

  canPlace,

  build(events, { settings: own, destination, now }) {
    const placed = place(events);
    const refusal = ({ data }: (typeof placed)[number]): string | null => {
      if (!canPlace(data)) return 'no_identifier';
      if (!isTime(data.occurredAt)) return 'time_invalid';
      return own.tokenAuth === undefined && now - data.occurredAt > DAY_MS ? 'too_old' : null;
    };
    const refused = placed.flatMap((one) => {
      const code = refusal(one);
      return code === null ? [] : [{ index: one.index, code }];
    });
    // Matomo wants the oldest first.
    const taken = placed
      .filter((one) => refusal(one) === null)
      .sort((a, b) => a.data.occurredAt - b.data.occurredAt);
    const hits = taken.map(({ index, data }) => {
      const text = hit(data, own);
      return { index, text, bytes: Buffer.byteLength(text) + 3 };
    });
    const requests = fill(hits, BATCH).map((chunk) =>
      jsonPost({
        url: addressOf(destination, own.url, '/matomo.php'),
        body: JSON.stringify({ requests: chunk.map(({ text }) => text) }),
        auth:
          own.tokenAuth === undefined
            ? { type: 'none' }
            : { type: 'body', name: 'token_auth', secret: own.tokenAuth },
        events: chunk.map(({ index }) => index),
      }),
    );
    return { requests, refused };
  },

  read(reply, request) {
    const status = byStatus(reply);
    if (status.kind !== 'delivered') return all(request, status);
    const { tracked, invalid } = parsed(reply.body) ?? {};
    if (tracked === request.events.length && (invalid ?? 0) === 0) return all(request, status);
    return all(request, partly(tracked, request.events.length));
  },
};

/** None tracked: each alone tells which is at fault. Some tracked: it is not said which, and none may be counted twice. */
function partly(tracked: Json | undefined, events: number): Result {
  if (tracked === 0)
    return events === 1 ? { kind: 'permanent', code: 'invalid' } : { kind: 'split', code: 'invalid' };
  return { kind: 'uncertain', code: typeof tracked === 'number' ? 'partly_tracked' : 'reply_unreadable' };
}
