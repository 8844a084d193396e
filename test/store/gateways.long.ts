// Several gateways over one replicated store: who delivers what, and that nothing is lost or had twice when one of them goes, with
// or without a word.

import { setTimeout as pause } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import type { Lease } from '../../src/core/delivery.ts';
import { GatewayError } from '../../src/core/errors.ts';
import type { OpenedStore } from '../../src/core/plugin.ts';
import type { Log } from '../../src/core/ports.ts';
import { Outbox } from '../../src/outbox/outbox.ts';
import { readAddress } from '../../src/store/jetstream/address.ts';
import { openReplicated } from '../../src/store/jetstream.ts';
import { temporaryFolder, until } from '../support/gateway.ts';
import { startNats } from '../support/nats.ts';
import type { NatsServers } from '../support/nats.ts';
import { startProxy } from '../support/proxy.ts';
import { admission, event, LATER } from './admissions.ts';
import { bytesUnder, steady, withNats } from './streams.ts';

const ALL = { destination: 'ga4', max: 1000, leaseMs: 60_000, now: LATER };
const delivered = { name: 'delivered', code: null } as const;
const rejected = { name: 'rejected', code: 'http_400' } as const;
const PARAMETERS = 'partitions=4&maxBytes=512MB';
const keyOf = ({ id, token }: Lease) => ({ id, token });
const admissionOf = ({ item }: Lease): string => ('admission' in item ? item.admission : item.poison);
const codeOf = (error: unknown): string => (error instanceof GatewayError ? error.code : String(error));

interface Opened extends OpenedStore {
  readonly codes: readonly string[];
}

async function opened(t: ExecutionContext, address: string, parameters = PARAMETERS): Promise<Opened> {
  const codes: string[] = [];
  const note = (code: string): void => void codes.push(code);
  const log: Log = { debug: note, info: note, warn: note, error: note };
  const local = `${temporaryFolder(t)}/rows`;
  const made = await openReplicated(readAddress(`${address}?${parameters}&local=${local}`), {
    clock: steady,
    log,
  });
  t.teardown(() => made.store.close());
  return { ...made, codes };
}

/** Waits until each of them has some partitions, and all have all. */
async function shared(gateways: readonly Opened[]): Promise<void> {
  const held = ({ codes }: Opened): number =>
    codes.filter((code) => code === 'partition_taken').length -
    codes.filter((code) => code === 'partition_released' || code === 'partition_lost').length;
  await until('the partitions to be shared', () => {
    const counts = gateways.map(held);
    return counts.every((count) => count > 0) && counts.reduce((a, b) => a + b, 0) === 4;
  });
}

/** Two gateways that have some partitions each: ids are random, so that it may take more than one try. */
async function pair(t: ExecutionContext, first: string, second = first): Promise<readonly [Opened, Opened]> {
  const one = await opened(t, first);
  for (;;) {
    const other = await opened(t, second);
    const both = await Promise.race([shared([one, other]).then(() => true), pause(3_000, false)]);
    if (both) return [one, other];
    await other.store.close();
  }
}

const some = (count: number, over: Parameters<typeof admission>[0] = {}) =>
  Array.from({ length: count }, () => admission({ receivedAt: steady.now(), ...over, events: [event()] }));

/** Each with a digest of its own, so that they spread over all partitions. */
let digests = 0;
const spread = (count: number, over: Parameters<typeof admission>[0] = {}) =>
  some(count, over).map((one) => ({ ...one, events: [event({ dedupe: `digest-${(digests += 1)}` })] }));

async function claimed(store: OpenedStore['store'], want: number): Promise<readonly Lease[]> {
  const leases: Lease[] = [];
  await until(`${want} deliveries`, async () => {
    leases.push(...(await store.claim(ALL)));
    return leases.length >= want;
  });
  return leases;
}

