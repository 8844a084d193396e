// What every store driver must do. Run by each driver's test file; a driver that cannot run a case says why.

import type { ExecutionContext } from 'ava';
import type { Lease } from '../../src/core/delivery.ts';
import type { OpenedStore } from '../../src/core/plugin.ts';
import type { Clock, Log } from '../../src/core/ports.ts';
import { GatewayError } from '../../src/core/errors.ts';
import { PermittedEvent } from '../../src/core/permitted.ts';
import { NOW } from '../support/snapshot.ts';
import { permittedData } from '../support/events.ts';
import { admission, event, LATER, manualClock, quiet } from './admissions.ts';
import type { ManualClock } from './admissions.ts';

/** A place where a store's rows rest, and a way to tamper with them. */
export interface Harness {
  open(surroundings: { clock: Clock; log: Log }): Promise<OpenedStore>;
  /** Changes what rests, as damage or another version would, while the store is closed. */
  tamper(change: (row: { schema: number; head: string; body: string }) => Partial<Tampered>): Promise<void>;
  /** Can it be opened again with what it held? If not, why. */
  readonly forgets: string | null;
  /** Does everything go by the clock it is given? If not, why. Default: it does. */
  readonly ownTime?: string;
  /** Everything that rests, as bytes. */
  bytes(): Promise<Buffer>;
  clean(): Promise<void>;
}

interface Tampered {
  schema: number;
  head: string;
  body: string;
}

interface Case {
  readonly clock: ManualClock;
  readonly harness: Harness;
  store: OpenedStore['store'];
  facts: OpenedStore['facts'];
  reopen(): Promise<void>;
}

const ALL = { destination: 'ga4', max: 100, leaseMs: 60_000, now: LATER };
const keyOf = (lease: Lease | undefined) => ({ id: lease?.id ?? '', token: lease?.token ?? '' });
const delivered = { name: 'delivered', code: null } as const;
const rejected = { name: 'rejected', code: 'http_400' } as const;

type Declare = (title: string, run: (t: ExecutionContext) => Promise<void>) => void;

