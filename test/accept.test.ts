// From received events to the queue and back to the moment before sending: what is kept, grouped, held back and narrowed.

import test from 'ava';
import type { AcceptPorts, RecheckContext } from '../src/accept.ts';
import { accept, recheckDelivery } from '../src/accept.ts';
import { explainContext } from '../src/app.ts';
import type { Snapshot } from '../src/core/config.ts';
import type { Delivery } from '../src/core/delivery.ts';
import type { ReceivedEvent } from '../src/core/event.ts';
import type { Metrics } from '../src/core/ports.ts';
import { destinationType } from '../src/destinations/index.ts';
import { decisionFeed } from '../src/observe/feed.ts';
import { recordSharing } from '../src/observe/sharing.ts';
import { Outbox } from '../src/outbox/outbox.ts';
import { openStore } from '../src/store/index.ts';
import { noConsent, received } from './support/events.ts';
import { DAY, NOW, destination, disclosure, notice, site, snapshot } from './support/snapshot.ts';

const silent: Metrics = {
  received: () => undefined,
  rejected: () => undefined,
  decided: () => undefined,
  treated: () => undefined,
  linkBlocked: () => undefined,
  delivered: () => undefined,
  deliverySeconds: () => undefined,
  acceptSeconds: () => undefined,
  visitsHeld: () => undefined,
  consentSignal: () => undefined,
  configReload: () => undefined,
  configInfo: () => undefined,
};

const hubspot = destination({
  name: 'hubspot',
  type: 'hubspot',
  audience: 'crm',
  system: 'hubspot',
  requires: ['marketing'],
  person: ['email'],
  settings: {
    portalId: '1000001',
    accessToken: 'x',
    version: '2026-09',
    eventNames: {},
    forms: {},
    properties: {},
  },
});

const config = (over: Partial<Snapshot> = {}): Snapshot =>
  snapshot({
    sites: [site({ consent: ['segment'] })],
    destinations: [destination(), hubspot],
    notices: [
      notice({
        discloses: { ga4: disclosure(), hubspot: disclosure({ purposes: ['marketing'], data: ['email'] }) },
      }),
    ],
    ...over,
  });

const consenting = (
  categories: Readonly<Record<string, boolean>>,
  over: Partial<ReceivedEvent> = {},
): ReceivedEvent =>
  received({
    ids: [{ system: 'ga', kind: 'client_id', value: '1837402915.1763900001', source: 'context' }],
    person: { email: 'ada@shop.example' },
    consent: noConsent({ consent: { categoryPreferences: categories } }),
    ...over,
  });

async function setUp(first: Snapshot = config()) {
  const time = { now: NOW };
  const clock = { now: () => time.now, monotonic: () => time.now };
  const log = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: () => undefined,
  };
  const { store, facts } = await openStore('memory:', { clock, log });
  const outbox = await Outbox.open({ store, facts });
  const current = { snapshot: first };
  const feed = decisionFeed();
  const ports: AcceptPorts = {
    context: () => ({
      ...explainContext(current.snapshot),
      saidSince: (subjects) => outbox.denials.standingOf(subjects),
    }),
    outbox,
    metrics: silent,
    feed,
    sharing: recordSharing(),
    clock,
  };
  const rechecking: RecheckContext = {
    snapshot: () => current.snapshot,
    clock,
    outbox,
    typeOf: destinationType,
    freshAt: () => time.now,
  };
  const claimed = async (name: string): Promise<Delivery> => {
    const [lease] = await outbox.claim({ destination: name, max: 1, leaseMs: 1000, now: time.now });
    if (lease === undefined || 'poison' in lease.item) throw new Error('nothing to claim');
    return lease.item;
  };
  return { time, store, outbox, ports, rechecking, current, claimed, feed };
}

test('what is permitted is kept for each destination that may have it', async (t) => {
  const { ports, store } = await setUp();
  await accept([consenting({ analytics: true, marketing: true })], ports);
  const { destinations } = await store.stats();
  t.is(destinations['ga4']?.pending, 1);
  t.is(destinations['hubspot']?.pending, 1);
});

test('an event with nothing permitted leaves nothing in the store', async (t) => {
  const { ports, store, feed } = await setUp();
  t.deepEqual(await accept([consenting({})], ports), { accepted: 0, duplicates: 0 });
  t.deepEqual(await store.find({ state: 'pending' }), []);
  t.deepEqual(await store.entries({}), []);
  t.deepEqual(
    feed.recent().map(({ decision }) => decision.verdict),
    ['block', 'block'],
  );
});

