// Text and fields of a recorded page: what is masked in every mode, what words may stay, and what an odd stream does.

import * as fc from 'fast-check';
import test from 'ava';
import { DOM_EVENTS } from './captured.ts';
import { PageVisit } from '../../../src/recording/page/visit.ts';
import type { Node } from './page.ts';
import { FRAME, Page, discover, mutation, read } from './page.ts';
import { BALANCED, STRICT } from './scrubbing.ts';

const last = (event: unknown[] | null): unknown[] => {
  const { id, masked, rest } = read(event).at(-1) ?? { id: 0, masked: false, rest: [] };
  return [masked ? -id : id, ...rest];
};

const under = (...nodes: readonly Node[]): unknown[] =>
  last(new Page().clean(discover(10, ...FRAME, ...nodes)));

test('strict masks every text but styles, with its white space', (t) => {
  const page = new Page(STRICT);
  const event = discover(10, ...FRAME, [6, 5, 'P'], [7, 6, '*T', '\n Guten Tag, Frau Muster \t']);
  t.deepEqual(last(page.clean(event)), [-7, '\n m \t']);
  t.deepEqual(last(page.clean(mutation(20, [8, 5, 6, '*T', '\n  ']))), [8, '\n  ']);
  t.deepEqual(last(page.clean(mutation(30, [9, 4, 'STYLE', 'media=screen', 'p{color:red}']))), [
    9,
    'media=screen',
    'p{color:red}',
  ]);
});

test('balanced keeps words and scrubs what is personal', (t) => {
  t.deepEqual(under([6, 5, 'P'], [7, 6, '*T', 'Guten Tag']), [7, 'Guten Tag']);
  t.notRegex(JSON.stringify(under([6, 5, 'P'], [7, 6, '*T', 'an erika@shop.example'])), /erika/);
  t.notRegex(JSON.stringify(under([6, 5, 'P'], [7, 6, '*T', 'Karte 4111 1111 1111 1111'])), /1111/);
});

const EDITABLE: Readonly<Record<string, readonly Node[]>> = {
  'a TEXTAREA': [[6, 5, 'TEXTAREA']],
  'a SELECT': [
    [8, 5, 'SELECT'],
    [6, 8, 'OPTION'],
  ],
  'an OPTION': [[6, 5, 'OPTION']],
  'an OUTPUT': [[6, 5, 'OUTPUT']],
  'a TITLE': [[6, 4, 'TITLE']],
  "an svg's title": [[6, 5, 'svg:title']],
  "XHTML's textarea": [[6, 5, 'textarea']],
  contenteditable: [[6, 5, 'DIV', 'contenteditable=true']],
  'contenteditable without a value': [[6, 5, 'DIV', 'contenteditable=']],
  'contenteditable=plaintext-only': [[6, 5, 'DIV', 'contenteditable=plaintext-only']],
  'contenteditable in capitals': [[6, 5, 'DIV', 'ContentEditable=TRUE']],
  'contenteditable above': [
    [8, 5, 'DIV', 'contenteditable=true'],
    [9, 8, 'P'],
    [6, 9, 'B'],
  ],
  'contenteditable within what is closed': [
    [8, 5, 'DIV', 'contenteditable=false'],
    [6, 8, 'P', 'contenteditable=true'],
  ],
  'a TEXTAREA around what is closed': [
    [8, 5, 'TEXTAREA'],
    [6, 8, 'P', 'contenteditable=false'],
  ],
  'role=textbox': [[6, 5, 'DIV', 'role=textbox']],
  'a shadow root of an editor': [
    [8, 5, 'MY-FIELD', 'contenteditable=true'],
    [6, 8, '*S', 'style='],
  ],
  'a parent that is not known': [[6, 77, 'P']],
  'a parent in a circle': [
    [8, 6, 'P'],
    [6, 8, 'P'],
  ],
  'a second HTML in an editor': [
    [8, 5, 'DIV', 'contenteditable=true'],
    [6, 8, 'HTML'],
  ],
};

