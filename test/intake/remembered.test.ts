// Remembering must not show: same answers, bounded memory, nothing kept of texts that are no names.

import test from 'ava';
import { remembered } from '../../src/intake/remembered.ts';

/** Remembers lengths and counts how often one is worked out. */
function counting(most: number): { lengthOf: (text: string) => number; made: () => number } {
  let count = 0;
  const make = (text: string): number => {
    count += 1;
    return text.length;
  };
  return { lengthOf: remembered(make, { most, longest: 8 }), made: () => count };
}

test('works a text out once', (t) => {
  const { lengthOf, made } = counting(10);
  t.deepEqual([lengthOf('plan'), lengthOf('plan'), lengthOf('')], [4, 4, 0]);
  t.is(made(), 2);
});

test('forgets all when full, and goes on', (t) => {
  const { lengthOf, made } = counting(2);
  for (const text of ['a', 'bb', 'ccc', 'a', 'ccc']) t.is(lengthOf(text), text.length);
  t.is(made(), 4);
});

test('does not keep long texts', (t) => {
  const { lengthOf, made } = counting(10);
  t.deepEqual([lengthOf('123456789'), lengthOf('123456789')], [9, 9]);
  t.is(made(), 2);
});

test('tells halves of surrogate pairs from each other and from their replacement', (t) => {
  const codeOf = remembered((text) => text.charCodeAt(0));
  t.deepEqual(['\ud800', '\ud801', '\ufffd', '\ud800'].map(codeOf), [0xd800, 0xd801, 0xfffd, 0xd800]);
});
