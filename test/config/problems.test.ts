// Tables of bad files: every problem with its code and exact place, all of them at once.

import test from 'ava';
import { formatProblems } from '../../src/config/problems.ts';
import { HEAD, load, said, unmark } from './marked.ts';

const SECRETS = `secrets: [{ id: k1, value: '\${SLUIS_SECRET}' }]`;

const FILES: Readonly<Record<string, string>> = {
  'an unknown section': `${HEAD}«unknown-key»destination: {}
`,
  'a key twice': `${HEAD}store: 'memory:'
«duplicate-key»store: 'sqlite:a'
`,
  'a tag': `${HEAD}store: «yaml-syntax»!secret 'memory:'
`,
  'a merge key, which is an ordinary key': `${HEAD}server: { «unknown-key»<<: { listen: '127.0.0.1:1' } }
`,
  'two documents': `${HEAD}«yaml-syntax»---
store: 'memory:'
`,
  'a file that is no mapping': `«wrong-type»- a
`,
  'an empty file': `«wrong-type»`,
  'names of prototypes': `${HEAD}destinations: { «unknown-key»__proto__: { type: log }, «unknown-key»constructor: { type: log }, «unknown-key»toString: { type: log } }
consent: { purposes: { analytics: { «unknown-key»valueOf: [a] } } }
`,
  'no secrets and no sites': `«missing»«secrets-missing»store: 'memory:'
`,
  'bad secrets': `secrets: [{ id: k1, value: «wrong-value»short }, «missing»{ id: k2 }]
sites: { shop: { writeKey: a } }
`,
  'a secret id twice': `secrets: [{ id: k1, value: '\${SLUIS_SECRET}' }, { id: «duplicate»k1, value: '\${SLUIS_SECRET}' }]
sites: { shop: { writeKey: a } }
`,
  'bad values of the server': `${HEAD}server:
  listen: «wrong-type»8080
  admin: «wrong-value»127.0.0.1:99999
  trustedProxies: [10.0.0.0/8, «wrong-value»10.0.0.0/33, «wrong-value»proxy.example]
  allowPrivateEndpoints: «wrong-type»'yes'
  limits: { body: «wrong-value»4 megabytes, depth: «wrong-value»1, requestTimeout: «wrong-value»0s, «unknown-key»evnt: 64KB }
`,
  'an open admin listener': `${HEAD}server: { admin: «admin-without-tokens»0.0.0.0:9090 }
`,
  'an unknown store': `${HEAD}store: «unknown-store»postgres://db.example
`,
  'a store without path': `${HEAD}store: «wrong-value»'sqlite:'
`,
  'bad values of sites': `${SECRETS}
sites:
  Shop: «wrong-value»{ writeKey: x1 }
  «missing»shop:
    «unknown-key»writekey: shop-web
    origins: ['https://shop.example', «wrong-value»'https://shop.example/path', «wrong-value»'https://*.shop.example', «wrong-value»'ftp://shop.example']
    cookies: «wrong-type»maybe
    records: «wrong-value»inlined
    sensitive: [«wrong-value»'health/**', «wrong-value»'/[a-z]', «wrong-value»'/*/*/*/*/*']
`,
  'unknown consent sources, and those that only deny': `${SECRETS}
sites: { shop: { writeKey: a, consent: [record, «unknown-source»onetrst, «unknown-source»gpc, «unknown-source»usPrivacy, gpp] } }
`,
  'keys and tags that two sites share': `${SECRETS}
sites:
  one: { writeKey: server-key-of-the-shop, tags: [G-ABC123] }
  two: { writeKey: «duplicate»server-key-of-the-shop, tags: [«duplicate»g-abc123], serverKeys: [«duplicate»'\${SHOP_SERVER_KEY}'] }
`,
  'bad values of consent': `${HEAD}consent:
  maxAge: «wrong-type»365
  grace: «wrong-value»half an hour
  undated: «wrong-value»commonly
  purposes:
    Chat: «wrong-value»{ klaro: [chat] }
  cookies: { klaro: «wrong-value»'a b' }
`,
  'unknown names in consent': `${HEAD}consent:
  purposes:
    profiling: { tcf: «explicit-from-general»[3, 4], klaro: [profiles], gcm: «explicit-from-general»[ad_personalization] }
    analytics: { record: «unknown-source»[analytics], tcf: [1, «unknown-category»12], gcm: [«unknown-category»analytics] }
    marketing: { onetrst: «unknown-source»[C0004] }
  gpcDenies: [«unknown-purpose»marketting]
  cookies: { tcf: «unknown-source»euconsent }
`,
  'bad values of notices': `${HEAD}notices:
  - { id: a, from: «wrong-value»2026-05-01, discloses: {} }
  - { id: b, from: «wrong-value»2026-05-01T00:00:00, discloses: {} }
  - { id: c, from: «wrong-value»2026-02-30T00:00:00+01:00, discloses: { «missing»ga4: { «unknown-key»purpose: [analytics] } } }
  - { id: d, from: 2026-06-01T00:00:00Z, discloses: { ga4: { purposes: [analytics], country: «wrong-value»usa }, log: «wrong-type»analytics } }
`,
  'notices out of order and ids twice': `${HEAD}notices:
  - { id: a, from: 2026-01-01T00:00:00Z, discloses: {} }
  - { id: b, from: 2026-03-01T00:00:00Z, discloses: {} }
  - { id: «duplicate»b, from: «notices-out-of-order»2026-02-01T00:00:00Z, discloses: {} }
  - { id: d, from: «notices-out-of-order»2026-02-01T01:00:00+01:00, discloses: {} }
`,
  'unknown names in notices': `${HEAD}notices:
  - id: a
    from: 2026-01-01T00:00:00Z
    seenAs: { cookieconsnt: «unknown-source»{ revision: 3 } }
    discloses:
      gone: [«unknown-purpose»analytic, marketing]
      ga4: { purposes: [analytics, «unknown-purpose»ads], data: [client_id, email, «unknown-datum»mail, site.user_id, «unknown-datum»ga.clientid] }
    links:
      - { from: «unknown-system»google, to: gone, aim: x }
      - { from: ga, to: «unknown-receiver»hubspott, aim: x }
      - { from: ga, to: «wrong-value»ga4, aim: x }
destinations: { ga4: { type: ga4, measurementId: G-ABC123 } }
`,
  'unknown destination types': `${HEAD}destinations:
  «missing»a: { requires: [analytics] }
  b: { type: «unknown-type»ga5, color: red }
  c: «wrong-type»ga4
  d: { type: «wrong-type»4 }
`,
  'bad keys and settings of destinations': `${HEAD}destinations:
  «missing»ga4:
    type: ga4
    «unknown-key»measurmentId: G-ABC123
    «unknown-key»person_fields: [email]
    region: «wrong-value»asia
    concurrency: «wrong-type»'4'
    retry: { «unknown-key»until: 72h }
    ids: { client_id: «wrong-value»hash }
    requires: [«unknown-purpose»analytic]
`,
  'unknown names in destinations': `${HEAD}destinations:
  log:
    type: log
    requires: [analytics, «unknown-purpose»analytic]
    sites: [shop, «unknown-site»shopp]
    links: [«unknown-system»google, { system: ga, as: ga_id }, { system: «duplicate»ga }, «wrong-value»site]
    vendor: { tcf2: «unknown-list»755, tcf: «wrong-value»google, klaro: ga4 }
`,
  'types that must state and do not': `${HEAD}destinations:
  «requires-missing»a: { type: log }
  b: { type: log, requires: «requires-missing»[] }
  c: { type: ga4, measurementId: G-ABC123, requires: [] }
`,
  'what a type cannot do': `${HEAD}destinations:
  ga4:
    type: ga4
    measurementId: G-ABC123
    ids: { utk: «unknown-kind»keep, clientid: «unknown-kind»keep, hubspot.utk: «id-without-place»keep, linker: «id-without-place»strip }
    person: [email, «person-without-place»birthday]
    whenDenied: «anonymous-not-possible»anonymous
  x: { type: x, pixelId: otria, pixelToken: some-pixel-token, eventIds: { purchase: otri3 }, links: «link-without-place»[ga] }
  log: { type: log, requires: [analytics], whenDenied: «cohort-not-available»cohort }
  ads: { type: adserver, ids: { site.message_id: «treatment-not-allowed»keep, epik: «pseudonym-matches-nothing»pseudonymise } }
`,
};