withNats('what one gateway takes in, whoever owns it delivers, each event once', async (t) => {
  const nats = await startNats(t);
  const [a, b] = await pair(t, nats.address);
  const woken = new Set<string>();
  b.store.onDue?.((name) => woken.add(name));
  const sent = spread(200);
  await a.store.append(sent);
  const got: string[] = [];
  const byB: string[] = [];
  await until('all to be claimed', async () => {
    const [ofA, ofB] = await Promise.all([a.store.claim(ALL), b.store.claim(ALL)]);
    got.push(...[...ofA, ...ofB].map(admissionOf));
    byB.push(...ofB.map(admissionOf));
    await a.store.settle(ofA.map((lease) => ({ ...keyOf(lease), result: delivered })));
    await b.store.settle(ofB.map((lease) => ({ ...keyOf(lease), result: delivered })));
    return got.length >= 200;
  });
  t.deepEqual(
    got.toSorted(),
    sent.map(({ id }) => id),
  );
  t.true(byB.length > 0 && byB.length < 200);
  t.true(woken.has('ga4'));
  t.deepEqual(await a.store.find({ state: 'pending' }), []);
  const entries = await b.store.entries({ limit: 1000 });
  t.is(entries.filter(({ step }) => step === 'admitted').length, 200);
  t.is(entries.filter(({ step }) => step === 'delivered').length, 200);
});

withNats('one message at two gateways in the same moment is kept once', async (t) => {
  const nats = await startNats(t);
  const [a, b] = await pair(t, nats.address);
  for (let round = 0; round < 30; round += 1) {
    const twice = () => [admission({ events: [event({ dedupe: `twice-${round}` })] })];
    const answers = await Promise.all([a.store.append(twice()), b.store.append(twice())]);
    t.deepEqual(
      answers.flatMap(([one]) => [...(one?.duplicates ?? [])]),
      [0],
    );
  }
  t.is((await a.store.find({ state: 'pending' })).length, 30);
});

withNats('a gateway that is cut off is replaced, and what it says later is lost', async (t) => {
  const nats = await startNats(t);
  const proxy = await startProxy(t, () => nats.servers[0]?.ports.client ?? 0);
  const a = await opened(t, `nats://127.0.0.1:${proxy.port}`);
  await a.store.append(spread(40));
  const leases = await claimed(a.store, 40);
  await a.store.begin(leases.slice(0, 10).map(keyOf));
  await a.store.settle(leases.slice(30).map((lease) => ({ ...keyOf(lease), result: delivered })));
  proxy.cut('silent');
  const cutAt = steady.monotonic();
  const b = await opened(t, nats.address);
  await until(
    'everything to be taken over',
    () => b.codes.filter((one) => one === 'partition_taken').length === 4,
  );
  const state = { connected: true, partitions: 4, behind: 0, takeovers: 4, repetitions: 0 };
  await until('all to have come', () => b.store.replication?.().behind === 0);
  t.deepEqual(b.store.replication?.(), state);
  await until('the cut to be known', () => a.store.replication?.().connected === false);
  t.is(a.store.replication?.().takeovers, 0, 'what nobody had was not taken over');
  t.log(`taken over ${Math.round(steady.monotonic() - cutAt)} ms after the cut`);
  t.deepEqual(await a.store.claim(ALL), [], 'nothing is claimed by whoever may be thought dead');
  const [begun] = leases;
  t.deepEqual(await a.store.begin(begun === undefined ? [] : [keyOf(begun)]), ['lost']);
  const again = await claimed(b.store, 30);
  const unsettled = again.filter((lease) => lease.unsettled === true).map(({ id }) => id);
  t.deepEqual(
    again.map(({ id }) => id).toSorted(),
    leases
      .slice(0, 30)
      .map(({ id }) => id)
      .toSorted(),
  );
  t.deepEqual(
    unsettled.toSorted(),
    leases
      .slice(0, 10)
      .map(({ id }) => id)
      .toSorted(),
  );
  proxy.heal();
  await until('the first to be back', () => a.codes.includes('nats_connected'));
  const late = leases.slice(0, 30).map((lease) => ({ ...keyOf(lease), result: rejected }));
  await until('the first to know', async () => {
    const answers = await a.store.settle(late).catch(() => []);
    return answers.length > 0 && answers.every((answer) => answer === 'lost');
  });
  const settled = await b.store.settle(again.map((lease) => ({ ...keyOf(lease), result: delivered })));
  t.deepEqual(new Set(settled), new Set(['settled']));
  t.deepEqual(await a.store.find({ state: 'pending' }), []);
  t.deepEqual(await a.store.find({ state: 'dead' }), [], 'no late word counted');
  const entries = await b.store.entries({ limit: 1000 });
  t.is(entries.filter(({ step }) => step === 'admitted').length, 40);
  t.is(entries.filter(({ step }) => step === 'delivered').length, 40);
  t.is(entries.length, 80);
});

