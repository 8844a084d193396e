// Values looked for in whole bodies: found however they are wrapped, and nothing else is.

import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import test from 'ava';
import { carries } from '../../src/detect/carries.ts';
import { redact } from '../../src/detect/finding.ts';
import { needlesOfValues } from '../../src/detect/needles.ts';
import { scanText } from '../../src/detect/scan.ts';
import { growth } from '../support/growth.ts';

const ID = 'a1b2c3d4e5f60718293a4b5c6d7e8f90';
const needles = needlesOfValues([
  ['hubspot.utk', ID],
  ['ga.client_id', '1234567890.1700000000'],
]);
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const hex = (text: string): string => [...Buffer.from(text)].map((byte) => `%${byte.toString(16)}`).join('');
const wide = (text: string): string =>
  text.replaceAll(/[!-~]/g, (char) => String.fromCharCode(char.charCodeAt(0) + 0xfee0));

const FORMS: Readonly<Record<string, (text: string) => string>> = {
  plain: (text) => text,
  capitals: (text) => text.toUpperCase(),
  percent: hex,
  'percent twice': (text) => encodeURIComponent(hex(text)),
  base64: (text) => base64(`x=${text}`),
  base64url: (text) => Buffer.from(`?>${text}`).toString('base64url'),
  'base64 of percent': (text) => base64(hex(text)),
  'percent of base64': (text) => encodeURIComponent(base64(`${text}?`)),
  'JSON escapes': (text) => text.replaceAll(/./g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`),
  'HTML escapes': (text) => text.replaceAll(/./g, (char) => `&#${char.charCodeAt(0)};`),
  'full width': wide,
  'zero width between': (text) => text.split('').join('\u200b'),
  MD5: (text) => createHash('md5').update(text).digest('hex'),
  'SHA-256': (text) => createHash('sha256').update(text).digest('base64url'),
};

for (const [form, make] of Object.entries(FORMS))
  test(`finds a value in a long body: ${form}`, (t) => {
    const around = '["btn btn-primary","▪▪▪▫ ••••",12,304],'.repeat(50);
    t.true(carries(`[${around}"x ${make(ID)} y",${around}1]`, needles));
    t.false(carries(`[${around}"x ${make('b1b2c3d4e5f60718293a4b5c6d7e8f91')} y",${around}1]`, needles));
  });

for (const [form, make] of Object.entries(FORMS))
  test(`finds a value among Western letters: ${form}`, (t) => {
    const around = '["Größe – „Weiß“ 12 €","▪▪▪▫ ••••",12,304],'.repeat(50);
    t.true(carries(`[${around}"x ${make(ID)} y",${around}1]`, needles));
    t.false(carries(`[${around}"x ${make('b1b2c3d4e5f60718293a4b5c6d7e8f91')} y",${around}1]`, needles));
  });

test('a part of an id that is long enough counts, a number only as a whole', (t) => {
  t.true(carries('["1234567890"]', needles));
  t.true(carries('[1234567890.17]', needles));
  t.false(carries('["91234567890"]', needles));
  t.false(carries('["123456789"]', needles));
});

test('a long number counts also where a letter adjoins, in bodies as in texts', (t) => {
  for (const text of ['card c1234567890', '1234567890th', 'c1234567890x']) {
    t.true(carries(text, needles), text);
    t.deepEqual(redact(text, scanText(text, needles)), text.replace('1234567890', ':carried'), text);
  }
  const short = needlesOfValues([['hubspot.contact_id', '1234567']]);
  t.false(carries('c1234567', short));
  t.true(carries('c 1234567', short));
});

test('without values there is nothing to find', (t) => {
  t.false(carries(ID, needlesOfValues([])));
});

test('any text with the value in it carries it', (t) => {
  const text = fc.string({ unit: 'binary', maxLength: 80 });
  fc.assert(fc.property(text, text, (before, after) => t.true(carries(`${before} ${ID} ${after}`, needles))));
});

test('hostile bodies cost no more than their length', (t) => {
  for (const part of [
    '%25',
    '%41',
    '\\u005c',
    '&amp;',
    'QUFB',
    'QUFBQUFB-',
    'aGVsbG8gd29ybGQ/',
    '\uff21',
    '▪',
    'a1B2-',
  ])
    t.true(
      growth(
        (size) => part.repeat(size),
        (body) => carries(body, needles),
        3000,
      ) < 9,
      part,
    );
});
