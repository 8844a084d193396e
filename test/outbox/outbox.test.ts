// Accepting, waking, and the books: everything received ends in exactly one place.

import test from 'ava';
import * as fc from 'fast-check';
import { GatewayError } from '../../src/core/errors.ts';
import type { Lease } from '../../src/core/delivery.ts';
import type { Admission, Appended, Facts, Store } from '../../src/core/ports.ts';
import { Outbox } from '../../src/outbox/outbox.ts';
import { embedMemory, memory, MemoryRows } from '../../src/store/memory.ts';
import { admission, event, LATER, manualClock, quiet } from '../store/admissions.ts';
import { NOW } from '../support/snapshot.ts';

const CLAIM = { destination: 'ga4', max: 100, leaseMs: 60_000, now: LATER };

async function opened(
  over: Partial<Store> = {},
  limits: Parameters<typeof Outbox.open>[1] = {},
  factsOver: (facts: Facts) => Partial<Facts> = () => ({}),
) {
  const { store, facts: whole } = await memory.open('memory:', { clock: manualClock(), log: quiet });
  const facts: Facts = {
    put: (key, value, revision) => whole.put(key, value, revision),
    get: (key) => whole.get(key),
    list: (prefix) => whole.list(prefix),
    watch: (prefix, listener) => whole.watch(prefix, listener),
    freshAt: () => whole.freshAt(),
    ...factsOver(whole),
  };
  const bare: Store = {
    append: (list) => store.append(list),
    claim: (request) => store.claim(request),
    begin: (leases) => store.begin(leases),
    settle: (list) => store.settle(list),
    find: (query) => store.find(query),
    requeue: (ids) => store.requeue(ids),
    erase: (subjects) => store.erase(subjects),
    entries: (query) => store.entries(query),
    stats: () => store.stats(),
    prune: (keep) => store.prune(keep),
    close: () => store.close(),
    ...over,
  };
  return { store, facts, outbox: await Outbox.open({ store: bare, facts }, limits) };
}

/** An append that is held until told how it ends. */
function held() {
  const calls: (readonly Admission[])[] = [];
  const ends: { done(): void; fail(error: Error): void }[] = [];
  const waiting: (() => void)[] = [];
  const append = (list: readonly Admission[]): Promise<readonly Appended[]> =>
    new Promise((resolve, reject) => {
      calls.push(list);
      ends.push({ done: () => resolve(list.map(({ id }) => ({ id, duplicates: [] }))), fail: reject });
      waiting.splice(0).forEach((wake) => wake());
    });
  const called = async (times: number): Promise<void> => {
    while (calls.length < times) await new Promise<void>((wake) => waiting.push(wake));
  };
  return { append, calls, ends, called };
}

test('accept answers after the append, with how much was known', async (t) => {
  const { outbox, store } = await opened();
  const first = await outbox.accept([admission({ events: [event({ dedupe: 'd1' }), event()] })]);
  t.deepEqual(first, { accepted: 2, duplicates: 0 });
  const second = await outbox.accept([
    admission({ events: [event({ dedupe: 'd1' })] }),
    admission({ events: [event({ dedupe: 'd2' }), event({ dedupe: 'd2' })] }),
  ]);
  t.deepEqual(second, { accepted: 3, duplicates: 2 });
  t.deepEqual(await outbox.accept([]), { accepted: 0, duplicates: 0 });
  t.is((await store.find({ state: 'pending' })).length, 3);
});

test('requests of one moment share an append, and so do those that come while it runs', async (t) => {
  const { append, calls, ends, called } = held();
  const { outbox } = await opened({ append });
  const first = [outbox.accept([admission()]), outbox.accept([admission()])];
  await called(1);
  const second = [outbox.accept([admission()]), outbox.accept([admission()]), outbox.accept([admission()])];
  t.is(calls.length, 1);
  ends[0]?.done();
  await Promise.all(first);
  await called(2);
  ends[1]?.done();
  await Promise.all(second);
  t.deepEqual(
    calls.map(({ length }) => length),
    [2, 3],
  );
});

