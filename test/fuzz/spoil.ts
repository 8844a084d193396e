// What is done to the head of a good request: each function spoils one part of a draft. None knows what the gateway will say.

import { consentQuery, cookieHeader } from './consents.ts';
import type { Dice } from './dice.ts';
import { canary } from './dice.ts';
import type { Draft } from './drafts.ts';
import { hostileText } from './values.ts';

export type Spoil = (draft: Draft, by: Dice) => void;

const latin = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
const oneLine = (text: string): string => latin(text).replaceAll(/[\r\n]/g, ' ');

const METHODS = [
  'GET',
  'POST',
  'PUT',
  'DELETE',
  'PATCH',
  'HEAD',
  'OPTIONS',
  'TRACE',
  'CONNECT',
  'PRI',
  'PROPFIND',
  'M-SEARCH',
  'QUERY',
  'BREW',
  'get',
  'Post',
  '',
  'GET GET',
  '\u0000',
  'X'.repeat(300),
];
const VERSIONS = [
  'HTTP/1.0',
  'HTTP/0.9',
  'HTTP/2.0',
  'HTTP/1.2',
  'http/1.1',
  'HTTP/1.1 ',
  'HTTP/9.9',
  'HTTP/',
  '',
  'ICY/1.0',
  'HTTP/1.1\u0000',
];
const PATHS = [
  '*',
  '/',
  '//',
  '//evil.example/v1/track',
  '/v1//track',
  '/v1/../v1/track',
  '/./v1/track',
  '/v1/track/',
  '/V1/TRACK',
  '/v1/track%00',
  '/%76%31/track',
  '/v1/track;a=b',
  '\\v1\\track',
  '/v1\\track',
  '/\u00e9',
  '/v1/tr\u00e9ck',
  'http://shop.example/v1/track',
  'https://evil.example:9/v1/consent',
  'http://',
  'http:///',
  'file:///etc/passwd',
  'javascript:1',
  '/__proto__',
  '/v1/projects/__proto__/settings',
  '/v1/projects/%2e%2e/settings',
  '/v1/projects//settings',
  '/v1/consent/',
  '/healthz?',
  '/?',
  '/#',
  'localhost:80',
  '/%',
  '/%zz',
  '/%ff%fe',
  '/%u0041',
];
const HOSTS = [
  '',
  'evil.example',
  'shop.example',
  'localhost.evil.example',
  '127.0.0.1.nip.example',
  'localhost',
  '[::1]',
  '[::1',
  '127.0.0.1:99999',
  '0x7f.1',
  '2130706433',
  'a.'.repeat(5000),
  'shop.example\u0000',
  'shop.example,evil.example',
  'user@localhost',
  '[::ffff:127.0.0.1]:80',
  'LOCALHOST.',
];
const ORIGINS = [
  'null',
  'https://evil.example',
  'http://shop.example',
  'https://shop.example.evil.example',
  'https://shop.example:443',
  'https://SHOP.example',
  'https://shop.example/',
  'https://evil.example, https://shop.example',
  '',
  '*',
  'https://',
  '\u00ff',
];

/** In place of whatever the draft has under this name. */
export const set = (draft: Draft, name: string, value: string): void => {
  draft.headers = draft.headers.filter(([other]) => other !== name);
  draft.headers.push([name, value]);
};

export const method: Spoil = (draft, by) => {
  draft.method = by.pick(METHODS);
};

export const version: Spoil = (draft, by) => {
  draft.version = by.pick(VERSIONS);
};

export const target: Spoil = (draft, by) => {
  const [path = '', query = ''] = draft.target.split('?', 2);
  switch (by.below(7)) {
    case 0:
      draft.target = by.pick(PATHS);
      return;
    case 1:
      draft.target = `${by.pick(PATHS)}?${query}`;
      return;
    case 2:
      draft.target = `${path}/${'a'.repeat(by.pick([200, 3000, 20_000]))}?${query}`;
      return;
    case 3:
      draft.target = `http://${by.pick(HOSTS).slice(0, 60)}${path}?${query}`;
      return;
    case 4:
      draft.target = `${path}?${query}&${consentQuery(by)}`;
      return;
    case 5:
      draft.target = `${path}?${query}&${'a=1&'.repeat(by.pick([10, 600, 3500]))}`;
      return;
    default:
      draft.target = `${path}?${query.replace(/=[^&]*/, `=${encodeURIComponent(hostileText(by).toWellFormed()).slice(0, 9000)}`)}&%${by.pick(['', 'f', 'ff', '00', 'C3'])}=${canary(by)}`;
  }
};

