// The one table of identifiers: which systems know a visitor, by what kind of id, where that id is found, what it looks
// like and what may be done to it. Intake reads by it, detection recognises by it, identity treats by it.
// Sources: shared reference pages of each vendor; forms marked "unconfirmed" there are left loose here.

import type { IdTreatment } from './treatment.ts';

export const SYSTEMS = [
  'ga',
  'google_ads',
  'hubspot',
  'clarity',
  'meta',
  'x',
  'linkedin',
  'tiktok',
  'pinterest',
  'microsoft_ads',
  'woopra',
  'matomo',
  'hotjar',
  'contentsquare',
  'salesforce',
  'snowplow',
  'site',
] as const;
export type System = (typeof SYSTEMS)[number];

/** What an id stands for. A `visitor` id can be stood in for by the site's own; a `click` id only its issuer can match. */
export type IdRole = 'visitor' | 'session' | 'user' | 'contact' | 'click' | 'event' | 'order' | 'group';

/** How a pseudonym is written so that the vendor takes it for an id of its own. `null`: only its issuer can match it. */
export type PseudonymFormat =
  | 'ga_client_id' // <31-bit number>.<seconds>
  | 'epoch_seconds' // a number of ten digits
  | 'base36' // up to seven characters, Clarity's user, session and tab ids
  | 'hex16'
  | 'hex32'
  | 'alnum12'
  | 'uuid';

export interface CookieForm {
  /** Matches the cookie's name. */
  readonly name: RegExp;
  /** Matches the decoded value; group 1 is the id. */
  readonly value: RegExp;
}

export interface IdentifierKind {
  readonly system: System;
  readonly kind: string;
  readonly role: IdRole;
  readonly cookies: readonly CookieForm[];
  /** Query parameter names that carry it in page addresses; compared case-insensitively. */
  readonly url: readonly string[];
  /** Full form of a value, anchored. Values that do not match are not taken as this id. */
  readonly form: RegExp;
  /** True if `form` is so particular that a match inside free text is this id and nothing else. */
  readonly telling: boolean;
  /** Treatments that make sense; the first is the default. */
  readonly treatments: readonly [IdTreatment, ...IdTreatment[]];
  readonly pseudonym: PseudonymFormat | null;
}

const cookie = (name: RegExp, value: RegExp): CookieForm => ({ name, value });
const PSEUDONYM = ['pseudonymise', 'keep', 'strip'] as const;
const ISSUER_ONLY = ['strip', 'keep'] as const;
const NONE: readonly CookieForm[] = [];
const OPAQUE = /^[\x21-\x7e]{1,512}$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

type Row = Omit<IdentifierKind, 'system' | 'kind' | 'cookies' | 'url' | 'telling' | 'pseudonym'> &
  Partial<Pick<IdentifierKind, 'cookies' | 'url' | 'telling' | 'pseudonym'>>;

const table = (rows: Record<`${System}.${string}`, Row>): readonly IdentifierKind[] =>
  Object.entries(rows).map(([name, row]) => {
    const dot = name.indexOf('.');
    return {
      cookies: NONE,
      url: [],
      telling: false,
      pseudonym: null,
      ...row,
      system: name.slice(0, dot) as System, // keys are typed `${System}.…` above
      kind: name.slice(dot + 1),
    };
  });

