// The three things HubSpot takes: contacts (upserted in batches), form submissions (one each) and custom events (batches).

import type { VendorRequest } from '../../core/delivery.ts';
import type { PermittedConsent, PermittedData } from '../../core/permitted.ts';
import type { BuildContext } from '../../core/plugin.ts';
import {
  addressOf,
  bearer,
  chunk,
  groupBy,
  jsonPost,
  listBody,
  type Entry,
  type Placed,
  type Refusal,
} from '../request.ts';
import { lookUp } from '../setting.ts';
import { compact, isTime } from '../value.ts';
import { contactProperties, emailOf, eventProperties } from './fields.ts';
import type { HubspotSettings } from './settings.ts';

const API = 'https://api.hubapi.com';
const FORMS = 'https://api.hsforms.com';
const CONTACTS = { events: 100, bytes: 1_000_000 } as const;
export const CUSTOM_EVENTS = { events: 500, bytes: 1_000_000 } as const;

type Context = BuildContext<HubspotSettings>;
interface Part {
  readonly requests: readonly VendorRequest[];
  readonly refused: readonly Refusal[];
}

/**
 * Contacts by e-mail. HubSpot refuses a batch that names one contact twice, so several events of one person become one input:
 * the later value of a property wins, as it would have, one after the other.
 */
export function contacts(placed: readonly Placed[], { settings, destination }: Context): Part {
  const groups = new Map(
    groupBy(placed, ({ data }) => emailOf(data) ?? '').map((group) => [group[0]?.index ?? -1, group]),
  );
  const heads = [...groups.values()].flatMap((group) => group.slice(0, 1));
  const indexes = (head: number): readonly number[] => (groups.get(head) ?? []).map(({ index }) => index);
  const { chunks, refused } = chunk(heads, CONTACTS, ({ index, data }) => {
    const id = emailOf(data);
    if (id === null) return { refused: 'no_identifier' };
    const properties = Object.assign(
      {},
      ...(groups.get(index) ?? []).map((one) => contactProperties(one.data, settings)),
    ) as Record<string, string>; // merged from records of strings
    return { value: { id, idProperty: 'email', properties } };
  });
  return {
    requests: chunks.map((entries) =>
      jsonPost({
        url: addressOf(destination, API, `/crm/objects/${settings.version}/contacts/batch/upsert`),
        body: listBody('{}', 'inputs', entries),
        auth: bearer(settings.accessToken),
        events: entries.flatMap(({ index }) => indexes(index)),
      }),
    ),
    refused: refused.flatMap(({ index, code }) => indexes(index).map((each) => ({ index: each, code }))),
  };
}

export function customEvents(placed: readonly Placed[], { settings, destination }: Context): Part {
  const { chunks, refused } = chunk(placed, CUSTOM_EVENTS, ({ data }) => {
    const eventName = lookUp(settings.eventNames, data.name) ?? `pe${settings.portalId}_${data.name}`;
    if (!/^[a-z0-9_.-]{1,150}$/.test(eventName)) return { refused: 'event_name_invalid' };
    const record = recordOf(data);
    if (record === null) return { refused: 'no_identifier' };
    if (!isTime(data.occurredAt)) return { refused: 'time_invalid' };
    const occurredAt = new Date(data.occurredAt).toISOString();
    return {
      value: { eventName, ...record, occurredAt, uuid: data.key, properties: eventProperties(data) },
    };
  });
  const requests = chunks.map((entries) =>
    jsonPost({
      url: addressOf(destination, API, `/events/custom/${settings.version}/send/batch`),
      body: listBody('{}', 'inputs', entries),
      auth: bearer(settings.accessToken),
      events: entries.map(({ index }) => index),
    }),
  );
  return { requests, refused };
}

/** The one field that attaches an event to a record; the surest first. */
export function recordOf(data: PermittedData): Readonly<Record<string, string>> | null {
  const objectId = data.ids['hubspot.contact_id'];
  if (objectId) return { objectId };
  const address = emailOf(data);
  if (address !== null) return { email: address };
  const utk = data.ids['hubspot.utk'];
  return utk ? { utk } : null;
}

export function forms(placed: readonly Placed[], context: Context): Part {
  const { settings, destination } = context;
  const limits = { events: 1, bytes: CUSTOM_EVENTS.bytes };
  const requests: VendorRequest[] = [];
  const refused: Refusal[] = [];
  for (const one of placed) {
    const filled = chunk([one], limits, ({ data }) => submission(data, context));
    refused.push(...filled.refused);
    const guid = lookUp(settings.forms, one.data.name) ?? '';
    const path = `/submissions/v3/integration/secure/submit/${settings.portalId}/${guid}`;
    for (const [entry] of filled.chunks) {
      if (entry === undefined) continue;
      requests.push(
        jsonPost({
          url: addressOf(destination, FORMS, path),
          body: entry.text,
          auth: bearer(settings.accessToken),
          events: [entry.index],
        }),
      );
    }
  }
  return { requests, refused };
}

/** A form takes at most 1000 fields; a permitted event has far fewer. One without any is refused there. */
function submission(data: PermittedData, context: Context): Entry {
  if (!isTime(data.occurredAt)) return { refused: 'time_invalid' };
  const address = emailOf(data);
  if (address === null && !data.ids['hubspot.utk']) return { refused: 'no_identifier' };
  const { email: _, ...properties } = contactProperties(data, context.settings);
  const fields = Object.entries({ ...(address === null ? {} : { email: address }), ...properties });
  if (fields.length === 0) return { refused: 'form_empty' };
  const value = {
    fields: fields.slice(0, 1000).map(([name, text]) => ({ objectTypeId: '0-1', name, value: text })),
    submittedAt: String(data.occurredAt),
    context: compact({
      hutk: data.ids['hubspot.utk'],
      ipAddress: data.person.ip,
      pageUri: data.page.url,
      pageName: data.page.title,
    }),
    legalConsentOptions: { consent: legalConsent(data.consent, context) },
  };
  return { value };
}

/** Computed from the decision: processing is consented to if every required purpose is, mail only if asked for by name. */
function legalConsent(consent: PermittedConsent, { settings, destination }: Context) {
  const granted = (purpose: string): boolean => consent.purposes.includes(purpose);
  const text = settings.consentText ?? '';
  const { subscriptionTypeId } = settings;
  return {
    consentToProcess: destination.requires.length > 0 && destination.requires.every(granted),
    text,
    communications:
      subscriptionTypeId === undefined
        ? []
        : [{ value: granted('email_marketing'), subscriptionTypeId, text }],
  };
}
