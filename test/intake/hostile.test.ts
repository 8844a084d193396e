// Hostile bodies: whatever comes in, the answer is events or an error that clients see, in a bounded time.

import * as fc from 'fast-check';
import test from 'ava';
import { cost } from '../support/growth.ts';
import { ERRORS, GatewayError } from '../../src/core/errors.ts';
import type { IntakeReading } from '../../src/core/plugin.ts';
import { INTAKE_PROTOCOLS } from '../../src/intake/index.ts';
import { LIMITS, context, protocolOf, request } from './requests.ts';
import type { Asked } from './requests.ts';

type Result = IntakeReading | { readonly refused: keyof typeof ERRORS };

/** Opens and reads; anything thrown but a `GatewayError` of the 4xx class fails the test that calls it. */
function take(asked: Asked, cookies: Readonly<Record<string, readonly string[]>> = {}): Result {
  const made = request(asked);
  const protocol = protocolOf(made.method, made.path);
  if (protocol === undefined) throw new Error('no such path');
  try {
    return protocol.open(made).read(context({ idCookies: cookies }));
  } catch (error) {
    if (!(error instanceof GatewayError) || ERRORS[error.code].status >= 500) throw error;
    return { refused: error.code };
  }
}

const PATHS = INTAKE_PROTOCOLS.flatMap((protocol) => protocol.routes.map(({ path }) => path));
const path = fc.constantFrom(...PATHS);

/** Names that mean something somewhere, so that wild values land where they are read. */
const NAMES = [
  'type',
  'event',
  'userId',
  'anonymousId',
  'groupId',
  'previousId',
  'messageId',
  'timestamp',
  'originalTimestamp',
  'sentAt',
  'properties',
  'traits',
  'context',
  'integrations',
  'batch',
  'writeKey',
  'products',
  'name',
  'email',
  'address',
  'company',
  'page',
  'url',
  'title',
  'referrer',
  'ids',
  'device',
  'screen',
  'width',
  'height',
  'ip',
  'locale',
  'consent',
  'notice',
  'givenAt',
  'externalIds',
  'campaign',
  'userAgentData',
  'library',
  'channel',
  'events',
  'params',
  'client_id',
  'items',
  'user_data',
  'user_properties',
  'user_location',
  'timestamp_micros',
  'toString',
  'valueOf',
  'toJSON',
  'then',
  '__proto__',
  'constructor',
  'hasOwnProperty',
  'length',
  'code',
  'message',
  'fault',
  'value',
  'ga.client_id',
  'revenue',
  'order_id',
];
const WORDS = [
  'track',
  'page',
  'x',
  '',
  'G-ABC123',
  '2026-11-20T12:00:00Z',
  '1.2',
  'https://shop.example/?gclid=%E0%A4&_gl=1*a',
  '\ud800',
  '\0',
];
const { wild } = fc.letrec((tie) => ({
  wild: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom<unknown>(...WORDS, null, true, 0, -1, 1e21, 0.1),
    fc.string({ unit: 'binary' }),
    fc.array(tie('wild'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...NAMES), tie('wild'), { maxKeys: 12 }),
  ),
}));

test('any bytes are read or refused', (t) => {
  fc.assert(
    fc.property(
      path,
      fc.uint8Array({ maxLength: 300 }),
      fc.string({ maxLength: 60 }),
      (path, body, query) => {
        t.truthy(take({ path, body, query }));
      },
    ),
    { numRuns: 800 },
  );
});

test('any JSON under names that are read is read or refused', (t) => {
  fc.assert(
    fc.property(path, wild, (path, body) => {
      t.truthy(take({ path, body: JSON.stringify(body) ?? '' }));
    }),
    { numRuns: 800 },
  );
});

test('calls with wild insides are read or refused, and come out as plain JSON', (t) => {
  fc.assert(
    fc.property(wild, wild, wild, (properties, traits, ctx) => {
      const result = take({
        path: '/v1/batch',
        body: JSON.stringify({
          batch: [
            { type: 'track', event: 'Order Completed', anonymousId: 'a', properties, traits, context: ctx },
          ],
        }),
      });
      if ('refused' in result) return;
      for (const event of result.events) t.deepEqual(JSON.parse(JSON.stringify(event)), event);
    }),
    { numRuns: 600 },
  );
});