withNats('a gateway that stops hands over without anybody waiting for its heartbeat', async (t) => {
  const nats = await startNats(t);
  const [a, b] = await pair(t, nats.address);
  await a.store.append(spread(60));
  await claimed(a.store, 1);
  const closing = steady.monotonic();
  await a.store.close();
  await claimed(b.store, 60);
  const took = steady.monotonic() - closing;
  t.log(`handed over in ${Math.round(took)} ms`);
  t.true(took < 2_500, `${took} ms`);
});

withNats('a no at one gateway holds what another delivers, and is forgotten with it', async (t) => {
  const nats = await startNats(t);
  const [a, b] = await pair(t, nats.address);
  const [outA, outB] = [await Outbox.open(a), await Outbox.open(b)];
  await outA.accept(spread(40, { subjects: ['s-no'] }));
  await outA.accept(spread(4, { subjects: ['s-yes'] }));
  const at = steady.monotonic();
  await outB.denials.deny(['s-no', 's-nobody'], ['ga4'], 1234);
  for (const outbox of [outA, outB])
    await until('the no to be known', () => outbox.denials.standingOf(['s-no']).deniedAt['ga4'] === 1234);
  t.true(steady.monotonic() - at < 1_000);
  t.is(await a.facts.get('denial/s-nobody'), null, 'nobody holds anything of it, so nothing rests');
  await outB.recount();
  t.not(await a.facts.get('denial/s-no'), null);
  for (const outbox of [outA, outB]) {
    const leases = await outbox.claim(ALL);
    await outbox.settle(leases.map((lease) => ({ ...keyOf(lease), result: delivered })));
  }
  await outB.recount();
  t.is(await a.facts.get('denial/s-no'), null);
});

withNats('erasing at one gateway removes what the other owns, from every file', async (t) => {
  const nats = await startNats(t);
  const [a, b] = await pair(t, nats.address);
  const theirs = spread(30, { subjects: ['s-erased'] }).map((one, index) => ({
    ...one,
    events: [event({ dedupe: `erased-${index}`, canary: `canary-${index}-${'z'.repeat(300)}` })],
  }));
  await a.store.append([...theirs, ...spread(30)]);
  const folder = nats.servers[0]?.folder ?? '';
  t.true(bytesUnder(folder).includes('canary-7'));
  t.is(await b.store.erase(['s-erased']), 30);
  t.false(bytesUnder(folder).includes('canary-'));
  t.is((await a.store.find({ state: 'pending' })).length, 30);
  t.is(await a.store.erase(['s-erased']), 0);
});

/** Appends one after the other until told to stop; answers the ids of what was acknowledged. */
function appending(store: OpenedStore['store']): { readonly stop: () => Promise<readonly string[]> } {
  const acknowledged: string[] = [];
  const stopped = new AbortController();
  const lane = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      const batch = spread(5);
      try {
        await store.append(batch);
        acknowledged.push(...batch.map(({ id }) => id));
      } catch (error) {
        if (codeOf(error) !== 'store_unavailable') throw error;
      }
    }
  };
  const lanes = Promise.all([lane(), lane(), lane()]);
  return {
    async stop() {
      stopped.abort();
      await lanes;
      return acknowledged;
    },
  };
}

async function everything(nats: NatsServers, store: OpenedStore['store']): Promise<ReadonlySet<string>> {
  await nats.ready();
  const found = new Set<string>();
  let after: string | undefined;
  for (;;) {
    const page = await store.find({
      state: 'pending',
      limit: 1000,
      ...(after === undefined ? {} : { after }),
    });
    for (const one of page) found.add(one.admission);
    after = page.at(-1)?.id;
    if (page.length < 1000) return found;
  }
}