for (const [name, nodes] of Object.entries(EDITABLE)) {
  test(`text below ${name} is masked in every mode`, (t) => {
    t.deepEqual(under(...nodes, [7, 6, '*T', 'Erika']), [-7, '5']);
    t.true(isEditable(nodes, 6));
  });
}

function isEditable(nodes: readonly Node[], id: number): boolean {
  const page = new Page();
  page.clean(discover(10, ...FRAME, ...nodes));
  return page.visit.isEditable(id);
}

test('contenteditable=false ends what is editable above, until it was editable itself', (t) => {
  const editor: Node = [6, 5, 'DIV', 'contenteditable=true'];
  t.deepEqual(under(editor, [7, 6, 'SPAN', 'contenteditable=false'], [8, 7, '*T', 'Bild']), [8, 'Bild']);
  const page = Page.of(editor, [7, 6, 'SPAN', 'contenteditable=true']);
  page.clean(mutation(20, [7, 6, 'SPAN', 'contenteditable=false']));
  t.is(page.text(mutation(21, [8, 7, '*T', 'Erika'])), '5');
  t.true(page.visit.isEditable(7));
});

test('what was editable stays so when the attribute goes', (t) => {
  const page = Page.of([6, 5, 'DIV', 'contenteditable=true']);
  page.clean(mutation(20, [6, 5, 'DIV']));
  t.is(page.text(mutation(21, [7, 6, '*T', 'Erika'])), '5');
});

test('text that the library masked stays, and is masked where its form is another', (t) => {
  for (const [text, left] of [
    ['2p', '2p'],
    ['\n', '\n'],
    [' \n a ', ' \n a '],
    ['Erika', '5'],
    ['erika', '5'],
    ['geheim', '6'],
    ['Er ika', '6'],
    ['0', '1'],
  ] as const)
    t.deepEqual(under([6, 5, 'P'], [-7, 6, '*T', text]), [-7, left], text);
  t.deepEqual(under([6, 5, 'TEXTAREA'], [7, 6, '*T', '\u2022\u2022\u2022 \u25aa\u25ab']), [
    7,
    '\u2022\u2022\u2022 \u25aa\u25ab',
  ]);
  t.deepEqual(under([6, 5, 'P'], [7, 6, '*T', 'Nr. \u25ab\u25ab\u25ab heute']), [
    7,
    'Nr. \u25ab\u25ab\u25ab heute',
  ]);
  t.deepEqual(under([6, 5, 'TEXTAREA'], [7, 6, '*T', 'Nr. \u25ab']), [-7, '5']);
});

test('styles of a drawing stay, unless they stand in an editor', (t) => {
  const style: Node = [6, 5, 'svg:style'];
  t.deepEqual(under(style, [7, 6, '*T', 'path{fill:red}']), [7, 'path{fill:red}']);
  t.deepEqual(under(style, [7, 6, '*T', 'Erika']), [7, '']);
  t.deepEqual(under([8, 5, 'DIV', 'contenteditable='], [6, 8, 'svg:style'], [7, 6, '*T', 'p{}']), [-7, '3']);
});

test('the value of a field is masked whatever its type, with its length rounded up', (t) => {
  for (const type of [
    'text',
    'email',
    'password',
    'checkbox',
    'radio',
    'hidden',
    'range',
    'number',
    'color',
    'date',
    'image',
    'file',
    'made-up',
  ])
    t.deepEqual(under([6, 5, 'INPUT', `type=${type}`, 'value=Erika 12']).at(-1), 'value=••••• ••••', type);
  t.deepEqual(under([6, 5, 'INPUT', 'value=Erika']), [6, 'value=••••• ••••']);
  t.deepEqual(under([6, 5, 'INPUT', 'value=Erik']), [6, 'value=•••••']);
  t.deepEqual(under([6, 5, 'INPUT', 'value=']), [6, 'value=']);
  t.deepEqual(under([6, 5, 'INPUT', 'value=••••']), [6, 'value=••••']);
  t.deepEqual(under([6, 5, 'INPUT', 'value=▪▪-▫▫']), [6, 'value=••••• ••••']);
  t.deepEqual(under([6, 5, 'OPTION', 'value=Erika']), [6, 'value=']);
});

