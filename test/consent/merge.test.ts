// Gathering and merging: strictest wins, only trusted sources grant, explicit purposes only by name, failures deny.

import test from 'ava';
import { EXPLICIT_PURPOSES } from '../../src/core/consent.ts';
import type { Claim } from '../../src/core/consent.ts';
import type { ConsentReader } from '../../src/core/plugin.ts';
import { isConsentCookie } from '../../src/consent/index.ts';
import { claimsIn, gather, merged, sourcesOf } from '../../src/consent/merge.ts';
import { claim, noConsent, state } from '../support/events.ts';
import { mapping, NOW } from '../support/snapshot.ts';
import { context } from './context.ts';

const yes = (source: string, over: Partial<Claim> = {}) =>
  claim({ source, purposes: { analytics: 'granted' }, ...over });
const no = (source: string, over: Partial<Claim> = {}) =>
  claim({ source, purposes: { analytics: 'denied' }, ...over });

const table: readonly [name: string, claims: readonly Claim[], standing: 'granted' | 'denied' | 'unknown'][] =
  [
    ['nothing said', [], 'unknown'],
    ['one trusted grant', [yes('record')], 'granted'],
    ['a grant of a source the site does not list', [yes('klaro')], 'unknown'],
    ['a denial of a source the site does not list', [yes('record'), no('klaro')], 'denied'],
    ['a denial first', [no('tcf'), yes('record')], 'denied'],
    ['a denial last', [yes('record'), no('tcf')], 'denied'],
    ['two grants', [yes('record'), yes('tcf')], 'granted'],
    ['a silent source beside a grant', [yes('record'), claim({ source: 'gcm', purposes: {} })], 'granted'],
    [
      'an unreadable denial beside a grant',
      [yes('record'), no('tcf', { unreadable: 'tcf_malformed' })],
      'denied',
    ],
    ['a grant that is marked unreadable', [yes('record', { unreadable: 'onetrust_reconsent' })], 'unknown'],
    ['a grant for vendors only', [yes('tcf', { vendorsOnly: true })], 'granted'],
  ];

for (const [name, claims, standing] of table)
  test(`merged: ${name}`, (t) => {
    t.is(merged(state(...claims), ['record', 'tcf'], ['analytics'])['analytics'], standing);
  });

for (const purpose of EXPLICIT_PURPOSES)
  test(`merged: ${purpose} only by name`, (t) => {
    const general = claim({ purposes: { [purpose]: 'granted' } });
    const standing = (each: Claim) => merged(state(each), ['record'], [purpose])[purpose];
    t.is(standing(general), 'unknown');
    t.is(standing({ ...general, byName: [purpose] }), 'granted');
    t.is(standing({ ...general, byName: ['analytics'] }), 'unknown');
  });

test('merged: names of an object’s prototype are not purposes', (t) => {
  t.deepEqual(merged(state(yes('record')), ['record'], ['constructor']), {
    constructor: 'unknown',
  } as object);
});

const thrower: ConsentReader = {
  source: 'broken',
  cookies: [],
  read() {
    throw new Error('a bug');
  },
};

test('a reader that throws denies every purpose', (t) => {
  const [failed] = claimsIn(noConsent(), context(), [thrower]);
  t.is(failed?.unreadable, 'reader_failed');
  t.is(failed?.source, 'broken');
  for (const purpose of context().purposes) t.is(failed?.purposes[purpose], 'denied');
});

test('a consent object that is none denies everything', (t) => {
  for (const consent of ['yes', true, 7, ['analytics']]) {
    const { state: gathered, signals } = gather(noConsent({ consent }), null, context());
    t.is(gathered.claims[0]?.unreadable, 'consent_malformed');
    t.is(merged(gathered, ['record'], ['analytics'])['analytics'], 'denied');
    t.deepEqual(signals, [{ format: 'context', result: 'unreadable' }]);
  }
});

test('nothing said is an empty state', (t) => {
  const label = { notice: '2026-05', givenAt: null };
  t.deepEqual(gather(noConsent(), label, context()), {
    state: { claims: [], label, readAt: NOW },
    signals: [],
  });
});

test('all signals are told; those that say nothing do not rest', (t) => {
  const input = noConsent({
    consent: { gpc: true, categoryPreferences: { analytics: true }, tcf: 'C' },
    query: { gcs: 'G111' },
  });
  const { state: gathered, signals } = gather(input, null, context());
  t.deepEqual(signals, [
    { format: 'gpc', result: 'denied' },
    { format: 'tcf', result: 'unreadable' },
    { format: 'gcm', result: 'silent' },
    { format: 'segment', result: 'granted' },
  ]);
  t.deepEqual(sourcesOf(gathered), ['gpc', 'tcf', 'segment']);
});

test('privacy control beats a signed yes', (t) => {
  const input = noConsent({
    secGpc: '1',
    consent: { record: { purposes: { marketing: true, analytics: true } } },
  });
  const { state: gathered } = gather(input, null, context());
  t.deepEqual(merged(gathered, ['record'], ['marketing', 'analytics']), {
    marketing: 'denied',
    analytics: 'granted',
  });
});

test('cookies that carry consent are known by name', (t) => {
  const given = mapping({ cookieNames: { klaro: 'shop_klaro' } });
  for (const name of [
    'sluis_consent',
    'euconsent-v2',
    'eupubconsent-v2',
    'OTAdditionalConsentString',
    'OptanonConsent',
    'OptanonAlertBoxClosed',
    'CookieConsent',
    'cc_cookie',
    'klaro',
    'shop_klaro',
  ])
    t.true(isConsentCookie(name, given), name);
  for (const name of ['_ga', '', 'session', '__proto__', 'constructor', 'Klaro'])
    t.false(isConsentCookie(name, given), name);
});
