// A server of a test's own is there, goes, and comes back; a cluster has a leader; and the connection says so.

import { jetstreamManager } from '@nats-io/jetstream';
import { GatewayError } from '../../src/core/errors.ts';
import { readAddress } from '../../src/store/jetstream/address.ts';
import { openConnection } from '../../src/store/jetstream/connection.ts';
import { until } from '../support/gateway.ts';
import { missingNats, startNats } from '../support/nats.ts';
import { needing } from '../support/skip.ts';
import { recordingLog, runningClock } from './natsSurroundings.ts';

const withNats = needing(missingNats());
const clock = runningClock;
const log = recordingLog();

withNats('a connection outlives its server, and says since when it was without', async (t) => {
  const nats = await startNats(t);
  const connection = await openConnection(readAddress(nats.address), { clock, log });
  t.teardown(() => connection.close());
  t.true(connection.state().connected);
  const changes: boolean[] = [];
  connection.onState(({ connected }) => changes.push(connected));
  const before = clock.monotonic();
  await nats.servers[0]?.kill();
  await until('the cut to be noticed', () => !connection.state().connected);
  t.true(connection.state().since >= before);
  nats.servers[0]?.start();
  await nats.ready();
  await until('the connection', () => connection.state().connected);
  await connection.nats.flush();
  t.deepEqual(changes, [false, true]);
});

withNats('three servers keep a stream through the death of one', async (t) => {
  const nats = await startNats(t, { size: 3 });
  const connection = await openConnection(readAddress(nats.address), { clock, log });
  t.teardown(() => connection.close());
  const manager = await jetstreamManager(connection.nats);
  await manager.streams.add({ name: 'kept', subjects: ['kept'], num_replicas: 3 });
  t.is((await manager.jetstream().publish('kept', 'a')).seq, 1);
  await nats.servers[1]?.kill();
  await until('a second message', () =>
    manager
      .jetstream()
      .publish('kept', 'b', { msgID: 'b' })
      .then(
        () => true,
        () => false,
      ),
  );
  nats.servers[1]?.start();
  await nats.ready();
  t.is((await manager.streams.info('kept')).state.messages, 2);
});

withNats('a server that hangs is given up', async (t) => {
  const nats = await startNats(t);
  const connection = await openConnection(readAddress(nats.address), { clock, log });
  t.teardown(() => connection.close());
  nats.servers[0]?.freeze(true);
  await until('the silence to be noticed', () => !connection.state().connected, 10_000);
  const started = clock.monotonic();
  await connection.close();
  t.true(clock.monotonic() - started < 3_000);
});

withNats('nobody there is `store_unavailable`', async (t) => {
  const nats = await startNats(t);
  await nats.servers[0]?.stop();
  const error = await t.throwsAsync(openConnection(readAddress(nats.address), { clock, log }), {
    instanceOf: GatewayError,
  });
  t.is(error.code, 'store_unavailable');
  t.true((error.retryAfter ?? 0) > 0);
});
