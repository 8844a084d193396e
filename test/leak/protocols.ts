// Planted events as a site would send them: the native API, gtag hits and the Measurement Protocol.

import type { Drafted, Home, Protocol, Sender, Sent } from './planting.ts';
import { draftEvent, TRAITS } from './planting.ts';
import { SEGMENT_NAMES } from './places.ts';
import type { Draft } from './places.ts';
import type { SiteModel } from './routing.ts';
import { SERVER_KEY } from './routing.ts';

function addressOf({ page }: Draft): string {
  const query = page.query
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&');
  return `https://${page.userinfo}${page.host}${page.path}${query === '' ? '' : `?${query}`}${page.fragment === '' ? '' : `#${page.fragment}`}`;
}

const present = (record: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null && value !== undefined));

const CALLS: Readonly<Record<string, string>> = {
  page_view: 'page',
  identify: 'identify',
  join_group: 'group',
};

function segmentMessage({ draft, home, event }: Drafted, { consent, draw }: Sender): Record<string, unknown> {
  const isPage = draft.name === 'page_view';
  const { value } = home;
  const traits = Object.fromEntries(Object.entries(TRAITS).map(([kind, name]) => [name, value(kind)]));
  const properties = {
    ...draft.params,
    products: [draft.item],
    ...(event.home.has('site.order_id') ? { order_id: value('site.order_id') } : {}),
  };
  const page = {
    url: addressOf(draft),
    path: draft.page.path,
    title: draft.page.title,
    referrer: draft.page.referrer,
  };
  const type = CALLS[draft.name] ?? 'track';
  const rudder = draw.chance(0.3);
  const at = new Date(event.model.occurredAt).toISOString();
  return present({
    type,
    event: type === 'track' ? (SEGMENT_NAMES[draft.name] ?? draft.name) : undefined,
    ...(type === 'identify' || type === 'group' ? { traits: { ...present(traits), ...draft.traits } } : {}),
    ...(type === 'group' ? { groupId: value('site.group_id') } : {}),
    messageId: value('site.message_id'),
    anonymousId: value('site.anonymous_id'),
    userId: value('site.user_id'),
    ...(rudder
      ? { channel: 'web', originalTimestamp: at, sentAt: new Date(event.model.receivedAt).toISOString() }
      : { timestamp: at }),
    properties: isPage ? { ...properties, ...page } : properties,
    integrations: { All: true, ...draft.integrations },
    context: present({
      ...draft.context,
      ids: home.ids,
      page,
      campaign: draft.campaign,
      traits: { ...present(traits), ...draft.traits },
      ip: value('person.ip'),
      userAgent: value('person.user_agent'),
      groupId: value('site.group_id'),
      sessionId: value('site.session_id') === null ? null : Number(value('site.session_id')),
      device: value('site.device_id') === null ? null : { id: value('site.device_id') },
      consent: Object.keys(consent.consent).length === 0 ? null : consent.consent,
      consentManagement: consent.consentManagement,
    }),
  });
}

const ORIGINS = (site: SiteModel): Readonly<Record<string, string>> => ({ origin: site.origin });

function headersFor(sender: Sender, homes: readonly Home[], type: string): Record<string, string> {
  const { consent, site, fromServer } = sender;
  const first = homes[0];
  const ip = first?.value('person.ip') ?? null;
  const agent = first?.value('person.user_agent') ?? null;
  const cookies = [...new Set(homes.flatMap((home) => home.cookies)), ...consent.cookies];
  return {
    'content-type': type,
    ...(fromServer ? {} : ORIGINS(site)),
    ...(cookies.length === 0 ? {} : { cookie: cookies.join('; ') }),
    ...(ip === null ? {} : { 'x-forwarded-for': ip }),
    ...(agent === null ? {} : { 'user-agent': agent }),
    ...strayHeaders(sender),
    ...consent.headers,
  };
}

/** Headers that go no further, whatever they hold. */
function strayHeaders({ draw, canaries, site, fromServer }: Sender): Record<string, string> {
  if (!draw.chance(0.3)) return {};
  const stray = (): string => encodeURIComponent(draw.pick(canaries).value);
  return {
    ...(fromServer ? {} : { referer: `${site.origin}/account?mail=${stray()}` }),
    'accept-language': stray(),
    'x-visitor': stray(),
    via: stray(),
    from: stray(),
  };
}

const queryText = (pairs: Readonly<Record<string, string>>): string =>
  Object.entries(pairs)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&');

