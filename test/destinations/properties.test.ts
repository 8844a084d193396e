// Over arbitrary permitted data and arbitrary answers: every event ends in exactly one request or refusal, requests stay
// under the limits, consent fields say what the decision says, and what gtag sent comes back only by the allow-list.

import test from 'ava';
import * as fc from 'fast-check';
import { DESTINATION_TYPES } from '../../src/destinations/index.ts';
import { WIRE_FIELDS } from '../../src/destinations/ga4/collect.ts';
import { isObject, type Json } from '../../src/core/json.ts';
import type { PermittedData } from '../../src/core/permitted.ts';
import { PERSON_FIELDS } from '../../src/core/person.ts';
import { PARAMS, ITEM_FIELDS, EVENTS } from '../../src/core/vocabulary.ts';
import { permittedData } from '../support/events.ts';
import { DAY, NOW } from '../support/snapshot.ts';
import { build, findCases, prepare, readable } from './cases.ts';
import type { Prepared } from './cases.ts';

/** Settings worth trying: those of the type's own cases, so that a new type needs nothing here. */
const settingsOf = (type: string): readonly unknown[] => [
  ...new Map(
    findCases(type).map(({ content }) => [JSON.stringify(content.settings), content.settings]),
  ).values(),
];

/** Text of any kind: plain, any code point, and half characters. */
const text = fc.oneof(
  { weight: 4, arbitrary: fc.string({ maxLength: 12 }) },
  fc.string({ unit: 'binary', maxLength: 150 }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 30 })
    .map((units) => String.fromCharCode(...units)),
  fc.constantFrom('__proto__', 'constructor', '', 'jane@example.com', '+31612345678', 'a'.repeat(64), '1.10'),
);
const nullable = fc.option(text, { nil: null });
const scalar: fc.Arbitrary<Json> = fc.oneof(text, fc.double(), fc.integer(), fc.boolean(), fc.constant(null));
const name = (known: readonly string[]) =>
  fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...known) }, text);
const table = <T>(known: readonly string[], value: fc.Arbitrary<T>) =>
  fc.dictionary(name(known), value, { maxKeys: 8 });
const IDS = [...new Set(DESTINATION_TYPES.flatMap(({ ids }) => ids))];
const granted = fc.subarray(['analytics', 'marketing', 'profiling', 'email_marketing']);

const permitted: fc.Arbitrary<PermittedData> = fc
  .record({
    type: fc.constantFrom('track', 'page', 'identify'),
    name: fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...Object.keys(EVENTS)) }, text),
    key: fc.oneof({ weight: 4, arbitrary: fc.uuid() }, text),
    occurredAt: fc.oneof(
      { weight: 6, arbitrary: fc.integer({ min: NOW - 4 * DAY, max: NOW }) },
      fc.double(),
      fc.maxSafeInteger(),
    ),
    anonymous: fc.boolean(),
    ids: table(IDS, fc.oneof(text, fc.constantFrom('1.10', '2.10', '1763900001', 'fb.1.1763899000123.1'))),
    links: table(['ga_client_id', 'hubspot_contact_id'], text),
    person: table(PERSON_FIELDS, text),
    params: table(Object.keys(PARAMS), fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }))),
    items: fc.array(table(Object.keys(ITEM_FIELDS), scalar), { maxLength: 3 }),
    page: fc.record({ url: nullable, title: nullable, referrer: nullable }),
    campaign: table(['source', 'medium', 'name', 'term', 'content', 'id'], text),
    device: fc.record({
      language: nullable,
      category: nullable,
      country: fc.oneof(nullable, fc.constantFrom('NL', 'US')),
    }),
    traits: table(['plan', 'seats'], scalar),
    consent: granted.map((purposes) => ({
      purposes,
      adUserData: purposes.includes('marketing'),
      adPersonalization: purposes.includes('marketing') && purposes.includes('profiling'),
    })),
    wire: fc.option(
      fc.record({
        protocol: fc.constantFrom('gtag', 'segment'),
        fields: table(
          [...Object.keys(WIRE_FIELDS), 'cid', 'uid', '_uip', 'gcs', 'gcd', 'tid', 'dl', '_p'],
          text,
        ),
      }),
      { nil: null },
    ),
  })
  .map((over) => permittedData(over as Partial<PermittedData>)); // dictionaries of known and unknown names

