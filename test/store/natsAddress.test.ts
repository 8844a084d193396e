// The address of a replicated store: what it says, all that is wrong with it at once, and never a secret in a message.

import test from 'ava';
import { array, assert, constantFrom, property } from 'fast-check';
import { inspect } from 'node:util';
import { GatewayError } from '../../src/core/errors.ts';
import { parseAddress, readAddress } from '../../src/store/jetstream/address.ts';

function problemsOf(text: string): readonly string[] {
  const parsed = parseAddress(text);
  return parsed.ok ? [] : parsed.problems;
}

test('one server, and defaults for all else', (t) => {
  t.like(readAddress('nats://nats'), {
    servers: ['nats:4222'],
    tls: false,
    login: { kind: 'none' },
    prefix: 'sluis',
    replicas: 1,
    partitions: 8,
    dedupeMs: 86_400_000,
    maxBytes: 4 * 1024 ** 3,
    ca: null,
    cert: null,
    key: null,
    local: null,
  });
});

test('three servers ask for three replicas, unless the address says otherwise', (t) => {
  t.is(readAddress('nats://a,b:4223,[::1]:1').replicas, 3);
  t.deepEqual(readAddress('nats://a,b:4223,[::1]:1').servers, ['a:4222', 'b:4223', '[::1]:1']);
  t.is(readAddress('nats://a,b,c?replicas=1').replicas, 1);
  t.is(readAddress('nats://a,b').replicas, 1);
  t.is(readAddress('nats://one?replicas=5').replicas, 5);
});

test('every parameter', (t) => {
  const address = readAddress(
    'tls://a,b?prefix=shop_1&replicas=3&partitions=4&dedupe=30m&maxBytes=8GB&creds=/run/secrets/c%26d&ca=/etc/ca.pem&cert=c+d.pem&key=k.pem&local=/var/lib/sluis/local.db',
  );
  t.deepEqual(address, {
    servers: ['a:4222', 'b:4222'],
    tls: true,
    login: { kind: 'creds', file: '/run/secrets/c&d' },
    prefix: 'shop_1',
    replicas: 3,
    partitions: 4,
    dedupeMs: 1_800_000,
    maxBytes: 8 * 1024 ** 3,
    ca: '/etc/ca.pem',
    cert: 'c+d.pem',
    key: 'k.pem',
    local: '/var/lib/sluis/local.db',
  });
});

test('who is let in: password, token, seed', (t) => {
  const { login } = readAddress('nats://shop:p%40ss%3Aword@a');
  t.is(login.kind === 'password' ? `${login.user} ${login.password.reveal()}` : '', 'shop p@ss:word');
  const token = readAddress('nats://t0ken@a').login;
  t.is(token.kind === 'token' ? token.token.reveal() : '', 't0ken');
  t.deepEqual(readAddress('nats://a?nkey=/seed').login, { kind: 'nkey', file: '/seed' });
});

test('a certificate alone means TLS', (t) => {
  t.true(readAddress('nats://a?ca=/ca').tls);
  t.true(readAddress('nats://a?cert=/c&key=/k').tls);
});

const WRONG: readonly [string, RegExp][] = [
  ['nats:a', /expected `nats:\/\/HOST/],
  ['nats://', /servers: expected `HOST:PORT`/],
  ['nats://a,,b', /servers: expected/],
  ['nats://a:0', /servers: expected/],
  ['nats://a:65536', /servers: expected/],
  ['nats://a,nats://b', /expected `nats:\/\/HOST|servers: expected/],
  ['nats://a,a:4222', /named twice/],
  [`nats://${Array.from({ length: 33 }, (_, n) => `h${n}`).join(',')}`, /at most 32/],
  ['nats://:secretword@a', /percent-encoded/],
  ['nats://shop:@a', /percent-encoded/],
  ['nats://shop:%zz@a', /percent-encoded/],
  ['nats://a?prefix=', /`prefix`: expected/],
  ['nats://a?prefix=a.b', /`prefix`: expected/],
  ['nats://a?replicas=2', /`replicas`: expected 1, 3 or 5/],
  ['nats://a?partitions=0', /`partitions`/],
  ['nats://a?partitions=65', /`partitions`/],
  ['nats://a?dedupe=1', /`dedupe`/],
  ['nats://a?dedupe=500ms', /`dedupe`/],
  ['nats://a?maxBytes=31MB', /`maxBytes`.*`32MB`/],
  ['nats://a?maxBytes=1e9', /`maxBytes`/],
  ['nats://a?cert=/c', /belong together/],
  ['nats://u:p@a?creds=/c', /one of/],
  ['nats://a?creds=/c&nkey=/n', /one of/],
  ['nats://a?replicas=3&replicas=3', /twice/],
  ['nats://a?ca=', /`ca`: expected the path/],
  ['nats://a?local=%00', /`local`: expected the path/],
  ['nats://a?local=%', /percent sign/],
  ['nats://a?Prefix=a', /unknown parameter/],
  ['nats://a?constructor=a', /unknown parameter/],
  ['tls://10.0.0.1', /TLS wants host names/],
  ['nats://a,[::1]?ca=/ca', /TLS wants host names/],
  ['nats://a#x', /expected `nats:\/\/HOST/],
  ['nats://a/b', /expected `nats:\/\/HOST/],
];

for (const [text, message] of WRONG)
  test(`refused: ${text.slice(0, 50)}`, (t) => {
    t.regex(problemsOf(text).join('\n'), message);
  });

test('all problems come at once', (t) => {
  t.is(problemsOf('nats://a:0?replicas=2&dedupe=x&maxBytes=1&cert=/c&odd=1').length, 6);
  t.throws(() => readAddress('nats://a?replicas=2'), { instanceOf: GatewayError, code: 'config_invalid' });
});

test('no message and no print holds a secret', (t) => {
  const secret = 'Sw0rdfishSw0rdfish';
  const places = [
    `nats://u:${secret}@a`,
    `nats://${secret}@a`,
    `nats://u:${secret}/@a`,
    `nats://u:${secret}?x@a`,
    `nats://u:${secret}?${secret}=${secret}@a`,
    `nats://u:%${secret}@a`,
    `nats://u:${secret}@@a`,
    `nats://u:x@a:${secret}`,
    `nats://u:x@a?${secret}`,
    `nats://u:x@a?replicas=${secret}`,
  ];
  for (const text of places) {
    const parsed = parseAddress(text);
    t.false(`${inspect(parsed, { depth: 9 })}${JSON.stringify(parsed)}`.includes(secret), text);
  }
});

test('anything at all is an address or has problems', (t) => {
  const pieces = constantFrom(
    'nats://',
    'a',
    ':',
    '@',
    '?',
    '&',
    '=',
    '%',
    ',',
    'replicas',
    '3',
    '[',
    ']',
    '/',
    '\0',
  );
  assert(
    property(array(pieces, { maxLength: 20 }), (parts) => {
      const parsed = parseAddress(parts.join(''));
      return parsed.ok ? parsed.address.servers.length > 0 : parsed.problems.length > 0;
    }),
  );
  t.pass();
});
