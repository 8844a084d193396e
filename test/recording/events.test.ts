// The table of event types: what is let through, what is changed, what does not fit. And where somebody could hide something:
// each a leak that a regulator would look for.

import test from 'ava';
import type { RecordingRules } from '../../src/core/recording.ts';
import { clarity } from '../../src/recording/clarity.ts';
import { ENVELOPE, OPEN, cleaned, leaks, pseudonym, read, rules, upload } from './captures.ts';

const CARD = '4111111111111111';
const MAIL = 'erika.mustermann@example.org';
const IBAN = 'DE89370400440532013000';
const SECRETS = [CARD, MAIL, IBAN, '41111111', 'erika', 'mustermann'].map((value) => ({
  value,
  level: 'must' as const,
}));

type Event = readonly unknown[];

/** What is left of one event among the analysis ones. */
const after = (event: Event, given: RecordingRules = OPEN): Event | undefined =>
  read(cleaned(upload([event]), given).body).a[0];
const played = (event: Event, given: RecordingRules = OPEN): Event | undefined =>
  read(cleaned(upload([], [event]), given).body).p?.[0];

const HASH = '8kkfnrq9d.8kkfnrq9d';
const click = (over: Readonly<Record<number, unknown>> = {}): Event =>
  Object.entries(over).reduce<Event>(
    (event, [index, value]) => event.with(Number(index), value),
    [318, 9, 42, 96, 304, 16290, 17163, 0, 0, 0, 'Start', null, HASH, 1, 1, 177, 21, 'a', 'btn', 'go', 0],
  );

/** As the client sends them, and nothing in them to change. */
const HONEST: readonly Event[] = [
  [156, 0, 0, 1795457151965, 1, 1, 3, 33, 2, 10_485_760],
  [722, 2, 1, 1, 500],
  [984, 3, 'Auto'],
  [984, 3, 'Config'],
  [
    156,
    4,
    1,
    1200,
    900,
    1200,
    900,
    0,
    0,
    0,
    0,
    66,
    0,
    null,
    null,
    null,
    null,
    null,
    null,
    null,
    null,
    null,
    null,
    null,
    null,
    null,
    null,
  ],
  [156, 4, 1, 1200, 900, 1200, 900, 0, 0, 0, 0, 66],
  [113, 7, 45, 16, 13, 'header'],
  [48, 8, 1200, 900],
  [1133, 10, 44, 1, 0, HASH, '', 1],
  [1133, 10, 44, 1, 0],
  [54, 11, 1200, 900],
  ...[12, 13, 14, 15, 16, 17, 18, 19, 20].map((type) => [317, type, 42, 96, 304, '', 'true']),
  [317, 12, 42, 96, 304],
  [317, 17, 42, 96, 304, 7, 'false', ''],
  [317, 17, 42, 96, 304, 7, 'false', -1],
  [400, 21, 12, 0, 14, 7],
  [318, 22, 9, HASH, 96, 304, 0, 0],
  [703, 24, 'newsletter_signup'],
  [703, 24, 'kunde', 'gold'],
  [800, 25, 60000],
  [6545, 26, 'pagehide', 0],
  [507, 27, 42, '••••• ••••', 1],
  [507, 27, 42, 'true', 1],
  [55, 28, 1],
  [146, 29, 2, 2, 2, 3, 16, 16, 243, 257, 257, 257, 0, 2394, 'navigate', 'http/1.1', 2094, 2094],
  [1610, 31, 'Script error.', 1, 30, '', ''],
  [1610, 33, 4, 'TypeError', '', null, 2],
  [102, 34, 'userType', ['email', 'string'], 'C_IS', ['0'], 'plan', ['gold', 'silver']],
  [3334, 35, 6],
  [156, 36, 6, [58, 8, 70, 1], 9, [318, 0]],
  [6166, 38, 17, 1],
  [5005, 39, 28],
  [762, 42, 42, 'text', '••••• ••••', ''],
  [159, 47, 5, 1, 1],
  [4459, 50, 0],
  [4459, 52, 3],
  [900, 53, 12, 10, 20, 1, 'true', 'mouse', 0.5, 1, 1],
];