const RUNS = { numRuns: 60 };

for (const { type, batch, calls } of DESTINATION_TYPES) {
  test(`${type}: every event ends in exactly one request or refusal, under the limits, and the same each time`, (t) => {
    for (const settings of settingsOf(type)) {
      const prepared = prepare(type, settings);
      fc.assert(
        fc.property(fc.array(permitted, { maxLength: 8 }), (data) => {
          const built = build(prepared, data, NOW);
          const seen = [
            ...built.requests.flatMap(({ events }) => events),
            ...built.refused.map(({ index }) => index),
          ];
          t.deepEqual(
            [...seen].sort((a, b) => a - b),
            [...data.keys()],
          );
          for (const request of built.requests) {
            t.true(request.events.length > 0 && request.events.length <= batch.events);
            t.true(Buffer.byteLength(request.body ?? '') <= batch.bytes);
            t.true(readable(request) !== null, 'bodies parse');
            t.false(request.url.includes('undefined') || (request.body ?? '').includes('"undefined"'));
          }
          for (const { code } of built.refused) t.regex(code, /^[a-z_]+$/);
          t.deepEqual(build(prepared, data, NOW), built);
        }),
        RUNS,
      );
    }
  });

  test(`${type}: what is placed on the way in is not refused for want of an identifier, and the other way round`, (t) => {
    for (const settings of settingsOf(type)) {
      const prepared = prepare(type, settings);
      fc.assert(
        fc.property(permitted, (data) => {
          const refused = build(prepared, [data], NOW).refused.some(({ code }) => code === 'no_identifier');
          if (prepared.entry.canPlace(data, prepared.settings)) t.false(refused);
          else t.is(build(prepared, [data], NOW).requests.length, 0);
        }),
        RUNS,
      );
    }
  });

  // What takes no events asks nothing that could be answered here.
  if (calls.every((call) => call === 'recording')) continue;

  test(`${type}: any answer means something for each event, in codes of ours`, (t) => {
    const choices = settingsOf(type).map((settings) => prepare(type, settings));
    const dataFor = ({ entry }: Prepared) =>
      [1, 2].map((n) =>
        permittedData({
          ids: {
            ...Object.fromEntries(entry.ids.map((name) => [name, '0123456789abcdef'])),
            'meta.fbp': 'fb.1.1763899000123.1',
          },
          key: `00000000-0000-4000-8000-00000000000${n}`,
        }),
      );
    const prepared = choices.find((each) => build(each, dataFor(each), NOW).requests.length > 0);
    const request = prepared && build(prepared, dataFor(prepared), NOW).requests[0];
    if (prepared === undefined || request === undefined) throw new Error('nothing was built');
    const words = fc.constantFrom(
      'error',
      'errors',
      'code',
      'category',
      'data',
      'conversions_processed',
      'events_received',
      'numErrors',
      'context',
    );
    const body = fc.oneof(
      text,
      fc.jsonValue().map((value) => JSON.stringify(value)),
      fc
        .dictionary(
          words,
          fc.oneof(scalar, fc.dictionary(words, scalar), fc.array(fc.dictionary(words, scalar))),
        )
        .map((value) => JSON.stringify(value)),
    );
    const headers = fc.dictionary(fc.constantFrom('retry-after', 'date', 'x-rate-limit-reset'), text);
    const status = fc.oneof(
      fc.integer({ min: 100, max: 599 }),
      fc.constantFrom(200, 204, 207, 400, 429, 503),
    );
    fc.assert(
      fc.property(fc.record({ status, headers, body }), (reply) => {
        const results = prepared.entry.read(reply, request);
        t.is(results.length, request.events.length);
        for (const result of results) {
          if (result.kind !== 'delivered') t.regex(result.code, /^[a-z0-9_]{1,80}$/);
          if (result.kind === 'throttled' && result.retryAfterMs !== null)
            t.true(result.retryAfterMs >= 0 && result.retryAfterMs <= DAY);
          if (reply.status >= 300 && prepared.entry.local === undefined) t.not(result.kind, 'delivered');
        }
      }),
      { numRuns: 200 },
    );
  });
}