export const IDENTIFIERS: readonly IdentifierKind[] = table({
  'ga.client_id': {
    role: 'visitor',
    cookies: [cookie(/^_ga$/, /^GA1\.\d+(?:-\d+)?\.(\d+\.\d+)$/)],
    form: /^[\x21-\x7e]{1,64}$/,
    treatments: PSEUDONYM,
    pseudonym: 'ga_client_id',
  },
  'ga.session_id': {
    role: 'session',
    cookies: [
      cookie(/^_ga_[A-Z0-9]+$/, /^GS1\.\d+\.(\d{9,13})\./),
      cookie(/^_ga_[A-Z0-9]+$/, /^GS2\.\d+\.(?:[^$]*\$)*?s(\d{9,13})(?:\$|$)/),
    ],
    form: /^\d{1,13}$/,
    treatments: PSEUDONYM,
    pseudonym: 'epoch_seconds',
  },
  'ga.linker': { role: 'visitor', url: ['_gl', '_ga'], form: OPAQUE, treatments: ['strip'] },
  'ga.fpid': {
    role: 'visitor',
    cookies: [cookie(/^FP(?:ID|LC|GSID|AU)$/, /^(.{1,512})$/)],
    form: OPAQUE,
    treatments: ['strip'],
  },
  'google_ads.gclid': {
    role: 'click',
    cookies: [cookie(/^_gcl_aw$/, /^GCL\.\d+\.([\w-]{10,})$/), cookie(/^_gcl_aw$/, /^2\.1\.k([\w-]{10,})\$/)],
    url: ['gclid'],
    form: /^[\w-]{10,512}$/,
    treatments: ISSUER_ONLY,
  },
  'google_ads.gbraid': { role: 'click', url: ['gbraid'], form: OPAQUE, treatments: ISSUER_ONLY },
  'google_ads.wbraid': { role: 'click', url: ['wbraid'], form: OPAQUE, treatments: ISSUER_ONLY },
  'google_ads.dclid': {
    role: 'click',
    url: ['dclid', 'gclsrc', 'gad_source', 'gad_campaignid', 'srsltid'],
    form: OPAQUE,
    treatments: ISSUER_ONLY,
  },
  'google_ads.gcl_au': {
    role: 'visitor',
    cookies: [cookie(/^_gcl_au$/, /^1\.1\.(\d+\.\d+)/)],
    form: OPAQUE,
    treatments: ISSUER_ONLY,
  },
  'hubspot.utk': {
    role: 'visitor',
    cookies: [cookie(/^hubspotutk$/, /^([0-9a-f]{32})$/), cookie(/^__hstc$/, /^\d+\.([0-9a-f]{32})\./)],
    url: ['hutk', '__hstc'],
    form: /^[0-9a-f]{32}$/,
    treatments: ISSUER_ONLY,
  },
  'hubspot.session': {
    role: 'session',
    cookies: [cookie(/^__hssc$/, /^(\d+\.\d+\.\d+)$/)],
    url: ['__hssc'],
    form: OPAQUE,
    treatments: ['strip'],
  },
  'hubspot.contact_id': { role: 'contact', url: ['vid'], form: /^\d{1,20}$/, treatments: ISSUER_ONLY },
  'hubspot.mail_click': {
    role: 'click',
    url: ['_hsenc', '_hsmi', 'hsctatracking'],
    form: OPAQUE,
    treatments: ['strip'],
  },
  'clarity.user_id': {
    role: 'visitor',
    cookies: [cookie(/^_clck$/, /^([0-9a-z]{1,32})[|^]/)],
    form: /^[0-9a-z]{1,32}$/,
    treatments: PSEUDONYM,
    pseudonym: 'base36',
  },
  'clarity.session_id': {
    role: 'session',
    cookies: [cookie(/^_clsk$/, /^([0-9a-z]{1,32})[|^]/)],
    form: /^[0-9a-z]{1,32}$/,
    treatments: PSEUDONYM,
    pseudonym: 'base36',
  },
  'clarity.tab_id': {
    role: 'session',
    form: /^[0-9a-z]{1,32}$/,
    treatments: PSEUDONYM,
    pseudonym: 'base36',
  },
  'meta.fbp': {
    role: 'visitor',
    cookies: [cookie(/^_fbp$/, /^(fb\.\d\.\d{10,13}\..{1,200})$/)],
    url: ['fbp'],
    form: /^fb\.\d\.\d{10,13}\.[\w.-]{1,200}$/,
    telling: true,
    treatments: ISSUER_ONLY,
  },
  'meta.fbc': {
    role: 'click',
    cookies: [cookie(/^_fbc$/, /^(fb\.\d\.\d{10,13}\..{1,500})$/)],
    url: ['fbc'],
    form: /^fb\.\d\.\d{10,13}\.[\w.-]{1,500}$/,
    telling: true,
    treatments: ISSUER_ONLY,
  },
  'meta.fbclid': { role: 'click', url: ['fbclid'], form: OPAQUE, treatments: ISSUER_ONLY },
  'meta.event_id': { role: 'event', url: [], form: OPAQUE, treatments: ISSUER_ONLY },
  'meta.external_id': { role: 'user', url: [], form: OPAQUE, treatments: ISSUER_ONLY },
  'x.twclid': {
    role: 'click',
    cookies: [
      cookie(/^_?twclid$/, /^([0-9a-z-]{10,64})$/),
      cookie(/^_twclid$/, /"twclid"\s*:\s*"([0-9a-z-]{10,64})"/),
    ],
    url: ['twclid'],
    form: /^[0-9a-z-]{10,64}$/,
    treatments: ISSUER_ONLY,
  },
  'x.conversion_id': { role: 'event', form: OPAQUE, treatments: ISSUER_ONLY },
  'x.twpid': {
    role: 'visitor',
    cookies: [cookie(/^_?twpid$/, /^(tw\.\d+\..{1,64})$/)],
    form: OPAQUE,
    treatments: ['strip'],
  },
  'linkedin.li_fat_id': {
    role: 'click',
    cookies: [cookie(/^li_fat_id$/, /^([0-9a-f-]{36})$/i)],
    url: ['li_fat_id'],
    form: UUID,
    treatments: ISSUER_ONLY,
  },
  'linkedin.event_id': { role: 'event', form: OPAQUE, treatments: ISSUER_ONLY },
  'tiktok.ttclid': {
    role: 'click',
    cookies: [cookie(/^ttclid$/, /^(.{10,512})$/)],
    url: ['ttclid'],
    form: OPAQUE,
    treatments: ISSUER_ONLY,
  },
  'tiktok.ttp': {
    role: 'visitor',
    cookies: [cookie(/^_ttp$/, /^([\w.-]{20,64})$/)],
    form: OPAQUE,
    treatments: ISSUER_ONLY,
  },
  'tiktok.session': {
    role: 'session',
    cookies: [cookie(/^ttcsid(?:_.+)?$/, /^(.{1,200})$/)],
    form: OPAQUE,
    treatments: ['strip'],
  },
  'tiktok.event_id': { role: 'event', form: OPAQUE, treatments: ISSUER_ONLY },
  'pinterest.epik': {
    role: 'click',
    cookies: [cookie(/^_(?:derived_)?epik$/, /^(.{10,512})$/)],
    url: ['epik'],
    form: OPAQUE,
    treatments: ISSUER_ONLY,
  },
  'pinterest.unauth': {
    role: 'visitor',
    cookies: [cookie(/^_pin_unauth$/, /^(.{8,512})$/)],
    form: OPAQUE,
    treatments: ['strip'],
  },
  'pinterest.event_id': { role: 'event', form: OPAQUE, treatments: ISSUER_ONLY },
  'microsoft_ads.msclkid': {
    role: 'click',
    cookies: [
      cookie(/^_uetmsclkid$/, /^_?(?:uet)?([0-9a-f-]{32,36})$/i),
      cookie(/^msclkid$/, /^([0-9a-f-]{32,36})$/i),
    ],
    url: ['msclkid'],
    form: /^[0-9a-f-]{32,40}$/i,
    treatments: ISSUER_ONLY,
  },
  'microsoft_ads.uetvid': {
    role: 'visitor',
    cookies: [cookie(/^_uetvid$/, /^([0-9a-f]{32})/i)],
    url: ['_uetvid'],
    form: /^[0-9a-f]{32}$/i,
    treatments: ISSUER_ONLY,
  },
  'microsoft_ads.uetsid': {
    role: 'session',
    cookies: [cookie(/^_uetsid$/, /^([0-9a-f]{32})/i)],
    url: ['_uetsid'],
    form: /^[0-9a-f]{32}$/i,
    treatments: ISSUER_ONLY,
  },
  'woopra.cookie': {
    role: 'visitor',
    cookies: [cookie(/^wooTracker$/, /^([0-9A-Za-z]{12})$/)],
    url: ['__woopraid'],
    form: /^[0-9A-Za-z]{12}$/,
    treatments: PSEUDONYM,
    pseudonym: 'alnum12',
  },
  'matomo.visitor_id': {
    role: 'visitor',
    cookies: [cookie(/^_pk_id\./, /^([0-9a-f]{16})\./)],
    url: ['pk_vid'],
    form: /^[0-9a-f]{16}$/,
    treatments: PSEUDONYM,
    pseudonym: 'hex16',
  },
  'hotjar.user': {
    role: 'visitor',
    cookies: [cookie(/^_hjSessionUser_\d+$/, /^(.{8,512})$/)],
    form: OPAQUE,
    treatments: ['strip'],
  },
  'hotjar.session': {
    role: 'session',
    cookies: [cookie(/^_hjSession_\d+$/, /^(.{8,512})$/)],
    form: OPAQUE,
    treatments: ['strip'],
  },
  'contentsquare.user': {
    role: 'visitor',
    cookies: [cookie(/^_cs_id$/, /^([0-9a-f-]{36})/i)],
    form: OPAQUE,
    treatments: ['strip'],
  },
  'contentsquare.session': {
    role: 'session',
    cookies: [cookie(/^_cs_s$/, /^(.{3,200})$/)],
    form: OPAQUE,
    treatments: ['strip'],
  },
  'salesforce.anonymous_id': {
    role: 'visitor',
    cookies: [cookie(/^_sfid_[0-9a-f]{4}$/, /"anonymousId"\s*:\s*"([0-9a-f]{16})"/)],
    form: OPAQUE,
    treatments: ISSUER_ONLY,
  },
  'salesforce.evergage': {
    role: 'visitor',
    cookies: [cookie(/^_evga_[0-9a-f]{4}$/, /"uuid"\s*:\s*"([^"]{8,64})"/)],
    form: OPAQUE,
    treatments: ['strip'],
  },
  'snowplow.domain_user_id': {
    role: 'visitor',
    cookies: [cookie(/^_sp_id\./, /^([0-9a-f-]{16,36})\./i)],
    url: ['_sp'],
    form: /^[0-9a-f-]{16,36}$/i,
    treatments: PSEUDONYM,
    pseudonym: 'uuid',
  },
  'snowplow.session_id': {
    role: 'session',
    cookies: [cookie(/^_sp_id\./, /^(?:[^.]*\.){5}([0-9a-f-]{36})/i)],
    form: UUID,
    treatments: PSEUDONYM,
    pseudonym: 'uuid',
  },
  'snowplow.network_user_id': {
    role: 'visitor',
    cookies: [cookie(/^sp$/, /^([0-9a-f-]{36})$/i)],
    form: UUID,
    treatments: ['strip'],
  },
  'site.anonymous_id': {
    role: 'visitor',
    cookies: [cookie(/^ajs_anonymous_id$/, /^"?(.{1,256}?)"?$/)],
    url: ['ajs_aid'],
    form: OPAQUE,
    treatments: PSEUDONYM,
    pseudonym: 'uuid',
  },
  'site.session_id': { role: 'session', form: OPAQUE, treatments: PSEUDONYM, pseudonym: 'epoch_seconds' },
  'site.user_id': {
    role: 'user',
    cookies: [cookie(/^ajs_user_id$/, /^"?(.{1,256}?)"?$/)],
    url: ['ajs_uid'],
    form: /^.{1,512}$/s,
    treatments: ['strip', 'pseudonymise', 'keep'],
    pseudonym: 'uuid',
  },
  'site.previous_id': { role: 'user', form: /^.{1,512}$/s, treatments: ['strip'] },
  'site.group_id': {
    role: 'group',
    cookies: [cookie(/^ajs_group_id$/, /^"?(.{1,256}?)"?$/)],
    form: /^.{1,512}$/s,
    treatments: ['strip', 'pseudonymise'],
    pseudonym: 'uuid',
  },
  'site.order_id': { role: 'order', form: /^.{1,512}$/s, treatments: PSEUDONYM, pseudonym: 'alnum12' },
  'site.message_id': {
    role: 'event',
    form: /^.{1,512}$/s,
    treatments: ['pseudonymise', 'strip'],
    pseudonym: 'uuid',
  },
  'site.device_id': { role: 'visitor', form: OPAQUE, treatments: ['strip'] },
});