const HONEST_PLAYBACK: readonly Event[] = [
  [
    84,
    44,
    '3rauls',
    0,
    '[{"offset":null,"easing":"cubic-bezier(0.4, 0, 0.2, 1)","opacity":"0","computedOffset":0.333333,"transform":"translate(10px, -4%)"}]',
    '{"delay":0,"direction":"normal","duration":100,"iterations":1}',
    null,
    49,
  ],
  [84, 44, '3rauls', 1, null, null, null, null],
  [172, 45, 59, 3, ['qfo7kg']],
  [172, 45, -1, 3, []],
  [172, 46, 'qfo7kg', 0, null],
  [82, 51, 'my-field'],
];

test('events in which nothing has to change stay as they are', (t) => {
  for (const event of HONEST) t.deepEqual(after(event), event);
  for (const event of HONEST_PLAYBACK) t.deepEqual(played(event), event);
});

test('of every type, what is cut short, too long or of other types is dropped', (t) => {
  for (const [list, clean] of [
    [HONEST, after],
    [HONEST_PLAYBACK, played],
  ] as const)
    for (const event of list) {
      t.is(clean(event.slice(0, 2)), undefined, `${String(event[1])} without fields`);
      if (event[1] === 34 || event[1] === 0 || event[1] === 36) continue; // as many pairs as there are
      t.is(
        clean([...event, CARD, CARD, CARD, ...Array.from({ length: 30 }, () => CARD)]),
        undefined,
        `${String(event[1])} too long`,
      );
    }
});

/** Something else in the place of every field of every event: never a secret out, and never an error. */
test('nothing that is put into any field of any event leaves', (t) => {
  const planted: readonly unknown[] = [
    CARD,
    Number(CARD),
    MAIL,
    IBAN,
    [MAIL],
    [[MAIL]],
    [CARD, Number(CARD)],
    -Number(CARD),
    0.4111111111111111,
    4.111111111111111e-7,
  ];
  const hidden = [...SECRETS, { value: '0.41111', level: 'must' as const }];
  for (const given of [rules(), OPEN])
    for (const [list, clean] of [
      [[...HONEST, click()], after],
      [HONEST_PLAYBACK, played],
    ] as const)
      for (const event of list)
        for (let at = 0; at < event.length; at++)
          for (const value of planted) {
            const left = clean(event.with(at, value), given);
            t.deepEqual(
              leaks(JSON.stringify(left ?? []), hidden),
              [],
              `${JSON.stringify(value)} at ${at} of ${String(event[1])}`,
            );
          }
});

test('types that are not in the table, or in the wrong list, are dropped', (t) => {
  for (const type of [23, 30, 32, 37, 40, 41, 49, 54, 100, 104, 107, 200, 300, -1, 1.5, '9', null, 2 ** 40]) {
    t.is(after([1, type, 1, MAIL]), undefined);
    t.is(played([1, type, 1, MAIL]), undefined);
  }
  for (const type of [5, 6, 43, 44, 45, 46, 51]) t.is(after([1, type, 1, 'HTML']), undefined);
  for (const type of [0, 1, 9, 24, 27, 34]) t.is(played([1, type, 1, MAIL]), undefined);
});

test('a time that nobody could have measured takes its event along', (t) => {
  for (const at of [-1, 1.5, 100_000_000, Number(CARD), '5', null, []]) t.is(after([at, 35, 6]), undefined);
});

test('sizes of window and document are brought within bounds, since playback needs them', (t) => {
  t.deepEqual(after([1, 8, Number(CARD), -5]), [1, 8, 9_999_999, 0]);
  t.deepEqual(after([1, 11, 1200.4, 900]), [1, 11, 1200, 900]);
});

test('pointers are told apart, however their browser counts them', (t) => {
  t.is(after([317, 17, 42, 96, 304, -1586337712, 'true'])?.[5], 7712);
  t.is(after([317, 17, 42, 96, 304, 1.5, 'true']), undefined);
});

test('what was typed leaves as its length at most, and no checksum of it', (t) => {
  t.deepEqual(after([1, 27, 42, 'Winter#2025pw', 1]), [1, 27, 42, '••••• •••• ••••', 1]);
  t.deepEqual(after([1, 42, 42, 'text', MAIL, '2hprp8']), [
    1,
    42,
    42,
    'text',
    '••••• •••• •••• •••• •••• ••••',
    '',
  ]);
  t.deepEqual(after([1, 42, 42, 'true', 'true', 'x']), [1, 42, 42, '', '•••••', '']);
});

