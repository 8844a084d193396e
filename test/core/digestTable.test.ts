// The compact table of digests agrees with an ordinary map, through growth and deletion.

import test from 'ava';
import * as fc from 'fast-check';
import { DigestTable } from '../../src/core/digestTable.ts';

const digest = fc.nat({ max: 60 }).map((n) => `digest-${n}`);
const step = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), digest, value: fc.nat({ max: 0xffff_ffff }) }),
  fc.record({ kind: fc.constant('add' as const), digest, value: fc.integer({ min: -3, max: 3 }) }),
);

test('digest table: answers like a map, through growth and deletion', (t) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      // Small, so that chains wrap around and grow.
      const table = new DigestTable(8);
      const model = new Map<string, number>();
      for (const { kind, digest: key, value } of steps) {
        const before = model.get(key) ?? 0;
        const after = kind === 'set' ? value : Math.min(0xffff_ffff, Math.max(0, before + value));
        if (after === 0) model.delete(key);
        else model.set(key, after);
        const answer = kind === 'set' ? table.set(key, value) : table.add(key, after - before);
        if (answer !== (kind === 'set' ? before : after)) return false;
      }
      const all = Array.from({ length: 61 }, (_, n) => `digest-${n}`);
      return table.size === model.size && all.every((one) => table.get(one) === (model.get(one) ?? 0));
    }),
    { numRuns: 300 },
  );
  t.pass();
});

test('digest table: a hundred thousand keyed digests do not collide', (t) => {
  const table = new DigestTable();
  for (let n = 0; n < 100_000; n += 1) table.set(`8f14e45fceea167a5a36dedd4bea2543${n.toString(16)}`, n + 1);
  t.is(table.size, 100_000);
  t.is(table.get('8f14e45fceea167a5a36dedd4bea2543ff'), 256);
});

test('digest table: texts that differ in order or length alone are told apart', (t) => {
  const table = new DigestTable();
  const texts = ['', 'a', 'aa', 'aaa', 'aaaa', 'abc', 'acb', 'bac', 'abcabc', 'abcacb'];
  texts.forEach((text, index) => table.set(text, index + 1));
  t.deepEqual(
    texts.map((text) => table.get(text)),
    texts.map((_, index) => index + 1),
  );
});
