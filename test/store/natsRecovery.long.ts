// What a nats-server makes of its own log when it was killed and starts again, on three replicas, by the plain client: no code of the
// gateway is in between. It applies anew what the log holds since its last snapshot, of some two minutes ago. On 2.9.10 two things come
// out otherwise than they did before, and what was acknowledged and never deleted is lost, each time:
//
// - a purge up to a sequence number drops all that was there when it was asked for (nats-server issue 4196, mended in 2.9.18);
// - a repetition that was refused by its message id is not counted, so as many of the newest messages are stored again and later
//   ones are numbered higher than elsewhere: who deletes one by its number deletes another one on the other replicas.

import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import type { NatsConnection } from '@nats-io/transport-node';
import type { ExecutionContext } from 'ava';
import { until } from '../support/gateway.ts';
import { missingNats, startNats } from '../support/nats.ts';
import type { NatsServer, NatsServers } from '../support/nats.ts';
import { needing } from '../support/skip.ts';
import { leaderOf, readAll } from './plainStream.ts';

const withNats = needing(missingNats());
const STREAM = 'kept';
/** Of these it is known; any other version has to keep everything. */
const LOSES = /^2\.9\./;
/** A leader hands over to either of the others, as it happens. */
const MOST_TRIES = 60;

interface Scene {
  readonly nats: NatsServers;
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  readonly client: JetStreamClient;
}

async function setTheScene(t: ExecutionContext): Promise<Scene> {
  const nats = await startNats(t, { size: 3 });
  const servers = nats.servers.map(({ ports }) => `127.0.0.1:${ports.client}`);
  const connection = await connect({ servers, maxReconnectAttempts: -1, reconnectTimeWait: 100 });
  t.teardown(() => connection.close());
  const manager = await jetstreamManager(connection, { timeout: 2_000 });
  const shape = { name: STREAM, subjects: [STREAM], num_replicas: 3 };
  await until('the stream', () => manager.streams.add(shape).then(Boolean, () => false));
  return { nats, connection, manager, client: jetstream(connection, { timeout: 2_000 }) };
}

/** Resolves with the number under which it was acknowledged. */
async function publish({ client }: Scene, text: string): Promise<number> {
  const { seq, duplicate } = await client.publish(STREAM, text);
  if (duplicate) throw new Error('no id, no repetition');
  return seq;
}

async function publishAll(scene: Scene, texts: readonly string[]): Promise<readonly number[]> {
  const seqs: number[] = [];
  for (const text of texts) seqs.push(await publish(scene, text));
  return seqs;
}

const numbered = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `m${index + 1}`);

async function roles(scene: Scene): Promise<{ leader: NatsServer; followers: readonly NatsServer[] }> {
  const name = await leaderOf(scene.manager, STREAM);
  const { servers } = scene.nats;
  const leader = servers.find((server) => server.name === name);
  if (leader === undefined) throw new Error('no leader');
  return { leader, followers: servers.filter((server) => server !== leader) };
}

/** Waits until the leader says that both others have all it has. */
async function current({ manager, nats }: Scene): Promise<void> {
  await nats.ready();
  const isCurrent = async (): Promise<boolean> => {
    const info = await manager.streams.info(STREAM).catch(() => null);
    const replicas = info?.cluster?.replicas ?? [];
    return (
      replicas.length === 2 && replicas.every((one) => one.current && !one.offline && (one.lag ?? 0) === 0)
    );
  };
  await until('replicas that are current', isCurrent, 30_000);
}

async function restart(scene: Scene, server: NatsServer, how: 'kill' | 'stop'): Promise<void> {
  await server[how]();
  server.start();
  await current(scene);
}

/** Makes it the leader of the stream, so that what is read is what it holds. */
async function lead(scene: Scene, { name }: NatsServer): Promise<void> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    let leader = '';
    await until('a leader', async () => (leader = await leaderOf(scene.manager, STREAM)) !== '', 20_000);
    if (leader === name) return;
    await scene.connection.request(`$JS.API.STREAM.LEADER.STEPDOWN.${STREAM}`).catch(() => null);
    await until(
      'the leader to have stepped down',
      async () => (await leaderOf(scene.manager, STREAM)) !== leader,
      5_000,
    );
  }
  throw new Error(`${name} does not become the leader`);
}

