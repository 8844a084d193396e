// The table of decisions about tags and recorders: which consent opens what, and that the same reasons are told in production and by
// `explain`.

import test from 'ava';
import type { Snapshot } from '../src/core/config.ts';
import type { SaidSince } from '../src/core/decision.ts';
import { NOTHING_SAID } from '../src/core/decision.ts';
import type { DestinationType } from '../src/core/plugin.ts';
import type { TagsAsked } from '../src/core/tags.ts';
import { recordKeeper } from '../src/consent/record.ts';
import { explainContext } from '../src/app.ts';
import { destinationType } from '../src/destinations/index.ts';
import { explain } from '../src/explain.ts';
import { judgeTags } from '../src/tags.ts';
import type { JudgedTags } from '../src/tags.ts';
import { DAY, destination, disclosure, notice, NOW, site, snapshot, tag } from './support/snapshot.ts';

const RECORDED = ['recording', 'marketing', 'profiling'];

const clarity = destination({
  name: 'clarity',
  type: 'recorder',
  requires: RECORDED,
  audience: 'recording',
  system: 'clarity',
  settings: { project: 'mustershop1' },
});
const chat = tag({
  name: 'chat',
  type: 'other',
  requires: ['marketing'],
  audience: 'advertising',
  system: 'chat',
  src: 'https://chat.example/w.js',
});

const config = (over: Partial<Snapshot> = {}): Snapshot =>
  snapshot({
    sites: [
      site({ consent: ['record', 'cookieconsent', 'tcf'] }),
      site({ name: 'blog', writeKey: 'blog-web' }),
    ],
    notices: [
      notice({
        id: 'old',
        from: NOW - 300 * DAY,
        discloses: { chat: disclosure({ purposes: ['marketing'] }) },
      }),
      notice({
        id: 'new',
        from: NOW - 100 * DAY,
        discloses: {
          hotjar: disclosure({ purposes: ['recording'] }),
          chat: disclosure({ purposes: ['marketing'] }),
          clarity: disclosure({ purposes: RECORDED }),
        },
      }),
    ],
    destinations: [destination(), clarity],
    tags: [tag(), chat],
    ...over,
  });

/** A type that takes recordings in one format. */
const recorder = (name: string): DestinationType | undefined => {
  const log = destinationType('log');
  if (name !== 'recorder' || log === undefined) return destinationType(name);
  return {
    ...log,
    type: 'recorder',
    calls: ['recording'],
    recording: {
      formats: ['clarity'],
      project: () => 'mustershop1',
      rules: () => ({ text: 'strict', tags: [], events: [] }),
      request: () => ({ address: 'https://collector.example/', headers: {} }),
    },
  };
};
const FORMATS = [{ name: 'clarity', routes: [{ method: 'POST', path: '/clarity/collect' } as const] }];

interface Visitor {
  readonly snapshot?: Snapshot;
  /** Purposes of a signed record. */
  readonly record?: Readonly<Record<string, boolean>> | null;
  readonly givenAt?: number;
  readonly notice?: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: Readonly<Record<string, readonly string[]>>;
  readonly site?: string;
  readonly said?: SaidSince;
}

const ALL = { recording: true, marketing: true, profiling: true };

function judged(visitor: Visitor = {}): JudgedTags {
  const { snapshot: given = config(), record = ALL, givenAt = NOW - DAY } = visitor;
  const records = recordKeeper(given.secrets);
  const of = given.sites.find(({ name }) => name === (visitor.site ?? 'shop'));
  if (of === undefined) throw new Error('no such site');
  const token =
    record === null
      ? []
      : [
          records.issue({
            id: 'r-1',
            site: 'shop',
            notice: visitor.notice ?? 'new',
            givenAt,
            purposes: record,
          }),
        ];
  const asked: TagsAsked = {
    site: of,
    fromServer: false,
    idCookies: {},
    consentCookies: { sluis_consent: token, ...visitor.cookies },
    request: {
      query: visitor.query ?? 'page=https%3A%2F%2Fshop.example%2Fboots',
      headers: visitor.headers ?? {},
      limits: given.server.limits,
    },
  };
  return judgeTags(asked, {
    ...explainContext(given),
    typeOf: recorder,
    now: NOW,
    formats: FORMATS,
    saidSince: () => visitor.said ?? NOTHING_SAID,
  });
}

const opened = ({ permitted: { tags, recordings } }: JudgedTags): readonly string[] => [
  ...tags.map(({ name }) => name),
  ...recordings.map(({ format }) => format),
];
/** The first reason for each. */
const reasons = ({ tags, recordings }: JudgedTags): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(
    [...tags.decisions, ...(recordings?.decisions ?? [])].map((each) => [
      each.destination,
      each.reasons[0]?.code,
    ]),
  );

