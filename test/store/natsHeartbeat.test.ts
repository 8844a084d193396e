// What the local copy of facts keeps, forgets and tidies, and what a heartbeat proves; without a server, in beats.

import test from 'ava';
import { GatewayError } from '../../src/core/errors.ts';
import type { Fact } from '../../src/core/ports.ts';
import { FactsCopy } from '../../src/store/jetstream/factsCopy.ts';
import { Heartbeat } from '../../src/store/jetstream/heartbeat.ts';
import { manualClock } from './admissions.ts';

function watched(): { copy: FactsCopy; told: unknown[] } {
  const copy = new FactsCopy();
  const told: unknown[] = [];
  copy.watch('', ({ key, value, revision }) => told.push([key, value, revision]));
  copy.caughtUp();
  return { copy, told };
}

const fact = (key: string, value: Fact['value'], revision: number): Fact => ({ key, value, revision });

test('what was told before is not told again by a later pass, nor undone by it', (t) => {
  const { copy, told } = watched();
  copy.learn(fact('a', 1, 1), 0);
  copy.learn(fact('b', 2, 2), 0);
  copy.begin();
  copy.learn(fact('a', 1, 1), 0);
  copy.learn(fact('b', null, 3), 0);
  copy.caughtUp();
  copy.learn(fact('b', null, 3), 0);
  t.deepEqual(told, [
    ['a', 1, 1],
    ['b', 2, 2],
    ['b', null, 3],
  ]);
  t.deepEqual(copy.list(''), [fact('a', 1, 1)]);
});

test('what a pass does not tell any more was deleted; what it cannot read was not', (t) => {
  const { copy, told } = watched();
  for (const [index, key] of ['gone', 'stays', 'unreadable'].entries()) copy.learn(fact(key, 0, index), 0);
  copy.begin();
  copy.learn(fact('stays', 0, 1), 0);
  copy.keep('unreadable');
  t.is(copy.list('').length, 3, 'nothing is forgotten before the pass is complete');
  t.false(copy.complete);
  copy.caughtUp();
  t.deepEqual(told.slice(3), [['gone', null, 0]]);
  t.deepEqual(
    copy.list('').map(({ key }) => key),
    ['stays', 'unreadable'],
  );
});

test('the heartbeat of a gateway that is gone is tidied after a minute, a marker after fifteen', (t) => {
  const { copy, told } = watched();
  copy.learn(fact('gateway/own', { beat: 1 }, 1), 0);
  copy.learn(fact('gateway/other', { beat: 7 }, 2), 0);
  copy.learn(fact('denial/s', 1, 3), 0);
  copy.learn(fact('denial/s', null, 4), 10);
  t.deepEqual(copy.tidy(239, 'gateway/own'), []);
  t.deepEqual(copy.tidy(240, 'gateway/own'), [2]);
  t.deepEqual(told.at(-1), ['gateway/other', null, 2]);
  t.deepEqual(copy.tidy(3_609, 'gateway/own'), []);
  t.deepEqual(copy.tidy(3_610, 'gateway/own'), [4]);
  t.deepEqual(copy.tidy(9_999, 'gateway/own'), [], 'once is enough');
});

test('a marker is not tidied once the fact is there again', (t) => {
  const { copy } = watched();
  copy.learn(fact('denial/s', null, 4), 0);
  copy.learn(fact('denial/s', 1, 5), 1);
  t.deepEqual(copy.tidy(9_999, 'gateway/own'), []);
  t.is(copy.list('').length, 1);
});

test('a gateway lives while its heartbeat changes', (t) => {
  const { copy } = watched();
  for (let beat = 0; beat < 1_000; beat += 100) {
    copy.learn(fact('gateway/other', { beat }, beat + 1), beat);
    t.deepEqual(copy.tidy(beat + 99, 'gateway/own'), []);
  }
});

test('facts are fresh as of when a beat was sent, once all before it is known', (t) => {
  const clock = manualClock();
  const heartbeat = new Heartbeat(clock);
  const sentAt = clock.monotonic();
  const beat = heartbeat.next();
  clock.pass(700);
  heartbeat.next();
  t.is(heartbeat.freshAt, -Infinity);
  heartbeat.seen({ beat });
  t.is(heartbeat.freshAt, -Infinity, 'seen in a pass that is not complete');
  heartbeat.confirm();
  t.is(heartbeat.freshAt, sentAt);
  for (const odd of [null, 1, {}, { beat: 'x' }, { beat: 99 }, { beat: 0 }]) {
    heartbeat.seen(odd);
    heartbeat.confirm();
  }
  t.is(heartbeat.freshAt, sentAt, 'what was not sent proves nothing');
  heartbeat.seen({ beat: beat + 1 });
  heartbeat.confirm();
  t.is(heartbeat.freshAt, sentAt + 700, 'nor does it hide what was');
});

test('who waits for a beat is let go by it, by a later one, in time or at the end', async (t) => {
  const heartbeat = new Heartbeat(manualClock());
  const first = heartbeat.cameBack(heartbeat.next(), 5_000);
  const passed = heartbeat.passed(9, 5_000);
  heartbeat.seen({ beat: heartbeat.next() });
  heartbeat.confirm();
  heartbeat.pass(8);
  heartbeat.pass(10);
  await first;
  await passed;
  await t.throwsAsync(heartbeat.cameBack(heartbeat.next(), 10), { instanceOf: GatewayError });
  const never = heartbeat.cameBack(heartbeat.next(), 60_000);
  heartbeat.close();
  await t.throwsAsync(never, { instanceOf: GatewayError });
});