const COLLECT_NAMES =
  /^(?:v|tid|cid|uid|sid|ul|gcs|gcd|npa|en|dl|dr|dt|_et|cu|c[smnck]|epn?\.[A-Za-z]\w{0,39}|upn?\.[A-Za-z]\w{0,23}|pr\d{1,3})$/;

test('ga4: a hit carries composed fields and listed wire fields only, and its consent is the decision', (t) => {
  const prepared = prepare('ga4', { measurementId: 'G-ABC123', transport: 'collect' });
  fc.assert(
    fc.property(permitted, (data) => {
      for (const request of build(prepared, [data], NOW).requests) {
        const { query, lines } = readable(request) as {
          query: Record<string, string>;
          lines: Record<string, string>[];
        }; // composed here
        const hit = { ...query, ...lines[0] };
        for (const [field, value] of Object.entries(hit)) {
          if (COLLECT_NAMES.test(field)) continue;
          t.true(WIRE_FIELDS[field]?.test(value), field);
          t.is(data.wire?.protocol, 'gtag');
          t.is(data.wire?.fields[field], value);
        }
        const { purposes, adUserData, adPersonalization } = data.consent;
        t.is(hit['cid'], data.ids['ga.client_id']?.toWellFormed());
        t.is(hit['tid'], 'G-ABC123');
        t.is(hit['gcs'], `G1${Number(adUserData)}${Number(purposes.includes('analytics'))}`);
        const letters = [2, 4, 6, 8].map((at) => hit['gcd']?.[at] === 'r');
        t.deepEqual(letters, [adUserData, purposes.includes('analytics'), adUserData, adPersonalization]);
        t.is(hit['npa'], adPersonalization ? '0' : '1');
      }
    }),
    { numRuns: 300 },
  );
});

test('ga4: the Measurement Protocol says the same of consent, and holds to its limits', (t) => {
  const prepared = prepare('ga4', { measurementId: 'G-ABC123', transport: 'mp', apiSecret: 'secret' });
  fc.assert(
    fc.property(permitted, (data) => {
      for (const request of build(prepared, [data], NOW).requests) {
        const body: unknown = JSON.parse(request.body ?? '');
        if (!isObject(body)) throw new Error('no object');
        t.deepEqual(body['consent'], {
          ad_user_data: data.consent.adUserData ? 'GRANTED' : 'DENIED',
          ad_personalization: data.consent.adPersonalization ? 'GRANTED' : 'DENIED',
        });
        if (!data.consent.adUserData) t.false('user_data' in body);
        const [event] = body['events'] as { params: Record<string, unknown> }[]; // built by the function under test
        const params = Object.entries(event?.params ?? {});
        t.true(params.length <= 25);
        for (const [param, value] of params) {
          t.regex(param, /^[A-Za-z]\w{0,39}$/);
          if (typeof value === 'string' && !param.startsWith('page_')) t.true(value.length <= 100);
        }
      }
    }),
    { numRuns: 200 },
  );
});

test('log: a line holds names and our own ids, never a value', (t) => {
  const prepared = prepare('log', {});
  const canary = 'Canary-8f31';
  fc.assert(
    fc.property(permitted, (data) => {
      const marked: PermittedData = {
        ...data,
        ids: { 'site.order_id': canary },
        links: { ga_client_id: canary },
        person: { email: `${canary}@example.com` },
        params: { coupon: canary },
        items: [{ item_id: canary }],
        page: { url: `https://shop.example/${canary}`, title: canary, referrer: canary },
        campaign: { source: canary },
        traits: { plan: canary },
      };
      for (const { body } of build(prepared, [marked], NOW).requests) t.false(body?.includes(canary));
    }),
    RUNS,
  );
});
