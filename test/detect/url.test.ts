// What is left of an address.

import test from 'ava';
import { scanText } from '../../src/detect/scan.ts';
import type { UrlRules } from '../../src/detect/url.ts';
import { cleanLocal, cleanReferrer, cleanUrl } from '../../src/detect/url.ts';

const rules = (over: Partial<UrlRules> = {}): UrlRules => ({
  query: [],
  origins: ['https://shop.example'],
  scan: (text) => scanText(text),
  scanNamed: (_, value) => scanText(value),
  ...over,
});

const SHOP = 'https://shop.example';

const CLEANED: readonly (readonly [string, string | null])[] = [
  ['/', '/'],
  ['/products/boots/red-winter-boots', '/products/boots/red-winter-boots'],
  ['/p/8712345678906', '/p/8712345678906'],
  ['/blog/2026/11/20/ten-boots', '/blog/2026/11/20/ten-boots'],
  ['/reset/0b5f8a52-6d3e-4c1a-9d7b-2f1e0c9a8b77', '/reset/:id'],
  ['/reset/9f0c1c0a6f2b4d7d8f2a1e3c5b7d9e0f/now', '/reset/:id/now'],
  ['/x/a8Kd02LmPq9s', '/x/:id'],
  ['/x/123456789012345678901', '/x/:id'],
  ['/u/jan@mail.example', '/u/:id'],
  ['/u/jan%40mail.example', '/u/:id'],
  ['/u/amFuQG1haWwuZXhhbXBsZQ==', '/u/:id'],
  ['/users/42/edit', '/users/:id/edit'],
  ['/order/A-1001/thanks', '/order/:id/thanks'],
  ['/page;jsessionid=1A2B', '/:id'],
  ['/a?utm_source=news&gclid=abc&x=1#frag', '/a?utm_source=news'],
  ['/a?utm_source=jan%40mail.example', '/a'],
  ['/a?utm_campaign=Winter+sale%21', '/a?utm_campaign=Winter+sale!'],
  ['/a?utm_=x&UTM_SOURCE=y', '/a'],
  ['/a?_gl=1*1abcd2*_ga*MTgzNzQwMjkxNS4xNzYzOTAwMDAx', '/a'],
  ['/a?utm_term=%E0%A4%A', '/a'],
  ['/a#access_token=abc', '/a'],
];

test('keeps path words and campaign words, removes the rest', (t) => {
  for (const [from, to] of CLEANED)
    t.is(cleanUrl(SHOP + from, rules()).value, to === null ? null : SHOP + to, from);
});

test('keeps a query name the route lists, unless its value gives something away or the name is a vendor’s', (t) => {
  const listed = rules({ query: ['q', 'size', 'gclid'] });
  const url = `${SHOP}/s?size=42&q=jan%40mail.example&gclid=abc&other=1`;
  t.is(cleanUrl(url, listed).value, `${SHOP}/s?size=42`);
});

test('user information goes', (t) => {
  t.is(cleanUrl('https://jan:secret@shop.example/a', rules()).value, 'https://shop.example/a');
});

test('what is no web address is nothing', (t) => {
  for (const url of [
    '',
    'boots',
    '/relative',
    'javascript:alert(1)',
    'data:text/html,x',
    'https://',
    'android-app://x.example',
    `https://shop.example/${'a'.repeat(9000)}`,
  ])
    t.is(cleanUrl(url, rules()).value, null, url.slice(0, 40));
});

