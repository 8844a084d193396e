// Which identifiers a destination gets, how, and why.

import test from 'ava';
import type { Identifier } from '../../src/core/event.ts';
import { FIVE, allowance, applied, config, permitted, route, visitor } from './setting.ts';

const CLIENT = '1837402915.1763900001';
const UTK = '9f0c1c0a6f2b4d7d8f2a1e3c5b7d9e0f';
const with_ = (...ids: readonly (readonly [string, string])[]): readonly Identifier[] =>
  ids.map(([name, value]) => ({
    system: name.split('.')[0] ?? '',
    kind: name.split('.')[1] ?? '',
    value,
    source: 'protocol',
  }));
const rulesFor = (path: string, result: ReturnType<typeof applied>) =>
  result.remarks
    .filter((remark) => remark.path === path)
    .map(({ rule, treatment }) => `${rule} ${treatment}`);

test('by default ids that only their issuer can match are stripped and the rest are pseudonyms', (t) => {
  const event = visitor();
  t.deepEqual(Object.keys(permitted(event, 'ga4').ids), ['ga.client_id', 'ga.session_id', 'site.order_id']);
  t.deepEqual(Object.keys(permitted(event, 'hubspot').ids), ['site.order_id']);
  t.deepEqual(Object.keys(permitted(event, 'clarity').ids), ['clarity.user_id', 'clarity.session_id']);
  t.false(JSON.stringify(permitted(event, 'ga4').ids).includes('1763900001'));
});

test('an id of another system does not reach a destination', (t) => {
  t.deepEqual(rulesFor('ids.hubspot.utk', applied(visitor(), 'ga4')), ['foreign_id strip']);
  t.deepEqual(rulesFor('ids.site.user_id', applied(visitor(), 'ga4')), ['link_not_permitted strip']);
});

test('keeping needs the route and the notice', (t) => {
  const snapshot = config([
    route('hubspot', { ids: { utk: 'keep' } }),
    route('ga4', { ids: { client_id: 'keep' } }),
  ]);
  const disclosed = { hubspot: allowance({ data: ['utk'] }), ga4: allowance({ data: ['client_id'] }) };
  t.is(permitted(visitor(), 'hubspot', { snapshot, allowances: disclosed }).ids['hubspot.utk'], UTK);
  t.deepEqual(permitted(visitor(), 'hubspot', { snapshot, allowances: disclosed }).kept, ['hubspot.utk']);
  t.is(permitted(visitor(), 'ga4', { snapshot, allowances: disclosed }).ids['ga.client_id'], CLIENT);
  const result = applied(visitor(), 'hubspot', { snapshot });
  t.deepEqual(rulesFor('ids.hubspot.utk', result), ['not_disclosed strip']);
  const fallen = permitted(visitor(), 'ga4', { snapshot }).ids['ga.client_id'];
  t.not(fallen, CLIENT);
  t.regex(fallen ?? '', /^\d+\.\d{10}$/);
});

test('a value under two systems is stripped at both', (t) => {
  const ids = with_(
    ['ga.client_id', 'same-value-1'],
    ['clarity.user_id', 'same-value-1'],
    ['site.anonymous_id', 'visitor-a'],
  );
  t.deepEqual(rulesFor('ids.ga.client_id', applied(visitor({ ids }), 'ga4')), ['shared_value strip']);
  t.deepEqual(permitted(visitor({ ids }), 'clarity').ids, {});
});

test('the site’s anonymous id stands in, as a pseudonym in the vendor’s form, where its own id is missing', (t) => {
  const ids = with_(['site.anonymous_id', 'visitor-a']);
  const ga4 = permitted(visitor({ ids }), 'ga4').ids['ga.client_id'] ?? '';
  t.regex(ga4, /^\d{10}\.\d{10}$/);
  t.regex(permitted(visitor({ ids }), 'clarity').ids['clarity.user_id'] ?? '', /^[0-9a-z]{1,7}$/);
  t.regex(permitted(visitor({ ids }), 'meta').ids['meta.external_id'] ?? '', /^[0-9a-f-]{36}$/);
  t.deepEqual(rulesFor('ids.ga.client_id', applied(visitor({ ids }), 'ga4')), ['stand_in pseudonymise']);
});

test('nothing stands in for an id that the route strips, and a user id never stands in', (t) => {
  const ids = with_(['site.anonymous_id', 'visitor-a'], ['site.user_id', 'account-77']);
  for (const stripped of [{ client_id: 'strip' }, { 'site.anonymous_id': 'strip' }] as const) {
    const result = applied(visitor({ ids }), 'ga4', { snapshot: config([route('ga4', { ids: stripped })]) });
    t.is('refused' in result && result.refused, 'no_identifier');
  }
  const result = applied(visitor({ ids: with_(['site.user_id', 'account-77']) }), 'ga4');
  t.is('refused' in result && result.refused, 'no_identifier');
});