test('any cookies and queries of a hit are read or refused', (t) => {
  const keys = fc.constantFrom(
    'cid',
    'sid',
    'en',
    'dl',
    'ep.a',
    'epn.b',
    'pr1',
    'ep.__proto__',
    'up.email',
    'gcs',
    '_uip',
    'ul',
  );
  const pairs = fc.array(fc.tuple(keys, fc.oneof(fc.string(), fc.webUrl())), { maxLength: 12 });
  const cookie = fc.constantFrom(
    '_ga',
    '_ga_ABC123',
    '_clck',
    '_fbp',
    'ajs_user_id',
    '_twclid',
    '__proto__',
    'FPID',
  );
  fc.assert(
    fc.property(pairs, cookie, fc.string(), (pairs, name, value) => {
      const query = pairs.map(([key, text]) => `${key}=${encodeURIComponent(text.toWellFormed())}`).join('&');
      t.truthy(take({ path: '/g/collect', method: 'GET', query }, { [name]: [value] }));
    }),
    { numRuns: 600 },
  );
});

const inner = (properties: unknown): unknown => ({ event: 'x', anonymousId: 'a', properties });
const nested = (depth: number): string =>
  `{"event":"x","anonymousId":"a","properties":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}`;

const BOUNDS: readonly {
  readonly what: string;
  readonly body: unknown;
  readonly is: keyof typeof ERRORS | null;
}[] = [
  { what: 'nesting up to the limit', body: nested(LIMITS.depth - 1), is: null },
  { what: 'nesting over the limit', body: nested(LIMITS.depth), is: 'too_deep' },
  { what: 'a million brackets', body: '['.repeat(1_000_000), is: 'unreadable_body' },
  {
    what: 'half a million nested arrays',
    body: `{"a":${'['.repeat(500_000)}${']'.repeat(500_000)}}`,
    is: 'too_deep',
  },
  { what: 'too many values', body: inner(Array.from({ length: LIMITS.keys }, () => 1)), is: 'too_deep' },
  { what: 'a long string', body: inner({ a: 'a'.repeat(LIMITS.stringChars + 1) }), is: 'event_too_large' },
  { what: 'a long key', body: inner({ ['a'.repeat(LIMITS.stringChars + 1)]: 1 }), is: 'event_too_large' },
  {
    what: 'many long strings',
    body: inner({ a: 'a'.repeat(30_000), b: 'b'.repeat(30_000), c: 'c'.repeat(8000) }),
    is: 'event_too_large',
  },
  {
    what: 'an event just under its limit',
    body: inner({ a: 'a'.repeat(30_000), b: 'b'.repeat(30_000) }),
    is: null,
  },
  {
    what: 'an event large by its bytes, not its characters',
    body: inner({ a: '€'.repeat(25_000) }),
    is: 'event_too_large',
  },
];

for (const { what, body, is } of BOUNDS)
  test(`bounds: ${what}`, (t) => {
    const result = take({ path: '/v1/track', body });
    t.is('refused' in result ? result.refused : null, is);
  });

test('one event too large or too deep is named, the others of the batch are kept', (t) => {
  const result = take({
    path: '/v1/batch',
    body: `{"batch":[{"type":"track","event":"a","userId":"u"},${nested(40).replace('{', '{"type":"track",')},{"type":"track","event":"b","userId":"u","properties":{"a":"${'€'.repeat(25_000)}"}},{"type":"track","event":"c","userId":"u"}]}`,
  });
  if ('refused' in result) return t.fail(result.refused);
  t.deepEqual(
    result.events.map((event) => event.name),
    ['a', 'c'],
  );
  return t.deepEqual(
    result.rejected.map(({ index, code }) => ({ index, code })),
    [
      { index: 1, code: 'too_deep' },
      { index: 2, code: 'event_too_large' },
    ],
  );
});

test('more events than a batch may hold are refused whole', (t) => {
  const body = { batch: Array.from({ length: LIMITS.batchEvents + 1 }, () => 0) };
  t.deepEqual(take({ path: '/v1/batch', body }), { refused: 'body_too_large' });
  const lines = 'en=x\n'.repeat(LIMITS.batchEvents + 1);
  t.deepEqual(take({ path: '/g/collect', body: lines }), { refused: 'body_too_large' });
  t.deepEqual(take({ path: '/g/collect', body: '\n'.repeat(1_000_000) }), { refused: 'body_too_large' });
});

test('what many events share counts for each of them', (t) => {
  const traits = Object.fromEntries(Array.from({ length: 4000 }, (_, index) => [`k${index}`, 1]));
  const call = { type: 'track', event: 'a', userId: 'u' };
  const batch = (length: number) => ({ context: { traits }, batch: Array.from({ length }, () => call) });
  t.deepEqual(take({ path: '/v1/batch', body: batch(2500) }), { refused: 'body_too_large' });
  t.false('refused' in take({ path: '/v1/batch', body: batch(50) }));
  const query = `tid=G-ABC123&cid=1.2&dl=${'a'.repeat(10_000)}`;
  t.deepEqual(take({ path: '/g/collect', query, body: 'en=x\n'.repeat(2500) }), {
    refused: 'body_too_large',
  });
  t.false('refused' in take({ path: '/g/collect', query, body: 'en=x\n'.repeat(100) }));
});

