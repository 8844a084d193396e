// The memory of strings: one reading per string and mapping, never a judgement about today, bounded, and no two inputs share
// an entry.

import test from 'ava';
import { remembered } from '../../src/consent/cache.ts';
import { tcf } from '../../src/consent/tcf.ts';
import { noConsent } from '../support/events.ts';
import { mapping } from '../support/snapshot.ts';
import { compose, composed } from './composer.ts';
import { context } from './context.ts';

const text = compose(composed());
const later = (iso: string) => Date.parse(iso);

test('a string is read once for one mapping', (t) => {
  const given = context();
  const [first] = tcf.read(noConsent({ consent: { tcf: text } }), given);
  const [second] = tcf.read(noConsent({ query: { gdpr_consent: text } }), given);
  t.is(first, second);
});

test('another mapping is another reading', (t) => {
  const vendors = (id: string) => context({ mapping: mapping({ vendors: { tcf: [id] } }) });
  const input = noConsent({ consent: { tcf: text } });
  t.deepEqual(Object.keys(tcf.read(input, vendors('755'))[0]?.vendors ?? {}), ['tcf:755']);
  t.deepEqual(Object.keys(tcf.read(input, vendors('804'))[0]?.vendors ?? {}), ['tcf:804']);
});

test('age is judged on every read', (t) => {
  const given = context();
  const input = noConsent({ consent: { tcf: text } });
  const faultAt = (iso: string) => tcf.read(input, { ...given, now: later(iso) })[0]?.unreadable;
  t.is(faultAt('2026-11-20T00:00:00Z'), null);
  t.is(faultAt('2027-11-20T00:00:00Z'), 'tcf_expired');
  t.is(faultAt('2026-01-20T00:00:00Z'), 'tcf_future');
  t.is(faultAt('2026-11-20T00:00:00Z'), null);
});

test('no two lists of strings share an entry', (t) => {
  const given = mapping();
  const lists = [['ab', 'c'], ['a', 'bc'], ['abc'], ['a\n2:bc'], ['abc', ''], ['', 'abc'], ['1:a\n2:bc']];
  for (const texts of lists) remembered({ mapping: given, format: 'x', texts }, () => ({ texts }));
  for (const texts of lists) {
    const found = remembered({ mapping: given, format: 'x', texts }, () => ({ texts: ['read again'] }));
    t.deepEqual(found.texts, texts);
  }
});

test('formats do not share entries', (t) => {
  const given = mapping();
  remembered({ mapping: given, format: 'x', texts: ['a'] }, () => ({ made: 'x' }));
  t.is(remembered({ mapping: given, format: 'y', texts: ['a'] }, () => ({ made: 'y' })).made, 'y');
});

test('it forgets the oldest when it is full, and never grows without bound', (t) => {
  const given = mapping();
  let made = 0;
  const read = (name: string) =>
    remembered({ mapping: given, format: 'x', texts: [name.padEnd(4000, 'x')] }, () => ({
      made: (made += 1),
    }));
  read('first');
  for (let index = 0; index < 3000; index += 1) read(String(index));
  t.is(made, 3001);
  read('2999');
  t.is(made, 3001);
  read('first');
  t.is(made, 3002);
});

test('very long strings are read every time', (t) => {
  const given = mapping();
  let made = 0;
  const texts = ['x'.repeat(9000)];
  for (let index = 0; index < 2; index += 1)
    remembered({ mapping: given, format: 'x', texts }, () => ({ made: (made += 1) }));
  t.is(made, 2);
});
