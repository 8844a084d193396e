// What is done to the body of a good request: its JSON, its consent, its bytes and how they are packed.

import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { consentObject, consentQuery } from './consents.ts';
import { canary } from './dice.ts';
import { set } from './spoil.ts';
import type { Spoil } from './spoil.ts';
import { hostileJson, spoiledJson } from './values.ts';

export const json: Spoil = (draft, by) => {
  const text = draft.body.toString('utf8');
  draft.body = Buffer.from(by.once(5) ? hostileJson(by) : spoiledJson(text, by));
};

/** Puts made-up consent into the context of an event that is otherwise good. */
export const consent =
  (genuine: string): Spoil =>
  (draft, by) => {
    const stated = JSON.stringify(consentObject(genuine, by));
    const text = draft.body.toString('utf8');
    draft.body = Buffer.from(
      text.startsWith('{')
        ? text.replace('{', () => `{"context":{"consent":${stated}},`)
        : `${text}&${consentQuery(by)}`,
    );
  };

export const bytes: Spoil = (draft, by) => {
  const { body } = draft;
  const flipped = Buffer.from(body);
  for (let time = 0; time < 3 && flipped.length > 0; time += 1)
    flipped[by.below(flipped.length)] = by.below(256);
  draft.body = by.pick([
    () => body.subarray(0, by.below(body.length + 1)),
    () => flipped,
    () => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), body]),
    () => Buffer.from(body.toString('utf8'), 'utf16le'),
    () => Buffer.concat([body, Buffer.from([0xff, 0xfe, 0x00])]),
    () => Buffer.concat([body, body]),
    () => Buffer.alloc(by.pick([1, 100, 70_000])),
    () => Buffer.from('['.repeat(by.pick([10, 100_000]))),
    () => Buffer.alloc(0),
  ])();
};

/** What is large enough to cost something; rare, or nothing else would be tried. */
export const large: Spoil = (draft, by) => {
  draft.body = Buffer.from(
    by.pick([
      () => `{"batch":[${'{"type":"track"},'.repeat(100_000)}{}]}`,
      () => `{"event":"x","userId":"u","properties":{"note":"${'x'.repeat(4_000_000)}"}}`,
      () => `{${Array.from({ length: 100_000 }, (_, index) => `"k${index}":1`).join()}}`,
      () => `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      () =>
        `{"batch":[${Array.from({ length: 2500 }, (_, index) => `{"type":"track","event":"e","userId":"u${index}"}`).join()}]}`,
      () => 'x'.repeat(5_000_000),
      () => 'en=x\n'.repeat(2600),
    ])(),
  );
};

const BOMB = gzipSync(Buffer.alloc(30_000_000));

export const encoding: Spoil = (draft, by) => {
  const { body } = draft;
  const packed = gzipSync(body);
  const [name, sent] = by.pick<() => [string, Buffer]>([
    () => ['gzip', packed],
    () => ['gzip', packed.subarray(0, by.below(packed.length))],
    () => ['gzip', Buffer.concat([packed, packed])],
    () => ['gzip', Buffer.concat([packed, Buffer.from('trailing junk')])],
    () => ['gzip', gzipSync(packed)],
    () => ['gzip', body],
    () => ['gzip', BOMB],
    () => [
      'gzip',
      Buffer.concat([packed.subarray(0, 12), Buffer.from([by.below(256)]), packed.subarray(13)]),
    ],
    () => ['', packed],
    () => ['', Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0]), body])],
    () => ['deflate', deflateSync(body)],
    () => ['br', brotliCompressSync(body)],
    () => ['zstd', zstdCompressSync(body)],
    () => ['gzip, gzip', gzipSync(packed)],
    () => [by.pick(['identity', 'x-gzip', 'GZIP', ',', 'gzip;q=0', canary(by)]), body],
  ])();
  if (name !== '') set(draft, 'content-encoding', name);
  draft.body = sent;
};
