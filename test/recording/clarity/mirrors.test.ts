// Echoes of what somebody types: in a text, key by key or at once, in the node itself or in one that is new each time; in classes,
// ids, addresses, names and bounds; before and after any sign that a field is used. None of it may leave, not its beginning either.

import * as fc from 'fast-check';
import test from 'ava';
import type { PageVisit } from '../../../src/recording/page/visit.ts';
import type { Node } from './page.ts';
import { Page, mutation } from './page.ts';

const FORM: readonly Node[] = [
  [6, 5, 'FORM', 'class=form'],
  [7, 6, 'INPUT', 'id=name', 'type=text'],
  [8, 6, 7, 'BUTTON', 'class=btn'],
  [9, 8, '*T', 'Weiter'],
  [10, 5, 6, 'P', 'class=preview', 'id=preview'],
  [11, 5, 10, 'IMG', 'src=/a.png'],
  [12, 5, 11, 'A', 'href=/profil'],
];
/** Later than a page goes on loading behind its first field. */
const LATER = 5000;
const SECRET = 'Kirschbaum 77';

/** Ways in which a page shows a text, as the nodes that a mutation brings; `n` counts up. */
const ECHOES: Readonly<Record<string, (text: string, n: number) => readonly Node[]>> = {
  'a new text in a known node': (text, n) => [[100 + n, 10, '*T', text]],
  'the same text node': (text) => [[100, 10, '*T', text]],
  'a new node each time': (text, n) => [
    [100 + 2 * n, 5, 10, 'B'],
    [101 + 2 * n, 100 + 2 * n, '*T', text],
  ],
  'a text in two parts': (text, n) => [
    [100 + 2 * n, 10, '*T', text.slice(0, 3)],
    [101 + 2 * n, 10, 100 + 2 * n, '*T', text.slice(3)],
  ],
  'an attribute of its own': (text) => [[10, 5, 6, 'P', 'class=preview', 'id=preview', `data-value=${text}`]],
  'a class': (text) => [[10, 5, 6, 'P', `class=preview v-${text}`, 'id=preview']],
  'an id': (text) => [[10, 5, 6, 'P', 'class=preview', `id=${text}`]],
  'the id of a new node': (text, n) => [
    [100 + n, 5, 'SPAN', `id=tag-${text}`, `name=${text}`, `for=${text}`],
  ],
  'the name of an attribute': (text) => [
    [10, 5, 6, 'P', 'class=preview', `data-${text.toLowerCase().replace(' ', '-')}=`],
  ],
  'a custom property': (text) => [[10, 5, 6, 'P', 'class=preview', `style=--value: ${text}; color: red`]],
  'a string in a style': (text) => [
    [10, 5, 6, 'P', 'class=preview', `style=--value: "a;${text}"; content: "${text}"`],
  ],
  'a style sheet': (text, n) => [[100 + n, 4, 'STYLE', `.preview::after { content: "${text}"; }`]],
  'a link': (text) => [[12, 5, 11, 'A', `href=/suche/${text}?q=${text}#${text}`]],
  'a new link': (text, n) => [[100 + n, 5, 'A', `href=/suche/${text}?q=${text}#${text}`]],
  'a title': (text) => [
    [100, 4, 'TITLE'],
    [101, 100, '*T', text],
  ],
  'an option': (text, n) => [
    [100 + n, 5, 'OPTION', `value=${text}`, `label=${text}`],
    [300 + n, 100 + n, '*T', text],
  ],
  'a placeholder': (text) => [[7, 6, 'INPUT', 'id=name', 'type=text', `placeholder=${text}`]],
  'a value': (text) => [[7, 6, 'INPUT', 'id=name', 'type=text', `value=${text}`]],
  'the label of a button': (text) => [[30, 6, 'INPUT', 'type=submit', `value=Suche ${text}`]],
  'the query of an image': (text) => [[11, 5, 10, 'IMG', `src=/avatar.png?name=${text}`]],
};

const typed = (text: string): readonly string[] => Array.from(text, (_, i) => text.slice(0, i + 1));