test('a group is bounded by count and by bytes, and a large request is a group of its own', async (t) => {
  for (const limits of [{ groupCount: 2 }, { groupBytes: 4000 }]) {
    const { append, calls, ends, called } = held();
    const { outbox } = await opened({ append }, limits);
    const all = Promise.all([
      outbox.accept([admission(), admission(), admission()]),
      outbox.accept([admission()]),
      outbox.accept([admission()]),
    ]);
    for (let group = 1; group <= 2; group += 1) {
      await called(group);
      ends[group - 1]?.done();
    }
    await all;
    t.deepEqual(
      calls.map(({ length }) => length),
      [3, 2],
    );
  }
});

test('beyond what may wait, accept refuses at once and recovers', async (t) => {
  const { append, ends, called } = held();
  const { outbox } = await opened({ append }, { waitingBytes: 5000 });
  const first = outbox.accept([admission()]);
  t.false(outbox.isBehind);
  const second = outbox.accept([admission()]);
  t.true(outbox.isBehind);
  const refused = await t.throwsAsync(outbox.accept([admission(), admission()]), {
    instanceOf: GatewayError,
  });
  t.is(refused?.code, 'overloaded');
  t.true((refused?.retryAfter ?? 0) > 0);
  await called(1);
  ends[0]?.done();
  await Promise.all([first, second]);
  t.false(outbox.isBehind);
  const third = outbox.accept([admission()]);
  await called(2);
  ends[1]?.done();
  await t.notThrowsAsync(third);
});

test('an append that fails reaches everyone of its group and nobody else', async (t) => {
  const { append, ends, called } = held();
  const { outbox } = await opened({ append });
  const group = [outbox.accept([admission({ subjects: ['s1'] })]), outbox.accept([admission()])];
  await called(1);
  const other = outbox.accept([admission()]);
  t.true(outbox.denials.hasPending('s1'));
  ends[0]?.fail(new GatewayError('store_full', 'full'));
  for (const one of group) t.is((await t.throwsAsync(one, { instanceOf: GatewayError }))?.code, 'store_full');
  t.false(outbox.denials.hasPending('s1'));
  await called(2);
  ends[1]?.done();
  await t.notThrowsAsync(other);
});

test('a repetition in flight shares the fate of the first', async (t) => {
  const { append, calls, ends, called } = held();
  const { outbox } = await opened({ append });
  const send = () => outbox.accept([admission({ events: [event({ dedupe: 'd1' })] })]);
  const first = send();
  const repeated = send();
  await called(1);
  ends[0]?.fail(new GatewayError('store_full', 'full'));
  await t.throwsAsync(first);
  await t.throwsAsync(repeated);
  const again = send();
  const mixed = outbox.accept([admission({ events: [event({ dedupe: 'd1' }), event({ dedupe: 'd2' })] })]);
  await called(2);
  ends[1]?.done();
  t.deepEqual(await again, { accepted: 1, duplicates: 0 });
  t.deepEqual(await mixed, { accepted: 2, duplicates: 1 });
  t.is(calls.flat().flatMap(({ events }) => events).length, 3);
});

test('workers are woken for what may be due, and told when to look otherwise', async (t) => {
  const { outbox, store } = await opened();
  const woken: string[] = [];
  outbox.onDue('ga4', () => woken.push('ga4'));
  const stop = outbox.onDue('meta', () => woken.push('meta'));
  await outbox.accept([admission({ events: [event({ destinations: ['ga4', 'x'] }), event()] })]);
  t.deepEqual(woken, ['ga4']);
  t.deepEqual([...(await outbox.waiting())].sort(), ['ga4', 'x']);
  const [one, two] = await outbox.claim(CLAIM);
  await outbox.settle([
    { id: one?.id ?? '', token: one?.token ?? '', result: { name: 'rejected', code: 'http_400' } },
    { id: two?.id ?? '', token: two?.token ?? '', result: { retryAt: NOW + 7000, code: 'timeout' } },
  ]);
  t.is(await outbox.nextDueAt('ga4'), NOW + 7000);
  t.is(await outbox.nextDueAt('meta'), null);
  stop();
  t.is(await outbox.requeue([one?.id ?? '']), 1);
  t.deepEqual(woken, ['ga4', 'ga4']);
  t.is((await store.find({ state: 'dead' })).length, 0);
});

