// A row of the ledger says once what most events have in common, and is read back as what was told; so are rows from before.

import test from 'ava';
import { LedgerText } from '../../src/store/ledger.ts';
import type { Entry } from '../../src/store/ledger.ts';
import { decodeEntries } from '../../src/store/ledgerEntries.ts';

const AT = 1_764_000_000_000;

const entry = (more: Partial<Entry> = {}): Entry => ({
  admission: 'a1',
  event: 'e1',
  site: 'shop',
  name: 'purchase',
  destination: 'ga4',
  step: 'admitted',
  reasons: ['permitted'],
  fields: ['page.url', 'ids.ga.client_id'],
  config: 'c1',
  ...more,
});

function written(entries: readonly Entry[]): string {
  const ledger = new LedgerText();
  ledger.add(entries);
  return ledger.toString();
}

const read = (entries: string, query: Parameters<typeof decodeEntries>[1] = {}) =>
  decodeEntries({ id: 1, at: AT, entries }, query);

const VARIED: readonly Entry[] = [
  entry(),
  entry({ destination: 'hubspot', fields: ['page.url', 'person.email'] }),
  entry({ event: 'e2', name: 'page_view' }),
  entry({ event: 'e2', name: 'page_view', destination: 'hubspot', reasons: ['anonymous'] }),
  entry({ admission: 'a2', event: 'e3', site: 'blog' }),
  entry({ admission: 'a2', event: 'e4', config: 'c2' }),
  entry({ admission: 'a3', event: 'e5', step: 'rejected', reasons: ['http_400'], fields: [] }),
  entry({ admission: 'a3', event: 'e5', step: 'delivered', reasons: [], fields: [] }),
];

test('what was told is read back, newest first', (t) => {
  t.deepEqual(read(written(VARIED)), VARIED.map((one) => ({ at: AT, ...one })).reverse());
});

test('of which only what the query asks for', (t) => {
  const text = written(VARIED);
  t.deepEqual(
    read(text, { destination: 'hubspot' }).map(({ event }) => event),
    ['e2', 'e1'],
  );
  t.deepEqual(
    read(text, { event: 'e5' }).map(({ step }) => step),
    ['delivered', 'rejected'],
  );
  t.deepEqual(read(text, { since: AT + 1 }), []);
  t.deepEqual(read(text, { until: AT - 1 }), []);
});

test('what events have in common is written once, however many they are', (t) => {
  const some = (count: number): readonly Entry[] =>
    Array.from({ length: count }, (_, index) => [
      entry({ admission: `a${index}`, event: `e${index}` }),
      entry({ admission: `a${index}`, event: `e${index}`, destination: 'meta', fields: ['items'] }),
    ]).flat();
  const text = written(some(100));
  t.is(text.split('"ga4"').length, 2);
  t.is(text.split('"page.url"').length, 2);
  t.true((text.length - written(some(10)).length) / 90 < 40, 'bytes for each further event');
});

test('events of several kinds that alternate have it written once for each kind and destination', (t) => {
  const kinds = Array.from({ length: 10 }, (_, kind) => [`params.p${kind}`]);
  const some = Array.from({ length: 200 }, (_, index) =>
    ['ga4', 'hubspot', 'meta', 'webhook'].map((destination) =>
      entry({ event: `e${index}`, destination, fields: kinds[index % 10] ?? [] }),
    ),
  ).flat();
  t.is(written(some).split('"webhook"').length - 1, 10);
});

test('events that have little in common are told all the same', (t) => {
  const many = Array.from({ length: 200 }, (_, index) =>
    entry({ event: `e${index}`, fields: [`params.p${index % 70}`] }),
  );
  t.deepEqual(read(written(many)), many.map((one) => ({ at: AT, ...one })).reverse());
});

test('rows from before are read', (t) => {
  const names = ['page.url', 'ids.ga.client_id'];
  const lines = [
    ['e1', 'purchase', 'ga4', 'admitted', ['permitted'], [0, 1]],
    ['e1', 'purchase', 'hubspot', 'withheld', ['objected'], []],
  ];
  const groups = [{ admission: 'a1', site: 'shop', config: 'c1', lines }];
  t.deepEqual(read(JSON.stringify({ names, groups })), [
    {
      at: AT,
      ...entry({ destination: 'hubspot', step: 'withheld', reasons: ['objected'], fields: [] }),
    },
    { at: AT, ...entry() },
  ]);
  t.deepEqual(
    read(JSON.stringify({ names, groups: [...groups, { admission: 'a2', lines: [['e2']] }] })).length,
    2,
  );
});

test('what is damaged has no entries, and hides no others', (t) => {
  for (const text of [
    '',
    '{',
    'null',
    '[]',
    '{}',
    '{"names":[],"told":{},"groups":[]}',
    '{"names":[1],"groups":[]}',
  ])
    t.deepEqual(read(text), [], text);
  const row: { told: unknown[]; groups: unknown[] } = JSON.parse(written(VARIED));
  const all = read(written(VARIED));
  const [first] = row.told;
  const without = read(
    JSON.stringify({ ...row, told: [['shop', 'c1', 'ga4', 'no such step', [], []], ...row.told.slice(1)] }),
  );
  t.true(without.length > 0 && without.length < all.length);
  t.deepEqual(
    read(JSON.stringify({ ...row, told: [first], groups: [['a9', ['e9', 'purchase', 0, 7, -1]], 'a8'] })),
    [{ at: AT, ...entry({ admission: 'a9', event: 'e9' }) }],
  );
});
