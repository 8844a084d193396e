// What GA4 allows in names and values, and what is reserved. Names over the limits are dropped with their values, texts are cut
// as Google would cut them, and an event whose own name is not allowed is refused.

import type { Json } from '../../core/json.ts';
import type { PermittedData } from '../../core/permitted.ts';
import { PARAMS } from '../../core/vocabulary.ts';
import { clip, currencyOf, isTime, numberOf, textOf } from '../value.ts';

export const MAX_AGE_MS = 72 * 3_600_000;
export const MAX_PARAMS = 25;
export const MAX_ITEMS = 200;
const MAX_USER_PROPERTIES = 25;
const VALUE_CHARS = 100;
/** Longer values that Google documents for these (unconfirmed). */
export const PAGE_CHARS = { location: 1000, referrer: 420, title: 300 } as const;

const NAME = /^[A-Za-z][A-Za-z0-9_]{0,39}$/;
const RESERVED_PREFIX = /^(?:_|firebase_|ga_|google_|gtag)/i;
const RESERVED_EVENT =
  /^(?:ad_(?:activeview|click|exposure|impression|query|reward)|adunit_exposure|app_(?:clear_data|exception|install|remove|store_refund|update|upgrade)|dynamic_link_\w+|error|first_(?:open|visit)|in_app_purchase|notification_\w+|os_update|screen_view|session_start(?:_with_rollout)?|user_engagement)$/;
const RESERVED_PROPERTY =
  /^(?:first_(?:open_time|visit_time|open_after_install)|last_deep_link_referrer|user_id)$/;
/** Parameters that have a place of their own in a request, or that would carry what only a person field may. */
const OWN_PLACE =
  /^(?:session_id|engagement_time_msec|page_(?:location|referrer|title)|items|transaction_id|client_id|user_id|ip_override|user_agent|user_data.*)$/;

/**
 * Why Google would not take the event at all, or null. A hit of gtag.js may carry the names gtag itself uses
 * (`user_engagement`); composed ones may not.
 */
export function eventProblem(data: PermittedData, now: number, byTag: boolean): string | null {
  if (!data.ids['ga.client_id']) return 'no_identifier';
  if (!isTime(data.occurredAt)) return 'time_invalid';
  if (now - data.occurredAt > MAX_AGE_MS) return 'too_old';
  if (!NAME.test(data.name)) return 'event_name_invalid';
  if (RESERVED_PREFIX.test(data.name)) return 'event_name_reserved';
  return !byTag && RESERVED_EVENT.test(data.name) ? 'event_name_reserved' : null;
}

export type Pair = readonly [name: string, value: string | number];

/** Number or bounded text of a parameter; null if it has neither. */
export function scalar(value: Json | undefined, chars = VALUE_CHARS): string | number | null {
  if (typeof value === 'number') return numberOf(value);
  const text = textOf(value);
  return text === null ? null : clip(text, chars);
}

/** A parameter of the vocabulary has the form its kind says; an amount that is no number does not leave as a word. */
function param(name: string, value: Json | undefined): string | number | null {
  const kind = Object.hasOwn(PARAMS, name) ? PARAMS[name as keyof typeof PARAMS] : undefined; // own key checked
  if (kind === 'number') return numberOf(value);
  return kind === 'currency' ? currencyOf(value) : scalar(value);
}

const CAMPAIGN = [
  ['source', 'source'],
  ['medium', 'medium'],
  ['name', 'campaign'],
  ['term', 'term'],
  ['content', 'content'],
  ['id', 'campaign_id'],
] as const;

/** Event parameters under GA4's names, at most `room` of them: what money hangs on first, then in the event's own order. */
export function eventParams(data: PermittedData, room: number): readonly Pair[] {
  const pairs = new Map<string, string | number>();
  const add = (name: string, value: string | number | null): void => {
    if (value !== null && pairs.size < room && !pairs.has(name)) pairs.set(name, value);
  };
  for (const name of ['currency', 'value'] as const) add(name, param(name, data.params[name]));
  // Half an id is another id, so one that is too long is left out rather than cut.
  const order = data.ids['site.order_id'] ?? '';
  add('transaction_id', order.length > VALUE_CHARS ? null : scalar(order));
  for (const [name, value] of Object.entries(data.params)) {
    if (NAME.test(name) && !RESERVED_PREFIX.test(name) && !OWN_PLACE.test(name))
      add(name, param(name, value));
  }
  return [...pairs];
}

/** Campaign words under GA4's parameter names. */
export const campaignParams = (data: PermittedData): readonly Pair[] =>
  CAMPAIGN.flatMap(([from, to]): Pair[] => {
    const value = scalar(data.campaign[from]);
    return value === null ? [] : [[to, value]];
  });

/** User properties from links and traits. Values over 36 characters are dropped, not cut: half an id is another id. */
export function userProperties(data: PermittedData): readonly Pair[] {
  const pairs = new Map<string, string | number>();
  for (const [name, value] of [...Object.entries(data.links), ...Object.entries(data.traits)]) {
    const found = scalar(value, 1000);
    if (found === null || String(found).length > 36 || pairs.has(name)) continue;
    if (pairs.size >= MAX_USER_PROPERTIES) break;
    if (NAME.test(name) && name.length <= 24 && !RESERVED_PREFIX.test(name) && !RESERVED_PROPERTY.test(name))
      pairs.set(name, found);
  }
  return [...pairs];
}

/** Milliseconds of engagement, at least 1: below that Google may not count an active user. */
export const engagementMs = (data: PermittedData): number =>
  Math.max(1, Math.round(numberOf(data.params['engagement_time_msec']) ?? 1));

/** Session id as Google's own cookie has it: seconds. The site's own session stands in. */
export function sessionId(data: PermittedData): string | null {
  const id = data.ids['ga.session_id'] ?? data.ids['site.session_id'];
  return id !== undefined && /^[1-9]\d{0,12}$/.test(id) ? id : null;
}

/** The site's own user id; an e-mail address is none, whatever the site thinks. */
export function userId(data: PermittedData): string | null {
  const id = data.ids['site.user_id'];
  return id !== undefined && id !== '' && id.length <= 256 && !id.includes('@') ? id : null;
}