test('subjects count as open until the last of their deliveries ends, dead letters included', async (t) => {
  const { outbox } = await opened();
  const open = () => outbox.denials.hasPending('s1');
  await outbox.accept([
    admission({ subjects: ['s1'], events: [event({ dedupe: 'd1', destinations: ['ga4', 'meta'] })] }),
  ]);
  await outbox.accept([admission({ subjects: ['s1'], events: [event({ dedupe: 'd1' })] })]);
  await outbox.denials.deny(['s1'], ['ga4'], NOW);
  const settle = async (destination: string, name: 'delivered' | 'rejected') => {
    const leases = await outbox.claim({ ...CLAIM, destination });
    await outbox.settle(leases.map(({ id, token }) => ({ id, token, result: { name, code: null } })));
  };
  await settle('ga4', 'delivered');
  t.true(open());
  await settle('meta', 'rejected');
  t.true(open());
  await outbox.prune({ deadBefore: { meta: LATER }, ledgerBefore: 0 });
  t.false(open());
  t.false(outbox.denials.remembers);
});

test('a denial that cannot be forgotten takes back nothing of what is settled', async (t) => {
  const refusing = (facts: Facts): Partial<Facts> => ({
    put: (key, value, revision) =>
      key === 'denial/s1' && value === null
        ? Promise.reject(new GatewayError('store_unavailable', 'not now'))
        : facts.put(key, value, revision),
  });
  const { outbox, facts } = await opened({}, {}, refusing);
  await outbox.accept(['s1', 's2'].map((subject) => admission({ subjects: [subject] })));
  await outbox.denials.deny(['s1', 's2'], ['ga4'], NOW);
  const leases = await outbox.claim(CLAIM);
  const withheld = { name: 'withheld', code: 'withdrawn' } as const;
  const answers = await outbox.settle(leases.map(({ id, token }) => ({ id, token, result: withheld })));
  t.deepEqual(answers, ['settled', 'settled']);
  t.false(outbox.denials.remembers);
  t.deepEqual(
    (await facts.list('')).map(({ key }) => key),
    ['denial/s1'],
  );
});

test('a restart counts anew, erasing forgets', async (t) => {
  const { outbox, store, facts } = await opened();
  await outbox.accept([admission({ subjects: ['s1'] }), admission({ subjects: ['s2'] })]);
  await outbox.denials.deny(['s1', 's2'], ['ga4'], NOW);
  await outbox.stop();
  const next = await Outbox.open({ store, facts });
  t.deepEqual(next.denials.standingOf(['s1']).deniedAt, { ga4: NOW });
  t.is(await next.erase(['s1']), 1);
  t.false(next.denials.hasPending('s1'));
  t.deepEqual(
    (await facts.list('')).map(({ key }) => key),
    ['denial/s2'],
  );
});

type Step =
  | { readonly do: 'accept'; readonly dedupe: number; readonly destinations: readonly string[] }
  | { readonly do: 'claim'; readonly destination: string; readonly max: number }
  | { readonly do: 'settle'; readonly as: 'delivered' | 'withheld' | 'rejected' | 'retry' }
  | { readonly do: 'requeue' | 'expire' | 'erase' | 'restart' | 'stale' };

