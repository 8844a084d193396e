// Only named cookies go on, with their values raw.

import test from 'ava';
import { growth } from '../support/growth.ts';
import { cookieSorter } from '../../src/http/cookies.ts';

const sort = cookieSorter((name) => name === 'cc_cookie');

test('ids and consent cookies are told apart and everything else stays behind', (t) => {
  const { ids, consent } = sort(
    'session=secret; _ga=GA1.1.1837402915.1763900001; _ga_ABC123=GS1.1.1763900001.1.0; cc_cookie=%7B%7D; sluis_consent=abc; cart=7',
  );
  t.deepEqual({ ...ids }, { _ga: ['GA1.1.1837402915.1763900001'], _ga_ABC123: ['GS1.1.1763900001.1.0'] });
  t.deepEqual({ ...consent }, { cc_cookie: ['%7B%7D'], sluis_consent: ['abc'] });
});

test('a name that comes twice keeps both values, in order', (t) => {
  t.deepEqual(sort('cc_cookie=a;cc_cookie=b').consent['cc_cookie'], ['a', 'b']);
});

test('values keep their equals signs and quotes', (t) => {
  t.deepEqual(sort('cc_cookie="a=b=="').consent['cc_cookie'], ['"a=b=="']);
});

test('odd headers give nothing and break nothing', (t) => {
  const all = cookieSorter(() => true);
  for (const header of [undefined, '', ';;;', '=x', 'novalue', ' ; = ; ', `${'n'.repeat(200)}=1`])
    t.deepEqual({ ...all(header).consent }, {}, String(header));
  t.deepEqual(all('__proto__=1').consent['__proto__'], ['1']);
  t.deepEqual(all('_ga=').ids['_ga'], ['']);
});

test('a header full of small cookies is one pass', (t) => {
  const header = (length: number) => Array.from({ length }, (_, index) => `a${index}=`).join(';');
  t.true(growth(header, sort, 1500) < 10);
});
