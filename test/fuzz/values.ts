// Values that no client should send, and JSON with such values in it.

import type { Dice } from './dice.ts';
import { canary } from './dice.ts';

const run = (text: string, length: number): string =>
  text.repeat(Math.ceil(length / text.length)).slice(0, length);

/** Bits of hostile text; each is repeated to some length. */
const CRUMBS = [
  'a', '0', '1 ', '@a.', 'a@b.example ', '%25', '%2540', '%00', '%', '%ff', '\\u0040', '&#64;', '"', "'", '\\', '/', '//', '/..',
  '{', '[', '[{"a":', '\u0000', '\ud800', '\udc00\ud800', '\u202e', '\ufeff', '\u0130', 'e\u0301', '\uff11', '😀', '\r\n', '\n', '\t',
  '1.2.3.4 ', '::1 ', 'fb.1.1763899000123.', 'GA1.1.', '1*abc*d*e', 'eyJhbGciOiJI', 'amFuQHBlb3BsZS5leGFtcGxl', '9f0c1c0a6f2b4d7d',
  '06 12345678 ', 'NL91ABNA0417164300', '4111 1111 1111 1111 ', '${x}', '{{x}}', '<script>', "' OR 1=1 --", '__proto__', 'constructor',
]; // prettier-ignore
const LENGTHS = [0, 1, 2, 5, 20, 100, 300, 2000, 9000] as const;

const COMMON = [
  'shop-web',
  'shop',
  'ga4',
  'G-TEST00001',
  'granted',
  'true',
  'null',
  '2026-01',
  '2026-11-20T12:00:00Z',
  'https://shop.example/a?b=c#d',
];

export function hostileText(by: Dice): string {
  switch (by.below(5)) {
    case 0:
      return by.pick(COMMON);
    case 1:
      return canary(by);
    case 2:
      return `${run(by.pick(CRUMBS), by.pick(LENGTHS))}${canary(by)}`;
    case 3:
      return Array.from({ length: by.below(12) }, () => by.pick(CRUMBS)).join('');
    default:
      return run(by.pick(CRUMBS), by.pick(LENGTHS));
  }
}

const NUMBERS = [
  '0',
  '-0',
  '-1',
  '1e999',
  '-1e999',
  '1e-400',
  '9007199254740993',
  '1763900001000',
  '8.64e15',
  '8.64e16',
  '0.1',
  '123456789012345678901234567890',
  '1e308',
  '5e-324',
];

const NAMES = [
  '__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'length', '', ' ', '\u0000', '\ud800', 'a.b', 'ga.client_id',
  'site.user_id', 'meta.fbp', 'nothing.at_all', 'consent', 'context', 'properties', 'products', 'event', 'type', 'messageId', 'userId',
  'anonymousId', 'timestamp', 'sentAt', 'record', 'tcf', 'gcs', 'gcd', 'gcm', 'gpp', 'categoryPreferences', 'ids', 'externalIds', 'traits',
  'email', 'page', 'url', 'referrer', 'campaign', 'integrations', 'batch', 'writeKey', 'notice', 'givenAt', 'purposes', 'value', 'currency',
]; // prettier-ignore

/** JSON text of something unexpected. */
export function hostileJson(by: Dice, depth = 0): string {
  switch (by.below(depth > 3 ? 4 : 9)) {
    case 0:
      return by.pick(['null', 'true', 'false', '""', '[]', '{}', '[null]', '{"":""}']);
    case 1:
      return by.pick(NUMBERS);
    case 2:
    case 3:
      return JSON.stringify(hostileText(by));
    case 4:
      return `[${Array.from({ length: by.below(6) }, () => hostileJson(by, depth + 1)).join()}]`;
    case 5:
      return nested(by);
    case 6:
      return wide(by);
    default:
      return `{${members(by, depth).join()}}`;
  }
}

const members = (by: Dice, depth: number): readonly string[] =>
  Array.from(
    { length: by.below(6) },
    () =>
      `${JSON.stringify(by.once(3) ? hostileText(by).slice(0, 300) : by.pick(NAMES))}:${hostileJson(by, depth + 1)}`,
  );

function nested(by: Dice): string {
  const depth = by.pick([5, 31, 32, 33, 200, 3000]);
  const [open, close] = by.pick([
    ['[', ']'],
    ['{"a":', '}'],
    ['[{"context":', '}]'],
  ] as const);
  return `${open.repeat(depth)}1${close.repeat(depth)}`;
}

function wide(by: Dice): string {
  const count = by.pick([50, 1000, 5000]);
  const list = Array.from({ length: count }, (_, index) => index);
  return by.once(2) ? `[${list.join()}]` : `{${list.map((index) => `"k${index}":${index}`).join()}}`;
}

/** Replaces some values of a JSON text, or adds members, without looking at what they mean. */
export function spoiledJson(text: string, by: Dice): string {
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/g) ?? [];
  const times = 1 + by.below(4);
  const spoiled = [...tokens];
  for (let time = 0; time < times && spoiled.length > 0; time += 1) {
    const at = by.below(spoiled.length);
    const token = spoiled[at] ?? '';
    if (token === '{' && by.once(2)) spoiled[at] = `{${JSON.stringify(by.pick(NAMES))}:${hostileJson(by)},`;
    else if (token === '}' || token === ']' || token === ':' || token === ',')
      spoiled[at] = by.once(6) ? '' : token;
    else spoiled[at] = hostileJson(by);
  }
  return spoiled.join('');
}
