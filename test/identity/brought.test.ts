// What is remembered of a visitor never shows: each of their events is treated as it would be if it were the first, whatever came
// before it, and whatever it brings that the others did not.

import test from 'ava';
import * as fc from 'fast-check';
import type { Identifier, ReceivedEvent } from '../../src/core/event.ts';
import { Secret } from '../../src/core/secret.ts';
import { scanEvent } from '../../src/detect/event.ts';
import type { Visitor } from '../../src/detect/visitor.ts';
import { strangerOf, visitorOf } from '../../src/detect/visitor.ts';
import { apply } from '../../src/identity/apply.ts';
import { Periods, periodsOf } from '../../src/identity/period.ts';
import { keyring } from '../../src/identity/pseudonym.ts';
import { share } from '../../src/identity/shared.ts';
import { claim } from '../support/events.ts';
import { site } from '../support/snapshot.ts';
import { allowance, config, planOf, route, visitor } from './setting.ts';

const DAY = 86_400_000;
const id = (system: string, kind: string, value: string): Identifier => ({
  system,
  kind,
  value,
  source: 'protocol',
});

/** Few values for many places, so that they meet: an order that is part of a client id, an account that is an address. */
const VALUES = [
  '1837402915.1763900001',
  '1763900001',
  '1837402915',
  'ada@shop.example',
  'ada',
  'Ada@Shop.Example ',
  'fb.1.1763899000123.1837402915',
  'a',
  '7',
  'Ada Lovelace',
  'ada-lovelace',
] as const;
const value = fc.constantFrom(...VALUES);

const LASTING = [
  ['ga', 'client_id'],
  ['ga', 'session_id'],
  ['hubspot', 'utk'],
  ['meta', 'fbp'],
  ['site', 'anonymous_id'],
  ['site', 'user_id'],
] as const;
const ONCE = [
  ['site', 'order_id'],
  ['meta', 'event_id'],
] as const;

const idsOf = (kinds: readonly (readonly [string, string])[]): fc.Arbitrary<readonly Identifier[]> =>
  fc.tuple(...kinds.map(() => fc.option(value, { nil: null, freq: 2 }))).map((values) =>
    kinds.flatMap(([system, kind], at) => {
      const given = values[at];
      return given === null || given === undefined ? [] : [id(system, kind, given)];
    }),
  );

const sender = fc.record({
  ids: idsOf(LASTING),
  otherIds: idsOf([['ga', 'client_id']]),
  person: fc.record({ email: value, first_name: value, city: value, gender: value }, { requiredKeys: [] }),
  ip: fc.constantFrom(null, '203.0.113.9'),
});

const events = fc
  .record({
    senders: fc.array(sender, { minLength: 1, maxLength: 2 }),
    sent: fc.array(
      fc.record({
        from: fc.nat(1),
        once: idsOf(ONCE),
        first: fc.boolean(),
        messageId: fc.option(value, { nil: null }),
        day: fc.integer({ min: 0, max: 400 }),
      }),
      { minLength: 1, maxLength: 6 },
    ),
  })
  .map(({ senders, sent }) =>
    sent.map(({ from, once, first, messageId, day }): ReceivedEvent => {
      const { ids, otherIds, person, ip } = senders[from % senders.length] ?? senders[0] ?? fail();
      return visitor({
        ids: first ? [...once, ...ids] : [...ids, ...once],
        otherIds,
        person,
        ip,
        messageId,
        occurredAt: Date.UTC(2025, 10, 23) + day * DAY,
      });
    }),
  );

function fail(): never {
  throw new Error('there is one sender at least');
}

const granted = allowance({
  data: ['client_id', 'session_id', 'fbp', 'utk', 'order_id', 'event_id'],
  person: ['email', 'first_name'],
  links: ['ga', 'site'],
});
const routes = ['ga4', 'hubspot', 'meta', 'http'].map((name) =>
  route(name, {
    ids: { 'site.order_id': 'keep', client_id: 'keep', fbp: 'keep', utk: 'keep', event_id: 'keep' },
    person: ['email', 'first_name'],
    links: [
      { system: 'ga', as: null },
      { system: 'site', as: null },
    ],
  }),
);
const given = config(routes);
const allowances = Object.fromEntries(routes.map(({ name }) => [name, granted]));
const plans = ['ga4', 'hubspot', 'meta', 'http'].map((name) => planOf(name, { snapshot: given, allowances }));
const keys = keyring(given.secrets);
const context = { keyring: keys, eventId: 'event-1' };

/** What every destination gets, and why. */
function treated(event: ReceivedEvent, sentBy: Visitor): unknown {
  const same = share(event, scanEvent(event, site(), sentBy), given.pseudonyms.periodMs);
  return plans.map((plan) => {
    const { remarks, ...applied } = apply(same, { plan, context });
    return 'permitted' in applied
      ? { remarks, data: applied.permitted.data, fields: applied.fields }
      : { remarks, ...applied };
  });
}

test('an event of a visitor who is remembered is treated like one of a visitor who is not', (t) => {
  fc.assert(
    fc.property(events, (sent) => {
      for (const event of sent)
        t.deepEqual(treated(event, visitorOf(event)), treated(event, strangerOf(event)));
    }),
    { numRuns: 400 },
  );
});

