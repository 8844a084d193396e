// What deploy/Dockerfile says, carried out step by step: the package is packed, its dependencies are installed from the lock
// file, and the result runs as the image's user over read-only files, as deploy/compose.yaml would have it.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { temporaryFolder } from '../support/gateway.ts';
import { needing } from '../support/skip.ts';
import { adaptedFile } from './adapted.ts';
import { buildScript, mountScript } from './build.ts';
import { healthCommand, imageStages, saidBy, words } from './image.ts';
import { missingRegistry } from '../support/packed.ts';

/** Why layers cannot be made here, or null. */
function missing(): string | null {
  if (process.getuid?.() !== 0) return 'making layers needs root';
  return spawnSync('unshare', ['--mount', '--net', '--pid', '--fork', 'true']).status === 0
    ? missingRegistry()
    : 'making layers needs namespaces, which this machine does not give';
}

needing(missing())('the image, built and run without an engine, takes events and ends cleanly', async (t) => {
  t.timeout(300_000);
  const folder = temporaryFolder(t);
  const made = (name: string): string => {
    mkdirSync(join(folder, name));
    return join(folder, name);
  };
  const [layers, routing, secrets] = [made('layers'), made('routing'), made('secrets')];
  writeFileSync(join(routing, 'gateway.yaml'), adaptedFile('gateway.production.yaml', []));
  for (const name of ['sluis_k1', 'sluis_ga4'])
    writeFileSync(join(secrets, name), 'a made-up secret of more than thirty-two characters\n');
  chmodSync(folder, 0o755);

  const stages = imageStages();
  const image = stages.at(-1);
  const root = join(layers, String(stages.length - 1), 'root');
  const command = [...words(saidBy(image, 'ENTRYPOINT')), ...words(saidBy(image, 'CMD'))];
  const driver = [process.execPath, join(import.meta.dirname, 'contained.ts')];
  driver.push(root, saidBy(image, 'USER'), JSON.stringify(command), JSON.stringify(healthCommand(image)));
  const script = [
    buildScript(stages, layers),
    mountScript(root, { volume: saidBy(image, 'VOLUME'), routing, secrets }),
    'exec unshare --net --ipc --uts sh -ec \'ip link set lo up; exec "$@"\' sh "$@"',
  ].join('\n');
  const child = spawn('unshare', ['--mount', 'sh', '-c', script, 'sh', ...driver], {
    env: { ...process.env, CI: '', SLUIS_LISTEN: '0.0.0.0:8080', SLUIS_FRONT: '172.31.200.0/28' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.teardown(() => void child.kill('SIGKILL'));
  const [out, said] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  const line = out.trim().split('\n').at(-1) ?? '';
  if (!line.startsWith('{')) throw new Error(`${out}${said}`);
  const { modules, megabytes, seconds, ...told } = JSON.parse(line) as Readonly<Record<string, unknown>> & {
    readonly modules: readonly string[];
    readonly megabytes: number;
    readonly seconds: number;
  }; // as contained.ts writes it
  t.deepEqual(told, {
    user: '10001',
    capabilities: '0000000000000000',
    noNewPrivileges: '1',
    first: '1',
    accepted: 200,
    written: { root: 1, tmp: 0, volume: 0 },
    volume: '10001 700',
    store: ['sluis.db'],
    package: ['LICENSE', 'README.md', 'dist', 'node_modules', 'package-lock.json', 'package.json'],
    exit: 0,
  });
  t.true(modules.includes('koa'));
  t.deepEqual(
    modules.filter((name) => ['typescript', 'ava', 'esbuild', 'node'].includes(name)),
    [],
  );
  t.log(`${megabytes} MB, ended within ${seconds} s`);
  t.true(megabytes < 60);
  t.true(seconds < 5);
});
