// What a permitted event offers to contacts, forms and custom events, as HubSpot writes it: text under property names.

import type { PermittedData } from '../../core/permitted.ts';
import type { PersonField } from '../../core/person.ts';
import { email } from '../hash.ts';
import { lookUp } from '../setting.ts';
import { textOf } from '../value.ts';
import type { HubspotSettings } from './settings.ts';

export const PERSON_PROPERTIES = {
  first_name: 'firstname',
  last_name: 'lastname',
  phone: 'phone',
  company: 'company',
  street: 'address',
  postal_code: 'zip',
  city: 'city',
  region: 'state',
  gender: 'gender',
  birthday: 'date_of_birth',
} as const satisfies Partial<Record<PersonField, string>>;

const PROPERTY = /^[a-z][a-z0-9_]{0,99}$/;
/** The longest text a property holds. */
const TEXT_CHARS = 65_536;

export type Properties = Readonly<Record<string, string>>;

/** The address in plain, trimmed and lower case; HubSpot takes no digests. */
export const emailOf = (data: PermittedData): string | null =>
  data.person.email === undefined ? null : email(data.person.email);

/** Collects text under allowed names; what has no text or no possible name is left out, the first of a name wins. */
function gather(
  sources: readonly (readonly [name: string, value: Parameters<typeof textOf>[0]])[],
): Properties {
  const found = new Map<string, string>();
  for (const [name, value] of sources) {
    const text = textOf(value);
    if (text !== null && text.length <= TEXT_CHARS && PROPERTY.test(name) && !found.has(name))
      found.set(name, text);
  }
  return Object.fromEntries(found);
}

/** Contact properties: person fields, links, traits, and those parameters that the route's `properties` name. */
export function contactProperties(data: PermittedData, settings: HubspotSettings): Properties {
  const renamed = (name: string): string => lookUp(settings.properties, name) ?? name;
  const person = Object.entries(PERSON_PROPERTIES).map(
    ([field, property]) =>
      [lookUp(settings.properties, field) ?? property, data.person[field as PersonField]] as const, // keys of the table above
  );
  const params = Object.entries(data.params).flatMap(([name, value]) => {
    const property = lookUp(settings.properties, name);
    return property === undefined ? [] : [[property, value] as const];
  });
  const rest = [...Object.entries(data.links), ...Object.entries(data.traits)];
  return gather([...person, ...rest.map(([name, value]) => [renamed(name), value] as const), ...params]);
}

/** Properties of a custom event: its parameters and links, and the page under the names every event definition has. */
export const eventProperties = (data: PermittedData): Properties =>
  gather([
    ...Object.entries(data.params),
    ['transaction_id', data.ids['site.order_id']],
    ...Object.entries(data.links),
    ['hs_page_url', data.page.url],
    ['hs_page_title', data.page.title],
    ['hs_referrer', data.page.referrer],
    ['hs_language', data.device.language],
    ['hs_utm_source', data.campaign.source],
    ['hs_utm_medium', data.campaign.medium],
    ['hs_utm_campaign', data.campaign.name],
    ['hs_utm_term', data.campaign.term],
    ['hs_utm_content', data.campaign.content],
  ]);
