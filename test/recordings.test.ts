// The gate of recordings: who may be recorded, what stays ended, and what a visit's uploads become on their way.

import test from 'ava';
import { explainContext } from '../src/app.ts';
import type { Snapshot } from '../src/core/config.ts';
import type { SaidSince } from '../src/core/decision.ts';
import { GatewayError } from '../src/core/errors.ts';
import type { Forwarded } from '../src/core/ports.ts';
import { judge } from '../src/pipeline.ts';
import { noConsent, received } from './support/events.ts';
import { ALL, clarity, disclosing, gate, routing, shop } from './support/recordings.ts';
import type { Stage, Visitor } from './support/recordings.ts';
import type { ReplayBody } from './support/replay.ts';
import { DAY, NOW, destination, disclosure, mapping, notice, snapshot } from './support/snapshot.ts';

const END = { status: 200, text: 'END' };
const ALL_YES = { recording: true, marketing: true, profiling: true };

interface Row {
  readonly title: string;
  readonly routing?: Partial<Snapshot>;
  readonly standing?: SaidSince;
  readonly visitor: (stage: Stage) => Visitor;
  readonly body?: ReplayBody;
  readonly reason: string;
}

const consents = ({ consenting }: Stage): Visitor => consenting;
const says =
  (purposes: Readonly<Record<string, boolean>>, over: { notice?: string; givenAt?: number } = {}) =>
  ({ record }: Stage): Visitor => ({ cookies: [record(purposes, over)] });
const banner = (categories: readonly string[]): string =>
  `cc_cookie=${encodeURIComponent(JSON.stringify({ categories, lastConsentTimestamp: '2026-11-19T00:00:00.000Z' }))}`;
const consentWith = (over: Partial<Snapshot['consent']>): Snapshot['consent'] => ({
  ...snapshot().consent,
  ...over,
});

