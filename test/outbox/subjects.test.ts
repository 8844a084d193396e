// The compact count of open deliveries per subject agrees with an ordinary map.

import test from 'ava';
import * as fc from 'fast-check';
import { SubjectCounts } from '../../src/outbox/subjects.ts';

test('subjects: counts like a map, through growth and deletion', (t) => {
  const step = fc.record({
    subject: fc.nat({ max: 60 }).map((n) => `subject-${n}`),
    count: fc.integer({ min: 1, max: 3 }),
    add: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      // Small, so that chains wrap around and grow.
      const counts = new SubjectCounts(8);
      const model = new Map<string, number>();
      for (const { subject, count, add } of steps) {
        const left = Math.max(0, (model.get(subject) ?? 0) + (add ? count : -count));
        if (add) counts.add(subject, count);
        else if (counts.remove(subject, count) !== (left === 0)) return false;
        if (left === 0) model.delete(subject);
        else model.set(subject, left);
      }
      const all = Array.from({ length: 61 }, (_, n) => `subject-${n}`);
      return counts.size === model.size && all.every((one) => counts.has(one) === model.has(one));
    }),
    { numRuns: 300 },
  );
  t.pass();
});
