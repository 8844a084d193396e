// What a visit remembers stays small, ends somewhere, and does not depend on the order in which uploads come.

import test from 'ava';
import { PageVisit } from '../../../src/recording/page/visit.ts';
import type { Node } from './page.ts';
import { FRAME, Page, discover, mutation } from './page.ts';

/** A page of so many nodes, half of them texts, each element with a class and an id of its own. */
function pageOf(nodes: number): readonly Node[] {
  return Array.from({ length: nodes / 2 }, (_, i): readonly Node[] => [
    [10 + 2 * i, 5, 'DIV', `class=card card-${i}`, `id=card-${i}`],
    [11 + 2 * i, 10 + 2 * i, '*T', 'Guten Tag'],
  ]).flat();
}

test('a page of 2,000 nodes takes less than 100 KB, and that is what it says', (t) => {
  const event = discover(10, ...FRAME, ...pageOf(2000));
  const hold = (count: number): readonly Page[] =>
    Array.from({ length: count }, () => {
      const page = new Page();
      page.clean(event);
      return page;
    });
  hold(5);
  const before = process.memoryUsage().arrayBuffers;
  const pages = hold(50);
  const each = (process.memoryUsage().arrayBuffers - before) / pages.length;
  const said = pages[0]?.visit.bytes ?? 0;
  t.true(said > 30_000 && said < 100_000, `${said} bytes`);
  // Tables that were outgrown may not be collected yet.
  t.true(each < 100_000, `${each} bytes`);
});

test('while somebody could be typing, neither a property nor a selector says what is typed', (t) => {
  const page = Page.of([6, 5, 'P', 'style=--gap: 1px'], [7, 5, 'INPUT'], [8, 5, 'STYLE']);
  page.visit.touched(7, 30);
  const left = (...node: Node): string => page.left(mutation(40, node)).join();
  t.is(left(6, 5, 'P', 'style=--gap: 2px; --erika: 1px; color: red'), 'style=--gap: 2px;; color: red');
  t.is(
    left(9, 8, '*T', 'li:not([data-name*="erika"]) { opacity: 0.5 }'),
    'li:not([data-name*=""]) { opacity: 0.5 }',
  );
});

test('an id with room for a phone number is none', (t) => {
  const page = Page.of();
  t.is(page.clean(mutation(20, [4_915_112_345, 5, 'P'])), null);
  t.is(page.clean(mutation(20, [10_000_000, 5, 'P'])), null);
  t.not(page.clean(mutation(20, [9_999_999, 5, 'P'])), null);
});

test('a visit says when something may have been typed in it', (t) => {
  const page = Page.of([6, 5, 'P'], [7, 5, 'INPUT']);
  t.false(page.visit.typed);
  page.visit.touched(6, 20);
  t.false(page.visit.typed);
  page.visit.touched(7, 30);
  t.true(page.visit.typed);
  t.true(PageVisit.unseen().typed);
});

test('ids all over the place, and more nodes than any page has, end at 3 MB and are unknown beyond', (t) => {
  const page = Page.of();
  const scattered = Array.from({ length: 3000 }, (_, i): Node => [5000 + 300 * i, 5, 'P']);
  page.clean(mutation(20, ...scattered, [9_000_000, 5, 'P'], [9_999_999, 5, 'P']));
  t.true(page.visit.bytes < 3_000_000, `${page.visit.bytes} bytes`);
  t.false(page.visit.isEditable(5000));
  for (const id of [5000 + 300 * 2999, 9_000_000, 9_999_999]) t.true(page.visit.isEditable(id), String(id));
  t.is(page.text(mutation(30, [6, 5000 + 300 * 2999, '*T', 'Erika'])), '5');
  t.deepEqual(page.left(mutation(31, [9_000_000, 5, 'P', 'class=a'])), ['class=a']);
  page.clean(mutation(32, [7, 5, 'INPUT']));
  t.deepEqual(
    page.left(mutation(5000, [9_000_000, 5, 'P', 'class=a erika'])),
    ['class=a'],
    'not new for ever',
  );
});

test('more words than any page has end somewhere, and those beyond count as new', (t) => {
  const page = Page.of();
  const many = Array.from({ length: 50_000 }, (_, i): Node => [
    6,
    5,
    'P',
    `id=wort${String.fromCharCode(97 + (i % 26))}${i}`,
  ]);
  page.clean(mutation(20, ...many, [7, 5, 'INPUT']));
  t.true(page.visit.bytes < 200_000, `${page.visit.bytes} bytes`);
  page.visit.touched(7, 30);
  t.deepEqual(page.left(mutation(40, [6, 5, 'P', 'id=wortb1'])), ['id=wortb1']);
  t.deepEqual(page.left(mutation(40, [6, 5, 'P', 'id=wortb49947'])), ['id=']);
});

test('an earlier upload that comes again later is cleaned as before', (t) => {
  const page = Page.of([6, 5, 'P'], [7, 6, '*T', 'Hallo']);
  const early = mutation(20, [8, 5, 'P'], [9, 8, '*T', 'Welt'], [10, 5, 'INPUT', 'value=Erika']);
  const once = page.clean(early);
  page.visit.touched(10, 30);
  page.clean(mutation(40, [11, 8, '*T', 'Erika']));
  t.deepEqual(page.clean(early), once);
});

test('a time that is none counts as the earliest', (t) => {
  const page = Page.of([6, 5, 'INPUT'], [7, 5, 'P']);
  page.visit.touched(6, Number.NaN);
  t.is(page.text(mutation(11, [8, 5, 'P'], [9, 8, '*T', 'Erika'])), '5');
});

test('an empty visit knows nothing', (t) => {
  t.true(PageVisit.begin().isEditable(1));
  t.true(PageVisit.unseen().isEditable(1));
  t.true(PageVisit.begin().bytes < 4000);
});