test('with everything granted all is told that the page script needs', (t) => {
  t.deepEqual(judged().permitted, {
    tags: [
      { name: 'hotjar', src: tag().src },
      { name: 'chat', src: chat.src },
    ],
    recordings: [{ format: 'clarity', project: 'mustershop1', text: 'strict', upload: '/clarity/collect' }],
    refused: [],
  });
});

test('a destination that takes no recordings is not asked', (t) => {
  t.deepEqual(
    judged().recordings?.decisions.map((each) => each.destination),
    ['clarity'],
  );
});

const cc = (...categories: readonly string[]): string =>
  encodeURIComponent(
    JSON.stringify({ categories, lastConsentTimestamp: new Date(NOW - DAY).toISOString(), services: {} }),
  );
const without = (purpose: string) =>
  Object.fromEntries(Object.keys(ALL).map((each) => [each, each !== purpose]));
const only = (...purposes: readonly string[]) => Object.fromEntries(purposes.map((each) => [each, true]));

const ROWS: readonly (readonly [
  what: string,
  visitor: Visitor,
  opens: readonly string[],
  reasons: Readonly<Record<string, string>>,
])[] = [
  ['nothing said', { record: null }, [], { hotjar: 'purpose_unknown', clarity: 'purpose_unknown' }],
  ['recording alone', { record: only('recording') }, ['hotjar'], { clarity: 'purpose_unknown' }],
  ['marketing alone', { record: only('marketing') }, ['chat'], { hotjar: 'purpose_unknown' }],
  [
    'recording denied',
    { record: without('recording') },
    ['chat'],
    { hotjar: 'purpose_denied', clarity: 'purpose_denied' },
  ],
  [
    'marketing denied',
    { record: without('marketing') },
    ['hotjar'],
    { chat: 'purpose_denied', clarity: 'purpose_denied' },
  ],
  ['profiling denied', { record: without('profiling') }, ['hotjar', 'chat'], { clarity: 'purpose_denied' }],
  [
    'recording and marketing, nothing about profiling',
    { record: only('recording', 'marketing') },
    ['hotjar', 'chat'],
    { clarity: 'purpose_unknown' },
  ],
  [
    'Global Privacy Control',
    { headers: { 'sec-gpc': '1' } },
    [],
    { hotjar: 'gpc', chat: 'gpc', clarity: 'gpc' },
  ],
  [
    'a record of another site',
    { site: 'blog' },
    [],
    { hotjar: 'signal_unreadable', clarity: 'signal_unreadable' },
  ],
  [
    'a forged record',
    { record: null, cookies: { sluis_consent: ['v1.k1.e30.AAAA'] } },
    [],
    { hotjar: 'signal_unreadable' },
  ],
  [
    'a record that is too old',
    { givenAt: NOW - 366 * DAY, notice: 'old' },
    [],
    { hotjar: 'consent_expired' },
  ],
  [
    'a record under a notice that did not speak of it',
    { givenAt: NOW - 200 * DAY, notice: 'old' },
    ['chat'],
    { hotjar: 'not_disclosed', clarity: 'not_disclosed' },
  ],
  [
    'a banner category of its own',
    { record: null, cookies: { cc_cookie: [cc('session_replay')] } },
    ['hotjar'],
    { clarity: 'purpose_denied' },
  ],
  [
    'a banner that denies what a record grants',
    { cookies: { cc_cookie: [cc('marketing')] } },
    ['chat'],
    { hotjar: 'purpose_denied' },
  ],
  [
    'consent mode in the query, which asks for nothing by name',
    { record: null, query: 'page=/a&gcs=G111&gcd=13r3r3r3r5l1' },
    [],
    { hotjar: 'purpose_unknown' },
  ],
  [
    'a TC string that cannot be read',
    { query: 'page=/a&gdpr_consent=x' },
    ['hotjar'],
    { chat: 'signal_unreadable', clarity: 'signal_unreadable' },
  ],
  [
    'an objection',
    { said: { objections: ['recording'], deniedAt: {} } },
    ['chat'],
    { hotjar: 'objected', clarity: 'objected' },
  ],
  [
    'a denial in the same moment',
    { said: { objections: [], deniedAt: { clarity: NOW } } },
    ['hotjar', 'chat'],
    { clarity: 'withdrawn' },
  ],
  [
    'no notice',
    { snapshot: config({ notices: [] }) },
    [],
    { hotjar: 'no_notice', chat: 'no_notice', clarity: 'no_notice' },
  ],
  [
    'tags that are switched off',
    { snapshot: config({ tags: [tag({ enabled: false }), chat] }) },
    ['chat', 'clarity'],
    { hotjar: 'destination_disabled' },
  ],
  [
    'tags of another site',
    { snapshot: config({ tags: [tag({ sites: ['blog'] }), chat] }) },
    ['chat', 'clarity'],
    { hotjar: 'site_not_routed' },
  ],
  [
    'a site for children',
    { snapshot: config({ sites: [site({ children: true })] }) },
    [],
    { hotjar: 'sensitive_page', chat: 'sensitive_page', clarity: 'sensitive_page' },
  ],
];

