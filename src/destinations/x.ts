// X (formerly Twitter) conversions. X says how many conversions it processed; fewer than were sent is a failure, however
// friendly the status.

import { z } from 'zod';
import type { Auth, Reply, Result, VendorRequest } from '../core/delivery.ts';
import { isObject } from '../core/json.ts';
import type { PermittedData } from '../core/permitted.ts';
import type { DestinationType } from '../core/plugin.ts';
import type { Secret } from '../core/secret.ts';
import { all, byStatus, isAboutBody, parsed, splitOrPermanent, vendorCode, waitUntil } from './answer.ts';
import { e164, email, hashed } from './hash.ts';
import { addressOf, chunk, jsonPost, listBody, place, type Entry } from './request.ts';
import { byEvent, lookUp, secretSetting } from './setting.ts';
import { compact, currencyOf, isTime, numberOf, textOf } from './value.ts';

interface OAuth {
  readonly consumerKey: string;
  readonly consumerSecret: Secret;
  readonly token: string;
  readonly tokenSecret: Secret;
}

export interface XSettings {
  readonly pixelId: string;
  readonly eventIds: Readonly<Record<string, string>>;
  readonly oauth1?: OAuth | undefined;
  readonly pixelToken?: Secret | undefined;
}

const settings: z.ZodType<XSettings> = z
  .strictObject({
    pixelId: z
      .string()
      .regex(/^[0-9a-z]{3,12}$/)
      .describe('Base-36 id of the tag.'),
    eventIds: byEvent(z.string().regex(/^(?:tw-[0-9a-z]+-)?[0-9a-z]{3,12}$/)).describe(
      'Our event name → event id at X (`o87ne` or `tw-o8z6j-o87ne`). Events that are not here are refused.',
    ),
    oauth1: z
      .strictObject({
        consumerKey: z.string().min(1),
        consumerSecret: secretSetting,
        token: z.string().min(1),
        tokenSecret: secretSetting,
      })
      .optional()
      .describe('OAuth 1.0a keys of the Ads API.'),
    pixelToken: secretSetting.optional().describe('Token for the `X-Pixel-Token` header, instead of OAuth.'),
  })
  .refine((value) => (value.oauth1 === undefined) !== (value.pixelToken === undefined), {
    path: ['oauth1'],
    message: 'give either `oauth1` or `pixelToken`',
  });

const LIMITS = { events: 500, bytes: 1_000_000 } as const;

function authOf(own: XSettings): Auth {
  if (own.oauth1 !== undefined) return { type: 'oauth1', ...own.oauth1 };
  if (own.pixelToken === undefined) return { type: 'none' };
  return { type: 'header', name: 'x-pixel-token', prefix: '', secret: own.pixelToken };
}

/**
 * One object per identifier. Address and user agent stand together in an object of their own; one alone is too weak and rides
 * in the object of another identifier, or nowhere.
 */
function identifiers(data: PermittedData): readonly Record<string, unknown>[] {
  const { ip, user_agent: agent, email: address, phone } = data.person;
  const strong = [
    { twclid: data.ids['x.twclid'] },
    { hashed_email: hashed(address, email) },
    { hashed_phone_number: hashed(phone, (text) => e164(text, data.device.country)) },
  ].map(compact);
  const found = strong.filter((one) => Object.keys(one).length > 0);
  const surroundings = compact({ ip_address: ip, user_agent: agent });
  if (ip !== undefined && agent !== undefined) return [...found, surroundings];
  return found.map((one, index) => (index === 0 ? { ...one, ...surroundings } : one));
}

function entry(data: PermittedData, own: XSettings): Entry {
  const eventId = lookUp(own.eventIds, data.name);
  if (eventId === undefined) return { refused: 'event_not_mapped' };
  if (!isTime(data.occurredAt)) return { refused: 'time_invalid' };
  const who = identifiers(data);
  if (who.length === 0) return { refused: 'no_identifier' };
  const contents = data.items.map(content).filter((one) => Object.keys(one).length > 0);
  const currency = currencyOf(data.params['currency']);
  return {
    value: compact({
      conversion_time: new Date(data.occurredAt).toISOString(),
      event_id: eventId,
      identifiers: who,
      conversion_id: data.ids['x.conversion_id'] || data.key,
      // X takes an amount without currency for dollars, so an amount goes with its currency or not at all.
      value: currency === null ? null : numberOf(data.params['value']),
      price_currency: currency,
      number_items:
        contents.length > 0 ? contents.reduce((sum, one) => sum + (Number(one['num_items']) || 1), 0) : null,
      search_string: textOf(data.params['search_term']),
      contents,
    }),
  };
}

function content(item: PermittedData['items'][number]): Record<string, unknown> {
  const quantity = numberOf(item['quantity']);
  const price = numberOf(item['price']);
  return compact({
    content_id: textOf(item['item_id']),
    content_group_id: textOf(item['item_category']),
    content_name: textOf(item['item_name']),
    content_price: price === null ? null : String(price),
    num_items: quantity === null || quantity < 1 ? null : Math.round(quantity),
  });
}

function readOk(reply: Reply, request: VendorRequest): Result {
  const data = parsed(reply.body)?.['data'];
  const processed = isObject(data) ? data['conversions_processed'] : undefined;
  if (typeof processed !== 'number') return { kind: 'transient', code: 'x_no_receipt' };
  if (processed >= request.events.length) return { kind: 'delivered' };
  return splitOrPermanent(request, 'x_not_processed');
}

/** Waits for `x-rate-limit-reset` (seconds since the epoch) where there is no `Retry-After`. */
function throttled(reply: Reply, result: Extract<Result, { kind: 'throttled' }>): Result {
  const reset = Number(reply.headers['x-rate-limit-reset'] ?? Number.NaN) * 1000;
  return { ...result, retryAfterMs: result.retryAfterMs ?? waitUntil(reply, reset) };
}

export const x: DestinationType<XSettings> = {
  type: 'x',
  title: 'X conversions',
  system: 'x',
  audience: 'advertising',
  demands: ['marketing'],
  anonymous: false,
  settings,
  ids: ['x.twclid', 'x.conversion_id'],
  standIn: null,
  person: ['email', 'phone', 'ip', 'user_agent'],
  // By `conversion_id`.
  links: false,
  dedupes: true,
  batch: LIMITS,
  wire: null,
  calls: ['track', 'page', 'screen'],

  canPlace: (data) => Boolean(data.ids['x.twclid']) || identifiers(data).length > 0,

  build(events, { settings: own, destination }) {
    const { chunks, refused } = chunk(place(events), LIMITS, ({ data }) => entry(data, own));
    const url = addressOf(destination, 'https://ads-api.x.com', `/12/measurement/conversions/${own.pixelId}`);
    const requests = chunks.map((entries) =>
      jsonPost({
        url,
        body: listBody('{}', 'conversions', entries),
        auth: authOf(own),
        events: entries.map(({ index }) => index),
      }),
    );
    return { requests, refused };
  },

  read(reply, request) {
    const result = byStatus(reply);
    if (result.kind === 'throttled') return all(request, throttled(reply, result));
    if (result.kind === 'delivered') return all(request, readOk(reply, request));
    if (result.kind !== 'permanent') return all(request, result);
    const errors = parsed(reply.body)?.['errors'];
    const first = Array.isArray(errors) ? errors.find(isObject) : undefined;
    const code = vendorCode('x', first?.['code'], result.code);
    // 401, 403 and 404 are about the account, not about one event of the batch.
    return all(request, isAboutBody(reply) ? splitOrPermanent(request, code) : { kind: 'permanent', code });
  },
};
