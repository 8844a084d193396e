// Whole files: the example of the design, the shipped ones, what a snapshot holds, and that secrets do not print.

import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import test from 'ava';
import { keysAt } from '../../src/config/shape.ts';
import { loadText } from '../../src/config/file.ts';
import { REGISTRIES } from '../../src/config/registries.ts';
import * as schema from '../../src/config/schema.ts';
import type { Snapshot } from '../../src/core/config.ts';
import { destination, mapping, site, snapshot as example } from '../support/snapshot.ts';
import { ENV, HEAD, load, registries, said } from './marked.ts';

const DESIGN = `# yaml-language-server: $schema=./gateway.schema.json
server:
  listen: 0.0.0.0:8080
  admin: 127.0.0.1:9090          # console, metrics, admin API; another address needs tokens
  trustedProxies: [10.0.0.0/8]
store: sqlite:data/sluis.db      # memory: | sqlite:PATH | nats://a:4222,b:4222,c:4222
secrets:                         # first is current; older ones still open digests and pseudonyms
  - { id: k2, value: "\${SLUIS_SECRET}" }
pseudonyms: { period: 365d }     # taken from the id's own start, so that no session straddles
controller: { name: Shop BV, contact: privacy@shop.example }

sites:
  shop:
    writeKey: shop-web
    serverKeys: ["\${SHOP_SERVER_KEY}"]
    origins: ["https://shop.example"]
    tags: [G-ABC123]
    cookies: true
    consent: [record, cookieconsent, tcf]
    sensitive: ["/health/**"]

consent:
  maxAge: 365d
  purposes:                      # extends the built-in mapping (config/purposes.yaml)
    analytics: { cookieconsent: [analytics] }
    recording: { cookieconsent: [session_replay] }

notices:                         # oldest first; each is complete
  - id: "2025-01"
    from: 2025-01-15T00:00:00+01:00
    discloses: { ga4: [analytics], hubspot: [marketing] }      # short form: pseudonyms only
  - id: "2026-05"
    from: 2026-05-01T00:00:00+02:00
    seenAs: { cookieconsent: { revision: 3 } }
    discloses:
      ga4: { purposes: [analytics], data: [client_id], country: US }
      hubspot: { purposes: [marketing, profiling], data: [email, utk], country: US, retention: 24 months }
      clarity: [recording, marketing, profiling]
      meta: [marketing]
    links: [{ from: ga, to: hubspot, aim: "show the visits behind a contact", consequences: "…" }]

destinations:
  ga4:
    type: ga4
    measurementId: G-ABC123
    apiSecret: \${GA4_API_SECRET}
    region: eu
    transport: auto              # auto | mp | collect
    requires: [analytics]        # adds to what the type itself demands; can never take away
    sites: [shop]                # default: all
    events: [page_view, purchase, "form_*"]     # names of our vocabulary; default: all
    params: [plan, method]       # extra event parameters let through; the known vocabulary needs no listing
    query: []                    # query names kept besides utm_*
    ids: { client_id: keep }     # keep | pseudonymise | strip, as the kind allows
    person: []                   # email, phone, ip, user_agent, region, … only if named here
    links: []                    # systems whose ids this route wants; still needs rule 6
    vendor: { tcf: 755 }
    whenDenied: block            # block | anonymous | cohort
    onUncertain: settle
    transfer: { country: US, basis: dpf, checked: 2026-11-01 }
    endpoint: https://region1.google-analytics.com   # override, for tests and private relays
`;

const loaded = (text: string, over = {}): Snapshot => {
  const result = load(text, over);
  if (!result.ok) throw new Error(JSON.stringify(result.problems, null, 1));
  return result.snapshot;
};

const shipped = (name: string): string =>
  readFileSync(new URL(`../../config/${name}`, import.meta.url), 'utf8');

