// Replicated stores over a real server, for tests: each with a server of its own, and a way to see and change what rests there.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { jetstream as clientOf, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import type { Clock } from '../../src/core/ports.ts';
import { readAddress } from '../../src/store/jetstream/address.ts';
import { decodeRow, encodeRow } from '../../src/store/jetstream/message.ts';
import { openReplicated } from '../../src/store/jetstream.ts';
import { temporaryFolder } from '../support/gateway.ts';
import { missingNats, startNats } from '../support/nats.ts';
import { needing } from '../support/skip.ts';
import type { Harness } from './conformance.ts';

const missing = missingNats();
/** One after the other: each has servers of its own. */
export const withNats =
  missing === null
    ? (title: string, run: (t: ExecutionContext) => Promise<void>) => {
        test.serial(title, run);
      }
    : needing(missing);

/** By which heartbeats are judged, whatever clock the store is given. */
export const steady: Clock = { now: () => Date.now(), monotonic: () => performance.now() };

const filesUnder = (path: string): readonly string[] =>
  readdirSync(path, { recursive: true, encoding: 'utf8' })
    .map((name) => join(path, name))
    .filter((name) => statSync(name, { throwIfNoEntry: false })?.isFile() === true);

export const bytesUnder = (path: string): Buffer =>
  Buffer.concat(filesUnder(path).map((name) => readFileSync(name)));

type Change = Parameters<Harness['tamper']>[0];

/** Writes all rows of the first partition anew, in their order. */
async function rewrite(servers: string, change: Change): Promise<void> {
  const nats = await connect({ servers });
  try {
    const manager = await jetstreamManager(nats);
    const client = clientOf(nats);
    const { first_seq: first, last_seq: last } = (await manager.streams.info('sluis-spool-0')).state;
    for (let seq = first; seq <= last; seq += 1) {
      const message = await manager.streams.getMessage('sluis-spool-0', { seq });
      if (message?.subject !== 'sluis.spool.0.row') continue;
      const { row, log } = decodeRow(message.string());
      const payload = encodeRow({ row: { ...row, ...change(row) }, log });
      await manager.streams.deleteMessage('sluis-spool-0', seq);
      await client.publish('sluis.spool.0.row', payload);
    }
  } finally {
    await nats.close();
  }
}

/** One partition, so that everything has one order. */
export async function replicatedHarness(t: ExecutionContext): Promise<Harness> {
  const nats = await startNats(t);
  const local = temporaryFolder(t);
  const address = readAddress(`${nats.address}?partitions=1&maxBytes=512MB&local=${local}/rows`);
  const [server] = nats.servers;
  if (server === undefined) throw new Error('no server');
  return {
    open: (surroundings) => openReplicated(address, { ...surroundings, steady }),
    forgets: null,
    ownTime: 'servers and heartbeats go by their own clocks',
    tamper: (change) => rewrite(address.servers[0] ?? '', change),
    bytes: async () => Buffer.concat([bytesUnder(server.folder), bytesUnder(local)]),
    clean: async () => undefined,
  };
}
