// Looks at the servers behind an address and at what they hold, and changes nothing: who answers, with which version, whether
// there is JetStream and room, whether streams are as they have to be, and whether every replica stands on a server of its own.

import { jetstreamManager } from '@nats-io/jetstream';
import type { JetStreamManager, PeerInfo, StreamInfo } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { GatewayError } from '../../core/errors.ts';
import type { StoreFinding } from '../../core/plugin.ts';
import type { NatsAddress } from './address.ts';
import { asUnavailable, openConnection } from './connection.ts';
import type { Connection, ConnectionSurroundings } from './connection.ts';
import { differences, infoOf } from './ensureStream.ts';
import type { StreamShape } from './ensureStream.ts';

/** Older ones lack what the streams are made with. */
const LEAST_VERSION = [2, 9] as const;
/** Replicas of older ones lose what was acknowledged when they start again (test/store/natsRecovery.long.ts). */
const LEAST_REPLICATED = [2, 10] as const;
const ANSWER_MS = 5_000;
const SILENT_MS = 5_000;
/** Of what a stream may hold. */
const NEARLY_FULL = 0.9;

/** Every code that `inspect` finds, and what it means. */
export const STORE_FINDINGS = {
  'server-unreachable': 'a server of the address does not answer, or lets nobody in, while others do',
  'server-twice': 'two names of the address lead to one server',
  'server-too-old': 'the server lacks what the streams are made with',
  'server-forgets': 'a replica on the server loses what was acknowledged when it starts again',
  'jetstream-off': 'the server keeps no streams',
  'account-too-small': 'the account may hold less than the address says',
  'stream-missing': 'the stream is not there yet; it is made at the next start',
  'stream-otherwise': 'the stream is set up otherwise than the address says',
  'stream-nearly-full': 'the stream is nearly full',
  'replica-missing': 'fewer servers hold the stream than should',
  'replica-behind': 'a replica has not caught up',
} as const satisfies Record<string, string>;

type Code = keyof typeof STORE_FINDINGS;

const error = (code: Code, message: string): StoreFinding => ({ code, severity: 'error', message });
const warning = (code: Code, message: string): StoreFinding => ({ code, severity: 'warning', message });

/** Throws what a start would throw if no server can be reached at all. */
export async function inspect(
  address: NatsAddress,
  shapes: readonly StreamShape[],
  surroundings: ConnectionSurroundings,
): Promise<readonly StoreFinding[]> {
  const tries = await Promise.allSettled(
    address.servers.map((server) => openConnection({ ...address, servers: [server] }, surroundings)),
  );
  const connections = tries.map((each) => (each.status === 'fulfilled' ? each.value : null));
  try {
    const first = connections.find((each) => each !== null);
    if (first === undefined) throw firstFailure(tries);
    const unreachable = tries.flatMap((each, index) =>
      each.status === 'fulfilled' ? [] : [unreachableBy(address.servers[index] ?? '', each.reason)],
    );
    const servers = serverFindings(address, connections);
    const off = servers.some(({ code }) => code === 'jetstream-off');
    return [...unreachable, ...servers, ...(off ? [] : await streamFindings(first, shapes))];
  } finally {
    for (const each of connections) await each?.close();
  }
}

function firstFailure(tries: readonly PromiseSettledResult<unknown>[]): GatewayError {
  const failures = tries.flatMap((each) => (each.status === 'rejected' ? [asUnavailable(each.reason)] : []));
  // What can be put right by hand says more than silence.
  return failures.find(({ code }) => code === 'config_invalid') ?? failures[0] ?? asUnavailable(null);
}

const unreachableBy = (server: string, reason: unknown): StoreFinding =>
  warning('server-unreachable', `\`${server}\`: ${asUnavailable(reason).message}`);

function serverFindings(
  { servers: names, replicas }: NatsAddress,
  connections: readonly (Connection | null)[],
): readonly StoreFinding[] {
  const found: StoreFinding[] = [];
  const known = new Map<string, string>();
  for (const [index, connection] of connections.entries()) {
    const name = names[index] ?? '';
    const info = connection?.nats.info;
    if (info === undefined) continue;
    const twin = known.get(info.server_id);
    if (twin !== undefined) found.push(warning('server-twice', `\`${twin}\` and \`${name}\` are one server`));
    known.set(info.server_id, name);
    found.push(...versionFindings(name, info.version, replicas));
    if (info.jetstream !== true) found.push(error('jetstream-off', `\`${name}\` has JetStream switched off`));
  }
  return found;
}

