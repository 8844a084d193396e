// GA4 Measurement Protocol: one client, one consent and one set of user properties per request, up to 25 events in it.

import type { VendorRequest } from '../../core/delivery.ts';
import type { JsonObject } from '../../core/json.ts';
import type { PermittedData } from '../../core/permitted.ts';
import { ITEM_FIELDS } from '../../core/vocabulary.ts';
import { e164, googleEmail, googleName, googleStreet, hashed } from '../hash.ts';
import { chunk, groupBy, jsonPost, listBody, type Placed, type Refusal } from '../request.ts';
import { clip, compact } from '../value.ts';
import { measurementProtocolConsent } from './consent.ts';
import * as limits from './limits.ts';

export const MP_LIMITS = { events: 25, bytes: 130_000 } as const;

export interface Target {
  readonly url: string;
  readonly auth: VendorRequest['auth'];
}

export function measurementProtocol(
  placed: readonly Placed[],
  target: Target,
): { readonly requests: readonly VendorRequest[]; readonly refused: readonly Refusal[] } {
  const requests: VendorRequest[] = [];
  const refused: Refusal[] = [];
  const enveloped = placed.map((one) => ({ ...one, shared: JSON.stringify(envelope(one.data)) }));
  for (const group of groupBy(enveloped, ({ shared }) => shared)) {
    const shared = group[0]?.shared ?? '{}';
    const room = { events: MP_LIMITS.events, bytes: MP_LIMITS.bytes - Buffer.byteLength(shared) };
    const filled = chunk(group, room, ({ data }) => ({ value: event(data) }));
    refused.push(...filled.refused);
    for (const entries of filled.chunks) {
      const events = entries.map(({ index }) => index);
      requests.push(jsonPost({ ...target, body: listBody(shared, 'events', entries), events }));
    }
  }
  return { requests, refused };
}

/** Everything of a request that its events share. */
const envelope = (data: PermittedData): Record<string, unknown> =>
  compact({
    client_id: data.ids['ga.client_id'],
    user_id: limits.userId(data),
    ip_override: data.person.ip,
    user_agent: data.person.user_agent,
    consent: measurementProtocolConsent(data.consent),
    user_properties: Object.fromEntries(
      limits.userProperties(data).map(([name, value]) => [name, { value }]),
    ),
    user_data: userData(data),
    user_location: compact({ country_id: data.device.country }),
    device: compact({ category: data.device.category, language: data.device.language }),
  });

/** User-provided data needs `ad_user_data`, whatever the route declares. An address counts only when complete. */
function userData(data: PermittedData): Record<string, unknown> | null {
  if (!data.consent.adUserData) return null;
  const { person } = data;
  const country = data.device.country;
  const first = hashed(person.first_name, googleName);
  const last = hashed(person.last_name, googleName);
  const complete = first !== null && last !== null && person.postal_code !== undefined && country !== null;
  const address = compact({
    sha256_first_name: first,
    sha256_last_name: last,
    sha256_street: hashed(person.street, googleStreet),
    city: person.city,
    region: person.region,
    postal_code: person.postal_code,
    country,
  });
  return compact({
    sha256_email_address: hashed(person.email, googleEmail),
    sha256_phone_number: hashed(person.phone, (text) => e164(text, country)),
    address: complete ? [address] : null,
  });
}

/** `timestamp_micros` stands on the event, because a request holds several. */
const event = (data: PermittedData): Record<string, unknown> => ({
  name: data.name,
  timestamp_micros: data.occurredAt * 1000,
  params: params(data),
});

function params(data: PermittedData): Record<string, unknown> {
  const session = limits.sessionId(data);
  const { url, referrer, title } = data.page;
  const fixed = compact({
    session_id: session === null ? null : Number(session),
    engagement_time_msec: limits.engagementMs(data),
    page_location: url === null ? null : clip(url, limits.PAGE_CHARS.location),
    page_referrer: referrer === null ? null : clip(referrer, limits.PAGE_CHARS.referrer),
    page_title: title === null ? null : clip(title, limits.PAGE_CHARS.title),
    items: data.items.slice(0, limits.MAX_ITEMS).map(item).filter(Boolean),
  });
  const pairs = limits.eventParams(data, limits.MAX_PARAMS - Object.keys(fixed).length);
  const room = limits.MAX_PARAMS - Object.keys(fixed).length - pairs.length;
  const campaign = limits.campaignParams(data).filter(([name]) => !pairs.some(([taken]) => taken === name));
  const { items, ...context } = fixed;
  return compact({ ...context, ...Object.fromEntries([...pairs, ...campaign.slice(0, room)]), items });
}

/** Field names of items are GA4's own; texts are cut to what it keeps. */
const item = (fields: JsonObject): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => {
      const found = Object.hasOwn(ITEM_FIELDS, name) ? limits.scalar(value) : null;
      return found === null ? [] : [[name, found]];
    }),
  );
