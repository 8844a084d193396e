// Facts on real servers: compared writes, a watch without gaps through cuts and deaths, and freshness that stops with the wire.

import type { ExecutionContext } from 'ava';
import { jetstreamManager } from '@nats-io/jetstream';
import { GatewayError } from '../../src/core/errors.ts';
import type { Fact } from '../../src/core/ports.ts';
import { readAddress } from '../../src/store/jetstream/address.ts';
import { openConnection } from '../../src/store/jetstream/connection.ts';
import type { Connection } from '../../src/store/jetstream/connection.ts';
import { JetstreamFacts } from '../../src/store/jetstream/facts.ts';
import { until } from '../support/gateway.ts';
import { missingNats, startNats } from '../support/nats.ts';
import { startProxy } from '../support/proxy.ts';
import { needing } from '../support/skip.ts';
import { recordingLog, runningClock } from './natsSurroundings.ts';

const withNats = needing(missingNats());
const clock = runningClock;

interface Opened {
  readonly facts: JetstreamFacts;
  readonly connection: Connection;
  readonly log: ReturnType<typeof recordingLog>;
  /** What a watch of everything but heartbeats was told. */
  readonly told: Fact[];
}

let lives = 0;

async function opened(t: ExecutionContext, text: string): Promise<Opened> {
  const address = readAddress(text);
  const log = recordingLog();
  const connection = await openConnection(address, { clock, log });
  t.teardown(() => connection.close());
  lives += 1;
  const facts = await JetstreamFacts.open({ address, connection, gateway: `g${lives}`, clock, log });
  t.teardown(() => facts.close());
  const told: Fact[] = [];
  facts.watch('', (fact) => {
    if (!fact.key.startsWith('gateway/')) told.push(fact);
  });
  return { facts, connection, log, told };
}

const shown = ({ told }: Opened): unknown[] => told.map(({ key, value }) => [key, value]);
const isFresh = ({ facts }: Opened): boolean => clock.monotonic() - facts.freshAt() < 1_000;

withNats('facts are put under a revision, read, listed, deleted and made again', async (t) => {
  const nats = await startNats(t);
  const { facts } = await opened(t, nats.address);
  t.is(await facts.get('denial/s1'), null);
  const first = await facts.put('denial/s1', { destinations: { ga4: 1 } }, 0);
  t.true((first ?? 0) > 0);
  t.is(await facts.put('denial/s1', 'other', 0), null);
  t.is(await facts.put('denial/s1', 'other', (first ?? 0) + 100), null);
  const second = await facts.put('denial/s1', ['changed'], first);
  t.true((second ?? 0) > (first ?? 0));
  t.is(await facts.put('denial/s1', 'late', first), null);
  await facts.put('denial/s0', 1, null);
  await facts.put('denial/a.b *', 'odd', null);
  await facts.put('objection/s1', true, null);
  t.deepEqual(
    (await facts.list('denial/')).map(({ key, value }) => [key, value]),
    [
      ['denial/a.b *', 'odd'],
      ['denial/s0', 1],
      ['denial/s1', ['changed']],
    ],
  );
  t.is(await facts.put('denial/s1', null, first), null);
  t.true(((await facts.put('denial/s1', null, second)) ?? 0) > (second ?? 0));
  t.is(await facts.get('denial/s1'), null);
  t.is(await facts.put('denial/never', null, null), 0, 'nothing to delete');
  t.is(await facts.put('denial/s1', 2, second), null);
  const created = await facts.put('denial/s1', 2, 0);
  t.true((created ?? 0) > (second ?? 0), 'a revision is never used twice');
  t.is(await facts.put('denial/s1', 3, 0), null);
});

withNats('of two gateways that write on one revision, one is told of the conflict', async (t) => {
  const nats = await startNats(t, { size: 3 });
  const both = [await opened(t, nats.address), await opened(t, nats.address)];
  let revision = (await both[0]?.facts.put('jobs/one', 0, 0)) ?? 0;
  for (let round = 1; round <= 100; round += 1) {
    const writes = [...both, ...both].map(({ facts }, writer) =>
      facts.put('jobs/one', [round, writer], revision),
    );
    const won = (await Promise.all(writes)).flatMap((answer, writer) =>
      answer === null ? [] : [{ answer, writer }],
    );
    t.is(won.length, 1, `round ${round}`);
    const [winner] = won;
    t.deepEqual(await both[1]?.facts.get('jobs/one'), {
      key: 'jobs/one',
      value: [round, winner?.writer ?? -1],
      revision: winner?.answer ?? 0,
    });
    revision = winner?.answer ?? 0;
  }
});

withNats('what one gateway writes, the other is told in order, deletions too', async (t) => {
  const nats = await startNats(t);
  const [one, two] = [await opened(t, nats.address), await opened(t, nats.address)];
  for (let n = 0; n < 50; n += 1) await one.facts.put(`denial/s${n % 5}`, n % 7 === 3 ? null : n, null);
  const listed = await two.facts.list('denial/');
  t.deepEqual(listed, await one.facts.list('denial/'), 'a list has all that was written before the call');
  t.deepEqual(shown(two), shown(one));
  const revisions = two.told.map(({ revision }) => revision);
  t.deepEqual(
    revisions,
    [...revisions].sort((a, b) => a - b),
  );
  const stop = two.facts.watch('denial/', () => t.fail('told after the stop'));
  stop();
  await one.facts.put('denial/s1', 'more', null);
  await two.facts.list('');
});

