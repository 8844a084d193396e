// Requests as they should be, to be spoiled afterwards: every shape of the intake cases, consent changes, documents, probes,
// preflights, and the routes of the admin listener.

import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Dice } from './dice.ts';

export interface Draft {
  method: string;
  /** Path and query as they go on the wire. */
  target: string;
  version: string;
  /** Names and values; a name may come twice. Values are written as Latin-1. */
  headers: [name: string, value: string][];
  body: Buffer;
  /** How the body's end is told: its length, chunks, both, a wrong length, or not at all. */
  framing: Framing;
}

export type Framing = 'length' | 'chunked' | 'both' | 'short' | 'long' | 'none' | 'twice' | 'broken chunks';

interface Case {
  readonly request?: {
    readonly method?: string;
    readonly path?: string;
    readonly query?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: unknown;
  };
}

export const ORIGIN = 'https://shop.example';
const CASES = resolve(import.meta.dirname, '../intake');
const TAGS = /G-ABC123/g;

function draftOf({ request }: Case): Draft[] {
  if (request === undefined) return [];
  const { method = 'POST', path = '/v1/track', query = '', headers = {}, body } = request;
  const text = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body);
  const keyed = path.startsWith('/v1/') || path.startsWith('/beacon') ? ['writeKey=shop-web'] : [];
  const asked = [...(query === '' ? [] : [query.replaceAll(TAGS, 'G-TEST00001')]), ...keyed].join('&');
  return [
    {
      method,
      target: asked === '' ? path : `${path}?${asked}`,
      version: 'HTTP/1.1',
      headers: [
        ['host', 'collect.shop.example'],
        ['origin', ORIGIN],
        ['content-type', 'application/json'],
        ...Object.entries(headers).filter(([name]) => name !== 'content-type'),
      ],
      body: Buffer.from(text.replaceAll(TAGS, 'G-TEST00001')),
      framing: 'length',
    },
  ];
}

const files = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => join(folder, name));

const parsed = (file: string): Case => JSON.parse(readFileSync(file, 'utf8')) as Case; // the cases' own runner checks their form

const plain = (method: string, target: string, more: readonly [string, string][] = []): Draft => ({
  method,
  target,
  version: 'HTTP/1.1',
  headers: [['host', 'collect.shop.example'], ['origin', ORIGIN], ...more],
  body: Buffer.alloc(0),
  framing: 'none',
});

const withBody = (draft: Draft, body: unknown): Draft => ({
  ...draft,
  headers: [...draft.headers, ['content-type', 'application/json']],
  body: Buffer.from(JSON.stringify(body)),
  framing: 'length',
});

const CONSENT = { purposes: { analytics: true, marketing: false, profiling: true }, notice: '2026-01' };

const OTHERS: readonly Draft[] = [
  withBody(plain('PUT', '/v1/consent'), CONSENT),
  withBody(plain('PUT', '/v1/consent?writeKey=shop-web'), CONSENT),
  plain('GET', '/v1/consent'),
  plain('DELETE', '/v1/consent', [['cookie', '_ga=GA1.1.1837402915.1763900001']]),
  plain('GET', '/v1/projects/shop-web/settings'),
  plain('GET', '/sourceConfig/?writeKey=shop-web'),
  plain('GET', '/healthz'),
  plain('GET', '/readyz'),
  plain('GET', '/nothing/here'),
  plain('OPTIONS', '/v1/track', [
    ['access-control-request-method', 'POST'],
    ['access-control-request-headers', 'content-type,authorization'],
  ]),
  plain('OPTIONS', '/v1/consent', [['access-control-request-method', 'PUT']]),
  plain('HEAD', '/g/collect?v=2&tid=G-TEST00001&cid=1.2&en=x'),
];

const ADMIN: readonly Draft[] = [
  '/',
  '/metrics',
  '/healthz',
  '/readyz',
  '/console.js',
  '/console.css',
  '/favicon.ico',
  '/api/decisions',
  '/api/stats',
  '/api/config',
  '/api/outbox/dead?limit=5&destination=ga4',
  '/api/nothing',
].map((path) => ({ ...plain('GET', path), headers: [['host', 'localhost']] }));

const REPLAY: Draft = {
  ...withBody(plain('POST', '/api/outbox/replay'), { ids: ['made-up-1', 'made-up-2'] }),
  headers: [
    ['host', 'localhost'],
    ['content-type', 'application/json'],
  ],
};

const copied = (draft: Draft): Draft => ({
  ...draft,
  headers: draft.headers.map(([name, value]) => [name, value]),
});

export interface Shapes {
  /** For the public listener. */
  readonly open: (by: Dice) => Draft;
  readonly admin: (by: Dice) => Draft;
}

/** `record` is a signed record of the gateway under test: some requests carry it. */
export function shapes(record: string): Shapes {
  const events = files(CASES).flatMap((file) => draftOf(parsed(file)));
  if (events.length < 20) throw new Error(`only ${events.length} intake cases found`);
  const granted = (draft: Draft, by: Dice): Draft => {
    if (by.once(2)) draft.headers.push(['cookie', `sluis_consent=${record}`]);
    return draft;
  };
  return {
    open: (by) => granted(copied(by.pick(by.once(4) ? OTHERS : events)), by),
    admin: (by) => copied(by.once(3) ? REPLAY : by.pick(ADMIN)),
  };
}
