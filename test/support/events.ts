// Small builders for events, received and permitted.

import type { Claim, ConsentInput, ConsentState } from '../../src/core/consent.ts';
import type { ReceivedEvent } from '../../src/core/event.ts';
import type { PermittedData } from '../../src/core/permitted.ts';
import { NOW } from './snapshot.ts';

export const noConsent = (over: Partial<ConsentInput> = {}): ConsentInput => ({
  consent: null,
  consentManagement: null,
  query: {},
  secGpc: null,
  cookies: {},
  fromServer: false,
  ...over,
});

export const received = (over: Partial<ReceivedEvent> = {}): ReceivedEvent => ({
  site: 'shop',
  intake: 'segment',
  type: 'track',
  name: 'purchase',
  messageId: 'message-0001',
  occurredAt: NOW - 1000,
  clock: 'client',
  receivedAt: NOW,
  params: {},
  items: [],
  page: { url: 'https://shop.example/thanks', title: 'Thanks', referrer: null },
  campaign: {},
  device: { userAgent: null, language: 'nl-NL', screen: null, category: 'desktop', country: null },
  ip: null,
  ids: [],
  otherIds: [],
  person: {},
  traits: {},
  integrations: {},
  wire: null,
  consent: noConsent(),
  label: null,
  ...over,
});

export const claim = (over: Partial<Claim> = {}): Claim => ({
  source: 'record',
  purposes: { analytics: 'granted' },
  vendors: {},
  vendorLists: [],
  vendorsOnly: false,
  byName: [],
  dated: { at: Date.parse('2026-06-01T10:00:00Z'), precision: 'instant' },
  notice: null,
  generation: null,
  unreadable: null,
  ...over,
});

export const state = (...claims: readonly Claim[]): ConsentState => ({ claims, label: null, readAt: NOW });

export const permittedData = (over: Partial<PermittedData> = {}): PermittedData => ({
  destination: 'ga4',
  site: 'shop',
  intake: 'segment',
  type: 'track',
  name: 'purchase',
  key: '0b5f8a52-6d3e-4c1a-9d7b-2f1e0c9a8b77',
  occurredAt: NOW - 1000,
  anonymous: false,
  ids: { 'ga.client_id': '1837402915.1763900001' },
  links: {},
  person: {},
  params: { currency: 'EUR', value: 49.9 },
  items: [{ item_id: 'SKU-1', item_name: 'Boots', price: 49.9, quantity: 1 }],
  page: { url: 'https://shop.example/thanks', title: 'Thanks', referrer: null },
  campaign: {},
  device: { language: 'nl', category: 'desktop', country: 'NL' },
  traits: {},
  consent: { purposes: ['analytics'], adUserData: false, adPersonalization: false },
  wire: null,
  ...over,
});
