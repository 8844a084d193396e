// Ids differ within a millisecond and begin with their time.

import test from 'ava';
import { idMaker } from '../../src/core/ids.ts';

test('ids: each is another, and begins with the millisecond it was made in', (t) => {
  let now = Date.UTC(2026, 5, 1);
  const newId = idMaker({ now: () => now }, 'abc');
  const ids = [newId(), newId()];
  now += 1;
  ids.push(newId());
  t.is(new Set(ids).size, 3);
  t.deepEqual(
    ids.map((id) => Number.parseInt(id.split('-')[0] ?? '', 36)),
    [now - 1, now - 1, now],
  );
});
