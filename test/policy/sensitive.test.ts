// Which pages count as sensitive when their address is made to be hard to read.

import test from 'ava';
import { isSensitive } from '../../src/policy/sensitive.ts';
import { site } from '../support/snapshot.ts';

const SITE = site({ sensitive: ['/health/**', '/**/a/**/b/*z'] });
const page = (url: string) => ({ url, title: null, referrer: null });

test('an address too long to be read might be any page', (t) => {
  t.true(isSensitive(page(`https://shop.example${'/a'.repeat(16_000)}`), SITE));
  t.false(isSensitive(page(`https://shop.example${'/a'.repeat(2000)}`), SITE));
});

test('a line break in a path hides nothing', (t) =>
  t.true(isSensitive(page('https://shop.example/health/x%0Ay'), SITE)));
