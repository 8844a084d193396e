// `/v1/tags` and the scripts of pages over HTTP: who may ask, what goes on, and what caches may keep.

import { gunzipSync } from 'node:zlib';
import { request } from 'node:http';
import test from 'ava';
import { GatewayError } from '../../src/core/errors.ts';
import type { TagsAsked } from '../../src/core/tags.ts';
import type { PublicPorts } from '../../src/http/ports.ts';
import { site, snapshot } from '../support/snapshot.ts';
import { ask, stage, start } from './fixture.ts';

const SHOP = 'https://shop.example';
const PERMITTED = {
  tags: [{ name: 'hotjar', src: 'https://static.hotjar.com/c/hotjar-1.js' }],
  recordings: [],
  refused: ['clarity'],
};

function asking(over: Partial<PublicPorts> = {}) {
  const questions: TagsAsked[] = [];
  const permittedTags = (asked: TagsAsked) => {
    questions.push(asked);
    return PERMITTED;
  };
  return { ...stage({ permittedTags, ...over }), questions };
}

test('a page of the site is told what its visitor permits, and no cache is', async (t) => {
  const { ports, questions } = asking();
  const reply = await ask(await start(t, ports), {
    path: '/v1/tags?page=%2Fboots&gdpr_consent=x',
    headers: {
      origin: SHOP,
      'sec-gpc': '1',
      'sec-fetch-site': 'same-site',
      cookie: 'session=secret; _ga=GA1.1.1.2; cc_cookie=x; sluis_consent=y',
    },
  });
  t.is(reply.status, 200);
  t.deepEqual(reply.json(), PERMITTED);
  t.is(reply.headers['cache-control'], 'no-store');
  t.is(reply.headers['access-control-allow-origin'], SHOP);
  t.is(reply.headers['access-control-allow-credentials'], 'true');
  t.regex(reply.headers.vary ?? '', /Origin.*Cookie.*Sec-GPC/);
  const [asked] = questions;
  t.is(asked?.site.name, 'shop');
  t.is(asked?.request.query, 'page=%2Fboots&gdpr_consent=x');
  t.is(asked?.request.headers['sec-gpc'], '1');
  t.is(asked?.request.headers['cookie'], undefined);
  t.deepEqual({ ...asked?.idCookies }, { _ga: ['GA1.1.1.2'] });
  t.deepEqual({ ...asked?.consentCookies }, { cc_cookie: ['x'], sluis_consent: ['y'] });
});

test('ids of a site that reads no cookies stay where they are', async (t) => {
  const config = snapshot({ sites: [site({ cookies: false })] });
  const { ports, questions } = asking({ snapshot: () => config });
  await ask(await start(t, ports), { path: '/v1/tags', headers: { origin: SHOP, cookie: '_ga=GA1.1.1.2' } });
  t.deepEqual({ ...questions[0]?.idCookies }, {});
});

test('a gateway on the address of the site is asked without an Origin', async (t) => {
  const { ports, questions } = asking();
  const port = await start(t, ports);
  for (const headers of [
    { host: 'shop.example', 'sec-fetch-site': 'same-origin', referer: `${SHOP}/boots` },
    { host: 'shop.example', 'sec-fetch-site': 'same-origin' },
    { host: 't.shop.example', referer: `${SHOP}/boots` },
  ])
    t.is((await ask(port, { path: '/v1/tags', headers })).status, 200, JSON.stringify(headers));
  t.is(questions.length, 3);
});

test('a write key tells sites of one origin apart', async (t) => {
  const config = snapshot({ sites: [site(), site({ name: 'twin', writeKey: 'twin-web' })] });
  const { ports, questions } = asking({ snapshot: () => config });
  const port = await start(t, ports);
  const headers = { origin: SHOP };
  t.is((await ask(port, { path: '/v1/tags', headers })).status, 401);
  t.is((await ask(port, { path: '/v1/tags?writeKey=twin-web', headers })).status, 200);
  t.is(questions[0]?.site.name, 'twin');
});