test('reasons to record more are the recorder’s own words', (t) => {
  t.deepEqual(after([1, 3, MAIL]), [1, 3, 'Custom']);
});

test('script errors and logs lose what they say', (t) => {
  t.deepEqual(
    after([
      1,
      31,
      `Cannot load ${MAIL}`,
      1,
      30,
      `Error: ${MAIL}\n at x`,
      `http://shop.example:8099/a.js?mail=${MAIL}`,
    ]),
    [1, 31, 'Script error.', 1, 30, '', 'http://shop.example:8099/a.js'],
  );
  t.deepEqual(after([1, 33, 4, 'ErikaError', MAIL, `at ${MAIL}`, 2]), [1, 33, 4, '', '', '', 2]);
  t.deepEqual(after([1, 33, 4, MAIL, null, null, 2]), [1, 33, 4, '', null, null, 2]);
});

test('the name of a region leaves scrubbed', (t) => {
  t.deepEqual(after([113, 7, 45, 16, 13, `kunde-${MAIL}`])?.slice(0, 5), [113, 7, 45, 16, 13]);
  t.deepEqual(leaks(JSON.stringify(after([113, 7, 45, 16, 13, `Karte ${CARD}`])), SECRETS), []);
});

test('a region at the end of an event is scrubbed too', (t) => {
  t.deepEqual(after([...click(), `kunde ${MAIL}`])?.at(-1), `kunde ${'▪'.repeat(MAIL.length)}`);
  t.deepEqual(after([317, 12, 42, 96, 304, '', 'true', MAIL])?.at(-1), '▪'.repeat(MAIL.length));
});

test('what was clicked is told in words only of text that was not masked', (t) => {
  const page = [50, 5, 42, 'HTML', 43, 42, 'BODY', 44, 43, 'P', 45, 44, '*T', 'Start', 46, 43, 'TEXTAREA'];
  const told = (event: Event, given: RecordingRules): unknown =>
    read(cleaned(upload([event], [page]), given).body).a[0]?.[10];
  t.is(told(click({ 2: 44 }), OPEN), 'Start');
  t.is(told(click({ 2: 44, 10: `Mail ${MAIL}` }), OPEN), `Mail ${'▪'.repeat(MAIL.length)}`);
  t.is(told(click({ 2: 44 }), rules()), '••••• ••••');
  t.is(told(click({ 2: 46 }), OPEN), '••••• ••••');
  t.is(told(click({ 2: 99 }), OPEN), '••••• ••••');
  t.is(told(click({ 2: 44, 10: null }), OPEN), null);
});

test('a click’s text, class and id lose what may have been cut in two', (t) => {
  const page = [50, 5, 42, 'HTML', 43, 42, 'BODY', 44, 43, 'P', 45, 44, '*T', 'x'];
  const left = (over: Readonly<Record<number, unknown>>): Event | undefined =>
    read(cleaned(upload([click({ 2: 44, ...over })], [page]), OPEN).body).a[0];
  t.is(left({ 10: 'Meine IBAN DE89 3704 0044' })?.[10], 'Meine IBAN ▪▪▫▫ ▫▫▫▫ ▫▫▫▫');
  t.is(left({ 10: 'Schreiben an erika.muster' })?.[10], 'Schreiben an ▪▪▪▪▪▪▪▪▪▪▪▪');
  t.is(left({ 10: 'Tel 0301', 14: 0 })?.[10], 'Tel ▫▫▫▫');
  t.is(left({ 19: 'user-erika.mustermann@exa' })?.[19], '▪'.repeat(25));
  t.is(left({ 18: `${'btn '.repeat(9)}u-erika.muster` })?.[18], `${'btn '.repeat(9)}${'▪'.repeat(14)}`);
  t.is(left({ 18: `card-${CARD}` })?.[18], `card-${'▫'.repeat(16)}`);
});

const FORM = [
  50,
  5,
  42,
  'HTML',
  43,
  42,
  'BODY',
  44,
  43,
  'INPUT',
  'type=text',
  45,
  43,
  44,
  'P',
  46,
  45,
  '*T',
  'Start',
];

