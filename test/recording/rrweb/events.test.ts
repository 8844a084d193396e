// rrweb's events one by one: what of each leaves, and that nothing else does.

import test from 'ava';
import { isObject } from '../../../src/core/json.ts';
import { rrweb } from '../../../src/recording/rrweb.ts';
import type { Event, Node } from './page.ts';
import {
  BALANCED,
  RULES,
  Visit,
  add,
  change,
  element,
  envelope,
  event,
  leftOf,
  mutation,
  open,
  page,
  snapshot,
  text,
} from './page.ts';

const CANARY = 'canary-Zwetschge';
const extra = { payload: CANARY, extra: { deep: [CANARY] } };

/** Sources and what of each has to come out as it went in. */
const PASSING: Readonly<Record<string, Event>> = {
  'mouse moves': change(1, { positions: [{ x: 1, y: 2.5, id: 10, timeOffset: -40 }] }),
  'a click': change(2, { type: 2, id: 10, x: 4, y: 5, pointerType: 0 }),
  'a focus, which has no place': change(2, { type: 5, id: 10 }),
  'a scroll': change(3, { id: 1, x: 0, y: 640 }),
  'a resize': change(4, { width: 1280, height: 720 }),
  'touch moves': change(6, { positions: [{ x: 1, y: 2, id: 10, timeOffset: 0 }] }),
  'a player': change(7, { type: 0, id: 10, currentTime: 1.5, volume: 1, muted: false }),
  'rules taken away': change(8, { id: 10, removes: [{ index: 3 }, { index: [0, 1] }] }),
  'rules put in': change(8, { id: 10, adds: [{ rule: '.a { color: red; }', index: 0 }] }),
  'a sheet replaced': change(8, { styleId: 1, replace: '.a { color: red; }' }),
  'a drag': change(12, { positions: [{ x: 1, y: 2, id: 10, timeOffset: 0 }] }),
  'a declaration set': change(13, {
    id: 10,
    index: [0, 2],
    set: { property: 'color', value: 'red', priority: 'important' },
  }),
  'a declaration taken away': change(13, { id: 10, index: [0], remove: { property: 'color' } }),
  'a selection': change(14, { ranges: [{ start: 10, startOffset: 0, end: 10, endOffset: 4 }] }),
  'adopted sheets': change(15, {
    id: 1,
    styleIds: [1, 2],
    styles: [{ styleId: 1, rules: [{ rule: '.a { color: red; }', index: 0 }] }],
  }),
  'a custom element': change(16, { define: { name: 'shop-cart' } }),
  'nodes taken away': mutation({ removes: [{ parentId: 5, id: 10, isShadow: true }] }),
  'the page and its size': event(4, { href: 'https://shop.example/boots', width: 1280, height: 720 }),
};

for (const [what, one] of Object.entries(PASSING)) {
  test(`${what}: comes out as it went in`, (t) => {
    t.deepEqual(leftOf(one, RULES, element(10, 'p')), one['data']);
  });

  test(`${what}: whatever else stands in it does not leave`, (t) => {
    const crowded = { ...one, ...extra, data: { ...(one['data'] as Node), ...extra } }; // as made above
    const visit = new Visit(RULES);
    const cleaned = visit.clean([snapshot(page(element(10, 'p'))), crowded]);
    t.deepEqual(cleaned[1], one);
  });
}

