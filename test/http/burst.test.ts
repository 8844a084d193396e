// Requests that were read in one turn go on together, and in their order.

import test from 'ava';
import { Burst } from '../../src/http/burst.ts';

test('who asks in the same turn goes on together, in the order of asking', async (t) => {
  const burst = new Burst();
  const order: string[] = [];
  const ask = async (name: string): Promise<void> => {
    await burst.next();
    order.push(name);
  };
  const first = ask('first');
  await Promise.resolve();
  const second = ask('second');
  t.deepEqual(order, []);
  await Promise.all([first, second]);
  t.deepEqual(order, ['first', 'second']);
});

test('who asks after a burst has ended gets one of their own', async (t) => {
  const burst = new Burst();
  const first = burst.next();
  await first;
  const second = burst.next();
  t.not(first, second);
  await second;
});
