// Random routing files, and what they say in a form that the oracle can read: plain lists, made before the text and not from
// the gateway's own reading of it.

import type { Draw } from './random.ts';

export const WRITE_KEY = 'shop-web';
export const CLINIC_KEY = 'clinic-web';
export const SERVER_KEY = 'shop-server-key-of-its-own';
export const SECRET = 'made-up-vendor-secret';
export const ORIGIN = 'https://shop.example';
export const DAY = 86_400_000;

export const TYPES = ['ga4', 'hubspot', 'meta', 'x', 'http', 'log'] as const;
export type Type = (typeof TYPES)[number];

interface TypeFacts {
  readonly system: string;
  readonly audience: 'analytics' | 'advertising' | 'crm' | 'own';
  readonly demands: readonly string[];
  /** Kinds a route may ask to keep, as it writes them. */
  readonly keeps: readonly string[];
  readonly person: readonly string[];
  readonly takesLinks: boolean;
  readonly anonymous: boolean;
}

const PERSON = ['email', 'phone', 'first_name', 'last_name', 'street', 'postal_code', 'city'];

/** What design section 3 and the types' own documentation say. */
export const FACTS: Readonly<Record<Type, TypeFacts>> = {
  ga4: {
    system: 'ga',
    audience: 'analytics',
    demands: ['analytics'],
    keeps: ['client_id', 'session_id', 'site.order_id', 'site.user_id'],
    person: [...PERSON, 'ip', 'user_agent'],
    takesLinks: true,
    anonymous: false,
  },
  hubspot: {
    system: 'hubspot',
    audience: 'crm',
    demands: ['marketing'],
    keeps: ['utk', 'contact_id', 'site.order_id'],
    person: [...PERSON, 'company', 'ip'],
    takesLinks: true,
    anonymous: false,
  },
  meta: {
    system: 'meta',
    audience: 'advertising',
    demands: ['marketing'],
    keeps: ['fbp', 'fbc', 'fbclid', 'event_id', 'external_id', 'site.order_id'],
    person: ['email', 'phone', 'first_name', 'last_name', 'postal_code', 'city', 'ip', 'user_agent'],
    takesLinks: false,
    anonymous: false,
  },
  x: {
    system: 'x',
    audience: 'advertising',
    demands: ['marketing'],
    keeps: ['twclid', 'conversion_id'],
    person: ['email', 'phone', 'ip', 'user_agent'],
    takesLinks: false,
    anonymous: false,
  },
  http: {
    system: 'site',
    audience: 'own',
    demands: [],
    keeps: ['anonymous_id', 'session_id', 'user_id', 'order_id'],
    person: [...PERSON, 'company', 'ip', 'user_agent'],
    takesLinks: true,
    anonymous: true,
  },
  log: {
    system: 'site',
    audience: 'own',
    demands: [],
    keeps: ['anonymous_id', 'session_id', 'user_id', 'order_id'],
    person: [...PERSON, 'company', 'ip', 'user_agent'],
    takesLinks: true,
    anonymous: true,
  },
};

export interface DestinationModel {
  readonly name: string;
  readonly type: Type;
  readonly requires: readonly string[];
  /** Kinds to keep, in full: `<system>.<kind>`. */
  readonly keeps: readonly string[];
  readonly person: readonly string[];
  readonly links: readonly string[];
  readonly params: readonly string[];
  readonly query: readonly string[];
  readonly events: readonly string[] | null;
  readonly sites: readonly string[] | null;
  readonly tcf: number | null;
  readonly anonymous: boolean;
}

export interface DisclosureModel {
  readonly purposes: readonly string[];
  readonly data: readonly string[];
}

export interface NoticeModel {
  readonly id: string;
  readonly from: number;
  readonly discloses: Readonly<Record<string, DisclosureModel>>;
  readonly links: readonly { readonly from: string; readonly to: string }[];
}

export interface SiteModel {
  readonly name: string;
  readonly writeKey: string;
  readonly origin: string;
  readonly sources: readonly string[];
  readonly inline: boolean;
  readonly cookies: boolean;
  readonly children: boolean;
}

