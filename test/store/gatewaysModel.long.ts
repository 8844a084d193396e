// Two gateways over one store, against a model: whatever they do in whatever order, and whichever of them goes, every event that was
// acknowledged is pending, dead or delivered, and delivered once.

import type { Lease, Settlement } from '../../src/core/delivery.ts';
import type { OpenedStore } from '../../src/core/plugin.ts';
import { readAddress } from '../../src/store/jetstream/address.ts';
import { openReplicated } from '../../src/store/jetstream.ts';
import { temporaryFolder, until } from '../support/gateway.ts';
import { startNats } from '../support/nats.ts';
import { startProxy } from '../support/proxy.ts';
import type { Proxy } from '../support/proxy.ts';
import { admission, event, LATER, quiet } from './admissions.ts';
import { steady, withNats } from './streams.ts';

const STEPS = 150;
const ALL = { destination: 'ga4', max: 7, leaseMs: 60_000, now: LATER };

/** Numbers that follow from a seed, so that a failure can be had again. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

interface Model {
  /** Event ids that were acknowledged, without those that were known. */
  readonly kept: Set<string>;
  /** How often an event was settled as delivered. */
  readonly delivered: Map<string, number>;
  readonly begun: Set<string>;
  /** Begun and not settled when it was claimed anew, and told so. */
  readonly unsettled: Set<string>;
}

class Gateway {
  readonly #open: () => Promise<OpenedStore>;
  readonly #model: Model;
  #store: OpenedStore['store'] | null = null;
  #leases: Lease[] = [];

  constructor(open: () => Promise<OpenedStore>, model: Model) {
    this.#open = open;
    this.#model = model;
  }

  async store(): Promise<OpenedStore['store']> {
    this.#store ??= (await this.#open()).store;
    return this.#store;
  }

  async append(digest: string): Promise<void> {
    const one = event({ dedupe: digest });
    const [answer] = await (
      await this.store()
    ).append([admission({ events: [one], receivedAt: steady.now() })]);
    if (answer?.duplicates.length === 0) this.#model.kept.add(one.id);
  }

  async claim(): Promise<void> {
    const leases = await (await this.store()).claim(ALL);
    for (const lease of leases) {
      const id = eventOf(lease);
      if (this.#model.begun.has(id) && lease.unsettled !== true)
        throw new Error('a begun attempt was forgotten');
      if (lease.unsettled === true) this.#model.unsettled.add(id);
    }
    this.#leases.push(...leases);
  }

  async begin(): Promise<void> {
    const answers = await (await this.store()).begin(this.#leases);
    for (const [index, lease] of this.#leases.entries())
      if (answers[index] === 'begun') this.#model.begun.add(eventOf(lease));
    this.#leases = this.#leases.filter((_, index) => answers[index] === 'begun');
  }

  async settle(pick: (below: number) => number): Promise<void> {
    const leases = this.#leases.splice(0, 1 + pick(5));
    const results: readonly Settlement['result'][] = [
      { name: 'delivered', code: null },
      { name: 'rejected', code: 'http_400' },
      { retryAt: steady.now(), code: 'http_503' },
    ];
    const settlements = leases.map(({ id, token }): Settlement => {
      const result = results[pick(3)] ?? { name: 'delivered', code: null };
      return { id, token, result };
    });
    const answers = await (await this.store()).settle(settlements);
    for (const [index, lease] of leases.entries()) {
      if (answers[index] !== 'settled') continue;
      const id = eventOf(lease);
      this.#model.begun.delete(id);
      const result = settlements[index]?.result;
      if (result !== undefined && 'name' in result && result.name === 'delivered')
        this.#model.delivered.set(id, (this.#model.delivered.get(id) ?? 0) + 1);
    }
  }

  async close(): Promise<void> {
    const store = this.#store;
    this.#store = null;
    this.#leases = [];
    await store?.close();
  }
}

const eventOf = ({ item }: Lease): string => ('event' in item ? item.event : item.poison);

async function step(pick: (below: number) => number, gateway: Gateway, number: number): Promise<void> {
  const what = pick(20);
  if (what < 7) await gateway.append(`digest-${pick(2) === 0 ? number : pick(number + 1)}`);
  else if (what < 11) await gateway.claim();
  else if (what < 14) await gateway.begin();
  else if (what < 19) await gateway.settle(pick);
  else await gateway.close();
}

/** Cut off without a word, until the other one has everything. */
async function vanish(gateway: Gateway, other: Gateway, proxy: Proxy): Promise<void> {
  await (await gateway.store()).stats();
  await other.claim();
  proxy.cut('refused');
  const store = await other.store();
  await until('everything to be with the other', () =>
    store.find({ state: 'pending' }).then(
      () => true,
      () => false,
    ),
  );
  proxy.heal();
}

withNats('whatever two gateways do, every event is pending, dead or delivered once', async (t) => {
  const seed = Number(process.env['SEED'] ?? 7) || 7;
  const pick = numbers(seed);
  const nats = await startNats(t);
  const proxy = await startProxy(t, () => nats.servers[0]?.ports.client ?? 0);
  const model: Model = { kept: new Set(), delivered: new Map(), begun: new Set(), unsettled: new Set() };
  const gatewayAt = (port: number): Gateway =>
    new Gateway(() => {
      const local = `${temporaryFolder(t)}/rows`;
      const address = `nats://127.0.0.1:${port}?partitions=3&maxBytes=512MB&local=${local}`;
      return openReplicated(readAddress(address), { clock: steady, log: quiet });
    }, model);
  const a = gatewayAt(proxy.port);
  const b = gatewayAt(nats.servers[0]?.ports.client ?? 0);
  t.teardown(() => Promise.all([a.close(), b.close()]));
  for (let number = 0; number < STEPS; number += 1) {
    if (number === 60 || number === 120) await vanish(a, b, proxy);
    await step(pick, pick(2) === 0 ? a : b, number).catch((error: unknown) => {
      if (!String(error).includes('store')) throw error;
    });
  }
  const store = await b.store();
  await a.close();
  const find = (state: 'pending' | 'dead') =>
    store.find({ state, limit: 5000 }).then((found) => found.map((one) => one.event));
  const [pending, dead] = [await find('pending'), await find('dead')];
  const over = [...model.delivered.keys()];
  t.deepEqual([...pending, ...dead, ...over].toSorted(), [...model.kept].toSorted(), `seed ${seed}`);
  t.true([...model.delivered.values()].every((count) => count === 1));
  t.log(`${model.kept.size} kept: ${over.length} delivered, ${dead.length} dead, ${pending.length} pending`);
});