const ROWS: readonly Row[] = [
  { title: 'all three purposes granted by name', visitor: consents, reason: 'permitted' },
  { title: 'no consent at all', visitor: () => ({}), reason: 'purpose_unknown' },
  ...ALL.map((purpose): Row => {
    const { [purpose]: _missing, ...others } = ALL_YES;
    return { title: `${purpose} missing`, visitor: says(others), reason: 'purpose_unknown' };
  }),
  ...ALL.map((purpose): Row => ({
    title: `${purpose} denied`,
    visitor: says({ ...ALL_YES, [purpose]: false }),
    reason: 'purpose_denied',
  })),
  {
    title: 'consent under an older notice that does not disclose recording',
    routing: {
      notices: [
        disclosing(['marketing', 'profiling'], { id: '2025-01', from: Date.parse('2025-01-15T00:00:00Z') }),
        disclosing(ALL),
      ],
    },
    visitor: says(ALL_YES, { notice: '2025-01', givenAt: Date.parse('2026-01-15T00:00:00Z') }),
    reason: 'not_disclosed',
  },
  ...ALL.map((purpose): Row => ({
    title: `the notice does not disclose ${purpose}`,
    routing: { notices: [disclosing(ALL.filter((each) => each !== purpose))] },
    visitor: consents,
    reason: 'not_disclosed',
  })),
  {
    title: 'no notice at all',
    routing: { notices: [] },
    visitor: consents,
    reason: 'no_notice',
  },
  {
    title: 'consent that is too old',
    routing: { notices: [disclosing(ALL, { from: NOW - 500 * DAY })] },
    visitor: says(ALL_YES, { givenAt: NOW - 366 * DAY }),
    reason: 'consent_expired',
  },
  {
    title: 'an upload that began long before the consent',
    visitor: consents,
    body: { durationMs: 2 * 3_600_000 },
    reason: 'before_consent',
  },
  {
    title: 'a duration that is none',
    visitor: consents,
    body: { durationMs: -1 },
    reason: 'before_consent',
  },
  {
    title: 'a category of the banner that grants recording and something else',
    routing: {
      consent: consentWith({
        mapping: mapping({
          sources: { cookieconsent: { analytics: ['analytics'], recording: ['analytics'] } },
          sole: new Set(),
        }),
      }),
    },
    visitor: ({ record }) => ({
      cookies: [record({ marketing: true, profiling: true }), banner(['analytics'])],
    }),
    reason: 'explicit_not_asked',
  },
  {
    title: 'a category of the banner for recording alone',
    routing: {
      consent: consentWith({
        mapping: mapping({ sources: { cookieconsent: { recording: ['session_replay'] } } }),
      }),
    },
    visitor: ({ record }) => ({
      cookies: [record({ marketing: true, profiling: true }), banner(['session_replay'])],
    }),
    reason: 'permitted',
  },
  {
    title: 'Global Privacy Control',
    visitor: ({ consenting }) => ({ ...consenting, headers: { 'sec-gpc': '1' } }),
    reason: 'gpc',
  },
  {
    title: 'an objection to one of the purposes',
    standing: { objections: ['profiling'], deniedAt: {} },
    visitor: consents,
    reason: 'objected',
  },
  {
    title: 'a signal in the query that cannot be read',
    visitor: ({ consenting }) => ({ ...consenting, query: 'v=1&gdpr=1&gdpr_consent=nonsense' }),
    reason: 'signal_unreadable',
  },
  {
    title: 'a record of another site',
    routing: { sites: [shop({ name: 'shop' }), shop({ name: 'blog', writeKey: 'blog-web', tags: [] })] },
    visitor: ({ consenting }) => ({ ...consenting, site: 'blog' }),
    reason: 'signal_unreadable',
  },
  {
    title: 'a sensitive page',
    routing: { sites: [shop({ sensitive: ['/health/**'] })] },
    visitor: consents,
    body: { page: 'https://shop.example/health/tests?x=1' },
    reason: 'sensitive_page',
  },
  {
    title: 'a visitor who comes from a sensitive page',
    routing: { sites: [shop({ sensitive: ['/health/**'] })] },
    visitor: consents,
    body: { referrer: 'https://shop.example/health/tests' },
    reason: 'sensitive_page',
  },
  {
    title: 'a sensitive page by what the browser says',
    routing: { sites: [shop({ sensitive: ['/health/**'] })] },
    visitor: ({ consenting }) => ({
      ...consenting,
      headers: { referer: 'https://shop.example/health/tests' },
    }),
    reason: 'sensitive_page',
  },
  {
    title: 'a sensitive page that its only upload leaves for another one',
    routing: { sites: [shop({ sensitive: ['/health/**'] })] },
    visitor: consents,
    body: { otherPages: ['https://shop.example/boots', 'https://shop.example/health/tests'] },
    reason: 'sensitive_page',
  },
  {
    title: 'a page that nobody names, where some are sensitive',
    routing: { sites: [shop({ sensitive: ['/health/**'] })] },
    visitor: consents,
    body: { page: null },
    reason: 'sensitive_page',
  },
  {
    title: 'a page that nobody names, where none is sensitive',
    visitor: consents,
    body: { page: null },
    reason: 'permitted',
  },
  {
    title: 'a site for children',
    routing: { sites: [shop({ children: true })] },
    visitor: consents,
    reason: 'sensitive_page',
  },
  {
    title: 'a site that the destination does not take',
    routing: {
      sites: [shop(), shop({ name: 'blog', writeKey: 'blog-web', tags: [] })],
      destinations: [clarity({ sites: ['blog'] })],
    },
    visitor: consents,
    reason: 'site_not_routed',
  },
  {
    title: 'a destination that is switched off',
    routing: { destinations: [clarity({ enabled: false })] },
    visitor: consents,
    reason: 'destination_disabled',
  },
  {
    title: 'consent that only the recorder claims, in its upload and its cookie',
    visitor: () => ({ cookies: ['_clck=lrr4fn%5E2%5Egbe%5E1%5E0'] }),
    body: { consent: ALL_YES },
    reason: 'purpose_unknown',
  },
  ...[true, false].map((first): Row => ({
    title: `two records of which the ${first ? 'first' : 'last'} denies`,
    visitor: ({ record }) => {
      const cookies = [record({ ...ALL_YES, recording: false }), record(ALL_YES)];
      return { cookies: first ? cookies : cookies.toReversed() };
    },
    reason: 'purpose_denied',
  })),
];