/** Runs of three letters or digits of the secret that a text holds. */
function prefixesIn(text: string): readonly string[] {
  const lower = text.toLowerCase();
  const secret = SECRET.toLowerCase();
  return typed(secret).filter((prefix) => prefix.length >= 3 && lower.includes(prefix));
}

type Use = (visit: PageVisit) => void;
const USES: Readonly<Record<string, Use>> = {
  'after a click into the field': (visit) => visit.touched(7, 30),
  'after a click on something unknown': (visit) => visit.touched(999, 30),
  'long after the page was there, without any sign': () => undefined,
};

for (const [use, touch] of Object.entries(USES)) {
  for (const [place, echo] of Object.entries(ECHOES)) {
    const start = use.startsWith('long') ? LATER : 40;
    test(`${place}, ${use}, key by key`, (t) => {
      const page = Page.of(...FORM);
      touch(page.visit);
      typed(SECRET).forEach((text, n) => {
        const left = JSON.stringify(page.clean(mutation(start + 10 * n, ...echo(text, n))));
        t.deepEqual(prefixesIn(left), [], left);
      });
    });
    test(`${place}, ${use}, at once`, (t) => {
      const page = Page.of(...FORM);
      touch(page.visit);
      const left = JSON.stringify(page.clean(mutation(start, ...echo(SECRET, 0))));
      t.deepEqual(prefixesIn(left), [], left);
    });
  }
}

test('an address of an image may change twice: two keys of a name in its path', (t) => {
  const page = Page.of(...FORM);
  page.visit.touched(7, 30);
  const left = typed('kirsch').map(
    (text, n) => page.left(mutation(40 + n, [11, 5, 10, 'IMG', `src=/u/${text}.png`]))[0],
  );
  t.deepEqual(left, ['src=/u/k.png', 'src=/u/ki.png', 'src=', 'src=', 'src=', 'src=']);
});

test('a bound that another field sets tells two digits', (t) => {
  const page = Page.of(...FORM, [20, 6, 'INPUT', 'type=range', 'max=1000']);
  page.visit.touched(7, 30);
  const left = typed('4711').map(
    (text, n) => page.left(mutation(40 + n, [20, 6, 'INPUT', 'type=range', `max=${text}`]))[1],
  );
  t.deepEqual(left, ['max=4', 'max=47', 'max=', 'max=']);
});

test('a field that has the focus from the start is used from then on', (t) => {
  const page = Page.of([6, 5, 'P'], [7, 6, '*T', 'Suche'], [8, 6, 'INPUT', 'autofocus='], [9, 5, 'P']);
  t.is(page.text(mutation(11, [10, 9, '*T', SECRET])), 'd');
  t.is(page.text(mutation(12, [11, 5, 'B'], [12, 11, '*T', SECRET])), 'd');
});

test('while a page loads behind its first field, only texts of elements that came with them are told', (t) => {
  const page = Page.of([6, 5, 'INPUT'], [7, 5, 'P']);
  t.is(page.text(mutation(500, [8, 5, 'P'], [9, 8, '*T', 'Hallo'])), 'Hallo');
  t.is(page.text(mutation(501, [10, 8, '*T', SECRET])), 'd');
  t.is(page.text(mutation(501, [11, 7, '*T', SECRET])), 'd');
  t.is(page.text(mutation(502, [9, 8, '*T', SECRET])), 'd');
  t.is(page.text(mutation(1009, [12, 5, 'P'], [13, 12, '*T', 'Hallo'])), 'Hallo');
  t.is(page.text(mutation(1010, [14, 5, 'P'], [15, 14, '*T', 'Hallo'])), '5');
});

test('a page without a field tells what comes, but no text that changes', (t) => {
  const page = Page.of([6, 5, 'P'], [7, 5, 'OUTPUT']);
  t.is(page.text(mutation(9000, [8, 6, '*T', 'Hallo'])), 'Hallo');
  t.is(page.text(mutation(9001, [8, 6, '*T', 'Hallo!'])), '6');
  t.is(page.text(mutation(9002, [9, 6, '*T', 'Welt'])), '4');
  t.is(page.text(mutation(9003, [10, 5, 'P'], [11, 10, '*T', 'neu'])), 'neu');
  t.is(page.text(mutation(9004, [12, 7, '*T', '12'])), '2');
});