test('a button says its label in balanced mode, until it was something else', (t) => {
  const button: Node = [6, 5, 'INPUT', 'type=button', 'value=Passwort eingeben'];
  t.deepEqual(under(button), [6, 'type=button', 'value=Passwort eingeben']);
  const strict = new Page(STRICT);
  t.deepEqual(strict.left(discover(10, ...FRAME, button)), ['type=button', 'value=••••• •••• •••• ••••']);
  const page = Page.of(button);
  t.false(page.visit.isEditable(6));
  t.deepEqual(
    page.left(mutation(20, [6, 5, 'INPUT', 'type=text', 'value=Winter#2025pw'])).at(-1),
    'value=••••• •••• ••••',
  );
  t.true(page.visit.isEditable(6));
  t.deepEqual(
    page.left(mutation(30, [6, 5, 'INPUT', 'type=button', 'value=Winter#2025pw'])).at(-1),
    'value=••••• •••• ••••',
  );
  t.deepEqual(
    page.left(mutation(31, [6, 5, 'INPUT', 'type=submit', 'value=Winter#2025pw'])).at(-1),
    'value=••••• •••• ••••',
  );
});

test('a label that changes while somebody types is masked, and told by no click', (t) => {
  const page = Page.of([6, 5, 'INPUT', 'type=button', 'value=Weiter'], [7, 5, 'INPUT']);
  page.visit.touched(7, 30);
  t.deepEqual(
    page.left(mutation(40, [6, 5, 'INPUT', 'type=button', 'value=Weiter, Erika'])).at(-1),
    'value=••••• •••• ••••',
  );
  t.true(page.visit.isEditable(6));
});

test('a button that is taken away and comes back is still one', (t) => {
  const page = Page.of([6, 5, 'INPUT', 'type=submit', 'value=Kaufen']);
  t.deepEqual(page.clean(mutation(20, [6, 'INPUT'])), [20, 6, 6, 'INPUT']);
  t.false(page.visit.isEditable(6));
});

test('a visit whose beginning was not seen is masked to its end, even by a new page', (t) => {
  const page = new Page(BALANCED, PageVisit.unseen());
  t.is(page.text(discover(10, ...FRAME, [6, 5, 'P'], [7, 6, '*T', 'Guten Tag'])), '9');
  t.is(page.left(mutation(20, [8, 5, 'INPUT', 'type=button', 'value=Kaufen'])).at(-1), 'value=••••• ••••');
  t.true(page.visit.isEditable(5));
});

test('nodes keep their ids, parents, places and tags; a node that goes is told as such', (t) => {
  const page = new Page();
  const event = discover(10, ...FRAME, [6, 5, 'P', 'class=a'], [7, 5, 6, 'B'], [8, 7, '*T', 'fett']);
  t.deepEqual(page.clean(event), event);
  t.deepEqual(page.clean(mutation(20, [8, '*T'], [7, 'B'])), [20, 6, 8, '*T', 7, 'B']);
  t.deepEqual(page.clean(mutation(30, [6, 7, 'P', 'class=a'])), [30, 6, 6, 7, 'P', 'class=a']);
});

test('an event that fits no grammar is dropped and leaves nothing in the tree', (t) => {
  const page = Page.of([6, 5, 'P']);
  const odd: readonly (readonly unknown[])[] = [
    [20, 6],
    [20, 6, 7],
    [20, 6, 'P'],
    [20, 6, 7, 5, 'P', 8],
    [20, 6, 0, 5, 'P'],
    [20, 6, 1.5, 5, 'P'],
    [20, 6, 7, -5, 'P'],
    [20, 6, 7, 5, 6, 4, 'P'],
    [20, 6, 2 ** 31, 5, 'P'],
    [20, 6, Number.NaN, 5, 'P'],
    [20, 6, Number.POSITIVE_INFINITY, 'P'],
    [20, 6, 7, 5, 'P', { a: 1 }],
    [20, 6, 7, 5, 'P', [99]],
    [-1, 6, 7, 5, 'P'],
    ['20', 6, 7, 5, 'P'],
    [Number.NaN, 6, 7, 5, 'P'],
    [2 ** 31, 6, 7, 5, 'P'],
    [20, 7, 7, 5, 'P'],
    [20, '6', 7, 5, 'P'],
    [],
  ];
  for (const event of odd) t.is(page.clean(event), null, JSON.stringify(event));
  t.true(page.visit.isEditable(7));
  t.is(page.text(mutation(21, [8, 7, '*T', 'Erika'])), '5');
});

