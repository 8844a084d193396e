// Paths, and the documents that browser clients ask for before they send.

import test from 'ava';
import { INTAKE_PROTOCOLS } from '../../src/intake/index.ts';
import type { Answer } from '../../src/core/plugin.ts';
import { site } from '../support/snapshot.ts';
import { documentAt, protocolOf, request } from './requests.ts';

function documentOf(
  path: string,
  headers: Readonly<Record<string, string>> = {},
  query = '',
): { keys: readonly string[]; answer: Answer } {
  const asked = request({ method: 'GET', path, headers, query });
  const document = documentAt(path);
  if (document === undefined) throw new Error('no document at this path');
  return { keys: document.hints(asked).writeKeys, answer: document.answer(asked, site()) };
}

const settingsAt = (
  host: string,
): { readonly apiKey: string; readonly apiHost?: string; readonly protocol?: string } => {
  const { answer } = documentOf('/v1/projects/shop-web/settings', { host });
  return JSON.parse(String(answer.body)).integrations['Segment.io'];
};

test('no path belongs to two protocols', (t) => {
  const routes = INTAKE_PROTOCOLS.flatMap((protocol) => [
    ...protocol.routes,
    ...protocol.documents.map((document) => document.route),
  ]).map(({ method, path }) => `${method} ${path}`);
  t.deepEqual(
    routes.filter((route, index) => routes.indexOf(route) !== index),
    [],
  );
});

test('the whole Segment API is there', (t) => {
  for (const call of 'track page screen identify group alias batch t p s i g a b'.split(' '))
    t.is(protocolOf('POST', `/v1/${call}`)?.name, 'segment', call);
  t.is(protocolOf('POST', '/beacon/v1/batch')?.name, 'segment');
});

test('the settings send analytics-next here, and its own metrics nowhere', (t) => {
  const { keys, answer } = documentOf('/v1/projects/shop%2Dweb/settings', { host: 'collect.shop.example' });
  t.deepEqual(keys, ['shop-web']);
  t.is(answer.status, 200);
  t.is(answer.headers['cache-control'], 'no-store');
  const settings = JSON.parse(String(answer.body));
  t.deepEqual(Object.keys(settings.integrations), ['Segment.io']);
  t.is(settings.integrations['Segment.io'].apiKey, 'shop-web');
  t.is(settings.integrations['Segment.io'].apiHost, 'collect.shop.example/v1');
  t.deepEqual(settings.metrics, { sampleRate: 0 });
  t.deepEqual(settings.remotePlugins, []);
});

test('the settings name a host only if it is one, and never a protocol', (t) => {
  t.is(settingsAt('127.0.0.1:8080').apiHost, '127.0.0.1:8080/v1');
  t.is(settingsAt('[::1]:8080').apiHost, '[::1]:8080/v1');
  for (const host of [
    '',
    'evil.example/path',
    'user@evil.example',
    'a b',
    'evil.example\r\nx: y',
    '"><script>',
    'x'.repeat(300),
  ])
    t.is(settingsAt(host).apiHost, undefined, host);
  t.is(settingsAt('shop.example').protocol, undefined);
});

for (const path of ['/sourceConfig/', '/sourceConfig'])
  test(`RudderStack’s source configuration at ${path}`, (t) => {
    const { keys, answer } = documentOf(
      path,
      { authorization: 'Basic c2hvcC13ZWI6' },
      'p=npm&writeKey=shop-web',
    );
    t.deepEqual(keys, ['shop-web']);
    const { source, updatedAt } = JSON.parse(String(answer.body));
    t.like(source, {
      writeKey: 'shop-web',
      enabled: true,
      connections: [],
      destinations: [],
      dataplanes: {},
    });
    t.false(source.config.statsCollection.errors.enabled);
    t.false(source.config.statsCollection.metrics.enabled);
    t.is(updatedAt, '2026-11-20T12:00:00.000Z');
  });