for (const how of ['silent', 'refused'] as const)
  withNats(
    `a gateway that is cut off (${how}) knows it is not fresh, and misses nothing afterwards`,
    async (t) => {
      const nats = await startNats(t);
      const proxy = await startProxy(t, () => nats.servers[0]?.ports.client ?? 0);
      const one = await opened(t, nats.address);
      await one.facts.put('denial/stays', 1, null);
      await one.facts.put('denial/goes', 1, null);
      await one.facts.put('denial/changes', 1, null);
      const two = await opened(t, `nats://127.0.0.1:${proxy.port}`);
      t.true(isFresh(two));
      proxy.cut(how);
      const cutAt = clock.monotonic();
      await until('the facts to be stale', () => !isFresh(two));
      t.true(two.facts.freshAt() <= cutAt, 'fresh as of the cut at the latest');
      t.true(clock.monotonic() - cutAt < 1_500);
      await one.facts.put('denial/goes', null, null);
      await one.facts.put('denial/changes', 2, null);
      await one.facts.put('denial/changes', 3, null);
      await one.facts.put('denial/new', 1, null);
      // As housekeeping would, much later: not even the marker is left.
      const manager = await jetstreamManager(one.connection.nats);
      const marker = await manager.streams.getMessage('KV_sluis-facts', {
        last_by_subj: '$KV.sluis-facts.denial.goes',
      });
      t.true(await manager.streams.deleteMessage('KV_sluis-facts', marker?.seq ?? 0));
      t.false(isFresh(two));
      await t.throwsAsync(two.facts.put('denial/mine', 1, null), {
        instanceOf: GatewayError,
        code: 'store_unavailable',
      });
      t.deepEqual(shown(two), []);
      proxy.heal();
      await until('the facts to be fresh again', () => isFresh(two));
      t.deepEqual(shown(two), [
        ['denial/changes', 3],
        ['denial/new', 1],
        ['denial/goes', null],
      ]);
      t.deepEqual(await two.facts.list('denial/'), await one.facts.list('denial/'));
    },
  );

withNats('facts and freshness survive the death of each of three servers', async (t) => {
  const nats = await startNats(t, { size: 3 });
  const [one, two] = [await opened(t, nats.address), await opened(t, nats.address)];
  let written = 0;
  let longest = 0;
  for (const server of nats.servers) {
    await server.kill();
    const killedAt = clock.monotonic();
    await until(
      'a write after the death',
      () =>
        one.facts.put(`denial/s${written}`, written, 0).then(
          (revision) => revision !== null,
          () => false,
        ),
      40_000,
    );
    written += 1;
    await until('both to be fresh', () => isFresh(one) && isFresh(two), 40_000);
    longest = Math.max(longest, clock.monotonic() - killedAt);
    server.start();
    await nats.ready();
  }
  const last = await one.facts.list('denial/');
  t.deepEqual(
    last.map(({ value }) => value),
    [0, 1, 2],
  );
  t.deepEqual(await two.facts.list('denial/'), last);
  t.log(`longest until written and fresh again after a death: ${Math.round(longest)} ms`);
});

withNats('what no gateway wrote is not taken for a fact, and does not undo one', async (t) => {
  const nats = await startNats(t);
  const one = await opened(t, nats.address);
  const revision = await one.facts.put('objection/s1', { purposes: ['marketing'] }, 0);
  one.connection.nats.publish('$KV.sluis-facts.objection.s1', 'no JSON');
  one.connection.nats.publish('$KV.sluis-facts.objection.=zz', '{}');
  await until(
    'both to be noticed',
    () => one.log.codes.filter((code) => code === 'fact_unreadable').length === 2,
  );
  t.deepEqual(await one.facts.list('objection/'), [
    { key: 'objection/s1', value: { purposes: ['marketing'] }, revision: revision ?? 0 },
  ]);
  await t.throwsAsync(one.facts.get('objection/s1'), { instanceOf: GatewayError, code: 'store_unreadable' });
  t.true(isFresh(one));
});

withNats('a gateway leaves no heartbeat behind, and takes no more once closed', async (t) => {
  const nats = await startNats(t);
  const [one, two] = [await opened(t, nats.address), await opened(t, nats.address)];
  t.is((await two.facts.list('gateway/')).length, 2);
  await one.facts.close();
  await one.facts.close();
  for (const call of [() => one.facts.get('x'), () => one.facts.put('x', 1, null), () => one.facts.list('')])
    await t.throwsAsync(call, { instanceOf: GatewayError, code: 'store_unavailable' });
  const manager = await jetstreamManager(two.connection.nats);
  const { state } = await manager.streams.info('KV_sluis-facts', {
    subjects_filter: '$KV.sluis-facts.gateway.*',
  });
  t.is(Object.keys(state.subjects ?? {}).length, 1);
});
