// Which message ids a partition knows, without a server.

import test from 'ava';
import { KnownIds, markOf } from '../../src/store/jetstream/knownIds.ts';
import { decodeIds, encodeIds } from '../../src/store/jetstream/knownLog.ts';
import { firstIdOf } from '../../src/store/jetstream/publish.ts';

const WINDOW = { windowMs: 1_000, most: 100_000 };
const idOf = (seq: number, at = seq) => ({ mark: markOf(`id-${seq}`), seq, at });

function filled(count: number, options = WINDOW): KnownIds {
  const known = new KnownIds(options);
  known.beginRows();
  for (let seq = 1; seq <= count; seq += 1) known.add(idOf(seq, 1));
  return known;
}

test('an id is known for the window after its first, to the millisecond, by whatever clock', (t) => {
  const known = new KnownIds(WINDOW);
  const mark = markOf('one');
  t.is(known.seqOf(mark, 5_000), 0);
  known.add({ mark, seq: 7, at: 5_000 });
  for (const at of [4_000, 5_000, 5_999]) t.is(known.seqOf(mark, at), 7);
  t.is(known.seqOf(mark, 6_000), 0);
  t.is(known.seqOf(markOf('other'), 5_000), 0);
  known.add({ mark, seq: 9, at: 6_000 });
  t.is(known.seqOf(mark, 6_500), 9);
});

test('thousands are told apart, and those that are too old or too many are forgotten, the oldest first', (t) => {
  const known = filled(10_000, { windowMs: 1_000, most: 5_000 });
  t.true(known.size <= 5_000 + 128 && known.size > 4_800, String(known.size));
  t.is(known.seqOf(markOf('id-1'), 1), 0);
  for (let seq = 5_200; seq <= 10_000; seq += 1) t.is(known.seqOf(markOf(`id-${seq}`), 1), seq);
  known.add({ mark: markOf('late'), seq: 10_001, at: 5_000 });
  t.true(known.size <= 128, String(known.size));
  t.is(known.seqOf(markOf('late'), 5_000), 10_001);
});

test('an id that came again after the window is not forgotten with its first', (t) => {
  const known = filled(128);
  known.add({ mark: markOf('id-1'), seq: 500, at: 1_500 });
  for (let seq = 501; seq < 700; seq += 1) known.add(idOf(seq, 2_000));
  t.is(known.seqOf(markOf('id-1'), 2_000), 500);
  t.is(known.seqOf(markOf('id-2'), 2_000), 0);
});

test('of each page the rows that ended are told, until it is forgotten', (t) => {
  const known = filled(1_000);
  [3, 4, 400, 1_000].forEach((seq) => known.ended(seq));
  [0, 1_001, 5_000].forEach((seq) => known.ended(seq));
  const [first, second, third, ...none] = known.takeChanged();
  t.deepEqual([first, second, third, none], [0, 3, 7, []]);
  t.deepEqual(known.endedIn(0), [idOf(3, 1), idOf(4, 1)]);
  t.deepEqual(known.endedIn(7), [idOf(1_000, 1)]);
  t.deepEqual(known.takeChanged(), []);
  known.putBack([3]);
  t.deepEqual(known.takeChanged(), [3]);
  t.deepEqual(known.endedIn(3), [idOf(400, 1)]);
  known.add(idOf(1_001, 9_000));
  known.add(idOf(1_002, 9_000));
  t.deepEqual(known.endedIn(0), []);
  known.ended(1_002);
  t.deepEqual(
    known.takeChanged().flatMap((number) => known.endedIn(number)),
    [idOf(1_000, 1), idOf(1_002, 9_000)],
  );
});

test('what an earlier owner knew is not told again, and stands in a page of its own', (t) => {
  const known = new KnownIds(WINDOW);
  known.add(idOf(900));
  known.add(idOf(5));
  known.beginRows();
  known.add(idOf(6));
  known.add(idOf(7));
  [5, 7, 900].forEach((seq) => known.ended(seq));
  t.deepEqual(
    known.takeChanged().map((number) => known.endedIn(number)),
    [[idOf(7)]],
  );
  t.is(known.seqOf(markOf('id-900'), 900), 900);
});

test('ids come back as they were written, and what is none is left out', (t) => {
  const ids = [idOf(1), idOf(2 ** 40)];
  t.deepEqual(decodeIds(encodeIds(ids)), ids);
  const odd = [
    null,
    7,
    [],
    ['short', 1, 1],
    [ids[0]?.mark, 0, 1],
    [ids[0]?.mark, 1.5, 1],
    [ids[0]?.mark, 1, '1'],
  ];
  t.deepEqual(decodeIds(JSON.stringify(odd)), []);
  for (const text of ['', '{}', 'null', '[[']) t.deepEqual(decodeIds(text), []);
});

test('an id that was given up stands for the same event', (t) => {
  t.is(firstIdOf('one again'), 'one');
  t.is(firstIdOf('one 1 again'), 'one 1');
  t.is(firstIdOf('one 1'), 'one 1');
  t.is(firstIdOf(' again'), '');
});
