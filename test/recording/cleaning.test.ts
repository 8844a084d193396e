// What every part of a cleaner asks: texts, words and addresses made fit to leave, and the last gate.

import * as fc from 'fast-check';
import test from 'ava';
import type { RecordingRules } from '../../src/core/recording.ts';
import { scanText } from '../../src/detect/scan.ts';
import { cleaningFor } from '../../src/recording/cleaning.ts';
import { ENVELOPE, KNOWN, OPEN, cleaned, rules, upload } from './captures.ts';
import { HITS } from '../detect/texts.ts';

const cleaning = (over: Partial<RecordingRules> = {}) => cleaningFor(rules(over), { own: 'clarity' });
const MAIL = 'erika.mustermann@example.org';

test('what is found becomes mask characters, one for one', (t) => {
  t.is(cleaning().text('Karte 4111 1111 1111 1111, danke'), 'Karte ▫▫▫▫ ▫▫▫▫ ▫▫▫▫ ▫▫▫▫, danke');
  t.is(cleaning().text(`Mail: ${MAIL}!`), `Mail: ${'▪'.repeat(MAIL.length)}!`);
  t.is(cleaning().text('BSN 111222333'), 'BSN ▫▫▫▫▫▫▫▫▫');
  t.is(cleaning().word('user-9f0c21ab77de4410'), '▪▪▪▪▪▫▪▫▪▫▫▪▪▫▫▪▪▫▫▫▫');
});

test('texts without findings come back as they are', (t) => {
  for (const text of [
    '',
    ' ',
    'Jetzt kaufen',
    'Größe 42, 19,95 €',
    '▪▪▪-▫▫',
    '•••••',
    'col-md-6 btn btn-primary',
    'été \n à Zürich',
  ])
    t.is(cleaning().text(text), text);
});

test('nothing that the scanner knows is left, however it is asked', (t) => {
  for (const [kind, texts] of Object.entries(HITS))
    for (const text of texts)
      for (const ask of ['text', 'word'] as const) {
        const clean = cleaning()[ask](`a ${text} b`);
        for (const { start, end } of scanText(clean))
          t.regex(clean.slice(start, end), /^[\s▪▫]+$/, `${kind}: ${clean}`);
        t.is(clean.length, text.length + 4);
      }
});

test('a text keeps its length and its white space', (t) => {
  const parts = fc.array(
    fc.oneof(fc.constantFrom(...Object.values(HITS).flat()), fc.string({ unit: 'binary', maxLength: 30 })),
  );
  fc.assert(
    fc.property(parts, (all) => {
      const text = all.join(' ');
      const clean = cleaning().text(text);
      t.is(clean.length, text.length);
      t.is(clean.replaceAll(/\S/g, 'x'), text.replaceAll(/\S/g, 'x'));
    }),
    { numRuns: 100 },
  );
});

test('a text longer than any paragraph is masked whole', (t) => {
  t.true(cleaning().text('Straße, '.repeat(10_000)) === '▪▪▪▪▪▪▪ '.repeat(10_000));
});

test('beyond what may be scanned for one upload everything is masked that a glance does not clear', (t) => {
  const one = cleaning();
  const text = `${'Straße '.repeat(4000)}1`;
  const all = Array.from({ length: 100 }, () => one.text(text));
  t.true(all[0] === text);
  t.true(all.at(-1) === `${'▪▪▪▪▪▪ '.repeat(4000)}▫`);
  t.is(one.text('kurz'), 'kurz');
});

const known = [['ga.client_id', '1234567890.1700000000'], ['site.user_id', 'Erika-77'], ['hubspot.contact_id', '123456'], ['clarity.user_id', 'lrr4fn']] as const; // prettier-ignore

