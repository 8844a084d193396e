// The keyed digests are HMAC-SHA-256 as the platform makes it, whatever the message.

import * as fc from 'fast-check';
import { createHmac, hash } from 'node:crypto';
import test from 'ava';
import { MacKey } from '../../src/identity/mac.ts';

test('a MAC is the platform’s own HMAC-SHA-256 of the same key and text', (t) => {
  const text = fc.oneof(
    fc.string({ maxLength: 80 }),
    fc.string({ unit: 'binary', maxLength: 400 }),
    fc.string({ minLength: 300, maxLength: 3000 }),
    fc.constant('half a pair \ud800 and \udc00'),
  );
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), text, (key, message) => {
      const mac = new MacKey(key);
      for (const encoding of ['hex', 'base64url'] as const)
        if (mac.of(message, encoding) !== createHmac('sha256', key).update(message).digest(encoding))
          return false;
      return true;
    }),
    { numRuns: 300 },
  );
  t.throws(() => new MacKey(new Uint8Array(65)), { instanceOf: RangeError });
});

test('keys used by turns do not disturb each other', (t) => {
  const [one, other] = [new MacKey(Buffer.from('one')), new MacKey(Buffer.from('other'))];
  const made = one.of('a message', 'hex');
  other.of('a much longer message than the first, which would leave its end behind', 'hex');
  t.is(one.of('a message', 'hex'), made);
});

test('what one key opened another closes, under itself alone', (t) => {
  const [first, second, third] = [1, 2, 3].map((byte) => new MacKey(new Uint8Array(64).fill(byte)));
  const opened = first?.open('a message') ?? '';
  const pad = (byte: number, by: number): Buffer => Buffer.alloc(64, byte ^ by);
  const inner = hash('sha256', Buffer.concat([pad(1, 0x36), Buffer.from('a message')]), 'buffer');
  t.is(opened, inner.toString('latin1'));
  t.is(second?.close(opened, 'hex'), hash('sha256', Buffer.concat([pad(2, 0x5c), inner]), 'hex'));
  t.not(second?.close(opened, 'hex'), third?.close(opened, 'hex'));
});
