// What is no upload is refused with a code, quickly, and without a word of what was sent.

import test from 'ava';
import { GatewayError } from '../../src/core/errors.ts';
import { growth } from '../support/growth.ts';
import { ENVELOPE, opened, upload } from './captures.ts';

const SECRET = 'erika.mustermann@example.org';

const withField = (index: number, value: unknown): string =>
  upload([], null, ENVELOPE.with(index, value as string));

const REFUSED: Readonly<Record<string, string | Uint8Array>> = {
  nothing: '',
  'no JSON': `{"e":["${SECRET}"`,
  'a list': `["${SECRET}"]`,
  'a string': `"${SECRET}"`,
  null: 'null',
  'other keys': `{"x":"${SECRET}"}`,
  'one key too many': `${upload([]).slice(0, -1)},"x":"${SECRET}"}`,
  'no events': `{"e":${JSON.stringify(ENVELOPE)}}`,
  'events that are no lists': `{"e":${JSON.stringify(ENVELOPE)},"a":["${SECRET}"]}`,
  'events in an object': `{"e":${JSON.stringify(ENVELOPE)},"a":{"0":["${SECRET}"]}}`,
  'playback that is no list': `{"e":${JSON.stringify(ENVELOPE)},"a":[],"p":"${SECRET}"}`,
  'playback that is null': `{"e":${JSON.stringify(ENVELOPE)},"a":[],"p":null}`,
  'an object in an event': upload([[1, 24, { [SECRET]: 1 }]]),
  'an object as prototype': `{"e":${JSON.stringify(ENVELOPE)},"a":[],"__proto__":[]}`,
  'no UTF-8': Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]),
  'UTF-16': Buffer.from(upload([]), 'utf16le'),
  'a byte order mark': `\ufeff${upload([])}`,
  'an envelope too short': upload([], null, ENVELOPE.slice(0, 9)),
  'an envelope too long': upload([], null, [...ENVELOPE, 1]),
  'another major version': withField(0, '1.0.1'),
  'another minor version': withField(0, '0.9.1'),
  'a version with more behind it': withField(0, `0.8.70${SECRET}`),
  'a sequence as text': withField(1, '1'),
  'a sequence below zero': withField(1, -1),
  'a sequence that is a card': withField(1, 4111111111111111),
  'a fraction of a sequence': withField(1, 1.5),
  'a time without end': upload([]).replace(',0,159,', ',0,1e999,'),
  'a project in capitals': withField(4, 'Must'),
  'a project that is an address': withField(4, SECRET),
  'a user id that is none': withField(5, SECRET),
  'a user id too long': withField(5, 'a'.repeat(33)),
  'a user id as number': withField(5, 12345),
  'a session id that is none': withField(6, 'a-b'),
  'an empty session id': withField(6, ''),
  'a page number too large': withField(7, 41111111),
  'an upload flag that is none': withField(8, 2),
  'an end flag that is true': withField(9, true),
  'an address that is a list': withField(11, [SECRET]),
  'an address too long': withField(11, `http://shop.example/${'a'.repeat(5000)}`),
};

for (const [what, body] of Object.entries(REFUSED))
  test(`refuses ${what}`, (t) => {
    const error = t.throws(() => opened(body), { instanceOf: GatewayError });
    t.is(error?.code, 'unreadable_body');
    t.false(JSON.stringify([error?.message, String(error?.cause)]).includes('erika'));
  });

test('takes envelopes of ten to twelve fields of the versions in use', (t) => {
  for (const version of ['0.6.43', '0.7.20', '0.8.41', '0.8.70', '0.8.70-b1'])
    for (const length of [10, 11, 12])
      t.is(opened(upload([], null, [version as unknown].concat(ENVELOPE.slice(1, length)))).sequence, 1);
});