const NAMES = ['ga4', 'meta', 'x'];
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('accept' as const),
      dedupe: fc.nat({ max: 12 }),
      destinations: fc.subarray(NAMES, { minLength: 1 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('claim' as const),
      destination: fc.constantFrom(...NAMES),
      max: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('settle' as const),
      as: fc.constantFrom('delivered', 'withheld', 'rejected', 'retry'),
    }),
  },
  fc.record({ do: fc.constantFrom('requeue', 'expire', 'erase', 'restart', 'stale') }),
);

test('received = delivered + refused + dead + pending, under any interleaving', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.boolean(), async (steps, together) => {
      const clock = manualClock();
      const rows = new MemoryRows(6000);
      let { store, facts } = embedMemory(rows, { clock, log: quiet });
      let outbox = await Outbox.open({ store, facts });
      let [received, ended] = [0, 0];
      const known = new Set<number>();
      const leases: Lease[] = [];
      const accept = async (dedupe: number, destinations: readonly string[]): Promise<void> => {
        const events = [event({ dedupe: `d${dedupe}`, destinations })];
        try {
          const { duplicates } = await outbox.accept([admission({ subjects: [`s${dedupe % 3}`], events })]);
          if (duplicates === 0) received += destinations.length;
          t.is(duplicates === 1, known.has(dedupe));
          known.add(dedupe);
        } catch (error) {
          t.true(error instanceof GatewayError && error.code === 'store_full');
        }
      };
      const settle = async (lease: Lease | undefined, as: string): Promise<void> => {
        if (lease === undefined) return;
        const result =
          as === 'retry'
            ? { retryAt: clock.now(), code: 'timeout' }
            : { name: as as 'delivered', code: null };
        const [answer] = await outbox.settle([{ id: lease.id, token: lease.token, result }]);
        if (answer === 'settled' && (as === 'delivered' || as === 'withheld')) ended += 1;
      };
      const run = async (one: Step): Promise<void> => {
        switch (one.do) {
          case 'accept':
            return accept(one.dedupe, one.destinations);
          case 'claim':
            leases.push(...(await outbox.claim({ ...CLAIM, ...one, leaseMs: 1000 })));
            return;
          case 'settle':
            return settle(leases.shift(), one.as);
          case 'stale':
            return settle(leases[0], 'delivered');
          case 'requeue':
            await outbox.requeue((await store.find({ state: 'dead' })).map(({ id }) => id));
            return;
          case 'expire':
            return clock.pass(1000);
          case 'erase': {
            const dead = (await store.find({ state: 'dead' })).filter(({ subjects }) =>
              subjects.includes('s1'),
            );
            ended += (await outbox.erase(['s1'])) + dead.length;
            return;
          }
          case 'restart':
            ({ store, facts } = embedMemory(rows, { clock, log: quiet }));
            outbox = await Outbox.open({ store, facts });
            return;
          default:
            return one satisfies never;
        }
      };
      for (let at = 0; at < steps.length; at += together ? 2 : 1) {
        const pair = steps.slice(at, at + (together ? 2 : 1));
        // Some steps read first and then act on what they read; those run by themselves.
        const alone = pair.some((one) => one.do !== 'accept' && one.do !== 'claim' && one.do !== 'settle');
        const repeats = pair.every((one) => one.do === 'accept');
        if (alone || repeats) for (const one of pair) await run(one);
        else await Promise.all(pair.map(run));
        const pending = (await store.find({ state: 'pending' })).length;
        const dead = (await store.find({ state: 'dead' })).length;
        t.is(received, ended + dead + pending);
        const open = [...(await store.find({ state: 'pending' })), ...(await store.find({ state: 'dead' }))];
        for (const subject of open.flatMap(({ subjects }) => subjects))
          t.true(outbox.denials.hasPending(subject));
        if (open.length === 0) t.false(['s0', 's1', 's2'].some((one) => outbox.denials.hasPending(one)));
      }
    }),
    { numRuns: 150 },
  );
});
