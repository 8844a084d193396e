// What the servers keep a second time under one message id becomes no second row: with the same owner, with the next one, while the
// first waits and after it is gone. What shares no id, or comes after the window, is delivered.

import type { ExecutionContext } from 'ava';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import type { Lease } from '../../src/core/delivery.ts';
import type { OpenedStore } from '../../src/core/plugin.ts';
import { readAddress } from '../../src/store/jetstream/address.ts';
import { openReplicated } from '../../src/store/jetstream.ts';
import { temporaryFolder, until } from '../support/gateway.ts';
import { startNats } from '../support/nats.ts';
import type { NatsServers } from '../support/nats.ts';
import { admission, event, LATER } from './admissions.ts';
import { recordingLog } from './natsSurroundings.ts';
import { steady, withNats } from './streams.ts';

const STREAM = 'sluis-spool-0';
const ROW = 'sluis.spool.0.row';
const ALL = { destination: 'ga4', max: 1000, leaseMs: 60_000, now: LATER };
const delivered = { name: 'delivered', code: null } as const;

interface Gateway extends OpenedStore {
  readonly codes: readonly string[];
}

interface Scene {
  readonly nats: NatsServers;
  readonly client: JetStreamClient;
  readonly manager: JetStreamManager;
  gateway(parameters?: string): Promise<Gateway>;
}

async function setTheScene(t: ExecutionContext): Promise<Scene> {
  const nats = await startNats(t);
  const connection = await connect({ servers: `127.0.0.1:${nats.servers[0]?.ports.client}` });
  t.teardown(() => connection.close());
  return {
    nats,
    client: jetstream(connection),
    manager: await jetstreamManager(connection),
    async gateway(parameters = '') {
      const address = `${nats.address}?partitions=1&maxBytes=512MB&local=${temporaryFolder(t)}/rows${parameters}`;
      const log = recordingLog();
      const opened = await openReplicated(readAddress(address), { clock: steady, log });
      t.teardown(() => opened.store.close());
      return { ...opened, codes: log.codes };
    },
  };
}

const one = (dedupe: string | null = 'digest') =>
  admission({ receivedAt: steady.now(), events: [event(dedupe === null ? {} : { dedupe })] });

/** Makes the server forget what it knows within a moment; a gateway that is opened later makes it remember again. */
async function forgetful({ manager }: Scene): Promise<void> {
  await manager.streams.update(STREAM, { duplicate_window: 100_000_000 });
}

/** What the first row's message held, kept once more under this id. */
async function keepTwice({ manager, client }: Scene, id: string, payload: string): Promise<void> {
  const keep = async (): Promise<boolean> => !(await client.publish(ROW, payload, { msgID: id })).duplicate;
  await until('the server to keep it twice', keep);
  const { state } = await manager.streams.info(STREAM);
  if (state.messages === 0) throw new Error('nothing is there');
}

async function payloadOf({ manager }: Scene): Promise<string> {
  const message = await manager.streams.getMessage(STREAM, { last_by_subj: ROW });
  if (message === null) throw new Error('no row');
  return message.string();
}

/** Messages of rows in the stream. */
async function rowsIn({ manager }: Scene): Promise<number> {
  const { state } = await manager.streams.info(STREAM, { subjects_filter: ROW });
  return state.subjects?.[ROW] ?? 0;
}

async function deliver({ store }: OpenedStore): Promise<number> {
  const leases: readonly Lease[] = await store.claim(ALL);
  await store.settle(leases.map(({ id, token }) => ({ id, token, result: delivered })));
  return leases.length;
}

const repetitions = ({ store }: OpenedStore): number => store.replication?.().repetitions ?? 0;

async function steps({ store }: OpenedStore): Promise<readonly string[]> {
  return (await store.entries({ limit: 100 })).map(({ step }) => step).toReversed();
}

const pendingOf = async ({ store }: OpenedStore): Promise<number> =>
  (await store.find({ state: 'pending' })).length;

withNats('an event that is kept twice while it waits is one row, and delivered once', async (t) => {
  const scene = await setTheScene(t);
  const gateway = await scene.gateway();
  await forgetful(scene);
  await gateway.store.append([one()]);
  const payload = await payloadOf(scene);
  await keepTwice(scene, 'digest', payload);
  await keepTwice(scene, 'digest again', payload);
  t.is(await pendingOf(gateway), 1);
  t.is(repetitions(gateway), 2);
  await until('the repetitions to go', async () => (await rowsIn(scene)) === 1);
  t.is(await deliver(gateway), 1);
  t.is(await deliver(gateway), 0);
  t.deepEqual(await steps(gateway), ['admitted', 'delivered']);
});

