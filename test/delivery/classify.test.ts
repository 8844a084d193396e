import test from 'ava';
import type { Result } from '../../src/core/delivery.ts';
import { failureOf, readReply, resultOf, type FailureCode } from '../../src/delivery/classify.ts';
import { request } from './support.ts';

const OPEN: readonly FailureCode[] = [
  'timeout',
  'connection_lost',
  'reply_garbled',
  'reply_unreadable',
  'stopped',
];

for (const code of OPEN)
  test(`\`${code}\` after writing is uncertain unless the vendor drops repetitions`, (t) => {
    t.deepEqual(resultOf({ written: true, code }, false), { kind: 'uncertain', code });
    t.deepEqual(resultOf({ written: true, code }, true), { kind: 'transient', code });
  });

for (const code of ['connect_refused', 'connect_timeout', 'dns_failed', 'tls_failed', 'stopped'] as const)
  test(`\`${code}\` before writing is tried again at any vendor`, (t) => {
    t.is(resultOf({ written: false, code }, false).kind, 'transient');
    t.is(resultOf({ written: false, code }, true).kind, 'transient');
  });

for (const code of [
  'private_address',
  'scheme_not_allowed',
  'header_not_allowed',
  'request_invalid',
  'not_permitted',
] as const)
  test(`\`${code}\` is never tried again`, (t) => {
    t.deepEqual(resultOf({ written: false, code }, true), { kind: 'permanent', code });
  });

const ERRORS: readonly (readonly [string | undefined, boolean, FailureCode])[] = [
  ['ECONNREFUSED', false, 'connect_refused'],
  ['EAI_AGAIN', false, 'dns_failed'],
  ['UND_ERR_CONNECT_TIMEOUT', false, 'connect_timeout'],
  ['CERT_HAS_EXPIRED', false, 'tls_failed'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', false, 'tls_failed'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', false, 'tls_failed'],
  ['SLUIS_PRIVATE_ADDRESS', false, 'private_address'],
  ['ECONNRESET', false, 'connect_failed'],
  [undefined, false, 'connect_failed'],
  ['constructor', false, 'connect_failed'],
  ['ECONNRESET', true, 'connection_lost'],
  ['UND_ERR_SOCKET', true, 'connection_lost'],
  ['UND_ERR_HEADERS_TIMEOUT', true, 'timeout'],
  ['UND_ERR_BODY_TIMEOUT', true, 'timeout'],
  ['UND_ERR_HEADERS_OVERFLOW', true, 'reply_garbled'],
  ['toString', true, 'connection_lost'],
  [undefined, true, 'connection_lost'],
];
for (const [code, written, expected] of ERRORS)
  test(`error \`${code}\` ${written ? 'after' : 'before'} writing is \`${expected}\``, (t) => {
    t.deepEqual(failureOf(Object.assign(new Error('…'), { code }), written), { written, code: expected });
  });

const reply = { status: 200, headers: {}, body: '' };
const reading = (read: () => readonly Result[], dedupes = false) =>
  readReply({ read, dedupes }, reply, request({ events: [0, 1] }));

test('a reading that throws leaves the fate of every event open', (t) => {
  const broken = (): never => {
    throw new Error('unreadable');
  };
  const unreadable = { kind: 'uncertain', code: 'reply_unreadable' } as const;
  t.deepEqual(reading(broken), [unreadable, unreadable]);
  t.deepEqual(reading(broken, true)[0], { kind: 'transient', code: 'reply_unreadable' });
});

test('an event that a reading leaves out has an open fate; one too many is not read', (t) => {
  t.deepEqual(
    reading(() => [{ kind: 'delivered' }]).map(({ kind }) => kind),
    ['delivered', 'uncertain'],
  );
  t.is(reading(() => Array.from({ length: 5 }, () => ({ kind: 'delivered' }))).length, 2);
});

test("a vendor's words are cut down to a code", (t) => {
  const results = reading(() => [
    { kind: 'permanent', code: `Bad e-mail ada@shop.example ${'x'.repeat(100)}` },
    { kind: 'throttled', code: '', retryAfterMs: Number.NaN },
  ]);
  t.deepEqual(results, [
    { kind: 'permanent', code: `bad_e_mail_ada_shop_example_${'x'.repeat(36)}` },
    { kind: 'throttled', code: 'unnamed', retryAfterMs: null },
  ]);
});
