// What is claimed a moment after it was written comes from memory: it is what the rows say, and ends with them.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { Lease } from '../../src/core/delivery.ts';
import { PermittedEvent } from '../../src/core/permitted.ts';
import { FreshRow, FreshRows } from '../../src/store/fresh.ts';
import { Heap } from '../../src/store/heap.ts';
import { Lane } from '../../src/store/lanes.ts';
import { eraseStep } from '../../src/store/keeping.ts';
import { MemoryRows } from '../../src/store/memory.ts';
import { Owner } from '../../src/store/owner.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { Turn } from '../../src/store/turn.ts';
import { admission, event, LATER, manualClock, quiet } from './admissions.ts';

const claim = (destination: string) => ({ destination, max: 10, leaseMs: 1000, now: LATER });

/** What a lease says, with the event's own data in the place of what hides it. */
const said = ({ id, item }: Lease): unknown =>
  'poison' in item ? { id, item } : { id, ...item, permitted: item.permitted.data };

test('fresh rows: claimed from memory and claimed after a restart, a delivery says the same', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluis-fresh-'));
  const options = { path: join(folder, 'sluis.db') };
  const surroundings = { clock: manualClock(), log: quiet };
  try {
    const first = openSqlite(options, surroundings).store;
    const events = [event({ destinations: ['ga4', 'meta'] }), event(), event({ destinations: ['meta'] })];
    await first.append([admission({ events }), admission()]);
    const before = [...(await first.claim(claim('ga4'))), ...(await first.claim(claim('meta')))];
    await first.close();
    const second = openSqlite(options, surroundings).store;
    const after = [...(await second.claim(claim('ga4'))), ...(await second.claim(claim('meta')))];
    await second.close();
    t.is(before.length, 5);
    t.deepEqual(before.map(said), after.map(said));
    const permitted = before.map(({ item }) => 'permitted' in item && item.permitted);
    t.true(events[0] !== undefined && permitted.includes(events[0].permitted[0] ?? false));
    t.true(permitted.every((one) => PermittedEvent.is(one)));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('fresh rows: the oldest go beyond a thousand, and nothing is kept for destinations that fall behind', (t) => {
  const heap = (): Heap => new Heap((a, b) => a < b);
  const lane = new Lane(0, 'ga4', heap());
  const behind = new Lane(1, 'meta', heap());
  for (let slot = 0; slot < 1000; slot += 1) behind.due.push(slot);
  const rows = new FreshRows();
  const one = admission();
  for (let seq = 1; seq <= 1001; seq += 1) rows.add(seq, new FreshRow(one, one.events), [behind, lane]);
  rows.add(2000, new FreshRow(one, one.events), [behind]);
  t.is(rows.get(1), undefined);
  t.not(rows.get(2), undefined);
  t.is(rows.get(2000), undefined, 'claimed from long after');
});

test('fresh rows: what has ended or was erased is not kept', (t) => {
  const rows = new MemoryRows();
  const owner = new Owner(rows, { clock: manualClock(), log: quiet });
  const inTurn = <T>(work: (turn: Turn) => T): T => {
    const turn = new Turn();
    const result = rows.transaction(() => work(turn));
    turn.committed();
    return result;
  };
  inTurn((turn) => owner.append([admission(), admission({ subjects: ['subject-0002'] })], turn));
  const [first, second] = rows.scan(0, 2).map(({ seq }) => seq);
  t.not(owner.queue.fresh.get(first ?? 0), undefined);
  t.not(owner.queue.fresh.get(second ?? 0), undefined);
  const [lease] = inTurn((turn) => owner.claim({ ...claim('ga4'), max: 1 }, turn));
  const result = { name: 'delivered', code: null } as const;
  inTurn((turn) => owner.settle([{ id: lease?.id ?? '', token: lease?.token ?? '', result }], turn));
  t.is(owner.queue.fresh.get(first ?? 0), undefined);
  inTurn((turn) => eraseStep(owner, ['subject-0002'], { after: 0, rows: 10, turn }));
  t.is(owner.queue.fresh.get(second ?? 0), undefined);
});