test('a text that moves is one that changes', (t) => {
  const page = Page.of([6, 5, 'P', 'contenteditable=true'], [7, 6, '*T', SECRET], [8, 5, 'B']);
  t.is(page.text(mutation(20, [7, 8, '*T', SECRET])), 'd');
  const plain = Page.of([6, 5, 'P'], [7, 6, '*T', 'Hallo'], [8, 5, 'B']);
  t.is(plain.text(mutation(20, [7, 8, '*T', 'Hallo'])), '5');
});

test('a node that moves into an editor is edited there', (t) => {
  const page = Page.of([6, 5, 'P', 'contenteditable=true'], [7, 5, 'DIV'], [8, 7, 'B']);
  t.false(page.visit.isEditable(8));
  page.clean(mutation(20, [7, 6, 'DIV']));
  t.true(page.visit.isEditable(8));
});

test('a click elsewhere on a page is no use of a field, one into its frame or custom element is', (t) => {
  const touchedAt = (id: number): string | undefined => {
    const page = Page.of(
      [6, 5, 'P'],
      [7, 5, 'X-PIN'],
      [8, 5, 'IFRAME', '*O=true'],
      [9, 8, 'iframe:HTML'],
      [10, 9, 'BODY'],
    );
    page.visit.touched(id, 3000);
    return page.text(mutation(3001, [20, 6, '*T', 'Erika']));
  };
  t.is(touchedAt(6), 'Erika');
  for (const id of [7, 10, 4711]) t.is(touchedAt(id), '5', String(id));
});

test('what comes into a frame later may be typed there: its document may be in design mode', (t) => {
  const page = Page.of(
    [6, 5, 'IFRAME', '*O=true'],
    [7, 6, 'iframe:HTML'],
    [8, 7, 'BODY'],
    [9, 8, 'P'],
    [10, 9, '*T', 'da'],
  );
  t.is(page.text(mutation(20, [11, 8, 'P'], [12, 11, '*T', 'neu'])), 'neu');
  t.is(page.text(mutation(2000, [13, 8, 'P'], [14, 13, '*T', 'neu'])), '3');
});

test('a use that is told late does not need to be: the echo before it is masked too', (t) => {
  const page = Page.of(...FORM);
  t.is(page.text(mutation(LATER, [20, 10, '*T', SECRET])), 'd');
  page.visit.touched(7, LATER + 750);
  t.is(page.text(mutation(LATER + 800, [21, 10, '*T', SECRET])), 'd');
});

test('classes that were there, and words of state, stay while somebody types', (t) => {
  const page = Page.of(...FORM, [13, 5, 12, 'DIV', 'class=tarif-karte gross']);
  page.visit.touched(7, 30);
  t.deepEqual(
    page.left(
      mutation(40, [10, 5, 6, 'P', 'class=preview tarif-karte is-open css-1x2y3z neu-hier', 'id=preview']),
    ),
    ['class=preview tarif-karte is-open css-1x2y3z', 'id=preview'],
  );
  t.deepEqual(
    page.left(mutation(50, [14, 5, 'DIV', 'class=neu-hier'])),
    ['class=neu-hier'],
    'a new node has its classes',
  );
});

const key = fc.constantFrom(...Array.from('abcdefghij0123456789 '));
const secret = fc.array(key, { minLength: 3, maxLength: 12 }).map((keys) => `q${keys.join('')}`);

test('whatever is typed, wherever a page puts it, its texts tell lengths only', (t) => {
  fc.assert(
    fc.property(
      secret,
      fc.constantFrom(...Object.values(ECHOES).slice(0, 4)),
      fc.boolean(),
      (text, echo, touch) => {
        const page = Page.of(...FORM);
        if (touch) page.visit.touched(7, 30);
        for (const [n, part] of typed(text).entries()) {
          const left = JSON.stringify(page.clean(mutation((touch ? 40 : LATER) + n, ...echo(part, n))));
          t.false(part.trim().length > 2 && left.includes(part.trim()), left);
        }
      },
    ),
    { numRuns: 60 },
  );
});
