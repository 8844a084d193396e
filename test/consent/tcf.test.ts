// Edges of what a TC string may grant, on strings composed for the purpose.

import test from 'ava';
import type { Claim } from '../../src/core/consent.ts';
import { tcf } from '../../src/consent/tcf.ts';
import { noConsent } from '../support/events.ts';
import { mapping } from '../support/snapshot.ts';
import type { Composed } from './composer.ts';
import { compose, composed, coreOf } from './composer.ts';
import { context } from './context.ts';

const everyPurpose = Array.from({ length: 24 }, (_, index) => index + 1);
const given = mapping({
  sources: { tcf: Object.fromEntries(everyPurpose.map((id) => [`p${id}`, [String(id)]])) },
  vendors: { tcf: ['755'] },
});

function read(over: Partial<Composed>, now = '2026-11-20T12:00:00Z'): Claim {
  const text = compose(composed(over));
  const [claim] = tcf.read(
    noConsent({ consent: { tcf: text } }),
    context({ mapping: given, now: Date.parse(now) }),
  );
  if (claim === undefined) throw new Error('no claim');
  return claim;
}

const granted = (answers: Readonly<Record<string, string>> | undefined): readonly string[] =>
  Object.keys(answers ?? {}).filter((purpose) => answers?.[purpose] === 'granted');

const at = (iso: string) => ({ created: Date.parse(iso), lastUpdated: Date.parse(iso) });

test('purpose 1 that was not disclosed is not granted, whatever its bit says', (t) => {
  const claim = read({ consents: [1, 2], oneTreatment: true });
  t.deepEqual(granted(claim.purposes), ['p2']);
  t.deepEqual(granted(claim.vendors['tcf:755']), ['p2']);
});

test('purposes without a meaning are never granted', (t) => {
  const claim = read({ consents: everyPurpose });
  t.deepEqual(
    granted(claim.purposes),
    everyPurpose.slice(0, 11).map((id) => `p${id}`),
  );
});

test('legitimate interest grants nothing', (t) => {
  const claim = read({
    consents: [],
    interests: everyPurpose,
    vendorInterests: { kind: 'ranges', maxId: 755, ranges: [[755, 755]] },
  });
  t.deepEqual(granted(claim.purposes), []);
  t.deepEqual(granted(claim.vendors['tcf:755']), []);
});

for (const type of [0, 2])
  test(`a restriction of type ${type} beside one of type 1 wins, in either order`, (t) => {
    const other = { purpose: 2, type: 1, ranges: [[755, 755]] } as const;
    const strict = { purpose: 2, type, ranges: [[700, 800]] } as const;
    for (const restrictions of [
      [other, strict],
      [strict, other],
    ]) {
      const claim = read({ consents: [2, 7], restrictions });
      t.deepEqual(granted(claim.vendors['tcf:755']), ['p7']);
      t.deepEqual(granted(claim.purposes), ['p2', 'p7']);
    }
  });

test('a restriction of type 3 or on purpose 0 does not follow the layout', (t) => {
  const broken = (purpose: number, type: number) =>
    read({ restrictions: [{ purpose, type, ranges: [[1, 1]] }] }).unreadable;
  t.is(broken(2, 3), 'tcf_malformed');
  t.is(broken(0, 1), 'tcf_malformed');
  t.is(broken(2, 1), null);
});

test('the disclosed segment is demanded of strings created from 1 March 2026 on', (t) => {
  const fault = (iso: string) => {
    const text = coreOf(composed(at(iso)));
    return tcf.read(noConsent({ consent: { tcf: text } }), context({ mapping: given }))[0]?.unreadable;
  };
  t.is(fault('2026-02-28T23:59:59.900Z'), null);
  t.is(fault('2026-03-01T00:00:00Z'), 'tcf_no_disclosed');
});

test('an older string with the segment is bound by it', (t) => {
  const claim = read({ ...at('2026-01-10T00:00:00Z'), disclosed: { kind: 'bits', maxId: 3, ids: [1] } });
  t.deepEqual(granted(claim.vendors['tcf:755']), []);
});

test('thirteen months end with the month where it has no such day', (t) => {
  const { unreadable } = read(at('2025-01-31T00:00:00Z'), '2026-02-28T00:00:00Z');
  t.is(unreadable, null);
  t.is(read(at('2025-01-31T00:00:00Z'), '2026-02-28T00:00:00.001Z').unreadable, 'tcf_expired');
});

test('a string of before the framework began does not count, whichever of its dates says so', (t) => {
  const before = Date.parse('2018-05-24T00:00:00Z');
  const after = Date.parse('2018-05-26T00:00:00Z');
  const clock = '2018-06-01T00:00:00Z';
  t.is(read({ created: before, lastUpdated: after }, clock).unreadable, 'tcf_expired');
  t.is(read({ created: after, lastUpdated: before }, clock).unreadable, 'tcf_expired');
  t.is(read({ created: after, lastUpdated: after }, clock).unreadable, null);
});

test('neither date may lie in the future', (t) => {
  const now = Date.parse('2026-11-20T12:00:00Z');
  const later = now + 3 * 86_400_000;
  t.is(read({ created: later, lastUpdated: now }).unreadable, 'tcf_future');
  t.is(read({ created: now, lastUpdated: later }).unreadable, 'tcf_future');
});

test('the date is the day, at its start', (t) => {
  t.deepEqual(read(at('2026-10-01T17:45:12.300Z')).dated, {
    at: Date.parse('2026-10-01T00:00:00Z'),
    precision: 'day',
  });
});
