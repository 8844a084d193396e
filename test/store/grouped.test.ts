// What shares a transaction, and what waits for the next.

import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import { Groups, type JobKind } from '../../src/store/grouped.ts';
import { MemoryRows } from '../../src/store/memory.ts';
import { manualClock } from './admissions.ts';

class CountingRows extends MemoryRows {
  transactions = 0;
  failing = false;

  override transaction<T>(work: () => T): T {
    this.transactions += 1;
    return super.transaction(() => {
      const result = work();
      if (this.failing) throw new Error('no disk');
      return result;
    });
  }
}

function groups() {
  const rows = new CountingRows();
  const clock = manualClock();
  const nothing = (): void => undefined;
  const space = { admit: nothing, ranOut: () => false, committed: nothing, closed: nothing };
  const grouped = new Groups({ rows, space, asFailure: (error) => error }, clock);
  const done: string[] = [];
  /** Its name is told once it is durable, with the number of its transaction. */
  const ask = (kind: JobKind, name: string, ms = 0): Promise<void> =>
    grouped.run(kind, () => clock.pass(ms)).then(() => void done.push(`${name} ${rows.transactions}`));
  return { grouped, rows, done, ask };
}

test('an append takes along what waits, and goes first', async (t) => {
  const { done, ask } = groups();
  const all = [ask('change', 'claim'), ask('settle', 'settle'), ask('append', 'append')];
  await Promise.all(all);
  t.deepEqual(done, ['append 1', 'settle 1', 'claim 1']);
});

test('of long changes an append takes one along; the others wait for a turn each, in their order', async (t) => {
  const { done, ask } = groups();
  const changes = ['a', 'b', 'c'].map((name) => ask('change', name, 10));
  await ask('append', 'append');
  t.deepEqual(done, ['append 1', 'a 1']);
  await Promise.all(changes);
  t.deepEqual(done, ['append 1', 'a 1', 'b 2', 'c 3']);
});

test('changes without end never keep an append waiting for more than one of them', async (t) => {
  const { done, ask } = groups();
  const changes = Array.from({ length: 20 }, (_, index) => ask('change', `${index}`, 10));
  await setImmediate();
  await setImmediate();
  const before = done.length;
  t.true(before < 20);
  await ask('append', 'append');
  t.true(done.length <= before + 2);
  await Promise.all(changes);
});

test('settlements of a few turns share a transaction, and claims do not wait for it', async (t) => {
  const { done, ask } = groups();
  const first = ask('settle', 'one');
  const claim = ask('change', 'claim');
  await claim;
  t.deepEqual(done, ['claim 1']);
  const second = ask('settle', 'two');
  await Promise.all([first, second]);
  t.deepEqual(done, ['claim 1', 'one 2', 'two 2']);
});

test('a group that fails is tried one by one, and what there was no time for is not part of it', async (t) => {
  const { rows, done, ask } = groups();
  rows.failing = true;
  const failed = [ask('append', 'append'), ask('change', 'a', 10)];
  const later = ask('change', 'b');
  for (const one of failed) await t.throwsAsync(one, { message: 'no disk' });
  rows.failing = false;
  await later;
  t.deepEqual(done, ['b 4']);
});

test('closing runs all that was asked', async (t) => {
  const { grouped, done, ask } = groups();
  const all = [ask('change', 'a', 10), ask('settle', 'b', 10), ask('change', 'c', 10), ask('alone', 'd')];
  grouped.close();
  await Promise.all(all);
  t.is(done.length, 4);
  await t.throwsAsync(ask('change', 'late'), { code: 'store_unavailable' });
});
