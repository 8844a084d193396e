import test from 'ava';
import * as fc from 'fast-check';
import { admit, CLOSED, step, waitMs, type Breaker, type Sign } from '../../src/delivery/breaker.ts';

const failed: Sign = { kind: 'failed' };
const answered: Sign = { kind: 'answered' };
const throttled = (retryAfterMs: number | null): Sign => ({ kind: 'throttled', retryAfterMs });

/** Runs signs at one instant, with the same jitter. */
const after = (signs: readonly Sign[], now = 0, from: Breaker = CLOSED): Breaker =>
  signs.reduce((breaker, sign) => step(breaker, sign, { now, fraction: 0.5 }), from);
const times = (count: number, sign: Sign): readonly Sign[] => Array.from({ length: count }, () => sign);

const PHASES: readonly (readonly [string, readonly Sign[], Breaker['phase'], number])[] = [
  ['four failures', times(4, failed), 'closed', 0],
  ['five failures', times(5, failed), 'open', 750],
  ['failures with an answer among them', [...times(4, failed), answered, ...times(4, failed)], 'closed', 0],
  ['failures that come in after it opened', times(50, failed), 'open', 750],
  ['an answer that comes in after it opened', [...times(5, failed), answered], 'open', 750],
  ['being throttled for a time', [throttled(30_000)], 'open', 30_000],
  ['being throttled without a time', [throttled(null)], 'open', 750],
  ['being throttled for no time', [throttled(0)], 'open', 187.5],
  ['being throttled for ever', [throttled(Number.POSITIVE_INFINITY)], 'open', 86_400_000],
  ['a shorter demand after a longer one', [throttled(30_000), throttled(1000)], 'open', 30_000],
  ['opening while throttled for longer', [...times(4, failed), throttled(60_000), failed], 'open', 60_000],
  ['nothing at all', [{ kind: 'unused' }], 'closed', 0],
];
for (const [name, signs, phase, wait] of PHASES)
  test(`after ${name} it is ${phase}, for ${wait} ms`, (t) => {
    const breaker = after(signs);
    t.is(breaker.phase, phase);
    t.is(waitMs(breaker, 0), wait);
  });

test('after the pause one probe is let through, and only one', (t) => {
  const open = after(times(5, failed));
  t.is(admit(open, 749), null);
  const probing = admit(open, 750);
  t.true(probing?.probe);
  t.is(probing && admit(probing.next, 10_000), null);
  t.is(probing && waitMs(probing.next, 750), Number.POSITIVE_INFINITY);
});

test('a probe that is answered closes it, one that fails makes the pause longer each time', (t) => {
  let breaker = after(times(5, failed));
  const pauses: number[] = [];
  for (let probe = 0; probe < 12; probe += 1) {
    const now = breaker.until;
    const probing = admit(breaker, now)?.next ?? breaker;
    breaker = step(probing, failed, { now, fraction: 0 });
    pauses.push(breaker.until - now);
  }
  t.deepEqual(pauses.slice(0, 4), [1000, 2000, 4000, 8000]);
  t.is(pauses.at(-1), 150_000, 'half of the longest pause is the least');
  const probing = admit(breaker, breaker.until)?.next ?? breaker;
  t.deepEqual(step(probing, answered, { now: breaker.until, fraction: 0 }), CLOSED);
});

test('a probe that found nothing to send lets the next one through at once', (t) => {
  const probing = admit(after(times(5, failed)), 750)?.next ?? CLOSED;
  const back = step(probing, { kind: 'unused' }, { now: 800, fraction: 0 });
  t.true(admit(back, 800)?.probe);
});

test('it always opens again in bounded time, and never before what was asked', (t) => {
  const sign = fc.oneof(
    fc.constant(failed),
    fc.constant(answered),
    fc.constant<Sign>({ kind: 'unused' }),
    fc.nat(2 * 86_400_000).map(throttled),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(sign, fc.nat(5000)), { maxLength: 60 }), (steps) => {
      let breaker = CLOSED;
      let now = 0;
      for (const [one, passed] of steps) {
        now += passed;
        breaker = admit(breaker, now)?.next ?? breaker;
        breaker = step(breaker, one, { now, fraction: 0.3 });
        if (one.kind === 'throttled' && one.retryAfterMs !== null)
          t.true(waitMs(breaker, now) >= Math.min(one.retryAfterMs, 86_400_000));
        t.true(breaker.until - now <= 86_400_000);
      }
    }),
    { numRuns: 200 },
  );
});
