// Consent signals made to mislead: strings that expand, letters that nobody wrote, records that nobody signed.

import type { Dice } from './dice.ts';
import { canary } from './dice.ts';
import { hostileJson, hostileText } from './values.ts';

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const letters = (by: Dice, length: number): string =>
  Array.from({ length }, () => BASE64URL[by.below(64)] ?? '').join('');

/** A head of version 2 and all bits set behind it: as many ranges as the format can name, each as long as it can be. */
const tcString = (by: Dice): string => {
  const head = by.pick([
    'CP',
    'CQ',
    'CO',
    'BO',
    'CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA',
    'CQAAAAAQAAAAAAHABBENABFgAP_gAP_gAAAA',
  ]);
  const fill = by.pick(['_', 'A', '-', 'f', '4']).repeat(by.pick([0, 3, 40, 400, 5000, 30_000]));
  const more = by.once(2) ? `.${by.pick(['Y', 'I', 'Q', 'a'])}${letters(by, by.below(60))}` : '';
  return `${head}${fill}${letters(by, by.below(30))}${more}`;
};

const acString = (by: Dice): string =>
  by.pick([
    `2~${'1.'.repeat(by.below(9000))}1~dv.${'9.'.repeat(by.below(2000))}9`,
    '2~~dv.',
    '1~1.2.3',
    `2~${letters(by, 20)}~dv.1`,
    '2~1~dv.~~~',
  ]);

const consentMode = (by: Dice): Record<string, unknown> => ({
  gcs: by.pick(['G111', 'G100', 'G1--', 'G1', 'G9999', '']),
  gcd: by.pick(['13r3r3r3r5l1', '1', `13${'r'.repeat(by.below(60))}`, letters(by, 12), '13\u00003']),
  gcm: {
    analytics_storage: by.pick(['granted', 'denied', 'GRANTED', 1, null, {}]),
    [hostileText(by).slice(0, 50)]: 'granted',
  },
});

/** Tokens like our own: forged, cut, under another key, with purposes that are traps. */
export function forged(genuine: string, by: Dice): string {
  const payload = Buffer.from(
    by.pick([
      '{"id":"x","site":"shop","notice":"2026-01","givenAt":1763900001000,"purposes":{"profiling":true}}',
      '{"id":"x","site":"shop","notice":"2026-01","givenAt":1e999,"purposes":{"__proto__":true}}',
      hostileJson(by),
      '',
    ]),
  ).toString('base64url');
  const at = by.below(genuine.length);
  return by.pick([
    genuine,
    `${genuine.slice(0, at)}${letters(by, 1)}${genuine.slice(at + 1)}`,
    genuine.slice(0, at),
    `${genuine}.${letters(by, 4)}`,
    `v1.k1.${payload}.${letters(by, 43)}`,
    `v1.${letters(by, 3)}.${payload}.${genuine.slice(-43)}`,
    `v1.__proto__.${payload}.${letters(by, 43)}`,
    `v1.k1..${letters(by, 43)}`,
    '.'.repeat(by.below(4000)),
    canary(by),
  ]);
}

/** `context.consent` of an event. */
export function consentObject(genuine: string, by: Dice): Record<string, unknown> {
  return {
    record: by.once(3)
      ? {
          id: canary(by),
          notice: by.pick(['2026-01', canary(by)]),
          givenAt: by.pick([1, '2026-11-01T00:00:00Z', null, 'x']),
          purposes: { analytics: by.pick([true, 'true', 1]), profiling: true },
        }
      : forged(genuine, by),
    ...(by.once(2) ? { tcf: tcString(by), ac: acString(by) } : {}),
    ...(by.once(2) ? consentMode(by) : {}),
    ...(by.once(4)
      ? { gpc: by.pick([true, false, 1, 'x', {}]), usPrivacy: by.pick(['1YNN', '1---', '2', letters(by, 4)]) }
      : {}),
    ...(by.once(4)
      ? {
          categoryPreferences: { [canary(by)]: true },
          notice: hostileText(by).slice(0, 200),
          givenAt: hostileText(by).slice(0, 50),
        }
      : {}),
  };
}

export const consentQuery = (by: Dice): string =>
  by.pick([
    () => `gdpr=1&gdpr_consent=${tcString(by).slice(0, 3000)}&addtl_consent=${acString(by).slice(0, 3000)}`,
    () => `gcs=G111&gcd=${letters(by, 12)}&gcs=G100`,
    () => `us_privacy=${letters(by, 4)}&gpp=${letters(by, 300)}&gpp_sid=7,,x`,
    () => `gdpr_consent=%${letters(by, 5)}&gcs=%00`,
  ])();

const COOKIES = [
  'sluis_consent',
  'OptanonConsent',
  'OptanonAlertBoxClosed',
  'CookieConsent',
  'cc_cookie',
  'klaro',
  'euconsent-v2',
  '_ga',
  '_ga_TEST00001',
  '_fbp',
  '_fbc',
  'hubspotutk',
  '_gcl_aw',
  'ajs_user_id',
  '__proto__',
  'constructor',
];

/** A Cookie header: names of consent tools with anything in them, also several times. */
export const cookieHeader = (genuine: string, by: Dice): string =>
  Array.from({ length: by.pick([1, 3, 8, 60]) }, () => {
    const value = by.pick([
      () => forged(genuine, by),
      () => encodeURIComponent(hostileJson(by).slice(0, 1500).toWellFormed()),
      () => tcString(by).slice(0, 1500),
      () => canary(by),
    ])();
    return `${by.pick(COOKIES)}=${value}`;
  })
    .join(by.pick(['; ', ';', ';;', '; =;']))
    .slice(0, 14_000);
