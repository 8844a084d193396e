// A checked call of the Segment API becomes an event in our own words.

import type { Device, EventType, ReceivedEvent } from '../../core/event.ts';
import { isObject } from '../../core/json.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { readInstant, settleClock } from '../clock.ts';
import type { Moment } from '../clock.ts';
import { readCommerce } from '../commerce.ts';
import type { Commerce } from '../commerce.ts';
import { readAgent, readCategory, readCountry, readLanguage, readScreen, visitorIp } from '../device.ts';
import { IdCollector, withoutNamedIds } from '../ids.ts';
import { trackName } from '../names.ts';
import { readAddress, readCampaign, readPage } from '../page.ts';
import { splitPerson, splitTraits, withSurface } from '../person.ts';
import type { Person } from '../person.ts';
import { isTrap } from '../read.ts';
import { consentInput, readLabel } from '../surroundings.ts';
import type { Surroundings } from '../surroundings.ts';
import { isScalar, object, text, textOrNumber } from '../value.ts';
import { offerIds, readExternalIds } from './identifiers.ts';
import type { Message } from './message.ts';

/** What the request says for all its calls. */
export interface Envelope {
  readonly around: Surroundings;
  /** `sentAt` of a batch, or of the header where the body has none. */
  readonly sentAt: number | null;
  readonly query: Readonly<Record<string, string>>;
}

const LONGEST_MESSAGE_ID = 256;

function nameOf({ type, fields }: Message): string {
  switch (type) {
    case 'track':
      return trackName(text(fields['event']) ?? '');
    case 'page':
      return 'page_view';
    case 'screen':
      return 'screen_view';
    case 'group':
      return 'join_group';
    case 'identify':
    case 'alias':
      return type;
    default:
      return type satisfies never;
  }
}

/** Facts of the page that page calls repeat among their properties. */
const PAGE_FACTS = new Set(['url', 'path', 'search', 'title', 'referrer', 'hash', 'tab_url', 'keywords']);
const isPageFact = (name: string): boolean =>
  PAGE_FACTS.has(name) || name.startsWith('initial_referr') || name.startsWith('referring_');

/** Properties of a call: for page and screen calls without the page's own facts, but with name and category. */
function propertiesOf({ type, fields }: Message): JsonObject {
  const properties = object(fields['properties']);
  if (type === 'track') return properties;
  if (type !== 'page' && type !== 'screen') return {};
  const rest = Object.entries(properties).filter(([name]) => !isPageFact(name));
  const named: [string, Json | undefined][] = [
    [type === 'page' ? 'name' : 'screen_name', fields['name'] ?? properties['name']],
    ['category', fields['category'] ?? properties['category']],
  ];
  const screen = type === 'screen' ? rest.filter(([name]) => name !== 'name') : rest;
  return Object.fromEntries([
    ...screen,
    ...named.filter((entry): entry is [string, Json] => isScalar(entry[1])),
  ]);
}

const SERVER_LIBRARY = /\b(?:node|python|java|ruby|go|php|net|rust)$/i;

/** A server speaks for a visitor whose address and browser are not those of the connection. */
function speaksForVisitor({ fields, context }: Message, around: Surroundings): boolean {
  if (around.context.fromServer || fields['channel'] === 'server') return true;
  const metadata = object(fields['_metadata']);
  if (metadata['nodeVersion'] !== undefined || metadata['jsRuntime'] !== undefined) return true;
  const library = text(object(context['library'])['name']);
  return library !== null && SERVER_LIBRARY.test(library);
}

function deviceOf({ context }: Message, agent: string | null): Device {
  const screen = context['screen'];
  return {
    userAgent: agent,
    language: readLanguage(context['locale']),
    screen: isObject(screen)
      ? readScreen(`${textOrNumber(screen['width'])}x${textOrNumber(screen['height'])}`)
      : null,
    category: readCategory(
      object(context['device'])['type'],
      object(context['userAgentData'])['mobile'],
      agent,
    ),
    country: readCountry(object(context['location'])['country']),
  };
}