for (const row of ROWS)
  test(`${row.title}: ${row.reason}`, async (t) => {
    const stage = gate(routing(row.routing));
    if (row.standing !== undefined) stage.current.standing = row.standing;
    const permitted = row.reason === 'permitted';
    const answer = await stage.take({ words: ['boots'], ...row.body }, row.visitor(stage));
    t.is(stage.reason(), row.reason);
    t.is(stage.sent.length, permitted ? 1 : 0);
    t.deepEqual(answer, permitted ? { status: 204, text: '' } : { status: 200, text: 'END' });
    t.is(stage.told.length, 1);
    t.true(stage.counted.includes(`decided(clarity,${permitted ? 'forward' : 'block'},${row.reason})`));
    if (permitted || row.visitor(stage).site !== undefined) return;
    // Whatever refused it is gone, and the visit stays ended all the same; a new one begins.
    stage.current.snapshot = routing();
    stage.current.standing = { objections: [], deniedAt: {} };
    t.deepEqual(await stage.take({ sequence: 2 }, stage.consenting), { status: 200, text: 'END' });
    t.is(stage.reason(), 'visit_refused');
    t.is(stage.sent.length, 0);
    t.is(stage.visits.count, 0);
    t.deepEqual(await stage.take({ pageNumber: 2, words: ['hats'] }, stage.consenting), {
      status: 204,
      text: '',
    });
    t.deepEqual(stage.bodies()[0]?.words, ['hats']);
  });

test('consent that is taken back ends the visit at the next upload', async (t) => {
  const stage = gate();
  await stage.take({ words: ['one'] }, stage.consenting);
  t.is(stage.visits.count, 1);
  const withdrawn = { cookies: [stage.record({ ...ALL_YES, profiling: false })] };
  t.deepEqual(await stage.take({ sequence: 2, words: ['two'] }, withdrawn), { status: 200, text: 'END' });
  t.is(stage.visits.count, 0);
  t.deepEqual(await stage.take({ sequence: 3, words: ['three'] }, stage.consenting), {
    status: 200,
    text: 'END',
  });
  t.is(stage.sent.length, 1);
});

test('a project that no destination takes is refused by its own code and remembers nothing', async (t) => {
  const stage = gate();
  const error = await t.throwsAsync(stage.take({ project: 'zzzzzzzzzz' }, stage.consenting), {
    instanceOf: GatewayError,
  });
  t.is(error.code, 'unknown_project');
  t.is(stage.sent.length, 0);
});

test('of two destinations with the project the one that takes the site is chosen', async (t) => {
  const other = clarity({ name: 'old', enabled: false });
  const stage = gate(routing({ destinations: [other, clarity()] }));
  await stage.take({}, stage.consenting);
  t.is(stage.sent[0]?.destination.name, 'clarity');
});

test('what is sent: the collector, the page’s origin, how it came, and nothing of the visitor', async (t) => {
  const stage = gate();
  const cookies = [...(stage.consenting.cookies ?? []), '_clck=lrr4fn%5E2', 'basket=7'];
  await stage.take({}, { cookies, headers: { referer: 'https://shop.example/boots?x=1' } });
  await stage.take({ sequence: 2 }, { ...stage.consenting, packed: false });
  const [first, second] = stage.sent;
  t.is(first?.address, 'https://k.clarity.ms/collect');
  t.deepEqual(first?.headers, { accept: 'application/x-clarity-gzip', origin: 'https://shop.example' });
  t.true(first?.packed);
  t.deepEqual(second?.headers, {
    'content-type': 'text/plain;charset=UTF-8',
    origin: 'https://shop.example',
  });
  t.false(second?.packed);
  t.deepEqual(
    stage.bodies().map(({ agent, text }) => [agent, text]),
    [
      [false, 'strict'],
      [false, 'strict'],
    ],
  );
});

