// HubSpot: identify calls become contacts, events that the route maps to a form become submissions with the consent they rest
// on, everything else custom events. An event that attaches to nobody is not sent: HubSpot would answer 204 and forget it.

import type { DestinationType } from '../core/plugin.ts';
import type { PermittedData } from '../core/permitted.ts';
import { emailOf, PERSON_PROPERTIES } from './hubspot/fields.ts';
import { read } from './hubspot/read.ts';
import { contacts, CUSTOM_EVENTS, customEvents, forms, recordOf } from './hubspot/requests.ts';
import { settings, type HubspotSettings } from './hubspot/settings.ts';
import { place, type Placed } from './request.ts';
import { lookUp } from './setting.ts';

type Thing = 'contact' | 'form' | 'event';

function thing(data: PermittedData, own: HubspotSettings): Thing {
  if (data.type === 'identify') return 'contact';
  return lookUp(own.forms, data.name) === undefined ? 'event' : 'form';
}

/** Can HubSpot attach it to someone? A form cannot name a contact by its number. */
const ATTACHES: Record<Thing, (data: PermittedData) => boolean> = {
  contact: (data) => emailOf(data) !== null,
  form: (data) => emailOf(data) !== null || Boolean(data.ids['hubspot.utk']),
  event: (data) => recordOf(data) !== null,
};

export const hubspot: DestinationType<HubspotSettings> = {
  type: 'hubspot',
  title: 'HubSpot',
  system: 'hubspot',
  audience: 'crm',
  demands: ['marketing'],
  anonymous: false,
  settings,
  ids: ['hubspot.utk', 'hubspot.contact_id', 'site.order_id'],
  // A made-up utk attaches to nobody.
  standIn: null,
  person: ['email', 'ip', ...(Object.keys(PERSON_PROPERTIES) as (keyof typeof PERSON_PROPERTIES)[])], // keys of a literal
  // An upsert may be repeated, but a form submission may not, and that `uuid` drops repeated events is unconfirmed.
  links: true,
  dedupes: false,
  batch: CUSTOM_EVENTS,
  wire: null,
  calls: ['track', 'page', 'screen', 'identify'],

  canPlace: (data, own) => ATTACHES[thing(data, own)](data),

  build(events, context) {
    const things: Record<Thing, Placed[]> = { contact: [], form: [], event: [] };
    for (const placed of place(events)) things[thing(placed.data, context.settings)].push(placed);
    const parts = [
      contacts(things.contact, context),
      forms(things.form, context),
      customEvents(things.event, context),
    ];
    return {
      requests: parts.flatMap(({ requests }) => requests),
      refused: parts.flatMap(({ refused }) => refused),
    };
  },

  read,
};
