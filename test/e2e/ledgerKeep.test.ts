// A ledger entry is there for as long as the routing file says, and not for longer.

import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import type { OpenedStore } from '../../src/core/plugin.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { admission, quiet } from '../store/admissions.ts';
import { shopRouting, startGateway, temporaryFolder } from '../support/gateway.ts';

const DAY = 86_400_000;

const storeIn = (folder: string, now: () => number): OpenedStore =>
  openSqlite(
    { path: join(folder, 'sluis.db') },
    { clock: { now, monotonic: () => performance.now() }, log: quiet },
  );

/** Ages in days of what is in the ledger once a gateway has run over entries of 2, 40 and 401 days. */
async function keptUnder(t: ExecutionContext, ledger: string): Promise<readonly number[]> {
  const now = Date.now();
  const folder = temporaryFolder(t);
  for (const days of [401, 40, 2]) {
    const { store } = storeIn(folder, () => now - days * DAY);
    await store.append([admission()]);
    await store.close();
  }
  const gateway = await startGateway(t, {
    routing: (routing) => `${ledger}\n${shopRouting({ ...routing, folder })}`,
  });
  await gateway.stop();
  const { store } = storeIn(folder, () => now);
  const entries = await store.entries({});
  await store.close();
  const ages = new Set(entries.map(({ at }) => Math.round((now - at) / DAY)));
  ages.delete(0); // what was still queued ends while the gateway runs
  return [...ages].sort((a, b) => a - b);
}

test('entries are kept for 400 days unless the routing file says otherwise', async (t) => {
  t.deepEqual(await keptUnder(t, ''), [2, 40]);
});

test('entries are kept for as long as the routing file says', async (t) => {
  t.deepEqual(await keptUnder(t, 'ledger: { keep: 30d }'), [2]);
});
