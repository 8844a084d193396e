// One event of a gtag hit becomes an event in our own words. Only the parameters named here are read; Google adds others
// monthly, and what is unknown is not passed on.

import type { ReceivedEvent } from '../../core/event.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { readAgent, readCategory, readLanguage, readScreen, visitorIp } from '../device.ts';
import { readGoogleParams } from '../googleParams.ts';
import type { GoogleParams } from '../googleParams.ts';
import { IdCollector, offerCookieIds, offerUrlIds } from '../ids.ts';
import { wireName } from '../names.ts';
import { readAddress, readCampaign, readPage } from '../page.ts';
import type { Address } from '../page.ts';
import { splitPerson, takeUserDataField, withSurface } from '../person.ts';
import type { Person } from '../person.ts';
import { consentPairs } from '../query.ts';
import type { Pairs } from '../query.ts';
import { isTrap } from '../read.ts';
import { remembered } from '../remembered.ts';
import { consentInput } from '../surroundings.ts';
import type { Surroundings } from '../surroundings.ts';
import { readGtagItems } from './item.ts';

const FLAG = /^[01]$/;
const COUNT = /^\d{1,5}$/;

/**
 * Technical fields that go back to Google as they came. None identifies a visitor, a page load or a browser; the container hash
 * (`gtm`), page-load id (`_p`) and hints for tagging servers (`sst.*`, `richsstsse`) stay here.
 */
export const GTAG_WIRE: Readonly<Record<string, RegExp>> = {
  v: /^2$/,
  _s: COUNT,
  sct: COUNT,
  seg: FLAG,
  _ss: /^[12]$/,
  _fv: /^[12]$/,
  _nsi: FLAG,
  _et: /^\d{1,9}$/,
  _ee: FLAG,
  _c: FLAG,
  frm: /^[0-3]$/,
  ir: FLAG,
};

/** Ids of Google that have no place of their own with us, and must not leave by another. */
const ASIDE = ['_fid', 'ecid', '_ecid', '_gsid', '_rnd', 'sst.rnd'] as const;

function offerIds(collector: IdCollector, pairs: Pairs): void {
  collector.offer('ga.client_id', pairs.get('cid'), 'protocol');
  collector.offer('ga.session_id', pairs.get('sid'), 'protocol');
  collector.offer('site.user_id', pairs.get('uid'), 'protocol');
  collector.offer('ga.fpid', pairs.get('_fplc') === '0' ? null : pairs.get('_fplc'), 'protocol');
  for (const name of ASIDE) collector.setAside('ga.fpid', pairs.get(name), 'protocol');
}

const number = (value: string): Json => {
  const read = Number(value);
  return value.trim() !== '' && Number.isFinite(read) ? read : value;
};

interface Named {
  readonly params: JsonObject;
  readonly userProperties: JsonObject;
}

const PREFIX = /^(ep|epn|up|upn)\.(.{1,100})$/;
const USER_DATA = 'user_data.';

interface Prefixed {
  readonly of: 'event' | 'user';
  readonly name: string;
  readonly numeric: boolean;
}

/** What a key with a prefix says; null for all others. Remembered: the keys of a hit are those of the last one. */
const prefixed = remembered((key): Prefixed | null => {
  const [, prefix, name] = PREFIX.exec(key) ?? [];
  if (prefix === undefined || name === undefined || isTrap(name)) return null;
  return { of: prefix.startsWith('ep') ? 'event' : 'user', name, numeric: prefix.endsWith('n') };
});

/** Parameters that have a short name: ours and that. */
const SHORT: readonly (readonly [string, string])[] = [
  ['currency', 'cu'],
  ['promotion_id', 'pi'],
  ['promotion_name', 'pn'],
];

/** `ep.x`, `epn.x`, `up.x`, `upn.x`, and the parameters that have a short name. */
function readNamed(pairs: Pairs, person: Person): Named {
  const params: Record<string, Json> = {};
  const userProperties: Record<string, Json> = {};
  for (const [key, value] of pairs) {
    if (!key.startsWith('ep') && !key.startsWith('up')) continue; // most: cheaper than remembering that
    const said = prefixed(key);
    if (said === null) continue;
    const { of, name, numeric } = said;
    if (name.startsWith(USER_DATA)) {
      if (of === 'event' && !numeric) takeUserDataField(person, name.slice(name.lastIndexOf('.') + 1), value);
      continue;
    }
    const target = of === 'event' ? params : userProperties;
    target[name] = numeric ? number(value) : value;
  }
  for (const [name, key] of SHORT) {
    const value = pairs.get(key);
    if (value !== undefined && value !== '') params[name] ??= value;
  }
  const engaged = pairs.get('_et');
  if (engaged !== undefined && GTAG_WIRE['_et']?.test(engaged))
    params['engagement_time_msec'] ??= Number(engaged);
  return { params, userProperties };
}

