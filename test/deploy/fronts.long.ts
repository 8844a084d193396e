// nginx and Caddy as deploy/ sets them up, with TLS, before a gateway that really runs: what a browser sends arrives as it was,
// under the right address, and what is refused is refused by the right side.

import { gzipSync } from 'node:zlib';
import { needing } from '../support/skip.ts';
import { caddy } from './caddy.ts';
import { ask, askHalf, askHttp2, askPlainly, sendAndLeave, VISITOR } from './client.ts';
import { missing, NAME, startFront } from './front.ts';
import { startHearer } from './hearer.ts';
import { nginx } from './nginx.ts';
import { agree, ALL_FORWARDED, JSON_BODY, setUp, toldAddresses, track, verdicts } from './shop.ts';

const MB = 1024 * 1024;
const POST = { method: 'POST', path: '/v1/track' };

for (const kind of [nginx, caddy]) {
  const { name } = kind;
  const test = needing(missing(name));

  test(`${name}: the visitor's own address arrives, whatever was claimed`, async (t) => {
    const { gateway, front } = await setUp(t, kind);
    const { cookie } = await agree(front);
    const claims = [
      {},
      { 'x-forwarded-for': '203.0.113.9' },
      { 'x-forwarded-for': ['203.0.113.9', '127.0.0.1'] },
      { 'x-forwarded-for': '127.0.0.1', 'x-real-ip': '203.0.113.9', forwarded: 'for=203.0.113.9' },
    ];
    for (const [mark, claim] of claims.entries()) {
      const headers = { ...JSON_BODY, cookie, ...claim };
      t.is((await ask(front, { ...POST, headers, body: track(mark) })).status, 200);
    }
    t.deepEqual(await toldAddresses(gateway, claims.length), Array<string>(claims.length).fill(VISITOR));
    // Without the front between, the gateway believes the same claim: it is the front that takes it away.
    const headers = {
      ...JSON_BODY,
      cookie,
      'x-forwarded-for': '203.0.113.9',
      origin: 'https://shop.example',
    };
    await fetch(`${gateway.url}/v1/track`, { method: 'POST', headers, body: track(99) });
    t.is((await toldAddresses(gateway, claims.length + 1)).at(-1), '203.0.113.9');
  });

  test(`${name}: preflights are answered by the gateway, for listed origins only`, async (t) => {
    const { front } = await setUp(t, kind);
    const asked = {
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type',
    };
    const listed = await ask(front, { method: 'OPTIONS', path: '/v1/track', headers: asked });
    t.is(listed.status, 204);
    t.is(listed.headers['access-control-allow-origin'], 'https://shop.example');
    t.is(listed.headers['access-control-allow-headers'], 'authorization, content-type');
    const headers = { ...asked, origin: 'https://other.example' };
    const other = await ask(front, { method: 'OPTIONS', path: '/v1/track', headers });
    t.is(other.headers['access-control-allow-origin'], undefined);
  });

  test(`${name}: the consent cookie is set, comes back and counts, and so does GPC`, async (t) => {
    const { gateway, front } = await setUp(t, kind);
    const { cookie, set } = await agree(front);
    t.regex(set, /^sluis_consent=v1\.\S+; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax; Secure$/);
    const with_ = (more: Readonly<Record<string, string>>) => ({
      ...POST,
      headers: { ...JSON_BODY, ...more },
    });
    t.is((await ask(front, { ...with_({ cookie }), body: track(1) })).status, 200);
    t.deepEqual(await verdicts(gateway, 1), ALL_FORWARDED);
    await ask(front, { ...with_({}), body: track(2) });
    t.deepEqual(new Set(Object.values(await verdicts(gateway, 2))), new Set(['block']));
    await ask(front, { ...with_({ cookie, 'sec-gpc': '1' }), body: track(3) });
    t.deepEqual(await verdicts(gateway, 3), { ...ALL_FORWARDED, meta: 'block' });
  });

  test(`${name}: the same over HTTP/2, where cookies come in several fields`, async (t) => {
    const { gateway, front } = await setUp(t, kind);
    const { cookie } = await agree(front);
    const headers = { ...JSON_BODY, cookie: ['_ga=GA1.1.1000000001.1700000000', cookie, 'theme=dark'] };
    const told = await askHttp2(t, front, { ...POST, headers, body: track(1) });
    t.is(told.protocol, 'h2');
    t.is(told.status, 200);
    t.deepEqual(await verdicts(gateway, 1), ALL_FORWARDED);
  });

  test(`${name}: beacons arrive, also from a page that has gone`, async (t) => {
    const { gateway, front } = await setUp(t, kind);
    const { cookie } = await agree(front);
    const headers = { 'content-type': 'text/plain;charset=UTF-8', cookie };
    await sendAndLeave(front, { ...POST, headers, body: track(1) });
    t.deepEqual(await verdicts(gateway, 1), ALL_FORWARDED);
    const query = `v=2&tid=G-TEST00001&cid=1000000001.1700000000&en=page_view&dl=https%3A%2F%2Fshop.example%2Fa%2520b`;
    await sendAndLeave(front, { path: `/g/collect?${query}`, headers: { cookie } });
    await verdicts(gateway, 2);
    t.is((await gateway.decisions())[0]?.intake, 'gtag');
  });

  test(`${name}: gzip bodies arrive as they are`, async (t) => {
    const { gateway, front } = await setUp(t, kind);
    const { cookie } = await agree(front);
    const headers = { ...JSON_BODY, 'content-encoding': 'gzip', cookie };
    t.is((await ask(front, { ...POST, headers, body: gzipSync(track(1)) })).status, 200);
    t.deepEqual(await verdicts(gateway, 1), ALL_FORWARDED);
    const bomb = await ask(front, { ...POST, headers, body: gzipSync(Buffer.alloc(5 * MB, ' ')) });
    t.is(bomb.status, 413);
    t.true(bomb.body.includes('"code":"body_too_large"'), 'by the gateway, so that a page can read it');
  });

  test(`${name}: 4 MB are taken and one byte more is not, announced or not`, async (t) => {
    const { front } = await setUp(t, kind);
    const whole = track(1).padEnd(4 * MB, ' ');
    for (const announced of [true, false]) {
      // HTTP/2, where an answer can end a request that is still being sent.
      const send = (body: string) => {
        const length = announced ? { 'content-length': String(body.length) } : {};
        return askHttp2(t, front, { ...POST, headers: { ...JSON_BODY, ...length }, body });
      };
      t.is((await send(whole)).status, 200);
      const refused = await send(`${whole} `);
      t.is(refused.status, 413);
      t.true(refused.body.includes('"code":"body_too_large"'), 'by the gateway');
      t.is(refused.headers['access-control-allow-origin'], 'https://shop.example');
    }
    // Far more: the connection may end while it is being sent, which HTTP/1 clients see before any answer.
    const flood = ask(front, { ...POST, headers: JSON_BODY, body: whole.repeat(5) });
    t.is(await flood.then(({ status }) => status).catch(() => 413), 413);
  });

  test(`${name}: a body that does not come is given up by the gateway, not by the front`, async (t) => {
    const { front } = await setUp(t, kind, '{ requestTimeout: 1s }');
    const told = await askHalf(front, { ...POST, headers: JSON_BODY, body: track(1) });
    t.is(told.status, 408);
    t.true(told.body.includes('"code":"body_timeout"'));
  });

  test(`${name}: the public listener is all that can be reached, by TLS only`, async (t) => {
    const { front } = await setUp(t, kind);
    const health = await ask(front, { path: '/readyz' });
    t.is(health.status, 200);
    t.is(health.headers['strict-transport-security'], 'max-age=31536000');
    for (const path of ['/', '/metrics', '/api/decisions', '/api/outbox/dead', '/console.js'])
      t.is((await ask(front, { path })).status, 404, path);
    const plain = await askPlainly(front, '/v1/track?a=b');
    t.is(plain.status, 308);
    t.is(plain.headers.location?.replace(`:${front.https}`, ''), `https://${NAME}/v1/track?a=b`);
  });

  test(`${name}: what the gateway reads of a request arrives as it was`, async (t) => {
    const hearer = await startHearer(t);
    const front = await startFront(t, kind, hearer.port);
    const path = '//v1/../g/collect?dl=https%3A%2F%2Fshop.example%2Fa%252Fb&en=a;b&&x=%ff';
    const sent = {
      authorization: 'Basic c2hvcC13ZWI6',
      'content-encoding': 'gzip',
      'content-type': 'text/plain;charset=UTF-8',
      cookie: 'a=1; sluis_consent=v1.x.y; a="2"',
      referer: 'https://shop.example/thanks?order=1',
      'sec-fetch-site': 'same-site',
      'sec-gpc': '1',
      'user-agent': 'made-up/1.0',
    };
    const body = gzipSync('{}');
    await ask(front, { ...POST, path, headers: sent, body });
    const [heard] = hearer.heard;
    t.is(heard?.url, path);
    t.deepEqual(heard?.body, body);
    t.like(heard?.headers, {
      ...sent,
      host: NAME,
      origin: 'https://shop.example',
      'x-forwarded-for': VISITOR,
    });
    t.is(heard?.headers['accept-encoding'], undefined);
  });
}
