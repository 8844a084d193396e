// Echoes of what somebody types, key by key and in every place that a page has for it: none leaves, nor its beginning, whatever told of
// the typing and however uploads were cut, sent again or lost.

import * as fc from 'fast-check';
import test from 'ava';
import { rrweb } from '../../../src/recording/rrweb.ts';
import type { Event, Node } from './page.ts';
import {
  BALANCED,
  RULES,
  START,
  Visit,
  add,
  change,
  element,
  envelope,
  mutation,
  open,
  page,
  snapshot,
  text,
} from './page.ts';

const FORM: readonly Node[] = [
  element(10, 'input', { type: 'text', id: 'name' }),
  element(11, 'p', { class: 'preview', id: 'preview' }, [text(12, 'Vorschau')]),
  element(13, 'p', { class: 'empty' }),
  element(14, 'a', { href: 'https://shop.example/profil' }),
  element(15, 'img', { src: 'https://shop.example/a.png' }),
  element(16, 'textarea', {}),
  element(17, 'style', { _cssText: '.preview { color: red; }' }),
  element(18, 'div', { contenteditable: 'true' }, [text(19, '')]),
];
/** Later than a page goes on loading behind its first field. */
const LATER = 5000;
const SECRET = 'Kirschbaum 77';

const attribute = (id: number, attributes: Node, at: number): Event =>
  mutation({ attributes: [{ id, attributes }] }, at);
const added = (parentId: number, node: Node, at: number): Event =>
  mutation({ adds: [add(parentId, node)] }, at);

/** Ways in which a page shows a text; `n` counts up. */
const ECHOES: Readonly<Record<string, (typed: string, n: number, at: number) => Event>> = {
  'the same text': (typed, _, at) => mutation({ texts: [{ id: 12, value: typed }] }, at),
  'the text of an editable part': (typed, _, at) => mutation({ texts: [{ id: 19, value: typed }] }, at),
  'a new text': (typed, n, at) => added(11, text(100 + n, typed), at),
  'a new text where none was': (typed, n, at) => added(13, text(100 + n, typed), at),
  'a new node each time': (typed, n, at) => added(5, element(100 + n, 'b', {}, [text(500 + n, typed)]), at),
  'a text in two parts': (typed, n, at) =>
    mutation(
      { adds: [add(11, text(100 + n, typed.slice(0, 3))), add(11, text(500 + n, typed.slice(3)))] },
      at,
    ),
  'an attribute': (typed, _, at) =>
    attribute(11, { 'data-value': typed, title: typed, 'aria-label': typed }, at),
  'a class': (typed, _, at) => attribute(11, { class: `preview v-${typed}` }, at),
  'an id': (typed, _, at) => attribute(11, { id: typed }, at),
  'the name of an attribute': (typed, _, at) =>
    attribute(11, { [`data-${typed.replace(' ', '-')}`]: '' }, at),
  'the name of one that goes': (typed, _, at) =>
    attribute(11, { [`data-${typed.replace(' ', '-')}`]: null }, at),
  'a state with a name': (typed, _, at) => attribute(11, { [`data-${typed.replace(' ', '-')}`]: true }, at),
  'a property of its own': (typed, _, at) => attribute(11, { style: { '--value': typed } }, at),
  'the name of a property': (typed, _, at) =>
    attribute(11, { style: { [`--${typed.replace(' ', '-')}`]: '1' } }, at),
  'the name of one that is gone': (typed, _, at) =>
    attribute(11, { style: { [`--${typed.replace(' ', '-')}`]: false } }, at),
  'a style': (typed, _, at) => attribute(11, { style: `--value: ${typed}; content: "${typed}"` }, at),
  'a link': (typed, _, at) => attribute(14, { href: `https://shop.example/suche/${typed}?q=${typed}` }, at),
  'the query of a picture': (typed, _, at) =>
    attribute(15, { src: `https://shop.example/a.png?n=${typed}` }, at),
  'a picture drawn': (typed, _, at) => attribute(15, { rr_dataURL: `data:text/plain,${typed}` }, at),
  'a value': (typed, _, at) => attribute(10, { value: typed, placeholder: typed }, at),
  'a field that takes the text': (typed, _, at) => change(5, { id: 16, text: typed, isChecked: false }, at),
  'an unknown node': (typed, _, at) =>
    attribute(900, { value: typed, class: typed, href: typed, title: typed }, at),
  'text of an unknown node': (typed, _, at) => mutation({ texts: [{ id: 900, value: typed }] }, at),
  'a rule': (typed, _, at) =>
    change(8, { id: 17, adds: [{ rule: `[data-name^="${typed}"]::after { content: "${typed}"; }` }] }, at),
  'a whole sheet': (typed, _, at) =>
    attribute(17, { _cssText: `[data-n='${typed}'] { --x: "${typed}" }` }, at),
  'an adopted sheet': (typed, _, at) =>
    change(
      15,
      {
        id: 1,
        styleIds: [1],
        styles: [{ styleId: 1, rules: [{ rule: `[title="${typed}"] { color: red }` }] }],
      },
      at,
    ),
  'a declaration': (typed, _, at) =>
    change(13, { id: 17, index: [0], set: { property: 'content', value: `"${typed}"` } }, at),
  'a new title': (typed, n, at) => added(4, element(100 + n, 'title', {}, [text(500 + n, typed)]), at),
  'a comment': (typed, n, at) => added(5, { type: 5, textContent: typed, id: 100 + n }, at),
  'an event of the site': (typed, _, at) => ({
    type: 5,
    data: { tag: 'signup', payload: { typed } },
    timestamp: START + at,
  }),
  'another page': (typed, _, at) => ({
    type: 4,
    data: { href: `https://shop.example/?q=${typed}#${typed}`, width: 1, height: 1 },
    timestamp: START + at,
  }),
  'the page as a whole once more': (typed, n, at) =>
    snapshot(page(element(1000 + n, 'p', {}, [text(2000 + n, typed)])), at),
};