test('an origin that the site does not list is not passed on', async (t) => {
  const stage = gate();
  await stage.take({ page: null }, { ...stage.consenting, headers: { origin: 'https://evil.example' } });
  t.deepEqual(stage.sent[0]?.headers, { accept: 'application/x-clarity-gzip' });
});

test('address and user agent go along only where the route, the notice and consent to matching say so', async (t) => {
  const person = ['ip', 'user_agent'] as const;
  const purposes = [...ALL, 'audience_matching'];
  const config = routing({
    destinations: [clarity({ person })],
    notices: [notice({ discloses: { clarity: disclosure({ purposes, data: person }) } })],
  });
  const stage = gate(config);
  await stage.take({}, stage.consenting);
  t.is(stage.sent[0]?.headers['x-forwarded-for'], undefined);
  const matching = { cookies: [stage.record({ ...ALL_YES, audience_matching: true })] };
  await stage.take({ pageNumber: 2 }, matching);
  t.is(stage.sent[1]?.headers['x-forwarded-for'], '192.0.2.7');
  t.is(stage.sent[1]?.headers['user-agent'], 'Mozilla/5.0 (X11)');
  t.true(stage.bodies()[1]?.agent);
  await stage.take(
    { pageNumber: 3 },
    { ...matching, headers: { 'user-agent': 'Mozilla/5.0 (jane@mail.example)' } },
  );
  t.is(stage.sent[2]?.headers['user-agent'], undefined);
});

const idsOf = (stage: Stage): readonly string[] => stage.bodies().map(({ user }) => user);

test('ids are pseudonyms, the same for all visits of a visitor and what a link from Clarity gives to others', async (t) => {
  const hubspot = destination({
    name: 'crm',
    type: 'http',
    audience: 'own',
    system: 'site',
    requires: ['marketing'],
    links: [{ system: 'clarity', as: null }],
    settings: { url: 'https://hooks.shop.example/', secret: '', headers: {}, batch: 100 },
  });
  const links = [{ from: 'clarity', to: 'crm', aim: 'see visits', consequences: '' }];
  const purposes = [...ALL];
  const config = routing({
    destinations: [clarity(), hubspot],
    notices: [
      notice({
        discloses: { clarity: disclosure({ purposes }), crm: disclosure({ purposes }) },
        links,
      }),
    ],
  });
  const stage = gate(config);
  await stage.take({}, stage.consenting);
  await stage.take({ sequence: 2 }, stage.consenting);
  await stage.take({ pageNumber: 2 }, stage.consenting);
  const [user] = idsOf(stage);
  t.deepEqual(new Set(idsOf(stage)).size, 1);
  t.regex(user ?? '', /^[0-9a-z]{1,7}$/);
  t.not(user, 'lrr4fn');
  t.true(stage.counted.includes('treated(clarity,ids.clarity.user_id,pseudonymise)'));
  t.deepEqual(
    stage.told[0]?.remarks.filter(({ path }) => path === 'ids.clarity.user_id'),
    [{ path: 'ids.clarity.user_id', rule: 'kind_default', treatment: 'pseudonymise' }],
  );
  const [token = ''] = stage.consenting.cookies ?? [];
  const judged = judge(
    received({
      ids: [{ system: 'clarity', kind: 'user_id', value: 'lrr4fn', source: 'context' }],
      consent: noConsent({ cookies: { sluis_consent: [token.slice('sluis_consent='.length)] } }),
    }),
    { ...explainContext(config), now: NOW },
  );
  t.deepEqual(
    judged.told.map(({ decision }) => decision.destination),
    ['crm'],
  );
  t.is(judged.told[0]?.permitted?.data.links['clarity_user_id'], user);
});

test('ids that are kept are raw only where the notice discloses them', async (t) => {
  const keeping = clarity({ ids: { user_id: 'keep' } });
  const told = notice({ discloses: { clarity: disclosure({ purposes: ALL, data: ['user_id'] }) } });
  const disclosed = gate(routing({ destinations: [keeping], notices: [told] }));
  await disclosed.take({}, disclosed.consenting);
  t.deepEqual(idsOf(disclosed), ['lrr4fn']);
  const silent = gate(routing({ destinations: [keeping] }));
  await silent.take({}, silent.consenting);
  t.not(idsOf(silent)[0], 'lrr4fn');
});

