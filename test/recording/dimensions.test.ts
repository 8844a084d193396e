// Facts about page, browser and visit: what of each may leave.

import * as fc from 'fast-check';
import test from 'ava';
import type { RecordingRules } from '../../src/core/recording.ts';
import { clarity } from '../../src/recording/clarity.ts';
import { coarseUserAgent } from '../../src/recording/clarity/userAgent.ts';
import { OPEN, cleaned, read, rules, upload } from './captures.ts';

const MAIL = 'erika.mustermann@example.org';
const balanced = rules({ text: 'balanced' });

/** What is left of the values of one dimension. */
const left = (id: unknown, values: unknown, given: RecordingRules = balanced): unknown =>
  read(cleaned(upload([[1, 1, id, values]]), given).body).a[0]?.[3];

const CHROME =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36';

test('facts in their forms stay', (t) => {
  for (const [id, value] of [
    [0, CHROME],
    [1, 'http://shop.example:8099/kasse'],
    [2, 'https://search.example'],
    [4, 'cdn.example:8443'],
    [5, 'Product'],
    [7, 'InStock'],
    [9, 'de-DE'],
    [13, 'EUR'],
    [16, 'de'],
    [17, 'rtl'],
    [22, 'Linux'],
    [23, '10.0.0'],
    [24, 'Not:A-Brand~8'],
    [26, '1.25'],
    [27, '4g'],
    [28, '0'],
    [29, '2'],
    [31, '641hhpg22.2b7qj6uzy'],
    [33, 'https://shop.example'],
    [34, 'Europe/Berlin'],
    [34, 'America/Argentina/Buenos_Aires'],
    [35, '-60'],
    [36, '2'],
    [38, 'false'],
  ] as const)
    t.deepEqual(left(id, [value]), [value], `${id}`);
});

test('what has not the form of its dimension does not leave, nor what has no dimension', (t) => {
  for (let id = -1; id < 310; id++) {
    for (const value of [MAIL, `x ${MAIL}`, '4111111111111111', 'DE89370400440532013000'])
      t.notRegex(JSON.stringify(left(id, [value]) ?? ''), /erika|4111111|DE8937/i, `${id}`);
    if (id < 0 || id > 38) t.is(left(id, ['x']), undefined);
  }
  for (const id of [MAIL, '3', null, 1.5, [3], 4111111111111111]) t.is(left(id, ['x']), undefined);
  for (const values of ['x', null, 3, [[MAIL]], [3], [null], []]) t.is(left(3, values), undefined);
  t.is(
    left(
      3,
      Array.from({ length: 200 }, () => 'x'),
    ),
    undefined,
  );
});

test('no form has room for a number that says who somebody is', (t) => {
  const forms = [9, 16, 17, 22, 23, 24, 26, 27, 29, 30, 31, 32, 34, 35, 36, 37, 38];
  const numbers = ['41111111', '-41111111', '4.1111111', '0301234567', 'de-41111111-11111111', 'Win41111111', 'A~41111111', 'a.41111111', 'GMT+41111111', '41.111.111.1']; // prettier-ignore
  for (const id of forms)
    for (const value of numbers)
      t.notRegex(JSON.stringify(left(id, [value], OPEN) ?? ''), /4\.?1\.?11111|0301234/, `${id}`);
  t.deepEqual(left(26, ['1.100000023841858']), ['1.1']);
});

test('pairs that stay keep their order, and an odd one takes the event along', (t) => {
  const event = [1, 1, 22, ['Linux'], 500, ['x'], 36, ['1']];
  t.deepEqual(read(cleaned(upload([event])).body).a[0], [1, 1, 22, ['Linux'], 36, ['1']]);
  t.deepEqual(read(cleaned(upload([[...event, 3]])).body).a, []);
});

test('titles are masked, or scrubbed where the route lets text through', (t) => {
  for (const id of [3, 6, 8, 10, 11, 12, 18, 20]) {
    t.deepEqual(left(id, ['Danke Erika'], rules()), ['••••• •••• ••••']);
    t.deepEqual(left(id, [`Danke ${MAIL}`]), [`Danke ${'▪'.repeat(MAIL.length)}`]);
  }
});

