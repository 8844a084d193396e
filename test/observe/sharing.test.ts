// Records that many clients present.

import test from 'ava';
import { recordSharing } from '../../src/observe/sharing.ts';

test('a record is shared once more clients than a few presented it, however often each did', (t) => {
  const sharing = recordSharing();
  for (let round = 0; round < 3; round += 1)
    for (const client of ['a', 'b', 'c', 'd', 'e']) t.false(sharing.isShared('record-1', client));
  t.true(sharing.isShared('record-1', 'f'));
  t.true(sharing.isShared('record-1', 'a'));
  t.false(sharing.isShared('record-2', 'a'));
});

test('the least recent records are forgotten', (t) => {
  const sharing = recordSharing(2);
  for (const client of ['a', 'b', 'c', 'd', 'e', 'f']) sharing.isShared('record-1', client);
  sharing.isShared('record-2', 'a');
  sharing.isShared('record-3', 'a');
  t.false(sharing.isShared('record-1', 'a'));
});