test('an id that is stripped is replaced by a value of its visit alone', async (t) => {
  const stage = gate(routing({ destinations: [clarity({ ids: { user_id: 'strip' } })] }));
  await stage.take({}, stage.consenting);
  await stage.take({ sequence: 2 }, stage.consenting);
  await stage.take({ pageNumber: 2 }, stage.consenting);
  const [first, second, other] = idsOf(stage);
  t.is(first, second);
  t.not(first, other);
  t.regex(first ?? '', /^[0-9a-z]{1,7}$/);
});

test('a visit keeps its pseudonyms when their period ends in the middle of it', async (t) => {
  const stage = gate(routing({ pseudonyms: { periodMs: 3_600_000 } }));
  stage.time.now = Math.ceil(NOW / 3_600_000) * 3_600_000 - 1000;
  await stage.take({}, stage.consenting);
  stage.time.now += 2000;
  await stage.take({ sequence: 2 }, stage.consenting);
  await stage.take({ pageNumber: 2 }, stage.consenting);
  const [first, second, later] = idsOf(stage);
  t.is(first, second);
  t.not(first, later);
});

test('an id of another system that is in the upload all the same ends the visit, also where the site reads no cookies', async (t) => {
  const stage = gate();
  const cookies = [...(stage.consenting.cookies ?? []), '_ga=GA1.2.1837402915.1763900001'];
  t.deepEqual(await stage.take({ words: ['1837402915.1763900001'] }, { cookies }), END);
  t.is(stage.reason(), 'unjoinable');
  t.is(stage.sent.length, 0);
  t.is((await stage.take({ sequence: 2 }, stage.consenting)).text, 'END');
  t.is(stage.reason(), 'visit_refused');
});
test('a cleaner that fails ends the visit, and tells nothing of what it was given', async (t) => {
  for (const [fault, code] of [
    ['throw', 'internal'],
    ['refuse', 'unreadable_body'],
  ] as const) {
    const stage = gate();
    await stage.take({ words: ['fine'] }, stage.consenting);
    t.deepEqual(await stage.take({ sequence: 2, words: ['canary-4711'], fault }, stage.consenting), END);
    t.true(stage.counted.includes(`rejected(shop,clarity,${code},1)`));
    t.deepEqual(
      stage.logged.map((each) => [each.code, each.fields['intake'], each.fields['error']]),
      fault === 'throw' ? [['internal', 'clarity', 'TypeError']] : [],
    );
    t.false(JSON.stringify([stage.logged, stage.told, stage.counted]).includes('canary'));
    t.deepEqual(await stage.take({ sequence: 3 }, stage.consenting), END);
    t.is(stage.sent.length, 1);
    t.is(stage.visits.count, 0);
  }
});

test('an upload of a visit whose beginning was not seen is masked, and stays so', async (t) => {
  const stage = gate();
  await stage.take({ sequence: 5, words: ['boots'] }, stage.consenting);
  await stage.take({ sequence: 1, words: ['hats'] }, stage.consenting);
  t.deepEqual(stage.bodies().at(-1)?.words, ['•••••', '••••']);
});

test('where an upload of a visit is missing, all that follows is masked, also the missing one when it comes', async (t) => {
  const stage = gate(routing({ destinations: [clarity({ ids: { user_id: 'strip' } })] }));
  const words = ['boots'];
  for (const sequence of [1, 2, 4, 3, 5]) await stage.take({ sequence, words }, stage.consenting);
  t.deepEqual(
    stage.bodies().map((body) => body.words.at(-1)),
    ['boots', 'boots', '•••••', '•••••', '•••••'],
  );
  t.deepEqual(stage.bodies()[2]?.words, ['•••••']);
  t.is(new Set(idsOf(stage)).size, 1); // its visitor stays the same
});

