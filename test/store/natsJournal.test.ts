// What goes into a partition's stream and what is taken out of it, without a server.

import test from 'ava';
import { Journal } from '../../src/store/jetstream/journal.ts';
import type { Batch } from '../../src/store/jetstream/journal.ts';
import { decodeRecord, decodeRow, encodeRecord, encodeRow } from '../../src/store/jetstream/message.ts';
import type { RemovalPorts } from '../../src/store/jetstream/removal.ts';
import { Removal } from '../../src/store/jetstream/removal.ts';

const nothing = (): void => undefined;

test('a row comes back as it was written, and what is none is unreadable', (t) => {
  const row = { schema: 3, check: 4_000_000_000, head: '{"a":1}', body: '{"shared":1}\n{"own":"\\ud800"}' };
  const message = { row, log: { at: 1_795_000_000_000, entries: '{"names":[]}' } };
  t.deepEqual(decodeRow(encodeRow(message)), message);
  for (const text of ['', 'x', '1 2\na\nb\nc', '1 2 x\na\nb\nc', '1 2 3\na\nb'])
    t.like(decodeRow(text), { row: { head: '', body: '' }, log: { entries: '' } }, text);
});

test('a record comes back as it was written, without changes of an unknown kind', (t) => {
  const record = {
    epoch: 'e',
    number: 1,
    told: 5,
    changes: [['progress', 8, '[]'], ['remove', 8], ['lease', 1, '8.0.1'], ['drop', 1], ['dropAll']],
    logs: [{ at: 1, entries: '{}' }],
  } as const;
  t.deepEqual(decodeRecord(encodeRecord(record)) as unknown, record);
  const odd = { ...record, changes: [...record.changes, ['rename', 8], ['remove', '8'], null] };
  t.deepEqual(decodeRecord(JSON.stringify(odd)) as unknown, record);
  for (const text of ['', '{}', '[]', '{"epoch":1}']) t.is(decodeRecord(text), null);
});

test('one record is in flight, what comes meanwhile shares the next, and each is told when it is kept', async (t) => {
  const written: Batch[] = [];
  const going: (() => void)[] = [];
  const write = (batch: Batch): Promise<void> => {
    written.push(batch);
    return new Promise((resolve) => going.push(resolve));
  };
  const journal = new Journal(write, nothing);
  await journal.flushed();
  const kept: number[] = [];
  const push = (seq: number): void =>
    journal.push({ changes: [['remove', seq]], logs: [], kept: () => void kept.push(seq) });
  push(1);
  await new Promise(setImmediate);
  [2, 3].forEach(push);
  const flushed = journal.flushed();
  t.is(written.length, 1);
  going.shift()?.();
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  t.deepEqual(kept, [1]);
  t.deepEqual(written[1]?.changes, [
    ['remove', 2],
    ['remove', 3],
  ]);
  going.shift()?.();
  await flushed;
  t.deepEqual(kept, [1, 2, 3]);
});

test('a record that fails fails all that wait, once, and nothing is written after it', async (t) => {
  let failures = 0;
  let writes = 0;
  const write = (): Promise<void> => {
    writes += 1;
    return Promise.reject(new Error('no'));
  };
  const journal = new Journal(write, () => (failures += 1));
  journal.push({ changes: [['remove', 1]], logs: [], kept: () => t.fail() });
  await t.throwsAsync(journal.flushed(), { message: 'no' });
  journal.push({ changes: [['remove', 2]], logs: [], kept: () => t.fail() });
  await t.throwsAsync(journal.flushed(), { message: 'no' });
  t.deepEqual([failures, writes], [1, 1]);
});

test('a large transaction becomes several records, of which the last says that it is kept', async (t) => {
  const written: Batch[] = [];
  const journal = new Journal(async (batch) => void written.push(batch), nothing);
  const text = 'x'.repeat(100_000);
  const changes = [1, 2, 3, 4, 5, 6].map((seq) => ['progress', seq, text] as const);
  let keptAfter = 0;
  journal.push({ changes, logs: [{ at: 1, entries: '' }], kept: () => (keptAfter = written.length) });
  await journal.flushed();
  t.deepEqual(
    written.flatMap((batch) => batch.changes),
    changes,
  );
  t.true(written.length > 1 && written.every((batch) => JSON.stringify(batch).length < 512 * 1024));
  t.is(keptAfter, written.length);
});

/** One that writes down what it takes out. */
const removalTelling = (done: string[], ports: Pick<RemovalPorts, 'prepare' | 'limit'>): Removal =>
  new Removal({
    ...ports,
    purge: async (before) => void done.push(`purge ${before}`),
    remove: async (seq, erase) => void done.push(`${erase ? 'erase' : 'remove'} ${seq}`),
  });

test('a finished beginning is purged at once, what ended behind an open row is removed by itself', async (t) => {
  const done: string[] = [];
  let limit = Infinity;
  const removal = removalTelling(done, { prepare: () => Promise.resolve(), limit: () => limit });
  [1, 2, 4, 7, 9].forEach((seq) => removal.added(seq));
  [1, 2, 7].forEach((seq) => removal.ended(seq));
  await removal.sweep();
  t.deepEqual(done.splice(0), ['purge 4', 'remove 7']);
  await removal.sweep();
  t.deepEqual(done.splice(0), []);
  removal.ended(4);
  limit = 3;
  await removal.sweep();
  t.deepEqual(done.splice(0), [], 'not beyond what the ledger knows');
  limit = 10;
  await removal.sweep();
  t.deepEqual(done.splice(0), ['purge 9']);
  t.is(removal.open, 1);
  removal.ended(9);
  await removal.all(true);
  t.deepEqual(done, ['erase 9']);
});

test('nothing goes before what outlives it is written, and nothing that ended meanwhile', async (t) => {
  const done: string[] = [];
  const { promise: prepared, resolve } = Promise.withResolvers<void>();
  const removal = removalTelling(done, { prepare: () => prepared, limit: () => Infinity });
  [1, 2, 3, 4].forEach((seq) => removal.added(seq));
  [1, 4].forEach((seq) => removal.ended(seq));
  const sweeping = removal.sweep();
  [2, 3].forEach((seq) => removal.ended(seq));
  const erasing = removal.all(true);
  t.deepEqual(done, []);
  resolve();
  await sweeping;
  t.deepEqual(done.splice(0), ['purge 2', 'remove 4']);
  await erasing;
  t.deepEqual(done.toSorted(), ['erase 2', 'erase 3']);
});

test('what is to be overwritten is not purged meanwhile', async (t) => {
  const done: string[] = [];
  const { promise: prepared, resolve } = Promise.withResolvers<void>();
  const removal = removalTelling(done, { prepare: () => prepared, limit: () => Infinity });
  removal.added(1);
  removal.ended(1);
  const erasing = removal.all(true);
  const sweeping = removal.sweep();
  resolve();
  await Promise.all([erasing, sweeping]);
  t.deepEqual(done, ['erase 1']);
});
