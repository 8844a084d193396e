// The last gate: no two destinations hold one identifying value unless it came as a permitted link.

import test from 'ava';
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
