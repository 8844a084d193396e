// Surfaces that single out when fine and say something useful when coarse: device, language, time; and the anonymous form of an
// event, which keeps only what it shares with a great many others.

import type { Device, Page } from '../core/event.ts';
import type { JsonObject } from '../core/json.ts';
import type { PermittedData } from '../core/permitted.ts';
import { Recent, copied } from '../core/recent.ts';
import { eventEntry } from '../core/vocabulary.ts';

const SECOND = 1000;
const HOUR = 3_600_000;

export const wholeSecond = (ms: number): number => Math.floor(ms / SECOND) * SECOND;

const LANGUAGE = /^([a-z]{2,3})(?:[-_][a-z]{4})?(?:[-_]([a-z]{2}|\d{3}))?(?:[-_,;]|$)/i;
const CATEGORY = /^(?:desktop|mobile|tablet)$/;

/** Primary language and region, device category, country; the rest of a user agent or screen stays. */
export function coarseDevice(device: Device): PermittedData['device'] {
  const country = device.country?.toUpperCase();
  return {
    language: device.language === null ? null : coarseLanguage(device.language),
    category: category(device),
    country: country !== undefined && /^[A-Z]{2}$/.test(country) ? country : null,
  };
}

/** Few there are, and browsers say theirs with every event. */
const MAX_LANGUAGES = 500;
const MAX_LANGUAGE = 40;
const languages = new Recent<string, string | null>(MAX_LANGUAGES);

function coarseLanguage(said: string): string | null {
  const before = languages.get(said);
  if (before !== undefined) return before;
  const found = LANGUAGE.exec(said);
  const primary = found?.[1]?.toLowerCase();
  const region = found?.[2]?.toUpperCase();
  const coarse = primary === undefined ? null : region === undefined ? primary : `${primary}-${region}`;
  if (said.length <= MAX_LANGUAGE) languages.set(copied(said), coarse);
  return coarse;
}

function category({ category, userAgent }: Device): string | null {
  const said = category?.toLowerCase();
  if (said !== undefined && CATEGORY.test(said)) return said;
  if (userAgent === null || userAgent === '') return null;
  if (/iPad|Tablet|Android(?!.{0,200}Mobile)/i.test(userAgent)) return 'tablet';
  return /Mobi|iPhone|iPod/i.test(userAgent) ? 'mobile' : 'desktop';
}

/** The site and the first segment of the path where that is a plain word (`/products/boots/42` → `/products`). */
function pageGroup(page: Page): Page {
  const url = page.url === null ? null : URL.parse(page.url);
  if (url === null) return { url: null, title: null, referrer: null };
  const first = url.pathname.split('/')[1] ?? '';
  return {
    url: `${url.origin}/${/^[a-z](?:[a-z-]{0,18}[a-z])?$/i.test(first) ? first : ''}`,
    title: null,
    referrer: null,
  };
}

function closedWords(params: JsonObject): JsonObject {
  const { currency, category } = params;
  return {
    ...(typeof currency === 'string' ? { currency } : {}),
    ...(typeof category === 'string' && /^\p{L}[\p{L} &-]{0,30}$/u.test(category) ? { category } : {}),
  };
}

/**
 * What of a permitted event singles out nobody: known name, hour, page group, country, currency and a plain category. No id,
 * no person, no amount, no items, no word of the client's own. The key must not come from the client either: the caller sees to it.
 */
export const anonymised = (data: PermittedData): PermittedData => ({
  destination: data.destination,
  site: data.site,
  intake: data.intake,
  type: data.type,
  name: eventEntry(data.name) === undefined ? 'custom_event' : data.name,
  key: data.key,
  occurredAt: Math.floor(data.occurredAt / HOUR) * HOUR,
  anonymous: true,
  ids: {},
  links: {},
  person: {},
  params: closedWords(data.params),
  items: [],
  page: pageGroup(data.page),
  campaign: {},
  device: { language: null, category: null, country: data.device.country },
  traits: {},
  consent: { purposes: [], adUserData: false, adPersonalization: false },
  wire: null,
});