withNats('what was acknowledged is there after the server was killed under it', async (t) => {
  const nats = await startNats(t);
  const { store } = await opened(t, nats.address);
  const load = appending(store);
  const [server] = nats.servers;
  for (let kill = 0; kill < 2; kill += 1) {
    await pause(700);
    await server?.kill();
    server?.start();
    await nats.ready();
  }
  await pause(500);
  const acknowledged = await load.stop();
  const found = await until('everything to be found', async () => {
    try {
      return (await everything(nats, store)).size > 0;
    } catch {
      return false;
    }
  }).then(() => everything(nats, store));
  t.true(acknowledged.length > 100);
  t.deepEqual(
    acknowledged.filter((id) => !found.has(id)),
    [],
  );
});

withNats('a store that is full refuses rows, and goes on settling and erasing', async (t) => {
  const nats = await startNats(t);
  const { store } = await opened(t, nats.address, 'partitions=1&maxBytes=4MB');
  const canary = 'x'.repeat(50_000);
  const fill = () => store.append([admission({ events: [event({ canary })] })]);
  const refused = await t.throwsAsync(async () => {
    for (let count = 0; count < 200; count += 1) await fill();
  });
  t.is(codeOf(refused), 'store_full');
  t.true((await store.stats()).full);
  const leases = await claimed(store, 10);
  const answers = await store.settle(leases.map((lease) => ({ ...keyOf(lease), result: delivered })));
  t.deepEqual(new Set(answers), new Set(['settled']));
  await until('room again', () =>
    fill().then(
      () => true,
      () => false,
    ),
  );
  t.not((await store.stats()).full, true);
});

withNats('the number of partitions is fixed when the store is made', async (t) => {
  const nats = await startNats(t);
  const { store } = await opened(t, nats.address);
  await store.close();
  const refused = await t.throwsAsync(opened(t, nats.address, 'partitions=5&maxBytes=512MB'));
  t.is(codeOf(refused), 'config_invalid');
  t.regex(refused?.message ?? '', /partitions=4/);
});

withNats('an event is known as long as the address says', async (t) => {
  const nats = await startNats(t);
  const { store } = await opened(t, nats.address, `${PARAMETERS}&dedupe=2s`);
  const again = async () =>
    (await store.append([admission({ events: [event({ dedupe: 'd1' })] })]))[0]?.duplicates;
  t.deepEqual(await again(), []);
  t.deepEqual(await again(), [0]);
  await until('it to be forgotten', async () => (await again())?.length === 0);
});

withNats('a dead letter keeps nothing else in the stream, however much passes behind it', async (t) => {
  const nats = await startNats(t);
  const { store } = await opened(t, nats.address, 'partitions=1&maxBytes=1GB');
  await store.append(some(1, { subjects: ['s-dead'] }));
  for (const lease of await claimed(store, 1)) await store.settle([{ ...keyOf(lease), result: rejected }]);
  // More changes than it takes to write the journal anew, twenty each.
  await store.append(some(3_000));
  for (let round = 0; round < 20; round += 1) {
    const leases = await claimed(store, 3_000);
    const result = round < 19 ? { retryAt: steady.now(), code: 'http_503' } : delivered;
    await store.settle(leases.map((lease) => ({ ...keyOf(lease), result })));
  }
  const client = await connect({ servers: readAddress(nats.address).servers[0] ?? '' });
  t.teardown(() => client.close());
  const manager = await jetstreamManager(client);
  await until('the stream to be small', async () => {
    const { state } = await manager.streams.info('sluis-spool-0');
    // 60,000 changes of some 55 bytes were written; those since the journal was written anew are still there.
    return state.bytes < 1.5 * 1024 ** 2;
  });
  await store.close();
  const next = await opened(t, nats.address, 'partitions=1&maxBytes=1GB');
  const [dead, ...none] = await next.store.find({ state: 'dead' });
  t.like(dead, { code: 'http_400', subjects: ['s-dead'], attempts: 1 });
  t.is(none.length, 0);
  t.deepEqual(await next.store.find({ state: 'pending' }), []);
  t.is(await next.store.requeue([dead?.id ?? '']), 1);
  t.is((await next.store.claim(ALL)).length, 1);
});