test('a page that comes after typing in the session is masked from its start', async (t) => {
  const stage = gate();
  const seen = async (body: ReplayBody): Promise<string | undefined> => {
    await stage.take({ words: ['boots'], ...body }, stage.consenting);
    return stage.bodies().at(-1)?.words.at(-1);
  };
  t.is(await seen({ pageNumber: 1 }), 'boots');
  t.is(await seen({ pageNumber: 2 }), 'boots');
  t.is(await seen({ pageNumber: 1, sequence: 2, typed: true, last: true }), 'boots');
  t.is(await seen({ pageNumber: 3 }), '•••••');
  t.is(await seen({ pageNumber: 4 }), '•••••');
  t.is(await seen({ pageNumber: 2, sequence: 2 }), 'boots'); // open in another tab before that
  t.is(await seen({ session: 'another' }), 'boots');
});

test('what was typed in a session is known for as long as its visits are', async (t) => {
  const stage = gate();
  await stage.take({ typed: true }, stage.consenting);
  stage.time.now += 2 * 3_600_000 + 1;
  await stage.take({ pageNumber: 2, words: ['boots'] }, stage.consenting);
  t.deepEqual(stage.bodies().at(-1)?.words, ['boots']);
});

test('an upload that comes again, as text or late, leaves no gap', async (t) => {
  const stage = gate();
  for (const sequence of [1, 1, 2, 3, 2, 4])
    await stage.take({ sequence, words: [`w${sequence}`] }, stage.consenting);
  t.deepEqual(stage.bodies().at(-1)?.words, ['w1', 'w2', 'w3', 'w4']);
});

test('an upload that the vendor could not take leaves no gap either', async (t) => {
  const stage = gate();
  await stage.take({ words: ['a'] }, stage.consenting);
  stage.vendor.answer = async () => ({ kind: 'unavailable', retryAfterS: 1 });
  await t.throwsAsync(stage.take({ sequence: 2, words: ['b'] }, stage.consenting));
  stage.vendor.answer = async () => ({ kind: 'answered', status: 204, text: '' });
  await stage.take({ sequence: 3, words: ['c'] }, stage.consenting);
  t.deepEqual(stage.bodies().at(-1)?.words, ['a', 'b', 'c']);
});

test('the same upload again gives the same', async (t) => {
  const stage = gate();
  await stage.take({ words: ['boots'] }, stage.consenting);
  await stage.take({ words: ['boots'] }, { ...stage.consenting, packed: false });
  t.is(stage.sent[0]?.body, stage.sent[1]?.body);
});

test('uploads of a visit are cleaned in the order in which they come, however long the vendor takes', async (t) => {
  const stage = gate();
  const waiting: (() => void)[] = [];
  stage.vendor.answer = () =>
    new Promise((resolve) => waiting.push(() => resolve({ kind: 'answered', status: 200, text: '' })));
  const answers = Array.from({ length: 50 }, (_, at) =>
    stage.take({ sequence: at + 1, words: [`w${at}`] }, stage.consenting),
  );
  await Promise.resolve();
  t.is(waiting.length, 50);
  for (const done of waiting.toReversed()) done();
  await Promise.all(answers);
  t.deepEqual(
    stage.bodies().at(-1)?.words,
    Array.from({ length: 50 }, (_, at) => `w${at}`),
  );
});

test('the last upload of a visit that is not known is no proof of its page, where some are sensitive', async (t) => {
  const stage = gate(routing({ sites: [shop({ sensitive: ['/health/**'] })] }));
  await stage.take({ sequence: 9, last: true }, stage.consenting);
  t.is(stage.reason(), 'sensitive_page');
  await stage.take({ pageNumber: 2, sequence: 9 }, stage.consenting);
  await stage.take({ pageNumber: 2, sequence: 10, last: true }, stage.consenting);
  await stage.take({ pageNumber: 3, last: true }, stage.consenting);
  t.deepEqual(
    stage.bodies().map(({ sequence }) => sequence),
    [9, 10, 1],
  );
});

