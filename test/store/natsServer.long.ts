// What the store relies on of a server's conditional writes, shown on three replicas with writers at every server at once.
// Measured on 2.9.10: a subject's expected last sequence alone lets several of them through, because only the leader looks, and
// before what is in flight is applied. Message ids, an expected sequence of 0, and a stream's last sequence are judged as each
// message is applied, so one writer wins.

import type { ExecutionContext } from 'ava';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { JetStreamClient, JetStreamManager, JetStreamPublishOptions } from '@nats-io/jetstream';
import { readAddress } from '../../src/store/jetstream/address.ts';
import { openConnection } from '../../src/store/jetstream/connection.ts';
import { until } from '../support/gateway.ts';
import { missingNats, startNats } from '../support/nats.ts';
import { needing } from '../support/skip.ts';
import { recordingLog, runningClock } from './natsSurroundings.ts';

const withNats = needing(missingNats());
const ROUNDS = 60;
const STREAM = 'contested';
const clock = runningClock;
const log = recordingLog();

interface Contest {
  readonly manager: JetStreamManager;
  /** Two at each server. */
  readonly writers: readonly JetStreamClient[];
}

async function contest(t: ExecutionContext): Promise<Contest> {
  const { servers } = await startNats(t, { size: 3 });
  const connections = await Promise.all(
    servers.map(({ ports }) =>
      openConnection(readAddress(`nats://127.0.0.1:${ports.client}`), { clock, log }),
    ),
  );
  for (const each of connections) t.teardown(() => each.close());
  const [first] = connections;
  if (first === undefined) throw new Error('no connection');
  const manager = await jetstreamManager(first.nats);
  const shape = { name: STREAM, subjects: [`${STREAM}.*`], num_replicas: 3 };
  // Servers of 2.10 that have just met may still say that a peer is offline.
  await until('the stream', () => manager.streams.add(shape).then(Boolean, () => false));
  const clients = connections.map(({ nats }) => jetstream(nats));
  return { manager, writers: [...clients, ...clients] };
}

const lastSeq = async ({ manager }: Contest): Promise<number> =>
  (await manager.streams.info(STREAM)).state.last_seq;

/** Rounds in which more than one of the writers was let through; in each one has to be. */
async function roundsWon(
  t: ExecutionContext,
  it: Contest,
  write: (round: number, last: number) => { subject: string; options: Partial<JetStreamPublishOptions> },
): Promise<number> {
  let several = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = await lastSeq(it);
    const { subject, options } = write(round, before);
    await Promise.allSettled(it.writers.map((writer) => writer.publish(subject, 'x', options)));
    const through = (await lastSeq(it)) - before;
    t.true(through >= 1);
    if (through > 1) several += 1;
  }
  return several;
}

withNats('of several writers at once, one wins where the store relies on it', async (t) => {
  const it = await contest(t);
  const firsts = await roundsWon(t, it, (round) => ({
    subject: `${STREAM}.first${round}`,
    options: { expect: { lastSubjectSequence: 0 } },
  }));
  t.is(firsts, 0, 'expecting nothing there');
  const ids = await roundsWon(t, it, (round) => ({
    subject: `${STREAM}.id`,
    options: { msgID: `id ${round}` },
  }));
  t.is(ids, 0, 'under one message id');
  // The subject is written by nobody else, so the last of the stream is its own last, but for the first round.
  await it.writers[0]?.publish(`${STREAM}.named`, 'x');
  const named = await roundsWon(t, it, (_round, before) => ({
    subject: `${STREAM}.named`,
    options: { msgID: `named ${before}`, expect: { lastSubjectSequence: before } },
  }));
  t.is(named, 0, 'expecting a revision, under a message id made of it');
  await it.writers[0]?.publish(`${STREAM}.bare`, 'x');
  const bare = await roundsWon(t, it, (_round, before) => ({
    subject: `${STREAM}.bare`,
    options: { expect: { lastSubjectSequence: before } },
  }));
  t.log(`expecting a revision and no more: several writers let through in ${bare} of ${ROUNDS} rounds`);
});