function versionFindings(name: string, version: string, replicas: number): readonly StoreFinding[] {
  const runs = `\`${name}\` runs ${version}`;
  if (isOlder(version, LEAST_VERSION))
    return [error('server-too-old', `${runs}: ${LEAST_VERSION.join('.')} is the least`)];
  if (!forgets(version, replicas)) return [];
  return [
    error(
      'server-forgets',
      `${runs}, whose replicas lose events when a server starts again: ${LEAST_REPLICATED.join('.')} is the least with \`replicas=${replicas}\``,
    ),
  ];
}

/** Does a server of this version lose what its replicas acknowledged when it starts again? */
export const forgets = (version: string, replicas: number): boolean =>
  replicas > 1 && isOlder(version, LEAST_REPLICATED);

function isOlder(version: string, least: readonly [number, number]): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < least[0] || (major === least[0] && minor < least[1]);
}

async function streamFindings(
  { nats }: Connection,
  shapes: readonly StreamShape[],
): Promise<readonly StoreFinding[]> {
  try {
    const manager = await jetstreamManager(nats, { timeout: ANSWER_MS, checkAPI: false });
    const found: StoreFinding[] = [];
    const missing: StreamShape[] = [];
    for (const shape of shapes) {
      const info = await infoOf(manager, shape.name);
      if (info === null) missing.push(shape);
      else found.push(...shapeFindings(shape, info), ...replicaFindings(shape, info), ...roomFindings(info));
    }
    for (const { name } of missing)
      found.push(warning('stream-missing', `\`${name}\` is not there; it is made at the next start`));
    return [...found, ...(await accountFindings(manager, missing))];
  } catch (cause) {
    throw asUnavailable(cause);
  }
}

function shapeFindings(shape: StreamShape, { config }: StreamInfo): readonly StoreFinding[] {
  return differences(shape, config).map(({ field, changeable }) =>
    changeable
      ? warning('stream-otherwise', `\`${shape.name}\`: the next start changes \`${field}\``)
      : error('stream-otherwise', `\`${shape.name}\`: \`${field}\` differs and cannot be changed`),
  );
}

/** Servers notice late that one is gone (2.9.10 says `offline` after minutes); each is heard of every second. */
const isThere = ({ offline, active }: PeerInfo): boolean => !offline && active < nanos(SILENT_MS);

function replicaFindings(shape: StreamShape, { cluster }: StreamInfo): readonly StoreFinding[] {
  const { name, num_replicas: wanted } = shape;
  const replicas = cluster?.replicas ?? [];
  const nodes = new Set(replicas.filter(isThere).map((each) => each.name));
  // A server without a cluster names no leader, and is one.
  nodes.add(cluster?.leader ?? '');
  if (nodes.size < wanted)
    return [error('replica-missing', `\`${name}\`: ${nodes.size} of ${wanted} servers hold it`)];
  return replicas
    .filter(({ current }) => !current)
    .map((each) => warning('replica-behind', `\`${name}\`: \`${each.name}\` has not caught up`));
}

function roomFindings({ config, state }: StreamInfo): readonly StoreFinding[] {
  // A stream that drops its oldest is full by design.
  if (config.discard === 'old' || config.max_bytes <= 0 || state.bytes < NEARLY_FULL * config.max_bytes)
    return [];
  const percent = Math.floor((100 * state.bytes) / config.max_bytes);
  return [warning('stream-nearly-full', `\`${config.name}\`: ${percent} % of its bytes are taken`)];
}

/** Only accounts with a limit say how much they may hold; what servers have, they say when streams are made. */
async function accountFindings(
  manager: JetStreamManager,
  missing: readonly StreamShape[],
): Promise<readonly StoreFinding[]> {
  const { limits, storage } = await manager.getAccountInfo();
  if (limits.max_storage < 0) return [];
  const needed = missing.reduce((sum, each) => sum + (each.max_bytes ?? 0) * each.num_replicas, 0);
  const left = limits.max_storage - storage;
  if (needed <= left) return [];
  const megabytes = (bytes: number): string => `${Math.floor(bytes / 1024 ** 2)} MB`;
  return [
    error(
      'account-too-small',
      `the account has room for ${megabytes(left)}, the streams need ${megabytes(needed)}`,
    ),
  ];
}