test('the last upload is answered with nothing and takes the memory of its visit with it', async (t) => {
  const stage = gate();
  await stage.take({}, stage.consenting);
  t.deepEqual(await stage.take({ sequence: 2, last: true }, stage.consenting), { status: 204, text: '' });
  t.is(stage.visits.count, 0);
  t.is(
    stage.counted.findLast((each) => each.startsWith('visitsHeld')),
    'visitsHeld(0,0)',
  );
  t.deepEqual(await stage.take({ pageNumber: 2, last: true }, {}), { status: 204, text: '' });
});

for (const [what, answer, told, outcome] of [
  [
    'a word',
    { kind: 'answered', status: 200, text: 'UPGRADE' },
    { status: 200, text: 'UPGRADE' },
    'delivered',
  ],
  ['nothing', { kind: 'answered', status: 204, text: '' }, { status: 204, text: '' }, 'delivered'],
  ['a refusal', { kind: 'answered', status: 403, text: '' }, END, 'rejected'],
  ['a redirect', { kind: 'answered', status: 302, text: '' }, END, 'rejected'],
  ['nothing for too long', { kind: 'ended' }, END, 'dropped'],
] as const satisfies readonly (readonly [string, Forwarded, object, string])[])
  test(`the vendor answers ${what}`, async (t) => {
    const stage = gate();
    stage.vendor.answer = async () => answer;
    t.deepEqual(await stage.take({}, stage.consenting), told);
    t.true(stage.counted.includes(`delivered(clarity,${outcome},1)`));
    stage.vendor.answer = async () => ({ kind: 'answered', status: 204, text: '' });
    await stage.take({ sequence: 2 }, stage.consenting);
    t.is(stage.sent.length, outcome === 'delivered' ? 2 : 1);
  });

test('a vendor that is away has the client send again, and the visit goes on', async (t) => {
  const stage = gate();
  stage.vendor.answer = async () => ({ kind: 'unavailable', retryAfterS: 7 });
  const error = await t.throwsAsync(stage.take({ words: ['a'] }, stage.consenting), {
    instanceOf: GatewayError,
  });
  t.is(error.code, 'vendor_unavailable');
  t.is(error.retryAfter, 7);
  t.false(stage.counted.some((each) => each.startsWith('delivered')));
  stage.vendor.answer = async () => ({ kind: 'answered', status: 200, text: '' });
  await stage.take({ words: ['a'] }, stage.consenting);
  await stage.take({ sequence: 2, words: ['b'] }, stage.consenting);
  t.deepEqual(stage.bodies().at(-1)?.words, ['a', 'b']);
});

test('an upload that had to wait is judged again before it goes out', async (t) => {
  const withdrawn: readonly [string, (stage: Stage) => unknown][] = [
    ['an objection', (stage) => (stage.current.standing = { objections: ['recording'], deniedAt: {} })],
    ['a denial', (stage) => (stage.current.standing = { objections: [], deniedAt: { clarity: NOW + 1 } })],
    ['a reload', (stage) => (stage.current.snapshot = routing({ destinations: [] }))],
    ['a later upload', (stage) => stage.take({ sequence: 2 })],
  ];
  for (const [what, withdraw] of withdrawn) {
    const stage = gate();
    stage.vendor.answer = async (request) => {
      t.true(request.permitted?.(), what);
      await withdraw(stage);
      return request.permitted?.() === true ? { kind: 'answered', status: 204, text: '' } : { kind: 'ended' };
    };
    t.deepEqual(await stage.take({}, stage.consenting), END, what);
    t.true(stage.counted.includes('delivered(clarity,withheld,1)'), what);
  }
});

test('a no that came while the body was on its way is newer than the cookies that were sent before it', async (t) => {
  const stage = gate();
  const call = stage.call({}, stage.consenting);
  stage.current.standing = { objections: [], deniedAt: { clarity: NOW + 10 } };
  stage.time.now = NOW + 20;
  t.deepEqual(await stage.takeCall(call), END);
  t.is(stage.reason(), 'withdrawn');
  t.deepEqual(await stage.take({ pageNumber: 2 }, stage.consenting), { status: 204, text: '' });
});

