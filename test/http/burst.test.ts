// Requests that were read in one turn go on together, and in their order.

import test from 'ava';
import { answerBurst, readBurst } from '../../src/http/burst.ts';

test('who asks in the same turn goes on together, in the order of asking', async (t) => {
  const burst = readBurst();
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
  for (const burst of [readBurst(), answerBurst()]) {
    const first = burst.next();
    await first;
    const second = burst.next();
    t.not(first, second);
    await second;
  }
});

test('answers wait for all that follows from the same moment', async (t) => {
  const burst = answerBurst();
  const order: string[] = [];
  const answer = async (steps: number): Promise<void> => {
    for (let step = 0; step < steps; step += 1) await Promise.resolve();
    order.push('judged');
    await burst.next();
    order.push('answered');
  };
  await new Promise<void>((resolve) => {
    setImmediate(() => resolve(Promise.all([answer(1), answer(5)]).then(() => undefined)));
  });
  t.deepEqual(order, ['judged', 'judged', 'answered', 'answered']);
});
