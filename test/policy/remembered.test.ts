// Readings and decisions that are remembered hold for exactly what they were made from: clock, routing file, objections, page.

import test from 'ava';
import type { Claim } from '../../src/core/consent.ts';
import type { Decision } from '../../src/core/decision.ts';
import { NOTHING_SAID } from '../../src/core/decision.ts';
import { decide } from '../../src/policy/decide.ts';
import { readingOf } from '../../src/policy/grounds.ts';
import { claim } from '../support/events.ts';
import { DAY, NOW, destination, disclosure, notice, site, snapshot } from '../support/snapshot.ts';

const to = destination();
const config = snapshot({ destinations: [to] });
const shop = config.sites[0] ?? site();

interface Case {
  readonly now?: number;
  readonly occurredAt?: number;
  readonly objections?: readonly string[];
  readonly in?: typeof config;
}

function decided(
  given: Claim,
  { now = NOW, occurredAt = now, objections = [], in: snap = config }: Case = {},
): Decision {
  const consent = { claims: [given], label: null, readAt: now };
  return decide({
    facts: {
      site: 'shop',
      type: 'track',
      name: 'purchase',
      occurredAt,
      sensitive: false,
      switchedOff: [],
      consent,
    },
    destination: snap.destinations[0] ?? to,
    snapshot: snap,
    standing: { ...NOTHING_SAID, objections },
    now,
    reading: readingOf({ state: consent, site: shop, snapshot: snap, now }),
  });
}

const code = (decision: Decision): string | undefined => decision.reasons[0]?.code;

test('the same claim expires although its reading is remembered', (t) => {
  const given = claim();
  t.is(decided(given).verdict, 'forward');
  t.is(decided(given), decided(given));
  const last = (given.dated?.at ?? 0) + config.consent.maxAgeMs;
  t.is(decided(given, { now: last }).verdict, 'forward');
  t.is(code(decided(given, { now: last + 1 })), 'consent_expired');
  t.is(decided(given).verdict, 'forward');
});

test('a notice that begins counts from its first moment', (t) => {
  const later = notice({ id: '2027', from: NOW + DAY, discloses: {} });
  const changing = snapshot({ destinations: [to], notices: [notice(), later] });
  const given = claim();
  t.is(decided(given, { in: changing }).verdict, 'forward');
  t.is(decided(given, { in: changing, now: NOW + DAY - 1 }).verdict, 'forward');
  t.is(code(decided(given, { in: changing, now: NOW + DAY })), 'not_disclosed');
});

test('a clock that goes back is believed', (t) => {
  const given = claim();
  t.is(decided(given).verdict, 'forward');
  const { reasons } = decided(given, { now: (given.dated?.at ?? 0) - DAY });
  t.true(reasons.some((reason) => reason.code === 'consent_from_future'));
});

test('a new routing file is read anew for the same claim', (t) => {
  const given = claim();
  t.is(decided(given).verdict, 'forward');
  const none = snapshot({ destinations: [to], notices: [notice({ discloses: {} })] });
  t.is(code(decided(given, { in: none })), 'not_disclosed');
  const narrower = snapshot({ destinations: [to], consent: { ...config.consent, maxAgeMs: DAY } });
  t.is(code(decided(given, { in: narrower })), 'consent_expired');
});

test('of two destinations under one reading each is refused for its own reasons, again and again', (t) => {
  const ads = destination({ name: 'ads', requires: ['marketing'] });
  const two = snapshot({
    destinations: [to, ads],
    notices: [notice({ discloses: { ga4: disclosure(), ads: disclosure({ purposes: ['marketing'] }) } })],
  });
  const consent = { claims: [claim({ purposes: { analytics: 'denied' } })], label: null, readAt: NOW };
  const reading = readingOf({ state: consent, site: shop, snapshot: two, now: NOW });
  const facts = {
    site: 'shop',
    type: 'track',
    name: 'purchase',
    occurredAt: NOW,
    sensitive: false,
    switchedOff: [],
    consent,
  } as const;
  const codes = (to: typeof ads, switchedOff: readonly string[] = []): readonly string[] =>
    decide({
      facts: { ...facts, switchedOff },
      destination: to,
      snapshot: two,
      standing: NOTHING_SAID,
      now: NOW,
      reading,
    }).reasons.map((reason) => reason.code);
  for (let times = 0; times < 2; times += 1) {
    t.deepEqual(codes(to), ['purpose_denied']);
    t.deepEqual(codes(ads), ['purpose_unknown']);
    t.deepEqual(codes(ads, ['ads']), ['integration_off', 'purpose_unknown']);
  }
});

test('objections and old events are judged besides what is remembered', (t) => {
  const given = claim();
  t.is(decided(given).verdict, 'forward');
  t.is(code(decided(given, { objections: ['analytics'] })), 'objected');
  t.is(code(decided(given, { occurredAt: (given.dated?.at ?? 0) - DAY })), 'before_consent');
});

test('an objection to a purpose that is not required takes it from what is remembered', (t) => {
  const both = snapshot({
    destinations: [to],
    notices: [notice({ discloses: { ga4: disclosure({ purposes: ['analytics', 'marketing'] }) } })],
  });
  const given = claim({ purposes: { analytics: 'granted', marketing: 'granted' } });
  t.deepEqual(decided(given, { in: both }).allowance.purposes, ['analytics', 'marketing']);
  t.deepEqual(decided(given, { in: both, objections: ['marketing'] }).allowance.purposes, ['analytics']);
  t.deepEqual(decided(given, { in: both }).allowance.purposes, ['analytics', 'marketing']);
});
