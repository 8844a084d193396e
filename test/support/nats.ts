// Real nats-servers for a test, one or a cluster of three, each with files and ports of its own on loopback. Each can be killed
// and brought back on the same files and ports. None outlives the test, nor the process that started it.

import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { temporaryFolder, until } from './gateway.ts';
import { freePort } from './port.ts';

/** Without a change in what it says it lacks. A machine with other work takes long, and gets on: one start took over 30 s at a load of 20. */
const STUCK_MS = 60_000;
const MOST_READY_MS = 180_000;
/** New ones take half a second to five. */
const FOUNDED_MS = 10_000;
/** Three in a row have failed. */
const MOST_FOUNDINGS = 6;
/** `NATS_SERVER`: the path of another one than is installed. */
const PROGRAM = process.env['NATS_SERVER'] ?? 'nats-server';

const runs = (program: string): boolean => spawnSync(program, ['--version']).status === 0;

/** What is missing here to start one, for `needing`; null: nothing. */
export const missingNats = (): string | null => {
  if (!runs(PROGRAM)) return 'nats-server is not installed (Debian: apt-get install nats-server)';
  return runs('setpriv') ? null : 'setpriv is not installed (Debian: apt-get install util-linux)';
};

/** Why it cannot be asked to keep what three of them acknowledged while they die; null: it can. */
export function forgetfulNats(): string | null {
  const said = spawnSync(PROGRAM, ['--version'], { encoding: 'utf8' }).stdout ?? '';
  const [, major, minor] = /v(\d+)\.(\d+)/.exec(said) ?? [];
  if (Number(major) > 2 || (Number(major) === 2 && Number(minor) >= 10)) return null;
  return `${said.trim()} loses acknowledged messages by itself (test/store/natsRecovery.long.ts); NATS_SERVER names a newer one`;
}

export interface NatsServer {
  readonly name: string;
  /** For clients, for other servers, and for questions over HTTP. */
  readonly ports: { readonly client: number; readonly route: number; readonly monitor: number };
  /** Holds its configuration and its files. */
  readonly folder: string;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves when it is gone. */
  stop(): Promise<void>;
  /** Brings it back on the same ports and files; `NatsServers.ready` waits until it is of use. */
  start(): void;
  /** Stops it where it stands, as a machine that hangs; false: goes on. */
  freeze(frozen: boolean): void;
}

export interface NatsServers {
  readonly servers: readonly NatsServer[];
  /** `nats://127.0.0.1:…,…`, without parameters. */
  readonly address: string;
  /** Waits until all that should run agree on a leader and have caught up. */
  ready(): Promise<void>;
}

export interface NatsOptions {
  /** Default 1. */
  readonly size?: 1 | 3;
  /** More lines for the configuration of each: `authorization { … }`, `tls { … }`. */
  readonly config?: string;
  /** Port by which one server reaches another's routes, where not directly: of a proxy in between. */
  readonly route?: (from: number, to: number, port: number) => number;
  /** Port that the address names for a server's clients, where not its own: of a proxy in front. */
  readonly client?: (server: number, port: number) => number;
  /** Room for the files of JetStream. Default 10 GB. */
  readonly maxFileBytes?: number;
}

interface Place {
  readonly index: number;
  readonly name: string;
  readonly folder: string;
  readonly ports: NatsServer['ports'];
}

function configOf(place: Place, places: readonly Place[], options: NatsOptions): string {
  const { route = (_from, _to, port) => port, config = '', maxFileBytes = 10 * 1024 ** 3 } = options;
  // All of them, itself too, as in deploy/: it is from their number that servers know of how many to found JetStream's group.
  const routes = places.map((other) => {
    const port = other === place ? other.ports.route : route(place.index, other.index, other.ports.route);
    return `nats-route://127.0.0.1:${port}`;
  });
  // Servers tell each other where third ones are, and would connect around a proxy: they are told a port where nobody listens.
  const advertise = options.route === undefined ? '' : 'advertise: "127.0.0.1:1", ';
  const cluster = `cluster { name: sluis-test, listen: "127.0.0.1:${place.ports.route}", ${advertise}no_advertise: true, routes: ${JSON.stringify(routes)} }`;
  return `server_name: ${place.name}
listen: "127.0.0.1:${place.ports.client}"
http: "127.0.0.1:${place.ports.monitor}"
jetstream { store_dir: ${JSON.stringify(join(place.folder, 'store'))}, max_file_store: ${maxFileBytes}, max_memory_store: 67108864 }
${places.length === 1 ? '' : cluster}
${config}
`;
}

interface StartedServer extends NatsServer {
  /** `off`: not started, or ended from here. */
  state(): 'running' | 'ended' | 'off';
}

function serverAt(t: ExecutionContext, place: Place): StartedServer {
  let child: ChildProcess | null = null;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const ending = child;
    child = null;
    if (ending === null || ending.exitCode !== null || ending.signalCode !== null) return;
    const gone = once(ending, 'exit');
    ending.kill(signal);
    await gone;
  };
  t.teardown(() => end('SIGKILL'));
  return {
    ...place,
    state() {
      if (child === null) return 'off';
      return child.exitCode === null && child.signalCode === null ? 'running' : 'ended';
    },
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    start() {
      if (child !== null) throw new Error(`${place.name} runs already`);
      const log = join(place.folder, 'log');
      const args = ['--pdeathsig', 'KILL', PROGRAM, '-c', join(place.folder, 'conf'), '-l', log];
      child = spawn('setpriv', args, { stdio: 'ignore' });
    },
    freeze: (frozen) => void child?.kill(frozen ? 'SIGSTOP' : 'SIGCONT'),
  };
}