export interface RoutingModel {
  readonly sites: readonly SiteModel[];
  readonly notices: readonly NoticeModel[];
  readonly destinations: readonly DestinationModel[];
  readonly maxAgeDays: number;
  readonly graceMs: number;
  readonly undated: 'common' | 'refuse';
  /** Source → purpose → categories that must all be granted. */
  readonly mapping: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

export const EXPLICIT = [
  'profiling',
  'recording',
  'audience_matching',
  'automated_decisions',
  'email_marketing',
];
export const PURPOSES = ['analytics', 'marketing', 'personalisation', ...EXPLICIT];
export const SENSITIVE = '/health/**';
export const PARAMS = ['plan', 'note', 'quiz_answer'] as const;
export const QUERY = ['variant', 'ref_code'] as const;

const ORDINARY = ['analytics', 'marketing', 'personalisation'];

function mappingOf(explicit: boolean): RoutingModel['mapping'] {
  const own = { profiling: ['profiling'], audience_matching: ['matching'] };
  const rows = (names: readonly string[][]) =>
    Object.fromEntries(ORDINARY.map((purpose, index) => [purpose, names[index] ?? []]));
  return {
    segment: { ...rows([['analytics'], ['marketing'], ['personalisation']]), ...(explicit ? own : {}) },
    rudderstack: rows([['analytics'], ['marketing'], ['personalisation']]),
    cookieconsent: { ...rows([['analytics'], ['marketing'], ['personalisation']]), ...(explicit ? own : {}) },
    onetrust: rows([['C0002'], ['C0004'], ['C0003']]),
    cookiebot: rows([['statistics'], ['marketing'], ['preferences']]),
    klaro: rows([['analytics'], ['marketing'], ['personalisation']]),
    gcm: rows([['analytics_storage'], ['ad_storage', 'ad_user_data'], ['personalization_storage']]),
    tcf: rows([
      ['1', '8', '9'],
      ['1', '2', '7'],
      ['1', '5', '6'],
    ]),
  };
}

const full = (type: Type, kind: string): string =>
  kind.includes('.') ? kind : `${FACTS[type].system}.${kind}`;
/** How notices and routes write a kind of this type's. */
export const ownName = (type: Type, kind: string): string =>
  kind.startsWith(`${FACTS[type].system}.`) ? kind.slice(FACTS[type].system.length + 1) : kind;

function destination(draw: Draw, name: string, type: Type, kept: Set<string>): DestinationModel {
  const facts = FACTS[type];
  const keeps = draw
    .some(facts.keeps, 0.6)
    .map((kind) => full(type, kind))
    .filter((kind) => !kept.has(kind));
  for (const kind of keeps) kept.add(kind);
  const stated = facts.demands.length === 0 ? [draw.pick(['analytics', 'marketing'])] : [];
  const more = draw.chance(0.15)
    ? [draw.pick(['personalisation', 'profiling', 'analytics', 'marketing'])]
    : [];
  return {
    name,
    type,
    requires: [...new Set([...facts.demands, ...stated, ...more])],
    keeps,
    person: draw.some(facts.person, draw.pick([0, 0.4, 0.8])),
    links: facts.takesLinks
      ? draw.some(
          ['ga', 'hubspot', 'meta', 'x', 'site', 'clarity'].filter((each) => each !== facts.system),
          draw.pick([0, 0.5]),
        )
      : [],
    params: draw.some(PARAMS, 0.5),
    query: draw.some(QUERY, 0.4),
    events: type === 'x' || draw.chance(0.2) ? ['purchase', 'page_view', 'add_to_cart'] : null,
    sites: draw.chance(0.15) ? ['shop'] : null,
    tcf: draw.chance(0.6) ? draw.int(100, 800) : null,
    anonymous: facts.anonymous && draw.chance(0.4),
  };
}

function disclosure(draw: Draw, each: DestinationModel, generous: boolean): DisclosureModel {
  const share = generous ? 1 : 0.8;
  const short = !generous && draw.chance(0.3);
  const purposes = [
    ...new Set([
      ...each.requires,
      ...draw.some(PURPOSES, generous ? 0.8 : 0.4),
      ...(generous ? ['profiling', 'audience_matching'] : []),
    ]),
  ];
  const data = short ? [] : [...each.keeps.map((kind) => ownName(each.type, kind)), ...each.person];
  return { purposes: draw.some(purposes, generous ? 1 : 0.9), data: draw.some(data, share) };
}

function notices(draw: Draw, destinations: readonly DestinationModel[], now: number): readonly NoticeModel[] {
  const count = draw.int(1, 3);
  const generous = draw.chance(0.5);
  return Array.from({ length: count }, (_, index) => {
    const told = destinations.filter(() => generous || draw.chance(0.92));
    return {
      id: `n-${index + 1}`,
      from: Math.floor((now - (count - index) * 100 * DAY + draw.int(0, 20) * DAY) / DAY) * DAY,
      discloses: Object.fromEntries(told.map((each) => [each.name, disclosure(draw, each, generous)])),
      links: destinations
        .flatMap((each) =>
          each.links.map((from) => ({ from, to: draw.chance(0.5) ? each.name : FACTS[each.type].system })),
        )
        .filter(() => generous || draw.chance(0.7)),
    };
  });
}

const SOURCES = [
  'record',
  'tcf',
  'gcm',
  'segment',
  'rudderstack',
  'onetrust',
  'cookiebot',
  'cookieconsent',
  'klaro',
];

export function randomRouting(draw: Draw, now: number): RoutingModel {
  const kept = new Set<string>();
  const names: readonly (readonly [string, Type])[] = [
    ['ga4', 'ga4'],
    ['hubspot', 'hubspot'],
    ['meta', 'meta'],
    ['x', 'x'],
    ['webhook', 'http'],
    ['lake', 'http'],
    ['lines', 'log'],
  ];
  const destinations = names
    .filter(() => draw.chance(0.85))
    .map(([name, type]) => destination(draw, name, type, kept));
  const site = (name: string, writeKey: string, origin: string): SiteModel => ({
    name,
    writeKey,
    origin,
    sources: draw.chance(0.5) ? SOURCES : ['record', ...draw.some(SOURCES.slice(1), 0.5)],
    inline: draw.chance(0.25),
    cookies: draw.chance(0.7),
    children: false,
  });
  return {
    sites: [
      site('shop', WRITE_KEY, ORIGIN),
      { ...site('clinic', CLINIC_KEY, 'https://clinic.example'), children: draw.chance(0.5) },
    ],
    notices: notices(draw, destinations, now),
    destinations,
    maxAgeDays: draw.pick([60, 365]),
    graceMs: 30 * 60_000,
    undated: draw.chance(0.8) ? 'common' : 'refuse',
    mapping: mappingOf(draw.chance(0.4)),
  };
}

export interface Surroundings {
  readonly store: string;
  /** Address of each destination's stand-in. */
  readonly endpoints: Readonly<Record<string, string>>;
}

const quoted = (value: unknown): string => JSON.stringify(value);

function settingsOf(type: Type): readonly string[] {
  switch (type) {
    case 'ga4':
      return ['measurementId: G-TEST00001', `apiSecret: "\${VENDOR_SECRET}"`];
    case 'hubspot':
      return ["portalId: '1000001'", `accessToken: "\${VENDOR_SECRET}"`];
    case 'meta':
      return ["pixelId: '1000000000000001'", `accessToken: "\${VENDOR_SECRET}"`];
    case 'x':
      return [
        'pixelId: otria',
        `pixelToken: "\${VENDOR_SECRET}"`,
        'eventIds: { purchase: otri1, page_view: otri2, add_to_cart: otri3 }',
      ];
    case 'http':
      return ['url: https://hooks.shop.example/events', `secret: "\${VENDOR_SECRET}"`];
    case 'log':
      return [];
    default:
      return type satisfies never;
  }
}

function destinationText(each: DestinationModel, endpoint: string | undefined): string {
  const own = (kind: string): string => ownName(each.type, kind);
  const lines = [
    `type: ${each.type}`,
    ...settingsOf(each.type),
    `requires: ${quoted(each.requires)}`,
    `ids: ${quoted(Object.fromEntries(each.keeps.map((kind) => [own(kind), 'keep'])))}`,
    `person: ${quoted(each.person)}`,
    `links: ${quoted(each.links)}`,
    `params: ${quoted(each.params)}`,
    `query: ${quoted(each.query)}`,
    ...(each.events === null ? [] : [`events: ${quoted(each.events)}`]),
    ...(each.sites === null ? [] : [`sites: ${quoted(each.sites)}`]),
    ...(each.tcf === null ? [] : [`vendor: { tcf: ${each.tcf} }`]),
    ...(each.anonymous ? ['whenDenied: anonymous'] : []),
    ...(endpoint === undefined ? [] : [`endpoint: "${endpoint}"`]),
  ];
  return [`  ${each.name}:`, ...lines.map((line) => `    ${line}`)].join('\n');
}

function noticeText(notice: NoticeModel): string {
  const discloses = Object.fromEntries(
    Object.entries(notice.discloses).map(([name, { purposes, data }]) => [
      name,
      data.length === 0 ? purposes : { purposes, data },
    ]),
  );
  const links = notice.links.map((link) => ({ ...link, aim: 'to see visits', consequences: 'we see more' }));
  return `  - ${quoted({ id: notice.id, from: new Date(notice.from).toISOString(), discloses, links })}`;
}

const siteText = (site: SiteModel): string =>
  `  ${site.name}: ${quoted({
    writeKey: site.writeKey,
    ...(site.name === 'shop' ? { serverKeys: [`\${SHOP_SERVER_KEY}`], tags: ['G-TEST00001'] } : {}),
    origins: [site.origin],
    cookies: site.cookies,
    consent: site.sources,
    records: site.inline ? 'inline' : 'signed',
    sensitive: [SENSITIVE],
    children: site.children,
  })}`;

/** The routing file of a model, as an ops team would have written it. */
export function routingText(model: RoutingModel, { store, endpoints }: Surroundings): string {
  const purposes = Object.fromEntries(
    ['profiling', 'audience_matching'].map((purpose) => [
      purpose,
      Object.fromEntries(
        Object.entries(model.mapping).flatMap(([source, rows]) =>
          rows[purpose] === undefined ? [] : [[source, rows[purpose]]],
        ),
      ),
    ]),
  );
  return `
server: { listen: 127.0.0.1:0, admin: 127.0.0.1:0, allowPrivateEndpoints: true, trustedProxies: [127.0.0.0/8] }
store: ${quoted(store)}
secrets: [{ id: k1, value: "\${SLUIS_SECRET}" }]
controller: { name: Shop BV, contact: privacy@shop.example }
consent: ${quoted({ maxAge: `${model.maxAgeDays}d`, undated: model.undated, purposes })}
sites:
${model.sites.map(siteText).join('\n')}
notices:
${model.notices.map(noticeText).join('\n')}
destinations:
${model.destinations.map((each) => destinationText(each, endpoints[each.name])).join('\n')}
`;
}

/** Words of settings that any request may have. */
export const DESTINATION_WORDS: readonly string[] = [
  ...PURPOSES.flatMap((purpose) => purpose.split('_')),
  ...PARAMS,
  ...QUERY,
  'website',
  'segment',
  'measurementprotocol',
  'desktop',
  'mobile',
  'tablet',
  'example',
  'granted',
  'denied',
  'g-test00001',
  'test00001',
  'removed',
  'carried',
  'custom',
  'custom_event',
  'search',
  // what stands in the place of a find
  'linker',
  'client',
  'contact',
  'anonymous',
  'session',
  'address',
  'number',
  'premium',
  'clinic',
  'purchase',
  'product',
];
