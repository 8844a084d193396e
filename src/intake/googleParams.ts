// Event parameters as Google's two protocols name them: ids, page facts, items and the consent label come out of the
// parameters, what is left keeps its name.

import type { Item, ReceivedEvent } from '../core/event.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { readItems } from './commerce.ts';
import { withoutNamedIds } from './ids.ts';
import type { IdCollector } from './ids.ts';
import { splitPerson, takeUserData } from './person.ts';
import type { Person } from './person.ts';
import { text } from './value.ts';

export interface GoogleParams {
  readonly params: JsonObject;
  readonly items: readonly Item[];
  readonly page: { readonly url?: Json; readonly title?: Json; readonly referrer?: Json };
  /** `sluis_notice`: the notice the visitor saw. */
  readonly label: ReceivedEvent['label'];
  readonly ip: Json;
}

/** Parameters that are ids of the visitor, the session or the order. */
const IDS: Readonly<Record<string, string>> = {
  session_id: 'ga.session_id',
  ga_session_id: 'ga.session_id',
  client_id: 'ga.client_id',
  ga_client_id: 'ga.client_id',
  user_id: 'site.user_id',
  transaction_id: 'site.order_id',
};

const PLACES: Readonly<Record<string, 'url' | 'title' | 'referrer'>> = {
  page_location: 'url',
  page_title: 'title',
  page_referrer: 'referrer',
};

/** Offers the ids among the parameters, so it is called after the ids that have places of their own. */
export function readGoogleParams(raw: JsonObject, person: Person, collector: IdCollector): GoogleParams {
  const left: Record<string, Json> = {};
  const page: { url?: Json; title?: Json; referrer?: Json } = {};
  for (const name in raw) {
    const value = raw[name] ?? null;
    const id = Object.hasOwn(IDS, name) ? IDS[name] : undefined;
    const place = Object.hasOwn(PLACES, name) ? PLACES[name] : undefined;
    if (id !== undefined) collector.offer(id, value, 'protocol');
    else if (place !== undefined) page[place] = value;
    else if (name === 'user_data') takeUserData(person, value);
    else if (name !== 'items' && name !== 'sluis_notice' && name !== 'ip_override') left[name] = value;
  }
  const notice = text(raw['sluis_notice']);
  return {
    params: withoutNamedIds(splitPerson(person, left, 'properties'), collector),
    items: readItems(raw['items']),
    page,
    label: notice === null ? null : { notice, givenAt: null },
    ip: raw['ip_override'] ?? null,
  };
}