async function asked(place: Pick<Place, 'ports'>, path: string): Promise<Response | null> {
  const options = { signal: AbortSignal.timeout(1_000) };
  return fetch(`http://127.0.0.1:${place.ports.monitor}${path}`, options).catch(() => null);
}

interface Health {
  readonly error?: string;
  readonly errors?: readonly { readonly type: string; readonly error: string }[];
}

/**
 * What stands in the way by `/healthz`. Consumers do not: they are made anew by whoever follows, and one whose end was lost in an
 * election is told as missing until the servers clear it away, 30 seconds later or minutes (2.10.27; 2.9 tells no details).
 */
async function unhealthy(place: Pick<Place, 'ports'>): Promise<string | null> {
  const answer = await asked(place, '/healthz?details=true');
  if (answer?.ok === true) return null;
  const { error, errors } = ((await answer?.json().catch(() => null)) ?? {}) as Health; // as it answers
  if (errors === undefined) return error ?? 'no answer';
  return errors.find(({ type }) => type !== 'CONSUMER')?.error ?? null;
}

/** Why it is of no use yet, in the server's own words; null: it is. */
async function unready(place: Pick<Place, 'ports'>, size: number): Promise<string | null> {
  const why = await unhealthy(place);
  if (why !== null || size === 1) return why;
  const answer = (await (await asked(place, '/jsz'))?.json().catch(() => null)) as {
    readonly meta_cluster?: { readonly leader?: string; readonly cluster_size?: number };
  } | null; // as it answers
  const { leader = '', cluster_size: known } = answer?.meta_cluster ?? {};
  if (leader === '') return 'no leader';
  return known === size ? null : `a group of ${known ?? 0}`;
}

/** The last line of its log. */
function lastWord({ folder }: NatsServer): string {
  const log = join(folder, 'log');
  return existsSync(log) ? (readFileSync(log, 'utf8').trimEnd().split('\n').at(-1) ?? '') : 'it wrote no log';
}

/** Throws when it has ended by itself, or is where it was for so long. */
async function waitFor(server: StartedServer, size: number, stuckMs: number): Promise<void> {
  let [why, since]: [string | null, number] = ['not asked', performance.now()];
  const isReady = async (): Promise<boolean> => {
    const said = await unready(server, size);
    if (said !== why) [why, since] = [said, performance.now()];
    if (why !== null && server.state() === 'ended')
      throw new Error(`${server.name} has ended by itself: ${lastWord(server)}`);
    if (performance.now() - since > stuckMs) throw new Error(`${server.name} stays unready: ${why}`);
    return why === null;
  };
  await until(`${server.name} to be ready`, isReady, MOST_READY_MS).catch((cause: Error) => {
    throw new Error(`${cause.message} (load ${loadavg()[0]?.toFixed(1)}; ${why ?? 'ready'})`, { cause });
  });
}

/**
 * Starts new ones. On 2.10.27 one start in eight of three at the same moment, with or without a proxy between them, leaves one out for
 * good: two know of two, and a stream of three replicas is refused until the third one is started again. It does not happen to servers
 * that have met before; as nothing is in these yet, they begin anew without their files.
 */
async function found(
  servers: readonly NatsServer[],
  ready: (stuckMs: number) => Promise<void>,
): Promise<void> {
  for (let founding = 1; ; founding += 1) {
    for (const server of servers) server.start();
    try {
      await ready(founding < MOST_FOUNDINGS ? FOUNDED_MS : STUCK_MS);
      return;
    } catch (error) {
      if (founding === MOST_FOUNDINGS) throw error;
    }
    for (const server of servers) {
      await server.kill();
      rmSync(join(server.folder, 'store'), { recursive: true, force: true });
    }
  }
}

/** Starts them, and waits until they are ready. */
export async function startNats(t: ExecutionContext, options: NatsOptions = {}): Promise<NatsServers> {
  const size = options.size ?? 1;
  const folder = temporaryFolder(t);
  const places: Place[] = [];
  for (let index = 0; index < size; index += 1) {
    const name = `n${index + 1}`;
    const ports = { client: await freePort(), route: await freePort(), monitor: await freePort() };
    const place = { index, name, folder: join(folder, name), ports };
    mkdirSync(place.folder);
    places.push(place);
  }
  for (const place of places) writeFileSync(join(place.folder, 'conf'), configOf(place, places, options));
  const servers = places.map((place) => serverAt(t, place));
  const client = options.client ?? ((_server, port) => port);
  const hosts = places.map((place) => `127.0.0.1:${client(place.index, place.ports.client)}`);
  const ready = async (stuckMs = STUCK_MS): Promise<void> => {
    for (const server of servers) if (server.state() !== 'off') await waitFor(server, size, stuckMs);
  };
  await found(servers, ready);
  return { servers, address: `nats://${hosts.join(',')}`, ready: () => ready() };
}