test('a batch of several people becomes an admission each', async (t) => {
  const { ports, store } = await setUp();
  const other = {
    ids: [{ system: 'ga', kind: 'client_id', value: '1999999999.1763900002', source: 'context' as const }],
    person: {},
  };
  await accept(
    [
      consenting({ analytics: true }),
      consenting({ analytics: true }, { ...other, messageId: 'message-0002' }),
      consenting({ analytics: true }, { messageId: 'message-0003' }),
    ],
    ports,
  );
  const found = await store.find({ state: 'pending' });
  t.is(found.length, 3);
  t.is(new Set(found.map(({ admission }) => admission)).size, 2);
});

test('the same message is taken once', async (t) => {
  const { ports, store } = await setUp();
  const event = consenting({ analytics: true });
  t.deepEqual(await accept([event], ports), { accepted: 1, duplicates: 0 });
  t.deepEqual(await accept([event], ports), { accepted: 1, duplicates: 1 });
  t.is((await store.stats()).destinations['ga4']?.pending, 1);
});

test('a later denial by the same person withholds what is queued', async (t) => {
  const { ports, claimed, rechecking, time } = await setUp();
  await accept([consenting({ analytics: true, marketing: true })], ports);
  time.now += 1000;
  await accept([consenting({ analytics: false, marketing: true }, { messageId: 'message-0002' })], ports);
  t.deepEqual(recheckDelivery(await claimed('ga4'), rechecking), {
    outcome: 'withheld',
    reason: 'withdrawn',
  });
  t.true('send' in recheckDelivery(await claimed('hubspot'), rechecking));
});

test('a denial by somebody else does not', async (t) => {
  const { ports, claimed, rechecking, time } = await setUp();
  await accept([consenting({ analytics: true })], ports);
  time.now += 1000;
  const other = {
    ids: [{ system: 'ga', kind: 'client_id', value: '1999999999.1763900002', source: 'context' as const }],
    person: {},
  };
  await accept([consenting({ analytics: false }, { ...other, messageId: 'message-0002' })], ports);
  t.true('send' in recheckDelivery(await claimed('ga4'), rechecking));
});

test('a no in the same request as a yes holds the yes back', async (t) => {
  const { ports, claimed, rechecking } = await setUp();
  await accept(
    [consenting({ analytics: true }), consenting({ analytics: false }, { messageId: 'message-0002' })],
    ports,
  );
  t.deepEqual(recheckDelivery(await claimed('ga4'), rechecking), {
    outcome: 'withheld',
    reason: 'withdrawn',
  });
});

test('consent that expires while it waits is not used', async (t) => {
  const givenAt = NOW - 364 * DAY;
  const { ports, claimed, rechecking, time } = await setUp(
    config({ notices: [notice({ from: givenAt - 1, discloses: { ga4: disclosure() } })] }),
  );
  await accept([consenting({ analytics: true }, { label: { notice: null, givenAt } })], ports);
  time.now += 2 * DAY;
  t.deepEqual(recheckDelivery(await claimed('ga4'), rechecking), {
    outcome: 'withheld',
    reason: 'consent_expired',
  });
});

test("a person field that today's route does not declare is taken out before sending", async (t) => {
  const { ports, claimed, rechecking, current } = await setUp();
  const event = consenting(
    { marketing: true },
    {
      ids: [{ system: 'hubspot', kind: 'utk', value: '9f0c1c0a6f2b4d7d8f2a1e3c5b7d9e0f', source: 'context' }],
    },
  );
  const kept = { ...hubspot, ids: { utk: 'keep' as const } };
  const discloses = { hubspot: disclosure({ purposes: ['marketing'], data: ['email', 'utk'] }) };
  current.snapshot = config({ destinations: [kept], notices: [notice({ discloses })] });
  await accept([event], ports);
  current.snapshot = config({ destinations: [{ ...kept, person: [] }], notices: [notice({ discloses })] });
  const checked = recheckDelivery(await claimed('hubspot'), rechecking);
  t.true('send' in checked);
  if ('send' in checked) t.deepEqual(checked.send.data.person, {});
});

test('what is queued for a destination that is gone is dropped', async (t) => {
  const { ports, claimed, rechecking, current } = await setUp();
  await accept([consenting({ analytics: true })], ports);
  current.snapshot = config({ destinations: [hubspot] });
  t.deepEqual(recheckDelivery(await claimed('ga4'), rechecking), {
    outcome: 'dropped',
    reason: 'destination_gone',
  });
});