for (const [name, marked] of Object.entries(FILES))
  test(`reports ${name}`, (t) => {
    const { text, expected } = unmark(marked);
    const result = load(text);
    t.false(result.ok);
    t.deepEqual(
      said(result).filter((each) => !each.endsWith('plain-secret')),
      expected,
    );
  });

test('the word that was meant is offered', (t) => {
  const { text } = unmark(`${HEAD}destination: {}
destinations:
  ga4: { type: ga4, measurmentId: G-ABC123, measurementId: G-ABC123, regoin: eu, whenDenied: blok, requires: [analitycs] }
  log: { type: logg }
`);
  const { problems } = load(text);
  for (const word of ['destinations', 'measurementId', 'region', 'block', 'analytics', 'log'])
    t.true(
      problems.some((each) => each.message.endsWith(`did you mean \`${word}\`?`)),
      word,
    );
});

test('nothing is offered where nothing is near', (t) => {
  const { problems } = load(`${HEAD}zzzzzzzz: 1\n`);
  t.false(problems.some((each) => each.message.includes('did you mean')));
});

test('an unquoted number where a text belongs is told to be quoted', (t) => {
  const { problems } = load(
    `secrets: [{ id: k1, value: '\${SLUIS_SECRET}' }]\nsites: { shop: { writeKey: 12345 } }\n`,
  );
  t.is(
    problems.find((each) => each.code === 'wrong-type')?.message,
    'expected a text, got a number; put it in quotes',
  );
});

