// The NATS servers of deploy/ on loopback: the very file and command line that the pods have, with other ports, folders and names of
// hosts. They do not outlive the test.

import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { temporaryFolder, until } from '../support/gateway.ts';
import { freePort } from '../support/port.ts';
import { adapted } from './adapted.ts';
import { KUBERNETES, manifestsOf, workloadsOf } from './kubernetes.ts';

export const CONFIG = join(KUBERNETES, 'replicated/nats.conf');
export const PASSWORD = 'p0a1b2c3d4e5f60718293a4b5c6d7e8f9';
/** What servers before 2.10, such as Debian's, do not know. */
export const SYNCED = '  sync_interval: always\n';

const version = (): readonly number[] | null => {
  const said = spawnSync('nats-server', ['--version'], { encoding: 'utf8' });
  const found = /v(\d+)\.(\d+)/.exec(said.stdout ?? '');
  return found === null ? null : [Number(found[1]), Number(found[2])];
};

export const missing: string | null =
  version() === null ? 'nats-server is not installed; Debian: apt-get install nats-server' : null;

/** Does the server that is here know `sync_interval`? */
export function knowsSync(): boolean {
  const [major = 0, minor = 0] = version() ?? [];
  return major > 2 || (major === 2 && minor >= 10);
}

/** What runs the servers in Kubernetes. */
export const natsSet = () => {
  const found = workloadsOf(manifestsOf('replicated')).find(({ container }) => container.name === 'nats');
  if (found === undefined) throw new Error('no NATS servers among the manifests');
  return found;
};

export interface NatsServer {
  readonly name: string;
  readonly port: number;
  /** Status of a path of its health listener; 0 if it does not answer. */
  health(path: string): Promise<number>;
  start(): void;
  /** Resolves when it is gone. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Carries out what Kubernetes would before it ends the pod. */
  beforeStop(): void;
  readonly running: boolean;
  said(): string;
  /** Takes away all that it has stored, while it is not running. */
  wipe(): void;
}

interface Places {
  readonly folder: string;
  readonly client: number;
  readonly cluster: number;
  readonly health: number;
}

const configFor = ({ folder, client, cluster, health }: Places): string =>
  adapted(readFileSync(CONFIG, 'utf8'), [
    { from: '0.0.0.0:4222', to: `127.0.0.1:${client}` },
    { from: '0.0.0.0:6222', to: `127.0.0.1:${cluster}` },
    { from: '0.0.0.0:8222', to: `127.0.0.1:${health}` },
    { from: 'store_dir: /data', to: `store_dir: ${join(folder, 'data')}` },
    { from: 'pid_file: /tmp/', to: `pid_file: ${folder}/` },
    ...(knowsSync() ? [] : [{ from: SYNCED, to: '' }]),
  ]);

async function placesIn(parent: string, name: string): Promise<Places> {
  const folder = join(parent, name);
  mkdirSync(folder);
  return { folder, client: await freePort(), cluster: await freePort(), health: await freePort() };
}

function serverAt(
  name: string,
  places: Places,
  args: readonly string[],
): NatsServer & { child: ChildProcess | null } {
  const said: string[] = [];
  const env = { PATH: process.env['PATH'], NATS_NAME: name, NATS_PASSWORD: PASSWORD };
  return {
    name,
    port: places.client,
    child: null,
    get running() {
      return this.child !== null && this.child.exitCode === null && this.child.signalCode === null;
    },
    health: (path) =>
      fetch(`http://127.0.0.1:${places.health}${path}`).then(
        ({ status }) => status,
        () => 0,
      ),
    start() {
      this.child = spawn('nats-server', args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
      this.child.stderr?.on('data', (chunk: Buffer) => said.push(chunk.toString()));
    },
    async kill(signal) {
      if (!this.running || this.child === null) return;
      const gone = once(this.child, 'exit');
      this.child.kill(signal);
      await gone;
    },
    beforeStop() {
      const command = natsSet().container.lifecycle?.preStop?.exec?.command ?? [];
      const [program = '', ...rest] = command.map((word) =>
        adapted(word, word.includes('/tmp/') ? [{ from: '/tmp/', to: `${places.folder}/` }] : []),
      );
      const done = spawnSync(program, rest, { env, encoding: 'utf8' });
      if (done.status !== 0) throw new Error(`${command.join(' ')}: ${done.stderr}`);
    },
    said: () => said.join(''),
    wipe: () => rmSync(join(places.folder, 'data'), { recursive: true }),
  };
}

/** All of them, up and in touch. */
export async function startCluster(t: ExecutionContext): Promise<readonly NatsServer[]> {
  const { name, manifest, container } = natsSet();
  const parent = temporaryFolder(t);
  const names = Array.from({ length: manifest.spec?.replicas ?? 0 }, (_, index) => `${name}-${index}`);
  const places = await Promise.all(names.map((each) => placesIn(parent, each)));
  const hosts = names.map((each, index) => ({
    from: `${each}.${name}:6222`,
    to: `127.0.0.1:${places[index]?.cluster}`,
  }));
  const servers = names.map((each, index) => {
    const place = places[index];
    if (place === undefined) throw new Error('a place for each');
    const config = join(place.folder, 'nats.conf');
    writeFileSync(config, configFor(place));
    const args = (container.args ?? []).map((word) =>
      word.startsWith('--routes=')
        ? adapted(word, hosts)
        : adapted(word, word.startsWith('--config=') ? [{ from: '/etc/nats/nats.conf', to: config }] : []),
    );
    return serverAt(each, place, args);
  });
  t.teardown(() => Promise.all(servers.map((server) => server.kill('SIGKILL'))));
  for (const server of servers) server.start();
  await allReady(servers);
  return servers;
}

/** Waits until each answers its readiness probe. */
export async function allReady(servers: readonly NatsServer[]): Promise<void> {
  const path = natsSet().container.readinessProbe?.httpGet?.path ?? '';
  for (const server of servers)
    await until(
      `${server.name} that is ready`,
      async () => {
        if (!server.running) throw new Error(server.said());
        return (await server.health(path)) === 200;
      },
      60_000,
    );
}
