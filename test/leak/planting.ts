// One visitor's browser, and its events with canaries where they belong and where they do not. What was planted where is kept, so
// that a find can be told in one line.

import type { Canary } from './canaries.ts';
import { eventCanaries, SELF_EVIDENT } from './canaries.ts';
import type { ConsentParts } from './consents.ts';
import { DIGESTS, PLAIN, WRAPPED } from './encodings.ts';
import type { Encoding } from './encodings.ts';
import type { EventModel } from './oracle.ts';
import { cleanDraft, PLACES } from './places.ts';
import type { Draft } from './places.ts';
import type { Draw } from './random.ts';
import type { SiteModel } from './routing.ts';

export type Protocol = 'segment' | 'gtag' | 'mp';

export interface Planted {
  readonly kind: string;
  readonly encoding: string;
  readonly place: string;
  readonly text: string;
}

export interface PlantedRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface PlantedEvent {
  readonly model: EventModel;
  readonly own: readonly Canary[];
  readonly planted: readonly Planted[];
  /** Kinds in places of their own, where the gateway is told what they are. */
  readonly home: ReadonlySet<string>;
  /** An amount that no other event has. */
  readonly amount: number;
  readonly messageId: string | null;
  /** Kinds that came under two systems with one value. */
  readonly shared: ReadonlySet<string>;
  /** What the page itself said: the common context. */
  readonly common: readonly string[];
}

/** Query parameters by which click ids come home. */
const CLICK_IDS: Readonly<Record<string, string>> = {
  'google_ads.gclid': 'gclid',
  'meta.fbclid': 'fbclid',
  'tiktok.ttclid': 'ttclid',
  'microsoft_ads.msclkid': 'msclkid',
  'pinterest.epik': 'epik',
  'linkedin.li_fat_id': 'li_fat_id',
};

/** Cookies by which ids come home where the site reads them. */
const COOKIES: Readonly<Record<string, (value: string) => string>> = {
  'ga.client_id': (value) => `_ga=GA1.1.${value}`,
  'ga.session_id': (value) => `_ga_TEST00001=GS1.1.${value}.1.1.${value}.0.0.0`,
  'hubspot.utk': (value) => `hubspotutk=${value}`,
  'meta.fbp': (value) => `_fbp=${value}`,
  'meta.fbc': (value) => `_fbc=${value}`,
  'clarity.user_id': (value) => `_clck=${value}%5E2%5Eg1p%5E0%5E2100`,
  'clarity.session_id': (value) => `_clsk=${value}%5E1763900001%5E1%5E1`,
  'tiktok.ttp': (value) => `_ttp=${value}`,
  'x.twclid': (value) => `_twclid=${value}`,
  'matomo.visitor_id': (value) => `_pk_id.1.1fff=${value}.1763900001.`,
  'snowplow.domain_user_id': (value) => `_sp_id.1fff=${value}.1763900001.1.1763900001..`,
  'woopra.cookie': (value) => `wooTracker=${value}`,
  'hotjar.user': (value) => `_hjSessionUser_1234=${value}`,
  'pinterest.epik': (value) => `_epik=${value}`,
};

export const TRAITS: Readonly<Record<string, string>> = {
  'person.email': 'email',
  'person.phone': 'phone',
  'person.first_name': 'firstName',
  'person.last_name': 'lastName',
  'person.street': 'street',
  'person.postal_code': 'postalCode',
  'person.city': 'city',
  'person.company': 'company',
};

export interface Sender {
  readonly draw: Draw;
  readonly protocol: Protocol;
  readonly site: SiteModel;
  readonly fromServer: boolean;
  readonly now: number;
  readonly canaries: readonly Canary[];
  readonly consent: ConsentParts;
  /** Nothing out of place: to see that what may arrive does. */
  readonly tidy: boolean;
  /** Kinds that the visitor's browser has. */
  readonly chosen: ReadonlySet<string>;
}

/** What a browser has of all that a visitor could be known by. */
export const chooseKinds = (draw: Draw, canaries: readonly Canary[]): ReadonlySet<string> =>
  new Set([
    ...draw.some(canaries, 0.6).flatMap(({ kind }) => (kind.startsWith('never.') ? [] : [kind])),
    'site.anonymous_id',
    'ga.client_id',
  ]);

export interface Sent {
  readonly request: PlantedRequest;
  readonly events: readonly PlantedEvent[];
}

export interface Home {
  readonly kinds: Set<string>;
  readonly ids: Record<string, string>;
  readonly cookies: string[];
  readonly value: (kind: string) => string | null;
}

/** Chooses which canaries the visitor's browser has, and where. */
function homeOf(sender: Sender, own: readonly Canary[]): Home {
  const { draw, canaries, site, protocol } = sender;
  const all = new Map([...canaries, ...own].map((each) => [each.kind, each.value]));
  const chosen = new Set([
    ...sender.chosen,
    ...draw.some(own, 0.8).map(({ kind }) => kind),
    'site.message_id',
  ]);
  const home: Home = {
    kinds: new Set(),
    ids: {},
    cookies: [],
    value: (kind) => (chosen.has(kind) ? (all.get(kind) ?? null) : null),
  };
  for (const kind of chosen) {
    const value = all.get(kind) ?? '';
    const cookie = COOKIES[kind];
    if (cookie !== undefined && draw.chance(protocol === 'segment' ? 0.4 : 1)) {
      home.cookies.push(cookie(value));
      if (site.cookies) home.kinds.add(kind);
    } else if (
      protocol === 'segment' &&
      /^(?!person|site\.(?:anon|user|group|device|message|session))/.test(kind)
    ) {
      home.ids[kind] = value;
      home.kinds.add(kind);
    }
  }
  return home;
}