async function readEach(t: ExecutionContext, scene: Scene): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, readonly string[]>();
  for (const server of scene.nats.servers) {
    await lead(scene, server);
    const texts = await readAll(scene.manager, STREAM);
    found.set(server.name, texts);
    t.log(`${server.name} holds: ${texts.join(' ') || 'nothing'}`);
  }
  return found;
}

function loses(t: ExecutionContext, { connection }: Scene): boolean {
  const version = connection.info?.version ?? '';
  t.log(`nats-server ${version}`);
  return LOSES.test(version);
}

/** Each is brought back, and current, before the next one goes; the leader is the last. */
async function purgeAndRestart(
  t: ExecutionContext,
  how: 'kill' | 'stop',
): Promise<{ scene: Scene; found: ReadonlyMap<string, readonly string[]> }> {
  const scene = await setTheScene(t);
  await publishAll(scene, numbered(10));
  await scene.manager.streams.purge(STREAM, { seq: 6 });
  // So that the logs of the others hold that the purge is decided.
  await publish(scene, 'last');
  await current(scene);
  t.deepEqual(await readAll(scene.manager, STREAM), KEPT);
  const { leader, followers } = await roles(scene);
  for (const server of [...followers, leader]) await restart(scene, server, how);
  return { scene, found: await readEach(t, scene) };
}

const KEPT = ['m6', 'm7', 'm8', 'm9', 'm10', 'last'];

withNats('servers killed one after the other lose what was there when a purge was asked for', async (t) => {
  t.timeout(180_000);
  const { scene, found } = await purgeAndRestart(t, 'kill');
  const kept = loses(t, scene) ? ['last'] : KEPT;
  for (const [name, texts] of found) t.deepEqual(texts, kept, name);
});

withNats('servers shut down one after the other keep it, because they take a snapshot before', async (t) => {
  t.timeout(180_000);
  for (const [name, texts] of (await purgeAndRestart(t, 'stop')).found) t.deepEqual(texts, KEPT, name);
});

withNats(
  'after a repetition was refused, a killed server numbers otherwise, and a deletion takes another message',
  async (t) => {
    t.timeout(180_000);
    const scene = await setTheScene(t);
    for (const known of [false, true])
      t.is((await scene.client.publish(STREAM, 'first', { msgID: 'one' })).duplicate, known);
    await publishAll(scene, numbered(3));
    await current(scene);
    const { followers } = await roles(scene);
    const [killed] = followers;
    if (killed === undefined) throw new Error('no follower');
    await restart(scene, killed, 'kill');
    await lead(scene, killed);
    const [ended] = await publishAll(scene, ['ended', 'kept']);
    // By the number under which it was acknowledged, as everybody deletes who deletes single messages.
    await scene.manager.streams.deleteMessage(STREAM, ended ?? 0);
    await current(scene);
    const right = ['first', ...numbered(3), 'kept'];
    const lost = ['first', ...numbered(3), 'ended'];
    const doubled = ['first', ...numbered(3), 'm3', 'kept'];
    const isLost = loses(t, scene);
    for (const [name, texts] of await readEach(t, scene))
      t.deepEqual(texts, isLost ? (name === killed.name ? doubled : lost) : right, name);
  },
);

withNats('nothing repeated and nothing purged, servers that are killed lose nothing', async (t) => {
  t.timeout(180_000);
  const scene = await setTheScene(t);
  const texts = [...numbered(10)];
  await publishAll(scene, texts);
  for (const [index, server] of scene.nats.servers.entries()) {
    await server.kill();
    const text = `while ${index + 1}`;
    await until('an acknowledgement', () =>
      publish(scene, text).then(
        () => true,
        () => false,
      ),
    );
    texts.push(text);
    server.start();
    await current(scene);
  }
  for (const [name, held] of await readEach(t, scene)) t.deepEqual([...new Set(held)], texts, name);
});
