// The visitor's consent record: issued, read back, taken away, and who may do that.

import test from 'ava';
import { notice, NOW, snapshot } from '../support/snapshot.ts';
import { GatewayError } from '../../src/core/errors.ts';
import { ask, records, stage, start } from './fixture.ts';
import type { Ask } from './fixture.ts';

const SHOP = 'https://shop.example';
const JSON_TYPE = 'application/json';

const put = (body: unknown, headers: Record<string, string> = {}): Ask => ({
  method: 'PUT',
  path: '/v1/consent',
  headers: { origin: SHOP, 'content-type': JSON_TYPE, ...headers },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

const recordIn = (token: unknown) => records.open(String(token));

test('a choice becomes a signed record, in the answer and in a cookie', async (t) => {
  const { ports, changes } = stage();
  const reply = await ask(await start(t, ports), put({ purposes: { analytics: true, profiling: true } }));
  t.is(reply.status, 200);
  const { record, ...rest } = reply.json();
  t.deepEqual(rest, {
    notice: '2026-05',
    givenAt: new Date(NOW).toISOString(),
    purposes: { analytics: true, profiling: true },
  });
  t.deepEqual(recordIn(record), {
    id: Buffer.alloc(16, 7).toString('base64url'),
    site: 'shop',
    notice: '2026-05',
    givenAt: NOW,
    purposes: { analytics: true, profiling: true },
  });
  t.deepEqual(reply.headers['set-cookie'], [
    `sluis_consent=${String(record)}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax; Secure`,
  ]);
  t.is(reply.headers['cache-control'], 'no-store');
  t.is(reply.headers['access-control-allow-origin'], SHOP);
  t.is(reply.headers['access-control-allow-credentials'], 'true');
  t.deepEqual(changes, []);
});

test('on plain http in the trial the cookie is not marked Secure', async (t) => {
  const { ports } = stage({ secureCookies: false });
  const reply = await ask(await start(t, ports), put({ purposes: { analytics: true } }));
  t.regex(reply.headers['set-cookie']?.[0] ?? '', /SameSite=Lax$/);
});

test('a refusal is told on with the ids of the visitor before the answer', async (t) => {
  const { ports, changes } = stage();
  const cookie = 'session=secret; _ga=GA1.1.1.2; cc_cookie=x';
  const reply = await ask(
    await start(t, ports),
    put({ purposes: { analytics: true, marketing: false, profiling: false } }, { cookie }),
  );
  t.is(reply.status, 200);
  t.is(changes.length, 1);
  t.is(changes[0]?.site.name, 'shop');
  t.is(changes[0]?.at, NOW);
  t.deepEqual(changes[0]?.denied, ['marketing', 'profiling']);
  t.deepEqual({ ...changes[0]?.idCookies }, { _ga: ['GA1.1.1.2'] });
  t.deepEqual({ ...changes[0]?.consentCookies }, { cc_cookie: ['x'] });
});

test('a refusal that cannot be told on is not acknowledged', async (t) => {
  const { ports } = stage({
    consentChanged: () => Promise.reject(new GatewayError('store_unavailable', 'the store does not answer')),
  });
  const reply = await ask(await start(t, ports), put({ purposes: { marketing: false } }));
  t.is(reply.status, 503);
  t.truthy(reply.headers['retry-after']);
  t.is(reply.headers['set-cookie'], undefined);
  t.is(reply.headers['access-control-allow-origin'], SHOP);
});

test('an older notice may be named, a future or unknown one may not', async (t) => {
  const notices = [
    notice({ id: 'old', from: NOW - 1000 }),
    notice({ id: 'now', from: NOW - 10 }),
    notice({ id: 'next', from: NOW + 1000 }),
  ];
  const config = snapshot({ notices });
  const { ports } = stage({ snapshot: () => config });
  const port = await start(t, ports);
  const purposes = { analytics: true };
  t.is((await ask(port, put({ purposes }))).json()['notice'], 'now');
  t.is((await ask(port, put({ purposes, notice: null }))).json()['notice'], 'now');
  t.is((await ask(port, put({ purposes, notice: 'old' }))).json()['notice'], 'old');
  for (const named of ['next', 'never', 7, {}, '__proto__']) {
    const reply = await ask(port, put({ purposes, notice: named }));
    t.is(reply.status, 400, JSON.stringify(named));
    t.is(reply.json()['code'], 'invalid_consent');
  }
});

test('without a notice in force no record is issued', async (t) => {
  const config = snapshot({ notices: [] });
  const { ports } = stage({ snapshot: () => config });
  t.is((await ask(await start(t, ports), put({ purposes: { analytics: true } }))).status, 400);
});

for (const [is, body, status, code] of [
  ['an unknown purpose', { purposes: { world_domination: true } }, 400, 'invalid_consent'],
  ['a name of the prototype', '{"purposes":{"__proto__":true}}', 400, 'invalid_consent'],
  ['no purpose', { purposes: {} }, 400, 'invalid_consent'],
  ['an answer that is neither', { purposes: { analytics: 'yes' } }, 400, 'unreadable_body'],
  ['purposes as a list', { purposes: ['analytics'] }, 400, 'unreadable_body'],
  ['no object', '[]', 400, 'unreadable_body'],
  ['no JSON', '{', 400, 'unreadable_body'],
  ['nothing', '', 400, 'unreadable_body'],
  ['bytes that are no UTF-8', '\xff', 400, 'unreadable_body'],
  ['more than a choice can take', `"${'x'.repeat(20_000)}"`, 413, 'body_too_large'],
] as const)
  test(`a body with ${is} is refused`, async (t) => {
    const { ports, changes } = stage();
    const ask_ = put(body);
    const bytes = body === '\xff' ? Buffer.from([0xff]) : (ask_.body ?? '');
    const reply = await ask(await start(t, ports), { ...ask_, body: bytes });
    t.is(reply.status, status);
    t.is(reply.json()['code'], code);
    t.is(reply.headers['set-cookie'], undefined);
    t.deepEqual(changes, []);
  });

test('only JSON is taken, as forms of other sites cannot send it', async (t) => {
  const { ports } = stage();
  const port = await start(t, ports);
  const good = { purposes: { analytics: true } };
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', '']) {
    const reply = await ask(port, put(good, { 'content-type': type }));
    t.is(reply.status, 415, type);
    t.is(reply.json()['code'], 'unsupported_media_type');
  }
  t.is((await ask(port, put(good, { 'content-type': 'Application/JSON; charset=utf-8' }))).status, 200);
});

test('consent is changed from a listed origin only', async (t) => {
  const { ports, changes } = stage();
  const port = await start(t, ports);
  const body = JSON.stringify({ purposes: { analytics: true } });
  for (const method of ['PUT', 'DELETE'])
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { host: 'shop.example', referer: `${SHOP}/` },
      { authorization: `Basic ${Buffer.from('shop-server-key:').toString('base64')}` },
    ]) {
      const content = { 'content-type': JSON_TYPE, 'content-length': String(body.length) };
      const reply = await ask(port, {
        method,
        path: '/v1/consent',
        headers: { ...content, ...headers },
        body,
      });
      t.is(reply.status, 403, JSON.stringify(headers));
      t.is(reply.json()['code'], 'origin_not_allowed');
      t.is(reply.headers['access-control-allow-origin'], undefined);
    }
  t.deepEqual(changes, []);
});