test('ids that the visitor’s cookies hold are found anywhere in a text', (t) => {
  const one = cleaning({ known });
  t.is(
    one.text('x1234567890.1700000000y'),
    'x1234567890.1700000000y'.replace('1234567890.1700000000', `${'▫'.repeat(10)}▪${'▫'.repeat(10)}`),
  );
  t.is(one.text('Kunde 1234567890'), `Kunde ${'▫'.repeat(10)}`);
  t.is(one.word('page-erika-77-x'), 'page-▪▪▪▪▪▪▫▫-x');
  t.is(one.text('Nr. 123456.'), 'Nr. ▫▫▫▫▫▫.');
  t.is(one.text('lrr4fn'), 'lrr4fn');
  t.is(cleaning().text('Kunde 1234567890'), 'Kunde 1234567890');
  t.is(one.word('page-erika-77-x'), 'page-▪▪▪▪▪▪▫▫-x');
});

test('a known id that is a short word is looked for, too', (t) => {
  const one = cleaning({ known: [['site.user_id', 'haarlem']] });
  t.is(one.text('von haarlem hier'), 'von ▪▪▪▪▪▪▪ hier');
  t.is(one.word('haarlem'), '▪▪▪▪▪▪▪');
});

test('a known id too short for texts is found behind the name of an id in a query', (t) => {
  const query = ['customer', 'size'];
  const address = 'https://shop.example/?customer=42&size=42';
  t.is(cleaning({ query }).url(address), address);
  t.is(cleaning({ query, known: [['site.user_id', '42']] }).url(address), 'https://shop.example/?size=42');
});

const ADDRESSES: Readonly<Record<string, string>> = {
  '': '',
  '#': '#',
  'blob:': 'blob:',
  'about:blank': 'about:blank',
  'https://shop.example': 'https://shop.example',
  'https://shop.example/': 'https://shop.example/',
  'https://shop.example/a/b.html?utm_source=x&y=1#z': 'https://shop.example/a/b.html?utm_source=x',
  '/konto?ref=mail&kunde=55871': '/konto',
  'img/a.png': 'img/a.png',
  '../a/./b.css?v=3': '../a/./b.css',
  '?q=schuhe': '',
  '#kontakt': '',
  '//cdn.example/a.js?x': '//cdn.example/a.js',
  '/konto/erika%40example.org/x': '/konto/:id/x',
  '/kunden/55871': '/kunden/:id',
  '/t/9f0c21ab77de4410aa11': '/t/:id',
  '/static/main.8f3c2d1e9a7b.css?v=1': '/static/main.8f3c2d1e9a7b.css',
  'https://cdn.example/fonts/9f0c21ab77de4410aa119f0c21ab77de.woff2':
    'https://cdn.example/fonts/9f0c21ab77de4410aa119f0c21ab77de.woff2',
  '/css/4111111111111111.css': '/css/:id',
  '/css/erika@example.org.css': '/css/:id',
  '/9f0c21ab77de4410aa11/main.css': '/:id/main.css',
  '/img/9f0c21ab77de4410aa119f0c21ab77de.png': '/img/:id',
  'MAILTO:erika@example.org': 'mailto:*na*',
  'mailto:*na*': 'mailto:*na*',
  'sms:+49301234567': 'sms:*na*',
  'whatsapp://send?phone=49301234567': 'whatsapp:*na*',
  'https://t.me/erika': 'https://t.me/*na*',
  'http://WA.me/49301234567': 'https://wa.me/*na*',
  'https://api.whatsapp.com/send?phone=49301234567': 'https://api.whatsapp.com/*na*',
  'https://erika:geheim@shop.example/x': 'https://shop.example/x',
  'data:image/png;base64,iVBORw0KGgo=': '',
  'blob:https://shop.example/9f0c21ab': '',
  'javascript:void(0)': '',
  'file:///home/erika/x.html': '',
  'java\nscript:alert(1)': '',
  'https://': '',
  'https://[::1': '',
  '\\\\host\\x': '',
  '/a b': '',
};

for (const [address, clean] of Object.entries(ADDRESSES))
  test(`address \`${address}\``, (t) => {
    t.is(cleaning().url(address), clean);
    t.is(cleaning().url(clean), clean);
  });