test('a visit whose project goes to another destination from now on is masked there', async (t) => {
  const stage = gate();
  await stage.take({ words: ['a'] }, stage.consenting);
  stage.current.snapshot = routing({
    destinations: [clarity({ name: 'other' })],
    notices: [notice({ discloses: { other: disclosure({ purposes: ALL }) } })],
  });
  await stage.take({ sequence: 2, words: ['b'] }, stage.consenting);
  t.deepEqual(stage.bodies()[1]?.words, ['•']);
});

test('visits are bounded in number and bytes: the one least recently heard of is masked from then on', async (t) => {
  const stage = gate(routing(), { visits: 3, bytes: 1_000_000 });
  for (const pageNumber of [1, 2, 3]) await stage.take({ pageNumber }, stage.consenting);
  await stage.take({ pageNumber: 1, sequence: 2, words: ['known'] }, stage.consenting);
  await stage.take({ pageNumber: 4 }, stage.consenting);
  t.is(stage.visits.count, 3);
  await stage.take({ pageNumber: 1, sequence: 3, words: ['known'] }, stage.consenting);
  t.deepEqual(stage.bodies().at(-1)?.words, ['known', 'known']);
  await stage.take({ pageNumber: 2, sequence: 2, words: ['pushed'] }, stage.consenting);
  t.deepEqual(stage.bodies().at(-1)?.words, ['••••••']);
  const small = gate(routing(), { visits: 1000, bytes: 10_000 });
  for (let pageNumber = 1; pageNumber <= 100; pageNumber += 1)
    await small.take({ pageNumber, words: ['x'.repeat(2000)] }, small.consenting);
  t.true(small.visits.bytes <= 10_000);
  t.is(small.visits.count, 3);
  await small.take({ pageNumber: 101, words: ['x'.repeat(20_000)] }, small.consenting);
  t.true(small.visits.bytes <= 10_000);
  t.is(small.sent.length, 101);
});

test('a flood of refused visits pushes out none that is recorded', async (t) => {
  const stage = gate(routing(), { visits: 5, bytes: 1_000_000 });
  await stage.take({ words: ['kept'] }, stage.consenting);
  for (let pageNumber = 2; pageNumber < 50; pageNumber += 1) await stage.take({ pageNumber });
  await stage.take({ sequence: 2, words: ['too'] }, stage.consenting);
  t.deepEqual(stage.bodies().at(-1)?.words, ['kept', 'too']);
});

test('a visit that is idle for two hours is forgotten', async (t) => {
  const stage = gate();
  await stage.take({ words: ['a'] }, stage.consenting);
  stage.time.now += 2 * 3_600_000 - 1000;
  await stage.take({ sequence: 2, words: ['b'] }, stage.consenting);
  t.deepEqual(stage.bodies().at(-1)?.words, ['a', 'b']);
  stage.time.now += 2 * 3_600_000 + 1000;
  await stage.take({ pageNumber: 2 }, stage.consenting);
  t.is(stage.visits.count, 1);
  await stage.take({ sequence: 3, words: ['c'] }, stage.consenting);
  t.deepEqual(stage.bodies().at(-1)?.words, ['•']);
});

test('visits are remembered under digests that tell apart site, format and visit', (t) => {
  const { visits } = gate();
  const keys = [
    visits.keyOf('shop', 'clarity', 'lrr4fn'),
    visits.keyOf('shop', 'clarity', 'lrr4fo'),
    visits.keyOf('blog', 'clarity', 'lrr4fn'),
    visits.keyOf('shop', 'clarityl', 'rr4fn'),
    visits.keyOf('shopc', 'larity', 'lrr4fn'),
  ];
  t.is(new Set(keys).size, keys.length);
  for (const key of keys) t.regex(key, /^[\w-]{22}$/);
});

test('events leave what takes recordings only out: no verdict, no count', (t) => {
  const config = routing({ destinations: [clarity(), destination()] });
  const judged = judge(received(), { ...explainContext(config), now: NOW });
  t.deepEqual(
    judged.told.map(({ decision }) => decision.destination),
    ['ga4'],
  );
});