test('a withdrawn record finds what was queued under it, without any id cookie', async (t) => {
  const signed = config({ sites: [site({ consent: ['record'], cookies: false })] });
  const { ports, claimed, rechecking, outbox, time } = await setUp(signed);
  const { records, keys } = explainContext(signed);
  const token = records.issue({
    id: 'r-1',
    site: 'shop',
    notice: '2026-05',
    givenAt: NOW - DAY,
    purposes: { analytics: true },
  });
  await accept([consenting({}, { consent: noConsent({ consent: { record: token } }) })], ports);
  time.now += 1000;
  await outbox.denials.deny(keys.subjectDigest('record', 'r-1').all, ['ga4'], time.now);
  t.deepEqual(recheckDelivery(await claimed('ga4'), rechecking), {
    outcome: 'withheld',
    reason: 'withdrawn',
  });
});

test('a label that names no notice of the file does not rest as it came', async (t) => {
  const { ports, claimed } = await setUp(config({ sites: [site({ consent: ['record'] })] }));
  const label = { notice: 'jan@shop.example', givenAt: NOW - DAY };
  const record = { notice: '2026-05', givenAt: NOW - DAY, purposes: { analytics: true } };
  await accept([consenting({}, { consent: noConsent({ consent: { record } }), label })], ports);
  const { facts } = await claimed('ga4');
  t.false(JSON.stringify(facts).includes('jan'));
  t.is(facts.consent.label?.givenAt, NOW - DAY);
});

test('a signed record that many clients present is counted as shared', async (t) => {
  const signed = config({ sites: [site({ consent: ['record'] })] });
  const { ports } = await setUp(signed);
  const record = explainContext(signed).records.issue({
    id: 'r-1',
    site: 'shop',
    notice: '2026-05',
    givenAt: NOW - DAY,
    purposes: { analytics: true },
  });
  const results: string[] = [];
  const metrics = {
    ...silent,
    consentSignal: (_format: string, result: string) => void results.push(result),
  };
  const events = Array.from({ length: 7 }, (_, index) =>
    consenting(
      {},
      {
        messageId: `message-${index}`,
        ids: [{ system: 'ga', kind: 'client_id', value: `183740291${index}.1763900001`, source: 'context' }],
        consent: noConsent({ consent: { record } }),
      },
    ),
  );
  await accept(events, { ...ports, metrics });
  t.deepEqual(
    results.filter((each) => each === 'shared'),
    ['shared', 'shared'],
  );
});

/** Five people's events, each of which takes six of the ten ms that are judged in a row. */
const dear = () =>
  Array.from({ length: 5 }, (_, index) =>
    consenting(
      { analytics: index < 4, marketing: false },
      {
        messageId: `message-${index}`,
        person: { email: 'ada@shop.example' },
        ids: [{ system: 'ga', kind: 'client_id', value: `183740291${index}.1763900001`, source: 'context' }],
      },
    ),
  );

test('a request that is dear to judge lets others have their turn, and is kept whole', async (t) => {
  const { ports, store, time } = await setUp();
  const clock = { now: () => NOW, monotonic: () => (time.now += 6) };
  const turns: string[] = [];
  const other = setInterval(() => turns.push('other'), 0);
  const appending = accept(dear(), { ...ports, clock }).finally(() => clearInterval(other));
  await new Promise((resolve) => setTimeout(resolve, 2));
  t.deepEqual(await appending, { accepted: 4, duplicates: 0 });
  t.true(turns.length > 0);
  t.is((await store.find({ state: 'pending' })).length, 4);
});

test('if a part of it cannot be kept the request fails, and sending it again keeps each event once', async (t) => {
  const { ports, store, outbox, time } = await setUp();
  const clock = { now: () => NOW, monotonic: () => (time.now += 6) };
  let appends = 0;
  const failing = Object.assign(Object.create(outbox) as Outbox, {
    accept: async (...given: Parameters<Outbox['accept']>) => {
      appends += 1;
      if (appends === 2) throw new Error('the disk is full');
      return outbox.accept(...given);
    },
  });
  await t.throwsAsync(accept(dear(), { ...ports, clock, outbox: failing }), { message: 'the disk is full' });
  t.is(appends, 2);
  t.is((await store.find({ state: 'pending' })).length, 2);
  t.deepEqual(await accept(dear(), { ...ports, clock }), { accepted: 4, duplicates: 2 });
  t.is((await store.find({ state: 'pending' })).length, 4);
});

test('a no at the end of it holds back what was queued at its beginning', async (t) => {
  const { ports, time, rechecking, claimed } = await setUp();
  const clock = { now: () => NOW, monotonic: () => (time.now += 6) };
  await accept(dear(), { ...ports, clock });
  t.deepEqual(recheckDelivery(await claimed('ga4'), { ...rechecking, clock }), {
    outcome: 'withheld',
    reason: 'withdrawn',
  });
});