test('says whose upload it is, and no more than the recorder knows', (t) => {
  const one = opened(upload([], null, ENVELOPE.with(9, 1)));
  t.deepEqual(one.hints, { writeKeys: [], tags: ['mustershop1'] });
  t.is(one.project, 'mustershop1');
  t.is(one.page, 'http://shop.example:8099/kasse');
  t.true(one.last);
  t.is(one.durationMs, 159);
  t.deepEqual(
    one.ids.map(({ system, kind, value, source }) => [system, kind, value, source]),
    [
      ['clarity', 'user_id', 'lrr4fn', 'protocol'],
      ['clarity', 'session_id', '2sfkfr', 'protocol'],
    ],
  );
});

test('a page visit is told apart by project, user, session and page', (t) => {
  const visits = [
    ENVELOPE,
    ENVELOPE.with(4, 'other'),
    ENVELOPE.with(5, 'other'),
    ENVELOPE.with(6, 'other'),
    ENVELOPE.with(7, 2),
    ENVELOPE.with(5, 'a').with(6, 'bc'),
    ENVELOPE.with(5, 'ab').with(6, 'c'),
  ].map((envelope) => opened(upload([], null, envelope)).visit);
  t.is(new Set(visits).size, visits.length);
  t.is(opened(upload([], null, ENVELOPE.with(1, 7))).visit, visits[0] ?? '');
});

test('visits of one session say so, and where their visitor came from', (t) => {
  const sessions = [ENVELOPE, ENVELOPE.with(7, 2), ENVELOPE.with(6, 'other'), ENVELOPE.with(5, 'other')].map(
    (envelope) => opened(upload([], null, envelope)).session,
  );
  t.is(sessions[0], sessions[1]);
  t.is(new Set(sessions).size, 3);
  const from = [3, 1, 0, ['agent'], 2, ['http://shop.example/kasse']];
  t.is(opened(upload([from], null, ENVELOPE)).referrer, 'http://shop.example/kasse');
  t.is(opened(upload([], null, ENVELOPE)).referrer, null);
});

test('names the page that a visit began at besides the one that its last upload leaves for', (t) => {
  const pages = [3, 1, 0, ['agent'], 1, ['http://shop.example/kasse', 'http://shop.example/health']];
  const { page, otherPages } = opened(upload([pages, [4, 1, 1, ['http://shop.example/']]], null, ENVELOPE));
  t.is(page, 'http://shop.example:8099/kasse');
  t.deepEqual(otherPages, [
    'http://shop.example/kasse',
    'http://shop.example/health',
    'http://shop.example/',
  ]);
});

test('finds the page among the dimensions where an old envelope has none', (t) => {
  const dimensions = [3, 1, 0, ['agent'], 1, ['http://shop.example/']];
  t.is(opened(upload([dimensions], null, ENVELOPE.slice(0, 10))).page, 'http://shop.example/');
  t.is(
    opened(
      upload(
        [
          [3, 1, 1, 'x'],
          [3, 1, 1],
          [3, 1, 1, [7]],
        ],
        null,
        ENVELOPE.slice(0, 10),
      ),
    ).page,
    null,
  );
});

const MIB = 1024 * 1024;

test('eight megabytes of brackets cost no more than their length', (t) => {
  for (const bomb of ['[', '{"a":', '[[', '"[", [', '[1,', '{', '{"e":[[', '\\"['].map((part) =>
    part.repeat((8 * MIB) / part.length),
  )) {
    const begun = process.cpuUsage();
    t.throws(() => opened(bomb), { instanceOf: GatewayError });
    t.throws(() => opened(`{"e":${bomb}`), { instanceOf: GatewayError });
    const { user, system } = process.cpuUsage(begun);
    t.true(user + system < 2_000_000, `${bomb.slice(0, 8)}: ${user + system} µs`);
  }
});

test('strings of quotes and backslashes are read once', (t) => {
  const make = (size: number): string => upload([[1, 24, '\\"'.repeat(size)]]);
  t.true(growth(make, (text) => opened(text), 20_000) < 8);
});