test('the tree hears of a field that is used before what comes later is cleaned', (t) => {
  const echo = (at: number): Event => [at, 6, 50, 43, 45, 'P', 51, 50, '*T', 'Karte 41'];
  const told = (analysis: readonly Event[], mutation: Event): unknown =>
    read(cleaned(upload(analysis, [FORM, mutation]), OPEN).body).p?.[1]?.[6];
  t.is(told([], echo(120)), 51);
  for (const touch of [
    [100, 13, 44, 1, 1],
    [100, 17, 44, 1, 1],
    [100, 27, 44, '•••••'],
    [100, 38, 44, 1],
    [100, 53, 44, 1, 1, 1, 'true', 'mouse', 0, 1, 1],
    click({ 0: 100, 2: 44 }),
  ]) {
    t.is(told([touch], echo(120)), -51, `${String(touch[1])} before`);
    t.is(told([touch], echo(90)), 51, `${String(touch[1])} after`);
    t.is(told([[9999, 25, 1], touch], echo(120)), -51, `${String(touch[1])} in any order`);
  }
});

test('a click is told by what the tree knew at its time', (t) => {
  const editable = [200, 6, 45, 43, 44, 'P', 'contenteditable=true'];
  const told = (at: number): unknown =>
    read(cleaned(upload([click({ 0: at, 2: 45 })], [FORM, editable]), OPEN).body).a[0]?.[10];
  t.is(told(150), 'Start');
  t.is(told(200), '••••• ••••');
});

test('user and session have pairwise ids, all else of the envelope stays but the address', (t) => {
  const { e } = read(cleaned(upload([])).body);
  t.deepEqual(
    e,
    ENVELOPE.with(5, pseudonym('clarity.user_id', 'lrr4fn')).with(
      6,
      pseudonym('clarity.session_id', '2sfkfr'),
    ),
  );
  t.is(cleaned(upload([])).body?.includes('lrr4fn'), false);
});

test('clicked links say where they lead and to nobody', (t) => {
  const link = (value: string): unknown => after(click({ 11: value }))?.[11];
  t.is(link(`mailto:${MAIL}?subject=Hallo`), 'mailto:*na*');
  t.is(link('tel:+49301234567'), 'tel:*na*');
  t.is(link('https://wa.me/49301234567?text=x'), 'https://wa.me/*na*');
  t.is(
    link(`http://shop.example:8099/konto?ref=mail&kunde=55871#${MAIL}`),
    'http://shop.example:8099/konto?kunde=55871',
  );
  t.is(link(`javascript:alert("${MAIL}")`), '');
  t.is(link(`data:text/html,${MAIL}`), '');
});

test('a hash that is a number is none', (t) => {
  t.is(after(click({ 12: '0301234567' })), undefined);
  t.is(after(click({ 12: CARD })), undefined);
  t.is(after(click({ 12: '' }))?.[12], '');
});

test('tags leave by their names, which are the route’s and not the page’s', (t) => {
  const left = after([
    1, 34,
    'plan', ['gold', MAIL],
    MAIL, ['1'],
    'userId', ['54375008b42c108091774bc419a6aab01dedb59334244f2e88da74490146928e'],
    'userHint', ['er***.**********@*******.***'],
    'sessionId', ['sess-55871'],
    'pageId', ['seite'],
    '_ga', ['GA1.1.1234567890.1700000000'],
    'hubspotutk', ['a1b2c3d4e5f60718293a4b5c6d7e8f90'],
    'ga_client_id', ['1234567890.1700000000'],
    'userType', [MAIL],
    'C_IS', [CARD],
    '__proto__', ['x'],
    'constructor', ['x'],
  ]); // prettier-ignore
  t.deepEqual(left, [
    1,
    34,
    'plan',
    ['gold', '▪'.repeat(MAIL.length)],
    'ga_client_id',
    [`${'▫'.repeat(10)}▪${'▫'.repeat(10)}`],
  ]);
});

test('custom events leave by their names', (t) => {
  t.is(after([1, 24, MAIL]), undefined);
  t.is(after([1, 24, 'newsletter_signup'], rules()), undefined);
  t.deepEqual(after([1, 24, 'kunde', MAIL]), [1, 24, 'kunde', '▪'.repeat(MAIL.length)]);
  t.is(after([1, 24, 'kunde', MAIL, MAIL]), undefined);
  t.is(after([1, 24, 'kunde', [MAIL]]), undefined);
});

