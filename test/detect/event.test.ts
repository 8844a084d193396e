// Values that an event carries are found wherever else they stand, in every form they could take.

import { createHash } from 'node:crypto';
import test from 'ava';
import { scanEvent } from '../../src/detect/event.ts';
import { received } from '../support/events.ts';
import { site } from '../support/snapshot.ts';

const event = received({
  messageId: 'message-0001',
  ids: [
    { system: 'site', kind: 'user_id', value: '42', source: 'protocol' },
    { system: 'clarity', kind: 'user_id', value: 'lrr4fn', source: 'cookie' },
    { system: 'ga', kind: 'client_id', value: '1837402915.1763900001', source: 'protocol' },
    { system: 'site', kind: 'order_id', value: '100234', source: 'protocol' },
  ],
  otherIds: [{ system: 'ga', kind: 'client_id', value: '555111222.1763900002', source: 'cookie' }],
  person: {
    email: 'Jan.Jansen@mail.example',
    phone: '+31 6 1234 5678',
    first_name: 'Jan',
    last_name: 'de Vries',
    city: 'Delft',
    gender: 'male',
    region: 'ZH',
  },
  ip: '203.0.113.9',
});
const scan = scanEvent(event, site());
const found = (text: string): boolean => scan.text(text).length > 0;
const digest = (algorithm: string, text: string, encoding: 'hex' | 'base64'): string =>
  createHash(algorithm).update(text).digest(encoding);

const CARRIED = [
  'lrr4fn',
  'LRR4FN',
  'user lrr4fn!',
  'x%6crr4fn',
  Buffer.from('{"u":"lrr4fn"}').toString('base64'),
  '1837402915',
  '1763900001',
  '555111222',
  'order 100234',
  'message-0001',
  'Welcome Jan',
  'mr. de vries',
  'jan.jansen',
  'de-vries',
  'shop in Delft',
  '31612345678',
  '612 34 56 78'.replaceAll(' ', ''),
  '203.0.113.9',
];

for (const text of CARRIED) test(`a carried value is found in \`${text}\``, (t) => t.true(found(text)));

for (const text of ['size 42', '1002345', 'Janssen', 'male', 'ZH', 'January', 'Delfts blauw'])
  test(`no carried value is seen in \`${text}\``, (t) => t.false(found(text)));

for (const algorithm of ['md5', 'sha1', 'sha256']) {
  for (const encoding of ['hex', 'base64'] as const) {
    test(`${algorithm} digests in ${encoding} of carried values are told as such`, (t) => {
      for (const value of [
        'jan.jansen@mail.example',
        'Jan.Jansen@mail.example',
        '42',
        '31612345678',
        'lrr4fn',
      ])
        t.deepEqual(
          scan.text(`h ${digest(algorithm, value, encoding)}`).map(({ kind }) => kind),
          ['carried'],
          value,
        );
    });
  }
}

test('digests are found whatever letters they happen to be made of', (t) => {
  for (let number = 0; number < 600; number += 1) {
    const value = `visitor-${number}`;
    const ids = [{ system: 'woopra', kind: 'cookie', value, source: 'protocol' as const }];
    const { text } = scanEvent(received({ ids }), site());
    const base64 = createHash('md5').update(value).digest('base64url');
    t.true(text(`h ${base64}`).length > 0, base64);
  }
});

test('also those that look most like words: no digit and few capitals', (t) => {
  const wordy = /^(?!(?:.*[A-Z]){6})(?=.*[A-Z])[A-Za-z]{22}$/;
  let met = 0;
  for (let number = 0; number < 40_000; number += 1) {
    const value = `visitor-${number}`;
    const base64 = createHash('md5').update(value).digest('base64url');
    if (!wordy.test(base64)) continue;
    met += 1;
    const ids = [{ system: 'woopra', kind: 'cookie', value, source: 'protocol' as const }];
    const { text } = scanEvent(received({ ids }), site());
    t.true(text(`${base64}==`).length > 0, base64);
    t.true(text(`/shop/boots/${base64}%3D%3D`).length > 0, base64);
  }
  t.true(met > 3, `met ${met}`);
});

test('an id of two digits counts only where a name says what it is', (t) => {
  t.true(scan.named('customer', '42').length > 0);
  t.true(scan.named('uid', '42').length > 0);
  t.deepEqual(scan.named('size', '42'), []);
  t.true(found('?uid=42'));
});

test('a value under two systems is shared, under one it is not', (t) => {
  const twice = scanEvent(
    received({
      ids: [
        { system: 'ga', kind: 'client_id', value: 'Same-Value', source: 'protocol' },
        { system: 'meta', kind: 'external_id', value: 'same-value', source: 'context' },
        { system: 'site', kind: 'user_id', value: 'other', source: 'protocol' },
        { system: 'site', kind: 'anonymous_id', value: 'other', source: 'protocol' },
      ],
    }),
    site(),
  );
  t.true(twice.shared('same-value'));
  t.false(twice.shared('other'));
});

test('an address that was cleaned for one route is cleaned anew for another', (t) => {
  const own = scanEvent(
    received({ page: { url: 'https://shop.example/a?size=42&utm_source=x', title: null, referrer: null } }),
    site(),
  );
  t.is(own.page([]).url.value, 'https://shop.example/a?utm_source=x');
  t.is(own.page(['size']).url.value, 'https://shop.example/a?size=42&utm_source=x');
});
