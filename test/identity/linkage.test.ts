// The last gate: no two destinations hold one identifying value unless it came as a permitted link.

import test from 'ava';
import * as fc from 'fast-check';
import type { PermittedData } from '../../src/core/permitted.ts';
import { joinable } from '../../src/identity/linkage.ts';
import { permittedData } from '../support/events.ts';

const data = (destination: string, over: Parameters<typeof permittedData>[0] = {}) =>
  permittedData({ destination, key: `key-of-${destination}`, ids: {}, ...over });

test('destinations that share nothing pass', (t) => {
  t.deepEqual(
    [
      ...joinable([
        data('a', { ids: { 'ga.client_id': 'aaaaaa' } }),
        data('b', { ids: { 'meta.fbp': 'bbbbbb' } }),
      ]),
    ],
    [],
  );
});

test('the later of two that share an id, key or wire field is refused, whatever its case', (t) => {
  const first = data('a', { ids: { 'ga.client_id': 'Shared-1' } });
  t.deepEqual([...joinable([first, data('b', { ids: { 'x.conversion_id': 'shared-1' } })])], ['b']);
  t.deepEqual([...joinable([first, data('b', { key: 'Shared-1' })])], ['b']);
  t.deepEqual(
    [...joinable([first, data('b', { wire: { protocol: 'gtag', fields: { a: 'Shared-1' } } })])],
    ['b'],
  );
});

test('a third destination is measured against those that pass', (t) => {
  const ids = { 'ga.client_id': 'Shared-1' };
  t.deepEqual(
    [
      ...joinable([
        data('a', { ids }),
        data('b', { ids }),
        data('c', { ids: { 'meta.fbp': 'other-1' } }),
        data('d', { ids }),
      ]),
    ],
    ['b', 'd'],
  );
});

test('a permitted link may be what its destination holds', (t) => {
  const a = data('a', { ids: { 'ga.client_id': 'Shared-1' } });
  const b = data('b', { links: { ga_client_id: 'Shared-1' } });
  t.deepEqual([...joinable([a, b])], []);
  t.deepEqual([...joinable([b, a])], []);
  t.deepEqual([...joinable([b, a, data('c', { ids: { 'x.twclid': 'Shared-1' } })])], ['c']);
});

test('five characters join nobody', (t) => {
  const ids = { 'clarity.user_id': 'abcde' };
  t.deepEqual([...joinable([data('a', { ids }), data('b', { ids })])], []);
});

/** What the rules say, value by value. */
function refusedBy(rules: readonly PermittedData[]): readonly string[] {
  const held = new Map<string, readonly string[]>();
  const refused: string[] = [];
  for (const { destination, key, ids, wire } of rules) {
    const own = Object.entries(ids).filter(([name]) => name !== 'site.user_id');
    const values = [key, ...own.map(([, value]) => value), ...Object.values(wire?.fields ?? {})]
      .filter((value) => value.length >= 6)
      .map((value) => value.toLowerCase());
    const joins = values.some((value) => [...held.values()].some((others) => others.includes(value)));
    if (joins) refused.push(destination);
    else held.set(destination, values);
  }
  return refused;
}

/** Alike in length, case and all but one character; beyond ASCII lower case is longer, or is a letter of ASCII. */
const value = fc.oneof(
  fc.constantFrom(
    'shared-1',
    'SHARED-1',
    'shared-2',
    'ABC[12',
    'abc{12',
    'short',
    '\u0130abcde',
    'i\u0307abcde',
    '\u212Aelvin',
    'kelvin',
  ),
  fc.stringMatching(/^[a-dA-D@`]{6}$/),
);
const few = (names: readonly string[]) => fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 2 });

test('whatever several destinations hold, those are refused that the rules refuse', (t) => {
  const held = fc.record({
    key: value,
    ids: few(['ga.client_id', 'meta.fbp', 'site.user_id']),
    links: few(['ga_client_id', 'account']),
    wire: fc.option(
      few(['a', 'b']).map((fields) => ({ protocol: 'gtag', fields })),
      { nil: null },
    ),
  });
  fc.assert(
    fc.property(fc.array(held, { maxLength: 5 }), (all) => {
      const given = all.map((over, at) => data(`destination-${at}`, over));
      t.deepEqual([...joinable(given)], refusedBy(given));
    }),
    { numRuns: 3000 },
  );
});

test('many destinations that share nothing pass, and one that shares is found among them', (t) => {
  const many = Array.from({ length: 100 }, (_, at) => data(`destination-${at}`));
  t.deepEqual([...joinable(many)], []);
  t.deepEqual([...joinable([...many, data('last', { key: 'key-of-destination-7' })])], ['last']);
});