test('an address keeps the query names that the route lists, if their values are clean', (t) => {
  const one = cleaning({ query: ['color', 'gclid'], known });
  t.is(one.url('https://shop.example/?color=red&gclid=Cj0KCQ&size=4'), 'https://shop.example/?color=red');
  t.is(one.url('https://shop.example/?color=erika-77'), 'https://shop.example/');
  t.is(one.url('/x/1234567890/y'), '/x/:id/y');
  t.is(one.url('/x/1234567890.css'), '/x/:id');
});

test('no address gains anything by being cleaned twice, and none throws', (t) => {
  const address = fc.oneof(
    fc.webUrl({ withQueryParameters: true, withFragments: true }),
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.constantFrom(...Object.keys(ADDRESSES)),
  );
  fc.assert(
    fc.property(address, (value) => {
      const once = cleaning().url(value);
      t.is(cleaning().url(once), once);
    }),
    { numRuns: 200 },
  );
});

/** Bodies in which a known id stands where no treatment looks for it. */
const HIDDEN: Readonly<Record<string, (id: string) => readonly unknown[]>> = {
  'as a tag of the route': (id) => [1, 34, `plan-${id}`, ['x']],
  'as an event of the route': (id) => [1, 24, `plan-${id}`],
};

test('an upload in which a known id is left is not forwarded', (t) => {
  for (const [where, event] of Object.entries(HIDDEN))
    for (const [, id] of KNOWN) {
      const base64 = Buffer.from(`_id=${id};`).toString('base64');
      const all = id.split('.').map((part) => `x.${part}`);
      for (const hidden of [
        id,
        id.toUpperCase(),
        encodeURIComponent(`"${id}"`),
        `%${id.charCodeAt(0).toString(16)}${id.slice(1)}`,
        base64,
        ...all,
      ]) {
        const [, , name] = event(hidden);
        const given = { ...OPEN, tags: [String(name)], events: [String(name)], known: KNOWN };
        const { body, remarks } = cleaned(upload([event(hidden)]), given);
        t.is(body, null, `${where}: ${hidden}`);
        t.true(remarks.some(({ path, rule }) => path === 'recording' && rule === 'carried_value'));
        t.not(cleaned(upload([event(hidden)]), { ...given, known: [] }).body, null);
      }
    }
});

test('a place on the page that equals a short id is no id, a string is', (t) => {
  const given = { ...OPEN, known: [['hubspot.contact_id', '123456']] as const };
  t.not(cleaned(upload([[123456, 10, 44, 123456, 0]]), given).body, null);
  t.is(cleaned(upload([[1, 24, 'x-123456']]), { ...given, events: ['x-123456'] }).body, null);
});

test('the recorder’s own ids are no foreign ones', (t) => {
  const given = rules({ known: [['clarity.user_id', 'lrr4fn']], pseudonym: (_, value) => value });
  t.true(cleaned(upload([], null, ENVELOPE), given).body?.includes('lrr4fn'));
});

test('the recorder’s own ids stand nowhere once others stand for them', (t) => {
  const events = [
    [5, 34, 'plan', ['lrr4fn', 'x-lrr4fn', btoa('id lrr4fn')]],
    [6, 24, 'kunde', 'session 2sfkfr'],
    [7, 7, 9, 0, 0, 'lrr4fn'],
  ];
  const { body } = cleaned(
    upload(events, null, ENVELOPE.with(11, 'http://shop.example:8099/u/lrr4fn')),
    OPEN,
  );
  t.not(body, null);
  for (const id of ['lrr4fn', '2sfkfr', btoa('id lrr4fn')]) t.false(body?.includes(id), id);
  // Where nothing cleans it, the gate does not let it through.
  t.is(cleaned(upload([[1, 24, 'a-lrr4fn']]), { ...OPEN, events: ['a-lrr4fn'] }).body, null);
  const kept = { ...OPEN, pseudonym: (_: string, value: string) => value };
  t.true(cleaned(upload(events), kept).body?.includes('"x-lrr4fn"'));
});