test('the example of the design loads as it stands', (t) => {
  const result = load(DESIGN, { registries: REGISTRIES });
  t.deepEqual(said(result), []);
  t.true(result.ok);
  const snapshot = loaded(DESIGN);
  t.deepEqual(snapshot.server.listen, { host: '0.0.0.0', port: 8080 });
  t.is(snapshot.secrets[0]?.value.reveal(), ENV.SLUIS_SECRET);
  t.deepEqual(snapshot.notices[0], {
    id: '2025-01',
    from: Date.parse('2025-01-14T23:00:00Z'),
    seenAs: {},
    discloses: {
      ga4: { purposes: ['analytics'], data: [], country: null, retention: null },
      hubspot: { purposes: ['marketing'], data: [], country: null, retention: null },
    },
    links: [],
  });
  t.deepEqual(snapshot.notices[1]?.seenAs, { cookieconsent: { revision: 3 } });
  t.deepEqual(snapshot.notices[1]?.discloses['hubspot'], {
    purposes: ['marketing', 'profiling'],
    data: ['email', 'utk'],
    country: 'US',
    retention: '24 months',
  });
  const [ga4] = snapshot.destinations;
  t.deepEqual(ga4?.vendor, { tcf: '755' });
  t.deepEqual(ga4?.ids, { client_id: 'keep' });
  t.deepEqual(ga4?.transfer, { country: 'US', basis: 'dpf', checked: '2026-11-01' });
  t.is(ga4?.endpoint, 'https://region1.google-analytics.com');
  t.is(ga4?.system, 'ga');
  t.deepEqual(snapshot.consent.mapping.vendors, { tcf: ['755'] });
});

test('what a file leaves out has the defaults that all tests assume', (t) => {
  const snapshot = loaded(`${HEAD}destinations: { ga4: { type: ga4, measurementId: G-ABC123 } }\n`);
  const expected = example();
  t.deepEqual(snapshot.server.limits, expected.server.limits);
  t.false(snapshot.server.allowPrivateEndpoints);
  t.is(snapshot.server.workers, 0);
  t.deepEqual(snapshot.pseudonyms, expected.pseudonyms);
  t.deepEqual(snapshot.ledger, expected.ledger);
  const { mapping: built, ...consent } = snapshot.consent;
  const { mapping: _, ...consentExpected } = expected.consent;
  t.deepEqual(consent, consentExpected);
  t.deepEqual({ ...built.sources['tcf'] }, { ...mapping().sources['tcf'] });
  t.deepEqual(snapshot.sites, [site({ serverKeys: [], tags: [], cookies: false })]);
  t.deepEqual(snapshot.destinations, [
    destination({ settings: { measurementId: 'G-ABC123', region: 'eu', transport: 'auto' } }),
  ]);
});

test('a number of workers is a whole one, and none or a few', (t) => {
  const file = (workers: string): string =>
    `${HEAD}server: { workers: ${workers} }\ndestinations: { ga4: { type: ga4, measurementId: G-ABC123 } }\n`;
  t.is(loaded(file('2')).server.workers, 2);
  for (const workers of ['-1', '1.5', '"two"', 'auto', '1000', '[2]']) {
    const result = load(file(workers));
    t.false(result.ok, workers);
    t.deepEqual(
      result.problems.filter(({ severity }) => severity === 'error').map(({ path }) => path),
      ['server.workers'],
      workers,
    );
  }
});

test('the smallest file loads on trial, with no error and no variable set', (t) => {
  const trialSecret = 'made-at-start-0123456789-0123456789';
  const result = loadText('config/gateway.yaml', shipped('gateway.yaml'), { env: {}, trialSecret });
  t.deepEqual(said(result), []);
  t.true(result.ok);
  t.deepEqual(result.problems.map((each) => each.code).sort(), [
    'gclid-stripped',
    'person-joins-vendors',
    'person-joins-vendors',
    'trial-only',
  ]);
  if (result.ok) {
    t.deepEqual(
      result.snapshot.destinations.map((each) => each.name),
      ['ga4', 'hubspot', 'meta', 'x', 'webhook', 'log'],
    );
    t.is(result.snapshot.secrets[0]?.value.reveal(), trialSecret);
  }
});