test('addresses and referrers are cleaned as everywhere', (t) => {
  t.deepEqual(left(1, [`http://shop.example:8099/k?utm_source=nl&mail=${MAIL}#x`]), [
    'http://shop.example:8099/k?utm_source=nl',
  ]);
  t.deepEqual(left(2, [`http://shop.example:8099/login?user=${MAIL}`]), ['http://shop.example:8099/login']);
  t.deepEqual(left(2, [`https://search.example/results?q=${MAIL}`]), ['https://search.example']);
  t.deepEqual(left(2, ['']), ['']);
});

test('hosts and origins that could single out are left out of the list', (t) => {
  t.deepEqual(left(4, ['cdn.example', 'u-9f0c21ab77.example.com', MAIL, 'a b']), ['cdn.example']);
  t.deepEqual(left(33, ['https://a.example', `https://${MAIL}`, 'https://a.example/x?y']), [
    'https://a.example',
  ]);
});

test('the tab has a pairwise id, and the day of the first visit is not told', (t) => {
  const tab = left(15, ['monj0q'], OPEN);
  t.deepEqual(tab, ['ptq0jno']);
  t.deepEqual(left(15, ['Not-a-tab']), undefined);
  t.deepEqual(left(28, ['20406']), ['0']);
});

test('model and version of the device leave only with the whole user agent', (t) => {
  t.deepEqual(left(23, ['15.2.1']), ['15.0.0']);
  t.deepEqual(left(25, ['SM-S908B']), ['']);
  t.deepEqual(left(23, ['15.2.1'], OPEN), ['15.2.1']);
  t.deepEqual(left(25, ['SM-S908B'], OPEN), ['SM-S908B']);
});

const PHONE =
  'Mozilla/5.0 (Linux; Android 14; SM-S908B Build/UP1A.231005.007; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/126.0.6478.71 Mobile Safari/537.36 ShopApp/3.1 (id 8812aa)';
const AGENTS: Readonly<Record<string, string>> = {
  [CHROME]: CHROME,
  [PHONE]:
    'Mozilla/5.0 (Linux; Android 14; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/126.0.0.0 Mobile Safari/537.36',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1':
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4.1 Safari/605.1.15':
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0.0 Safari/605.1.15',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0':
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.2592.87':
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0',
  [MAIL]: 'Mozilla/5.0',
  'curl/8.5.0': 'Mozilla/5.0',
  [`Mozilla/5.0 (${MAIL}) Erika/4111.1`]: 'Mozilla/5.0',
};

test('user agents keep browser, system and major versions', (t) => {
  for (const [agent, coarse] of Object.entries(AGENTS)) {
    t.is(coarseUserAgent(agent), coarse);
    t.is(coarseUserAgent(coarse), coarse);
  }
});

test('a whole user agent leaves if the route says so, without what else stands in it', (t) => {
  t.deepEqual(left(0, [PHONE], OPEN), [PHONE]);
  const [agent] = left(0, [`${CHROME} (${MAIL}; 4111111111111111)`], OPEN) as [string];
  t.true(agent.startsWith(CHROME));
  t.notRegex(agent, /erika|4111/);
});

test('no user agent is read in more than its length, or gains anything', (t) => {
  fc.assert(
    fc.property(
      fc.string({ maxLength: 300, unit: 'binary' }),
      fc.string({ maxLength: 300 }),
      (system, products) => {
        const coarse = coarseUserAgent(`Mozilla/5.0 (${system}) ${products}`);
        t.true(coarse.startsWith('Mozilla/5.0'));
        t.regex(coarse, /^[\w ./();:,-]*$/);
      },
    ),
  );
});

test('a title that comes once something may have been typed may say that, and is masked', (t) => {
  const memory = clarity.begin();
  const page = [0, 5, 1, 'HTML', 2, 1, 'BODY', 3, 2, 'INPUT', 'type=search'];
  const titled = (title: string): readonly unknown[] => [20, 1, 3, [title]];
  const title = (body: string): unknown => read(cleaned(body, balanced, memory).body).a.at(-1)?.[3];
  t.deepEqual(title(upload([titled('Suche')], [page])), ['Suche']);
  const used = [10, 27, 3, '\u2022\u2022\u2022\u2022\u2022', 1];
  t.notRegex(JSON.stringify(title(upload([used, titled('Suche: Erika')]))), /Suche|Erika/);
  t.notRegex(JSON.stringify(title(upload([titled('Suche: Erika Muster')]))), /Suche|Erika/);
  const unseen = cleaned(upload([titled('Suche: Erika')]), balanced, clarity.unseen()).body;
  t.notRegex(unseen ?? '', /Suche|Erika/);
});