for (const [who, headers, status, code] of [
  ['a foreign page', { origin: 'https://evil.example' }, 401, 'unknown_site'],
  [
    'a foreign page with the key of the site',
    { origin: 'https://evil.example', key: 'shop-web' },
    403,
    'origin_not_allowed',
  ],
  [
    'a foreign page without an Origin',
    { host: 'shop.example', 'sec-fetch-site': 'cross-site', referer: 'https://evil.example/' },
    401,
    'unknown_site',
  ],
  ['nobody', {}, 401, 'unknown_site'],
] as const)
  test(`${who} is told nothing`, async (t) => {
    const { ports, questions } = asking();
    const { key, ...sent } = { key: '', ...headers };
    const reply = await ask(await start(t, ports), {
      path: `/v1/tags${key === '' ? '' : `?writeKey=${key}`}`,
      headers: sent,
    });
    t.is(reply.status, status);
    t.is(reply.json()['code'], code);
    t.is(reply.headers['access-control-allow-origin'], undefined);
    t.deepEqual(questions, []);
  });

test('a query that cannot be read is refused, readably', async (t) => {
  const { ports } = asking({
    permittedTags: () => {
      throw new GatewayError('unreadable_query', 'a parameter is not percent-encoded UTF-8');
    },
  });
  const reply = await ask(await start(t, ports), { path: '/v1/tags?page=%ff', headers: { origin: SHOP } });
  t.is(reply.status, 400);
  t.is(reply.headers['access-control-allow-origin'], SHOP);
});

test('only reading is possible, as a preflight says', async (t) => {
  const { ports, questions } = asking();
  const port = await start(t, ports);
  const preflight = await ask(port, { method: 'OPTIONS', path: '/v1/tags', headers: { origin: SHOP } });
  t.is(preflight.status, 204);
  t.is(preflight.headers['access-control-allow-methods'], 'GET, HEAD, OPTIONS');
  for (const method of ['POST', 'PUT', 'DELETE'])
    t.is((await ask(port, { method, path: '/v1/tags', headers: { origin: SHOP } })).status, 405, method);
  t.deepEqual(questions, []);
});

const SCRIPT = `console.log(${JSON.stringify('é'.repeat(2000))});`;
const scripts = [{ path: '/tags.js', body: Buffer.from(SCRIPT), maxAgeS: 300 }];

/** The bytes as they come. */
const bytesOf = (port: number, headers: Record<string, string>): Promise<{ bytes: Buffer; coding: string }> =>
  new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, path: '/tags.js', headers, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () =>
        resolve({ bytes: Buffer.concat(chunks), coding: answer.headers['content-encoding'] ?? '' }),
      );
    });
    call.on('error', reject);
    call.end();
  });

test('a script is for everybody, and kept for as long as it says', async (t) => {
  const { ports } = stage({ scripts });
  const port = await start(t, ports);
  const reply = await ask(port, { path: '/tags.js', headers: { origin: SHOP } });
  t.is(reply.status, 200);
  t.is(reply.text, SCRIPT);
  t.is(reply.headers['content-type'], 'text/javascript; charset=utf-8');
  t.is(reply.headers['cache-control'], 'public, max-age=300');
  t.is(reply.headers['cross-origin-resource-policy'], 'cross-origin');
  t.is(reply.headers['access-control-allow-origin'], SHOP);
  t.is(reply.headers['set-cookie'], undefined);
  t.is(reply.headers.vary, 'Origin, Accept-Encoding');
  const etag = reply.headers.etag ?? '';
  t.regex(etag, /^W\/"[\w-]{22}"$/);
  for (const known of [etag, `"other", ${etag}`, '*']) {
    const again = await ask(port, { path: '/tags.js', headers: { 'if-none-match': known } });
    t.is(again.status, 304, known);
    t.is(again.text, '');
    t.is(again.headers.etag, etag);
  }
  t.is((await ask(port, { path: '/tags.js', headers: { 'if-none-match': '"other"' } })).status, 200);
  t.is((await ask(port, { method: 'POST', path: '/tags.js' })).status, 405);
});

test('a script is compressed for those who take it so', async (t) => {
  const { ports } = stage({ scripts });
  const port = await start(t, ports);
  for (const header of ['gzip', 'br, GZIP;q=0.5']) {
    const { bytes, coding } = await bytesOf(port, { 'accept-encoding': header });
    t.is(coding, 'gzip', header);
    t.true(bytes.length < 200);
    t.is(gunzipSync(bytes).toString(), SCRIPT);
  }
  for (const header of ['br', 'gzip;q=0', 'x-gzip', ''])
    t.is((await bytesOf(port, { 'accept-encoding': header })).coding, '', header);
});
