// When an event happened: skew, clamps, and that no made-up time gains a client anything.

import { inspect } from 'node:util';
import * as fc from 'fast-check';
import test from 'ava';
import { BEFORE_ANY_CONSENT, readInstant, settleClock } from '../../src/intake/clock.ts';
import { DAY, NOW } from '../support/snapshot.ts';

const MINUTE = 60_000;

const TABLE = [
  { what: 'no time of its own', claimed: null, sent: NOW, at: 0, clock: 'received' },
  { what: 'a clock that is right', claimed: NOW - 5000, sent: NOW - 200, at: -5000, clock: 'client' },
  { what: 'no time of sending', claimed: NOW - 5000, sent: null, at: -5000, clock: 'client' },
  {
    what: 'a clock an hour behind',
    claimed: NOW - 60 * MINUTE - 5000,
    sent: NOW - 60 * MINUTE,
    at: -5000,
    clock: 'skew_corrected',
  },
  {
    what: 'a clock an hour ahead',
    claimed: NOW + 60 * MINUTE - 5000,
    sent: NOW + 60 * MINUTE,
    at: -5000,
    clock: 'skew_corrected',
  },
  { what: 'a clock that starts in 1970', claimed: 10_000, sent: 15_000, at: -5000, clock: 'skew_corrected' },
  { what: 'a little ahead', claimed: NOW + MINUTE, sent: null, at: 0, clock: 'client' },
  { what: 'far ahead', claimed: NOW + 10 * MINUTE, sent: null, at: 0, clock: 'clamped_future' },
  { what: 'a day old', claimed: NOW - DAY, sent: NOW, at: -DAY, clock: 'client' },
  { what: 'a year old', claimed: NOW - 365 * DAY, sent: NOW, at: -365 * DAY, clock: 'client' },
  {
    what: 'older than a year',
    claimed: NOW - 367 * DAY,
    sent: NOW,
    at: BEFORE_ANY_CONSENT - NOW,
    clock: 'clamped_past',
  },
] as const;

for (const row of TABLE)
  test(`clock: ${row.what}`, (t) => {
    t.deepEqual(settleClock({ claimedAt: row.claimed, sentAt: row.sent, receivedAt: NOW }), {
      occurredAt: NOW + row.at,
      clock: row.clock,
    });
  });

const instant = fc.oneof(
  fc.integer({ min: 0, max: 253_402_300_799_999 }),
  fc.integer({ min: NOW - 400 * DAY, max: NOW + DAY }),
);

test('an event is never later than its request, and no clamp moves it to a later time', (t) => {
  fc.assert(
    fc.property(instant, fc.option(instant), (claimedAt, sentAt) => {
      const { occurredAt, clock } = settleClock({ claimedAt, sentAt, receivedAt: NOW });
      const corrected = claimedAt + (clock === 'client' || sentAt === null ? 0 : NOW - sentAt);
      t.true(occurredAt <= NOW);
      if (clock === 'clamped_past') t.is(occurredAt, BEFORE_ANY_CONSENT);
      if (clock === 'clamped_future' || clock === 'skew_corrected') t.true(occurredAt <= corrected);
    }),
  );
});

for (const [value, read] of [
  ['2026-11-20T12:00:00.000Z', NOW],
  ['2026-11-20T13:00:00+01:00', NOW],
  ['2026-11-20T13:00:00+0100', NOW],
  ['2026-11-20T12:00:00', NOW],
  ['2026-11-20 12:00Z', NOW],
  ['2026-11-20', NOW - DAY / 2],
  ['2026-11-20T12:00:00.123456789Z', NOW + 123],
  [NOW, NOW],
  [NOW / 1000, NOW],
  ['2026-13-20T12:00:00Z', null],
  ['Fri, 20 Nov 2026 12:00:00 GMT', null],
  ['yesterday', null],
  ['1'.repeat(1000), null],
  [Number.NaN, null],
  [-1, null],
  [1e300, null],
  [null, null],
  [{}, null],
] as const)
  test(`instant: ${inspect(value).slice(0, 40)}`, (t) => {
    t.is(readInstant(value), read);
  });

test('every day of a month reads the same however it is read', (t) => {
  for (const year of ['1970', '2026', '2028'])
    for (let month = 1; month <= 12; month += 1)
      for (let day = 0; day <= 32; day += 1) {
        const two = (number: number): string => String(number).padStart(2, '0');
        const text = `${year}-${two(month)}-${two(day)}T23:59:59.999Z`;
        const parsed = Date.parse(text);
        t.is(readInstant(text), Number.isNaN(parsed) ? null : parsed, text);
      }
});
