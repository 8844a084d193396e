// What of an event's content leaves for one destination.

import test from 'ava';
import type { ReceivedEvent } from '../../src/core/event.ts';
import { PermittedEvent } from '../../src/core/permitted.ts';
import { received } from '../support/events.ts';
import { NOW } from '../support/snapshot.ts';
import { allowance, applied, config, permitted, planOf, route, visitor } from './setting.ts';
import { narrow } from '../../src/identity/apply.ts';

const params = (
  given: ReceivedEvent['params'],
  over: Partial<Parameters<typeof route>[1]> = {},
  name = 'purchase',
) => permitted(visitor({ params: given, name }), 'ga4', { snapshot: config([route('ga4', over)]) }).params;

test('parameters leave by the event’s vocabulary and the route’s list, nothing else', (t) => {
  const given = { currency: 'eur', value: '49.90', plan: 'gold', note: 'hello', method: 'card', tax: 3 };
  t.deepEqual(params(given), { currency: 'EUR', value: 49.9, tax: 3 });
  t.deepEqual(params(given, { params: ['plan'] }), { currency: 'EUR', value: 49.9, plan: 'gold', tax: 3 });
  t.deepEqual(params(given, {}, 'my_event'), { currency: 'EUR', value: 49.9 });
});

test('a parameter with a finding goes whole', (t) => {
  const listed = { params: ['note', 'uid', 'n', 'list'] };
  t.deepEqual(params({ note: 'ask jan@mail.example' }, listed), {});
  t.deepEqual(params({ note: 'lrr4fn was here' }, listed), {});
  t.deepEqual(params({ coupon: 'ORD-5512' }, listed), {});
  t.deepEqual(params({ n: 31612345678 }, listed), {});
  t.deepEqual(params({ list: ['a', 'jan@mail.example'] }, listed), {});
  t.deepEqual(params({ list: ['a', 2, true] }, listed), { list: ['a', 2, true] });
  t.deepEqual(params({ note: { a: 1 }, list: [['a']] }, listed), {});
});

test('numbers that are none, or too large, and texts too long do not leave as they are', (t) => {
  t.deepEqual(params({ value: 'NaN', tax: 1e15, shipping: null }), {});
  t.is(params({ coupon: 'word '.repeat(40) })['coupon'], 'word '.repeat(20));
});

test('search terms need listing, and an order id is never a parameter', (t) => {
  t.deepEqual(params({ search_term: 'boots' }, {}, 'search'), {});
  t.deepEqual(params({ search_term: 'boots' }, { params: ['search_term'] }, 'search'), {
    search_term: 'boots',
  });
  t.deepEqual(params({ transaction_id: 'A-1' }, { params: ['transaction_id'] }), {});
});

test('an address in a parameter is cleaned as the page’s own is', (t) => {
  const given = {
    form_destination: 'https://shop.example/login?next=abc&utm_source=x#top',
    form_name: 'see http://a.example/x?y=1',
  };
  t.deepEqual(params(given, {}, 'form_submit'), {
    form_destination: 'https://shop.example/login?utm_source=x',
  });
  t.deepEqual(params({ form_destination: '/login?u=abc' }, {}, 'form_submit'), {
    form_destination: '/login',
  });
});

test('a title does not repeat what was searched for', (t) => {
  const page = { url: null, title: 'Results for Red Boots | Shop', referrer: null };
  const event = visitor({ name: 'search', params: { search_term: 'red boots' }, page });
  t.is(permitted(event, 'ga4').page.title, 'Results for :search_term | Shop');
});

test('a very long text costs its first part only and leaves its first hundred characters', (t) => {
  const long = 'word '.repeat(5000);
  t.is(params({ coupon: `${long}jan@mail.example` })['coupon'], 'word '.repeat(20));
  t.deepEqual(params({ coupon: `jan@mail.example ${long}` }), {});
  t.deepEqual(params({ coupon: '://'.repeat(10_000) }), { coupon: '://'.repeat(34).slice(0, 100) });
});

test('names like those of object internals are names like any other', (t) => {
  const given = JSON.parse('{"__proto__":"x","constructor":"y","value":1}') as ReceivedEvent['params']; // a literal
  const clean = params(given, { params: ['__proto__', 'constructor'] });
  t.deepEqual(Object.keys(clean).sort(), ['__proto__', 'constructor', 'value']);
  t.is(Object.getPrototypeOf(clean), Object.prototype);
});

test('items keep the fields of the vocabulary and lose the value that says too much', (t) => {
  const items = [
    { item_id: '123456782', item_name: 'for jan@mail.example', price: '9.95', colour: 'red', quantity: 2 },
  ];
  t.deepEqual(permitted(visitor({ items }), 'ga4').items, [
    { item_id: '123456782', price: 9.95, quantity: 2 },
  ]);
});

