// Lint, rule by rule: where it fires, with code and place, and where it does not.

import test from 'ava';
import { LINT_RULES } from '../../src/config/lint/index.ts';
import type { LoadOptions } from '../../src/config/load.ts';
import { load, said, unmark } from './marked.ts';

const SECRETS = `secrets: [{ id: k1, value: '\${SLUIS_SECRET}' }]
`;
const SITE = `sites: { shop: { writeKey: shop-web, sensitive: [] } }
`;
const HEAD = `${SECRETS}controller: { name: Shop BV, contact: privacy@shop.example }
${SITE}`;
const CLARITY_SITE = `${SECRETS}sites: { shop: { writeKey: shop-web, tags: [abc, def] } }
`;
const TWO_SITES = `${SECRETS}sites: { shop: { writeKey: shop-web }, outlet: { writeKey: outlet-web } }
`;
const notices = (discloses: string, links = '[]'): string =>
  `notices: [{ id: a, from: 2026-01-01T00:00:00Z, discloses: ${discloses}, links: ${links} }]
`;
const GA4 = 'ga4: { type: ga4, measurementId: G-ABC123, transport: collect }';
const HOTJAR = "type: hotjar, src: 'https://static.hotjar.com/c/hotjar-1234567.js'";
const LINK = "[{ from: ga, to: hubspot, aim: 'see visits' }]";
const HUBSPOT = "type: hubspot, portalId: '1', accessToken: '${TOKEN}'";

interface Row {
  readonly code: string;
  readonly name: string;
  /** Marked where the rule fires; without marks it must keep silent. */
  readonly text: string;
  readonly over?: Partial<LoadOptions>;
}

