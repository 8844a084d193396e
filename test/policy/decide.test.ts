// The decision table: what is known, what is asked, and every reason that follows.

import test from 'ava';
import type { Destination, Notice, Site, Snapshot } from '../../src/core/config.ts';
import type { Claim, ConsentLabel } from '../../src/core/consent.ts';
import type { EventFacts, SaidSince, Verdict } from '../../src/core/decision.ts';
import { NOTHING_SAID } from '../../src/core/decision.ts';
import type { ReasonCode } from '../../src/core/reasons.ts';
import { decide } from '../../src/policy/decide.ts';
import { claim } from '../support/events.ts';
import { DAY, NOW, destination, disclosure, notice, site, snapshot } from '../support/snapshot.ts';

interface Row {
  readonly title: string;
  readonly claims?: readonly Claim[];
  readonly label?: ConsentLabel;
  readonly facts?: Partial<EventFacts>;
  readonly destination?: Partial<Destination>;
  readonly site?: Partial<Site>;
  readonly notices?: readonly Notice[];
  readonly snapshot?: Partial<Snapshot>;
  readonly consent?: Partial<Snapshot['consent']>;
  readonly standing?: Partial<SaidSince>;
  readonly verdict: Verdict;
  readonly reasons: readonly ReasonCode[];
  readonly notice?: string;
}

function judge(row: Row): ReturnType<typeof decide> {
  const to = destination(row.destination);
  const base = snapshot();
  const config = snapshot({
    sites: [site({ consent: ['record', 'tcf', 'cookieconsent', 'segment', 'klaro'], ...row.site })],
    notices: row.notices ?? [notice({ discloses: { [to.name]: disclosure({ purposes: to.requires }) } })],
    destinations: [to],
    consent: { ...base.consent, ...row.consent },
    ...row.snapshot,
  });
  const facts: EventFacts = {
    site: 'shop',
    type: 'track',
    name: 'purchase',
    occurredAt: NOW - 1000,
    sensitive: false,
    switchedOff: [],
    consent: { claims: row.claims ?? [claim()], label: row.label ?? null, readAt: NOW },
    ...row.facts,
  };
  return decide({
    facts,
    destination: to,
    snapshot: config,
    standing: { ...NOTHING_SAID, ...row.standing },
    now: NOW,
  });
}

const tcf = (over: Partial<Claim> = {}): Claim =>
  claim({
    source: 'tcf',
    vendorsOnly: true,
    vendorLists: ['tcf', 'ac'],
    dated: { at: Date.parse('2026-06-01T00:00:00Z'), precision: 'day' },
    ...over,
  });
const both = (purposes: readonly string[]): readonly Notice[] => [
  notice({
    id: '2025-01',
    from: Date.parse('2025-01-15T00:00:00+01:00'),
    discloses: { ga4: disclosure({ purposes }) },
  }),
  notice({ id: '2026-05' }),
];
const gpc = claim({ source: 'gpc', purposes: { marketing: 'denied', profiling: 'denied' }, dated: null });

