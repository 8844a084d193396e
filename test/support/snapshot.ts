// Small builders for configuration snapshots, so that a test says only what it is about.

import type {
  Destination,
  Disclosure,
  Notice,
  PurposeMapping,
  Site,
  Snapshot,
  Tag,
} from '../../src/core/config.ts';
import { BUILT_IN_PURPOSES, GPC_PURPOSES } from '../../src/core/consent.ts';
import { Secret } from '../../src/core/secret.ts';

export const DAY = 86_400_000;
/** A fixed instant for tests: 2026-11-20T12:00:00Z. */
export const NOW = Date.parse('2026-11-20T12:00:00Z');

export const site = (over: Partial<Site> = {}): Site => ({
  name: 'shop',
  writeKey: 'shop-web',
  serverKeys: [new Secret('shop-server-key')],
  origins: ['https://shop.example'],
  tags: ['G-ABC123'],
  cookies: true,
  consent: ['record', 'tcf', 'gpp'],
  records: 'signed',
  sensitive: [],
  children: false,
  csp: false,
  ...over,
});

export const destination = (over: Partial<Destination> = {}): Destination => ({
  name: 'ga4',
  type: 'ga4',
  enabled: true,
  requires: ['analytics'],
  audience: 'analytics',
  system: 'ga',
  sites: null,
  events: null,
  params: [],
  query: [],
  ids: {},
  person: [],
  links: [],
  vendor: {},
  whenDenied: 'block',
  onUncertain: 'settle',
  decides: false,
  transfer: null,
  endpoint: null,
  timeoutMs: 10_000,
  concurrency: 4,
  rate: 0,
  retryForMs: 3 * DAY,
  deadLettersKeepMs: 30 * DAY,
  settings: {},
  ...over,
});

export const tag = (over: Partial<Tag> = {}): Tag => ({
  name: 'hotjar',
  type: 'hotjar',
  enabled: true,
  requires: ['recording'],
  audience: 'recording',
  system: 'hotjar',
  sites: null,
  events: null,
  person: [],
  links: [],
  vendor: {},
  whenDenied: 'block',
  transfer: null,
  src: 'https://static.hotjar.com/c/hotjar-1234567.js?sv=6',
  ...over,
});

export const disclosure = (over: Partial<Disclosure> = {}): Disclosure => ({
  purposes: ['analytics'],
  data: [],
  country: null,
  retention: null,
  ...over,
});

export const notice = (over: Partial<Notice> = {}): Notice => ({
  id: '2026-05',
  from: Date.parse('2026-05-01T00:00:00+02:00'),
  seenAs: {},
  discloses: { ga4: disclosure() },
  links: [],
  ...over,
});

export const mapping = (over: Partial<PurposeMapping> = {}): PurposeMapping => ({
  sources: {
    tcf: { analytics: ['1', '8', '9'], marketing: ['1', '2', '7'], personalisation: ['1', '5', '6'] },
    gcm: {
      analytics: ['analytics_storage'],
      marketing: ['ad_storage', 'ad_user_data'],
      personalisation: ['personalization_storage'],
    },
    segment: { analytics: ['analytics'], marketing: ['marketing'] },
    rudderstack: { analytics: ['analytics'], marketing: ['marketing'] },
    onetrust: { analytics: ['C0002'], marketing: ['C0004'], personalisation: ['C0003'] },
    cookiebot: { analytics: ['statistics'], marketing: ['marketing'], personalisation: ['preferences'] },
    cookieconsent: { analytics: ['analytics'], marketing: ['marketing'], recording: ['session_replay'] },
    klaro: { analytics: ['analytics'], marketing: ['marketing'] },
  },
  sole: new Set(['cookieconsent:session_replay']),
  digest: 'mapping-1',
  vendors: {},
  cookieNames: {},
  ...over,
});

export const snapshot = (over: Partial<Snapshot> = {}): Snapshot => ({
  digest: '0123456789abcdef',
  server: {
    listen: { host: '127.0.0.1', port: 0 },
    admin: { host: '127.0.0.1', port: 0 },
    adminTokens: [],
    trustedProxies: [],
    allowPrivateEndpoints: true,
    workers: 0,
    limits: {
      bodyBytes: 4 * 1024 * 1024,
      eventBytes: 64 * 1024,
      batchEvents: 2500,
      depth: 32,
      keys: 10_000,
      stringChars: 32_768,
      headerBytes: 16_384,
      requestTimeoutMs: 10_000,
      connections: 10_000,
      ratePerSecond: 0,
      rateBurst: 0,
    },
  },
  store: 'memory:',
  secrets: [{ id: 'k1', value: new Secret('a test secret of at least thirty-two characters') }],
  pseudonyms: { periodMs: 365 * DAY },
  ledger: { keepMs: 400 * DAY },
  controller: { name: 'Shop BV', contact: 'privacy@shop.example' },
  sites: [site()],
  consent: {
    maxAgeMs: 365 * DAY,
    graceMs: 30 * 60_000,
    undated: 'common',
    purposes: [...BUILT_IN_PURPOSES],
    gpcDenies: GPC_PURPOSES,
    mapping: mapping(),
  },
  notices: [notice()],
  destinations: [destination()],
  tags: [],
  ...over,
});