const typed = Array.from(SECRET, (_, i) => SECRET.slice(0, i + 1));

/** Beginnings of three letters or more that stand in it. */
const prefixesIn = (cleaned: unknown): readonly string[] => {
  const lower = JSON.stringify(cleaned).toLowerCase();
  return typed.map((one) => one.toLowerCase()).filter((one) => one.length > 2 && lower.includes(one));
};

const keys = (echo: (typeof ECHOES)[string], from: number, stepMs: number): readonly Event[] =>
  typed.map((one, n) => echo(one, n, from + n * stepMs));

for (const [where, echo] of Object.entries(ECHOES)) {
  test(`${where}: nothing typed leaves, long after the page was there`, (t) => {
    const visit = new Visit(BALANCED);
    t.deepEqual(prefixesIn(visit.clean([snapshot(page(...FORM)), ...keys(echo, LATER, 100)])), []);
  });

  test(`${where}: nothing typed leaves right after a field was focused, in upload after upload`, (t) => {
    const visit = new Visit(BALANCED);
    visit.clean([snapshot(page(...FORM)), change(2, { type: 5, id: 10 }, 20)]);
    t.deepEqual(
      keys(echo, 30, 1).flatMap((one) => prefixesIn(visit.clean([one]))),
      [],
    );
  });

  test(`${where}: nothing typed leaves in strict mode nor of a visit that nobody knows`, (t) => {
    for (const visit of [new Visit(RULES), new Visit(BALANCED, rrweb.unseen())])
      t.deepEqual(prefixesIn(visit.clean([snapshot(page(...FORM)), ...keys(echo, LATER, 100)])), []);
  });
}

test('a clock that is set back makes nothing look as if it had been there before', (t) => {
  const visit = new Visit(BALANCED);
  visit.clean([snapshot(page(...FORM)), change(3, { id: 1, x: 0, y: 1 }, 800)]);
  const later = keys((one, n, at) => added(13, text(100 + n, one), at), -60_000, 1);
  t.deepEqual(prefixesIn(visit.clean(later)), []);
});

test('the same upload once more is cleaned as it was', (t) => {
  const visit = new Visit(BALANCED);
  const first = [snapshot(page(...FORM)), change(2, { type: 2, id: 10, x: 1, y: 1 }, 300)];
  const second = [added(5, element(30, 'p', {}, [text(31, 'Danke')]), 700)];
  const before = visit.clean(first, 1);
  t.deepEqual(visit.clean(first, 1), before);
  const after = visit.clean(second, 2);
  t.deepEqual(visit.clean(second, 2), after);
});