for (const [what, visitor, opens, why] of ROWS)
  test(`${what}: ${opens.join(', ') || 'nothing'}`, (t) => {
    const told = judged(visitor);
    t.deepEqual(opened(told), opens);
    t.like(reasons(told), why);
  });

const health = config({ sites: [site({ sensitive: ['/health/**'] })] });
const page = (address: string, more = ''): string => `page=${encodeURIComponent(address)}${more}`;

for (const [what, query, referer, open] of [
  ['an ordinary page', page('https://shop.example/boots'), null, true],
  ['a sensitive page', page('https://shop.example/health/a'), null, false],
  ['a sensitive path alone', page('/health/a'), null, false],
  ['a sensitive route in the fragment', page('https://shop.example/#/health/a'), null, false],
  ['an encoded sensitive path', page('https://shop.example/%68ealth/a'), null, false],
  ['a page that cannot be read', page('https://shop.example/%ff'), null, false],
  ['a page before it', page('/a', '&referrer=https%3A%2F%2Fshop.example%2Fhealth%2Fa'), null, false],
  ['a page that the browser knows better', page('/a'), 'https://shop.example/health/a', false],
  ['the page by the browser alone', '', 'https://shop.example/boots', true],
  ['a sensitive page by the browser alone', '', 'https://shop.example/health/a', false],
  ['the origin alone, which may be any page', '', 'https://shop.example/', false],
  ['no page at all', '', null, false],
  ['an empty page', 'page=', null, false],
] as const)
  test(`where pages are sensitive: ${what}`, (t) => {
    const told = judged({ snapshot: health, query, headers: referer === null ? {} : { referer } });
    t.deepEqual(opened(told), open ? ['hotjar', 'chat', 'clarity'] : []);
    t.deepEqual(told.permitted.refused, open ? [] : ['clarity']);
  });

test('where no page is sensitive none has to be named', (t) => {
  t.is(opened(judged({ query: '' })).length, 3);
});

test('what a recorder left has to go where the site has it, and nowhere else', (t) => {
  t.deepEqual(judged({ record: null }).permitted.refused, ['clarity']);
  const elsewhere = config({ destinations: [{ ...clarity, sites: ['blog'] }] });
  t.deepEqual(judged({ record: null, snapshot: elsewhere }).permitted.refused, []);
  const off = config({ destinations: [{ ...clarity, enabled: false }] });
  t.deepEqual(judged({ snapshot: off }).permitted.refused, ['clarity']);
});

test('`explain` tells the same of the question of a browser', (t) => {
  const given = config({ destinations: [] });
  const records = recordKeeper(given.secrets);
  const token = records.issue({
    id: 'r-1',
    site: 'shop',
    notice: 'new',
    givenAt: NOW - DAY,
    purposes: only('recording'),
  });
  const headers = {
    cookie: `a=b; sluis_consent=${token}`,
    host: 't.shop.example',
    referer: 'https://shop.example/',
  };
  const line = {
    http: { method: 'GET', path: '/v1/tags', headers },
    site: 'shop',
    receivedAt: new Date(NOW).toISOString(),
  };
  const [told, ...others] = explain(line, explainContext(given), NOW);
  t.deepEqual(others, []);
  t.like(told, {
    event: { site: 'shop', type: 'tag', name: 'tag', occurredAt: new Date(NOW).toISOString() },
  });
  t.like(told?.consent, { notice: 'new', sources: ['record'] });
  t.is(told?.consent.purposes['recording'], 'granted');
  t.deepEqual(
    told?.decisions.map(({ destination: name, verdict, reasons: why }) => [name, verdict, why[0]?.code]),
    [
      ['hotjar', 'forward', 'permitted'],
      ['chat', 'block', 'purpose_unknown'],
    ],
  );
  t.false(JSON.stringify(told).includes(token));
});
