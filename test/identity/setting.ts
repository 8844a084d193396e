// A small world of destinations for identity's tests: one of each manner of treating ids, a visitor whom all of them could know,
// and one call that makes of an event what each destination may have.

import { z } from 'zod';
import type { Destination, Snapshot } from '../../src/core/config.ts';
import type { Allowance } from '../../src/core/decision.ts';
import { NOTHING_ALLOWED } from '../../src/core/decision.ts';
import type { ReceivedEvent } from '../../src/core/event.ts';
import type { PermittedData } from '../../src/core/permitted.ts';
import { PERSON_FIELDS } from '../../src/core/person.ts';
import type { DestinationType } from '../../src/core/plugin.ts';
import { scanEvent } from '../../src/detect/event.ts';
import type { Applied } from '../../src/identity/apply.ts';
import { apply } from '../../src/identity/apply.ts';
import { share } from '../../src/identity/shared.ts';
import { planFor } from '../../src/identity/plan.ts';
import { keyring } from '../../src/identity/pseudonym.ts';
import { received } from '../support/events.ts';
import { destination, site, snapshot } from '../support/snapshot.ts';

export const type = (over: Partial<DestinationType>): DestinationType => ({
  type: 'ga4',
  title: 'Test',
  system: 'ga',
  audience: 'analytics',
  demands: ['analytics'],
  anonymous: false,
  settings: z.unknown(),
  ids: [],
  standIn: null,
  person: PERSON_FIELDS,
  links: true,
  dedupes: true,
  batch: { events: 1, bytes: 100_000 },
  wire: null,
  calls: ['track', 'page'],
  canPlace: () => true,
  build: () => ({ requests: [], refused: [] }),
  read: () => [],
  ...over,
});

const SITE_IDS = ['site.anonymous_id', 'site.session_id', 'site.user_id', 'site.order_id'];
export const TYPES: Readonly<Record<string, DestinationType>> = {
  ga4: type({
    ids: ['ga.client_id', 'ga.session_id', 'site.user_id', 'site.order_id'],
    standIn: 'ga.client_id',
    wire: 'gtag',
    canPlace: (data) => data.anonymous || data.ids['ga.client_id'] !== undefined,
  }),
  hubspot: type({
    type: 'hubspot',
    system: 'hubspot',
    audience: 'crm',
    ids: ['hubspot.utk', 'hubspot.contact_id', 'site.order_id'],
  }),
  clarity: type({
    type: 'clarity',
    system: 'clarity',
    audience: 'recording',
    ids: ['clarity.user_id', 'clarity.session_id'],
    standIn: 'clarity.user_id',
  }),
  meta: type({
    type: 'meta',
    system: 'meta',
    audience: 'advertising',
    ids: ['meta.fbp', 'meta.fbc', 'meta.external_id', 'meta.event_id', 'site.order_id'],
    standIn: 'meta.external_id',
  }),
  http: type({ type: 'http', system: 'site', audience: 'own', anonymous: true, ids: SITE_IDS }),
};

export const route = (name: string, over: Partial<Destination> = {}): Destination => {
  const known = TYPES[name];
  return destination({
    name,
    type: name,
    system: known?.system ?? 'site',
    audience: known?.audience ?? 'own',
    ...over,
  });
};

export const FIVE: readonly Destination[] = ['ga4', 'hubspot', 'clarity', 'meta', 'http'].map((name) =>
  route(name),
);

export const config = (destinations: readonly Destination[] = FIVE, over: Partial<Snapshot> = {}): Snapshot =>
  snapshot({ destinations, ...over });

export const allowance = (over: Partial<Allowance> = {}): Allowance => ({
  ...NOTHING_ALLOWED,
  purposes: ['analytics', 'marketing'],
  ...over,
});

export const visitor = (over: Partial<ReceivedEvent> = {}): ReceivedEvent =>
  received({
    ids: [
      { system: 'ga', kind: 'client_id', value: '1837402915.1763900001', source: 'protocol' },
      { system: 'ga', kind: 'session_id', value: '1763899999', source: 'cookie' },
      { system: 'hubspot', kind: 'utk', value: '9f0c1c0a6f2b4d7d8f2a1e3c5b7d9e0f', source: 'cookie' },
      { system: 'clarity', kind: 'user_id', value: 'lrr4fn', source: 'cookie' },
      { system: 'clarity', kind: 'session_id', value: '2sfkfr', source: 'cookie' },
      { system: 'meta', kind: 'fbp', value: 'fb.1.1763899000123.1234567890', source: 'cookie' },
      {
        system: 'site',
        kind: 'anonymous_id',
        value: '0b5f8a52-6d3e-4c1a-9d7b-2f1e0c9a8b77',
        source: 'protocol',
      },
      { system: 'site', kind: 'user_id', value: 'account-77', source: 'protocol' },
      { system: 'site', kind: 'order_id', value: 'ORD-5512', source: 'protocol' },
    ],
    person: { email: 'jan@mail.example', phone: '+31612345678', first_name: 'Jantina' },
    ip: '203.0.113.9',
    params: { currency: 'EUR', value: 49.9, coupon: 'WINTER' },
    items: [{ item_id: 'SKU-1', item_name: 'Boots', price: 49.9, quantity: 1 }],
    ...over,
  });

export interface Setting {
  readonly snapshot?: Snapshot;
  readonly allowances?: Readonly<Record<string, Allowance>>;
  readonly anonymous?: boolean;
  readonly sensitive?: boolean;
  readonly eventId?: string;
  readonly wireForms?: (protocol: string) => Readonly<Record<string, RegExp>> | undefined;
}

export const planOf = (name: string, setting: Setting = {}) => {
  const given = setting.snapshot ?? config();
  const found = given.destinations.find((each) => each.name === name);
  const known = TYPES[found?.type ?? ''];
  if (found === undefined || known === undefined) throw new Error(`no destination ${name}`);
  const allowanceOf = (other: string) => setting.allowances?.[other] ?? allowance();
  return planFor({
    destination: found,
    type: known,
    allowance: allowanceOf(name),
    anonymous: setting.anonymous ?? false,
    snapshot: given,
    types: (type) => TYPES[type],
    sensitive: setting.sensitive ?? false,
    site: 'shop',
    allowanceOf,
  });
};

/** What one destination gets of an event, or why it gets nothing. */
export const applied = (event: ReceivedEvent, name: string, setting: Setting = {}): Applied => {
  const context = {
    keyring: keyring((setting.snapshot ?? config()).secrets),
    eventId: setting.eventId ?? 'event-1',
    ...(setting.wireForms === undefined ? {} : { wireForms: setting.wireForms }),
  };
  const plan = planOf(name, setting);
  return apply(share(event, scanEvent(event, site()), plan.periodMs), { plan, context });
};

export const permitted = (event: ReceivedEvent, name: string, setting: Setting = {}): PermittedData => {
  const result = applied(event, name, setting);
  if ('refused' in result) throw new Error(`refused: ${result.refused}`);
  return result.permitted.data;
};