test('a host that holds an id is not told', (t) => {
  t.is(cleanUrl('https://user123token.shop.example/a', rules()).value, null);
  t.is(cleanUrl('https://198.51.100.7/a', rules()).value, null);
  t.is(cleanUrl('https://31655550199.shop.example/a', rules()).value, null);
  t.is(cleanUrl('https://316-5555-0199.shop.example/a', rules()).value, null);
  t.is(cleanUrl('https://1-ga-mzi0njk1ndk3mtmymw.shop.example/a', rules()).value, null);
  t.is(cleanUrl('https://tel-31655550199.shop.example/a', rules()).value, null);
  t.is(cleanUrl('https://shop24.shop.example/a', rules()).value, 'https://shop24.shop.example/a');
  t.is(cleanUrl('https://0b5f8a52-6d3e-4c1a-9d7b-2f1e0c9a8b77.shop.example/', rules()).value, null);
  t.is(cleanReferrer('https://a1b2c3d4e5f6a7b8.mail.example/', null, rules()).value, null);
  t.is(cleanUrl('https://www.shop.example/a', rules()).value, 'https://www.shop.example/a');
});

test('the host of a listed origin is config and stays whatever it looks like', (t) => {
  const origin = 'https://shop2026token.example';
  t.is(cleanUrl(`${origin}/a`, rules({ origins: [origin] })).value, `${origin}/a`);
});

test('a referrer of another site is its origin, of the same site a cleaned address', (t) => {
  const page = `${SHOP}/b`;
  t.deepEqual(cleanReferrer('https://search.example/results?q=boots+jan', page, rules()), {
    value: 'https://search.example',
    rules: ['cross_site_referrer'],
  });
  t.is(cleanReferrer(`${SHOP}/a?x=1`, page, rules()).value, `${SHOP}/a`);
  t.is(cleanReferrer('https://www.shop.example/a', page, rules()).value, 'https://www.shop.example');
  t.is(cleanReferrer('no address', page, rules()).value, null);
});

test('a result that is too long loses its query, then its path', (t) => {
  const query = Array.from(
    { length: 12 },
    (_, i) => `utm_${'abcdefghijkl'[i] ?? 'x'}=${'word '.repeat(18).trim().replaceAll(' ', '+')}`,
  );
  t.is(cleanUrl(`${SHOP}/a?${query.join('&')}`, rules()).value, `${SHOP}/a`);
  t.is(cleanUrl(`${SHOP}/${'boots/'.repeat(200)}`, rules()).value, SHOP);
});

test('cleaning a clean address changes nothing', (t) => {
  for (const [from] of CLEANED) {
    const once = cleanUrl(SHOP + from, rules()).value;
    t.is(cleanUrl(once ?? SHOP, rules()).value, once ?? SHOP, from);
  }
});

test('an address without a host keeps its path, cleaned, and is not resolved', (t) => {
  const local = (address: string) => cleanLocal(address, rules()).value;
  t.is(local('../a/./b.html?x=1#y'), '../a/./b.html');
  t.is(local('/users/42'), '/users/:id');
  t.is(local('jan%40mail.example'), ':id');
  t.is(local('?x=1'), '');
  for (const wrong of ['a b', '\\\\host\\x', '/<x>', `/${'x/'.repeat(600)}`, 'x'.repeat(9000)])
    t.is(local(wrong), null);
  t.deepEqual(cleanLocal('/a?b', rules()).rules, ['url_query']);
  t.deepEqual(cleanLocal('/a#b', rules()).rules, ['url_fragment']);
});

test('a file may be named by the digest of what it holds where the rules say so, a folder may not', (t) => {
  const digest = '8f3c2d1e9a7b44d0aa11';
  const files = rules({ files: /^[\w.-]+\.css$/ });
  t.is(cleanUrl(`${SHOP}/s/main.${digest}.css`, files).value, `${SHOP}/s/main.${digest}.css`);
  t.is(cleanUrl(`${SHOP}/s/main.${digest}.css`, rules()).value, `${SHOP}/s/:id`);
  t.is(cleanUrl(`${SHOP}/${digest}/main.css`, files).value, `${SHOP}/:id/main.css`);
  t.is(cleanUrl(`${SHOP}/s/main.${digest}.png`, files).value, `${SHOP}/s/:id`);
  t.is(cleanUrl(`${SHOP}/s/4111111111111111.css`, files).value, `${SHOP}/s/:id`);
});
