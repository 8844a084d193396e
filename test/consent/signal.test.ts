// What `sluis consent` says of one signal: the shapes that others build on.

import test from 'ava';
import type { Json } from '../../src/core/json.ts';
import { recordKeeper } from '../../src/consent/record.ts';
import { consentCookiesOf, readSignal } from '../../src/consent/signal.ts';
import { compose, composed, coreOf, NOBODY } from './composer.ts';
import { context, SECRETS } from './context.ts';

const read = (line: Json) => readSignal(line, context());

/** The code of a refusal, which must have the shape of one. */
function refusal(
  t: { is: (a: unknown, b: unknown) => void; deepEqual: (a: unknown, b: unknown) => void },
  line: Json,
): string {
  const report = read(line);
  t.is(report.ok, false);
  t.deepEqual(report.purposes, {});
  if (report.ok) return '';
  t.is(typeof report.message, 'string');
  return report.code;
}

test('a TC string: purposes and every field', (t) => {
  const text = compose(
    composed({
      consents: [1, 2, 7, 8, 9],
      interests: [1, 2, 3, 10],
      specialFeatures: [2],
      vendorConsents: { kind: 'bits', maxId: 6, ids: [2, 5] },
      vendorInterests: {
        kind: 'ranges',
        maxId: 10,
        ranges: [
          [3, 5],
          [10, 10],
        ],
      },
      restrictions: [
        { purpose: 2, type: 0, ranges: [[5, 5]] },
        { purpose: 7, type: 1, ranges: [[1, 2]] },
        {
          purpose: 2,
          type: 0,
          ranges: [
            [1, 1],
            [4, 6],
          ],
        },
      ],
      disclosed: { kind: 'ranges', maxId: 6, ranges: [[2, 2]] },
    }),
  );
  t.deepEqual(read({ tcf: text }), {
    ok: true,
    format: 'tcf',
    purposes: { analytics: 'granted', marketing: 'granted', personalisation: 'denied' },
    decoded: {
      created: '2026-10-01T00:00:00.000Z',
      lastUpdated: '2026-10-01T00:00:00.000Z',
      cmpId: 300,
      policyVersion: 5,
      purposeConsents: [1, 2, 7, 8, 9],
      purposeLegitimateInterests: [2, 10],
      vendorConsents: [2, 5],
      vendorLegitimateInterests: [3, 4, 5, 10],
      specialFeatureOptins: [2],
      vendorsDisclosed: [2],
      publisherRestrictions: [
        { purpose: 2, type: 0, vendors: [1, 4, 5, 6] },
        { purpose: 7, type: 1, vendors: [1, 2] },
      ],
    },
  });
});

test('an absent segment is null, an empty one an empty list', (t) => {
  const created = Date.parse('2026-01-10T00:00:00Z');
  const decoded = (text: string) => {
    const report = read({ tcf: text });
    return report.ok ? (report.decoded as { vendorsDisclosed: unknown }).vendorsDisclosed : 'refused';
  };
  t.is(decoded(coreOf(composed({ created, lastUpdated: created }))), null);
  t.deepEqual(decoded(compose(composed({ disclosed: NOBODY }))), []);
});

test('a TC string that can be read but does not count is refused and shown', (t) => {
  const report = read({ tcf: coreOf(composed()) });
  t.like(report, {
    ok: false,
    code: 'tcf_no_disclosed',
    purposes: {},
    decoded: { cmpId: 300, vendorsDisclosed: null },
  });
});

test('a TC string that cannot be read is refused', (t) => {
  for (const tcf of ['', '.', 'x', 'CQraFkA', 7, null, {}, ` ${compose(composed())}`])
    t.is(refusal(t, { tcf }), 'tcf_malformed');
  t.is(refusal(t, { tcf: `B${compose(composed()).slice(1)}` }), 'tcf_version');
  t.is(refusal(t, { tcf: 'C'.repeat(16_384) }), 'tcf_too_long');
});

test('formats that are not read yet are refused by name', (t) => {
  t.is(refusal(t, { gpp: 'DBABMA~CPXxRfA', gppSid: [2] }), 'unsupported_format');
});

test('a line that is no signal, or several, is refused', (t) => {
  for (const line of [null, 7, 'tcf', [], {}, { other: 1 }, { tcf: 'x', gpc: '1' }, { cookie: 7 }])
    t.is(refusal(t, line), 'unknown_signal');
});