export const host: Spoil = (draft, by) => {
  set(draft, 'host', by.pick(HOSTS));
  if (by.once(4)) draft.headers.push(['host', by.pick(HOSTS)]);
  if (by.once(8)) draft.headers = draft.headers.filter(([name]) => name !== 'host');
};

export const origin: Spoil = (draft, by) => {
  set(draft, 'origin', by.pick(ORIGINS));
  if (by.once(3)) draft.headers.push(['origin', 'https://shop.example']);
  if (by.once(3)) set(draft, 'referer', oneLine(hostileText(by)));
  if (by.once(3)) set(draft, 'sec-fetch-site', by.pick(['same-origin', 'cross-site', 'none', 'x']));
  if (by.once(4)) draft.headers = draft.headers.filter(([name]) => name !== 'origin');
};

const AUTHORIZATIONS = [
  'Basic',
  'Basic ',
  'Basic ****',
  'Basic c2hvcC13ZWI6',
  'Basic c2hvcC13ZWI=',
  'Bearer',
  'Bearer x.y.z',
  'Digest a=b',
  'basic\tc2hvcC13ZWI6',
  `Basic ${'A'.repeat(9000)}`,
];

export const header: Spoil = (draft, by) => {
  const name = by.pick([
    'content-type',
    'authorization',
    'x-forwarded-for',
    'forwarded',
    'user-agent',
    'sentat',
    'accept-encoding',
    'range',
    'if-none-match',
    'te',
    'trailer',
    'upgrade',
    'expect',
    'connection',
    'via',
    'cookie',
    'sec-gpc',
    'access-control-request-headers',
    'access-control-request-method',
    'x-http-method-override',
    'x-original-url',
    canary(by),
  ]);
  const known: Readonly<Record<string, readonly string[]>> = {
    'content-type': [
      'text/plain',
      'application/json; charset=utf-16',
      'application/json;',
      'multipart/form-data; boundary=x',
      '\u00ff',
      '',
      'application/x-www-form-urlencoded',
    ],
    authorization: AUTHORIZATIONS,
    'x-forwarded-for': [
      '1.2.3.4',
      '1.2.3.4, 5.6.7.8, ::1',
      ','.repeat(3000),
      '127.0.0.1',
      '::ffff:1.2.3.4%lo',
      '1.2.3.4:99999',
      `${'9.9.9.9,'.repeat(1500)}junk`,
    ],
    expect: ['100-continue', '100-Continue', '200-ok', '100-continue, x', ''],
    upgrade: ['websocket', 'h2c', 'TLS/1.0', ''],
    connection: ['close', 'upgrade', 'keep-alive, Upgrade', 'content-length', 'host', ''],
    'sec-gpc': ['1', '0', '1, 1', 'x'],
    'access-control-request-headers': ['x,'.repeat(200), 'content-type', '\u0000', 'A'.repeat(5000)],
  };
  set(draft, name, by.pick(known[name] ?? [oneLine(hostileText(by)), canary(by)]));
};

/** Header lines that are none, or none that two readers would read alike. */
export const lines: Spoil = (draft, by) => {
  const line = by.pick<[string, string]>([
    ['content-length', '-1'],
    ['content-length', '+5'],
    ['content-length', '5, 5'],
    ['content-length', '0x5'],
    ['content-length', '99999999999999999999'],
    ['transfer-encoding', 'chunked'],
    ['transfer-encoding', 'xchunked'],
    ['transfer-encoding', 'chunked, identity'],
    ['transfer-encoding', 'gzip, chunked'],
    ['transfer-encoding\t', 'chunked'],
    ['transfer-encoding', '\u000bchunked'],
    [' folded', canary(by)],
    ['no colon at all\r\nx', canary(by)],
    ['', canary(by)],
    ['x\u0000y', canary(by)],
    ['x y', canary(by)],
    ['x', `a\rb${canary(by)}`],
    ['x', `a\nb: ${canary(by)}`],
    ['x', '\u0000'],
    ['__proto__', canary(by)],
    ['constructor', canary(by)],
    ['x', 'y'.repeat(by.pick([4000, 17_000, 60_000]))],
    ['x\u00e9', canary(by)],
  ]);
  draft.headers.push(line);
  if (by.once(10))
    for (let index = 0; index < by.pick([100, 3000]); index += 1) draft.headers.push([`x-${index}`, '1']);
};

export const framing: Spoil = (draft, by) => {
  draft.framing = by.pick(['chunked', 'both', 'short', 'long', 'none', 'twice', 'broken chunks']);
};

export const cookies =
  (genuine: string): Spoil =>
  (draft, by) => {
    draft.headers.push(['cookie', cookieHeader(genuine, by)]);
    if (by.once(3)) draft.headers.push(['cookie', cookieHeader(genuine, by)]);
  };
