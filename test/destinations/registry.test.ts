// The registry and what each entry promises: ids and person fields that exist, settings that stay out of the way of the keys
// all destinations have, secrets that do not print, batches as large as the vendor takes.

import test from 'ava';
import { z } from 'zod';
import { identifierKind } from '../../src/core/identifiers.ts';
import { Secret } from '../../src/core/secret.ts';
import { DESTINATION_TYPES, destinationType } from '../../src/destinations/index.ts';
import { permittedData } from '../support/events.ts';
import { NOW } from '../support/snapshot.ts';
import { build, prepare } from './cases.ts';

/** Keys of every destination in the routing file; a setting of the same name would never be seen. */
const COMMON =
  /^(?:type|enabled|requires|sites|events|params|query|ids|person|links|vendor|whenDenied|onUncertain|decides|transfer|endpoint|timeout|concurrency|rate|retry|deadLetters)$/;

test('types have names of their own and are found by them', (t) => {
  t.is(new Set(DESTINATION_TYPES.map(({ type }) => type)).size, DESTINATION_TYPES.length);
  for (const entry of DESTINATION_TYPES) t.is(destinationType(entry.type)?.type, entry.type);
  t.is(destinationType('constructor'), undefined);
});

for (const entry of DESTINATION_TYPES) {
  test(`${entry.type} carries ids of its own system or of the site only`, (t) => {
    for (const id of entry.ids) {
      const kind = identifierKind(id);
      t.truthy(kind, id);
      t.true(kind?.system === entry.system || kind?.system === 'site', id);
    }
    if (entry.standIn !== null) t.true(entry.ids.includes(entry.standIn));
  });

  test(`${entry.type} has settings that a routing file can hold and an editor can know`, (t) => {
    const schema = z.toJSONSchema(entry.settings, { io: 'input' });
    for (const name of Object.keys(schema.properties ?? {})) t.notRegex(name, COMMON);
    t.is(schema.additionalProperties, false);
  });
}

test('secrets are taken as text or as secrets, and never print', (t) => {
  for (const secret of ['hidden-value', new Secret('hidden-value')]) {
    const { entry, settings } = prepare('meta', { pixelId: 1, accessToken: secret });
    t.false(JSON.stringify(settings).includes('hidden-value'));
    const built = build(
      prepare('meta', { pixelId: 1, accessToken: secret }),
      [permittedData({ ids: { 'meta.fbp': 'fb.1.1763899000123.1' } })],
      NOW,
    );
    t.false(JSON.stringify(built).includes('hidden-value'));
    t.is(entry.type, 'meta');
  }
});

const WRONG: readonly (readonly [string, unknown, RegExp])[] = [
  ['ga4', { measurementId: 'G-ABC123', transport: 'mp' }, /apiSecret/],
  ['ga4', { measurementId: 'UA-1' }, /measurementId/],
  [
    'hubspot',
    { portalId: 1, accessToken: 't', forms: { lead: '6f7a3c1e-2b1d-4c55-9d1e-0a1b2c3d4e5f' } },
    /consentText/,
  ],
  ['hubspot', { portalId: 1, accessToken: 't', forms: { lead: 'x' }, consentText: 'Yes' }, /forms/],
  ['x', { pixelId: 'o8z6j' }, /oauth1/],
  [
    'x',
    {
      pixelId: 'o8z6j',
      pixelToken: 't',
      oauth1: { consumerKey: 'a', consumerSecret: 'b', token: 'c', tokenSecret: 'd' },
    },
    /oauth1/,
  ],
  ['http', { url: 'ftp://shop.example', secret: 's' }, /url/],
  ['http', { url: 'https://shop.example', secret: 's', headers: { authorization: 'x' } }, /headers/],
  [
    'http',
    { url: 'https://shop.example', secret: 's', headers: { 'x-forwarded-for': '192.0.2.1' } },
    /headers/,
  ],
  ['log', { level: 'info' }, /level/],
];
for (const [index, [type, settings, path]] of WRONG.entries()) {
  test(`settings ${index}: ${type} refuses them and names ${String(path)}`, (t) => {
    const found = destinationType(type)?.settings.safeParse(settings);
    t.false(found?.success);
    t.regex(JSON.stringify(found?.error?.issues), path);
  });
}

const many = (count: number, over: Parameters<typeof permittedData>[0]) =>
  Array.from({ length: count }, (_, index) =>
    permittedData({ params: {}, items: [], ...over, key: `key-${index}` }),
  );
const sizes = (type: string, settings: unknown, data: readonly ReturnType<typeof permittedData>[]) =>
  build(prepare(type, settings), data, NOW).requests.map(({ events }) => events.length);

test('batches are as large as the vendor takes, and no larger', (t) => {
  const mp = { measurementId: 'G-ABC123', apiSecret: 's' };
  t.deepEqual(sizes('ga4', mp, many(60, {})), [25, 25, 10]);
  t.deepEqual(sizes('ga4', { measurementId: 'G-ABC123' }, many(30, {})), [25, 5]);
  const hubspot = { portalId: 1, accessToken: 't' };
  t.deepEqual(sizes('hubspot', hubspot, many(501, { ids: { 'hubspot.utk': 'f'.repeat(32) } })), [500, 1]);
  const people = many(101, { type: 'identify' }).map((one, index) => ({
    ...one,
    person: { email: `p${index}@example.com` },
  }));
  t.deepEqual(sizes('hubspot', hubspot, people), [100, 1]);
  t.deepEqual(
    sizes(
      'meta',
      { pixelId: 1, accessToken: 't' },
      many(1001, { name: 'login', ids: { 'meta.fbp': 'fb.1.1763899000123.1' } }),
    ),
    [1000, 1],
  );
  const x = { pixelId: 'o8z6j', pixelToken: 't', eventIds: { purchase: 'o87ne' } };
  t.deepEqual(sizes('x', x, many(501, { ids: { 'x.twclid': '2abcexample0000' } })), [500, 1]);
});

test('bytes split a batch before its count does, and an event that alone is too large is refused', (t) => {
  const items = (count: number) =>
    Array.from({ length: count }, () => ({ item_id: '\u20ac'.repeat(100), item_name: '\u20ac'.repeat(100) }));
  const mp = prepare('ga4', { measurementId: 'G-ABC123', apiSecret: 's' });
  const half = build(mp, many(4, { items: items(90) }), NOW);
  t.deepEqual(
    half.requests.map(({ events }) => events),
    [
      [0, 1],
      [2, 3],
    ],
  );
  for (const { body } of half.requests) t.true(Buffer.byteLength(body ?? '') <= 130_000);
  const beyond = Array.from({ length: 200 }, () =>
    Object.fromEntries(
      ['item_id', 'item_name', 'item_brand', 'item_category'].map((field) => [field, '\u20ac'.repeat(100)]),
    ),
  );
  t.deepEqual(build(mp, many(1, { items: beyond }), NOW).refused, [{ index: 0, code: 'too_large' }]);
});
