// The oracle of the browser tests, tested itself: it finds a secret in each form that one can take, and nothing where there is none.

import { createHash } from 'node:crypto';
import test from 'ava';
import { viewsOf } from './browser/expand.ts';
import { found } from './browser/oracle.ts';
import { IDS, TYPED } from './browser/secrets.ts';

const SECRET = TYPED.mirrored;
const { value } = SECRET;
const FIRST = value.slice(0, 3);
const bytes = (text: string, each: (code: number) => string): string =>
  Array.from(Buffer.from(text), each).join('');

const analysis = (...events: readonly unknown[]): string => JSON.stringify({ e: ['0.8.70', 1], a: events });
const clicked = (text: string): string => analysis([1, 9, text]);
const nodes = (...tokens: readonly unknown[]): string =>
  JSON.stringify({ e: ['0.8.70', 1], a: [], p: [[1, 6, ...tokens]] });
const base64 = (before: number): string =>
  clicked(Buffer.from(`${'x'.repeat(before)}${value}yy`).toString('base64'));
const digest = (algorithm: string, form: 'hex' | 'base64url'): string =>
  clicked(createHash(algorithm).update(value.toLowerCase()).digest(form));

const FORMS: Readonly<Record<string, string>> = {
  'as it is': clicked(`so ${value}!`),
  'its first keys': clicked(FIRST),
  'its first keys in a tag': analysis([1, 34, `x${FIRST}`, ['y']]),
  'percent-encoded twice': clicked(encodeURIComponent(encodeURIComponent(`:${value}`))),
  'percent-encoded letter by letter': clicked(bytes(FIRST, (code) => `%${code.toString(16)}`)),
  'escaped in JSON': clicked('?').replace(
    '?',
    bytes(FIRST, (code) => `\\u00${code.toString(16)}`),
  ),
  'escaped in HTML': clicked(bytes(FIRST, (code) => `&#${code};`)),
  'escaped in CSS': clicked(bytes(FIRST, (code) => `\\${code.toString(16)} `)),
  'in base64': base64(0),
  'in base64, one later': base64(1),
  'in base64, two later': base64(2),
  'in hex': clicked(Buffer.from(value).toString('hex')),
  'a letter a node': nodes(10, 5, '*T', 'Y', 11, 5, '*T', 'g', 12, 5, '*T', 'w'),
  'behind references': nodes(10, 5, '*T', 'Y', 11, 5, [4], 'g', 12, 5, [4], 'w'),
  backwards: nodes(10, 5, '*T', FIRST.split('').toReversed().join('')),
  'its MD5': digest('md5', 'hex'),
  'its SHA-1': digest('sha1', 'base64url'),
  'its SHA-256': digest('sha256', 'hex'),
};

for (const [form, upload] of Object.entries(FORMS))
  test(`a typed secret is found: ${form}`, (t) => {
    t.not(found(SECRET, viewsOf([upload], []), null).length, 0);
  });

test('a secret is found in a header', (t) => {
  t.not(found(SECRET, viewsOf([], [`referer: https://shop.example/?q=${FIRST}`]), null).length, 0);
});

test('the first digits of a number are found as a word, and more of them within one', (t) => {
  for (const text of ['411', '4111', 'x411111x'])
    t.not(found(TYPED.card, viewsOf([nodes(10, 5, '*T', text)], []), null).length, 0, text);
  t.deepEqual(found(TYPED.card, viewsOf([nodes(10, 5, '*T', '14119')], []), null), []);
});

test('halves of an id are found, and checksums', (t) => {
  t.not(found(IDS.ga, viewsOf([clicked('x1763900001y')], []), null).length, 0);
  t.not(found(IDS.hubspot, viewsOf([clicked(IDS.hubspot.value.slice(16))], []), null).length, 0);
  t.deepEqual(found(SECRET, viewsOf([analysis([1, 42, 5, 'text', '', '1xgn42'])], []), '1xgn42'), [
    'checksum',
  ]);
});

test('nothing is found where nothing is', (t) => {
  const upload = nodes(10, 5, 'P', 'class=row', -11, 10, '*T', 'g', 12, 10, '*T', 'Lantern harbour pilots');
  for (const secret of [...Object.values(TYPED), ...Object.values(IDS)])
    t.deepEqual(found(secret, viewsOf([upload], ['user-agent: sluis']), '1xgn42'), []);
});
