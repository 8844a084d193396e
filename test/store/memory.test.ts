// The memory driver.

import test from 'ava';
import { GatewayError } from '../../src/core/errors.ts';
import { embedMemory, memory, MemoryRows } from '../../src/store/memory.ts';
import { admission, event, LATER, manualClock, quiet } from './admissions.ts';
import { conforms } from './conformance.ts';

conforms(test, 'memory', () =>
  Promise.resolve({
    open: (surroundings) => memory.open('memory:', surroundings),
    tamper: () => Promise.reject(new Error('nothing rests')),
    forgets: 'memory holds nothing beyond its process',
    bytes: () => Promise.resolve(Buffer.alloc(0)),
    clean: () => Promise.resolve(),
  }),
);

test('memory: a full store refuses and takes again when there is room', async (t) => {
  const { store } = embedMemory(new MemoryRows(20_000), { clock: manualClock(), log: quiet });
  const canary = 'x'.repeat(8000);
  await store.append([admission({ events: [event({ canary })] })]);
  await store.append([admission({ events: [event({ canary })] })]);
  const refused = await t.throwsAsync(
    store.append([admission(), admission({ events: [event({ canary, dedupe: 'd1' })] })]),
    { instanceOf: GatewayError },
  );
  t.is(refused?.code, 'store_full');
  const claim = { destination: 'ga4', max: 10, leaseMs: 1000, now: LATER };
  const leases = await store.claim(claim);
  t.is(leases.length, 2, 'nothing of the refused call was kept');
  await store.settle(
    leases.map(({ id, token }) => ({ id, token, result: { name: 'delivered', code: null } })),
  );
  const [kept] = await store.append([admission({ events: [event({ canary, dedupe: 'd1' })] })]);
  t.deepEqual(kept?.duplicates, [], 'a refused event left no mark');
});
