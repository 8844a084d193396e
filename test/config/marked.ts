// Loads routing files in tests. `«code»` in a text marks where a problem of that code must point; the marks are taken out first.

import { z } from 'zod';
import type { Registries } from '../../src/config/context.ts';
import { loadConfig, type LoadOptions, type LoadResult } from '../../src/config/load.ts';
import { CONSENT_READERS } from '../../src/consent/index.ts';
import type { KnownType } from '../../src/config/context.ts';
import { DESTINATION_TYPES } from '../../src/destinations/index.ts';

/** A type that records sessions, with the least of settings. */
const replay: KnownType = {
  type: 'replay',
  title: 'Session recorder',
  system: 'clarity',
  audience: 'recording',
  demands: ['recording', 'marketing', 'profiling'],
  anonymous: false,
  settings: z.strictObject({ projectId: z.string() }),
  ids: ['clarity.user_id', 'clarity.session_id'],
  person: [],
  links: false,
};

/** A recorder that does not demand `recording` by itself. */
const recorder: KnownType = { ...replay, type: 'recorder', demands: ['marketing'] };

/** An advertising type that can carry the user id of the site. */
const adserver: KnownType = {
  ...replay,
  type: 'adserver',
  system: 'pinterest',
  audience: 'advertising',
  demands: ['marketing'],
  settings: z.strictObject({}),
  ids: ['pinterest.epik', 'site.user_id', 'site.message_id'],
  person: ['email'],
};

export const registries: Registries = {
  destinations: [...DESTINATION_TYPES, replay, recorder, adserver],
  readers: CONSENT_READERS,
  stores: [{ scheme: 'memory' }, { scheme: 'sqlite' }, { scheme: 'nats' }],
};

export const ENV = {
  SLUIS_SECRET: 'from-the-environment-0123456789-abcdef',
  SHOP_SERVER_KEY: 'server-key-of-the-shop',
  GA4_API_SECRET: 'ga4-api-secret-canary',
  TOKEN: 'token-from-the-environment',
  EMPTY: '',
} as const;

export const load = (text: string, over: Partial<LoadOptions> = {}): LoadResult =>
  loadConfig(text, {
    path: '/etc/sluis/gateway.yaml',
    env: ENV,
    readFile: () => {
      throw new Error('no files in this test');
    },
    registries,
    ...over,
  });

export interface Marked {
  readonly text: string;
  /** `line:column code`, sorted. */
  readonly expected: readonly string[];
}

export function unmark(marked: string): Marked {
  const expected: string[] = [];
  let text = '';
  for (const part of marked.split(/(«[^»]*»)/)) {
    if (!part.startsWith('«')) {
      text += part;
      continue;
    }
    const lines = text.split('\n');
    expected.push(`${lines.length}:${(lines.at(-1) ?? '').length + 1} ${part.slice(1, -1)}`);
  }
  return { text, expected: expected.sort() };
}

/** What loading says, in the form of marks; errors only unless codes are named. */
export const said = (result: LoadResult, codes: readonly string[] | null = null): readonly string[] =>
  result.problems
    .filter((each) => (codes === null ? each.severity === 'error' : codes.includes(each.code)))
    .map((each) => `${each.line}:${each.column} ${each.code}`)
    .sort();

/** The least that loads. */
export const HEAD = `secrets: [{ id: k1, value: '\${SLUIS_SECRET}' }]
sites: { shop: { writeKey: shop-web, origins: ['https://shop.example'] } }
`;
