// Ways in which a page may have wrapped a value before it put it where it does not belong, and what one can still do with it.
// Out of scope, because no rule could tell them from noise: encryption, keyed or salted digests, reversal, values cut in pieces
// over several parameters, compression, spelled-out digits.

import { createHash } from 'node:crypto';

export interface Encoding {
  readonly name: string;
  readonly encode: (value: string) => string;
}

const bytes = (value: string): Buffer => Buffer.from(value, 'utf8');
const base64 = (value: string): string => bytes(value).toString('base64');
const percent = (value: string): string => encodeURIComponent(value);
const everyByte = (value: string): string =>
  [...bytes(value)].map((byte, index) => `%${hexByte(byte, index % 2 === 0)}`).join('');
const hexByte = (byte: number, upper: boolean): string => {
  const text = byte.toString(16).padStart(2, '0');
  return upper ? text.toUpperCase() : text;
};
const eachChar = (value: string, write: (char: string, code: number) => string): string =>
  Array.from(value, (char) => write(char, char.codePointAt(0) ?? 0)).join('');
const fullWidth = (value: string): string =>
  eachChar(value, (char, code) => (code > 0x20 && code < 0x7f ? String.fromCodePoint(code + 0xfee0) : char));
const digest = (algorithm: string, value: string): Buffer =>
  createHash(algorithm).update(value, 'utf8').digest();

const encoding = (name: string, encode: (value: string) => string): Encoding => ({ name, encode });

export const PLAIN: readonly Encoding[] = [
  encoding('raw', (value) => value),
  encoding('upper', (value) => value.toUpperCase()),
  encoding('lower', (value) => value.toLowerCase()),
  encoding('prefix', (value) => `id:${value}`),
  encoding('both sides', (value) => `uid=${value}; path=/`),
  encoding('in a sentence', (value) => `seen as ${value}, thanks`),
  encoding('in brackets', (value) => `<${value}>`),
  encoding('after much else', (value) => `${'lorem ipsum '.repeat(60)}${value}`),
];

export const WRAPPED: readonly Encoding[] = [
  encoding('percent', percent),
  encoding('percent twice', (value) => percent(percent(value))),
  encoding('every byte percent', everyByte),
  encoding('base64', base64),
  encoding('base64 unpadded', (value) => base64(value).replace(/=+$/, '')),
  encoding('base64url', (value) => bytes(value).toString('base64url')),
  encoding('base64 twice', (value) => base64(base64(value))),
  encoding('json', (value) => JSON.stringify({ id: value, n: 1 })),
  encoding('json in json', (value) => JSON.stringify({ data: JSON.stringify({ id: value }) })),
  encoding('json in base64', (value) => base64(JSON.stringify({ id: value, at: 17 }))),
  encoding('json in base64url', (value) =>
    bytes(JSON.stringify({ id: value, at: 17 })).toString('base64url'),
  ),
  encoding('base64 of percent', (value) => base64(percent(value))),
  encoding('percent of base64', (value) => percent(base64(value))),
  encoding('query in base64', (value) => base64(`a=1&uid=${percent(value)}&b=2`)),
  encoding('hex', (value) => bytes(value).toString('hex')),
  encoding('html decimal', (value) => eachChar(value, (_, code) => `&#${code};`)),
  encoding('html hex', (value) => eachChar(value, (_, code) => `&#x${code.toString(16)};`)),
  encoding('unicode escapes', (value) =>
    eachChar(value, (_, code) => `\\u${code.toString(16).padStart(4, '0')}`),
  ),
  encoding('full width', fullWidth),
  encoding('zero width', (value) => `${value.slice(0, 3)}\u200b${value.slice(3)}`),
  encoding('soft hyphen', (value) => `${value.slice(0, 4)}\u00ad${value.slice(4)}`),
  encoding('linker', (value) => `1*${value.length}abc*_ga*${base64(value).replace(/=+$/, '')}*_gcl_au*MTIz`),
];

export const DIGESTS: readonly Encoding[] = ['md5', 'sha1', 'sha256'].flatMap((algorithm) =>
  [
    { of: 'value', read: (value: string) => value },
    { of: 'lower', read: (value: string) => value.trim().toLowerCase() },
  ].flatMap(({ of, read }) => [
    encoding(`${algorithm} hex of ${of}`, (value) => digest(algorithm, read(value)).toString('hex')),
    encoding(`${algorithm} HEX of ${of}`, (value) =>
      digest(algorithm, read(value)).toString('hex').toUpperCase(),
    ),
    encoding(`${algorithm} base64 of ${of}`, (value) => digest(algorithm, read(value)).toString('base64')),
    encoding(`${algorithm} base64url of ${of}`, (value) =>
      digest(algorithm, read(value)).toString('base64url'),
    ),
  ]),
);

export const ENCODINGS: readonly Encoding[] = [...PLAIN, ...WRAPPED, ...DIGESTS];