/** Nothing is left of these. */
const DROPPED: Readonly<Record<string, unknown>> = {
  'a canvas': change(9, { id: 10, type: 0, commands: [{ property: 'fillText', args: [CANARY] }] }),
  'a font': change(10, { family: CANARY, fontSource: CANARY, buffer: false }),
  'a log': change(11, { level: 'log', payload: [CANARY] }),
  'a source that nobody knows': change(99, { id: 10, text: CANARY }),
  'a plugin': event(6, { plugin: 'rrweb/console@1', payload: CANARY }),
  'a type that nobody knows': event(7, { url: CANARY }),
  'an event of the site that is not listed': event(5, { tag: CANARY, payload: 1 }),
  'a packed event': CANARY,
  'no event at all': null,
  'a list': [3, CANARY],
  'an event without a time': { type: 1, data: {} },
  'an event of another age': { type: 1, data: {}, timestamp: 492_912_063_471 },
  'a place that is a card number': change(3, { id: 1, x: 4_929_120_634_718_850, y: 0 }),
  'an id that is text': change(3, { id: CANARY, x: 0, y: 0 }),
  'a snapshot without a document': event(2, {
    node: element(10, 'p', {}, [text(11, CANARY)]),
    initialOffset: {},
  }),
  'an element with a name that tells': change(16, { define: { name: 'x-anna@people.example' } }),
  'data that is none': event(3, CANARY),
};

for (const [what, one] of Object.entries(DROPPED))
  test(`${what}: does not leave`, (t) => {
    const visit = new Visit(BALANCED);
    visit.clean([snapshot(page(element(10, 'p')))]);
    t.deepEqual(visit.clean([one]), []);
  });

test('an event of the site leaves by its name, without the words that come with it', (t) => {
  t.deepEqual(leftOf(event(5, { tag: 'signup', payload: 3 })), { tag: 'signup', payload: 3 });
  t.deepEqual(leftOf(event(5, { tag: 'signup', payload: { name: CANARY } })), {
    tag: 'signup',
    payload: null,
  });
  t.deepEqual(leftOf(event(5, { tag: 'signup', payload: CANARY })), { tag: 'signup', payload: null });
});

test('what was typed leaves as its masked length, whether a box is ticked as it is', (t) => {
  const typed = change(5, { id: 10, text: 'Zwetschge', isChecked: true, userTriggered: true });
  t.deepEqual(leftOf(typed), { ...(typed['data'] as Node), text: '••••• ••••' });
});

test('addresses lose query and fragment', (t) => {
  const meta = event(4, { href: `https://shop.example/boots?mail=${CANARY}#${CANARY}`, width: 1, height: 1 });
  t.deepEqual(leftOf(meta), { href: 'https://shop.example/boots', width: 1, height: 1 });
});

test('CSS loses what it says', (t) => {
  const rule = change(8, { id: 10, adds: [{ rule: `.a::after { content: "${CANARY}"; }`, index: 0 }] });
  const set = change(13, { id: 10, index: [0], set: { property: 'content', value: `"${CANARY}"` } });
  const own = change(13, { id: 10, index: [0], set: { property: `--${CANARY}`, value: '1' } });
  const visit = new Visit(BALANCED);
  t.false(JSON.stringify(visit.clean([rule, set, own])).includes(CANARY));
});

test('a rule that compares with what is typed keeps nothing of it, once somebody can type', (t) => {
  const rule = (typed: string, at: number): Event =>
    change(8, { id: 10, adds: [{ rule: `li:not([data-name*="${typed}"]) { opacity: 0.5; }` }] }, at);
  const visit = new Visit(BALANCED);
  visit.clean([snapshot(page(element(10, 'style'), element(11, 'input')))]);
  t.deepEqual(visit.left(rule('zwe', 3000)), {
    source: 8,
    id: 10,
    adds: [{ rule: 'li:not([data-name*=""]) { opacity: 0.5; }' }],
  });
});

const paragraph = (...words: readonly string[]): Node =>
  element(
    10,
    'p',
    {},
    words.map((word, i) => text(11 + i, word)),
  );
const textsOf = (cleaned: unknown): readonly string[] =>
  [...JSON.stringify(cleaned).matchAll(/"textContent":"([^"]*)"/g)].map((match) => match[1] ?? '');

