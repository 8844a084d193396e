// Finds what was typed and planted in what arrived, in every form that it could take. It knows secrets and encodings, and nothing
// of how anything is cleaned.

import { createHash } from 'node:crypto';
import type { Views } from './expand.ts';
import type { Secret } from './secrets.ts';

/** Shortest beginning that is proof, in letters. Digits are proof as a word of their own, and within others from six on. */
const SHORTEST = 3;
const SHORTEST_DIGITS = 6;

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Base64 of a text wherever it stands in what is encoded: less the characters that depend on its neighbours. */
const aligned = (text: string): string[] =>
  [0, 1, 2].flatMap((offset) => {
    const bytes = Buffer.byteLength(text) + offset;
    const start = offset === 0 ? 0 : offset + 1;
    const inner = base64('.'.repeat(offset) + text).slice(start, Math.floor((bytes * 8) / 6));
    return [inner, inner.replaceAll('+', '-').replaceAll('/', '_')];
  });

const hex = (text: string): string => Buffer.from(text).toString('hex');

const DIGESTS = ['md5', 'sha1', 'sha256', 'sha512'];
const digests = (text: string): [form: string, needle: string][] =>
  [text, text.toLowerCase(), text.trim().toLowerCase()].flatMap((variant) =>
    DIGESTS.flatMap((algorithm): [string, string][] => {
      const digest = createHash(algorithm).update(variant).digest();
      const full = digest.toString('hex');
      return [
        [algorithm, full],
        [algorithm, full.toUpperCase()],
        // However it is padded, and cut off after half.
        [`${algorithm} in base64`, digest.toString('base64').slice(0, 20)],
        [`${algorithm} in base64`, digest.toString('base64url').slice(0, 20)],
      ];
    }),
  );

/** What gives a text away wherever it stands. */
const whole = (text: string): [form: string, needle: string][] => [
  ['raw', text],
  ['in lower case', text.toLowerCase()],
  ['in upper case', text.toUpperCase()],
  ['without spaces', text.replaceAll(/\s/g, '')],
  ['in hex', hex(text)],
  ['in hex', hex(text).toUpperCase()],
  ...aligned(text).map((needle): [string, string] => ['in base64', needle]),
  ...digests(text),
];

const isLettered = (word: string): boolean => /^[^\d+]/.test(word);

/** The first keys of a word: three letters stand nowhere else on the pages; encoded, six do. */
function beginnings(word: string): [form: string, needle: string][] {
  if (word.length < (isLettered(word) ? SHORTEST : SHORTEST_DIGITS)) return [];
  const first = word.slice(0, SHORTEST_DIGITS);
  const encoded: [string, string][] =
    first.length < SHORTEST_DIGITS
      ? []
      : [['in hex', hex(first)], ...aligned(first).map((text): [string, string] => ['in base64', text])];
  const raw = isLettered(word) ? word.slice(0, SHORTEST) : first;
  return [
    [`beginning`, raw],
    ...encoded.map(([form, text]): [string, string] => [`beginning ${form}`, text]),
  ];
}

const wordsOf = (value: string): string[] => value.split(/[\s@-]+/).filter((word) => word.length >= SHORTEST);

/** The parts of an id that are long enough to be one themselves, or its two halves. */
const partsOf = (id: string): string[] =>
  id.includes('.') ? id.split('.').filter((part) => part.length >= 8) : [id.slice(0, 16), id.slice(16)];

const NEEDLES: Readonly<Record<Secret['kind'], (value: string) => [form: string, needle: string][]>> = {
  typed: (value) => [...whole(value), ...wordsOf(value).flatMap(beginnings)],
  planted: (value) => [...whole(value), ...whole(value.split('@')[0] ?? value)],
  id: (value) => [value, ...partsOf(value)].flatMap(whole),
};

/** Beginnings that are words by themselves: a text node after each key. */
const shortWords = ({ value, kind }: Secret): string[] =>
  kind !== 'typed'
    ? []
    : wordsOf(value).flatMap((word) =>
        Array.from({ length: word.length - SHORTEST + 1 }, (_, index) => word.slice(0, SHORTEST + index)),
      );

/**
 * The forms in which a secret was found; none: it is safe. `checksum`: the recorder's own of it, which could be guessed from, and which
 * is six letters of base36, so it counts only as a word.
 */
export function found(secret: Secret, views: Views, checksum: string | null): string[] {
  const forms = NEEDLES[secret.kind](secret.value)
    .filter(([, needle]) => views.texts.some((text) => text.includes(needle)))
    .map(([form]) => form);
  if (shortWords(secret).some((word) => views.words.has(word))) forms.push('beginning as a word');
  if (checksum !== null && views.words.has(checksum)) forms.push('checksum');
  return [...new Set(forms)];
}