test('problems print one a line, by place, with the path given', (t) => {
  const { problems } = load(`sites: { shop: { writeKey: a } }\nstore: 'tape:'\n`);
  const lines = formatProblems([...problems].reverse(), 'config/gateway.yaml').split('\n');
  t.true(lines[0]?.startsWith('config/gateway.yaml:1:1 '));
  t.true(
    lines.some((line) => /^config\/gateway\.yaml:2:8 error unknown-store {2}there is no store/.test(line)),
  );
  t.is(formatProblems(problems, 'x'), formatProblems([...problems].reverse(), 'x'));
});

test('files that are too much are refused in bounded time', (t) => {
  const aliases = `a: &a [x]\nb: [${'*a, '.repeat(200)}]\n`;
  const bomb = `a: &a [x, x, x, x, x, x, x, x, x]\n${Array.from({ length: 7 }, (_, index) => `b${index}: &b${index} [${`*${index === 0 ? 'a' : `b${index - 1}`}, `.repeat(9)}]\n`).join('')}`;
  const loop = 'a: &a { b: *a }\n';
  const deep = `a: ${'['.repeat(20_000)}`;
  const huge = `a: ${'x'.repeat(270_000)}`;
  const wide = `a: [${'1, '.repeat(60_000)}]`;
  const keys = Array.from({ length: 30_000 }, (_, index) => `k${index}:`).join('\n');
  for (const text of [keys, aliases, bomb, loop, deep, huge, wide]) {
    const { problems } = load(text);
    t.true(
      problems.some((each) => each.code === 'file-too-large' || each.code === 'yaml-syntax'),
      text.slice(0, 20),
    );
  }
});