function integrationsOf(integrations: JsonObject): Readonly<Record<string, boolean>> {
  const found: Record<string, boolean> = {};
  for (const [name, value] of Object.entries(integrations)) {
    const key = name === 'All' ? name : name.trim().toLowerCase();
    if (value !== null && key !== '' && !isTrap(key)) found[key] = value !== false && found[key] !== false;
  }
  return found;
}

function messageIdOf(fields: JsonObject): string | null {
  const id = text(fields['messageId']);
  return id === null || id.length > LONGEST_MESSAGE_ID ? null : id;
}

/** Traits of calls that have some; others repeat the user's in their context. */
const ownTraits = (type: EventType, fields: JsonObject): Json | undefined =>
  type === 'identify' || type === 'group' ? fields['traits'] : undefined;

interface Content {
  readonly name: string;
  readonly person: Person;
  readonly traits: JsonObject;
  readonly commerce: Commerce;
  readonly page: ReceivedEvent['page'];
}

function contentOf(message: Message): Content {
  const { type, fields, context } = message;
  const name = nameOf(message);
  const person: Person = {};
  const own = { traits: ownTraits(type, fields), place: type === 'group' ? 'group' : 'traits' } as const;
  const traits = splitTraits(person, own, context['traits']);
  const properties = splitPerson(person, propertiesOf(message), 'properties');
  const page = object(context['page']);
  return {
    name,
    person,
    traits,
    commerce: readCommerce(name, properties),
    page: type === 'page' ? readPage(object(fields['properties']), page) : readPage(page),
  };
}

/** Address and user agent of the visitor, as far as the call or the connection tell. */
function surfaceOf(message: Message, around: Surroundings): { ip: string | null; agent: string | null } {
  const { ip, headers } = around.request;
  const forVisitor = speaksForVisitor(message, around);
  return {
    ip: visitorIp(message.context['ip'], forVisitor ? null : ip),
    agent: readAgent(message.context['userAgent']) ?? (forVisitor ? null : readAgent(headers['user-agent'])),
  };
}

function momentOf({ fields }: Message, sentAt: number | null, receivedAt: number): Moment {
  return settleClock({
    claimedAt: readInstant(fields['originalTimestamp']) ?? readInstant(fields['timestamp']),
    sentAt: sentAt ?? readInstant(fields['sentAt']),
    receivedAt,
  });
}

export function segmentEvent(message: Message, { around, sentAt, query }: Envelope): ReceivedEvent {
  const { context } = message;
  const { receivedAt } = around.request;
  const content = contentOf(message);
  const { name, commerce, page, person } = content;
  const { ip, agent } = surfaceOf(message, around);
  const address = readAddress(page.url);
  const collector = new IdCollector();
  offerIds(collector, { message, parameters: address.parameters, commerce }, around);
  readExternalIds(collector, context['externalIds'], person);
  const params = withoutNamedIds(commerce.params, collector); // before what was found is read
  const moment = momentOf(message, sentAt, receivedAt);
  const found = collector.found();
  const { consent, consentManagement } = context;
  return {
    site: around.context.site.name,
    intake: 'segment',
    type: message.type,
    name,
    messageId: messageIdOf(message.fields),
    occurredAt: moment.occurredAt,
    clock: moment.clock,
    receivedAt,
    params,
    items: commerce.items,
    page,
    campaign: readCampaign(object(context['campaign']), address),
    device: deviceOf(message, agent),
    ip,
    ids: found.ids,
    otherIds: found.otherIds,
    person: withSurface(person, ip, agent),
    traits: content.traits,
    integrations: integrationsOf(message.integrations),
    wire: null,
    consent: consentInput({ consent, consentManagement, query }, around),
    label: readLabel(consent),
  };
}
