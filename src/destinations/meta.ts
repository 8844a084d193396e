// Meta Conversions API. One bad event rejects a whole request there, so events are checked here first, and a refused batch is
// split to find the one. Meta takes no consent field: without consent nothing comes this far.

import { z } from 'zod';
import type { Reply, Result, VendorRequest } from '../core/delivery.ts';
import type { PermittedData } from '../core/permitted.ts';
import type { DestinationType } from '../core/plugin.ts';
import type { Secret } from '../core/secret.ts';
import { eventEntry } from '../core/vocabulary.ts';
import { isObject } from '../core/json.ts';
import { all, byStatus, isAboutBody, parsed, retryAfterMs, splitOrPermanent, vendorCode } from './answer.ts';
import { customData } from './meta/customData.ts';
import { canMatch, isEnough, userData } from './meta/userData.ts';
import { addressOf, chunk, jsonPost, listBody, place, type Entry } from './request.ts';
import { numericId, secretSetting } from './setting.ts';
import { compact, isTime } from './value.ts';

const ACTION_SOURCES = [
  'website',
  'app',
  'phone_call',
  'chat',
  'email',
  'physical_store',
  'system_generated',
  'business_messaging',
  'other',
] as const;

export interface MetaSettings {
  readonly pixelId: string;
  readonly accessToken: Secret;
  readonly apiVersion: string;
  readonly testEventCode?: string | undefined;
  readonly dataProcessingOptions?: readonly 'LDU'[] | undefined;
  readonly dataProcessingCountry?: number | undefined;
  readonly dataProcessingState?: number | undefined;
  readonly actionSource: (typeof ACTION_SOURCES)[number];
}

const settings: z.ZodType<MetaSettings> = z.strictObject({
  pixelId: numericId.describe('Pixel or dataset id.'),
  accessToken: secretSetting.describe(
    'Conversions API token; travels in the body, where URLs are not logged.',
  ),
  apiVersion: z
    .string()
    .regex(/^v\d{1,3}\.\d$/)
    .default('v26.0')
    .describe('Graph API version. Default `v26.0`.'),
  testEventCode: z.string().min(1).max(50).optional().describe("Shows events in Meta's test view."),
  dataProcessingOptions: z
    .array(z.literal('LDU'))
    .max(1)
    .optional()
    .describe('`[LDU]` limits data use, `[]` says outright that it is not limited. Default: not sent.'),
  dataProcessingCountry: z.int().min(0).max(1).optional().describe('0: Meta finds out, 1: USA.'),
  dataProcessingState: z.int().min(0).max(9999).optional().describe('0: Meta finds out, 1000: California, …'),
  actionSource: z
    .enum(ACTION_SOURCES)
    .default('website')
    .describe('Where conversions happen. `website` events without user agent leave as `other`.'),
});

const LIMITS = { events: 1000, bytes: 1_000_000 } as const;
const MAX_AGE_MS = 7 * 86_400_000;
/** Clocks differ; more than this ahead, one event would take its whole batch down. */
const MAX_AHEAD_MS = 60_000;

function problem(data: PermittedData, now: number): string | null {
  if (!isTime(data.occurredAt)) return 'time_invalid';
  if (now - data.occurredAt > MAX_AGE_MS) return 'too_old';
  if (data.occurredAt - now > MAX_AHEAD_MS) return 'in_future';
  return nameOf(data).length > 50 || data.name === '' ? 'event_name_invalid' : null;
}

/** Meta's standard event where there is one, else ours as a custom event. */
const nameOf = (data: PermittedData): string => eventEntry(data.name)?.meta ?? data.name;

function entry(data: PermittedData, own: MetaSettings, now: number): Entry {
  const refused = problem(data, now);
  if (refused !== null) return { refused };
  const user = userData(data);
  if (!isEnough(user)) return { refused: 'no_identifier' };
  const custom = customData(data);
  const name = nameOf(data);
  if (name === 'Purchase' && (custom['value'] === undefined || custom['currency'] === undefined))
    return { refused: 'value_missing' };
  const limited = own.dataProcessingOptions;
  return {
    value: {
      event_name: name,
      event_time: Math.floor(data.occurredAt / 1000),
      event_id: data.ids['meta.event_id'] || data.key,
      action_source: actionSource(data, own),
      ...compact({ event_source_url: data.page.url, referrer_url: data.page.referrer }),
      // Attribution is what `marketing` covers; to tune delivery to the person is profiling.
      ...(data.consent.adPersonalization ? {} : { opt_out: true }),
      user_data: user,
      ...compact({ custom_data: custom }),
      ...(limited === undefined ? {} : { data_processing_options: limited }),
      ...compact({
        data_processing_options_country: own.dataProcessingCountry,
        data_processing_options_state: own.dataProcessingState,
      }),
    },
  };
}