test('consent mode: the four types and what they come to', (t) => {
  t.deepEqual(read({ gcs: 'G111', gcd: '13t3r3u2l5l1' }), {
    ok: true,
    format: 'gcm',
    purposes: { analytics: 'granted', marketing: 'denied' },
    decoded: {
      ad_storage: 'granted',
      analytics_storage: 'granted',
      ad_user_data: 'denied',
      ad_personalization: 'unset',
    },
  });
  t.deepEqual(read({ gcs: 'G1-0' }), {
    ok: true,
    format: 'gcm',
    purposes: { analytics: 'denied' },
    decoded: {
      ad_storage: 'unset',
      analytics_storage: 'denied',
      ad_user_data: 'unset',
      ad_personalization: 'unset',
    },
  });
  t.is(refusal(t, { gcs: 'G211' }), 'gcm_malformed');
  t.is(refusal(t, { gcd: '' }), 'gcm_malformed');
});

test('privacy control and US privacy can only deny', (t) => {
  const denied = {
    marketing: 'denied',
    profiling: 'denied',
    recording: 'denied',
    audience_matching: 'denied',
    automated_decisions: 'denied',
  };
  t.deepEqual(read({ gpc: '1' }), {
    ok: true,
    format: 'gpc',
    purposes: denied,
    decoded: { gpc: true },
  });
  t.deepEqual(read({ gpc: '0' }), { ok: true, format: 'gpc', purposes: {}, decoded: { gpc: false } });
  t.is(refusal(t, { gpc: 'perhaps' }), 'gpc_malformed');
  t.deepEqual(read({ us_privacy: '1YYN' }), {
    ok: true,
    format: 'usPrivacy',
    purposes: { marketing: 'denied', profiling: 'denied', audience_matching: 'denied' },
    decoded: { notice: 'Y', optOutSale: 'Y', lspaCovered: 'N' },
  });
  t.deepEqual(read({ us_privacy: '1YNN' }).purposes, {});
  t.is(refusal(t, { us_privacy: 'YYN' }), 'us_privacy_malformed');
});

test('a cookie header: what its consent tool says', (t) => {
  const report = read({
    cookie: '_ga=GA1.1.1.2; cc_cookie=%7B%22categories%22%3A%5B%22analytics%22%5D%7D; other=1',
  });
  t.like(report, {
    ok: true,
    format: 'cookieconsent',
    purposes: { analytics: 'granted', marketing: 'denied', recording: 'denied' },
  });
});

test('a cookie header: several tools, the strictest of each purpose', (t) => {
  const report = read({
    cookie: 'cc_cookie={"categories":["analytics"]}; klaro={"analytics":false,"marketing":true}',
  });
  t.like(report, { ok: true, format: 'cookie', purposes: { analytics: 'denied', marketing: 'denied' } });
});

test('a cookie header: a TC string alone is shown as one', (t) => {
  t.deepEqual(read({ cookie: `euconsent-v2=${compose(composed())}` }), read({ tcf: compose(composed()) }));
});

test('a cookie header: our own record', (t) => {
  const token = recordKeeper(SECRETS).issue({
    id: 'r1',
    site: 'shop',
    notice: '2026-05',
    givenAt: Date.parse('2026-06-01T10:00:00Z'),
    purposes: { profiling: true },
  });
  t.like(read({ cookie: `sluis_consent=${token}` }), {
    ok: true,
    format: 'record',
    purposes: { profiling: 'granted' },
  });
  t.is(refusal(t, { cookie: `sluis_consent=${token}x` }), 'record_malformed');
});

test('a cookie header: nobody has chosen', (t) => {
  for (const cookie of [
    '',
    '_ga=GA1.1.1.2',
    'OptanonConsent=groups=C0002%3A1&interactionCount=0',
    'klaro=',
    '=;;=',
    'klaro',
  ])
    t.is(refusal(t, { cookie }), 'no_decision', cookie);
});

test('a Cookie header is split as it stands, doubles kept in order', (t) => {
  const cookies = consentCookiesOf('a=1;b=2; a = "3=4" ;c; =5;__proto__=6', (name) => name === 'a');
  t.deepEqual(cookies, { a: ['1', '"3=4"'] });
});
