// Durations reach the histogram once each, with their label and in their order, whenever they are handed over.

import test from 'ava';
import { Samples } from '../../src/observe/samples.ts';

test('samples: every duration is handed over once, with its label', (t) => {
  const taken: [string, number][] = [];
  const samples = new Samples((label, value) => void taken.push([label, value]));
  const given = Array.from({ length: 600 }, (_, n): [string, number] => [
    n % 2 === 0 ? 'segment' : 'gtag',
    n,
  ]);
  for (const [label, value] of given) samples.add(label, value);
  t.is(taken.length, 512);
  samples.flush();
  samples.flush();
  t.deepEqual(taken, given);
});
