// Attributes: what the list keeps, in which form, and that nothing else says anything.

import * as fc from 'fast-check';
import test from 'ava';
import { growth } from '../../support/growth.ts';
import { FRAME, Page, discover } from './page.ts';
import { cleanAddress, cleanSrcset } from '../../../src/recording/page/addresses.ts';
import { isOrdinary } from '../../../src/recording/page/classWords.ts';
import { BALANCED } from './scrubbing.ts';
import { fits } from '../../../src/recording/page/forms.ts';
import type { Form } from '../../../src/recording/page/forms.ts';

const left = (tag: string, ...attributes: readonly string[]): readonly string[] =>
  new Page().left(discover(10, ...FRAME, [6, 5, tag, ...attributes]));

const KEPT: readonly (readonly [string, string])[] = [
  ['DIV', 'class=btn btn-primary'],
  ['DIV', 'id=main'],
  ['DIV', 'role=navigation'],
  ['DIV', 'hidden='],
  ['DIV', 'contenteditable=true'],
  ['DIV', 'style=color: red; --x: 1px'],
  ['DIV', 'data-clarity-mask=••••'],
  ['DIV', 'data-clarity-unmask=true'],
  ['DIV', 'aria-hidden=true'],
  ['DIV', 'data-owner='],
  ['INPUT', 'type=checkbox'],
  ['INPUT', 'checked=checked'],
  ['INPUT', 'placeholder=Ihr Name'],
  ['INPUT', 'max=2026-12-31'],
  ['IMG', '#334.2s'],
  ['IMG', 'src=/bilder/haus.png'],
  ['IMG', 'width=40'],
  ['IMG', 'srcset=/a.png 1x, /b.png 2x'],
  ['LINK', 'href=/css/main.css'],
  ['LINK', 'rel=stylesheet'],
  ['LINK', 'media=(min-width: 40em) and (orientation: landscape)'],
  ['HEAD', '*B=https://shop.example/kasse'],
  ['HEAD', '*B=about://srcdoc'],
  ['IFRAME', '*O=true'],
  ['IFRAME', 'src=about:blank'],
  ['HTML', 'lang=de-DE'],
  ['svg:svg', 'viewBox=0 0 24 24'],
  ['svg:svg', 'viewBox=0 0 1024 1024'],
  ['svg:svg', 'viewBox=0 0 16384 16384'],
  ['svg:polygon', 'points=12,22 36,22 36,48 12,48'],
  ['svg:path', 'd=M12 2a10 10 0 011-.5L1.5.5zM3,4H5e-2'],
  ['svg:path', 'fill=url(#paint0_linear)'],
  ['svg:path', 'fill=rgba(1, 2, 3, .5)'],
  ['svg:path', 'stroke=currentColor'],
  ['svg:g', 'transform=translate(1.5,-2) rotate(45 3 3)'],
  ['svg:use', 'xlink:href=#icon'],
  ['*D', 'name=html'],
  ['*D', 'publicId=-//W3C//DTD XHTML 1.0 Strict//EN'],
  ['*D', 'systemId=http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd'],
  ['*S', 'style=label { color: red; }'],
];

for (const [tag, attribute] of KEPT)
  test(`${tag} keeps \`${attribute}\``, (t) => t.deepEqual(left(tag, attribute), [attribute]));

const EMPTIED: readonly (readonly [string, string])[] = [
  ['DIV', 'data-customer=erika@shop.example'],
  ['DIV', 'data-tracking={"mail":"erika"}'],
  ['DIV', 'ng-reflect-model=Erika'],
  ['DIV', 'aria-describedby=hinweis-erika'],
  ['DIV', 'onclick=pay(4111)'],
  ['DIV', 'title=Erika'],
  ['DIV', 'role=erika'],
  ['DIV', 'hidden=Erika'],
  ['DIV', 'lang=Erika Mustermann'],
  ['DIV', 'data-clarity-mask=Erika'],
  ['DIV', 'contenteditable=Erika'],
  ['DIV', 'dir=Erika'],
  ['IFRAME', 'srcdoc=<p>Erika</p>'],
  ['IFRAME', 'src=javascript:alert(1)'],
  ['IMG', 'src=data:image/png;base64,RXJpa2E='],
  ['IMG', 'src=blob:https://shop.example/1'],
  ['IMG', 'src= java\tscript:alert(1)'],
  ['IMG', 'width=4111111111111111'],
  ['IMG', 'alt=Erika'],
  ['INPUT', 'type=Erika'],
  ['INPUT', 'max=4111111111111111'],
  ['DIV', '#334.2s=1'],
  ['svg:path', 'd=M4111111111111111z'],
  ['svg:path', 'd=M1 1 Erika'],
  ['svg:path', 'd=M4111 1111 1111 1111'],
  ['svg:polygon', 'points=4111,1111 1111,1111'],
  ['svg:path', 'fill=Erika'],
  ['svg:path', 'fill=rgb(4111111111111111)'],
  ['svg:text', 'x=4111,1111,1111,Erika'],
  ['*D', 'name=Erika Mustermann'],
  ['*D', 'publicId=Erika'],
  ['*D', 'systemId=https://shop.example/erika'],
  ['OPTION', 'label=Erika'],
  ['IFRAME', '*O=Erika'],
  ['STYLE', 'data-erika=Erika'],
];

