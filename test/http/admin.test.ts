// The admin listener: what it serves and whom.

import { Script } from 'node:vm';
import test from 'ava';
import { GatewayError } from '../../src/core/errors.ts';
import type { DecisionFeed, FindQuery, StoreStats, ToldDecision } from '../../src/core/ports.ts';
import { Secret } from '../../src/core/secret.ts';
import type { AdminPorts } from '../../src/http/ports.ts';
import { createAdminServer } from '../../src/http/server.ts';
import { decisionFeed } from '../../src/observe/feed.ts';
import { NOW, snapshot } from '../support/snapshot.ts';
import { ask, clock, log, random, startAdmin } from './fixture.ts';
import type { Told } from './fixture.ts';

const told = (over: Partial<ToldDecision> = {}): ToldDecision => ({
  at: NOW,
  site: 'shop',
  intake: 'segment',
  event: 'purchase',
  decision: {
    destination: 'ga4',
    verdict: 'block',
    reasons: [{ code: 'purpose_denied', detail: 'analytics' }],
    allowance: { purposes: [], data: [], person: [], links: [] },
    notice: '2026-05',
  },
  remarks: [{ path: 'page.url', rule: 'url_query', treatment: 'strip' }],
  ...over,
});

const STATS: StoreStats = {
  destinations: { ga4: { pending: 3, dead: 1, oldestAt: NOW - 4000 } },
  bytes: 100,
};

function adminPorts(over: Partial<AdminPorts> = {}): AdminPorts & { logged: Told[]; feed: DecisionFeed } {
  const logged: Told[] = [];
  const config = snapshot();
  const feed = decisionFeed();
  return {
    logged,
    snapshot: () => config,
    log: log(logged),
    clock: { ...clock, now: () => NOW },
    random,
    readiness: async () => [],
    exposition: { contentType: 'text/plain; version=0.0.4', text: async () => 'sluis_config_info 1\n' },
    stats: async () => STATS,
    outbox: { find: async () => [], requeue: async () => 0 },
    reload: () => ({ at: NOW, result: 'ok', problems: [] }),
    ...over,
    feed,
  };
}

/** A config whose admin address is every interface, and its tokens. */
const exposed = (...tokens: string[]) => {
  const config = snapshot();
  const admin = { host: '0.0.0.0', port: 0 };
  const adminTokens = tokens.map((token) => new Secret(token));
  const changed = { ...config, server: { ...config.server, admin, adminTokens } };
  return () => changed;
};

test('metrics, state and API', async (t) => {
  const ports = adminPorts();
  ports.feed.told(told());
  const port = await startAdmin(t, ports);
  const metrics = await ask(port, { path: '/metrics' });
  t.is(metrics.text, 'sluis_config_info 1\n');
  t.is(metrics.headers['content-type'], 'text/plain; version=0.0.4');
  t.deepEqual((await ask(port, { path: '/healthz' })).json(), { alive: true });
  t.deepEqual((await ask(port, { path: '/readyz' })).json(), { ready: true, reasons: [] });
  t.deepEqual((await ask(port, { path: '/api/stats' })).json(), { at: NOW, store: STATS });
  t.like((await ask(port, { path: '/api/config' })).json(), {
    digest: '0123456789abcdef',
    sites: ['shop'],
    reload: { result: 'ok', problems: [] },
  });
  const { decisions } = (await ask(port, { path: '/api/decisions' })).json();
  t.deepEqual(decisions, [
    {
      at: new Date(NOW).toISOString(),
      site: 'shop',
      intake: 'segment',
      event: 'purchase',
      destination: 'ga4',
      verdict: 'block',
      notice: '2026-05',
      reasons: [
        { code: 'purpose_denied', detail: 'analytics', means: 'a consent signal denies a required purpose' },
      ],
      treatments: [
        {
          path: 'page.url',
          rule: 'url_query',
          treatment: 'strip',
          means: 'a query parameter that is neither a campaign word nor listed by the route',
        },
      ],
    },
  ]);
});