test('the CSS of a sheet that was loaded later leaves cleaned, of anything else and of what is edited not', (t) => {
  const _cssText = `.a { color: red; } .b::after { content: "${CANARY}"; }`;
  const nodes = [
    element(10, 'link', { rel: 'stylesheet' }),
    element(11, 'p'),
    element(12, 'div', { contenteditable: '' }, [element(13, 'style', { _cssText }, [text(14, _cssText)])]),
  ];
  const loaded = (id: number): Event => mutation({ attributes: [{ id, attributes: { _cssText } }] });
  t.regex(
    JSON.stringify(leftOf(loaded(10), RULES, ...nodes)),
    /_cssText":"\.a \{ color: red; \} .*content: \\"\\"/,
  );
  for (const id of [11, 13, 900]) t.notRegex(JSON.stringify(leftOf(loaded(id), RULES, ...nodes)), /cssText/);
  t.notRegex(JSON.stringify(new Visit(BALANCED).clean([snapshot(page(...nodes))])), /red|canary/);
});

test('a node that was a style sheet once is text when it comes again as something else', (t) => {
  const again = mutation({ adds: [add(5, element(10, 'p', {}, [text(11, `${CANARY} { color: red; }`)]))] });
  t.notRegex(JSON.stringify(leftOf(again, RULES, element(10, 'style'))), /canary/);
});

test('text: strict masks all of it, balanced only what looks personal; white space stays', (t) => {
  const whole = snapshot(page(paragraph('Feste Schuhe ', ' von anna@people.example')));
  t.deepEqual(textsOf(new Visit(RULES).clean([whole])), ['***** ****** ', ' *** *******************']);
  t.deepEqual(textsOf(new Visit(BALANCED).clean([whole])), ['Feste Schuhe ', ' von ▪▪▪▪▪▪▪▪▪▪▪▪▪▪▪▪▪▪▪']);
});

test('text of fields, titles and editable parts is masked in every mode', (t) => {
  const holders = [
    element(10, 'textarea', {}, [text(11, CANARY)]),
    element(12, 'select', { value: CANARY }, [
      element(13, 'option', { value: CANARY, selected: true }, [text(14, CANARY)]),
    ]),
    element(15, 'title', {}, [text(16, CANARY)]),
    element(17, 'div', { contenteditable: 'true' }, [element(18, 'b', {}, [text(19, CANARY)])]),
    element(20, 'div', { role: 'textbox' }, [text(21, CANARY)]),
    element(22, 'noscript', {}, [text(23, CANARY)]),
    element(24, 'html:textarea', {}, [text(25, CANARY)]),
    element(26, 'output', {}, [text(27, CANARY)]),
    { type: 5, textContent: CANARY, id: 28 },
    { type: 4, textContent: CANARY, id: 29 },
  ];
  const cleaned = new Visit(BALANCED).clean([snapshot(page(...holders))]);
  t.false(JSON.stringify(cleaned).includes('canary'));
  t.true(JSON.stringify(cleaned).includes('"selected":true'));
});

test('values of fields leave masked, labels of buttons in balanced mode only', (t) => {
  const fields = page(
    element(10, 'input', { type: 'text', value: 'Zwetschge' }),
    element(11, 'input', { type: 'hidden', value: 'Zwetschge' }),
    element(12, 'input', { type: 'submit', value: 'Bestellen' }),
    element(13, 'textarea', { value: 'Zwetschge' }),
    element(14, 'input', { type: 'checkbox', value: 'Zwetschge', checked: true }),
    element(15, 'html:input', { value: 'Zwetschge' }),
  );
  const values = (cleaned: unknown): readonly string[] =>
    [...JSON.stringify(cleaned).matchAll(/"value":"([^"]*)"/g)].map((match) => match[1] ?? '');
  const masked = '••••• ••••';
  t.deepEqual(values(new Visit(BALANCED).clean([snapshot(fields)])), [
    masked,
    masked,
    'Bestellen',
    masked,
    masked,
    masked,
  ]);
  t.deepEqual(values(new Visit(RULES).clean([snapshot(fields)])), Array<string>(6).fill(masked));
});

