// The identifiers of a Segment or RudderStack call, in the order of their precedence. `userId` is an id of the site, also
// where it looks like an e-mail address.

import { isObject } from '../../core/json.ts';
import type { Json } from '../../core/json.ts';
import type { IdCollector } from '../ids.ts';
import { offerContextIds, offerCookieIds, offerUrlIds } from '../ids.ts';
import { take } from '../person.ts';
import type { Person } from '../person.ts';
import type { UrlParameter } from '../query.ts';
import type { Surroundings } from '../surroundings.ts';
import { text } from '../value.ts';
import type { Message } from './message.ts';

export interface OrderAndSiteIds {
  readonly orderIds: readonly Json[];
  readonly siteIds: readonly Json[];
}

export interface IdPlaces {
  readonly message: Message;
  /** Those of the page's address. */
  readonly parameters: readonly UrlParameter[];
  readonly commerce: OrderAndSiteIds;
}

/** Offers all ids of a call; the order of the calls here is the order of precedence. */
export function offerIds(collector: IdCollector, places: IdPlaces, { cookieIds }: Surroundings): void {
  offerOwnIds(collector, places.message);
  for (const id of places.commerce.orderIds) collector.offer('site.order_id', id, 'protocol');
  for (const id of places.commerce.siteIds) collector.setAside('site.order_id', id, 'protocol');
  offerContextIds(collector, places.message.context['ids']);
  offerCookieIds(collector, cookieIds);
  offerUrlIds(collector, places.parameters);
}

function offerOwnIds(collector: IdCollector, { fields, context }: Message): void {
  collector.offer('site.user_id', fields['userId'], 'protocol');
  collector.offer('site.anonymous_id', fields['anonymousId'], 'protocol');
  collector.offer('site.group_id', fields['groupId'], 'protocol');
  collector.offer('site.group_id', context['groupId'], 'protocol');
  collector.offer('site.previous_id', fields['previousId'], 'protocol');
  collector.offer('site.session_id', context['sessionId'], 'protocol');
  const device = context['device'];
  if (isObject(device))
    for (const name of DEVICE_IDS) collector.offer('site.device_id', device[name], 'protocol');
  setTraitIdsAside(collector, fields['traits']);
  setTraitIdsAside(collector, context['traits']);
}

const DEVICE_IDS = ['id', 'advertisingId', 'token'] as const;
const TRAIT_IDS = ['id', 'userId', 'username', 'anonymousId'] as const;

function setTraitIdsAside(collector: IdCollector, traits: Json | undefined): void {
  if (!isObject(traits)) return;
  for (const name of TRAIT_IDS) collector.setAside('site.user_id', traits[name], 'protocol');
}

/** Kinds of person that `externalIds` may name by type. */
const PERSON_TYPES = { email: 'email', phone: 'phone' } as const;

/** `context.externalIds`: ids of known systems by their name, person fields by type, everything else set aside. */
export function readExternalIds(collector: IdCollector, list: Json | undefined, person: Person): void {
  if (!Array.isArray(list)) return;
  for (const entry of list.filter(isObject)) {
    const type = text(entry['type']);
    const id = entry['id'];
    if (type === 'email' || type === 'phone') take(person, PERSON_TYPES[type], id);
    else if (type?.includes('.') === true) collector.offer(type, id, 'context');
    else collector.setAside('site.user_id', id, 'protocol');
  }
}
