import test from 'ava';
import { Bell, pause, Slots } from '../../src/delivery/waiting.ts';
import { FakeTime } from './support.ts';

/** Has it resolved, once everything that can happen now has? */
async function done(promise: Promise<void>): Promise<boolean> {
  let resolved = false;
  void promise.then(() => (resolved = true));
  await new Promise(setImmediate);
  return resolved;
}

test('a ring before the wait is not lost, and counts once', async (t) => {
  const time = new FakeTime();
  const bell = new Bell();
  bell.ring();
  bell.ring();
  t.true(await done(bell.wait(null, time.after)));
  t.false(await done(bell.wait(null, time.after)));
});

test('a bell is answered at its ring or after its time, whichever is first', async (t) => {
  const time = new FakeTime();
  const bell = new Bell();
  const rung = bell.wait(1000, time.after);
  bell.ring();
  t.true(await done(rung));
  const timed = bell.wait(1000, time.after);
  time.pass(999);
  t.false(await done(timed));
  time.pass(1);
  t.true(await done(timed));
  t.false(await done(bell.wait(null, time.after)), 'the first ring is used up');
});

test('a pause ends after its time or when it is called off', async (t) => {
  const time = new FakeTime();
  const stop = new AbortController();
  const timed = pause(1000, time.after, stop.signal);
  const off = pause(9000, time.after, stop.signal);
  time.pass(1000);
  t.true(await done(timed));
  t.false(await done(off));
  stop.abort();
  t.true(await done(off));
  t.true(await done(pause(9000, time.after, stop.signal)));
});

test('slots are given in the order in which they were asked for', async (t) => {
  const slots = new Slots(1);
  await slots.take();
  const order: string[] = [];
  void slots.take().then(() => order.push('first'));
  void slots.take().then(() => order.push('second'));
  slots.give();
  slots.give();
  await new Promise(setImmediate);
  t.deepEqual(order, ['first', 'second']);
});

test('fewer slots take effect as they are given back, more at once', async (t) => {
  const slots = new Slots(3);
  await Promise.all([slots.take(), slots.take(), slots.take()]);
  slots.add(-2);
  const waiting = slots.take();
  slots.give();
  slots.give();
  t.false(await done(waiting));
  slots.give();
  t.true(await done(waiting));
  const other = slots.take();
  t.false(await done(other));
  slots.add(1);
  t.true(await done(other));
});