test('attributes: a list keeps its values, all others are emptied, pictures and documents in them go', (t) => {
  const attributes = {
    class: 'card',
    'data-mail': CANARY,
    onclick: `show('${CANARY}')`,
    srcdoc: `<p>${CANARY}</p>`,
    title: CANARY,
    src: `https://shop.example/a.png?u=${CANARY}`,
    rr_dataURL: `data:image/png;base64,${CANARY}`,
    rr_width: '120px',
    rr_scrollTop: 40,
    rr_mediaState: CANARY,
    rr_unknown: CANARY,
    'a=b': CANARY,
    [CANARY]: true,
    checked: true,
    width: 4_929_120_634_718_850,
    style: { color: 'red', '--mail': `"${CANARY}"`, content: [`"${CANARY}"`, 'important'], width: false },
  };
  const cleaned = new Visit(BALANCED).clean([snapshot(page(element(10, 'img', attributes)))]);
  const left = /"attributes":(\{"class":"card".*?\}),"childNodes"/.exec(JSON.stringify(cleaned))?.[1];
  t.deepEqual(JSON.parse(left ?? 'null'), {
    class: 'card',
    'data-mail': '',
    onclick: '',
    srcdoc: '',
    title: '',
    src: 'https://shop.example/a.png',
    rr_width: '120px',
    rr_scrollTop: 40,
    checked: true,
    style: { color: 'red', content: ['""', 'important'], width: false },
  });
});

test('every node comes out with its id, place and kind; one of no known kind goes with all that is in it', (t) => {
  const shadow = { ...element(12, 'slot'), isShadow: true, rootId: 1 };
  const whole = page(
    { ...element(10, 'x-card', { class: 'a' }, [shadow]), isShadowHost: true },
    { ...element(13, 'svg', { viewBox: '0 0 24 24' }), isSVG: true },
    { type: 9, id: 14, childNodes: [text(15, CANARY)] },
    element(16, 'p<script>'),
  );
  const [cleaned] = new Visit(BALANCED).clean([snapshot(whole)]);
  const data: unknown = cleaned?.['data'];
  t.deepEqual(
    isObject(data) ? data['node'] : null,
    page(
      { ...element(10, 'x-card', { class: 'a' }, [shadow]), isShadowHost: true },
      { ...element(13, 'svg', { viewBox: '0 0 24 24' }), isSVG: true },
      element(16, 'x-element'),
    ),
  );
});

test('a frame comes as a change, and its page is cleaned like any other', (t) => {
  const inner = {
    type: 0,
    id: 20,
    childNodes: [element(21, 'html', {}, [element(22, 'body', {}, [text(23, 'Rahmen')])])],
  };
  const attach = mutation({ adds: [add(10, inner)], isAttachIframe: true });
  const left = leftOf(attach, BALANCED, element(10, 'iframe'));
  t.deepEqual(left, attach['data']);
  t.deepEqual(textsOf(leftOf(attach, RULES, element(10, 'iframe'))), ['******']);
});

test('of a visit that is not known all text is masked, and so is all that hangs on unknown nodes', (t) => {
  const added = mutation({ adds: [add(900, element(10, 'p', {}, [text(11, 'Feste Schuhe')]))] });
  const masked = ['***** ******'];
  t.deepEqual(
    textsOf(new Visit(BALANCED, rrweb.unseen()).clean([snapshot(page(paragraph('Feste Schuhe')))])),
    masked,
  );
  t.deepEqual(textsOf(leftOf(added)), masked);
  const retyped = mutation({
    attributes: [{ id: 900, attributes: { value: CANARY, class: CANARY, href: `/${CANARY}` } }],
  });
  t.false(JSON.stringify(new Visit(BALANCED, rrweb.unseen()).clean([retyped])).includes('canary'));
});

test('the page’s own ids of session and visit stand nowhere but in their places, as pseudonyms', (t) => {
  const ids = { anonymousId: 'anon-4f1c2a9b', session: 'session-8c1d3e5f', visit: 'visit-7b2a9c4d' };
  const said = Object.values(ids).join(' and ');
  const upload = open(envelope({ ...ids, events: [snapshot(page(element(10, 'p', {}, [text(11, said)])))] }));
  const { body } = upload.clean(BALANCED, rrweb.begin());
  t.truthy(body);
  for (const id of Object.values(ids)) t.false((body ?? '').includes(id), id);
});
