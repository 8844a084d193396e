// GA4's Measurement Protocol: JSON from a site's servers, with the site's write key as `api_secret`. The connection is a
// server's, so only what the body states says anything about a visitor. Hashed person data is dropped: it is still person data.

import type { ReceivedEvent } from '../core/event.ts';
import { isObject } from '../core/json.ts';
import type { Json, JsonObject } from '../core/json.ts';
import type { IntakeProtocol, IntakeRequest, Opened, Rejected } from '../core/plugin.ts';
import { NO_CONTENT } from './answer.ts';
import { settleClock } from './clock.ts';
import { readAgent, readCategory, readCountry, readIp, readLanguage, readScreen } from './device.ts';
import { readGoogleParams } from './googleParams.ts';
import { typeOfName } from './gtag/hit.ts';
import { IdCollector, offerCookieIds, offerUrlIds } from './ids.ts';
import { wireName } from './names.ts';
import { readAddress, readCampaign, readPage } from './page.ts';
import { splitPerson, take, takeUserData, withSurface } from './person.ts';
import type { Person } from './person.ts';
import { consentPairs, parsePairs } from './query.ts';
import { cleanEvent, parseObject, refusal } from './read.ts';
import type { Fault } from './read.ts';
import { consentInput, surroundings } from './surroundings.ts';
import type { Surroundings } from './surroundings.ts';
import { object, text, textOrNumber } from './value.ts';

const MOST_EVENTS = 25;

interface Body {
  readonly fields: JsonObject;
  readonly events: readonly JsonObject[];
  readonly rejected: readonly Rejected[];
}

const invalid = (message: string): Fault => ({ code: 'invalid_event', message });

interface Listed {
  readonly list: readonly unknown[];
  readonly escapes: boolean;
}

function readEvents({ list, escapes }: Listed, request: IntakeRequest): Omit<Body, 'fields'> {
  const events: JsonObject[] = [];
  const rejected: Rejected[] = [];
  for (const [index, entry] of list.entries()) {
    const cleaned = cleanEvent(entry, request.limits, escapes);
    if ('fault' in cleaned) rejected.push({ index, ...cleaned.fault });
    else if (text(cleaned.value['name']) === null)
      rejected.push({ index, ...invalid('an event needs `name`, the name of what happened') });
    else events.push(cleaned.value);
  }
  return { events, rejected };
}

function readBody(request: IntakeRequest): Body {
  const { fields, escapes } = parseObject(request.body);
  const { events: list, ...others } = fields;
  const cleaned = cleanEvent(others, request.limits, escapes);
  if ('fault' in cleaned) throw refusal(cleaned.fault);
  if (text(cleaned.value['client_id']) === null && text(cleaned.value['app_instance_id']) === null)
    throw refusal(invalid('a request needs `client_id` or `app_instance_id`'));
  if (!Array.isArray(list) || list.length === 0 || list.length > MOST_EVENTS)
    throw refusal(invalid(`\`events\` must be an array of 1 to ${MOST_EVENTS} events`));
  const { events, rejected } = readEvents({ list, escapes }, request);
  const first = rejected[0];
  if (events.length === 0 && first !== undefined) throw refusal(first);
  return { fields: cleaned.value, events, rejected };
}

/** Microseconds since the epoch, as a number or as digits. */
function readMicros(value: Json | undefined): number | null {
  const written = textOrNumber(value);
  return written !== null && /^\d{1,17}$/.test(written) ? Math.floor(Number(written) / 1000) : null;
}

function momentOf(
  fields: JsonObject,
  event: JsonObject,
  receivedAt: number,
): Pick<ReceivedEvent, 'occurredAt' | 'clock'> {
  const claimedAt = readMicros(event['timestamp_micros']) ?? readMicros(fields['timestamp_micros']);
  return settleClock({ claimedAt, sentAt: null, receivedAt });
}

