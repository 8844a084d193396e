// Uploads of a real client, captured in a browser, with the secrets that were planted in the pages; and what the tests of
// recordings share: rules, and a search for secrets in all readings of a body.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CleanedUpload, RecordingRules, VisitMemory } from '../../src/core/recording.ts';
import { clarity } from '../../src/recording/clarity.ts';

const FOLDER = join(import.meta.dirname, 'clarity/captures');

export interface Secret {
  readonly value: string;
  readonly level: 'must' | 'should' | 'site-intended';
  /** Every beginning of this length is a secret too: it was typed key by key. */
  readonly prefixMin?: number;
}

export interface Capture {
  readonly name: string;
  readonly body: Buffer;
}

export interface Scenario {
  readonly name: string;
  readonly captures: readonly Capture[];
  readonly secrets: readonly Secret[];
}

interface Manifest {
  readonly sessions: Readonly<
    Record<string, { readonly files: readonly string[]; readonly secrets: readonly Secret[] }>
  >;
}

// The file is part of the tests.
const manifest = JSON.parse(readFileSync(join(FOLDER, 'manifest.json'), 'utf8')) as Manifest;

export const SCENARIOS: readonly Scenario[] = Object.entries(manifest.sessions).map(
  ([name, { files, secrets }]) => ({
    name,
    captures: files.map((file) => ({ name: file, body: readFileSync(join(FOLDER, file)) })),
    secrets: secrets.filter(({ level }) => level === 'must'),
  }),
);

export const CAPTURES: readonly Capture[] = SCENARIOS.flatMap(({ captures }) => captures);

/** What the pages of the captures had in their cookies. */
export const KNOWN = [
  ['ga.client_id', '1234567890.1700000000'],
  ['hubspot.utk', 'a1b2c3d4e5f60718293a4b5c6d7e8f90'],
  ['microsoft_ads.uetvid', '0f1e2d3c4b5a69788796a5b4c3d2e1f0'],
] as const;

/** Pseudonyms that a test can tell: not those of the product. */
export const pseudonym = (name: string, value: string): string =>
  `p${name.slice('clarity.'.length, 'clarity.'.length + 1)}${value.split('').reverse().join('')}`.slice(0, 7);

export const rules = (over: Partial<RecordingRules> = {}): RecordingRules => ({
  text: 'strict',
  tags: [],
  events: [],
  query: [],
  origins: ['http://shop.example:8099'],
  userAgent: false,
  known: [],
  pseudonym,
  ...over,
});

/** Everything let through that a route can let through. */
export const OPEN = rules({
  text: 'balanced',
  tags: ['plan', 'tags', 'ga_client_id', 'userId', 'userHint', 'sessionId', 'pageId', '_ga', 'hubspotutk'],
  events: ['newsletter_signup', 'kunde'],
  query: ['email', 'gclid', 'kunde'],
  userAgent: true,
});

export const opened = (body: string | Uint8Array): ReturnType<typeof clarity.open> =>
  clarity.open(typeof body === 'string' ? Buffer.from(body) : body);

export const cleaned = (
  body: string | Uint8Array,
  given: RecordingRules = rules(),
  memory: VisitMemory = clarity.begin(),
): CleanedUpload => opened(body).clean(given, memory);

interface Upload {
  readonly e: readonly unknown[];
  readonly a: readonly (readonly unknown[])[];
  readonly p?: readonly (readonly unknown[])[];
}

/** An upload as a test looks at it. */
export const read = (body: string | null): Upload => JSON.parse(body ?? 'null') as Upload;

const ENVELOPE = [
  '0.8.70',
  1,
  0,
  159,
  'mustershop1',
  'lrr4fn',
  '2sfkfr',
  1,
  0,
  0,
  0,
  'http://shop.example:8099/kasse',
];

/** An upload of these events. */
export const upload = (
  analysis: readonly unknown[],
  playback: readonly unknown[] | null = null,
  envelope: readonly unknown[] = ENVELOPE,
): string => JSON.stringify({ e: envelope, a: analysis, ...(playback === null ? {} : { p: playback }) });

export { ENVELOPE };

function strings(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'number') return [String(value)];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(strings) : [];
}

const decoded = (text: string): string =>
  text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString());
const unescaped = (text: string): string =>
  text.replaceAll(/\\u([0-9a-f]{4})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
const unwrapped = (text: string): string =>
  (text.match(/[\w+/-]{6,}={0,2}/g) ?? []).map((run) => Buffer.from(run, 'base64').toString()).join('\n');

/** A body in all the ways in which somebody could read it, in lower case. */
export function readings(body: string): string {
  const all = [body, strings(JSON.parse(body)).join('\n')];
  for (const text of all.slice())
    all.push(
      decoded(text),
      decoded(decoded(text)),
      unescaped(text),
      unwrapped(text),
      unwrapped(decoded(text)),
    );
  return all.join('\n').toLowerCase();
}

/** Secrets that a body still holds, or beginnings of them. */
export function leaks(body: string | null, secrets: readonly Secret[]): readonly string[] {
  if (body === null) return [];
  const text = readings(body);
  const dense = text.replaceAll(/[ \-.]/g, '');
  return secrets
    .flatMap(({ value, prefixMin }) => {
      const whole = value.toLowerCase();
      return prefixMin === undefined ? [whole] : [whole.slice(0, prefixMin)];
    })
    .filter((value) => text.includes(value) || dense.includes(value.replaceAll(/[ \-.]/g, '')));
}
