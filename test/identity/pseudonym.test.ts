// Pseudonyms: stable where they should be, different everywhere else, and of the form the vendor writes itself.

import * as fc from 'fast-check';
import test from 'ava';
import type { PseudonymFormat } from '../../src/core/identifiers/kind.ts';
import { Secret } from '../../src/core/secret.ts';
import { embeddedStart, periodsOf } from '../../src/identity/period.ts';
import { keyring } from '../../src/identity/pseudonym.ts';
import { received } from '../support/events.ts';
import { DAY, NOW } from '../support/snapshot.ts';
import { visitor } from './setting.ts';

const secret = (value: string) => ({ id: value.slice(0, 2), value: new Secret(value) });
const ring = keyring([secret('k1 a test secret of at least thirty-two characters')]);
const other = keyring([secret('k2 another secret of at least thirty-two characters')]);

const FORMS: Readonly<Record<PseudonymFormat, RegExp>> = {
  ga_client_id: /^1?\d{9,10}\.1\d{9}$/,
  epoch_seconds: /^1\d{9}$/,
  base36: /^[0-9a-z]{1,7}$/,
  hex16: /^[0-9a-f]{16}$/,
  hex32: /^[0-9a-f]{32}$/,
  alnum12: /^[0-9A-Za-z]{12}$/,
  uuid: /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
};
const formats = fc.constantFrom(...(Object.keys(FORMS) as PseudonymFormat[])); // keys of the table above
const request = fc.record({
  destination: fc.constantFrom('ga4', 'hubspot', 'meta'),
  name: fc.constantFrom('ga.client_id', 'site.anonymous_id'),
  value: fc.string({ minLength: 1, maxLength: 200 }),
  format: formats,
  period: fc.constantFrom('c20', 'c21', 'o0', 'o1'),
});

test('a pseudonym has its vendor’s form and is the same for the same request', (t) => {
  fc.assert(
    fc.property(request, (asked) => {
      const made = ring.pseudonym(asked);
      return FORMS[asked.format].test(made) && made === ring.pseudonym({ ...asked });
    }),
    { numRuns: 300 },
  );
  t.pass();
});

test('another destination, period, kind, value or secret makes another pseudonym', (t) => {
  fc.assert(
    fc.property(request, (asked) => {
      const made = ring.pseudonym(asked);
      const others = [
        ring.pseudonym({ ...asked, destination: `${asked.destination}-2` }),
        ring.pseudonym({ ...asked, period: `${asked.period}1` }),
        ring.pseudonym({ ...asked, name: 'site.user_id' }),
        ring.pseudonym({ ...asked, value: `${asked.value}x` }),
        other.pseudonym(asked),
      ];
      return others.every((each) => each !== made);
    }),
    { numRuns: 200 },
  );
  t.pass();
});

test('a client id’s embedded time is replaced by one that does not depend on it', (t) => {
  const made = ring.pseudonym({
    destination: 'ga4',
    name: 'ga.client_id',
    value: '1.1763900001',
    format: 'ga_client_id',
    period: 'o0',
  });
  const seconds = Number(made.split('.')[1]);
  t.not(seconds, 1_763_900_001);
  t.true(seconds >= 1_500_000_000 && seconds < 1_700_000_000);
});

test('an event key is a UUID of its own for each destination, site and message', (t) => {
  const keyOf = (destination: string, site: string, id: string): string =>
    ring.eventKey(destination, ring.openedEvent(site, id));
  const key = keyOf('ga4', 'shop', 'message-1');
  t.regex(key, FORMS.uuid);
  t.is(key, keyOf('ga4', 'shop', 'message-1'));
  t.is(
    new Set([
      key,
      keyOf('meta', 'shop', 'message-1'),
      keyOf('ga4', 'other', 'message-1'),
      keyOf('ga4', 'shop', 'message-2'),
      keyOf('ga4', 'shopm', 'essage-1'),
    ]).size,
    5,
  );
});

test('subjects are the person’s ids under every secret, the current first', (t) => {
  const both = keyring([
    secret('k2 another secret of at least thirty-two characters'),
    secret('k1 a test secret of at least thirty-two characters'),
  ]);
  const event = visitor();
  const { current, all } = both.subjectDigests(event);
  t.is(current.length, 6 + 1); // client id, utk, Clarity user, fbp, anonymous id, user id; and the e-mail address
  t.deepEqual(all.slice(0, current.length), current);
  t.deepEqual(all.slice(current.length), ring.subjectDigests(event).current);
  t.true(current.includes(both.subjectDigest('ga.client_id', '1837402915.1763900001').current[0] ?? ''));
  t.true(current.includes(both.subjectDigest('email', ' JAN@mail.example').current[0] ?? ''));
});

test('a subject digest is no pseudonym and no dedupe digest', (t) => {
  const digests = ring.subjectDigest('site.user_id', 'x').all;
  t.false(digests.includes(ring.dedupeDigest('site.user_id', 'x')));
  t.is(digests[0]?.length, 32);
});

const P = 365 * DAY;

test('no session sees its visitor’s period change', (t) => {
  const at = fc.integer({ min: NOW - 3 * P, max: NOW + 3 * P });
  const age = fc.integer({ min: 0, max: 3 * P });
  fc.assert(
    fc.property(at, age, fc.integer({ min: 0, max: DAY }), (start, old, later) => {
      const session = String(Math.floor(start / 1000));
      const ids = [
        {
          system: 'ga',
          kind: 'client_id',
          value: `1837402915.${Math.floor((start - old) / 1000)}`,
          source: 'cookie',
        },
        { system: 'ga', kind: 'session_id', value: session, source: 'cookie' },
        { system: 'site', kind: 'anonymous_id', value: 'a-visitor', source: 'protocol' },
      ] as const;
      const first = periodsOf(received({ ids, occurredAt: start }), P);
      const last = periodsOf(received({ ids, occurredAt: start + later }), P);
      return ids.every((id) => first(id) === last(id));
    }),
    { numRuns: 500 },
  );
  t.pass();
});

test('a visitor’s periods are counted from the start that its id embeds', (t) => {
  const id = { system: 'ga', kind: 'client_id', value: '1837402915.1700000000', source: 'cookie' } as const;
  const at = (ms: number) => periodsOf(received({ ids: [id], occurredAt: ms }), P)(id);
  const start = 1_700_000_000_000;
  t.is(at(start), 'o0');
  t.is(at(start + P - 1), 'o0');
  t.is(at(start + P), 'o1');
  t.is(at(start - 5), 'o0');
});

test('a start is read only where it is one', (t) => {
  t.is(embeddedStart('ga.client_id', '1837402915.1763900001'), 1_763_900_001_000);
  t.is(embeddedStart('ga.session_id', '1763900001'), 1_763_900_001_000);
  t.is(embeddedStart('site.session_id', '1763900001000'), 1_763_900_001_000);
  for (const [name, value] of [
    ['ga.client_id', 'any-stable-string'],
    ['ga.client_id', '1837402915.42'],
    ['ga.session_id', '42'],
    ['site.user_id', '1763900001'],
    ['clarity.session_id', '2sfkfr'],
  ] as const)
    t.is(embeddedStart(name, value), null, `${name} ${value}`);
});