const TYPES: Readonly<Record<string, ReceivedEvent['type']>> = { page_view: 'page', screen_view: 'screen' };

/** Page and screen views are calls of their own kind, everything else is a track call. */
export const typeOfName = (name: string): ReceivedEvent['type'] =>
  (Object.hasOwn(TYPES, name) ? TYPES[name] : undefined) ?? 'track';

const WIRE_FORMS = Object.entries(GTAG_WIRE);

function wireOf(pairs: Pairs): ReceivedEvent['wire'] {
  const fields: Record<string, string> = {};
  for (const [name, form] of WIRE_FORMS) {
    const value = pairs.get(name);
    if (value !== undefined && form.test(value)) fields[name] = value;
  }
  return { protocol: 'gtag', fields };
}

/** `npa=1` is a no to personalised advertising; anything else it could say is silence. */
const consentOf = (pairs: Pairs): Json | undefined =>
  pairs.get('npa') === '1' ? { gcm: { ad_personalization: 'denied' } } : undefined;

function campaignOf(pairs: Pairs, address: Address): ReceivedEvent['campaign'] {
  const stated = {
    source: pairs.get('cs'),
    medium: pairs.get('cm'),
    name: pairs.get('cn'),
    term: pairs.get('ck'),
    content: pairs.get('cc'),
    id: pairs.get('ci'),
  };
  return readCampaign(stated, address);
}

function pageOf(pairs: Pairs, google: GoogleParams): ReceivedEvent['page'] {
  const host = pairs.get('dh');
  const composed = host === undefined || host === '' ? undefined : `https://${host}${pairs.get('dp') ?? '/'}`;
  return readPage({ url: pairs.get('dl'), title: pairs.get('dt'), referrer: pairs.get('dr') }, google.page, {
    url: composed,
  });
}

function deviceOf(pairs: Pairs, agent: string | null): ReceivedEvent['device'] {
  return {
    userAgent: agent,
    language: readLanguage(pairs.get('ul')),
    screen: readScreen(pairs.get('sr')),
    category: readCategory(null, pairs.get('uamb'), agent),
    country: null,
  };
}

interface Content {
  readonly google: GoogleParams;
  readonly person: Person;
  readonly traits: JsonObject;
  readonly place: ReceivedEvent['page'];
  readonly address: Address;
}

/** Ids in the order of their precedence, then everything that is not an id. */
function contentOf(pairs: Pairs, collector: IdCollector, { cookieIds }: Surroundings): Content {
  const person: Person = {};
  offerIds(collector, pairs);
  const { params, userProperties } = readNamed(pairs, person);
  const google = readGoogleParams(params, person, collector);
  const place = pageOf(pairs, google);
  offerCookieIds(collector, cookieIds);
  const address = readAddress(place.url);
  offerUrlIds(collector, address.parameters);
  return { google, person, traits: splitPerson(person, userProperties, 'traits'), place, address };
}

export function gtagEvent(pairs: Pairs, around: Surroundings): ReceivedEvent {
  const { request, context } = around;
  const name = wireName(pairs.get('en') ?? '');
  const collector = new IdCollector();
  const content = contentOf(pairs, collector, around);
  const ip = visitorIp(pairs.get('_uip') ?? content.google.ip, request.ip);
  const agent = readAgent(request.headers['user-agent']);
  const found = collector.found();
  return {
    site: context.site.name,
    intake: 'gtag',
    type: typeOfName(name),
    name,
    messageId: null,
    occurredAt: request.receivedAt, // a hit names no time of its own
    clock: 'received',
    receivedAt: request.receivedAt,
    params: content.google.params,
    items: readGtagItems(pairs),
    page: content.place,
    campaign: campaignOf(pairs, content.address),
    device: deviceOf(pairs, agent),
    ip,
    ids: found.ids,
    otherIds: found.otherIds,
    person: withSurface(content.person, ip, agent),
    traits: content.traits,
    integrations: {},
    wire: wireOf(pairs),
    consent: consentInput({ consent: consentOf(pairs), query: consentPairs(pairs) }, around),
    label: content.google.label,
  };
}