test('a kept kind whose value is a person’s data or holds another system’s id does not stay raw', (t) => {
  const snapshot = config([route('meta', { ids: { external_id: 'keep', event_id: 'keep' } })]);
  const allowances = { meta: allowance({ data: ['external_id', 'event_id'] }) };
  const get = (value: string) =>
    permitted(visitor({ ids: with_(['meta.external_id', value], ['ga.client_id', CLIENT]) }), 'meta', {
      snapshot,
      allowances,
    }).ids;
  t.is(get('plain-external-1')['meta.external_id'], 'plain-external-1');
  t.deepEqual(get('other@mail.example'), {});
  t.deepEqual(get('jan@mail.example'), {});
  t.deepEqual(get(`ga-${CLIENT}`), {});
  t.deepEqual(get('x-1999999999.1763900009'.slice(2)), {});
});

const linked = (over: Partial<Parameters<typeof allowance>[0]> = {}) => ({
  snapshot: config([route('hubspot', { links: [{ system: 'ga', as: null }] }), route('ga4')]),
  allowances: { hubspot: allowance({ links: ['ga'], ...over }) },
});

test('a permitted link gives exactly what the other system’s destination receives', (t) => {
  const { links } = permitted(visitor(), 'hubspot', linked());
  t.deepEqual(links, { ga_client_id: permitted(visitor(), 'ga4', linked()).ids['ga.client_id'] });
});

test('a linked stand-in is the other destination’s stand-in, a linked raw value its raw value', (t) => {
  const ids = with_(['site.anonymous_id', 'visitor-a']);
  const setting = linked();
  t.is(
    permitted(visitor({ ids }), 'hubspot', setting).links['ga_client_id'],
    permitted(visitor({ ids }), 'ga4', setting).ids['ga.client_id'],
  );
  const raw = {
    snapshot: config([
      route('hubspot', { links: [{ system: 'ga', as: 'web_visitor' }] }),
      route('ga4', { ids: { client_id: 'keep' } }),
    ]),
    allowances: { hubspot: allowance({ links: ['ga'] }), ga4: allowance({ data: ['client_id'] }) },
  };
  const data = permitted(visitor(), 'hubspot', raw);
  t.deepEqual(data.links, { web_visitor: CLIENT });
  t.deepEqual(data.kept, ['links.web_visitor']);
});

test('a new name of a link means the same kind for every visitor, the others keep their own', (t) => {
  const setting = {
    snapshot: config([
      route('ga4', { links: [{ system: 'hubspot', as: 'crm_id' }] }),
      route('hubspot', { ids: { utk: 'keep', contact_id: 'keep' } }),
    ]),
    allowances: {
      ga4: allowance({ links: ['hubspot'] }),
      hubspot: allowance({ data: ['utk', 'contact_id'] }),
    },
  };
  const utk = ['hubspot.utk', '9f0c1c0a6f2b4d7d8f2a1e3c5b7d9e0f'] as const;
  const contact = ['hubspot.contact_id', '90817263'] as const;
  const client = ['ga.client_id', CLIENT] as const;
  const get = (...ids: (readonly [string, string])[]) =>
    permitted(visitor({ ids: with_(client, ...ids) }), 'ga4', setting).links;
  const both = { hubspot_utk: utk[1], crm_id: contact[1] };
  t.deepEqual(get(utk, contact), both);
  t.deepEqual(get(contact, utk), both);
  t.deepEqual(get(utk), { hubspot_utk: utk[1] });
  t.deepEqual(get(contact), { crm_id: contact[1] });
});

test('no link without permission, on sensitive pages, or to a system without a destination', (t) => {
  t.deepEqual(permitted(visitor(), 'hubspot', linked({ links: [] })).links, {});
  t.deepEqual(rulesFor('ids.ga.client_id', applied(visitor(), 'hubspot', linked({ links: [] }))), [
    'link_not_permitted strip',
  ]);
  t.deepEqual(permitted(visitor(), 'hubspot', { ...linked(), sensitive: true }).links, {});
  const alone = config([route('hubspot', { links: [{ system: 'ga', as: null }] })]);
  t.deepEqual(permitted(visitor(), 'hubspot', { ...linked(), snapshot: alone }).links, {});
  const off = config([
    route('hubspot', { links: [{ system: 'ga', as: null }] }),
    route('ga4', { enabled: false }),
  ]);
  t.deepEqual(permitted(visitor(), 'hubspot', { ...linked(), snapshot: off }).links, {});
});

test('the site’s user id arrives through a link only: in its place where the type has one, else by name', (t) => {
  const snapshot = config([
    route('ga4', { links: [{ system: 'site', as: null }] }),
    route('hubspot', { links: [{ system: 'site', as: 'account' }] }),
  ]);
  const allowances = { ga4: allowance({ links: ['site'] }), hubspot: allowance({ links: ['site'] }) };
  t.regex(permitted(visitor(), 'ga4', { snapshot, allowances }).ids['site.user_id'] ?? '', /^[0-9a-f-]{36}$/);
  t.regex(
    permitted(visitor(), 'hubspot', { snapshot, allowances }).links['account'] ?? '',
    /^[0-9a-f-]{36}$/,
  );
  t.is(permitted(visitor(), 'ga4', { snapshot }).ids['site.user_id'], undefined);
});

test('two destinations of one vendor get different pseudonyms', (t) => {
  const snapshot = config([...FIVE, route('ga4', { name: 'ga4-eu' })]);
  t.not(
    permitted(visitor(), 'ga4', { snapshot }).ids['ga.client_id'],
    permitted(visitor(), 'ga4-eu', { snapshot }).ids['ga.client_id'],
  );
});
