// The client's address behind trusted proxies, and the rate per address.

import test from 'ava';
import { GatewayError } from '../../src/core/errors.ts';
import { addressKey, addressReader } from '../../src/http/address.ts';
import { rateLimiter } from '../../src/http/limits.ts';

const read = addressReader(['10.0.0.0/8', '2001:db8:aaaa::/48']);

const ROWS: readonly [
  is: string,
  socket: string | undefined,
  forwarded: string | undefined,
  client: string | null,
][] = [
  ['no proxy', '192.0.2.1', undefined, '192.0.2.1'],
  ['a stranger cannot name another', '192.0.2.1', '198.51.100.7', '192.0.2.1'],
  ['a trusted proxy names the client', '10.1.2.3', '198.51.100.7', '198.51.100.7'],
  ['the right-most untrusted counts', '10.1.2.3', '203.0.113.9, 198.51.100.7, 10.9.9.9', '198.51.100.7'],
  ['only proxies: the left-most', '10.1.2.3', '10.5.5.5, 10.6.6.6', '10.5.5.5'],
  ['mapped IPv4 is IPv4', '::ffff:10.1.2.3', '::ffff:198.51.100.7', '198.51.100.7'],
  ['IPv6 through an IPv6 proxy', '2001:db8:aaaa::1', '[2001:db8::5]:4711', '2001:db8::5'],
  ['ports are cut off', '10.1.2.3', '198.51.100.7:1234', '198.51.100.7'],
  ['zones are cut off', 'fe80::1%eth0', undefined, 'fe80::1'],
  ['garbage in the chain hides the client', '10.1.2.3', '198.51.100.7, unknown', null],
  ['octal numbers are not read', '10.1.2.3', '0300.1.2.3', null],
  ['short forms are not read', '10.1.2.3', '198.7', null],
  ['an empty header hides the client', '10.1.2.3', '', null],
  ['garbage left of the client does not matter', '10.1.2.3', 'x, <script>, 198.51.100.7', '198.51.100.7'],
  ['a closed socket has no address', undefined, '198.51.100.7', null],
];

for (const [is, socket, forwarded, client] of ROWS)
  test(is, (t) => {
    t.is(read(socket, forwarded), client);
  });

test('without trusted proxies the header is never read', (t) => {
  t.is(addressReader([])('10.1.2.3', '198.51.100.7'), '10.1.2.3');
});

test('clients of one IPv6 network of 64 bits share a key, others do not', (t) => {
  t.is(addressKey('2001:db8:1:2::1'), addressKey('2001:db8:1:2:ffff::9'));
  t.not(addressKey('2001:db8:1:2::1'), addressKey('2001:db8:1:3::1'));
  t.not(addressKey('192.0.2.1'), addressKey('192.0.2.2'));
});

test('a client may burst, then goes at its rate and is told how long to wait', (t) => {
  let now = 0;
  const limit = rateLimiter({ monotonic: () => now });
  const rate = { ratePerSecond: 0.5, rateBurst: 2 };
  limit('192.0.2.1', rate);
  limit('192.0.2.1', rate);
  const error = t.throws(() => limit('192.0.2.1', rate), { instanceOf: GatewayError });
  t.is(error.code, 'rate_limited');
  t.is(error.retryAfter, 2);
  limit('192.0.2.2', rate);
  now = 2000;
  t.notThrows(() => limit('192.0.2.1', rate));
  t.throws(() => limit('192.0.2.1', rate), { instanceOf: GatewayError });
});

test('a rate of 0 is no limit', (t) => {
  const limit = rateLimiter({ monotonic: () => 0 });
  for (let index = 0; index < 1000; index++) limit('192.0.2.1', { ratePerSecond: 0, rateBurst: 0 });
  t.pass();
});
