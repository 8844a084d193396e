// Event names: Segment's spec names whatever their spelling, and everything else as words a vendor takes.

import * as fc from 'fast-check';
import test from 'ava';
import { EVENTS } from '../../src/core/vocabulary.ts';
import { snakeCase, trackName, wireName } from '../../src/intake/names.ts';

for (const [name, entry] of Object.entries(EVENTS))
  for (const segment of entry.segment)
    test(`\`${segment}\` is ${name}`, (t) => {
      t.is(trackName(segment), name);
      t.is(trackName(segment.toUpperCase()), name);
      t.is(trackName(segment.replaceAll(' ', '_').toLowerCase()), name);
    });

test('no Segment name means two events', (t) => {
  const names = Object.values(EVENTS).flatMap((entry) => entry.segment.map(snakeCase));
  t.is(new Set(names).size, names.length);
});

test('canonical names stay as they are', (t) => {
  for (const name of Object.keys(EVENTS)) {
    t.is(trackName(name), name);
    t.is(wireName(name), name);
  }
});

test('Google’s names keep their case, and are rewritten only if they cannot be names', (t) => {
  t.is(wireName('Tutorial_Begin'), 'Tutorial_Begin');
  t.is(wireName('Order Completed'), 'order_completed');
  t.is(wireName('_hidden'), 'hidden');
});

test('any text becomes a name', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      t.regex(trackName(text), /^[a-z][a-z0-9_]{0,39}$/);
      t.regex(wireName(text), /^[A-Za-z][A-Za-z0-9_]{0,39}$/);
    }),
  );
});

for (const name of [
  'Clicked anna.jansen4@shop.example',
  'Clicked anna.jansen4＠shop.example',
  'Clicked anna.jansen4%40shop.example',
  'Clicked anna.jansen4&#64;shop.example',
  'Seen as +31 6 5555 0199, thanks',
  'Seen (06) 5555-0199',
  'Seen 31655550199',
  'Seen_31655550199',
  'Seen ３１６５５５５０１９９',
])
  // In snake case, no scan would know an address or a number again.
  test(`\`${name}\` is no name, and nothing of it stays`, (t) => {
    t.is(trackName(name), 'custom_event');
    t.is(wireName(name), 'custom_event');
  });

for (const [name, written] of [
  ['Webinar 2026-11-25 joined', 'webinar_2026_11_25_joined'],
  ['Step 12 of 345', 'step_12_of_345'],
  ['404 shown', 'event_404_shown'],
] as const)
  test(`\`${name}\` is a name`, (t) => {
    t.is(trackName(name), written);
  });

test('what nobody sees in a name does not cut its words', (t) => {
  t.is(snakeCase('Order\u00AD Completed'), 'order_completed');
  t.is(snakeCase('grou\u00ADp-VDOe\u200BDtb'), snakeCase('group-VDOeDtb'));
});