test('title and campaign keep their words around a finding', (t) => {
  const data = permitted(
    visitor({
      page: {
        url: 'https://shop.example/thanks/ORD-5512?gclid=abc',
        title: 'Thanks Jantina, order ORD-5512',
        referrer: 'https://mail.example/inbox/9',
      },
      campaign: { source: 'news', term: 'jan@mail.example' },
    }),
    'ga4',
  );
  t.deepEqual(data.page, {
    url: 'https://shop.example/thanks/:id',
    title: 'Thanks :carried, order :carried',
    referrer: 'https://mail.example',
  });
  t.deepEqual(data.campaign, { source: 'news', term: ':email' });
});

test('the client’s own event name leaves unless something hides in it', (t) => {
  t.is(permitted(visitor({ name: 'configurator_opened' }), 'ga4').name, 'configurator_opened');
  for (const name of ['opened_by_jan@mail.example', 'order_ORD-5512', 'u_9f0c1c0a6f2b4d7d8f2a1e3c5b7d9e0f'])
    t.is(permitted(visitor({ name }), 'ga4').name, 'custom_event', name);
});

test('a value of the event is found in the snake case of a name, also where the name was cut', (t) => {
  const ids = [
    { system: 'ga', kind: 'client_id', value: '1837402915.1763900001', source: 'protocol' as const },
    { system: 'site', kind: 'order_id', value: 'ORD-7iWuYJ.BD-kw', source: 'protocol' as const },
    { system: 'meta', kind: 'event_id', value: 'evt.sWCDCHGdMySsZxgGBfIN', source: 'protocol' as const },
  ];
  for (const name of [
    'clicked_ord_7iwuyj_bd_kw',
    'order_ord_7iwuyj_bd_kw_shown',
    'clicked_evt_swcdchgdmysszxggbfin',
    'opened_the_new_and_long_name_evt_swcdchg',
    'clicked_mzi0njk1ndk3mtmymw',
  ])
    t.is(permitted(visitor({ name, ids }), 'ga4').name, 'custom_event', name);
  for (const name of ['clicked_ord', 'opened_the_new_and_long_name_of_an_evt_s', 'evt_shown'])
    t.is(permitted(visitor({ name, ids }), 'ga4').name, name);
});

test('person fields leave if allowed, and not under a false name', (t) => {
  const allowances = { hubspot: allowance({ person: ['email', 'first_name', 'ip'] }) };
  const snapshot = config([route('hubspot', { person: ['email', 'first_name', 'phone', 'ip'] })]);
  const get = (person: ReceivedEvent['person']) =>
    permitted(visitor({ person }), 'hubspot', { snapshot, allowances }).person;
  t.deepEqual(get({ email: ' jan@mail.example ', phone: '+31612345678', first_name: 'Jantina' }), {
    email: 'jan@mail.example',
    first_name: 'Jantina',
    ip: '203.0.113.9',
  });
  t.deepEqual(get({ first_name: 'jan@mail.example' }), { ip: '203.0.113.9' });
  t.deepEqual(get({ first_name: 'fb.1.1763899000123.1234567890' }), { ip: '203.0.113.9' });
  t.deepEqual(permitted(visitor(), 'hubspot').person, {});
});

test('device and time leave in coarse form', (t) => {
  const device = {
    userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) Mobile/15E148',
    language: 'nl-Latn-NL',
    screen: '390x844',
    category: null,
    country: 'nl',
  };
  const data = permitted(visitor({ device, occurredAt: NOW - 1234 }), 'ga4');
  t.deepEqual(data.device, { language: 'nl-NL', category: 'mobile', country: 'NL' });
  t.is(data.occurredAt, NOW - 2000);
});

test('consent fields follow the allowance', (t) => {
  const consent = (...purposes: string[]) =>
    permitted(visitor(), 'ga4', { allowances: { ga4: allowance({ purposes }) } }).consent;
  t.deepEqual(consent('analytics'), { purposes: ['analytics'], adUserData: false, adPersonalization: false });
  t.true(consent('analytics', 'marketing').adUserData);
  t.false(consent('analytics', 'profiling').adPersonalization);
  t.true(consent('analytics', 'marketing', 'profiling').adPersonalization);
});

test('wire fields return to their own vendor only, by form and scanned', (t) => {
  const wire = { protocol: 'gtag', fields: { sct: '3', seg: 'x', _p: 'lrr4fn', odd: '1' } };
  const wireForms = () => ({ sct: /^\d+$/, seg: /^[01]$/, _p: /^\w+$/ });
  t.deepEqual(permitted(visitor({ wire }), 'ga4', { wireForms }).wire, {
    protocol: 'gtag',
    fields: { sct: '3' },
  });
  t.is(permitted(visitor({ wire }), 'meta', { wireForms }).wire, null);
  t.deepEqual(permitted(visitor({ wire }), 'ga4').wire?.fields, {});
});