/** Places that put everything in lower case or lose its signs: base64 put there is base64 no more. */
const LOSSY = /^(?:url host|event name)$/;
const NEEDS_CASE = /base64|linker/;
/** Anything else would have to be spelled anew to stand in a host. */
const HOST_SAFE = /^[\w .:;=,+<>/-]*$/;

const isDigits = (text: string): boolean => /^[1-9]\d{5,14}$/.test(text);

/** Ids of a form that nothing else has. */
const TELLING: ReadonlySet<string> = new Set(['meta.fbp', 'meta.fbc']);

function encodingFor(draw: Draw, canary: Canary): Encoding {
  if (SELF_EVIDENT.has(canary.kind))
    return draw.pick([...PLAIN.filter(({ name }) => !/upper|lower/.test(name)), ...WRAPPED]);
  const kind = draw.fraction();
  return draw.pick(kind < 0.35 ? PLAIN : kind < 0.75 ? WRAPPED : DIGESTS);
}

/** Values the event itself declares, and those that give themselves away, in places where they do not belong. */
function plant(draft: Draft, home: Home, sender: Sender, own: readonly Canary[]): readonly Planted[] {
  const { draw, canaries } = sender;
  const known = [...canaries, ...own].filter(
    ({ kind }) => home.kinds.has(kind) || SELF_EVIDENT.has(kind) || TELLING.has(kind),
  );
  const planted: Planted[] = [];
  for (let count = draw.pick([0, 1, 1, 2, 3, 5]); count > 0; count -= 1) {
    const canary = draw.pick(known);
    const [place, put, digitsOnly] = draw.pick(PLACES);
    const undeclared = TELLING.has(canary.kind) && !home.kinds.has(canary.kind);
    const encoding = undeclared ? (PLAIN[0] as Encoding) : encodingFor(draw, canary); // there is a first
    const text = digitsOnly === true ? canary.value : encoding.encode(canary.value);
    if (digitsOnly === true && !isDigits(text)) continue;
    if (LOSSY.test(place) && NEEDS_CASE.test(encoding.name)) continue;
    if (place === 'url host' && !HOST_SAFE.test(text)) continue;
    if (encoding.name === 'hex' && canary.value.length < 8) continue; // any number is hex of something
    if (place === 'item.item_id' && SELF_EVIDENT.has(canary.kind) && /^\d+$/.test(text)) continue; // one article number in eleven passes the test of a BSN
    put(draft, text);
    planted.push({
      kind: canary.kind,
      encoding: digitsOnly === true ? 'number' : encoding.name,
      place,
      text,
    });
  }
  return planted;
}

export interface Drafted {
  readonly draft: Draft;
  readonly home: Home;
  readonly event: PlantedEvent;
}

/** Calls that only the native API has. */
const callsFor = ({ value }: Home): readonly string[] =>
  value('site.group_id') === null ? ['identify'] : ['identify', 'join_group'];

export function draftEvent(sender: Sender): Drafted {
  const { draw, now, site, protocol } = sender;
  const own = eventCanaries(draw);
  const amount = draw.int(100_000, 99_999_999) / 100;
  const home = homeOf(sender, own);
  const draft = cleanDraft(draw, amount, site, protocol === 'segment' ? callsFor(home) : []);
  for (const [kind, name] of Object.entries(CLICK_IDS)) {
    const value = home.value(kind);
    if (value === null || !draw.chance(0.5)) continue;
    draft.page.query.push([name, value]);
    home.kinds.add(kind);
  }
  const { name } = draft;
  const common = [
    JSON.stringify([draft.name, draft.params, draft.item, draft.page, draft.campaign, draft.context]),
    'lorem ipsum thanks',
    'clicked',
  ];
  for (const kind of homeKinds(protocol, name)) if (home.value(kind) !== null) home.kinds.add(kind);
  const planted = sender.tidy ? [] : plant(draft, home, sender, own);
  const renamed = draft.name !== name;
  const occurredAt =
    protocol === 'gtag' ? now : now - draw.pick([0, 1000, 60_000, 2 * 3_600_000, 86_400_000, 4 * 86_400_000]);
  return {
    draft,
    home,
    event: {
      model: {
        name: renamed ? '(made up)' : name,
        occurredAt,
        receivedAt: now,
        sensitive: draft.page.path.startsWith('/health/'),
      },
      own,
      planted,
      home: home.kinds,
      amount,
      messageId: protocol === 'segment' ? (home.value('site.message_id') ?? null) : null,
      shared: new Set(sender.canaries.filter(({ shared }) => shared).map(({ kind }) => kind)),
      common,
    },
  };
}

/** Kinds that have a place of their own in the protocol itself. */
function homeKinds(protocol: Protocol, name: string): readonly string[] {
  const order = name === 'purchase' ? ['site.order_id'] : [];
  if (protocol === 'segment')
    return [
      'site.anonymous_id',
      'site.user_id',
      'site.group_id',
      'site.device_id',
      'site.message_id',
      'site.session_id',
      ...Object.keys(TRAITS),
      'person.ip',
      'person.user_agent',
      ...order,
    ];
  if (protocol === 'gtag')
    return [
      'ga.client_id',
      'ga.session_id',
      'site.user_id',
      'person.user_agent',
      'person.ip',
      'person.email',
      'person.phone',
      ...order,
    ];
  return ['ga.client_id', 'ga.session_id', 'site.user_id', 'person.ip', 'person.user_agent', ...order];
}