withNats(
  'an event that is kept again after it was delivered and is gone is not delivered again',
  async (t) => {
    const scene = await setTheScene(t);
    const gateway = await scene.gateway();
    await forgetful(scene);
    await gateway.store.append([one()]);
    const payload = await payloadOf(scene);
    t.is(await deliver(gateway), 1);
    await until('its message to go', async () => (await rowsIn(scene)) === 0);
    await keepTwice(scene, 'digest', payload);
    t.is(await pendingOf(gateway), 0);
    t.is(repetitions(gateway), 1);
    await until('the repetition to go', async () => (await rowsIn(scene)) === 0);
    t.deepEqual(await steps(gateway), ['admitted', 'delivered']);
  },
);

withNats('the next owner finds both in the stream, and delivers one', async (t) => {
  const scene = await setTheScene(t);
  const first = await scene.gateway();
  await forgetful(scene);
  await first.store.append([one()]);
  const payload = await payloadOf(scene);
  await first.store.close();
  await keepTwice(scene, 'digest again', payload);
  const next = await scene.gateway();
  t.is(await pendingOf(next), 1);
  t.is(await deliver(next), 1);
  t.is(repetitions(next), 1);
  await until('both to go', async () => (await rowsIn(scene)) === 0);
  t.deepEqual(await steps(next), ['admitted', 'delivered']);
});

withNats('an event that is gone is known to the owners after, whoever of them saw it', async (t) => {
  const scene = await setTheScene(t);
  const first = await scene.gateway();
  await forgetful(scene);
  await first.store.append([one(), one('another')]);
  const payload = await payloadOf(scene);
  t.is(await deliver(first), 2);
  await until('their messages to go', async () => (await rowsIn(scene)) === 0);
  await first.store.close();
  const second = await scene.gateway();
  await second.store.append([one('third')]);
  t.is(await deliver(second), 1);
  await second.store.close();
  await forgetful(scene);
  for (const id of ['another', 'digest again', 'third']) await keepTwice(scene, id, payload);
  const last = await scene.gateway();
  t.is(await pendingOf(last), 0);
  t.is(repetitions(last), 3);
  await until('the repetitions to go', async () => (await rowsIn(scene)) === 0);
  const counts = Map.groupBy(await steps(last), (step) => step);
  t.is(counts.get('admitted')?.length, 3);
  t.is(counts.get('delivered')?.length, 3);
});

withNats('a server that started again forgets what is gone, and the gateway does not', async (t) => {
  const scene = await setTheScene(t);
  const gateway = await scene.gateway();
  await gateway.store.append([one()]);
  t.is(await deliver(gateway), 1);
  await until('its message to go', async () => (await rowsIn(scene)) === 0);
  const [server] = scene.nats.servers;
  await server?.kill();
  server?.start();
  await scene.nats.ready();
  const answers: (readonly number[])[] = [];
  await until('the store to take it in', async () => {
    const appended = await gateway.store.append([one()]).catch(() => []);
    answers.push(...appended.map(({ duplicates }) => duplicates));
    return appended.length > 0;
  });
  t.log(answers[0]?.length === 0 ? 'the server had forgotten it' : 'the server knew it');
  await until('the gateway to be back', () =>
    pendingOf(gateway).then(
      () => true,
      () => false,
    ),
  );
  t.is(await pendingOf(gateway), 0);
  t.is(repetitions(gateway), answers[0]?.length === 0 ? 1 : 0);
});

withNats('events without a message id share none: each is delivered', async (t) => {
  const scene = await setTheScene(t);
  const gateway = await scene.gateway();
  await forgetful(scene);
  await gateway.store.append([one(null)]);
  const payload = await payloadOf(scene);
  await gateway.store.append([one(null), one(null)]);
  for (let copy = 0; copy < 2; copy += 1) await scene.client.publish(ROW, payload);
  await until('all to come', async () => (await pendingOf(gateway)) === 5);
  t.is(repetitions(gateway), 0);
});

withNats('an event that comes again after the window is delivered again', async (t) => {
  const scene = await setTheScene(t);
  const gateway = await scene.gateway('&dedupe=1s');
  const answers: (readonly number[] | undefined)[] = [];
  await until('it to be forgotten', async () => {
    const [appended] = await gateway.store.append([one()]);
    answers.push(appended?.duplicates);
    return answers.filter((duplicates) => duplicates?.length === 0).length === 2;
  });
  t.is(await deliver(gateway), 2);
  t.is(repetitions(gateway), 0);
});

withNats('where ids cannot be kept, events are delivered and go all the same', async (t) => {
  const scene = await setTheScene(t);
  const gateway = await scene.gateway();
  await scene.manager.streams.delete('sluis-known');
  await gateway.store.append([one(), one('another')]);
  t.is(await deliver(gateway), 2);
  await until('their messages to go', async () => (await rowsIn(scene)) === 0);
  t.true(gateway.codes.includes('known_ids_not_kept'));
  await gateway.store.append([one('later')]);
  await gateway.store.close();
  const next = await scene.gateway();
  t.is(await deliver(next), 1);
});