test('where an upload is missing, what is new may be an echo of what stood in it', (t) => {
  const visit = new Visit(BALANCED);
  visit.clean([snapshot(page(element(13, 'p')))], 1);
  const echoed = added(13, text(31, SECRET), 400);
  t.deepEqual(prefixesIn(visit.clean([echoed], 3)), []);
  t.true(prefixesIn(new Visit(BALANCED).clean([snapshot(page(element(13, 'p'))), echoed])).length > 0);
});

test('words that the page brings before anybody can type stay', (t) => {
  const visit = new Visit(BALANCED);
  const cleaned = visit.clean([
    snapshot(page(element(13, 'p'))),
    added(5, element(30, 'section', { class: 'a' }, [text(31, 'Lieferung')]), 2000),
    added(5, element(32, 'input', {}), 2500),
    added(5, element(33, 'p', {}, [text(34, 'Danke')]), 3000),
  ]);
  t.true(JSON.stringify(cleaned).includes('Lieferung') && JSON.stringify(cleaned).includes('Danke'));
});

/**
 * Pages of any nodes, some of them hostile, in which the secret stands wherever text may stand. Not as a style sheet: its names and
 * selectors are words that cannot be told from others, so only its strings, comments and comparisons are cleaned.
 */
const anyNode = fc.letrec<{ node: Node }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.nat(3000).map((id) => text(id + 10, SECRET)),
    fc
      .record({
        type: fc.constantFrom(2, 2, 2, 0, 1, 5, 9),
        id: fc.nat(3000).map((id) => id + 10),
        tagName: fc.constantFrom(
          'div',
          'input',
          'textarea',
          'html',
          'iframe',
          'option',
          'svg',
          'x-a',
          '__proto__',
          SECRET,
        ),
        attributes: fc.dictionary(
          fc.constantFrom('value', 'class', 'data-a', '__proto__', 'style', 'href', 'srcdoc', 'rr_dataURL'),
          fc.constantFrom<unknown>(`v ${SECRET}`, null, true, 7, { content: `"${SECRET}"`, '--a': SECRET }, [
            SECRET,
          ]),
        ),
        childNodes: fc.array(tie('node'), { maxLength: 4 }),
        textContent: fc.constant(SECRET),
      })
      .map((node) => node satisfies Node),
  ),
})).node;

test('property: after a field was used, no change of a page of any shape tells what was typed', (t) => {
  fc.assert(
    fc.property(
      fc.array(anyNode, { maxLength: 6 }),
      fc.array(fc.nat(3000), { maxLength: 6 }),
      (nodes, parents) => {
        const visit = new Visit(BALANCED);
        visit.clean([snapshot(page(...FORM)), change(2, { type: 5, id: 10 }, 20)]);
        const changes = nodes.map((node, i) => added(parents[i] ?? 5, withoutNewClasses(node), 40 + i));
        t.deepEqual(prefixesIn(visit.clean(changes)), []);
      },
    ),
    { numRuns: 400 },
  );
});

/** Classes of a new element stay: without them it has no layout. */
function withoutNewClasses(node: Node): Node {
  const { attributes, childNodes } = node;
  if (typeof attributes !== 'object' || attributes === null) return node;
  const rest = Object.fromEntries(Object.entries(attributes).filter(([name]) => name !== 'class'));
  const children: readonly Node[] = Array.isArray(childNodes) ? childNodes : [];
  return { ...node, attributes: rest, childNodes: children.map(withoutNewClasses) };
}

test('property: an upload of any shape is cleaned or refused, and its text never leaves in strict mode', (t) => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), fc.array(anyNode, { maxLength: 4 }), (value, nodes) => {
      const events = [
        value,
        snapshot(page(...nodes)),
        { type: 3, data: value, timestamp: START },
        mutation({ adds: value }),
      ];
      const { body } = open(envelope({ events })).clean(RULES, rrweb.begin());
      const texts = [...(body ?? '').matchAll(/"(?:textContent|value)":"([^"]*)"/g)].map(
        (match) => match[1] ?? '',
      );
      t.deepEqual(texts.flatMap(prefixesIn), []);
    }),
    { numRuns: 300 },
  );
});
