// The published package: packed from a copy, installed elsewhere under the Node 24 of this process, and run as `npx sluis`.
// It shows that the build took along pages, migrations, mapping and schema, and nothing else.

import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ExecutionContext } from 'ava';
import { temporaryFolder, until } from '../support/gateway.ts';
import { missingRegistry, pack, PATH, ROOT } from '../support/packed.ts';
import type { Packed } from '../support/packed.ts';
import { needing } from '../support/skip.ts';

const SECRETS = {
  SLUIS_SECRET: 'a secret for tests, of more than thirty-two characters',
  GA4_API_SECRET: 'made-up',
  HUBSPOT_ACCESS_TOKEN: 'made-up',
  META_ACCESS_TOKEN: 'made-up',
  X_PIXEL_TOKEN: 'made-up',
  WEBHOOK_SECRET: 'made-up',
};
const ENV = { ...process.env, PATH, CI: '', npm_config_audit: 'false', npm_config_fund: 'false' };

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function run(
  command: string,
  args: readonly string[],
  options: { cwd: string; input?: string; env?: NodeJS.ProcessEnv },
): Ran {
  const { status, stdout, stderr } = spawnSync(command, args, {
    env: ENV,
    ...options,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return { code: status, out: stdout, err: stderr };
}

const test = needing(missingRegistry());

/** What has to be there besides what the compiler makes: everything in src and config that is no TypeScript. */
const assets = (): readonly string[] =>
  ['src', 'config'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !/\.(?:ts|md)$/.test(entry.name))
      .map((entry) => `dist${join(entry.parentPath, entry.name).slice(ROOT.length)}`),
  );

function checkFiles(t: ExecutionContext, files: readonly string[]): void {
  t.deepEqual(
    files.filter((path) => !/^(?:README\.md|LICENSE|package\.json|dist\/(?:src|config)\/.+)$/.test(path)),
    [],
  );
  t.deepEqual(
    files.filter((path) => /\.map$|\.ts$|\.tsbuildinfo$|(?:^|\/)test\//.test(path)),
    [],
  );
  t.true(['README.md', 'LICENSE', 'package.json'].every((path) => files.includes(path)));
  t.deepEqual(
    assets().filter((path) => !files.includes(path)),
    [],
  );
}

/** Every package that the code imports, or reads a file of, is a dependency, and every dependency is used so. */
function checkDependencies(t: ExecutionContext, folder: string): void {
  const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>;
  }; // our own
  const code = readdirSync(join(folder, 'dist'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js'))
    .map((name) => readFileSync(join(folder, 'dist', name), 'utf8'));
  const imported = code
    .flatMap((each) => [
      ...each.matchAll(/^(?:import|export)\s(?:[^'"]*?from\s)?['"]([^'".][^'"]*)['"]/gm),
      ...each.matchAll(/\breadPackageFile\(['"]([^'"]+)['"]\)/g),
    ])
    .map((match) => /^(?:@[^/]+\/)?[^/]+/.exec(match[1] ?? '')?.[0] ?? '')
    .filter((name) => !name.startsWith('node:'));
  t.deepEqual([...new Set(imported)].sort(), Object.keys(dependencies).sort());
}

/** A project somewhere else that has the package as its only dependency. */
function install(t: ExecutionContext, { tarball }: Packed): string {
  const project = temporaryFolder(t);
  writeFileSync(join(project, 'package.json'), '{"name":"elsewhere","version":"1.0.0","private":true}\n');
  const installed = run('npm', ['install', tarball, '--no-audit', '--no-fund'], { cwd: project });
  t.is(installed.code, 0, installed.err);
  return project;
}

/** Free ports, a store of its own, and a worker thread, whose module is started rather than imported. */
function routingFile(project: string): string {
  const shipped = readFileSync(join(project, 'node_modules/sluis/dist/config/gateway.yaml'), 'utf8');
  const file = join(project, 'gateway.yaml');
  const server = `listen: 127.0.0.1:0\n  admin: 127.0.0.1:0\n  workers: 1`;
  writeFileSync(file, shipped.replace(/listen: .*/, server));
  return file;
}

interface Served {
  /** First number or address of each kind of line. */
  readonly addresses: Readonly<Record<string, string>>;
  stop(): Promise<number | null>;
}

async function serve(t: ExecutionContext, project: string, args: readonly string[]): Promise<Served> {
  const main = join(project, 'node_modules/.bin/sluis');
  const child = spawn(main, ['serve', ...args], { cwd: project, env: { ...ENV, ...SECRETS } });
  const exited = new Promise<number | null>((done) => child.once('exit', done));
  const heard: string[] = [];
  const addresses: Record<string, string> = {};
  createInterface({ input: child.stderr }).on('line', (line) => {
    heard.push(line);
    const [, name, address] = /^\s+(Demo shop|Console|Gateway)\s+(\S+)$/.exec(line) ?? [];
    if (name !== undefined && address !== undefined) addresses[name] = address;
    const [, events, admin] = /events on port (\d+), console and metrics on port (\d+)/.exec(line) ?? [];
    if (events !== undefined && admin !== undefined)
      Object.assign(addresses, {
        Gateway: `http://127.0.0.1:${events}/`,
        Console: `http://127.0.0.1:${admin}/`,
      });
  });
  const stop = async (): Promise<number | null> => {
    child.kill('SIGTERM');
    return exited;
  };
  t.teardown(stop);
  await until(
    'addresses',
    () => {
      if (child.exitCode !== null) throw new Error(heard.join('\n'));
      return addresses['Console'] !== undefined && addresses['Gateway'] !== undefined;
    },
    20_000,
  );
  return { addresses, stop };
}

const text = async (address: string): Promise<string> => {
  const answer = await fetch(address);
  return answer.ok ? answer.text() : `${answer.status}`;
};

test('the package, installed elsewhere, serves a trial, serves for real, checks and explains', async (t) => {
  const packed = pack(t);
  checkFiles(t, packed.files);
  const project = install(t, packed);
  const file = routingFile(project);
  const sluis = (args: readonly string[], input = '') =>
    run('npx', ['sluis', ...args], { cwd: project, input });

  t.is(sluis(['check', file, '--trial']).code, 0);
  t.is(sluis(['check', file]).code, 1, 'the trial file has no secrets of its own');
  const event = {
    type: 'track',
    event: 'Signed Up',
    anonymousId: 'a-1',
    context: { consent: { gcs: 'G111' } },
  };
  const explained = sluis(['explain', '--config', file], `${JSON.stringify(event)}\n`);
  t.is(explained.code, 0, explained.err);
  t.is((JSON.parse(explained.out) as { decisions: unknown[] }).decisions.length, 6); // as explain writes it
  const consent = sluis(['consent'], '{"gcs":"G101"}\n');
  t.true(consent.out.includes('"analytics_storage":"granted"'), consent.err);

  const trial = await serve(t, project, ['--trial', '--shop-port', '0', '--config', file]);
  const { 'Demo shop': shop = '', Console: trialConsole = '' } = trial.addresses;
  t.true((await text(shop)).includes('Canal Boots'));
  t.true((await text(`${shop}shop.js`)).includes('/v1/consent'));
  t.true((await text(`${shop}shop.css`)).includes('#banner'));
  t.true((await text(trialConsole)).includes('<title>Sluis'));
  t.true((await text(`${trial.addresses['Gateway']}readyz`)).includes('"ready":true'));
  t.is(await trial.stop(), 0);

  const secrets = 'secrets: [{ id: k1, value: "${SLUIS_SECRET}" }]\n';
  writeFileSync(
    file,
    secrets +
      readFileSync(file, 'utf8')
        .replace(/:-trial\}/g, '}')
        .replace('workers: 1', 'workers: 0'),
  );
  const real = await serve(t, project, ['--config', file]);
  const { Gateway: gateway = '', Console: admin = '' } = real.addresses;
  t.true((await text(`${gateway}readyz`)).length > 0);
  t.true((await text(`${gateway}tags.js`)).includes('v1/tags'));
  t.true((await text(`${gateway}clarity.js`)).includes('0.8.70'));
  t.true((await text(`${admin}metrics`)).includes('sluis_config_info'));
  const answer = await fetch(`${gateway}v1/track`, {
    method: 'POST',
    headers: { origin: 'http://localhost:8081' },
    body: JSON.stringify({ ...event, writeKey: 'shop-web' }),
  });
  t.is(answer.status, 200, await answer.text());
  t.is(await real.stop(), 0);
  const env = { ...ENV, ...SECRETS };
  const stats = run('npx', ['sluis', 'outbox', 'stats', '--config', file], { cwd: project, env });
  t.is(stats.code, 0, stats.err);
  t.true(stats.out.startsWith('{"destinations":'), stats.out);
  checkDependencies(t, join(project, 'node_modules/sluis'));
});