const ROWS: readonly Row[] = [
  {
    code: 'recording-without-recording-consent',
    name: 'a recording type that does not require it',
    text: `${HEAD}destinations:
  a: { type: recorder, projectId: a, requires: «recording-without-recording-consent»[marketing] }
  b: { type: http, url: 'https://x.clarity.ms/collect', secret: '\${TOKEN}', requires: «recording-without-recording-consent»[analytics] }
`,
  },
  {
    code: 'recording-without-recording-consent',
    name: 'recording types that require it, other hosts, and what is switched off',
    text: `${HEAD}destinations:
  a: { type: replay, projectId: a }
  b: { type: recorder, projectId: a, requires: [recording] }
  c: { type: http, url: 'https://notclarity.ms.example/', secret: '\${TOKEN}', requires: [analytics] }
  d: { type: recorder, projectId: a, enabled: false }
`,
  },
  {
    code: 'recording-without-recording-consent',
    name: 'a webhook that takes recordings',
    text: `${HEAD}destinations:
  a: { type: http, url: 'https://a.example/', secret: '\${TOKEN}', requires: «recording-without-recording-consent»[analytics], recordings: {} }
  b: { type: http, url: 'https://b.example/', secret: '\${TOKEN}', requires: [analytics] }
`,
  },
  {
    code: 'recording-taken-twice',
    name: 'the second of those that take recordings of one site',
    text: `${TWO_SITES}destinations:
  a: { type: http, url: 'https://a.example/', secret: '\${TOKEN}', requires: [recording], sites: [shop], recordings: {} }
  b: { type: http, url: 'https://b.example/', secret: '\${TOKEN}', requires: [recording], sites: [outlet], recordings: {} }
  c: { type: http, url: 'https://c.example/', secret: '\${TOKEN}', requires: [recording], recordings: «recording-taken-twice»{} }
  d: { type: http, url: 'https://d.example/', secret: '\${TOKEN}', requires: [recording], recordings: {}, enabled: false }
  e: { type: http, url: 'https://e.example/', secret: '\${TOKEN}', requires: [recording] }
`,
  },
  {
    code: 'recording-project-shared',
    name: 'the second that is switched on, of those with one project',
    text: `${CLARITY_SITE}destinations:
  a: { type: clarity, project: abc, upload: 'https://k.clarity.ms/collect' }
  b: { type: clarity, project: «recording-project-shared»abc, upload: 'https://l.clarity.ms/collect' }
  c: { type: clarity, project: abc, upload: 'https://k.clarity.ms/collect', enabled: false }
  d: { type: clarity, project: def, upload: 'https://k.clarity.ms/collect' }
`,
  },
  {
    code: 'recording-project-unlisted',
    name: 'a project that no site has among its tags, if it is switched on',
    text: `${CLARITY_SITE}destinations:
  a: { type: clarity, project: abc, upload: 'https://k.clarity.ms/collect' }
  b: { type: clarity, project: «recording-project-unlisted»xyz, upload: 'https://k.clarity.ms/collect' }
  c: { type: clarity, project: xyw, upload: 'https://k.clarity.ms/collect', enabled: false }
`,
  },
  {
    code: 'recording-without-recording-consent',
    name: 'a tag of a recorder under another type',
    text: `${HEAD}tags:
  a: { ${HOTJAR} }
  b: { type: other, src: 'https://script.hotjar.com/x.js', requires: «recording-without-recording-consent»[marketing] }
  c: { type: other, src: 'https://nothotjar.com.example/x.js', requires: [marketing] }
  d: { type: other, src: 'https://script.hotjar.com/x.js', requires: [marketing], enabled: false }
`,
  },
  {
    code: 'recording-under-analytics',
    name: 'recorders that visitors are told of as statistics',
    text: `${HEAD}notices:
  - { id: a, from: 2026-01-01T00:00:00Z, discloses: { hotjar: [analytics] } }
  - id: b
    from: 2026-02-01T00:00:00Z
    discloses: { hotjar: «recording-under-analytics»[analytics], clarity: «recording-under-analytics»[marketing, analytics, profiling] }
destinations: { clarity: { type: replay, projectId: a } }
tags: { hotjar: { ${HOTJAR} } }
`,
  },
  {
    code: 'recording-under-analytics',
    name: 'recorders that visitors are told of as such, and what is no recorder',
    text: `${HEAD}notices:
  - { id: a, from: 2026-01-01T00:00:00Z, discloses: { hotjar: [analytics] } }
  - { id: b, from: 2026-02-01T00:00:00Z, discloses: { hotjar: [analytics, recording], clarity: [marketing], ga4: [analytics] } }
destinations: { clarity: { type: replay, projectId: a }, ${GA4} }
tags: { hotjar: { ${HOTJAR} } }
`,
  },
  {
    code: 'recording-from-analytics-category',
    name: 'the category that a tool has for statistics',
    text: `${HEAD}consent:
  purposes:
    analytics: { klaro: [] , cookiebot: [] }
    recording: { klaro: «recording-from-analytics-category»[analytics], cookiebot: «recording-from-analytics-category»[statistics], onetrust: [C0009] }
`,
  },
  {
    code: 'recording-from-analytics-category',
    name: 'a category that is shared, which grants nothing',
    text: `${HEAD}consent: { purposes: { recording: { cookieconsent: [analytics], klaro: [session_replay] } } }
`,
  },
  {
    code: 'clarity-hosted-loader',
    name: 'the hosted loader, also under another name and beside a destination',
    text: `${HEAD}destinations: { clarity: { type: replay, projectId: a } }
tags:
  a: { type: other, src: «clarity-hosted-loader»'https://www.clarity.ms/tag/mustershop1', requires: [recording, marketing, profiling] }
  b: { type: hotjar, src: «clarity-hosted-loader»'https://SCRIPTS.Clarity.MS./0.8.70/clarity.js' }
  c: { type: other, src: 'https://notclarity.ms.example/tag/a', requires: [recording] }
  d: { type: other, src: 'https://www.clarity.ms/tag/a', requires: [recording], enabled: false }
`,
  },
  {
    code: 'no-csp',
    name: 'sites with a recorder or tags that say nothing',
    text: `${SECRETS}sites:
  shop: «no-csp»{ writeKey: a }
  said: { writeKey: b, csp: true }
  kids: { writeKey: c, children: true }
  apart: { writeKey: d }
  other: «no-csp»{ writeKey: e, csp: false }
destinations: { clarity: { type: replay, projectId: a, sites: [other] } }
tags: { hotjar: { ${HOTJAR}, sites: [shop, said, kids] }, off: { ${HOTJAR}, enabled: false } }
`,
  },
  {
    code: 'no-csp',
    name: 'neither recorder nor tag',
    text: `${HEAD}destinations: { ${GA4} }
`,
  },
  {
    code: 'tag-for-children',
    name: 'tags and recorders on a site for children',
    text: `${SECRETS}sites: { kids: { writeKey: a, children: true }, shop: { writeKey: b } }
destinations:
  clarity: «tag-for-children»{ type: replay, projectId: a }
  ${GA4}
tags:
  a: { ${HOTJAR}, sites: [shop, «tag-for-children»kids] }
  b: { ${HOTJAR}, sites: [shop] }
  c: { ${HOTJAR}, enabled: false }
`,
  },
  {
    code: 'not-disclosed',
    name: 'tags that no notice has, or not for all that they require, or not in their country',
    text: `${HEAD}${notices('{ b: [analytics], c: { purposes: [recording], country: NL }, d: [recording] }')}tags:
  a: «not-disclosed»{ ${HOTJAR} }
  «not-disclosed»b: { ${HOTJAR} }
  c: { ${HOTJAR}, transfer: { country: «not-disclosed»US } }
  d: { ${HOTJAR} }
  e: { ${HOTJAR}, enabled: false }
`,
  },
  {
    code: 'not-disclosed',
    name: 'destinations, purposes, data, countries and links that no notice has',
    text: `${HEAD}${notices('{ ga4: [marketing], hubspot: { purposes: [marketing], country: NL }, ads: { purposes: [marketing], data: [email] } }')}destinations:
  «not-disclosed»ga4: { type: ga4, measurementId: G-ABC123 }
  hubspot:
    ${HUBSPOT.replaceAll(', ', '\n    ')}
    ids: { utk: «not-disclosed»keep }
    person: [«not-disclosed»email]
    links: «not-disclosed»[«not-disclosed»ga]
    transfer: { country: «not-disclosed»US, basis: dpf }
  log: «not-disclosed»{ type: log, requires: [analytics] }
  ads: { type: adserver, person: «not-disclosed»[email] }
`,
  },
  {
    code: 'not-disclosed',
    name: 'what some notice has, older ones included',
    text: `${HEAD}notices:
  - { id: a, from: 2026-01-01T00:00:00Z, discloses: { ga4: { purposes: [analytics], data: [client_id] } } }
  - id: b
    from: 2026-02-01T00:00:00Z
    discloses: { ga4: [analytics], hubspot: { purposes: [marketing, profiling], data: [hubspot.utk, email], country: US } }
    links: ${LINK}
destinations:
  ga4: { type: ga4, measurementId: G-ABC123, ids: { ga.client_id: keep } }
  hubspot: { ${HUBSPOT}, ids: { utk: keep }, person: [email], links: [ga], transfer: { country: US, basis: dpf } }
  log: { type: log, requires: [analytics], enabled: false }
`,
  },
  {
    code: 'not-disclosed',
    name: 'a notice that could not be read',
    text: `${HEAD}notices: [{ id: a, from: yesterday, discloses: { ga4: [analytics] } }]
destinations: { ${GA4} }
`,
  },
  {
    code: 'explicit-purpose-shared',
    name: 'categories that grant something else, or only together',
    text: `${HEAD}consent:
  purposes:
    recording: { cookieconsent: «explicit-purpose-shared»[analytics], klaro: «explicit-purpose-shared»[a, b] }
    profiling: { onetrust: «explicit-purpose-shared»[C0009] }
    support: { onetrust: [C0009] }
`,
  },
  {
    code: 'explicit-purpose-shared',
    name: 'categories of their own',
    text: `${HEAD}consent: { purposes: { recording: { cookieconsent: [session_replay] }, profiling: { klaro: [profile] } } }
`,
  },
  {
    code: 'plain-secret',
    name: 'secrets written out, and defaults in the file',
    text: `secrets: [{ id: k1, value: «plain-secret»a-secret-written-out-0123456789-0123 }]
server: { adminTokens: [«plain-secret»an-admin-token-0123] }
sites: { shop: { writeKey: a, serverKeys: [«plain-secret»server-key] } }
destinations:
  ga4: { type: ga4, measurementId: G-ABC123, apiSecret: «plain-secret»written-out }
  meta: { type: meta, pixelId: '1', accessToken: «plain-secret»'\${NOT_SET:-trial}' }
  x: { type: x, pixelId: o1a2b, oauth1: { consumerKey: a, consumerSecret: «plain-secret»b, token: c, tokenSecret: '\${TOKEN}' } }
`,
  },
  {
    code: 'plain-secret',
    name: 'a password in the address of the store',
    text: `store: «plain-secret»nats://shop:written-out@nats.example:4222
`,
  },
  {
    code: 'plain-secret',
    name: 'a password that the address of the store refers to, and one without',
    text: `store: 'nats://shop:\${TOKEN}@nats.example:4222?prefix=a@b'
`,
  },
  {
    code: 'plain-secret',
    name: 'references, and defaults on trial',
    text: `${SITE}destinations:
  ga4: { type: ga4, measurementId: G-ABC123, apiSecret: '\${GA4_API_SECRET}' }
  meta: { type: meta, pixelId: '1', accessToken: '\${NOT_SET:-trial}' }
`,
    over: { trialSecret: 'made-at-start-0123456789-0123456789' },
  },
  {
    code: 'join-key-kept-twice',
    name: 'one id kept at two receivers',
    text: `${HEAD}destinations:
  ga4: { type: ga4, measurementId: G-ABC123, ids: { site.user_id: keep } }
  ads: { type: adserver, ids: { site.user_id: «join-key-kept-twice»keep } }
  log: { type: log, requires: [analytics], ids: { user_id: «join-key-kept-twice»keep } }
`,
  },
  {
    code: 'join-key-kept-twice',
    name: 'one id kept once, or twice at the same system',
    text: `${HEAD}destinations:
  one: { type: ga4, measurementId: G-ABC123, ids: { site.user_id: keep } }
  two: { type: ga4, measurementId: G-ABC124, ids: { site.user_id: keep } }
  ads: { type: adserver, ids: { site.user_id: pseudonymise } }
`,
  },
  {
    code: 'pseudonym-matches-nothing',
    name: 'ids that only their issuer can match',
    text: `${HEAD}destinations:
  hubspot: { ${HUBSPOT}, ids: { utk: «pseudonym-matches-nothing»pseudonymise } }
  meta: { type: meta, pixelId: '1', accessToken: '\${TOKEN}', ids: { meta.fbp: «pseudonym-matches-nothing»pseudonymise, fbc: keep } }
`,
  },
  {
    code: 'mail-from-cookie-category',
    name: 'mail mapped from a banner',
    text: `${HEAD}consent: { purposes: { email_marketing: { klaro: «mail-from-cookie-category»[mail] } } }
`,
  },
  {
    code: 'mail-from-cookie-category',
    name: 'mail mapped from nothing',
    text: `${HEAD}consent: { purposes: { email_marketing: { klaro: [] } } }
`,
  },
  {
    code: 'link-without-aim',
    name: 'links nobody explained',
    text: `${HEAD}${notices('{}', "[«link-without-aim»{ from: ga, to: hubspot }, «link-without-aim»{ from: ga, to: x, aim: ' ' }, { from: ga, to: meta, aim: y }]")}`,
  },
  {
    code: 'key-still-needed',
    name: 'a key that objections use',
    text: `secrets: «key-still-needed»[{ id: k1, value: '\${SLUIS_SECRET}' }]
${SITE}`,
    over: { secretsInUse: ['k0', 'k1', 'k0'] },
  },
  { code: 'key-still-needed', name: 'keys that are all there', text: HEAD, over: { secretsInUse: ['k1'] } },
  {
    code: 'no-notice',
    name: 'a file without notices',
    text: `«no-notice»${HEAD}destinations: { ${GA4} }
`,
  },
  { code: 'no-notice', name: 'a file with one', text: `${HEAD}${notices('{}')}` },
  {
    code: 'unproven-explicit-consent',
    name: 'inline records',
    text: `${SECRETS}sites: { shop: { writeKey: a, records: «unproven-explicit-consent»inline }, other: { writeKey: b, records: signed } }
`,
  },
  {
    code: 'person-joins-vendors',
    name: 'an address at two systems',
    text: `${HEAD}destinations:
  hubspot: { ${HUBSPOT}, person: [email, first_name] }
  meta: { type: meta, pixelId: '1', accessToken: '\${TOKEN}', person: [first_name, «person-joins-vendors»email] }
`,
  },
  {
    code: 'person-joins-vendors',
    name: 'an address at one',
    text: `${HEAD}destinations:
  a: { ${HUBSPOT}, person: [email] }
  b: { ${HUBSPOT}, person: [email] }
  meta: { type: meta, pixelId: '1', accessToken: '\${TOKEN}', person: [phone] }
`,
  },
  {
    code: 'transfer-without-basis',
    name: 'countries beyond without a basis',
    text: `${HEAD}${notices('{ ga4: { purposes: [analytics], country: US }, hotjar: { purposes: [recording], country: US } }')}destinations:
  ga4: «transfer-without-basis»{ type: ga4, measurementId: G-ABC123 }
  hubspot: { ${HUBSPOT}, transfer: «transfer-without-basis»{ country: IN } }
tags: { hotjar: «transfer-without-basis»{ ${HOTJAR} } }
`,
  },
  {
    code: 'transfer-without-basis',
    name: 'countries of the EEA, adequate ones, and those with a basis',
    text: `${HEAD}${notices('{ ga4: { purposes: [analytics], country: NL }, log: [analytics] }')}destinations:
  ${GA4}
  log: { type: log, requires: [analytics] }
  hubspot: { ${HUBSPOT}, transfer: { country: US, basis: dpf } }
  meta: { type: meta, pixelId: '1', accessToken: '\${TOKEN}', transfer: { country: CH } }
`,
  },
  {
    code: 'undated-consent',
    name: 'sources without a date',
    text: `${SECRETS}sites: { shop: { writeKey: a, consent: [record, «undated-consent»gcm, cookieconsent, «undated-consent»klaro] } }
${notices('{}')}`,
  },
  {
    code: 'undated-consent',
    name: 'sources that a notice recognises, and the default list',
    text: `${SECRETS}sites: { shop: { writeKey: a, consent: [klaro, tcf] }, other: { writeKey: b } }
notices: [{ id: a, from: 2026-01-01T00:00:00Z, seenAs: { klaro: { version: 2 } }, discloses: {} }]
`,
  },
  {
    code: 'old-consent',
    name: 'two years',
    text: `${HEAD}consent: { maxAge: «old-consent»730d }
`,
  },
  {
    code: 'old-consent',
    name: 'thirteen months',
    text: `${HEAD}consent: { maxAge: 396d }
`,
  },
  {
    code: 'denied-traffic-leaves',
    name: 'refused events that leave',
    text: `${HEAD}destinations:
  log: { type: log, requires: [analytics], whenDenied: «denied-traffic-leaves»anonymous }
  other: { type: log, requires: [analytics], whenDenied: block }
`,
  },
  {
    code: 'hub-link',
    name: 'two systems linked to a third, also through two destinations',
    text: `${HEAD}destinations:
  log: { type: log, requires: [analytics], links: [ga, «hub-link»hubspot] }
  one: { ${HUBSPOT}, links: [ga] }
  two: { ${HUBSPOT}, links: [ga, «hub-link»meta] }
`,
  },
  {
    code: 'hub-link',
    name: 'one link each',
    text: `${HEAD}destinations: { log: { type: log, requires: [analytics], links: [ga] }, hubspot: { ${HUBSPOT}, links: [meta] } }
`,
  },
  {
    code: 'gclid-stripped',
    name: 'Analytics without the link, and a click id in `query`',
    text: `${HEAD}destinations:
  ga4: «gclid-stripped»{ type: ga4, measurementId: G-ABC123 }
  log: { type: log, requires: [analytics], query: [page, «gclid-stripped»GCLID] }
`,
  },
  {
    code: 'gclid-stripped',
    name: 'Analytics with the link',
    text: `${HEAD}destinations: { ga4: { type: ga4, measurementId: G-ABC123, links: [google_ads], query: [gclid] } }
`,
  },
  {
    code: 'mp-without-tag',
    name: 'the Measurement Protocol alone',
    text: `${SECRETS}sites: { shop: { writeKey: a, tags: [G-ABC123] }, other: { writeKey: b } }
destinations:
  a: { type: ga4, measurementId: G-ABC123, apiSecret: '\${TOKEN}', transport: «mp-without-tag»mp }
  b: { type: «mp-without-tag»ga4, measurementId: G-ABC124 }
  c: { type: «mp-without-tag»ga4, measurementId: G-ABC123, sites: [other] }
`,
  },
  {
    code: 'mp-without-tag',
    name: 'a tag beside it',
    text: `${SECRETS}sites: { shop: { writeKey: a, tags: [g-abc123] } }
destinations: { a: { type: ga4, measurementId: G-ABC123 }, b: { type: ga4, measurementId: G-ABC124, transport: collect } }
`,
  },
  {
    code: 'sensitive-unset',
    name: 'ad platforms and nothing said about pages',
    text: `${SECRETS}sites:
  shop: «sensitive-unset»{ writeKey: a }
  said: { writeKey: b, sensitive: [] }
  apart: { writeKey: c }
  young: { writeKey: d, children: true }
destinations: { ads: { type: adserver, sites: [shop, said, young] } }
`,
  },
  {
    code: 'sensitive-unset',
    name: 'tags and nothing said about pages',
    text: `${SECRETS}sites: { shop: «sensitive-unset»{ writeKey: a }, apart: { writeKey: b } }
tags: { chat: { type: other, src: 'https://chat.example/w.js', requires: [marketing], sites: [shop] } }
`,
  },
  {
    code: 'sensitive-unset',
    name: 'no ad platforms',
    text: `${SECRETS}sites: { shop: { writeKey: a } }
destinations: { ${GA4} }
`,
  },
  { code: 'no-objection-path', name: 'no controller', text: `«no-objection-path»${SECRETS}${SITE}` },
  { code: 'no-objection-path', name: 'a controller', text: HEAD },
  {
    code: 'disclosed-but-unused',
    name: 'destinations, data and links of the newest notice that no route uses',
    text: `${HEAD}${notices(
      '{ ga44: «disclosed-but-unused»[analytics], ga4: { purposes: [analytics], data: [«disclosed-but-unused»client_id, «disclosed-but-unused»email] }, log: «disclosed-but-unused»[analytics] }',
      '[«disclosed-but-unused»{ from: hubspot, to: ga4, aim: x }]',
    )}destinations: { ${GA4}, log: { type: log, requires: [analytics], enabled: false } }
`,
  },
  {
    code: 'disclosed-but-unused',
    name: 'tags that are switched off or gone, and those that are there',
    text: `${HEAD}${notices(
      '{ hotjar: { purposes: [recording], data: [client_id] }, off: «disclosed-but-unused»[recording], hotjarr: «disclosed-but-unused»[recording] }',
    )}tags: { hotjar: { ${HOTJAR} }, off: { ${HOTJAR}, enabled: false } }
`,
  },
  {
    code: 'disclosed-but-unused',
    name: 'older notices, and what is used',
    text: `${HEAD}notices:
  - { id: a, from: 2026-01-01T00:00:00Z, discloses: { gone: [analytics] } }
  - { id: b, from: 2026-02-01T00:00:00Z, discloses: { hubspot: { purposes: [marketing, profiling], data: [utk, email] } }, links: ${LINK} }
destinations: { hubspot: { ${HUBSPOT}, ids: { utk: keep }, person: [email], links: [ga] } }
`,
  },
];