/**
 * Website events need a user agent and an address. A user agent is a person field that few routes declare; without it the same
 * event is still a conversion, only not one that Meta may treat as seen by its own tag.
 */
function actionSource(data: PermittedData, own: MetaSettings): string {
  const complete = data.person.user_agent !== undefined && data.page.url !== null;
  return own.actionSource === 'website' && !complete ? 'other' : own.actionSource;
}

const THROTTLED: ReadonlySet<number> = new Set([4, 17, 32, 613]);
const TRANSIENT: ReadonlySet<number> = new Set([1, 2, 341, 368, 5000]);

function readError(reply: Reply, request: VendorRequest): Result | null {
  const error = parsed(reply.body)?.['error'];
  if (!isObject(error)) return null;
  const number = error['code'];
  const named = vendorCode('meta', number, `http_${reply.status}`);
  if (typeof number !== 'number') return null;
  if (THROTTLED.has(number) || (number >= 80_000 && number < 80_100))
    return { kind: 'throttled', code: named, retryAfterMs: retryAfterMs(reply) };
  if (error['is_transient'] === true || TRANSIENT.has(number)) return { kind: 'transient', code: named };
  const code = vendorCode(named, error['error_subcode'], named);
  return number === 100 ? splitOrPermanent(request, code) : { kind: 'permanent', code };
}

/** 200 counts what it received; what it does not count is asked again, which the dedupe key bears. */
function readReceipt(reply: Reply, request: VendorRequest): Result {
  const received = parsed(reply.body)?.['events_received'];
  if (typeof received !== 'number') return { kind: 'transient', code: 'meta_no_receipt' };
  if (received >= request.events.length) return { kind: 'delivered' };
  return splitOrPermanent(request, 'meta_not_received');
}

export const meta: DestinationType<MetaSettings> = {
  type: 'meta',
  title: 'Meta Conversions API',
  system: 'meta',
  audience: 'advertising',
  demands: ['marketing'],
  anonymous: false,
  settings,
  ids: [
    'meta.fbp',
    'meta.fbc',
    'meta.fbclid',
    'meta.event_id',
    'meta.external_id',
    'site.user_id',
    'site.order_id',
  ],
  standIn: 'meta.external_id',
  person: [
    'email',
    'phone',
    'first_name',
    'last_name',
    'gender',
    'birthday',
    'city',
    'region',
    'postal_code',
    'ip',
    'user_agent',
  ],
  // By event name and id, within 48 hours.
  links: true,
  dedupes: true,
  batch: LIMITS,
  wire: null,
  calls: ['track', 'page', 'screen'],

  canPlace: canMatch,

  build(events, { settings: own, destination, now }) {
    const { chunks, refused } = chunk(place(events), LIMITS, ({ data }) => entry(data, own, now));
    const shared = JSON.stringify(compact({ test_event_code: own.testEventCode }));
    const url = addressOf(
      destination,
      'https://graph.facebook.com',
      `/${own.apiVersion}/${own.pixelId}/events`,
    );
    const requests = chunks.map((entries) =>
      jsonPost({
        url,
        body: listBody(shared, 'data', entries),
        auth: { type: 'body', name: 'access_token', secret: own.accessToken },
        events: entries.map(({ index }) => index),
      }),
    );
    return { requests, refused };
  },

  read(reply, request) {
    const error = readError(reply, request);
    if (error !== null) return all(request, error);
    if (reply.status === 200) return all(request, readReceipt(reply, request));
    return all(
      request,
      isAboutBody(reply) ? splitOrPermanent(request, `http_${reply.status}`) : byStatus(reply),
    );
  },
};
