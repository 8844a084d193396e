// Where a write key may stand, and in which order.

import test from 'ava';
import { segment } from '../../src/intake/segment.ts';
import { basicUser } from '../../src/intake/segment/keys.ts';
import { request } from './requests.ts';

const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString('base64')}`;
const call = { event: 'x', anonymousId: 'a-0001' };

const keysOf = (asked: Parameters<typeof request>[0]): readonly string[] =>
  segment.open(request(asked)).hints.writeKeys;

for (const [what, header, user] of [
  ['user name and colon', basic('key-1:'), 'key-1'],
  ['no colon', basic('key-1'), 'key-1'],
  ['a password, which is not read', basic('key-1:secret'), 'key-1'],
  ['the scheme in lower case', basic('key-1:').replace('Basic', 'basic'), 'key-1'],
  ['an empty user name', basic(':'), null],
  ['another scheme', 'Bearer abc', null],
  ['no base64', 'Basic ***', null],
  ['far too long', basic('k'.repeat(8000)), null],
  ['nothing', undefined, null],
] as const)
  test(`Basic: ${what}`, (t) => {
    t.is(basicUser(header), user);
  });

test('Basic comes before the body, the body before the query', (t) => {
  t.deepEqual(
    keysOf({
      headers: { authorization: basic('from-basic:') },
      body: { ...call, writeKey: 'from-body' },
      query: 'writeKey=from-query',
    }),
    ['from-basic', 'from-body', 'from-query'],
  );
});

test('a key that stands in two places is one key', (t) => {
  t.deepEqual(keysOf({ headers: { authorization: basic('k:') }, body: { ...call, writeKey: 'k' } }), ['k']);
});

test('keys of calls in a batch count too', (t) => {
  const body = { writeKey: 'k', batch: [{ ...call, type: 'track', writeKey: 'other' }] };
  t.deepEqual(keysOf({ path: '/v1/batch', body }), ['k', 'other']);
});

test('a key that is no text is none', (t) => {
  t.deepEqual(keysOf({ body: { ...call, writeKey: { $ne: null } } }), []);
});
