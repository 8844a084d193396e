// A routing file that comes by a mounted ConfigMap: what the kubelet does to its folder, and what the gateway makes of it.

import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { startApp } from '../../src/app.ts';
import { shopRouting, temporaryFolder, TEST_ENV, until } from '../support/gateway.ts';
import { adapted } from './adapted.ts';

/** Puts files into a folder as the kubelet does: a new folder beside the old, one link that is swapped, and the old one gone. */
function mounted(folder: string, files: Readonly<Record<string, string>>, version: number): void {
  const data = `..2026_11_${version}`;
  mkdirSync(join(folder, data));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, data, name), text);
  symlinkSync(data, join(folder, '..data_tmp'));
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
  for (const name of Object.keys(files))
    if (version === 1) symlinkSync(join('..data', name), join(folder, name));
  if (version > 1) rmSync(join(folder, `..2026_11_${version - 1}`), { recursive: true });
}

test('a ConfigMap that changes where it is mounted is read again, each time', async (t) => {
  const folder = temporaryFolder(t);
  const endpoints = {
    ga4: 'http://127.0.0.1:9',
    hubspot: 'http://127.0.0.1:9',
    meta: 'http://127.0.0.1:9',
    http: '',
  };
  const routing = (key: string): string =>
    adapted(shopRouting({ folder: temporaryFolder(t), endpoints, origins: [] }), [
      { from: 'writeKey: shop-web', to: `writeKey: ${key}` },
      { from: '    endpoint: ""\n', to: '' },
    ]).replace(/^store: .*$/m, "store: 'memory:'");
  const mount = join(folder, 'etc');
  mkdirSync(mount);
  mounted(mount, { 'gateway.yaml': routing('first') }, 1);
  const app = await startApp({
    config: join(mount, 'gateway.yaml'),
    env: TEST_ENV,
    trial: null,
    logLevel: 'silent',
    tell: () => undefined,
  });
  t.teardown(() => app.stop());
  const said = async (pattern: RegExp) =>
    pattern.exec(await (await fetch(`http://127.0.0.1:${app.adminPort}/metrics`)).text())?.[1];
  const digest = () => said(/^sluis_config_info\{digest="(\w+)"\} 1$/m);
  const digests = [await digest()];
  for (const [version, key] of [
    [2, 'second'],
    [3, 'third'],
    [4, 'fourth'],
  ] as const) {
    mounted(mount, { 'gateway.yaml': routing(key) }, version);
    await until(`version ${version}`, async () => (await digest()) !== digests.at(-1));
    digests.push(await digest());
    t.is(await said(/^sluis_config_refused (\d)$/m), '0');
  }
  t.is(new Set(digests).size, 4);
  mounted(mount, { 'gateway.yaml': 'sites: [' }, 5);
  await until('a refusal', async () => (await said(/^sluis_config_refused (\d)$/m)) === '1');
  t.is(await digest(), digests.at(-1));
  mounted(mount, { 'gateway.yaml': routing('sixth') }, 6);
  await until('a good one', async () => (await said(/^sluis_config_refused (\d)$/m)) === '0');
});
