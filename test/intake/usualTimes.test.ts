// Timestamps as `toISOString` writes them have a fast reading of their own, which must agree with the general one.

import { assert, integer, property } from 'fast-check';
import test from 'ava';
import { readInstant } from '../../src/intake/clock.ts';

/** The same instant in a spelling that only the general reading takes. */
const general = (usual: string): number | null => readInstant(usual.replace('Z', '+00:00'));

test('any instant from 1970 on is read as it was written', (t) => {
  assert(
    property(integer({ min: 0, max: 253_402_300_799_999 }), (at) => {
      t.is(readInstant(new Date(at).toISOString()), at);
    }),
    { numRuns: 2000 },
  );
});

for (const at of [
  '0050-01-01T00:00:00.000Z',
  '1969-12-31T23:59:59.999Z',
  '2024-02-29T23:59:59.999Z',
  '2026-02-29T12:00:00.000Z',
  '2026-04-31T12:00:00.000Z',
  '2026-00-10T12:00:00.000Z',
  '2026-13-10T12:00:00.000Z',
  '2026-11-00T12:00:00.000Z',
  '2026-11-20T24:00:00.000Z',
  '2026-11-20T24:00:00.001Z',
  '2026-11-20T12:60:00.000Z',
  '2026-11-20T12:00:60.000Z',
  '2026-11-20 12:00:00.000Z',
])
  test(`\`${at}\` is what the general reading says`, (t) => {
    t.is(readInstant(at), general(at));
  });

for (const wrong of [
  '20x6-11-20T12:00:00.000Z',
  '2026-11-20T12:00:00.00xZ',
  '2026/11/20T12:00:00.000Z',
  '2026-11-20T12.00:00.000Z',
  '2026-11-20T12:00:00;000Z',
  '+026-11-20T12:00:00.000Z',
])
  test(`\`${wrong}\` is no instant`, (t) => {
    t.is(readInstant(wrong), null);
  });