test('a write key tells sites of one origin apart', async (t) => {
  const config = snapshot();
  const [shop] = config.sites;
  t.truthy(shop);
  const sites = shop === undefined ? [] : [shop, { ...shop, name: 'twin', writeKey: 'twin-web' }];
  const twins = { ...config, sites };
  const { ports } = stage({ snapshot: () => twins });
  const port = await start(t, ports);
  const call = put({ purposes: { analytics: true } });
  t.is((await ask(port, call)).status, 401);
  const reply = await ask(port, { ...call, path: '/v1/consent?writeKey=twin-web' });
  t.is(recordIn(reply.json()['record'])?.site, 'twin');
});

const record = (over = {}) =>
  records.issue({
    id: 'r1',
    site: 'shop',
    notice: '2026-05',
    givenAt: NOW - 5000,
    purposes: { analytics: true },
    ...over,
  });

test('the record is read back from the cookie or a bearer token', async (t) => {
  const { ports } = stage();
  const port = await start(t, ports);
  const token = record();
  for (const headers of [
    { cookie: `sluis_consent=${token}` },
    { authorization: `Bearer ${token}` },
    { cookie: `sluis_consent=${token}`, origin: SHOP },
    { cookie: `sluis_consent=junk; sluis_consent=${token}; sluis_consent=${record({ givenAt: 1 })}` },
  ]) {
    const reply = await ask(port, { path: '/v1/consent', headers });
    t.is(reply.status, 200);
    t.is(reply.headers['cache-control'], 'no-store');
    t.like(reply.json(), { record: token, notice: '2026-05', purposes: { analytics: true } });
  }
});