for (const [tag, attribute] of EMPTIED)
  test(`${tag} empties \`${attribute}\``, (t) => {
    const name = attribute.slice(0, attribute.indexOf('='));
    t.deepEqual(left(tag, attribute), name.startsWith('#') ? [] : [`${name}=`]);
  });

test('what is no attribute, or one of no sane name, is dropped', (t) => {
  for (const token of [
    'Erika',
    '',
    '=Erika',
    'erika@shop.example=1',
    'Erika Muster=1',
    '<b>=1',
    'data-4111111111111111=1',
    `${'x'.repeat(80)}=1`,
    '#1.2.3',
    '1a=',
  ])
    t.deepEqual(left('DIV', token), [], token);
  t.deepEqual(left('DIV', '#334.2s'), [], 'only images have a size');
  t.deepEqual(left('P', 'a>b'), []);
});

test('an address loses what follows its path, or goes', (t) => {
  t.deepEqual(left('A', 'href=/konto?ref=mail&kunde=55871#a'), ['href=/konto']);
  t.notRegex(left('A', 'href=mailto:erika@shop.example').join(''), /erika/);
  t.deepEqual(left('FORM', 'action=https://shop.example/danke?x=1'), ['action=https://shop.example/danke']);
  t.deepEqual(left('IMG', 'srcset=/a.png?u=1 1x, data:image/png;base64,AA 2x, /c,d.png 300w erika'), [
    'srcset=/a.png 1x, /c,d.png 300w',
  ]);
});

test('an address of a scheme that brings its own content, or hides one, is not even cleaned', (t) => {
  const trusting = { ...BALANCED, url: (value: string) => value };
  for (const value of [
    'data:text/html,x',
    'BLOB:x',
    ' javascript:x',
    'java\tscript:x',
    '\u0001javascript:x',
    'java\nscript:x',
    'file:///x',
  ])
    t.is(cleanAddress(value, trusting), '', value);
  for (const value of ['/x', 'x', '//shop.example/x', 'HTTPS://shop.example', 'mailto:x', '', '#', '#a'])
    t.is(cleanAddress(value, trusting), value);
});

test('words of state are told from words that somebody may have typed', (t) => {
  for (const word of [
    'is-open',
    'col-12',
    'navOpen',
    'Mui-expanded',
    'css-1x2y3z',
    'aria-expanded',
    'sm:hidden',
    'w-1/2',
  ])
    t.true(isOrdinary(word), word);
  for (const word of [
    'erika',
    'v-Erika',
    'isErika',
    'item-411',
    'item-4-11',
    'css-',
    `is-${'open-'.repeat(20)}`,
  ])
    t.false(isOrdinary(word), word);
});

test('srcset is taken apart as a browser does', (t) => {
  const clean = (value: string): string => cleanSrcset(value, (address) => address);
  t.is(clean('a.png'), 'a.png');
  t.is(clean(' a.png , b.png 2x,c.png 3x'), 'a.png, b.png 2x, c.png 3x');
  t.is(clean('w_300,h_200/a.png 1x, b.png 1.5x'), 'w_300,h_200/a.png 1x, b.png 1.5x');
  t.is(clean(''), '');
  t.is(clean(',,, ,'), '');
});

const FORMS: readonly Form[] = [
  'numbers',
  'path',
  'transform',
  'paint',
  'computed',
  'media',
  'rel',
  'bound',
  'keyword',
  'publicId',
];

test('no form takes a number as long as a card or telephone number', (t) => {
  const digit = fc.integer({ min: 0, max: 9 }).map(String);
  const number = fc.array(digit, { minLength: 9, maxLength: 20 }).map((digits) => digits.join(''));
  const around = fc.constantFrom('', ' ', 'M', '#', 'rgb(', 'url(#', 'var(--', 'e', '-', '(');
  fc.assert(
    fc.property(number, around, around, (digits, before, after) => {
      for (const form of FORMS)
        t.false(fits(form, `${before}${digits}${after}`), `${form}: ${before}${digits}${after}`);
    }),
  );
});

test('no form takes long over a text that does not fit', (t) => {
  for (const form of ['numbers', 'path', 'transform', 'paint', 'media'] as const)
    for (const piece of ['1', '1.1', 'rgb(1', 'min-']) {
      const times = growth(
        (size) => `${piece.repeat(size)}!`,
        (text) => void fits(form, text),
        2000,
      );
      t.true(times < 9, `${form} ${piece}: ${times}`);
    }
});

test('thousands of attributes and a page of odd ones do not take long', (t) => {
  const many = Array.from({ length: 20_000 }, (_, i) => `data-a${i}=x`);
  t.is(left('DIV', ...many).length, 20_000);
});

test('an srcset of commas takes no longer than its length', (t) => {
  const times = growth(
    (size) => `srcset=/a${','.repeat(size)}b`,
    (attribute) => void left('IMG', attribute),
    4000,
  );
  t.true(times < 9, String(times));
  t.deepEqual(left('IMG', 'srcset=/a.png,,, /b.png 2x'), ['srcset=/a.png, /b.png 2x']);
});