test('secrets do not appear in the report on the config', async (t) => {
  const port = await startAdmin(t, adminPorts());
  const { text } = await ask(port, { path: '/api/config' });
  for (const secret of ['shop-server-key', 'a test secret']) t.false(text.includes(secret));
});

test('the console page shows decisions, queue and a refused config, and runs no inline script', async (t) => {
  const ports = adminPorts({
    reload: () => ({
      at: NOW,
      result: 'refused',
      problems: [{ code: 'not-disclosed', message: 'name `ga4` in a notice', line: 12, column: 3 }],
    }),
  });
  ports.feed.told(told());
  const port = await startAdmin(t, ports);
  const page = await ask(port, { path: '/' });
  t.is(page.status, 200);
  for (const text of [
    'purchase',
    'a consent signal denies a required purpose',
    'page.url',
    '12:3',
    'not-disclosed',
    '<td>3</td><td>4 s</td><td>1</td>',
  ])
    t.true(page.text.replaceAll(/>\s+</g, '><').includes(text), text);
  const policy = String(page.headers['content-security-policy']);
  t.regex(policy, /default-src 'none'/);
  t.regex(policy, /frame-ancestors 'none'/);
  t.notRegex(policy, /unsafe/);
  t.notRegex(page.text, /<script(?! src="\/console\.js")|<style|\son\w+=|style="/);
  t.is(page.headers['x-content-type-options'], 'nosniff');
  t.is(page.headers['cache-control'], 'no-store');
  const script = await ask(port, { path: '/console.js' });
  t.regex(script.headers['content-type'] ?? '', /javascript/);
  t.notThrows(() => new Script(script.text));
  t.notRegex(script.text, /innerHTML|insertAdjacentHTML|document\.write|eval\(/);
  t.regex((await ask(port, { path: '/console.css' })).headers['content-type'] ?? '', /css/);
});

test('what a website named is text on the page, never markup', async (t) => {
  const ports = adminPorts();
  ports.feed.told(told({ event: `"><img src=x onerror=alert(1)>'&\ud800` }));
  const port = await startAdmin(t, ports);
  const { text } = await ask(port, { path: '/' });
  t.false(text.includes('<img'));
  t.true(text.includes('&quot;&gt;&lt;img src=x onerror=alert(1)&gt;&#39;&amp;'));
});

test('a store that does not answer leaves the page standing', async (t) => {
  const ports = adminPorts({ stats: () => Promise.reject(new Error('gone')) });
  const port = await startAdmin(t, ports);
  t.regex((await ask(port, { path: '/' })).text, /The store does not answer/);
  t.deepEqual((await ask(port, { path: '/api/stats' })).json(), { at: NOW, store: null });
  t.deepEqual(ports.logged, []);
});

test('on loopback only loopback names are answered', async (t) => {
  const port = await startAdmin(t, adminPorts());
  for (const host of ['localhost', 'LOCALHOST:9090', '127.0.0.1', '127.8.8.8:1', '[::1]:9090'])
    t.is((await ask(port, { path: '/metrics', headers: { host } })).status, 200, host);
  for (const host of [
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '10.0.0.1',
    '[::2]',
    'x@localhost',
  ]) {
    const reply = await ask(port, { path: '/', headers: { host } });
    t.is(reply.status, 403, host);
    t.is(reply.json()['code'], 'host_not_allowed');
  }
  t.is((await ask(port, { path: '/healthz', headers: { host: 'probe.example' } })).status, 200);
});

test('an address that others can reach needs tokens to start', (t) => {
  const error = t.throws(() => createAdminServer(adminPorts({ snapshot: exposed() })), {
    instanceOf: GatewayError,
  });
  t.is(error.code, 'config_invalid');
});

test('where tokens are demanded, each of them opens and nothing else does', async (t) => {
  const port = await startAdmin(t, adminPorts({ snapshot: exposed('token-one', 'token-two') }));
  const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString('base64')}`;
  for (const authorization of ['Bearer token-one', 'bearer token-two', basic('ops:token-one')])
    t.is((await ask(port, { path: '/metrics', headers: { authorization } })).status, 200, authorization);
  for (const authorization of [
    '',
    'Bearer',
    'Bearer token',
    'Bearer token-one2',
    basic('token-one'),
    basic('token-one:'),
  ]) {
    const reply = await ask(port, { path: '/api/decisions', headers: { authorization } });
    t.is(reply.status, 401, authorization);
    t.is(reply.json()['code'], 'unauthorized');
    t.regex(reply.headers['www-authenticate'] ?? '', /Bearer/);
  }
  t.is((await ask(port, { path: '/readyz' })).status, 200);
  t.is(
    (await ask(port, { path: '/', headers: { host: 'admin.example', authorization: 'Bearer token-one' } }))
      .status,
    200,
  );
});

test('not ready says why, asks once a second, and takes silence for no', async (t) => {
  let asked = 0;
  let monotonic = 0;
  const ports = adminPorts({
    clock: { now: () => NOW, monotonic: () => monotonic },
    readiness: async () => {
      asked += 1;
      if (asked === 2) throw new Error('gone');
      return ['stopping', 'store_full'];
    },
  });
  const port = await startAdmin(t, ports);
  const first = await ask(port, { path: '/readyz' });
  t.is(first.status, 503);
  t.deepEqual(first.json(), { ready: false, reasons: ['stopping', 'store_full'] });
  await ask(port, { path: '/readyz' });
  t.is(asked, 1);
  monotonic = 1500;
  t.deepEqual((await ask(port, { path: '/readyz' })).json(), {
    ready: false,
    reasons: ['store_unavailable'],
  });
});

test('a scrape that fails is a fault, told and logged without its message', async (t) => {
  const ports = adminPorts({
    exposition: { contentType: 'text/plain', text: () => Promise.reject(new Error('person@shop.example')) },
  });
  const port = await startAdmin(t, ports);
  const reply = await ask(port, { path: '/metrics' });
  t.is(reply.status, 500);
  t.is(ports.logged[0]?.code, 'internal');
  t.false(JSON.stringify([reply.text, ports.logged]).includes('person@'));
});

test('dead letters are listed, by destination and up to a limit', async (t) => {
  const queries: FindQuery[] = [];
  const ports = adminPorts({
    outbox: {
      find: async (query) => {
        queries.push(query);
        return [];
      },
      requeue: async () => 0,
    },
  });
  const port = await startAdmin(t, ports);
  t.deepEqual((await ask(port, { path: '/api/outbox/dead' })).json(), { dead: [] });
  await ask(port, { path: '/api/outbox/dead?destination=ga4&limit=7' });
  t.deepEqual(queries, [
    { state: 'dead', limit: 100 },
    { state: 'dead', limit: 7, destination: 'ga4' },
  ]);
  for (const limit of ['0', '-1', '1001', '1.5', 'x', ''])
    t.is((await ask(port, { path: `/api/outbox/dead?limit=${limit}` })).status, 400, limit);
});

test('dead letters go back to the queue, but not at the word of a foreign page', async (t) => {
  const requeued: string[] = [];
  const ports = adminPorts({
    outbox: {
      find: async () => [],
      requeue: async (ids) => requeued.push(...ids),
    },
  });
  const port = await startAdmin(t, ports);
  const replay = (body: string, headers: Record<string, string> = {}) =>
    ask(port, {
      method: 'POST',
      path: '/api/outbox/replay',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
  const good = JSON.stringify({ ids: ['a', 'b'] });
  t.is((await replay(good, { 'content-type': 'text/plain' })).status, 415);
  t.is((await replay(good, { origin: 'https://evil.example' })).status, 403);
  t.is((await replay(good, { origin: 'null' })).status, 403);
  for (const body of ['', '{', '[]', '{}', '{"ids":"a"}', '{"ids":[1]}'])
    t.is((await replay(body)).status, 400, body);
  t.deepEqual(requeued, []);
  t.deepEqual((await replay(good)).json(), { requeued: 2 });
  t.deepEqual((await replay(good, { origin: `http://127.0.0.1:${port}` })).json(), { requeued: 4 });
});
