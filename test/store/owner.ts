// A process of its own over a store file, for tests that need a second owner or a victim.

import { openSync, writeSync } from 'node:fs';
import { GatewayError } from '../../src/core/errors.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { admission, quiet } from './admissions.ts';

const [path = '', mode = ''] = process.argv.slice(2);
const MOST = 20_000;
const clock = { now: () => Date.now(), monotonic: () => performance.now() };

try {
  const { store } = openSqlite({ path }, { clock, log: quiet });
  if (mode === 'open') process.stdout.write('opened\n');
  // A victim that is only there to be ended does not stay for ever.
  const most = mode === 'open' ? 0 : MOST;
  process.stdout.on('error', () => process.exit(1));
  // What is written to a file at once survives the process; a pipe may still hold it back.
  const told = openSync(`${path}.told`, 'a');
  const tell = (line: string): void => {
    writeSync(told, `${line}\n`);
    process.stdout.write(`${line}\n`);
  };
  const append = async (lane: number): Promise<void> => {
    for (let count = 0; count < most; count += 1) {
      const one = admission({ id: `${process.pid}-${lane}-${count}`, receivedAt: Date.now() });
      await store.append([one]);
      tell(mode === 'work' ? `appended ${one.id}` : one.id);
    }
  };
  const deliver = async (): Promise<void> => {
    for (let count = 0; count < most; count += 1) {
      const leases = await store.claim({ destination: 'ga4', max: 3, leaseMs: 60_000, now: Date.now() + 1 });
      await store.begin(leases);
      for (const { item } of leases) if ('admission' in item) tell(`claimed ${item.admission}`);
      const done = leases.slice(1);
      const delivered = { name: 'delivered', code: null } as const;
      await store.settle(done.map(({ id, token }) => ({ id, token, result: delivered })));
      for (const { item } of done) if ('admission' in item) tell(`settled ${item.admission}`);
    }
  };
  await Promise.all([...[0, 1, 2, 3].map(append), ...(mode === 'work' ? [deliver()] : [])]);
  await store.close();
} catch (error) {
  process.stdout.write(`${error instanceof GatewayError ? error.code : String(error)}\n`);
}