test('what is not a record of this gateway and this page reads as none', async (t) => {
  const { ports } = stage();
  const port = await start(t, ports);
  const none = { record: null, notice: null, givenAt: null, purposes: {} };
  for (const headers of [
    {},
    { cookie: 'sluis_consent=junk' },
    { cookie: `sluis_consent=${record({ site: 'gone' })}` },
    { authorization: `Bearer ${'a'.repeat(5000)}` },
    { authorization: `Basic ${record()}` },
  ]) {
    const reply = await ask(port, { path: '/v1/consent', headers });
    t.is(reply.status, 200);
    t.deepEqual(reply.json(), none);
  }
});

test('a foreign page cannot read the record, nor can a page of another site', async (t) => {
  const config = snapshot();
  const [shop] = config.sites;
  const sites =
    shop === undefined ? [] : [shop, { ...shop, name: 'blog', origins: ['https://blog.example'] }];
  const both = { ...config, sites };
  const { ports } = stage({ snapshot: () => both });
  const port = await start(t, ports);
  const cookie = `sluis_consent=${record()}`;
  const foreign = await ask(port, {
    path: '/v1/consent',
    headers: { cookie, origin: 'https://evil.example' },
  });
  t.is(foreign.status, 403);
  t.false(foreign.text.includes(record()));
  const other = await ask(port, { path: '/v1/consent', headers: { cookie, origin: 'https://blog.example' } });
  t.is(other.json()['record'], null);
});

test('taking the record away expires the cookie and says no to everything', async (t) => {
  const { ports, changes } = stage();
  const reply = await ask(await start(t, ports), {
    method: 'DELETE',
    path: '/v1/consent',
    headers: { origin: SHOP, cookie: `_ga=GA1.1.1.2; sluis_consent=${record()}` },
  });
  t.is(reply.status, 204);
  t.is(reply.text, '');
  t.deepEqual(reply.headers['set-cookie'], [
    'sluis_consent=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure',
  ]);
  t.is(reply.headers['cache-control'], 'no-store');
  t.deepEqual(changes[0]?.denied, ports.snapshot().consent.purposes);
  t.deepEqual({ ...changes[0]?.idCookies }, { _ga: ['GA1.1.1.2'] });
});

test('a preflight allows changing from listed origins', async (t) => {
  const { ports } = stage();
  const port = await start(t, ports);
  const preflight = (origin: string) =>
    ask(port, {
      method: 'OPTIONS',
      path: '/v1/consent',
      headers: {
        origin,
        'access-control-request-method': 'PUT',
        'access-control-request-headers': 'content-type',
      },
    });
  const listed = await preflight(SHOP);
  t.is(listed.status, 204);
  t.is(listed.headers['access-control-allow-origin'], SHOP);
  t.regex(listed.headers['access-control-allow-methods'] ?? '', /PUT.*DELETE/);
  t.is(listed.headers['access-control-allow-headers'], 'content-type');
  t.is((await preflight('https://evil.example')).headers['access-control-allow-origin'], undefined);
});