test('a tag of no sane form is replaced, an element named after somebody too', (t) => {
  const tagOf = (tag: string): string | undefined =>
    read(new Page().clean(discover(10, ...FRAME, [6, 5, tag]))).at(-1)?.tag.name;
  for (const tag of [
    'DIV',
    'svg:linearGradient',
    'MY-FIELD',
    'iframe:HTML',
    '*S',
    '*P',
    '*M',
    'H1',
    'svg:font-face',
  ])
    t.is(tagOf(tag), tag);
  for (const tag of [
    '',
    '*X',
    'DIV onload',
    'Erika Mustermann',
    'iframe:BODY',
    'X'.repeat(80),
    'U-4111111111111111',
    'Erika12',
    'a=b',
    '<b>',
  ])
    t.is(tagOf(tag), 'X-ELEMENT', tag);
});

test('a click on what is around an editor or an echo would tell what is in it', (t) => {
  const page = Page.of(
    [6, 5, 'MAIN'],
    [7, 6, 'DIV'],
    [8, 7, 'DIV', 'contenteditable=true'],
    [9, 6, 7, 'P'],
    [10, 9, 'INPUT'],
  );
  for (const id of [5, 6, 7, 8, 10]) t.true(page.visit.isEditable(id), String(id));
  t.false(page.visit.isEditable(9));
  page.clean(mutation(5000, [11, 9, '*T', 'Erika']));
  t.true(page.visit.isEditable(9));
});

test('a subtree that holds an editor takes that along when it moves', (t) => {
  const page = Page.of([6, 5, 'DIV'], [7, 6, 'P', 'contenteditable=true'], [8, 5, 6, 'ASIDE'], [9, 8, 'DIV']);
  t.false(page.visit.isEditable(9));
  page.clean(mutation(20, [6, 9, 'DIV']));
  t.true(page.visit.isEditable(9));
});

const SECRET = 'q7 kirsch\u2009baum';
const spoiled = fc.oneof(
  fc.constantFrom(
    SECRET,
    `data-a=${SECRET}`,
    `value=${SECRET}`,
    `href=data:${SECRET}`,
    `type=${SECRET}`,
    `#${SECRET}`,
    '*T',
    'STYLE',
    'type=button',
  ),
  fc.integer({ min: -300, max: 300 }),
  fc.constantFrom(null, true, 2 ** 40, 1.5, Number.NaN, [], {}, [[2]]),
  fc.array(fc.integer({ min: -1, max: 60 }), { maxLength: 3 }),
);

test('whatever is put into a real event, it is refused or comes out whole, and nothing that was put in', (t) => {
  let accepted = 0;
  fc.assert(
    fc.property(
      fc.constantFrom(...DOM_EVENTS),
      fc.array(fc.tuple(fc.nat(), spoiled, fc.boolean()), { minLength: 1, maxLength: 4 }),
      fc.boolean(),
      (event, changes, whole) => {
        const odd = [...event];
        for (const [place, what, instead] of changes)
          odd.splice(2 + (place % odd.length), instead ? 1 : 0, what);
        const page = new Page(STRICT, whole ? PageVisit.begin() : PageVisit.unseen());
        const clean = page.clean(odd);
        if (clean === null) return;
        accepted++;
        const [given, left] = [read(odd), read(clean)];
        t.deepEqual(
          left.map(({ id, parent }) => [id, parent]),
          given.map(({ id, parent }) => [id, parent]),
        );
        t.false(/q7|kirsch|baum/.test(JSON.stringify(clean)), JSON.stringify(clean));
      },
    ),
    { numRuns: 400 },
  );
  t.true(accepted > 40, `${accepted} of 400 fit the layout`);
});