/** Google's two consent fields, as consent mode would say them. Nothing here speaks of analytics. */
function consentOf(fields: JsonObject): Json | undefined {
  const stated = object(fields['consent']);
  const gcm: Record<string, string> = {};
  for (const name of ['ad_user_data', 'ad_personalization']) {
    const value = text(stated[name]);
    if (value !== null) gcm[name] = value.toLowerCase();
  }
  if (fields['non_personalized_ads'] === true) gcm['ad_personalization'] = 'denied';
  return Object.keys(gcm).length === 0 ? undefined : { gcm };
}

/** `{ plan: { value: 'trial' } }` → `{ plan: 'trial' }`. */
function userProperties(fields: JsonObject): JsonObject {
  const found: Record<string, Json> = {};
  for (const [name, property] of Object.entries(object(fields['user_properties']))) {
    const value = isObject(property) ? property['value'] : property;
    if (value !== undefined && value !== null) found[name] = value;
  }
  return found;
}

function personOf(fields: JsonObject): Person {
  const person: Person = {};
  takeUserData(person, fields['user_data']);
  const location = object(fields['user_location']);
  take(person, 'city', location['city']);
  take(person, 'region', location['region_id']);
  return person;
}

function deviceOf(fields: JsonObject, agent: string | null): ReceivedEvent['device'] {
  const device = object(fields['device']);
  return {
    userAgent: agent,
    language: readLanguage(device['language']),
    screen: readScreen(device['screen_resolution']),
    category: readCategory(device['category'], null, agent),
    country: readCountry(object(fields['user_location'])['country_id']),
  };
}

interface Envelope {
  readonly fields: JsonObject;
  readonly query: Readonly<Record<string, string>>;
  readonly around: Surroundings;
}

function offerIds(collector: IdCollector, fields: JsonObject): void {
  collector.offer('ga.client_id', fields['client_id'], 'protocol');
  collector.offer('ga.client_id', fields['app_instance_id'], 'protocol');
  collector.offer('site.user_id', fields['user_id'], 'protocol');
}

function measuredEvent(event: JsonObject, { fields, query, around }: Envelope): ReceivedEvent {
  const { request, context } = around;
  const name = wireName(text(event['name']) ?? '');
  const collector = new IdCollector();
  const person = personOf(fields);
  offerIds(collector, fields);
  const google = readGoogleParams(object(event['params']), person, collector);
  const traits = splitPerson(person, userProperties(fields), 'traits');
  const page = readPage(google.page);
  offerCookieIds(collector, around.cookieIds);
  const address = readAddress(page.url);
  offerUrlIds(collector, address.parameters);
  const ip = readIp(fields['ip_override'] ?? google.ip);
  const agent = readAgent(fields['user_agent']);
  return {
    site: context.site.name,
    intake: 'measurementProtocol',
    type: typeOfName(name),
    name,
    messageId: null,
    ...momentOf(fields, event, request.receivedAt),
    receivedAt: request.receivedAt,
    params: google.params,
    items: google.items,
    page,
    campaign: readCampaign({}, address),
    device: deviceOf(fields, agent),
    ip,
    ...collector.found(),
    person: withSurface(person, ip, agent),
    traits,
    integrations: {},
    wire: null,
    consent: consentInput({ consent: consentOf(fields), query }, around),
    label: google.label,
  };
}

function open(request: IntakeRequest): Opened {
  const pairs = parsePairs(request.query, request.limits);
  const { fields, events, rejected } = readBody(request);
  const known = (name: string): readonly string[] => {
    const value = text(pairs.get(name));
    return value === null ? [] : [value];
  };
  return {
    hints: {
      writeKeys: known('api_secret'),
      tags: [...known('measurement_id'), ...known('firebase_app_id')],
    },
    read(context) {
      const envelope = { fields, query: consentPairs(pairs), around: surroundings(request, context) };
      return { events: events.map((event) => measuredEvent(event, envelope)), rejected };
    },
  };
}

export const measurementProtocol: IntakeProtocol = {
  name: 'measurementProtocol',
  routes: [{ method: 'POST', path: '/mp/collect' }],
  wireFields: {},
  open,
  answer: () => NO_CONTENT,
  documents: [],
};
