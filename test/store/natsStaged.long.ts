// An event whose first try came to nothing can still be kept. On nats-server 2.10.27 a leader remembers a message id when it proposes
// the message; cut off from the others it loses what it proposed, and when it leads again it calls every repetition known, with number
// 0. Whoever believes that loses the event: so was one of 3,112 lost in a run of the failure test. On 2.9.10 what was never acknowledged
// comes back instead, in the place of what the other two had acknowledged meanwhile, which is lost.

import { setTimeout as pause } from 'node:timers/promises';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { JetStreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import type { NatsConnection } from '@nats-io/transport-node';
import type { ExecutionContext } from 'ava';
import { publish } from '../../src/store/jetstream/publish.ts';
import { startCluster } from '../crash/cluster.ts';
import { until } from '../support/gateway.ts';
import { missingNats } from '../support/nats.ts';
import { needing } from '../support/skip.ts';
import { leaderOf, readAll } from './plainStream.ts';

const withNats = needing(missingNats());
const STREAM = 'staged';
/** A majority that takes so long is still waited for; two seconds of it pass without any answer. */
const SLOW_MS = 5_000;
/** Of these it is known; any other version has to keep everything. */
const LOSES = /^2\.9\./;

async function connected(t: ExecutionContext, servers: readonly string[]): Promise<NatsConnection> {
  const connection = await connect({
    servers: [...servers],
    maxReconnectAttempts: -1,
    reconnectTimeWait: 100,
    noRandomize: true,
    ignoreClusterUpdates: true,
  });
  t.teardown(() => connection.close());
  return connection;
}

/** Until it is the leader, whoever is one hands over; false: it is not chosen, as happens. */
async function lead(manager: JetStreamManager, connection: NatsConnection, name: string): Promise<boolean> {
  const leads = async (): Promise<boolean> => {
    const leader = await leaderOf(manager, STREAM);
    if (leader === name) return true;
    if (leader !== '')
      await connection.request(`$JS.API.STREAM.LEADER.STEPDOWN.${STREAM}`).catch(() => undefined);
    return false;
  };
  return until(`${name} to lead`, leads, 40_000).then(
    () => true,
    () => false,
  );
}

interface Lost {
  readonly there: NatsConnection;
  readonly manager: JetStreamManager;
}

/** Who leads after a hand-over is the servers' choice. */
const MOST_SCENES = 5;

async function loseProposal(t: ExecutionContext): Promise<Lost> {
  for (let scenes = 0; scenes < MOST_SCENES; scenes += 1) {
    const lost = await tryToLose(t);
    if (lost !== null) return lost;
  }
  throw new Error('the leader that was cut off is not chosen again');
}

/** A leader that proposed `event` and was cut off leads again, after the other two acknowledged `other`; null: it does not. */
async function tryToLose(t: ExecutionContext): Promise<Lost | null> {
  const cluster = await startCluster(t, 3);
  const { servers } = cluster.nats;
  const addresses = servers.map(({ ports }) => `127.0.0.1:${ports.client}`);
  const setup = await connected(t, addresses);
  const shape = { name: STREAM, subjects: [STREAM], num_replicas: 3 };
  const made = await jetstreamManager(setup, { timeout: 2_000 });
  await until('the stream', () => made.streams.add(shape).then(Boolean, () => false), 20_000);
  const first = await leaderOf(made, STREAM);
  const index = servers.findIndex(({ name }) => name === first);
  const others = [0, 1, 2].filter((each) => each !== index);
  const there = await connected(t, addresses.slice(index, index + 1));
  const elsewhere = await connected(
    t,
    others.flatMap((each) => addresses[each] ?? []),
  );
  const manager = await jetstreamManager(elsewhere, { timeout: 2_000 });
  for (const other of others) cluster.between(index, other).cut('silent');
  await t.throwsAsync(
    jetstream(there).publish(STREAM, 'event', { msgID: 'event', timeout: 1_000, retries: 0 }),
  );
  await until('another leader', async () => !['', first].includes(await leaderOf(manager, STREAM)), 60_000);
  await publish(jetstream(elsewhere), { subject: STREAM, payload: 'other' }, 20_000);
  for (const other of others) cluster.between(index, other).heal();
  return (await lead(manager, elsewhere, first)) ? { there, manager } : null;
}

withNats('an event that a leader proposed and lost is kept when it is tried again', async (t) => {
  t.timeout(600_000);
  const { there, manager } = await loseProposal(t);
  const texts = await readAll(manager, STREAM);
  const version = there.info?.version ?? '';
  t.log(
    `nats-server ${version}: what two of three acknowledged is ${texts.includes('other') ? 'there' : 'lost'}`,
  );
  if (!LOSES.test(version)) t.true(texts.includes('other'));
  const plain = await jetstream(there)
    .publish(STREAM, 'event', { msgID: 'event', timeout: 2_000, retries: 0 })
    .then(({ seq, duplicate }) => `number ${seq}${duplicate ? ', known' : ''}`, String);
  t.log(`a repetition is answered: ${plain}`);
  const { seq } = await publish(jetstream(there), { subject: STREAM, payload: 'event', id: 'event' }, 20_000);
  t.is((await manager.streams.getMessage(STREAM, { seq }))?.string(), 'event');
});

withNats('an event whose majority is slow is kept once', async (t) => {
  t.timeout(120_000);
  const { nats } = await startCluster(t, 3);
  const addresses = nats.servers.map(({ ports }) => `127.0.0.1:${ports.client}`);
  const manager = await jetstreamManager(await connected(t, addresses), { timeout: 2_000 });
  const shape = { name: STREAM, subjects: [STREAM], num_replicas: 3 };
  await until('the stream', () => manager.streams.add(shape).then(Boolean, () => false), 20_000);
  const leader = await leaderOf(manager, STREAM);
  const index = nats.servers.findIndex(({ name }) => name === leader);
  const there = await connected(t, addresses.slice(index, index + 1));
  const others = nats.servers.filter(({ name }) => name !== leader);
  for (const other of others) other.freeze(true);
  const publishing = publish(jetstream(there), { subject: STREAM, payload: 'event', id: 'event' }, 20_000);
  await pause(SLOW_MS);
  for (const other of others) other.freeze(false);
  await publishing;
  const kept = async (): Promise<number> => (await manager.streams.info(STREAM)).state.messages;
  await until('the event', async () => (await kept()) > 0);
  await publish(jetstream(there), { subject: STREAM, payload: 'next', id: 'next' }, 20_000);
  t.deepEqual(await readAll(manager, STREAM), ['event', 'next']);
});
