// What is remembered of texts and pages never decides about another event: its own values are looked for all the same.

import test from 'ava';
import { scanEvent } from '../../src/detect/event.ts';
import { needlesOfValues } from '../../src/detect/needles.ts';
import { ScanMemory, scanAnew } from '../../src/detect/scan.ts';
import { received } from '../support/events.ts';
import { site } from '../support/snapshot.ts';

const shop = site();
const visitor = (value: string, url = 'https://shop.example/') =>
  scanEvent(
    received({
      ids: [{ system: 'site', kind: 'user_id', value, source: 'protocol' }],
      page: { url, title: null, referrer: null },
    }),
    shop,
  );

test('a text is judged by each event’s own values, whichever came first', (t) => {
  const text = 'Boots for rotterdam';
  t.deepEqual(visitor('somebody').text(text), []);
  t.deepEqual(visitor('rotterdam').text(text), [{ kind: 'carried', start: 10, end: 19 }]);
  t.deepEqual(visitor('somebody-else').text(text), []);
});

test('scans that are asked by turns keep their own values', (t) => {
  const [one, other] = [visitor('haarlem'), visitor('zutphen')];
  for (const [text, inOne, inOther] of [
    ['from haarlem', 1, 0],
    ['to zutphen', 0, 1],
    ['haarlem or zutphen', 1, 1],
    ['base64 emFub3RoZXI and others', 0, 0],
    [Buffer.from('from zutphen').toString('base64'), 0, 1],
  ] as const) {
    t.is(one.text(text).length, inOne, text);
    t.is(other.text(text).length, inOther, text);
  }
});

test('values of two characters are looked for, too', (t) => {
  t.is(visitor('zq').text('a zq b').length, 1);
  t.is(visitor('qz').text('a zq b').length, 0);
});

test('a page that was clean for one visitor is cleaned of another’s values, and clean again for the next', (t) => {
  const url = 'https://shop.example/p/apeldoorn?utm_source=mail';
  const cleaned = (value: string) => visitor(value, url).page([]).url.value;
  t.is(cleaned('somebody'), url);
  t.is(cleaned('apeldoorn'), 'https://shop.example/p/:id?utm_source=mail');
  t.is(cleaned('somebody-else'), url);
});

test('a page keeps what each route lists, and an absent address is no empty one', (t) => {
  const scan = visitor('somebody', 'https://shop.example/p?step=3&color=red');
  t.is(scan.page([]).url.value, 'https://shop.example/p');
  t.is(scan.page(['step']).url.value, 'https://shop.example/p?step=3');
  t.is(
    visitor('x1', 'https://shop.example/p?step=3&color=red').page(['color']).url.value,
    'https://shop.example/p?color=red',
  );
  const absent = scanEvent(received({ page: { url: null, title: null, referrer: null } }), shop);
  const empty = scanEvent(received({ page: { url: '', title: null, referrer: null } }), shop);
  t.deepEqual(absent.page([]).url.rules, []);
  t.deepEqual(empty.page([]).url.rules, ['default_deny']);
});

test('a memory of one’s own answers like the scan itself, for every visitor', (t) => {
  const memory = new ScanMemory(4, 64);
  const needles = [
    null,
    needlesOfValues([['site.user_id', 'haarlem']]),
    needlesOfValues([['site.user_id', 'zutphen']]),
  ];
  for (let round = 0; round < 3; round++)
    for (const text of [
      'from haarlem',
      'zutphen.',
      'mail jan@mail.example',
      'plain',
      'emFub3RoZXI',
      'haarlem '.repeat(20),
    ])
      for (const known of needles) t.deepEqual(memory.scan(text, known), scanAnew(text, known), text);
});
