// What a destination may be given beyond the event: person fields, data, links and its own consent purposes.

import test from 'ava';
import type { Destination, Notice } from '../../src/core/config.ts';
import type { Claim } from '../../src/core/consent.ts';
import type { Allowance, EventFacts } from '../../src/core/decision.ts';
import { NOTHING_SAID } from '../../src/core/decision.ts';
import { decide } from '../../src/policy/decide.ts';
import { isSensitive } from '../../src/policy/sensitive.ts';
import { claim } from '../support/events.ts';
import { NOW, destination, disclosure, notice, site, snapshot } from '../support/snapshot.ts';

function allowance(
  to: Destination,
  claims: readonly Claim[],
  notices: readonly Notice[],
  over: Partial<EventFacts> = {},
): Allowance {
  const config = snapshot({ destinations: [to], notices });
  const facts: EventFacts = {
    site: 'shop',
    type: 'track',
    name: 'purchase',
    occurredAt: NOW,
    sensitive: false,
    switchedOff: [],
    consent: { claims, label: null, readAt: NOW },
    ...over,
  };
  return decide({ facts, destination: to, snapshot: config, standing: NOTHING_SAID, now: NOW }).allowance;
}

const all = {
  analytics: 'granted',
  marketing: 'granted',
  profiling: 'granted',
  audience_matching: 'granted',
} as const;
const proven = claim({ purposes: all, byName: ['profiling', 'audience_matching'] });
const general = claim({ purposes: all });
const purposes = ['analytics', 'marketing', 'profiling', 'audience_matching'];
const link = { from: 'ga', to: 'hubspot', aim: 'a', consequences: 'c' };
const hubspot = destination({
  name: 'hubspot',
  type: 'hubspot',
  audience: 'crm',
  system: 'hubspot',
  requires: ['marketing'],
  person: ['email', 'phone'],
  links: [{ system: 'ga', as: null }],
});
const meta = destination({
  name: 'meta',
  type: 'meta',
  audience: 'advertising',
  system: 'meta',
  requires: ['marketing'],
  person: ['email'],
});

test('a CRM gets declared and disclosed person fields for the purposes of the route', (t) => {
  const notices = [notice({ discloses: { hubspot: disclosure({ purposes, data: ['email', 'utk'] }) } })];
  const allowed = allowance(hubspot, [general], notices);
  t.deepEqual(allowed.person, ['email']);
  t.deepEqual(allowed.data, ['email', 'utk']);
});

test('an ad platform gets person fields only with audience matching, by name', (t) => {
  const notices = [notice({ discloses: { meta: disclosure({ purposes, data: ['email'] }) } })];
  t.deepEqual(allowance(meta, [general], notices).person, []);
  t.deepEqual(allowance(meta, [proven], notices).person, ['email']);
});

test('audience matching that the notice does not disclose for this destination does not count', (t) => {
  const notices = [notice({ discloses: { meta: disclosure({ purposes: ['marketing'], data: ['email'] }) } })];
  t.deepEqual(allowance(meta, [proven], notices).person, []);
});

test('data that only one of two notices discloses is not covered', (t) => {
  const older = notice({
    id: '2025-01',
    from: Date.parse('2025-01-01T00:00:00Z'),
    discloses: { hubspot: disclosure({ purposes, data: [] }) },
  });
  const newer = notice({ discloses: { hubspot: disclosure({ purposes, data: ['email'] }) } });
  const old = claim({
    purposes: all,
    dated: { at: Date.parse('2026-03-01T00:00:00Z'), precision: 'instant' },
  });
  t.deepEqual(allowance(hubspot, [old], [older, newer]).data, []);
});

test('a link needs profiling by name, disclosure, and a route that asks', (t) => {
  const discloses = { hubspot: disclosure({ purposes, data: [] }) };
  t.deepEqual(allowance(hubspot, [proven], [notice({ discloses, links: [link] })]).links, ['ga']);
  t.deepEqual(allowance(hubspot, [general], [notice({ discloses, links: [link] })]).links, []);
  t.deepEqual(allowance(hubspot, [proven], [notice({ discloses })]).links, []);
  t.deepEqual(
    allowance({ ...hubspot, links: [] }, [proven], [notice({ discloses, links: [link] })]).links,
    [],
  );
  t.deepEqual(
    allowance(hubspot, [proven], [notice({ discloses, links: [{ ...link, to: 'meta' }] })]).links,
    [],
  );
  t.deepEqual(
    allowance(hubspot, [proven], [notice({ discloses, links: [link] })], { sensitive: true }).links,
    [],
  );
});

test('profiling that was granted before its notice disclosed the link does not open it', (t) => {
  const discloses = { hubspot: disclosure({ purposes, data: [] }) };
  const older = notice({ id: '2025-01', from: Date.parse('2025-01-01T00:00:00Z'), discloses });
  const newer = notice({ discloses, links: [link] });
  const old = { ...proven, dated: { at: Date.parse('2026-03-01T00:00:00Z'), precision: 'instant' } } as const;
  t.deepEqual(allowance(hubspot, [old], [older, newer]).links, []);
});

test('purposes of consent fields are those granted and disclosed for this destination', (t) => {
  const ga4 = destination();
  const notices = [notice({ discloses: { ga4: disclosure({ purposes: ['analytics', 'marketing'] }) } })];
  t.deepEqual(allowance(ga4, [proven], notices).purposes, ['analytics', 'marketing']);
});

const sensitiveRows: readonly (readonly [string | null, readonly string[], boolean])[] = [
  ['https://shop.example/health/hiv-test', ['/health/**'], true],
  ['https://shop.example/health', ['/health/**'], true],
  ['https://shop.example/Health/', ['/health/**'], true],
  ['https://shop.example//health//x', ['/health/**'], true],
  ['https://shop.example/%68ealth/x', ['/health/**'], true],
  ['https://shop.example/shop/../health/x', ['/health/**'], true],
  ['https://shop.example/#/health/x?a=1', ['/health/**'], true],
  ['/health/x', ['/health/**'], true],
  ['https://shop.example/%zz', ['/health/**'], true],
  ['https://shop.example/healthy', ['/health/**'], false],
  ['https://shop.example/shoes', ['/health/**'], false],
  [null, ['/health/**'], false],
  ['https://shop.example/de/health/x', ['/*/health/**'], true],
];

for (const [url, patterns, expected] of sensitiveRows) {
  test(`${url ?? 'no address'} is ${expected ? '' : 'not '}sensitive under ${patterns.join(' ')}`, (t) => {
    const shop = site({ sensitive: patterns });
    t.is(isSensitive({ url, title: null, referrer: null }, shop), expected);
    t.is(isSensitive({ url: null, title: null, referrer: url }, shop), expected);
  });
}