for (const { code, name, text: marked, over } of ROWS)
  test(`${code}: ${name}`, (t) => {
    const { text, expected } = unmark(marked);
    t.deepEqual(said(load(text, over), [code]), expected);
  });

test('every rule has a row that fires, and says why', (t) => {
  for (const rule of LINT_RULES) {
    t.true(
      ROWS.some((row) => row.code === rule.code && row.text.includes(`«${rule.code}»`)),
      rule.code,
    );
    t.regex(rule.code, /^[a-z]+(?:-[a-z]+)+$/);
    t.true(rule.reason.length > 20 && rule.sentence.length > 10, rule.code);
  }
});

test('findings carry the reason of their rule', (t) => {
  const found = load(HEAD).problems.find((each) => each.code === 'no-notice');
  t.is(found?.reason, LINT_RULES.find((rule) => rule.code === 'no-notice')?.reason);
});

test('the header that `no-csp` offers lets in the gateway and what the tags of that site need', (t) => {
  const text = `${HEAD}tags:
  hotjar: { ${HOTJAR} }
  chat: { type: other, src: 'https://chat.example:8443/w.js?id=1', requires: [marketing] }
  gone: { type: other, src: 'https://gone.example/w.js', requires: [marketing], enabled: false }
`;
  const message = load(text).problems.find((each) => each.code === 'no-csp')?.message ?? '';
  t.is(
    message.split('\n')[1],
    "content-security-policy: default-src 'self' <gateway> https://static.hotjar.com https://*.hotjar.com https://*.hotjar.io wss://*.hotjar.com https://chat.example:8443",
  );
});

