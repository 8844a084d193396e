// `nats://…`: the replicated store, for any number of gateways. Events are appended to partitioned streams by whoever receives
// them; each partition has one owner among the living gateways, which delivers from it and keeps its journal. The streams are the
// truth; the owner's local rows are a copy that may be lost at any moment.

import { randomUUID } from 'node:crypto';
import { jetstream as clientOf, jetstreamManager } from '@nats-io/jetstream';
import { GatewayError } from '../core/errors.ts';
import type { OpenedStore, StoreDriver } from '../core/plugin.ts';
import type { Clock, Facts, Log } from '../core/ports.ts';
import { parseAddress, readAddress } from './jetstream/address.ts';
import type { NatsAddress } from './jetstream/address.ts';
import { openConnection } from './jetstream/connection.ts';
import { ensureStream } from './jetstream/ensureStream.ts';
import { JetstreamFacts } from './jetstream/facts.ts';
import { factsStream } from './jetstream/factsBucket.ts';
import { forgets, inspect } from './jetstream/inspect.ts';
import { takeFolder } from './jetstream/local.ts';
import { ReplicatedStore } from './jetstream/store.ts';
import { streamsOf } from './jetstream/streams.ts';

/** Longer than it takes to elect a leader of a healthy cluster. */
const API_MS = 5_000;
/** A fact: how many partitions the store was made with. */
const PARTITIONS = 'partitions';

export interface ReplicatedSurroundings {
  readonly clock: Clock;
  readonly log: Log;
  /** By which heartbeats are judged. Default: `clock`. */
  readonly steady?: Clock;
}

export async function openReplicated(
  address: NatsAddress,
  { clock, log, steady = clock }: ReplicatedSurroundings,
): Promise<OpenedStore> {
  const closers: (() => Promise<void> | void)[] = [];
  const close = async (): Promise<void> => {
    for (const one of closers.splice(0).reverse()) await one();
  };
  try {
    const connection = await openConnection(address, { clock: steady, log });
    closers.push(() => connection.close());
    const { nats } = connection;
    const version = nats.info?.version ?? '';
    if (forgets(version, address.replicas)) log.warn('nats_server_forgets', { version });
    const js = clientOf(nats);
    const jsm = await jetstreamManager(nats, { timeout: API_MS, checkAPI: false });
    // One after the other: many at once would time out on a small cluster.
    for (const shape of streamsOf(address)) await ensureStream(jsm, shape);
    const gateway = randomUUID();
    const facts = await JetstreamFacts.open({ address, connection, gateway, clock: steady, log });
    closers.push(() => facts.close());
    await checkPartitions(facts, address.partitions);
    const folder = takeFolder(address);
    closers.push(() => folder.close());
    const store = await ReplicatedStore.open({
      address,
      connection,
      js,
      jsm,
      facts,
      folder,
      gateway,
      clock,
      steady,
      log,
      closed: close,
    });
    return { store, facts };
  } catch (error) {
    await close();
    throw error;
  }
}

async function checkPartitions(facts: Facts, partitions: number): Promise<void> {
  const made = await facts.put(PARTITIONS, partitions, 0);
  const known = made === null ? (await facts.get(PARTITIONS))?.value : partitions;
  if (known !== partitions)
    throw new GatewayError(
      'config_invalid',
      `the store was made with \`partitions=${JSON.stringify(known)}\`, which cannot be changed: write that, or use another \`prefix\``,
    );
}

export const replicated: StoreDriver = {
  scheme: 'nats',
  problems(address) {
    const parsed = parseAddress(address);
    return parsed.ok ? [] : parsed.problems;
  },
  async inspect(text, { clock, log }) {
    const address = readAddress(text);
    return inspect(address, [...streamsOf(address), factsStream(address)], { clock, log });
  },
  open: (address, surroundings) => openReplicated(readAddress(address), surroundings),
};

/** The same over TLS. */
export const replicatedTls: StoreDriver = { ...replicated, scheme: 'tls' };