function sendSegment(sender: Sender, count: number): Sent {
  const { draw, consent, site, fromServer } = sender;
  const drafted = Array.from({ length: count }, () => draftEvent(sender));
  const messages = drafted.map((each) => segmentMessage(each, sender));
  const key = fromServer ? SERVER_KEY : site.writeKey;
  const single = count === 1 && draw.chance(0.6);
  const homes = drafted.map(({ home }) => home);
  const body = single ? { ...messages[0], writeKey: key } : { batch: messages, writeKey: key };
  const path = single
    ? `/v1/${String(messages[0]?.['type'])}`
    : draw.pick(['/v1/batch', '/v1/b', '/beacon/v1/batch']);
  const anonymousId = homes[0]?.value('site.anonymous_id') ?? '';
  const headers = {
    ...headersFor(sender, homes, draw.pick(['application/json', 'text/plain'])),
    ...(draw.chance(0.3) ? { anonymousid: Buffer.from(anonymousId).toString('base64') } : {}),
    authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}`,
  };
  return {
    request: { method: 'POST', path, query: queryText(consent.query), headers, body: JSON.stringify(body) },
    events: drafted.map(({ event }) => event),
  };
}

const gtagItem = (item: Readonly<Record<string, unknown>>): string =>
  [
    ['id', 'item_id'],
    ['nm', 'item_name'],
    ['br', 'item_brand'],
    ['ca', 'item_category'],
    ['va', 'item_variant'],
    ['cp', 'coupon'],
    ['pr', 'price'],
    ['qt', 'quantity'],
  ]
    .filter(([, field = '']) => item[field] !== undefined)
    .map(([key, field = '']) => `${key}${String(item[field]).replaceAll('~', '~~')}`)
    .join('~');

const scalarText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function gtagEvent({ draft, home, event }: Drafted): Record<string, string> {
  const { revenue, currency, ...params } = draft.params;
  const order = event.home.has('site.order_id') ? home.value('site.order_id') : null;
  const pairs: Record<string, unknown> = {
    en: draft.name,
    dl: addressOf(draft),
    dt: draft.page.title,
    dr: draft.page.referrer,
    cu: currency,
    'epn.value': revenue,
    pr1: gtagItem(draft.item),
    cn: draft.campaign['name'],
    ck: draft.campaign['term'],
    cc: draft.campaign['content'],
    ci: draft.campaign['id'],
    cs: draft.campaign['source'],
    'ep.transaction_id': order,
    'ep.user_data.email': home.value('person.email'),
    'ep.user_data.phone_number': home.value('person.phone'),
    ...Object.fromEntries(
      Object.entries(params).map(([name, value]) => [
        `${typeof value === 'number' ? 'epn' : 'ep'}.${name}`,
        scalarText(value),
      ]),
    ),
    ...Object.fromEntries(
      Object.entries(draft.traits).map(([name, value]) => [`up.${name}`, scalarText(value)]),
    ),
    ...draft.wire,
  };
  return Object.fromEntries(Object.entries(present(pairs)).map(([name, value]) => [name, String(value)]));
}

function sendGtag(sender: Sender, count: number): Sent {
  const { draw, consent } = sender;
  const drafted = Array.from({ length: count }, () => draftEvent(sender));
  const { home } = drafted[0] as Drafted; // count is at least one
  const visitor = present({
    v: '2',
    tid: 'G-TEST00001',
    cid: home.value('ga.client_id'),
    sid: home.value('ga.session_id'),
    uid: home.value('site.user_id'),
    ul: 'nl-nl',
    sr: '1920x1080',
    _s: '1',
    seg: '1',
  }) as Record<string, string>; // values of canaries and literals are strings
  const lines = drafted.map((each) => gtagEvent(each));
  const inQuery = count === 1 && draw.chance(0.6);
  return {
    request: {
      method: inQuery && draw.chance(0.5) ? 'GET' : 'POST',
      path: '/g/collect',
      query: queryText({ ...visitor, ...consent.query, ...(inQuery ? lines[0] : {}) }),
      headers: headersFor(
        sender,
        drafted.map((each) => each.home),
        'text/plain;charset=UTF-8',
      ),
      body: inQuery ? '' : lines.map(queryText).join('\r\n'),
    },
    events: drafted.map(({ event }) => event),
  };
}

function mpEvent({ draft, home, event }: Drafted): Record<string, unknown> {
  const { revenue, ...params } = draft.params;
  return {
    name: draft.name,
    params: present({
      ...params,
      value: revenue,
      items: [draft.item],
      page_location: addressOf(draft),
      page_title: draft.page.title,
      page_referrer: draft.page.referrer,
      session_id: home.value('ga.session_id'),
      transaction_id: event.home.has('site.order_id') ? home.value('site.order_id') : null,
    }),
    timestamp_micros: event.model.occurredAt * 1000,
  };
}

function sendMp(sender: Sender, count: number): Sent {
  const { consent, site, fromServer } = sender;
  const drafted = Array.from({ length: count }, () => draftEvent(sender));
  const { home, draft } = drafted[0] as Drafted; // count is at least one
  const body = present({
    client_id: home.value('ga.client_id'),
    user_id: home.value('site.user_id'),
    ip_override: home.value('person.ip'),
    user_agent: home.value('person.user_agent'),
    user_properties: Object.fromEntries(
      Object.entries(draft.traits).map(([name, value]) => [name, { value }]),
    ),
    events: drafted.map((each) => mpEvent(each)),
  });
  return {
    request: {
      method: 'POST',
      path: '/mp/collect',
      query: queryText({
        measurement_id: 'G-TEST00001',
        api_secret: fromServer ? SERVER_KEY : site.writeKey,
        ...consent.query,
      }),
      headers: headersFor(
        sender,
        drafted.map((each) => each.home),
        'application/json',
      ),
      body: JSON.stringify(body),
    },
    events: drafted.map(({ event }) => event),
  };
}

const SEND: Readonly<Record<Protocol, (sender: Sender, count: number) => Sent>> = {
  segment: sendSegment,
  gtag: sendGtag,
  mp: sendMp,
};

/** One request of this visitor with one or more events. */
export const plantedRequest = (sender: Sender, count: number): Sent => SEND[sender.protocol](sender, count);
