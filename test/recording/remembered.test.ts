// What is remembered from one recording to the next changes nothing but time: whoever comes first, and under whatever rules.

import test from 'ava';
import type { RecordingRules } from '../../src/core/recording.ts';
import { cleaned, rules, upload } from './captures.ts';

/** Attributes of every kind that is remembered, with a word that nobody used before. */
const page = (word: string): string =>
  upload(
    [],
    [
      [10, 5, 2, 'HTML', 'lang=de', 3, 2, 'BODY', `class=${word} card`, `id=id-${word}`],
      [11, 6, 4, 3, 'A', `href=https://other.example/${word}/x?page=${word}`, `data-${word}=1`, 5, 4, '*T', `Hallo ${word}`],
      [12, 6, 6, 3, 'DIV', 'style=color: red; --gap: 1px', 'width=100', `class=card ${word}`],
      [13, 6, 7, 3, 'INPUT', `placeholder=${word}`, `value=${word}`, `type=${word}`, 8, 3, '*D', 'width=100', 'name=html'],
    ],
  ); // prettier-ignore

/** As in a routing file, where each is one list: what is remembered of addresses belongs to it. */
const SITE: readonly string[] = ['https://shop.example'];
const OTHER: readonly string[] = ['https://other.example'];

const WAYS: readonly ((word: string) => RecordingRules)[] = [
  () => rules({ origins: SITE }),
  () => rules({ origins: SITE, text: 'balanced', query: ['page'] }),
  () => rules({ origins: OTHER, text: 'balanced' }),
  (word) => rules({ origins: SITE, text: 'balanced', known: [['ga.client_id', word]] }),
  (word) => rules({ origins: SITE, query: ['page'], known: [['site.user_id', word]] }),
];

/** By the number of the way; the word of each order is as long as any other and looked at as the same. */
function outcomes(word: string, order: readonly number[]): readonly string[] {
  const told: string[] = [];
  for (const way of order) {
    const given = WAYS[way]?.(word) ?? rules();
    const { body, remarks } = cleaned(page(word), given);
    told[way] = `${String(body)} ${JSON.stringify(remarks)}`.replaceAll(word, 'WORD');
  }
  return told;
}

test('an upload is cleaned the same whatever was cleaned before it under other rules', (t) => {
  const first = outcomes('quittenbaum', [0, 1, 2, 3, 4]);
  t.is(new Set(first).size, WAYS.length, 'each way has its own outcome');
  t.deepEqual(outcomes('mispelbaums', [4, 3, 2, 1, 0]), first);
  t.deepEqual(outcomes('holunderweg', [2, 4, 1, 0, 3]), first);
  t.deepEqual(outcomes('holunderweg', [0, 1, 2, 3, 4]), first, 'and again');
});

test('an id of the visitor is found in what was remembered of visitors whose id it is not', (t) => {
  outcomes('schlehdorns', [0, 1, 2]);
  for (const way of [3, 4]) {
    const given = WAYS[way]?.('schlehdorns') ?? rules();
    const { body } = cleaned(page('schlehdorns'), given);
    t.truthy(body);
    t.false(String(body).includes('schlehdorns'));
  }
});

test('a token that is no attribute is none, even where it is the name of one before it', (t) => {
  const event = [
    10,
    5,
    2,
    'HTML',
    'lang=de',
    3,
    2,
    'BODY',
    'data-x=1',
    'data-x',
    'class',
    'class=a',
    'data-y',
  ];
  const { body } = cleaned(upload([], [event]));
  const { p } = JSON.parse(body ?? '') as { readonly p: readonly unknown[] }; // what was just cleaned
  t.deepEqual(p, [[10, 5, 2, 'HTML', 'lang=de', 3, 2, 'BODY', 'data-x=', 'class=a']]);
});