export function conforms(
  declare: Declare,
  driver: string,
  makeHarness: (t: ExecutionContext) => Promise<Harness>,
): void {
  const on = (
    title: string,
    body: (t: ExecutionContext, it: Case) => Promise<void>,
    needs: { readonly memory?: boolean; readonly clock?: boolean } = {},
  ): void => {
    declare(`${driver}: ${title}`, async (t) => {
      const harness = await makeHarness(t);
      const lacks =
        (needs.memory === true ? harness.forgets : null) ??
        (needs.clock === true ? (harness.ownTime ?? null) : null);
      if (lacks !== null) {
        t.log(`skipped: ${lacks}`);
        t.pass();
        return;
      }
      const clock = manualClock();
      const it: Case = {
        clock,
        harness,
        ...(await harness.open({ clock, log: quiet })),
        async reopen() {
          await it.store.close();
          Object.assign(it, await harness.open({ clock, log: quiet }));
        },
      };
      try {
        await body(t, it);
      } finally {
        await it.store.close();
        await harness.clean();
      }
    });
  };

  on('hands out what was appended, as it was permitted', async (t, { store }) => {
    const one = admission({ events: [event({ destinations: ['ga4', 'hubspot'] })] });
    t.deepEqual(await store.append([one]), [{ id: one.id, duplicates: [] }]);
    const [lease, ...none] = await store.claim(ALL);
    t.deepEqual(none, []);
    if (lease === undefined || 'poison' in lease.item) throw new Error('a delivery was expected');
    t.true(PermittedEvent.is(lease.item.permitted));
    t.deepEqual(lease.item.permitted.data, one.events[0]?.permitted[0]?.data);
    t.deepEqual(lease.item.facts, { ...one.events[0]?.facts, consent: one.consent } as never);
    t.like(lease.item, { destination: 'ga4', admission: one.id, event: one.events[0]?.id, receivedAt: NOW });
    t.deepEqual(lease.item.subjects, one.subjects);
    t.like(lease, { attempt: 1, firstAt: NOW, unsettled: false });
  });

  on('keeps odd strings as they are', async (t, { store }) => {
    const params = { nul: 'a\0b', lone: '\ud800', lines: 'x\ny\u2028z', quote: '"\\', emoji: '🛶' };
    const data = permittedData({ params, traits: JSON.parse('{"__proto__":{"a":1}}') });
    await store.append([admission({ events: [event({ data })] })]);
    const [lease] = await store.claim(ALL);
    if (lease === undefined || 'poison' in lease.item) throw new Error('a delivery was expected');
    t.deepEqual(lease.item.permitted.data, data);
    t.deepEqual(Object.keys(lease.item.permitted.data.traits), ['__proto__']);
  });

  on('gives a delivery to one claimant, the oldest first, and no more than asked', async (t, { store }) => {
    const three = [0, 1, 2].map((age) => admission({ receivedAt: NOW - age * 1000 }));
    await store.append(three);
    const [first, second] = await Promise.all([
      store.claim({ ...ALL, max: 2 }),
      store.claim({ ...ALL, max: 2 }),
    ]);
    const order = [...first, ...second].map(({ item }) => ('poison' in item ? '' : item.admission));
    t.deepEqual(order, [three[2]?.id, three[1]?.id, three[0]?.id] as string[]);
    t.is(first.length, 2);
  });

  on('hands out nothing before it is due', async (t, { store }) => {
    await store.append([admission()]);
    t.is((await store.claim({ ...ALL, now: NOW - 1 })).length, 0);
    const [lease] = await store.claim({ ...ALL, now: NOW });
    const retry = { retryAt: NOW + 5000, code: 'timeout' };
    await store.settle([{ id: lease?.id ?? '', token: lease?.token ?? '', result: retry }]);
    t.is((await store.claim({ ...ALL, now: NOW + 4999 })).length, 0);
    const [again] = await store.claim({ ...ALL, now: NOW + 5000 });
    t.like(again, { id: lease?.id, attempt: 2, firstAt: NOW, unsettled: false });
    t.not(again?.token, lease?.token);
  });

  on('a settlement with an older token is lost, and so is a second one', async (t, { store, clock }) => {
    await store.append([admission()]);
    const [old] = await store.claim({ ...ALL, leaseMs: 1000 });
    t.deepEqual(await store.begin([keyOf(old), keyOf(old)]), ['begun', 'begun']);
    clock.pass(999);
    t.is((await store.claim(ALL)).length, 0);
    clock.pass(1);
    const [current] = await store.claim(ALL);
    t.like(current, { id: old?.id, attempt: 2, unsettled: true });
    const settle = (token: string | undefined) =>
      store.settle([{ id: old?.id ?? '', token: token ?? '', result: delivered }]);
    t.deepEqual(await settle(old?.token), ['lost']);
    t.deepEqual(await store.begin([keyOf(old)]), ['lost']);
    const both = await Promise.all([settle(current?.token), settle(current?.token)]);
    t.deepEqual(both, [['settled'], ['lost']]);
    t.deepEqual(await store.settle([{ id: '999999.0', token: 'x', result: delivered }]), ['lost']);
    t.deepEqual(await store.settle([{ id: '__proto__', token: 'x', result: delivered }]), ['lost']);
  });

  on('an attempt that had not begun leaves no trace when its lease runs out', async (t, { store, clock }) => {
    await store.append([admission(), admission()]);
    const [one, other] = await store.claim({ ...ALL, leaseMs: 1000 });
    await store.begin([keyOf(one)]);
    clock.pass(1000);
    const again = await store.claim(ALL);
    t.deepEqual(
      again.map(({ id, unsettled }) => [id, unsettled]),
      [
        [one?.id, true],
        [other?.id, false],
      ] as [string, boolean][],
    );
    t.deepEqual(await store.begin([keyOf(other), ...again.map(keyOf), { id: '7.7', token: '1.1.0' }]), [
      'lost',
      'begun',
      'begun',
      'lost',
    ]);
  });

  on(
    'nor when its owner is gone, and what had begun is known as such',
    async (t, it) => {
      await it.store.append([admission(), admission(), admission()]);
      const [begun, ended, claimed] = await it.store.claim(ALL);
      await it.store.begin([keyOf(begun), keyOf(ended)]);
      await it.store.settle([{ ...keyOf(ended), result: { retryAt: NOW, code: 'put_back' } }]);
      await it.reopen();
      const again = new Map((await it.store.claim(ALL)).map((lease) => [lease.id, lease]));
      t.like(again.get(begun?.id ?? ''), { attempt: 2, unsettled: true });
      t.like(again.get(ended?.id ?? ''), { attempt: 2, unsettled: false });
      t.like(again.get(claimed?.id ?? ''), { attempt: 1, unsettled: false });
    },
    { memory: true },
  );

  on('a lease that ran out may still be settled while nobody else has it', async (t, { store, clock }) => {
    await store.append([admission()]);
    const [lease] = await store.claim({ ...ALL, leaseMs: 1 });
    clock.pass(1000);
    const settlement = { id: lease?.id ?? '', token: lease?.token ?? '', result: delivered };
    t.deepEqual(await store.settle([settlement]), ['settled']);
    t.is((await store.claim(ALL)).length, 0);
  });

  on('takes an event once, in one call, at once and later', async (t, { store }) => {
    const twice = admission({ events: [event({ dedupe: 'd1' }), event({ dedupe: 'd1' }), event()] });
    t.deepEqual((await store.append([twice]))[0]?.duplicates, [1]);
    const again = await Promise.all(
      ['d2', 'd2', 'd1'].map((dedupe) => store.append([admission({ events: [event({ dedupe })] })])),
    );
    t.deepEqual(
      again.map(([one]) => one?.duplicates.length),
      [0, 1, 1],
    );
    t.is((await store.claim(ALL)).length, 3);
  });

  on(
    'knows an event for a day',
    async (t, { store, clock }) => {
      const again = async () =>
        (await store.append([admission({ events: [event({ dedupe: 'd1' })] })]))[0]?.duplicates;
      t.deepEqual(await again(), []);
      clock.pass(24 * 3_600_000 - 1);
      t.deepEqual(await again(), [0]);
      clock.pass(1);
      t.deepEqual(await again(), []);
    },
    { clock: true },
  );

  on(
    'knows after a restart what was pending, leased, retried, dead and seen',
    async (t, it) => {
      await it.store.append([
        admission({ id: 'a1', events: [event({ dedupe: 'd1', destinations: ['ga4', 'hubspot', 'meta'] })] }),
        admission({ id: 'a2' }),
      ]);
      const [leased, dead] = await it.store.claim(ALL);
      await it.store.begin([keyOf(leased), keyOf(dead)]);
      const [retried] = await it.store.claim({ ...ALL, destination: 'hubspot' });
      await it.store.settle([
        { id: dead?.id ?? '', token: dead?.token ?? '', result: rejected },
        {
          id: retried?.id ?? '',
          token: retried?.token ?? '',
          result: { retryAt: NOW + 60_000, code: 'http_503' },
        },
      ]);
      await it.reopen();
      const pending = await it.store.find({ state: 'pending' });
      t.deepEqual(
        pending.map(({ destination, attempts, code, dueAt }) => [destination, attempts, code, dueAt]),
        [
          ['ga4', 1, null, NOW],
          ['hubspot', 1, 'http_503', NOW + 60_000],
          ['meta', 0, null, NOW],
        ],
      );
      t.like((await it.store.find({ state: 'dead' }))[0], { id: dead?.id, code: 'http_400', attempts: 1 });
      const [freed, ...none] = await it.store.claim(ALL);
      t.like(freed, { id: leased?.id, attempt: 2, unsettled: true });
      t.is(none.length, 0);
      const stale = { id: leased?.id ?? '', token: leased?.token ?? '', result: delivered };
      t.deepEqual(await it.store.settle([stale]), ['lost']);
      const repeated = await it.store.append([admission({ events: [event({ dedupe: 'd1' })] })]);
      t.deepEqual(repeated[0]?.duplicates, [0]);
    },
    { memory: true },
  );

  on(
    'a record that cannot be read is poison alone',
    async (t, it) => {
      await it.store.append(['a1', 'a2', 'a3', 'a4'].map((id) => admission({ id })));
      await it.store.close();
      await it.harness.tamper((row) => {
        if (row.head.includes('"a1"')) return { body: row.body.replace('Boots', 'Shoes') };
        if (row.head.includes('"a3"')) return { head: row.head.slice(0, 20) };
        return {};
      });
      Object.assign(it, await it.harness.open({ clock: it.clock, log: quiet }));
      const leases = await it.store.claim(ALL);
      const items = leases.map(({ item }) => ('poison' in item ? item.poison : item.admission));
      t.deepEqual(items, ['checksum', 'a2', 'a4']);
      t.like((await it.store.find({ state: 'dead' }))[0], { code: 'unreadable', destination: 'unreadable' });
    },
    { memory: true },
  );

  on(
    'a record of a newer version is left alone',
    async (t, it) => {
      await it.store.append([admission({ id: 'a1' }), admission({ id: 'a2' })]);
      await it.store.close();
      const newer = (row: { schema: number; head: string }) =>
        row.head.includes('"a1"') ? { schema: row.schema + 1 } : {};
      await it.harness.tamper(newer);
      Object.assign(it, await it.harness.open({ clock: it.clock, log: quiet }));
      const leases = await it.store.claim(ALL);
      t.deepEqual(
        leases.map(({ item }) => 'admission' in item && item.admission),
        ['a2'],
      );
      await it.store.prune({ deadBefore: { ga4: LATER }, ledgerBefore: LATER });
      t.is((await it.store.find({ state: 'pending' })).length, 2);
      t.is((await it.store.find({ state: 'dead' })).length, 0);
      await it.store.close();
      await it.harness.tamper((row) => (row.head.includes('"a1"') ? { schema: row.schema - 1 } : {}));
      Object.assign(it, await it.harness.open({ clock: it.clock, log: quiet }));
      t.is((await it.store.claim(ALL)).length, 2);
    },
    { memory: true },
  );

  on('erasing ends what is pending or dead, and leaves nothing of it', async (t, it) => {
    const theirs = (id: string, canary: string) =>
      admission({ id, subjects: [`s-${id}`, 's-erased'], events: [event({ canary })] });
    const others = Array.from({ length: 40 }, (_, index) =>
      admission({ id: `o${index}`, subjects: ['s-other'] }),
    );
    await it.store.append([theirs('dead', 'canary-dead'), ...others.slice(0, 20)]);
    const [dead] = await it.store.claim({ ...ALL, max: 1 });
    await it.store.settle([{ id: dead?.id ?? '', token: dead?.token ?? '', result: rejected }]);
    await it.store.append([
      theirs('leased', 'canary-leased'),
      ...others.slice(20),
      theirs('due', `canary-${'x'.repeat(20_000)}`),
    ]);
    const claimed = await it.store.claim({ ...ALL, max: 30 });
    const leased = claimed.find(({ item }) => 'admission' in item && item.admission === 'leased');
    t.truthy(leased);
    t.is(await it.store.erase(['s-erased', 's-unknown']), 2);
    t.false((await it.harness.bytes()).includes('canary-'));
    const settlement = { id: leased?.id ?? '', token: leased?.token ?? '', result: delivered };
    t.deepEqual(await it.store.settle([settlement]), ['lost']);
    t.is((await it.store.find({ state: 'dead' })).length, 0);
    t.is((await it.store.find({ state: 'pending' })).length, 40);
    const entries = await it.store.entries({});
    t.is(entries.filter(({ step }) => step === 'erased').length, 2);
    t.is(await it.store.erase(['s-erased']), 0);
    const rest = [...claimed, ...(await it.store.claim(ALL))].filter((lease) => lease !== leased);
    t.is(new Set(rest.map(({ id }) => id)).size, 40);
  });

  on(
    'dead letters keep their payload and go back with key and first instant',
    async (t, { store, clock }) => {
      await store.append([admission()]);
      const [lease] = await store.claim(ALL);
      const key = lease !== undefined && 'permitted' in lease.item ? lease.item.permitted.data.key : '';
      const settle = { id: lease?.id ?? '', token: lease?.token ?? '' };
      await store.settle([{ ...settle, result: { name: 'expired', code: 'timeout' } }]);
      t.is((await store.claim(ALL)).length, 0);
      clock.pass(10_000);
      t.is(await store.requeue([settle.id, settle.id, '7.7', 'nonsense']), 1);
      t.is(await store.requeue([settle.id]), 0);
      const [again] = await store.claim({ ...ALL, now: clock.now() });
      t.like(again, { id: settle.id, attempt: 2, firstAt: NOW, unsettled: false });
      t.is(again !== undefined && 'permitted' in again.item ? again.item.permitted.data.key : '', key);
    },
  );

  on('finds page by page, oldest first, by state and destination', async (t, { store }) => {
    const many = Array.from({ length: 7 }, (_, index) =>
      admission({ id: `a${index}`, events: [event({ destinations: ['ga4', 'meta'] }), event()] }),
    );
    await store.append(many);
    const all = await store.find({ state: 'pending' });
    t.is(all.length, 21);
    t.like(all[0], { admission: 'a0', destination: 'ga4', attempts: 0, firstAt: NOW, code: null });
    t.deepEqual(all[0]?.subjects, many[0]?.subjects);
    const pages: string[] = [];
    for (let after: string | undefined; ;) {
      const page = await store.find({
        state: 'pending',
        limit: 4,
        ...(after === undefined ? {} : { after }),
      });
      pages.push(...page.map(({ id }) => id));
      after = page.at(-1)?.id;
      if (page.length < 4) break;
    }
    t.deepEqual(
      pages,
      all.map(({ id }) => id),
    );
    t.is((await store.find({ state: 'pending', destination: 'meta' })).length, 7);
    t.deepEqual(await store.find({ state: 'dead' }), []);
  });

  on('the ledger tells admission and outcome, newest first, without payload', async (t, { store, clock }) => {
    const one = admission({ events: [event({ canary: 'canary-1', dedupe: 'digest-1' })] });
    await store.append([one]);
    clock.pass(1000);
    const [lease] = await store.claim(ALL);
    await store.settle([{ id: lease?.id ?? '', token: lease?.token ?? '', result: rejected }]);
    const entries = await store.entries({});
    t.deepEqual(
      entries.map(({ at, step, reasons, fields }) => [at, step, reasons, fields]),
      [
        [NOW + 1000, 'rejected', ['http_400'], []],
        [NOW, 'admitted', ['permitted'], ['ids.ga.client_id', 'page.url']],
      ],
    );
    t.like(entries[1], {
      admission: one.id,
      site: 'shop',
      name: 'purchase',
      destination: 'ga4',
      config: one.config,
    });
    t.notRegex(JSON.stringify(entries), /canary|digest-1|subject/);
    t.is((await store.entries({ since: NOW + 1 })).length, 1);
    t.is((await store.entries({ until: NOW })).length, 1);
    t.is((await store.entries({ destination: 'meta' })).length, 0);
    t.is((await store.entries({ event: one.events[0]?.id ?? '' })).length, 2);
    t.is((await store.entries({ limit: 1 })).length, 1);
  });

  on('counts what is pending and dead, and says when to look again', async (t, { store, clock }) => {
    await store.append([admission({ receivedAt: NOW - 5000 }), admission(), admission()]);
    const [dead] = await store.claim({ ...ALL, max: 1 });
    await store.settle([{ id: dead?.id ?? '', token: dead?.token ?? '', result: rejected }]);
    const { destinations, bytes } = await store.stats();
    t.deepEqual(destinations, { ga4: { pending: 2, dead: 1, oldestAt: NOW, nextDueAt: NOW } });
    t.true(bytes > 0);
    await store.claim({ ...ALL, leaseMs: 500 });
    t.is((await store.stats()).destinations['ga4']?.nextDueAt, clock.now() + 500);
  });

  on('prunes dead letters and ledger rows whose keep is over', async (t, it) => {
    await it.store.append([admission({ events: [event({ canary: 'canary-pruned' })] }), admission()]);
    for (const lease of await it.store.claim({ ...ALL, max: 1 }))
      await it.store.settle([{ id: lease.id, token: lease.token, result: rejected }]);
    it.clock.pass(1000);
    await it.store.prune({ deadBefore: { ga4: NOW, meta: LATER }, ledgerBefore: NOW });
    t.is((await it.store.find({ state: 'dead' })).length, 1);
    t.is((await it.store.entries({})).length, 3);
    await it.store.prune({ deadBefore: { ga4: NOW + 1 }, ledgerBefore: NOW + 1 });
    t.is((await it.store.find({ state: 'dead' })).length, 0);
    t.is((await it.store.find({ state: 'pending' })).length, 1);
    t.is((await it.store.entries({})).length, 0);
  });

  on('a payload goes with its last delivery', async (t, { store }) => {
    const canary = 'canary-delivered';
    await store.append([admission({ events: [event({ canary, destinations: ['ga4', 'meta'] })] })]);
    for (const destination of ['ga4', 'meta'])
      for (const { id, token } of await store.claim({ ...ALL, destination }))
        t.deepEqual(await store.settle([{ id, token, result: delivered }]), ['settled']);
    t.is((await store.find({ state: 'pending' })).length + (await store.find({ state: 'dead' })).length, 0);
    t.like((await store.stats()).destinations['ga4'], {
      pending: 0,
      dead: 0,
      oldestAt: null,
      nextDueAt: null,
    });
  });

  on('an admission of thousands of deliveries is kept whole', async (t, { store }) => {
    const events = Array.from({ length: 1000 }, () => event({ destinations: ['ga4', 'meta', 'x'] }));
    await store.append([admission({ events })]);
    const seen = new Set<string>();
    for (;;) {
      const leases = await store.claim(ALL);
      for (const { item } of leases) if ('event' in item) seen.add(item.event);
      const results = await store.settle(leases.map(({ id, token }) => ({ id, token, result: delivered })));
      t.true(results.every((one) => one === 'settled'));
      if (leases.length === 0) break;
    }
    t.is(seen.size, 1000);
    t.like((await store.stats()).destinations, { ga4: { pending: 0 }, meta: { pending: 1000 } });
  });

  on('facts are put under a revision, read, listed and deleted', async (t, { facts }) => {
    t.is(await facts.get('denial/s1'), null);
    const first = await facts.put('denial/s1', { destinations: { ga4: 1 } }, 0);
    t.true((first ?? 0) > 0);
    t.is(await facts.put('denial/s1', 'other', 0), null);
    t.is(await facts.put('denial/s1', 'other', (first ?? 0) + 100), null);
    const second = await facts.put('denial/s1', ['changed'], first);
    t.true((second ?? 0) > (first ?? 0));
    await facts.put('denial/s0', 1, null);
    await facts.put('objection/s1', true, null);
    t.deepEqual(await facts.get('denial/s1'), {
      key: 'denial/s1',
      value: ['changed'],
      revision: second ?? 0,
    });
    const listed = await facts.list('denial/');
    t.deepEqual(
      listed.map(({ key }) => key),
      ['denial/s0', 'denial/s1'],
    );
    t.not(await facts.put('denial/s1', null, second), null);
    t.is(await facts.get('denial/s1'), null);
    const created = await facts.put('denial/s1', 2, 0);
    t.true((created ?? 0) > (second ?? 0), 'a revision is never used twice');
  });

  on('facts tell watchers of their prefix, after the change is durable', async (t, { facts }) => {
    const told: unknown[] = [];
    const stop = facts.watch('denial/', ({ key, value }) => told.push([key, value]));
    await facts.put('denial/s1', 1, null);
    await facts.put('objection/s1', 1, null);
    await facts.put('denial/s1', null, null);
    stop();
    await facts.put('denial/s2', 1, null);
    t.deepEqual(told, [
      ['denial/s1', 1],
      ['denial/s1', null],
    ]);
  });

  on(
    'facts are as fresh as the clock',
    async (t, { facts, clock }) => {
      t.is(facts.freshAt(), clock.monotonic());
      clock.pass(5);
      t.is(facts.freshAt(), clock.monotonic());
    },
    { clock: true },
  );

  on(
    'facts survive a restart',
    async (t, it) => {
      const revision = await it.facts.put('objection/s1', { purposes: ['marketing'] }, null);
      await it.reopen();
      t.deepEqual(await it.facts.get('objection/s1'), {
        key: 'objection/s1',
        value: { purposes: ['marketing'] },
        revision: revision ?? 0,
      });
    },
    { memory: true },
  );

  on('a closed store refuses, and closing twice is fine', async (t, { store, facts }) => {
    const last = store.append([admission()]);
    await store.close();
    await store.close();
    t.is((await last).length, 1, 'what was asked before is still done');
    const refused = await t.throwsAsync(store.append([admission()]), { instanceOf: GatewayError });
    t.is(refused?.code, 'store_unavailable');
    await t.throwsAsync(facts.get('x'), { instanceOf: GatewayError });
  });
}
