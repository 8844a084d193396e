import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import { Slices } from '../../src/delivery/slices.ts';
import { FakeTime } from './support.ts';

/** Work that takes so many ms, told to a list when it is done. */
function worker() {
  const time = new FakeTime();
  const done: string[] = [];
  const taking = (name: string, ms: number) => (): void => {
    time.pass(ms);
    done.push(name);
  };
  return { time, slices: new Slices(time), done, taking };
}

test('of long work, one turn of the event loop sees one piece', async (t) => {
  const { slices, done, taking } = worker();
  for (const name of ['a', 'b', 'c']) void slices.run(taking(name, 5), false);
  t.deepEqual(done, []);
  await setImmediate();
  t.deepEqual(done, ['a']);
  await setImmediate();
  t.deepEqual(done, ['a', 'b']);
});

test('short work shares a turn', async (t) => {
  const { slices, done, taking } = worker();
  for (const name of ['a', 'b', 'c', 'd']) void slices.run(taking(name, 1), false);
  await setImmediate();
  t.deepEqual(done, ['a', 'b', 'c']);
});

test('a line that keeps up goes before a backlog, however long that is, and a backlog has its piece every turn', async (t) => {
  const { slices, done, taking } = worker();
  for (let each = 0; each < 10; each += 1) void slices.run(taking('backlog', 1), true);
  for (const name of ['a', 'b']) void slices.run(taking(name, 3), false);
  await setImmediate();
  t.deepEqual(done, ['a', 'backlog']);
  await setImmediate();
  t.deepEqual(done, ['a', 'backlog', 'b', 'backlog']);
});

test('where turns are long, a backlog gets its share of them', async (t) => {
  const { time, slices, done, taking } = worker();
  for (let each = 0; each < 10; each += 1) void slices.run(taking('backlog', 1), true);
  await setImmediate();
  const before = done.length;
  time.pass(20);
  await setImmediate();
  t.is(done.length - before, 3);
});

test('asking the store counts for what the store will take; without a backlog it waits for nothing', async (t) => {
  const { slices } = worker();
  const had: string[] = [];
  const asking = ['a', 'b', 'c'].map(async (name) => {
    await slices.turn(20, true);
    had.push(name);
  });
  await setImmediate();
  t.deepEqual(had, ['a']);
  await slices.turn(1000, false);
  t.deepEqual(had, ['a']);
  await Promise.all(asking);
  t.deepEqual(had, ['a', 'b', 'c']);
});

test('long work sees that its slice is over; what it throws is its own', async (t) => {
  const { time, slices, done, taking } = worker();
  const seen: boolean[] = [];
  const failing = slices.run((slice) => {
    seen.push(slice.isOver());
    time.pass(3);
    seen.push(slice.isOver());
    throw new Error('a bug');
  }, false);
  void slices.run(taking('next', 1), false);
  await t.throwsAsync(failing, { message: 'a bug' });
  await setImmediate();
  t.deepEqual(seen, [false, true]);
  t.deepEqual(done, ['next']);
});