const BY_NAME = new Map(IDENTIFIERS.map((entry) => [`${entry.system}.${entry.kind}`, entry]));

/** Looks up `<system>.<kind>`; undefined for anything the table does not have. */
export const identifierKind = (name: string): IdentifierKind | undefined => BY_NAME.get(name);

/** Names of the table by system and kind: joining and hashing one anew costs more than finding it (measured: 80 against 20 ns). */
const NAMES = new Map<string, Map<string, string>>();
for (const { system, kind } of IDENTIFIERS) {
  const kinds = NAMES.get(system) ?? new Map<string, string>();
  NAMES.set(system, kinds.set(kind, `${system}.${kind}`));
}

/** `<system>.<kind>` of an entry or identifier. */
export const identifierName = (id: { readonly system: string; readonly kind: string }): string =>
  NAMES.get(id.system)?.get(id.kind) ?? `${id.system}.${id.kind}`;

const PATHS = new Map(IDENTIFIERS.map(identifierName).map((name) => [name, `ids.${name}`]));

/** Where remarks and the ledger tell of it: `ids.<system>.<kind>`. */
export const idPath = (name: string): string => PATHS.get(name) ?? `ids.${name}`;

const BY_PATH = new Map(IDENTIFIERS.map((entry) => [idPath(identifierName(entry)), entry]));
/** The entry that a path tells of; undefined where it tells of anything else. */
export const identifierAt = (path: string): IdentifierKind | undefined => BY_PATH.get(path);

const ONCE: ReadonlySet<string> = new Set(
  IDENTIFIERS.filter(({ role }) => role === 'order' || role === 'event').map(identifierName),
);
/** Is a value of this kind new with every event? All others a visitor brings along again and again. */
export const comesOnce = (name: string): boolean => ONCE.has(name);

const SYSTEM_NAMES: ReadonlySet<string> = new Set(SYSTEMS);
export const isSystem = (name: string): name is System => SYSTEM_NAMES.has(name);