const rows: readonly Row[] = [
  { title: 'granted and disclosed flows', verdict: 'forward', reasons: ['permitted'], notice: '2026-05' },
  { title: 'no signal at all is no', claims: [], verdict: 'block', reasons: ['purpose_unknown'] },
  {
    title: 'a denial is no',
    claims: [claim({ purposes: { analytics: 'denied' } })],
    verdict: 'block',
    reasons: ['purpose_denied'],
  },
  {
    title: 'any denial outweighs any grant, whatever its source',
    claims: [claim(), claim({ source: 'onetrust', purposes: { analytics: 'denied' } })],
    verdict: 'block',
    reasons: ['purpose_denied'],
  },
  {
    title: 'a source that the site does not list cannot grant',
    claims: [claim({ source: 'onetrust' })],
    verdict: 'block',
    reasons: ['purpose_unknown'],
  },
  {
    title: 'an unreadable signal denies what it could have said',
    claims: [claim(), tcf({ purposes: { analytics: 'denied' }, unreadable: 'tcf_malformed' })],
    verdict: 'block',
    reasons: ['signal_unreadable'],
  },
  {
    title: 'every required purpose must be granted',
    destination: { requires: ['analytics', 'marketing'] },
    verdict: 'block',
    reasons: ['purpose_unknown'],
  },
  {
    title: 'a destination that requires nothing gets nothing',
    destination: { requires: [] },
    verdict: 'block',
    reasons: ['purpose_unknown'],
  },
  {
    title: 'GPC denies marketing though a record grants it',
    claims: [claim({ purposes: { marketing: 'granted' } }), gpc],
    destination: { requires: ['marketing'] },
    verdict: 'block',
    reasons: ['gpc'],
  },
  { title: 'GPC leaves analytics alone', claims: [claim(), gpc], verdict: 'forward', reasons: ['permitted'] },
  {
    title: 'an explicit purpose granted in general is not asked for by name',
    claims: [claim({ purposes: { recording: 'granted' } })],
    destination: { requires: ['recording'] },
    verdict: 'block',
    reasons: ['explicit_not_asked'],
  },
  {
    title: 'an explicit purpose granted by name flows',
    claims: [claim({ purposes: { recording: 'granted' }, byName: ['recording'] })],
    destination: { requires: ['recording'] },
    verdict: 'forward',
    reasons: ['permitted'],
  },
  {
    title: 'TCF cannot grant for a destination without a vendor id',
    claims: [tcf()],
    verdict: 'block',
    reasons: ['vendor_not_in_tcf'],
  },
  {
    title: 'TCF without a vendor id can still deny',
    claims: [claim(), tcf({ purposes: { analytics: 'denied' } })],
    verdict: 'block',
    reasons: ['purpose_denied'],
  },
  {
    title: 'another source grants where TCF cannot',
    claims: [tcf(), claim()],
    verdict: 'forward',
    reasons: ['permitted'],
  },
  {
    title: 'TCF grants a vendor that it lists',
    claims: [tcf({ vendors: { 'tcf:755': { analytics: 'granted' } } })],
    destination: { vendor: { tcf: '755' } },
    verdict: 'forward',
    reasons: ['permitted'],
  },
  {
    title: 'TCF denies a vendor that was refused',
    claims: [tcf({ vendors: { 'tcf:755': { analytics: 'denied' } } }), claim()],
    destination: { vendor: { tcf: '755' } },
    verdict: 'block',
    reasons: ['vendor_denied'],
  },
  {
    title: 'a vendor id changed since is not granted by what was stored',
    claims: [tcf({ vendors: { 'tcf:755': { analytics: 'granted' } } })],
    destination: { vendor: { tcf: '804' } },
    verdict: 'block',
    reasons: ['purpose_unknown'],
  },
  {
    title: 'of two vendor ids both must be granted',
    claims: [tcf({ vendors: { 'tcf:755': { analytics: 'granted' }, 'ac:89': { analytics: 'denied' } } })],
    destination: { vendor: { tcf: '755', ac: '89' } },
    verdict: 'block',
    reasons: ['vendor_denied'],
  },
  {
    title: 'consent has a maximum age',
    claims: [claim({ dated: { at: NOW - 366 * DAY, precision: 'instant' } })],
    notices: both(['analytics']),
    verdict: 'block',
    reasons: ['consent_expired'],
  },
  {
    title: 'a younger grant from another source still counts',
    claims: [claim({ dated: { at: NOW - 366 * DAY, precision: 'instant' } }), claim({ source: 'segment' })],
    notices: both(['analytics']),
    verdict: 'forward',
    reasons: ['permitted'],
  },
  {
    title: 'a grant from the future is none, and the event came before it',
    claims: [claim({ dated: { at: NOW + DAY, precision: 'instant' } })],
    verdict: 'block',
    reasons: ['before_consent', 'consent_from_future'],
  },
  {
    title: 'a grant dated ahead by less than the grace period covers the event all the same',
    claims: [claim({ dated: { at: NOW + 20 * 60_000, precision: 'instant' } })],
    verdict: 'forward',
    reasons: ['permitted'],
    notice: '2026-05',
  },
  {
    title: 'of several grants the one given under the oldest notice counts, though another has no date',
    claims: [
      claim({ dated: { at: Date.parse('2026-03-01T00:00:00Z'), precision: 'instant' } }),
      claim({ source: 'segment', dated: null }),
    ],
    label: { notice: '2026-05', givenAt: null },
    notices: both(['analytics']),
    verdict: 'forward',
    reasons: ['permitted'],
    notice: '2025-01',
  },
  {
    title: 'of several grants the one given under a notice that lacks the destination blocks',
    claims: [
      claim({ dated: { at: Date.parse('2026-03-01T00:00:00Z'), precision: 'instant' } }),
      claim({ source: 'segment', dated: null }),
    ],
    label: { notice: '2026-05', givenAt: null },
    notices: both(['marketing']),
    verdict: 'block',
    reasons: ['not_disclosed'],
    notice: '2025-01',
  },
  {
    title: 'a label that names the notice dates a grant, also where undated ones are refused',
    claims: [claim({ dated: null })],
    label: { notice: '2026-05', givenAt: null },
    consent: { undated: 'refuse' },
    verdict: 'forward',
    reasons: ['permitted'],
    notice: '2026-05',
  },
  {
    title: 'a UTC midnight of a local today is not the future',
    claims: [
      tcf({
        dated: { at: NOW + DAY / 2, precision: 'day' },
        vendors: { 'tcf:755': { analytics: 'granted' } },
      }),
    ],
    facts: { occurredAt: NOW + DAY / 2 },
    destination: { vendor: { tcf: '755' } },
    verdict: 'forward',
    reasons: ['permitted'],
  },
  {
    title: 'an undated grant covers what every notice so far discloses',
    claims: [claim({ dated: null })],
    notices: both(['analytics']),
    verdict: 'forward',
    reasons: ['permitted'],
    notice: '2025-01',
  },
  {
    title: 'an undated grant does not cover what an older notice left out',
    claims: [claim({ dated: null })],
    notices: both(['marketing']),
    verdict: 'block',
    reasons: ['not_disclosed'],
  },
  {
    title: 'undated grants can be refused',
    claims: [claim({ dated: null })],
    consent: { undated: 'refuse' },
    verdict: 'block',
    reasons: ['consent_undated'],
  },
  {
    title: 'a label dates what has no date',
    claims: [claim({ dated: null })],
    label: { notice: '2026-05', givenAt: null },
    notices: both(['marketing']),
    verdict: 'forward',
    reasons: ['permitted'],
  },
  {
    title: 'a label with an unknown notice covers nothing',
    claims: [claim({ dated: null })],
    label: { notice: 'nowhere', givenAt: null },
    verdict: 'block',
    reasons: ['not_disclosed'],
  },
  {
    title: 'where label and date differ the older counts',
    claims: [claim({ notice: '2025-01' })],
    notices: both(['marketing']),
    verdict: 'block',
    reasons: ['not_disclosed'],
  },
  {
    title: 'a date before any notice saw none',
    claims: [claim({ dated: { at: Date.parse('2026-04-01T00:00:00Z'), precision: 'instant' } })],
    verdict: 'block',
    reasons: ['not_disclosed'],
  },
  {
    title: 'a day counts for a notice only if all of it lies after',
    claims: [
      tcf({
        dated: { at: Date.parse('2026-05-01T00:00:00Z'), precision: 'day' },
        vendors: { 'tcf:755': { analytics: 'granted' } },
      }),
    ],
    destination: { vendor: { tcf: '755' } },
    notices: [notice({ from: Date.parse('2026-05-01T00:00:00-05:00') })],
    verdict: 'block',
    reasons: ['not_disclosed'],
  },
  {
    title: 'an older generation saw the older notice, however recent its date',
    claims: [claim({ source: 'cookieconsent', generation: { revision: 2 } })],
    notices: [both(['marketing'])[0] as Notice, notice({ seenAs: { cookieconsent: { revision: 3 } } })],
    verdict: 'block',
    reasons: ['not_disclosed'],
  },
  {
    title: 'the generation of today saw the notice of today',
    claims: [claim({ source: 'cookieconsent', generation: { revision: 3 } })],
    notices: [both(['marketing'])[0] as Notice, notice({ seenAs: { cookieconsent: { revision: 3 } } })],
    verdict: 'forward',
    reasons: ['permitted'],
  },
  {
    title: 'a generation dates a signal without date',
    claims: [claim({ source: 'cookieconsent', dated: null, generation: { revision: 3 } })],
    notices: [both(['marketing'])[0] as Notice, notice({ seenAs: { cookieconsent: { revision: 3 } } })],
    verdict: 'forward',
    reasons: ['permitted'],
  },
  {
    title: 'of several granting sources the oldest decides what was seen',
    claims: [
      claim({ dated: { at: Date.parse('2026-02-01T00:00:00Z'), precision: 'instant' } }),
      claim({ source: 'segment', dated: { at: Date.parse('2026-06-01T00:00:00Z'), precision: 'instant' } }),
    ],
    notices: both(['marketing']),
    verdict: 'block',
    reasons: ['not_disclosed'],
  },
  { title: 'without notices nothing flows', notices: [], verdict: 'block', reasons: ['no_notice'] },
  {
    title: 'a notice that is not in force yet is none',
    notices: [notice({ from: NOW + DAY })],
    verdict: 'block',
    reasons: ['no_notice'],
  },
  {
    title: "a destination that today's notice leaves out gets nothing",
    notices: [...both(['analytics']), notice({ id: '2026-10', from: NOW - DAY, discloses: {} })],
    verdict: 'block',
    reasons: ['not_disclosed'],
  },
  {
    title: 'data that now goes to another country than was told stays',
    destination: { transfer: { country: 'US', basis: null, checked: null } },
    notices: [notice({ discloses: { ga4: disclosure({ country: 'IE' }) } })],
    verdict: 'block',
    reasons: ['not_disclosed'],
  },
  {
    title: 'data that went to another country when consent was given stays, though the route names none',
    notices: [
      notice({
        id: '2025-01',
        from: Date.parse('2025-01-15T00:00:00+01:00'),
        discloses: { ga4: disclosure({ country: 'IE' }) },
      }),
      notice({
        id: '2026-11',
        from: Date.parse('2026-11-01T00:00:00+01:00'),
        discloses: { ga4: disclosure({ country: 'US' }) },
      }),
    ],
    verdict: 'block',
    reasons: ['not_disclosed'],
  },
  {
    title: 'an event before consent is not covered',
    claims: [claim({ dated: { at: NOW, precision: 'instant' } })],
    facts: { occurredAt: NOW - 31 * 60_000 },
    verdict: 'block',
    reasons: ['before_consent'],
  },
  {
    title: 'the grace period covers the page view under the banner',
    claims: [claim({ dated: { at: NOW, precision: 'instant' } })],
    facts: { occurredAt: NOW - 29 * 60_000 },
    verdict: 'forward',
    reasons: ['permitted'],
  },
  {
    title: 'sensitive pages reach no ad platform',
    facts: { sensitive: true },
    destination: { audience: 'advertising' },
    verdict: 'block',
    reasons: ['sensitive_page'],
  },
  {
    title: 'sensitive pages may be counted',
    facts: { sensitive: true },
    verdict: 'forward',
    reasons: ['permitted'],
  },
  {
    title: 'sites for children reach no ad platform',
    site: { children: true },
    destination: { audience: 'advertising' },
    verdict: 'block',
    reasons: ['sensitive_page'],
  },
  {
    title: 'a disabled destination',
    destination: { enabled: false },
    verdict: 'block',
    reasons: ['destination_disabled'],
  },
  { title: 'another site', destination: { sites: ['blog'] }, verdict: 'block', reasons: ['site_not_routed'] },
  {
    title: 'another event',
    destination: { events: ['page_view', 'form_*'] },
    verdict: 'block',
    reasons: ['event_not_routed'],
  },
  {
    title: 'a name by wildcard',
    destination: { events: ['purch*'] },
    verdict: 'forward',
    reasons: ['permitted'],
  },
  {
    title: 'switched off by the client',
    facts: { switchedOff: ['ga4'] },
    verdict: 'block',
    reasons: ['integration_off'],
  },
  {
    title: 'an objection stands whatever was granted',
    standing: { objections: ['analytics'] },
    verdict: 'block',
    reasons: ['objected'],
  },
  {
    title: 'a newer denial beats the queue',
    standing: { deniedAt: { ga4: NOW + 1 } },
    verdict: 'block',
    reasons: ['withdrawn'],
  },
  {
    title: 'an older denial does not',
    standing: { deniedAt: { ga4: NOW - 1 } },
    verdict: 'forward',
    reasons: ['permitted'],
  },
  {
    title: 'all gates run, reasons come in table order',
    claims: [claim({ purposes: { marketing: 'denied' } }), gpc],
    destination: { requires: ['marketing'], audience: 'advertising', sites: ['blog'] },
    facts: { sensitive: true },
    verdict: 'block',
    reasons: ['site_not_routed', 'gpc', 'purpose_denied', 'sensitive_page'],
  },
  {
    title: 'anonymous where the route asks and only consent is missing',
    claims: [],
    destination: { whenDenied: 'anonymous' },
    verdict: 'anonymous',
    reasons: ['purpose_unknown'],
  },
  {
    title: 'not even anonymous after GPC',
    claims: [gpc],
    destination: { requires: ['marketing'], whenDenied: 'anonymous' },
    verdict: 'block',
    reasons: ['gpc'],
  },
  {
    title: 'not even anonymous after an objection',
    claims: [],
    standing: { objections: ['analytics'] },
    destination: { whenDenied: 'anonymous' },
    verdict: 'block',
    reasons: ['objected', 'purpose_unknown'],
  },
  {
    title: 'not even anonymous without a notice',
    claims: [],
    notices: [],
    destination: { whenDenied: 'anonymous' },
    verdict: 'block',
    reasons: ['no_notice', 'purpose_unknown'],
  },
];

for (const row of rows) {
  test(row.title, (t) => {
    const decision = judge(row);
    t.is(decision.verdict, row.verdict);
    t.deepEqual(
      decision.reasons.map((reason) => reason.code),
      row.reasons,
    );
    if (row.notice !== undefined) t.is(decision.notice, row.notice);
    if (row.verdict !== 'forward')
      t.deepEqual(decision.allowance, { purposes: [], data: [], person: [], links: [] });
  });
}

test('a gate that throws denies', (t) => {
  const corrupt = { ...claim(), purposes: null } as unknown as Claim; // what a damaged record could hold
  const decision = judge({ title: '', claims: [corrupt], verdict: 'block', reasons: [] });
  t.is(decision.verdict, 'block');
  t.is(decision.reasons[0]?.code, 'gate_failed');
});
