// The page of an event and the campaign that its address names.

import type { Campaign, Page } from '../core/event.ts';
import { urlParameters } from './query.ts';
import type { UrlParameter } from './query.ts';
import { text } from './value.ts';

/** `$direct` is what RudderStack's client says for "no referrer". */
export const readReferrer = (value: unknown): string | null => {
  const referrer = text(value);
  return referrer === '$direct' ? null : referrer;
};

interface Place {
  readonly url?: unknown;
  readonly title?: unknown;
  readonly referrer?: unknown;
}

/** The first place that has a field counts. */
export function readPage(...places: readonly Place[]): Page {
  let url: string | null = null;
  let title: string | null = null;
  let referrer: string | null = null;
  for (const place of places) {
    url ??= text(place.url);
    title ??= text(place.title);
    referrer ??= readReferrer(place.referrer);
  }
  return { url, title, referrer };
}

/** A page's address and the parameters in it, read once for campaign and ids. */
export interface Address {
  readonly url: string | null;
  readonly parameters: readonly UrlParameter[];
}

export const readAddress = (url: string | null): Address => ({ url, parameters: urlParameters(url) });

const UTM: Readonly<Record<string, keyof Campaign>> = {
  utm_source: 'source',
  utm_medium: 'medium',
  utm_campaign: 'name',
  utm_term: 'term',
  utm_content: 'content',
  utm_id: 'id',
};
const WORDS = [
  'source',
  'medium',
  'name',
  'term',
  'content',
  'id',
] as const satisfies readonly (keyof Campaign)[];

/** Campaign words the client states; what it does not state comes from the `utm_*` of the page's address. */
export function readCampaign(stated: Readonly<Record<string, unknown>>, address: Address): Campaign {
  const found: Partial<Record<keyof Campaign, string>> = {};
  for (const word of WORDS) {
    const value = text(stated[word]);
    if (value !== null) found[word] = value;
  }
  if (address.url?.includes('utm_') === true)
    for (const { name, value } of address.parameters) {
      const word = Object.hasOwn(UTM, name) ? UTM[name] : undefined;
      if (word !== undefined) found[word] ??= value;
    }
  return found;
}