test('remarks and fields name paths, never values or the client’s own names', (t) => {
  const event = visitor({
    params: { 'jan@mail.example': 1, value: 1 },
    traits: { lrr4fn: 'x' },
    page: { url: 'https://shop.example/u/account-77', title: 'Jantina', referrer: null },
  });
  const result = applied(event, 'ga4');
  const told = JSON.stringify([result.remarks, 'fields' in result ? result.fields : []]);
  for (const value of ['jan@mail', 'lrr4fn', 'account-77', 'Jantina', '1837402915', 'ORD-5512'])
    t.false(told.includes(value), value);
  t.true(told.includes('params.value'));
});

test('an anonymous event holds nothing of the client’s and nothing that two of a visitor’s events share', (t) => {
  const event = visitor({
    page: {
      url: 'https://shop.example/products/boots/red?utm_source=x',
      title: 'Red boots',
      referrer: 'https://search.example/q',
    },
    campaign: { source: 'x' },
    device: { userAgent: null, language: 'nl-NL', screen: null, category: 'mobile', country: 'NL' },
    params: { currency: 'EUR', value: 49.9, category: 'Boots' },
    name: 'page_view',
  });
  const setting = { anonymous: true, eventId: 'event-1' };
  const data = permitted(event, 'http', setting);
  const { key, ...rest } = data;
  t.deepEqual(rest, {
    destination: 'http',
    site: 'shop',
    intake: 'segment',
    type: 'track',
    name: 'page_view',
    occurredAt: Date.parse('2026-11-20T11:00:00Z'),
    anonymous: true,
    ids: {},
    links: {},
    person: {},
    params: { currency: 'EUR', category: 'Boots' },
    items: [],
    page: { url: 'https://shop.example/products', title: null, referrer: null },
    campaign: {},
    device: { language: null, category: null, country: 'NL' },
    traits: {},
    consent: { purposes: [], adUserData: false, adPersonalization: false },
    wire: null,
  });
  t.not(permitted(event, 'http', { anonymous: true, eventId: 'event-2' }).key, key);
  t.is(permitted({ ...event, messageId: 'another' }, 'http', setting).key, key);
});

test('the permitted event is genuine and its key is pairwise', (t) => {
  const result = applied(visitor(), 'ga4');
  t.true('permitted' in result && PermittedEvent.is(result.permitted));
  t.not(permitted(visitor(), 'ga4').key, permitted(visitor(), 'meta').key);
  t.is(permitted(visitor(), 'ga4', { eventId: 'a' }).key, permitted(visitor(), 'ga4', { eventId: 'b' }).key);
  const nameless = visitor({ messageId: null });
  t.not(permitted(nameless, 'ga4', { eventId: 'a' }).key, permitted(nameless, 'ga4', { eventId: 'b' }).key);
});

const rich = {
  snapshot: config([
    route('ga4', { ids: { client_id: 'keep' } }),
    route('hubspot', {
      ids: { utk: 'keep' },
      person: ['email'],
      params: ['plan'],
      query: ['size'],
      links: [{ system: 'ga', as: null }],
    }),
  ]),
  allowances: {
    ga4: allowance({ data: ['client_id'] }),
    hubspot: allowance({
      purposes: ['marketing', 'profiling'],
      data: ['utk', 'email'],
      person: ['email'],
      links: ['ga'],
    }),
  },
};
const queued = () => {
  const event = visitor({
    params: { plan: 'gold', value: 1 },
    traits: { plan: 'gold' },
    page: { url: 'https://shop.example/a?size=42&utm_source=x', title: null, referrer: null },
  });
  const result = applied(event, 'hubspot', rich);
  if ('refused' in result) throw new Error(result.refused);
  return result.permitted;
};

test('the same plan leaves a queued event as it is', (t) => {
  const event = queued();
  t.deepEqual(narrow(event, planOf('hubspot', rich))?.data, event.data);
  t.deepEqual(Object.keys(event.data.links), ['ga_client_id']);
});

test('a narrower plan removes what it does not give, and adds nothing', (t) => {
  const data = narrow(queued(), planOf('hubspot', { snapshot: config([route('hubspot')]) }))?.data;
  t.like(data, {
    links: {},
    person: {},
    params: { value: 1 },
    traits: {},
    consent: { adPersonalization: false },
  });
  t.deepEqual(Object.keys(data?.ids ?? {}), ['site.order_id']);
  t.is(data?.page.url, 'https://shop.example/a?utm_source=x');
  t.is(data?.kept, undefined);
});

test('a raw id goes where today only a pseudonym may leave; a pseudonym stays', (t) => {
  const raw = applied(visitor(), 'ga4', rich);
  const pseudonym = applied(visitor(), 'ga4');
  if ('refused' in raw || 'refused' in pseudonym) throw new Error('refused');
  t.is(narrow(raw.permitted, planOf('ga4')), null);
  t.deepEqual(narrow(pseudonym.permitted, planOf('ga4'))?.data, pseudonym.permitted.data);
});

test('an event without anything of the optional kind passes', (t) => {
  t.notThrows(() => permitted(received(), 'http'));
});
