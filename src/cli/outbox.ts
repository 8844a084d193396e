// `sluis outbox`: what waits, what died, and bringing dead letters back. Asks the running gateway by its admin address, since a
// store has one owner; where none runs, opens the store itself.

import { existsSync } from 'node:fs';
import { openOffline } from '../app.ts';
import type { Snapshot } from '../core/config.ts';
import { GatewayError } from '../core/errors.ts';
import { isObject } from '../core/json.ts';
import type { Json } from '../core/json.ts';
import type { Found, StoreStats } from '../core/ports.ts';
import type { Call, Command, Io } from './command.ts';
import { EXIT, usageError } from './command.ts';
import { snapshotOf } from './config.ts';

/** The three questions, whoever answers them. */
interface Answerer {
  stats(): Promise<StoreStats>;
  dead(destination: string | null, limit: number): Promise<readonly Found[]>;
  replay(ids: readonly string[]): Promise<number>;
  close(): Promise<void>;
}

/** Where a running gateway is found. */
interface Gateway {
  readonly snapshot: Snapshot;
  readonly token: string | undefined;
}

const LIMIT = 1000;

async function ask({ snapshot, token }: Gateway, path: string, body?: unknown): Promise<Json> {
  const { host, port } = snapshot.server.admin;
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  const bearer = token ?? snapshot.server.adminTokens[0]?.reveal();
  if (bearer !== undefined) headers['authorization'] = `Bearer ${bearer}`;
  const address = `http://${host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host}:${port}${path}`;
  const method = body === undefined ? 'GET' : 'POST';
  let response: Response;
  try {
    response = await fetch(address, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (cause) {
    throw new GatewayError(
      'store_unavailable',
      `no store can be opened here, and no gateway answers at ${host}:${port}`,
      { cause },
    );
  }
  if (!response.ok)
    throw new GatewayError('store_unavailable', `the gateway at ${host}:${port} answered ${response.status}`);
  return (await response.json()) as Json; // the gateway's own answer
}

function fromGateway(gateway: Gateway): Answerer {
  const field = (value: Json, name: string): Json => (isObject(value) ? (value[name] ?? null) : null);
  return {
    stats: async () => field(await ask(gateway, '/api/stats'), 'store') as unknown as StoreStats, // as /api/stats answers
    dead: async (destination, limit) => {
      const query = new URLSearchParams({
        limit: String(limit),
        ...(destination === null ? {} : { destination }),
      });
      return field(await ask(gateway, `/api/outbox/dead?${query.toString()}`), 'dead') as unknown as Found[]; // as it answers
    },
    replay: async (ids) => Number(field(await ask(gateway, '/api/outbox/replay', { ids }), 'requeued')),
    close: () => Promise.resolve(),
  };
}

/** Asking must not make a store; where none is, only a gateway can know one (a trial keeps its own in memory). */
const isOnDisk = (address: string): boolean =>
  address.startsWith('sqlite:') && existsSync(address.slice('sqlite:'.length));

async function answererFor({ snapshot, token }: Gateway): Promise<Answerer> {
  if (!isOnDisk(snapshot.store)) return fromGateway({ snapshot, token });
  try {
    const { store } = await openOffline(snapshot);
    return {
      stats: () => store.stats(),
      dead: (destination, limit) =>
        store.find({ state: 'dead', limit, ...(destination === null ? {} : { destination }) }),
      replay: (ids) => store.requeue(ids),
      close: () => store.close(),
    };
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'store_locked')
      return fromGateway({ snapshot, token });
    throw error;
  }
}

function show(found: Found, io: Io): void {
  const { subjects: _subjects, ...shown } = found;
  io.out(
    JSON.stringify({
      ...shown,
      firstAt: new Date(found.firstAt).toISOString(),
      dueAt: new Date(found.dueAt).toISOString(),
    }),
  );
}

async function replay(answerer: Answerer, call: Call, io: Io): Promise<void> {
  const ids = call.positionals.slice(1);
  const all = call.options['all'] === true;
  const destination = destinationOf(call);
  if (ids.length === 0 && !all && destination === null)
    throw usageError('name ids, --destination NAME or --all');
  const wanted = ids.length > 0 ? ids : (await answerer.dead(destination, LIMIT)).map(({ id }) => id);
  const requeued = await answerer.replay(wanted);
  io.out(JSON.stringify({ requeued }));
}

const destinationOf = ({ options }: Call): string | null =>
  typeof options['destination'] === 'string' ? options['destination'] : null;

export const outbox: Command = {
  name: 'outbox',
  usage: 'stats|dead|replay [ID …] [--destination NAME] [--all] [--token TOKEN]',
  summary: 'what waits, what died, and dead letters back to the queue',
  most: 1001,
  options: { destination: { type: 'string' }, all: { type: 'boolean' }, token: { type: 'string' } },
  async run(call, io) {
    const question = call.positionals[0];
    if (question === undefined || !['stats', 'dead', 'replay'].includes(question))
      throw usageError('say stats, dead or replay');
    const { token } = call.options;
    const answerer = await answererFor({
      snapshot: snapshotOf(call.config, io),
      token: typeof token === 'string' ? token : undefined,
    });
    try {
      if (question === 'stats') io.out(JSON.stringify(await answerer.stats()));
      else if (question === 'dead')
        for (const found of await answerer.dead(destinationOf(call), LIMIT)) show(found, io);
      else await replay(answerer, call, io);
    } finally {
      await answerer.close();
    }
    return EXIT.ok;
  },
};
