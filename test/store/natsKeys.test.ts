// Keys of facts become subjects that NATS takes, and come back as they were.

import test from 'ava';
import { assert, constantFrom, oneof, property, string } from 'fast-check';
import { decodeKey, encodeKey } from '../../src/store/jetstream/keys.ts';

/** What NATS takes as a key: tokens of these characters, none of them empty. */
const TAKEN = /^[-/_=a-zA-Z0-9]+(?:\.[-/_=a-zA-Z0-9]+)*$/;

const anyKey = oneof(
  string({ unit: 'binary' }),
  string({ unit: constantFrom('a', 'Z', '9', '-', '_', '/', '=', '.', '*', '>', ' ', '\0', 'é') }),
);

test('every key survives the way there and back, as a subject that NATS takes', (t) => {
  assert(
    property(anyKey, (key) => {
      const encoded = encodeKey(key);
      return TAKEN.test(encoded) && decodeKey(encoded) === key;
    }),
  );
  t.pass();
});

test('what no key becomes is no key', (t) => {
  assert(
    property(
      oneof(anyKey, string({ unit: constantFrom('=', '2', 'f', 'F', '.', 'a', '4', '1') })),
      (text) => {
        const key = decodeKey(text);
        return key === null || encodeKey(key) === text;
      },
    ),
  );
  t.is(decodeKey('=61'), null, 'an escape that is not needed');
  t.is(decodeKey('a..b'), null);
});

test('keys as the gateway makes them are readable', (t) => {
  t.is(encodeKey('denial/k1-Ab_9'), 'denial.k1-Ab_9');
  t.is(encodeKey(''), '=');
  t.is(encodeKey('a//b/'), 'a.=.b.=');
  t.is(encodeKey('a.b'), 'a=2eb');
});
