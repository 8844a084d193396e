// Work with a home: done at one worker whichever is asked, bounded while it is away, and never waited for in vain.

import test from 'ava';
import { GatewayError } from '../../src/core/errors.ts';
import { homeOf, Homes } from '../../src/workers/homes.ts';
import type { HomesOptions } from '../../src/workers/homes.ts';
import type { FromWorker } from '../../src/workers/protocol.ts';

interface Task {
  readonly body: Uint8Array;
  readonly name: string;
}
interface Done {
  readonly by: number;
  readonly text: string;
}
type Options = HomesOptions<Task, Done>;

const task = (name: string, text = name): Task => ({ name, body: Buffer.from(text) });
const textOf = ({ body }: Task): string => Buffer.from(body).toString();

/** A key whose home is this worker of two. */
function keyFor(seat: number): string {
  for (let number = 0; ; number += 1) if (homeOf(`k${number}`, 2) === seat) return `k${number}`;
}

/** Two workers, and between them what the thread that owns the store does: passes on, with copies. */
function pair(over: Partial<Options> = {}) {
  const crossed: FromWorker[] = [];
  const away = new Set<number>();
  const homes: Homes<Task, Done>[] = [];
  const asked: { from: number; call: number }[] = [];
  const pass = (from: number, message: FromWorker, transfer: readonly ArrayBuffer[]): void => {
    const copy = structuredClone(message, { transfer: [...transfer] });
    crossed.push(copy);
    if (copy.kind === 'hand') {
      if (away.has(copy.to)) return homes[from]?.answered(copy.call, null);
      asked.push({ from, call: copy.call });
      homes[copy.to]?.serve(asked.length - 1, copy.work);
    }
    if (copy.kind === 'handled') {
      const asker = asked[copy.number];
      if (asker !== undefined) homes[asker.from]?.answered(asker.call, copy.handled);
    }
  };
  for (const seat of [0, 1])
    homes.push(
      new Homes<Task, Done>({
        seat,
        among: 2,
        work: async (each) => ({ by: seat, text: textOf(each) }),
        post: (message, transfer) => setImmediate(() => pass(seat, message, transfer)),
        ...over,
      }),
    );
  const [first, second] = homes;
  if (first === undefined || second === undefined) throw new Error('two were made');
  return { first, second, crossed, away };
}

test('whoever is asked, the home does it', async (t) => {
  const { first, second, crossed } = pair();
  t.deepEqual(
    [first, second].map((each) => [0, 1].map((seat) => each.isHere(keyFor(seat)))),
    [
      [true, false],
      [false, true],
    ],
  );
  t.deepEqual(await first.hand(keyFor(1), task('upload')), { by: 1, text: 'upload' });
  t.deepEqual(await second.hand(keyFor(0), task('upload')), { by: 0, text: 'upload' });
  t.is(crossed.length, 4);
});

test('keys spread evenly, and stay where they are', (t) => {
  const counts = [0, 0, 0, 0];
  for (let number = 0; number < 4000; number += 1) {
    const home = homeOf(`visit-${number}`, 4);
    t.is(home, homeOf(`visit-${number}`, 4));
    counts[home] = (counts[home] ?? 0) + 1;
  }
  t.true(
    counts.every((count) => count > 850 && count < 1150),
    counts.join(),
  );
  t.is(homeOf('visit', 1), 0);
});

test('a body that shares its memory with others goes alone, and the asker keeps its own', async (t) => {
  const { first } = pair();
  const pool = Buffer.from('beforeuploadafter');
  const body = pool.subarray(6, 12);
  t.like(await first.hand(keyFor(1), { name: 'a', body }), { text: 'upload' });
  t.is(pool.toString(), 'beforeuploadafter');
});

test('what the work throws reaches the asker, code and all', async (t) => {
  const { first } = pair({
    work: ({ name }) =>
      name === 'bug'
        ? Promise.reject(new TypeError('a bug'))
        : Promise.reject(new GatewayError('overloaded', 'busy', { retryAfter: 7 })),
  });
  t.like(await t.throwsAsync(first.hand(keyFor(1), task('busy'))), { code: 'overloaded', retryAfter: 7 });
  t.like(await t.throwsAsync(first.hand(keyFor(1), task('bug'))), { name: 'TypeError' });
});

test('a home that is away is said so at once', async (t) => {
  const { first, away } = pair();
  away.add(1);
  t.like(await t.throwsAsync(first.hand(keyFor(1), task('a'))), { code: 'overloaded', retryAfter: 1 });
});

test('a home that does not answer is not waited for, and what it says later is nothing', async (t) => {
  const gate = Promise.withResolvers<void>();
  const { first, second } = pair({
    waitMs: 20,
    work: async (each) => {
      await gate.promise;
      return { by: 1, text: textOf(each) };
    },
  });
  t.like(await t.throwsAsync(first.hand(keyFor(1), task('a'))), { code: 'overloaded' });
  gate.resolve();
  await second.idle();
  t.like(await first.hand(keyFor(1), task('b')), { text: 'b' });
});

test('what waits for another is bounded in bytes, and there is room again when it is done', async (t) => {
  const gate = Promise.withResolvers<void>();
  const { first } = pair({
    waitingBytes: 200,
    work: async (each) => {
      await gate.promise;
      return { by: 1, text: textOf(each) };
    },
  });
  const large = 'x'.repeat(60);
  const one = first.hand(keyFor(1), task('a', large));
  t.like(await t.throwsAsync(first.hand(keyFor(1), task('b', large))), { code: 'overloaded' });
  const small = first.hand(keyFor(1), task('c', 'small'));
  gate.resolve();
  t.deepEqual(
    (await Promise.all([one, small])).map(({ text }) => text),
    [large, 'small'],
  );
  t.like(await first.hand(keyFor(1), task('d', 'y'.repeat(5000))), { by: 1 }, 'alone whatever its size');
});

test('a worker is idle when what others handed over is done', async (t) => {
  const gate = Promise.withResolvers<void>();
  const { first, second } = pair({
    work: async (each) => {
      await gate.promise;
      return { by: 1, text: textOf(each) };
    },
  });
  const answer = first.hand(keyFor(1), task('a'));
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  let idle = false;
  const waiting = second.idle().then(() => (idle = true));
  await new Promise(setImmediate);
  t.false(idle);
  gate.resolve();
  await waiting;
  t.like(await answer, { text: 'a' });
});

test('a worker that ends waits for no other', async (t) => {
  const { first } = pair({ work: () => new Promise(() => undefined) });
  const answers = [first.hand(keyFor(1), task('a')), first.hand(keyFor(1), task('b'))];
  first.close();
  for (const answer of answers) t.like(await t.throwsAsync(answer), { code: 'overloaded' });
});
