import type { LookupFunction } from 'node:net';
import test from 'ava';
import { Sender } from '../../src/delivery/send.ts';
import { isPublicAddress, publicLookup, sharedLookup } from '../../src/delivery/guard.ts';
import { evenRandom, ok, permitted, realClock, recordingLog, request, vendor } from './support.ts';

const PRIVATE = [
  '0.0.0.0',
  '0.1.2.3',
  '10.0.0.1',
  '100.64.0.1',
  '127.0.0.1',
  '127.255.255.254',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.1',
  '192.0.2.1',
  '192.168.1.1',
  '198.18.0.1',
  '198.51.100.7',
  '203.0.113.9',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::127.0.0.1',
  '::ffff:127.0.0.1',
  '::ffff:10.0.0.1',
  '::ffff:7f00:1',
  '64:ff9b::7f00:1',
  '64:ff9b::10.0.0.1',
  '64:ff9b:1::1',
  '100::1',
  '2001:db8::1',
  '2001::1',
  '2002:7f00:1::',
  '2002:808:808::1',
  'fc00::1',
  'fd12:3456::1',
  'fe80::1',
  'fe80::1%eth0',
  'fec0::1',
  'ff02::1',
  '4000::1',
  '',
  'localhost',
  'vendor.example',
];
const PUBLIC = [
  '8.8.8.8',
  '172.32.0.1',
  '100.128.0.1',
  '::ffff:8.8.8.8',
  '64:ff9b::808:808',
  '2606:4700::1111',
];

for (const address of PRIVATE)
  test(`\`${address}\` is not on the public internet`, (t) => t.false(isPublicAddress(address)));
for (const address of PUBLIC) test(`\`${address}\` is`, (t) => t.true(isPublicAddress(address)));

const answering =
  (...addresses: readonly string[]): LookupFunction =>
  (_hostname, _options, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );

test('of a name with both, only the public addresses are tried', async (t) => {
  const found = await new Promise((resolve) => {
    publicLookup(answering('10.0.0.1', '8.8.8.8', '::1'))('v.example', { all: true }, (_, all) =>
      resolve(all),
    );
  });
  t.deepEqual(found, [{ address: '8.8.8.8', family: 4 }]);
});

test('lookups of one name that come together ask once; a later one asks again', (t) => {
  const asked: string[] = [];
  const answers: (() => void)[] = [];
  const lookup = sharedLookup((hostname, _options, callback) => {
    asked.push(hostname);
    answers.push(() => callback(null, '8.8.8.8', 4));
  });
  const heard: unknown[] = [];
  const ask = (name: string): void => lookup(name, {}, (_error, address) => heard.push([name, address]));
  ['a.example', 'a.example', 'b.example'].forEach(ask);
  t.deepEqual(asked, ['a.example', 'b.example']);
  answers.forEach((answer) => answer());
  t.is(heard.length, 3);
  ask('a.example');
  t.is(asked.length, 3);
});

function sender(over: { allowPrivate?: boolean; lookup?: LookupFunction }): Sender {
  return new Sender({
    destination: 'ga4',
    timeoutMs: 2000,
    connections: 1,
    allowPrivate: false,
    clock: realClock,
    random: evenRandom,
    log: recordingLog().log,
    ...over,
  });
}

/** An entry that names a public address when it is judged and a private one when it is used. */
const rebinding: LookupFunction = (_hostname, _options, callback) => {
  let reads = 0;
  const entry = {
    family: 4,
    get address(): string {
      reads += 1;
      return reads === 1 ? '8.8.8.8' : '127.0.0.1';
    },
  };
  callback(null, [entry]);
};

const CASES: readonly (readonly [string, (port: string) => string, LookupFunction?])[] = [
  ['an IPv4 literal', (port) => `http://127.0.0.1:${port}/`],
  ['a decimal literal', (port) => `http://2130706433:${port}/`],
  ['a short literal', (port) => `http://127.1:${port}/`],
  ['an IPv4-mapped literal', (port) => `http://[::ffff:127.0.0.1]:${port}/`],
  ['localhost', (port) => `http://localhost:${port}/`],
  ['a name that resolves to loopback', (port) => `http://vendor.example:${port}/`, answering('127.0.0.1')],
  [
    'a name that resolves to a mapped address',
    (port) => `http://vendor.example:${port}/`,
    answering('::ffff:127.0.0.1'),
  ],
  ['a name that is rebound after it was judged', (port) => `http://vendor.example:${port}/`, rebinding],
];

for (const [name, address, lookup] of CASES)
  test(`nothing is sent to ${name}`, async (t) => {
    const { url, taken, connections } = await vendor(t, ok);
    const to = sender(lookup === undefined ? {} : { lookup });
    t.teardown(() => to.close());
    const sent = await to.send(request({ url: address(new URL(url).port) }), [permitted('a')]);
    t.deepEqual(sent, { failure: { written: false, code: 'private_address' } });
    t.is(taken.length, 0);
    if (lookup !== rebinding) t.is(connections(), 0, 'not even a connection is made');
  });

test('with private endpoints allowed, the same name is sent to', async (t) => {
  const { url, taken } = await vendor(t, ok);
  const to = sender({ allowPrivate: true, lookup: answering('127.0.0.1') });
  t.teardown(() => to.close());
  const sent = await to.send(request({ url: `http://vendor.example:${new URL(url).port}/` }), [
    permitted('a'),
  ]);
  t.true('reply' in sent);
  t.is(taken[0]?.headers.host, `vendor.example:${new URL(url).port}`);
});
