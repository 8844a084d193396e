// Group commit: what shares a transaction, and what needs none.

import test from 'ava';
import { GatewayError } from '../../src/core/errors.ts';
import { ENDLESS, Groups } from '../../src/store/grouped.ts';
import { MemoryRows } from '../../src/store/memory.ts';

class CountedRows extends MemoryRows {
  transactions = 0;

  override transaction<T>(work: () => T): T {
    this.transactions += 1;
    return super.transaction(work);
  }
}

function made() {
  const rows = new CountedRows();
  const clock = { monotonic: () => performance.now() };
  return { rows, groups: new Groups({ rows, space: ENDLESS, asFailure: (error) => error }, clock) };
}

test('groups: settlements share one transaction, without anybody else to ride with', async (t) => {
  const { rows, groups } = made();
  const first = groups.run('settle', () => 1);
  await new Promise((resolve) => setImmediate(resolve));
  t.is(rows.transactions, 0, 'it waits');
  t.deepEqual(await Promise.all([first, groups.run('settle', () => 2)]), [1, 2]);
  t.is(rows.transactions, 1);
});

test('groups: a settlement rides with the next append', async (t) => {
  const { rows, groups } = made();
  const settled = groups.run('settle', () => 'settled');
  t.deepEqual(await Promise.all([settled, groups.run('append', () => 'appended')]), ['settled', 'appended']);
  t.is(rows.transactions, 1);
});

test('groups: closing commits what still waits', async (t) => {
  const { rows, groups } = made();
  const settled = groups.run('settle', () => 'kept');
  groups.close();
  t.is(await settled, 'kept');
  t.is(rows.transactions, 1);
  await t.throwsAsync(
    groups.unwritten(() => 1),
    { instanceOf: GatewayError },
  );
});

test('groups: unwritten work needs no transaction, and is undone when it throws', async (t) => {
  const { rows, groups } = made();
  let undone = false;
  const work = groups.unwritten((turn) => {
    turn.onFailure(() => (undone = true));
    throw new Error('a bug');
  });
  await t.throwsAsync(work, { message: 'a bug' });
  t.true(undone);
  t.is(await groups.unwritten(() => 'done'), 'done');
  t.is(rows.transactions, 0);
});