test('of very many id cookies only some are read, those of own tags first', (t) => {
  const strange = Array.from({ length: 400 }, (_, index) => [
    `_ga_X${index}`,
    [`GS1.1.${1_700_000_000 + index}.1`],
  ]);
  const cookies = Object.fromEntries([...strange, ['_ga_ABC123', ['GS1.1.1763900001.1']]]);
  const result = take({ path: '/v1/track', body: { event: 'a', userId: 'u' } }, cookies);
  if ('refused' in result) return t.fail(result.refused);
  const [event] = result.events;
  t.true((event?.otherIds.length ?? 0) < 100, `${event?.otherIds.length} ids`);
  return t.is(event?.ids.find(({ kind }) => kind === 'session_id')?.value, '1763900001');
});

test('no prototype is reached', (t) => {
  take({
    path: '/v1/track',
    body: '{"event":"x","anonymousId":"a","__proto__":{"polluted":1},"properties":{"__proto__":{"polluted":1}},"integrations":{" __proto__ ":{"polluted":1}},"context":{"ids":{"__proto__":"x"}}}',
  });
  take({ path: '/g/collect', query: 'en=x&ep.__proto__=1&up.__proto__=1&__proto__=2' });
  t.is(({} as { readonly polluted?: unknown }).polluted, undefined);
});

test('messages about refusals hold nothing that was received', (t) => {
  const canary = 'canary7731';
  const result = take({
    path: '/v1/batch',
    body: {
      batch: [
        { type: canary, [canary]: canary },
        canary,
        { type: 'track', userId: [canary] },
        { type: 'group', userId: canary },
      ],
    },
  });
  if ('refused' in result) return t.fail(result.refused);
  t.is(result.rejected.length, 4);
  return t.false(JSON.stringify(result.rejected).includes(canary));
});

/** Inputs that a careless reader takes quadratic time for. */
const SLOW: readonly {
  readonly what: string;
  readonly asked: Asked;
  readonly cookies?: Readonly<Record<string, readonly string[]>>;
}[] = [
  { what: 'names of underscores', asked: { body: { event: `${'_'.repeat(32_000)}a`, anonymousId: 'a' } } },
  { what: 'spaces', asked: { body: { event: `a${' '.repeat(32_000)}a`, anonymousId: ' '.repeat(30_000) } } },
  {
    what: 'percent signs in an address',
    asked: {
      body: {
        event: 'x',
        anonymousId: 'a',
        context: { page: { url: `https://shop.example/?${'%25'.repeat(10_000)}` } },
      },
    },
  },
  {
    what: 'parameters in an address',
    asked: {
      body: {
        event: 'x',
        anonymousId: 'a',
        context: { page: { url: `https://shop.example/?${'gclid=abcdefghijkl&'.repeat(1700)}` } },
      },
    },
  },
  {
    what: 'user agents',
    asked: {
      body: { event: 'x', anonymousId: 'a' },
      headers: { 'user-agent': 'android silk '.repeat(1200) },
    },
  },
  {
    what: 'languages',
    asked: { body: { event: 'x', anonymousId: 'a', context: { locale: 'aa-'.repeat(10_000) } } },
  },
  { what: 'tildes in an item', asked: { path: '/g/collect', query: `en=x&pr1=${'~'.repeat(30_000)}` } },
  { what: 'ampersands', asked: { path: '/g/collect', query: `en=x${'&'.repeat(30_000)}` } },
  {
    what: 'phone numbers',
    asked: {
      body: { event: 'x', anonymousId: 'a', properties: { phone: `${'1 '.repeat(4)}${' '.repeat(30_000)}` } },
    },
  },
  {
    what: 'cookies',
    asked: { body: { event: 'x', anonymousId: 'a' } },
    cookies: {
      _ga_ABC123: [`GS2.1.${'a$'.repeat(4000)}`],
      _twclid: [`{${'"twclid"   '.repeat(700)}`],
      _ga: [`GA1.1.${'1.'.repeat(4000)}`],
      _evga_0a0a: ['"uuid" '.repeat(1000)],
      _clck: ['%25'.repeat(2500)],
    },
  },
];

/** Thirty thousand characters of which a parser makes short work. */
const PLAIN = JSON.stringify(Array.from({ length: 3000 }, (_, index) => `item ${index}`));

for (const { what, asked, cookies } of SLOW)
  test(`time is bounded: ${what}`, (t) => {
    const ratios = [1, 2, 3].map(() => cost(() => take(asked, cookies)) / cost(() => JSON.parse(PLAIN)));
    t.true(Math.min(...ratios) < 30, `${Math.min(...ratios)} times JSON.parse`);
  });
