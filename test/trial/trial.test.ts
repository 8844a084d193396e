// Trial mode as a whole: the shop may speak to the gateway on whatever port it has, for whatever site the file begins with, and
// what waits for real vendors is left alone.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { startApp } from '../../src/app.ts';
import type { App } from '../../src/app.ts';
import { redirected } from '../../src/trial/trial.ts';
import { destination, snapshot } from '../support/snapshot.ts';
import { shopRouting, temporaryFolder, TEST_ENV } from '../support/gateway.ts';

interface Trial {
  readonly app: App;
  readonly folder: string;
  readonly shop: string;
}

/** Trial mode on a file of somebody's own, with real vendors in it and a key of its own. */
async function startTrial(t: ExecutionContext, workers = 0): Promise<Trial> {
  const folder = temporaryFolder(t);
  const config = join(folder, 'gateway.yaml');
  const vendor = 'https://vendor.example';
  const endpoints = { ga4: vendor, hubspot: vendor, meta: vendor, http: vendor };
  const text = shopRouting({ folder, endpoints, origins: ['https://shop.example'], workers });
  writeFileSync(config, text.replace('writeKey: shop-web', 'writeKey: "my&shop"'));
  const app = await startApp({
    config,
    env: TEST_ENV,
    trial: { port: 0 },
    logLevel: 'silent',
    tell: () => {},
  });
  t.teardown(() => app.stop());
  return { app, folder, shop: app.shop ?? '' };
}

async function chooseInTheShop(t: ExecutionContext, workers: number): Promise<void> {
  const { app, shop } = await startTrial(t, workers);
  const page = await (await fetch(shop)).text();
  t.true(page.includes('data-write-key="my&amp;shop"'));
  t.true(page.includes(`data-gateway="http://localhost:${app.publicPort}"`));
  t.false(page.includes('{{'));
  const chosen = await fetch(`http://127.0.0.1:${app.publicPort}/v1/consent`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', origin: new URL(shop).origin },
    body: JSON.stringify({ purposes: { analytics: true } }),
  });
  t.is(chosen.status, 200);
  t.false((chosen.headers.get('set-cookie') ?? 'Secure').includes('Secure'), 'the shop speaks plain http');
}

for (const workers of [0, 1])
  test(`the shop knows the key of the first site, and its origin may choose, ${workers} workers`, (t) =>
    chooseInTheShop(t, workers));

test('a trial does not open the store of the file, so nothing that waits there goes to a stand-in', async (t) => {
  const { app, folder } = await startTrial(t);
  t.is((await fetch(`http://127.0.0.1:${app.publicPort}/readyz`)).status, 200);
  t.false(existsSync(join(folder, 'sluis.db')));
});

test('ports that are taken are named, with what to do about it', async (t) => {
  const { app, folder, shop } = await startTrial(t);
  const told = {
    config: join(folder, 'gateway.yaml'),
    env: TEST_ENV,
    logLevel: 'silent',
    tell: () => {},
  } as const;
  const port = Number(new URL(shop).port);
  await t.throwsAsync(startApp({ ...told, trial: { port } }), {
    code: 'address_unavailable',
    message: new RegExp(`${port}.*--shop-port`),
  });
  const text = readFileSync(told.config, 'utf8');
  writeFileSync(told.config, text.replace('admin: 127.0.0.1:0', `admin: 127.0.0.1:${app.adminPort}`));
  await t.throwsAsync(startApp({ ...told, trial: { port: 0 } }), {
    code: 'address_unavailable',
    message: new RegExp(`127\\.0\\.0\\.1:${app.adminPort}.*routing file`),
  });
});

test('anything but the shop’s own files is not there', async (t) => {
  const { shop } = await startTrial(t);
  for (const path of ['shop.js/', '../trial.ts', 'constructor', '%2e%2e/trial.ts'])
    t.is((await fetch(shop + path)).status, 404, path);
});

test('a vendor without a stand-in gets nothing on trial, whatever the file says', (t) => {
  const types = ['ga4', 'matomo', 'clarity', 'log', 'null'];
  const destinations = types.map((type) =>
    destination({ name: type, type, endpoint: 'https://vendor.example' }),
  );
  const off = destination({ name: 'off', type: 'log', enabled: false });
  const trial = redirected(snapshot({ destinations: [...destinations, off] }), {
    endpoints: { ga4: 'http://127.0.0.1:1' },
    origins: [],
  });
  const enabled = trial.destinations.filter((each) => each.enabled);
  t.deepEqual(
    enabled.map(({ name, endpoint }) => [name, endpoint]),
    [
      ['ga4', 'http://127.0.0.1:1'],
      ['log', 'https://vendor.example'],
      ['null', 'https://vendor.example'],
    ],
  );
});