test('off trial the smallest file is refused until it has a secret, and its placeholders are errors', (t) => {
  const result = loadText('config/gateway.yaml', shipped('gateway.yaml'), { env: {} });
  t.false(result.ok);
  const codes = result.problems.filter((each) => each.severity === 'error').map((each) => each.code);
  t.deepEqual([...new Set(codes)].sort(), ['plain-secret', 'secrets-missing']);
});

const FULL_ENV = Object.fromEntries(
  [...shipped('full.yaml').matchAll(/\$\{(\w+)\}/g)].map(([, name]) => [
    name,
    `value-of-${name}-0123456789-0123456789`,
  ]),
);
const loadFull = () =>
  loadText('config/full.yaml', shipped('full.yaml'), {
    env: FULL_ENV,
    readFile: () => 'an-older-secret-0123456789-0123456789\n',
  });

test('the full file loads without an error', (t) => {
  const result = loadFull();
  t.deepEqual(said(result), []);
  t.true(result.ok);
});

test('the full file has every option, and what it shows as default is the default', (t) => {
  const text = shipped('full.yaml');
  const named = new Set([...text.matchAll(/(?:^|[{,])\s*([A-Za-z0-9]+):/gm)].map(([, key]) => key));
  const sections = [
    schema.server,
    schema.secrets,
    schema.pseudonyms,
    schema.ledger,
    schema.controller,
    schema.site,
    schema.consent,
  ];
  const keys = [
    ...schema.SECTIONS,
    ...[...sections, schema.notice, schema.common, schema.tag].flatMap((each) => keysAt(each, []) ?? []),
    ...(keysAt(schema.server, ['limits']) ?? []),
    ...(keysAt(schema.secrets, [0]) ?? []),
    ...(keysAt(schema.notice, ['discloses', 'x']) ?? []),
    ...(keysAt(schema.notice, ['links', 0]) ?? []),
    ...(keysAt(schema.common, ['transfer']) ?? []),
    ...(keysAt(schema.common, ['links', 0]) ?? []),
    ...REGISTRIES.destinations.flatMap((type) => keysAt(type.settings, []) ?? []),
  ];
  t.deepEqual(
    keys.filter((key) => !named.has(key)),
    [],
  );
  const result = loadFull();
  if (!result.ok) throw new Error('the full file was refused');
  const bare = loaded(HEAD);
  t.deepEqual(result.snapshot.server.limits, bare.server.limits);
  t.deepEqual(result.snapshot.server.listen, bare.server.listen);
  t.is(result.snapshot.store, bare.store);
  t.is(result.snapshot.consent.maxAgeMs, bare.consent.maxAgeMs);
  t.is(result.snapshot.consent.graceMs, bare.consent.graceMs);
  const { timeoutMs, concurrency, rate, retryForMs, deadLettersKeepMs } = destination();
  t.like(result.snapshot.destinations[0], { timeoutMs, concurrency, rate, retryForMs, deadLettersKeepMs });
});

test('no destination type calls a setting by a name that all destinations have', (t) => {
  const shared = Object.keys(schema.common.shape);
  for (const type of REGISTRIES.destinations) {
    const keys = keysAt(type.settings, []);
    t.deepEqual(
      (keys ?? []).filter((key) => shared.includes(key)),
      [],
      type.type,
    );
  }
});

test('every deeper part of a snapshot is frozen', (t) => {
  const snapshot = loaded(DESIGN);
  const frozen = (value: unknown): boolean =>
    typeof value !== 'object' ||
    value === null ||
    value instanceof Set ||
    Object.getPrototypeOf(value) !== Object.prototype ||
    (Object.isFrozen(value) && Object.values(value).every(frozen));
  t.true(frozen(snapshot));
  t.throws(() => Reflect.apply(Array.prototype.push, snapshot.destinations[0]?.requires, ['x']));
});

test('secrets show in no print of a snapshot and in no problem', (t) => {
  const result = load(
    `${DESIGN}  meta: { type: meta, pixelId: '\${TOKEN}', accessToken: '\${TOKEN}', requires: ['\${TOKEN}'] }\n`,
  );
  t.false(result.ok);
  const snapshot = loaded(DESIGN);
  const printed = [
    JSON.stringify(snapshot),
    inspect(snapshot, { depth: 20, showHidden: true }),
    JSON.stringify(result.problems),
  ];
  for (const value of [ENV.SLUIS_SECRET, ENV.SHOP_SERVER_KEY, ENV.GA4_API_SECRET, ENV.TOKEN])
    for (const text of printed) t.false(text.includes(value));
});

test('the digest names the effective file and leaves secrets out', (t) => {
  const { digest } = loaded(DESIGN);
  t.regex(digest, /^[0-9a-f]{16}$/);
  t.is(
    loaded(DESIGN, { env: { ...ENV, SLUIS_SECRET: 'another-secret-0123456789-0123456789' } }).digest,
    digest,
  );
  t.is(loaded(DESIGN.replace(/#.*/g, '')).digest, digest);
  t.not(loaded(DESIGN.replace('form_*', 'form_start')).digest, digest);
  t.not(loaded(DESIGN.replace('session_replay', 'replay')).digest, digest);
});

test('the digest names the store, not who may use it', (t) => {
  const digestWith = (address: string, token: string): string =>
    loaded(`${HEAD}store: '${address}'\n`, { env: { ...ENV, TOKEN: token } }).digest;
  const digest = digestWith('nats://shop:${TOKEN}@nats.example?prefix=a', 'one');
  t.is(digestWith('nats://shop:${TOKEN}@nats.example?prefix=a', 'another'), digest);
  t.not(digestWith('nats://shop:${TOKEN}@nats.example?prefix=b', 'one'), digest);
  t.not(digestWith('nats://shop:${TOKEN}@nats2.example?prefix=a', 'one'), digest);
});

test('what a driver finds wrong with an address stands at the address', (t) => {
  const nats = {
    scheme: 'nats',
    problems: (address: string) => [`${address.length} characters`, 'and more'],
  };
  const result = load(`${HEAD}store: nats://a\n`, { registries: { ...registries, stores: [nats] } });
  t.deepEqual(
    result.problems.flatMap(({ code, path, message }) => (path === 'store' ? [[code, path, message]] : [])),
    [
      ['wrong-value', 'store', '8 characters'],
      ['wrong-value', 'store', 'and more'],
    ],
  );
});

test('a route adds to what its type demands and takes nothing away', (t) => {
  const { destinations } = loaded(`${HEAD}destinations:
  plain: { type: replay, projectId: a }
  more: { type: replay, projectId: a, requires: [analytics], decides: true }
`);
  t.deepEqual(
    destinations.map((each) => each.requires),
    [
      ['marketing', 'profiling', 'recording'],
      ['analytics', 'marketing', 'profiling', 'recording', 'automated_decisions'],
    ],
  );
});

test('a link is a system, or a system and the name it arrives under', (t) => {
  const { destinations } = loaded(`${HEAD}destinations:
  log: { type: log, requires: [analytics], links: [ga, { system: hubspot, as: contact }] }
`);
  t.deepEqual(destinations[0]?.links, [
    { system: 'ga', as: null },
    { system: 'hubspot', as: 'contact' },
  ]);
});

test('origins and networks are canonical', (t) => {
  const { sites, server } = loaded(`secrets: [{ id: k1, value: '\${SLUIS_SECRET}' }]
sites: { shop: { writeKey: a, origins: ['HTTPS://Shop.Example:443/', 'http://localhost:80', 'http://[::1]:3000'] } }
server: { trustedProxies: ['10.0.0.1', '::1', '2001:db8::/32'] }
`);
  t.deepEqual(sites[0]?.origins, ['https://shop.example', 'http://localhost', 'http://[::1]:3000']);
  t.deepEqual(server.trustedProxies, ['10.0.0.1/32', '::1/128', '2001:db8::/32']);
});