test('the events above bring the same often enough, and change something about it often enough', (t) => {
  const seen = new Set<Visitor>();
  let [again, touched] = [0, 0];
  for (const sent of fc.sample(events, { numRuns: 200, seed: 7 }))
    for (const event of sent) {
      const by = visitorOf(event);
      if (seen.has(by)) again += 1;
      seen.add(by);
      if (!scanEvent(event, site(), by).needles.apart) touched += 1;
    }
  t.true(again > 100 && touched > 100, `${again} again, ${touched} touched`);
});

test('who brings something else is somebody else, also where the same stands in another place', (t) => {
  const event = visitor();
  t.is(visitorOf(event), visitorOf(structuredClone(event)));
  const [first, ...rest] = event.ids;
  if (first === undefined) throw new Error('the visitor has ids');
  for (const other of [
    visitor({ ids: rest }),
    visitor({ ids: [...rest, first] }),
    visitor({ ids: rest, otherIds: [first] }),
    visitor({ person: { ...event.person, gender: 'f' } }),
    visitor({ person: { ...event.person, ip: '203.0.113.9' }, ip: null }),
    visitor({ device: { ...event.device, userAgent: 'Mozilla/5.0 (Other)' } }),
  ])
    t.not(visitorOf(other), visitorOf(event));
});

test('an order or a message makes nobody else', (t) => {
  const event = visitor();
  const ids = event.ids.filter(({ kind }) => kind !== 'order_id');
  t.is(visitorOf(visitor({ ids, messageId: 'another' })), visitorOf(event));
});

test('an order and a message that are the same for two vendors would join them', (t) => {
  const event = visitor({ ids: [id('site', 'order_id', 'ORD-9'), id('meta', 'event_id', 'ORD-9')] });
  const scan = scanEvent(event, site());
  t.true(scan.needles.apart);
  t.true(scan.shared('ORD-9'));
});

test('whoever brings more than is remembered is treated all the same', (t) => {
  const event = visitor({ person: { email: 'ada@shop.example', street: 'x'.repeat(3000) } });
  t.false(visitorOf(event).isRemembered);
  t.not(visitorOf(event), visitorOf(event));
  t.deepEqual(treated(event, visitorOf(event)), treated(event, visitorOf(event)));
});

test('digests of a visitor follow the record that they show', (t) => {
  const event = visitor();
  const by = visitorOf(event);
  const shown = (record: string) => keys.subjectDigests(event, [claim({ record })], by).all;
  const [one, other] = [shown('record-1'), shown('record-2')];
  t.notDeepEqual(one, other);
  t.deepEqual(shown('record-1'), one);
  t.deepEqual(shown('record-1'), keys.subjectDigests(event, [claim({ record: 'record-1' })]).all);
  t.deepEqual(keys.subjectDigests(event, [], by).all, keys.subjectDigests(event).all);
});

test('plans that come and go are followed, each of them', (t) => {
  const event = visitor();
  const same = share(event, scanEvent(event, site()), given.pseudonyms.periodMs);
  for (let times = 0; times < 300; times += 1) {
    const person = times % 2 === 0 ? ['email' as const] : [];
    const plan = planOf('http', {
      snapshot: config([route('http', { person })]),
      allowances: { http: allowance({ person }) },
    });
    const made = apply(same, { plan, context });
    t.deepEqual('permitted' in made ? Object.keys(made.permitted.data.person) : null, person);
  }
});

test('another secret makes other pseudonyms of a visitor who is remembered', (t) => {
  const event = visitor();
  const same = share(event, scanEvent(event, site()), given.pseudonyms.periodMs);
  const of = (secrets: typeof given.secrets) => {
    const made = apply(same, { plan: planOf('http'), context: { ...context, keyring: keyring(secrets) } });
    return 'permitted' in made ? made.permitted.data.ids['site.anonymous_id'] : undefined;
  };
  const rotated = { id: 'k2', value: new Secret('another secret of at least 32 characters') };
  t.truthy(of(given.secrets));
  t.not(of([rotated]), of(given.secrets));
  t.is(of(given.secrets), of(given.secrets));
});

test('periods stay for just those instants at which every label is the same', (t) => {
  fc.assert(
    fc.property(
      idsOf(LASTING),
      fc.integer({ min: 0, max: 900 }),
      fc.integer({ min: -500, max: 500 }),
      (ids, day, later) => {
        const [before, after] = [day, day + later].map((days) => Date.UTC(2025, 0, 1) + days * DAY);
        if (before === undefined || after === undefined) return;
        const labels = (occurredAt: number) => ids.map(periodsOf({ ids, occurredAt }, 30 * DAY));
        const stay = new Periods({ ids, occurredAt: before }, 30 * DAY).stayFor(after, 30 * DAY);
        if (stay) t.deepEqual(labels(after), labels(before));
        else t.notDeepEqual(labels(after), labels(before));
      },
    ),
    { numRuns: 2000 },
  );
  const periods = new Periods({ ids: [], occurredAt: 0 }, 30 * DAY);
  t.false(periods.stayFor(0, 60 * DAY));
});
