// The retry schedule as a table.

import test from 'ava';
import * as fc from 'fast-check';
import { backoffMs, LONGEST_MS, nextAttempt, SHORTEST_MS } from '../../src/outbox/retry.ts';
import type { Attempted } from '../../src/outbox/retry.ts';
import { DAY, NOW } from '../support/snapshot.ts';

const attempted = (over: Partial<Attempted>): Attempted => ({
  attempt: 1,
  firstAt: NOW,
  now: NOW,
  retryForMs: DAY,
  result: { kind: 'transient', code: 'timeout' },
  dedupes: true,
  onUncertain: 'settle',
  fraction: 0,
  ...over,
});

const throttled = (retryAfterMs: number | null) => ({
  result: { kind: 'throttled', code: 'http_429', retryAfterMs } as const,
});
const uncertain = { result: { kind: 'uncertain', code: 'reset' } as const };
const late = { now: NOW + DAY };

const TABLE: readonly (readonly [string, Partial<Attempted>, ReturnType<typeof nextAttempt>])[] = [
  ['delivered', { result: { kind: 'delivered' } }, { name: 'delivered', code: null }],
  ['delivered, late', { result: { kind: 'delivered' }, ...late }, { name: 'delivered', code: null }],
  ['permanent', { result: { kind: 'permanent', code: 'http_400' } }, { name: 'rejected', code: 'http_400' }],
  ['transient', {}, { retryAt: NOW + 1000, code: 'timeout' }],
  ['transient, highest of the first', { fraction: 1 }, { retryAt: NOW + 2000, code: 'timeout' }],
  ['transient, fifth', { attempt: 5, fraction: 1 }, { retryAt: NOW + 32_000, code: 'timeout' }],
  ['transient, hundredth', { attempt: 100, fraction: 1 }, { retryAt: NOW + 3_600_000, code: 'timeout' }],
  ['transient at the end', late, { name: 'expired', code: 'timeout' }],
  [
    'transient just before the end: once more at the end',
    { now: NOW + DAY - 10 },
    { retryAt: NOW + DAY, code: 'timeout' },
  ],
  ['throttled without a time', throttled(null), { retryAt: NOW + 1000, code: 'http_429' }],
  ['throttled for longer than the backoff', throttled(90_000), { retryAt: NOW + 90_000, code: 'http_429' }],
  [
    'throttled for shorter than the backoff',
    { ...throttled(1), attempt: 5, fraction: 1 },
    { retryAt: NOW + 32_000, code: 'http_429' },
  ],
  ['throttled beyond the end', throttled(10 * DAY), { retryAt: NOW + DAY, code: 'http_429' }],
  ['throttled at the end', { ...throttled(10), ...late }, { name: 'expired', code: 'http_429' }],
  ['uncertain, no dedupe', { ...uncertain, dedupes: false }, { name: 'uncertain', code: 'reset' }],
  ['uncertain, dedupe', uncertain, { retryAt: NOW + 1000, code: 'reset' }],
  [
    'uncertain, no dedupe, resend',
    { ...uncertain, dedupes: false, onUncertain: 'resend' },
    { retryAt: NOW + 1000, code: 'reset' },
  ],
  [
    'uncertain at the end, no dedupe',
    { ...uncertain, ...late, dedupes: false },
    { name: 'uncertain', code: 'reset' },
  ],
  ['uncertain at the end, dedupe', { ...uncertain, ...late }, { name: 'expired', code: 'reset' }],
  [
    'interrupted by a crash, no dedupe',
    { result: { kind: 'uncertain', code: 'interrupted' }, dedupes: false },
    { name: 'uncertain', code: 'interrupted' },
  ],
  ['no time for retries at all', { retryForMs: 0 }, { name: 'expired', code: 'timeout' }],
];

for (const [title, over, expected] of TABLE)
  test(`retry: ${title}`, (t) => {
    t.deepEqual(nextAttempt(attempted(over)), expected);
  });

test('retry: waits stay within their bounds for any attempt and fraction', (t) => {
  fc.assert(
    fc.property(fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, fraction) => {
      const wait = backoffMs(attempt, fraction);
      return wait >= SHORTEST_MS && wait <= LONGEST_MS;
    }),
  );
  t.pass();
});
