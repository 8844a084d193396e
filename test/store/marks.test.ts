// What is marked is known for a day and while there is room, across a restart and across a transaction that fails.

import test from 'ava';
import { Marks } from '../../src/store/marks.ts';
import { MemoryRows } from '../../src/store/memory.ts';
import { Turn } from '../../src/store/turn.ts';

const DAY = 24 * 3_600_000;
const NOW = Date.UTC(2026, 5, 1);

function add(rows: MemoryRows, marks: Marks, digests: readonly string[], now: number): void {
  const turn = new Turn();
  rows.transaction(() => marks.add(digests, now, turn));
  turn.committed();
}

test('marks: known for a day, and no longer', (t) => {
  const rows = new MemoryRows();
  const marks = new Marks(rows);
  add(rows, marks, ['a', 'b'], NOW);
  t.true(marks.has('a', NOW + DAY - 1000));
  t.false(marks.has('a', NOW + DAY));
  t.false(marks.has('c', NOW));
});

test('marks: the oldest go when there are too many, and only they', (t) => {
  const rows = new MemoryRows();
  const marks = new Marks(rows, 10);
  for (let n = 0; n < 40; n += 1) add(rows, marks, [`a${n}`, `b${n}`], NOW + n * 1000);
  t.true(marks.size <= 12);
  t.false(marks.has('a0', NOW + 40_000));
  for (const recent of ['a39', 'b39', 'a36']) t.true(marks.has(recent, NOW + 40_000));
  t.is([...rows.marks()].length, marks.size / 2);
});

test('marks: what was marked again outlives its older mark', (t) => {
  const rows = new MemoryRows();
  const marks = new Marks(rows);
  add(rows, marks, ['a'], NOW);
  add(rows, marks, ['a'], NOW + DAY + 1000);
  add(rows, marks, ['b'], NOW + DAY + 2000);
  t.true(marks.has('a', NOW + DAY + 3000));
});

test('marks: a transaction that fails leaves what was known before', (t) => {
  const rows = new MemoryRows();
  const marks = new Marks(rows);
  add(rows, marks, ['a'], NOW);
  const turn = new Turn();
  t.throws(() =>
    rows.transaction(() => {
      marks.add(['a', 'b'], NOW + DAY, turn);
      throw new Error('no space');
    }),
  );
  turn.failed();
  t.true(marks.has('a', NOW + 1000));
  t.false(marks.has('a', NOW + DAY));
  t.false(marks.has('b', NOW + DAY));
});

test('marks: a restart knows what the rows say', (t) => {
  const rows = new MemoryRows();
  add(rows, new Marks(rows), ['a', 'b'], NOW);
  rows.addMark(NOW, 'no JSON');
  const again = new Marks(rows);
  t.true(again.has('b', NOW + 1000));
  t.is(again.size, 2);
});
