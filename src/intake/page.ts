// The page of an event and the campaign that its address names.

import type { Campaign, Page } from '../core/event.ts';
import { eachUrlParameter } from './query.ts';
import { text } from './value.ts';

/** `$direct` is what RudderStack's client says for "no referrer". */
export const readReferrer = (value: unknown): string | null => {
  const referrer = text(value);
  return referrer === '$direct' ? null : referrer;
};

/** The first place that has a field counts. */
export function readPage(...places: readonly { url?: unknown; title?: unknown; referrer?: unknown }[]): Page {
  const first = (
    read: (place: { url?: unknown; title?: unknown; referrer?: unknown }) => string | null,
  ): string | null => {
    for (const place of places) {
      const found = read(place);
      if (found !== null) return found;
    }
    return null;
  };
  return {
    url: first((place) => text(place.url)),
    title: first((place) => text(place.title)),
    referrer: first((place) => readReferrer(place.referrer)),
  };
}

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

/** Campaign words the client states; what it does not state comes from the `utm_*` of the address. */
export function readCampaign(stated: Readonly<Record<string, unknown>>, url: string | null): Campaign {
  const found: Partial<Record<keyof Campaign, string>> = {};
  for (const word of WORDS) {
    const value = text(stated[word]);
    if (value !== null) found[word] = value;
  }
  if (url?.includes('utm_') === true)
    eachUrlParameter(url, (name, value) => {
      const word = Object.hasOwn(UTM, name) ? UTM[name] : undefined;
      if (word !== undefined) found[word] ??= value;
    });
  return found;
}