test('the block that `no-notice` offers makes a file that flows', (t) => {
  const text = `${HEAD}destinations:
  ${GA4}
  hubspot: { ${HUBSPOT}, ids: { utk: keep }, person: [email], links: [ga], transfer: { country: US, basis: dpf } }
  ads: { type: adserver, person: [email] }
tags:
  hotjar: { ${HOTJAR} }
  chat: { type: other, src: 'https://chat.example/w.js', requires: [marketing], transfer: { country: US, basis: scc } }
`;
  const message = load(text).problems.find((each) => each.code === 'no-notice')?.message ?? '';
  const block = message.slice(message.indexOf('\n') + 1);
  const after = load(`${text}${block}\n`);
  t.true(after.ok);
  t.deepEqual(said(after, ['no-notice', 'not-disclosed', 'disclosed-but-unused', 'link-without-aim']), []);
});

test('a finding that the gateway makes up for does not keep the file from running; others do', (t) => {
  const undisclosed = load(`${HEAD}${notices('{}')}destinations: { ${GA4} }\n`);
  t.deepEqual(
    said(undisclosed).map((each) => each.split(' ')[1]),
    ['not-disclosed'],
  );
  t.true(undisclosed.ok);
  t.false(load(`${HEAD}destinations: { a: { type: recorder, projectId: a } }\n`).ok);
});