test('animations keep plain values', (t) => {
  const frames = (value: unknown): unknown =>
    played([84, 44, '3rauls', 0, JSON.stringify(value), '{}', null, 49])?.[4];
  t.is(
    frames([
      {
        opacity: '1',
        content: `"${MAIL}"`,
        backgroundImage: `url(/x?${MAIL})`,
        [`--${MAIL}`]: '1',
        width: Number(CARD),
        left: { a: MAIL },
      },
    ]),
    '[{"opacity":"1"}]',
  );
  t.is(frames([{ [`--k-${CARD}`]: '1', color: `a ${CARD}` }]), `[{"color":"a ${'▫'.repeat(16)}"}]`);
  for (const wrong of [MAIL, [MAIL], { a: MAIL }, null, [[{}]]]) t.is(frames(wrong), undefined);
});

test('names of elements that would have to be changed are not told', (t) => {
  t.is(played([82, 51, `x-${CARD}`]), undefined);
  t.is(played([82, 51, `kunde-${MAIL}`]), undefined);
});

test('remarks tell what was done and nothing of it', (t) => {
  const { remarks } = cleaned(
    upload([
      [1, 34, MAIL, ['1'], 'userId', [MAIL]],
      [1, 27, 42, 'Erika', 1],
      [1, 27, 42, 'Erika', 1],
      [1, 40, 101, [1, MAIL]],
      click({ 11: `mailto:${MAIL}` }),
    ]),
  );
  const told = remarks.map(({ path, rule, treatment }) => `${path} ${rule} ${treatment}`);
  t.is(new Set(told).size, told.length);
  for (const each of [
    'ids.clarity.user_id kind_default pseudonymise',
    'ids.clarity.session_id kind_default pseudonymise',
    'ids.site.user_id link_not_permitted strip',
    'recording.tags default_deny strip',
    'recording.input typed replace',
    'recording.events default_deny strip',
    'recording.url personal_data replace',
  ])
    t.true(told.includes(each), each);
  t.deepEqual(leaks(JSON.stringify(remarks), SECRETS), []);
});

test('memory of another format is not worked with', (t) => {
  t.throws(() => cleaned(upload([]), rules(), { bytes: 0, typed: false }), { instanceOf: TypeError });
  t.notThrows(() => cleaned(upload([]), rules(), clarity.unseen()));
});

test('neither references nor nesting make a small upload take long, and the next one begins anew', (t) => {
  const frame = [1, 'HTML', 2, 1, 'BODY'];
  const chain = Array.from({ length: 1000 }, (_, i) => [i + 3, i + 2, 'DIV']).flat();
  const classes = [
    6000,
    6,
    2,
    1,
    'BODY',
    `class=${'abcdefg '.repeat(500)}`,
    Array.from({ length: 999 }, () => 5),
  ];
  const deep = [
    7000,
    6,
    ...Array.from({ length: 20_000 }, (_, i) => [2000 + i, 1000, '*T', 'Guten Tag']).flat(),
  ];
  const shallow = [7001, 6, 50_000, 2, 'P', 50_001, 50_000, '*T', 'Guten Tag'];
  const memory = clarity.begin();
  cleaned(upload([], [[0, 5, ...frame, ...chain]]), OPEN, memory);
  const body = upload([], [...Array.from({ length: 100 }, () => classes), deep, shallow]);
  const begun = process.cpuUsage();
  const { p = [] } = read(cleaned(body, OPEN, memory).body);
  const { user, system } = process.cpuUsage(begun);
  t.true(user + system < 6_000_000, `${user + system} µs`);
  // What is beyond is dropped, and a text on what is not known any more is masked.
  t.true(p.length < 10);
  t.notRegex(JSON.stringify(p), /Guten/);
  const again = read(cleaned(upload([], [shallow]), OPEN, memory).body).p ?? [];
  t.regex(JSON.stringify(again), /Guten Tag/);
  // A node whose surroundings are too far to be looked at counts as a field that is used.
  cleaned(upload(Array.from({ length: 10_000 }, () => [6000, 39, 1000])), OPEN, memory);
  t.true(memory.typed);
});
