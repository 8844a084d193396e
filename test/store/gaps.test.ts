// Zeroing the unused middle of a database's pages, by the file format alone.

import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { ExecutionContext } from 'ava';
import test from 'ava';
import { GatewayError } from '../../src/core/errors.ts';
import { Gaps } from '../../src/store/sqlite/gaps.ts';

const PAGE = 512;

function fileOf(
  t: ExecutionContext,
  pages: readonly Buffer[],
): { readonly path: string; readonly gaps: Gaps } {
  const folder = mkdtempSync(join(tmpdir(), 'sluis-gaps-'));
  const path = join(folder, 'file');
  writeFileSync(path, Buffer.concat(pages));
  const gaps = new Gaps(path, PAGE);
  t.teardown(() => {
    gaps.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { path, gaps };
}

/** A page of sevens with a header: kind, number of cells, first byte of a cell, and where the cells are said to begin. */
function page(kind: number, cells: readonly number[], content: number): Buffer {
  const bytes = Buffer.alloc(PAGE, 7);
  bytes[0] = kind;
  bytes.writeUInt16BE(cells.length, 3);
  bytes.writeUInt16BE(content, 5);
  cells.forEach((start, index) => bytes.writeUInt16BE(start, 8 + 2 * index));
  return bytes;
}

const FIRST = Buffer.alloc(PAGE);

test('of a page of rows the gap goes, and nothing else', (t) => {
  const { path, gaps } = fileOf(t, [FIRST, page(13, [400, 450], 400)]);
  t.is(gaps.zero(0), null);
  const after = readFileSync(path).subarray(PAGE);
  const expected = page(13, [400, 450], 400).fill(0, 12, 400);
  t.deepEqual(after, expected);
});

test('what is no page of rows in every respect is left alone', (t) => {
  const others = [
    page(0, [400], 400),
    page(1, [400], 400),
    page(13, [399], 400),
    page(13, [PAGE], 400),
    page(13, [400], PAGE + 1),
    page(13, [400], 9),
    page(6, [400], 400),
  ];
  const { path, gaps } = fileOf(t, [FIRST, ...others]);
  t.is(gaps.zero(0), null);
  t.deepEqual(readFileSync(path), Buffer.concat([FIRST, ...others]));
});

test('a long file takes several steps', (t) => {
  const { path, gaps } = fileOf(t, [FIRST, ...Array.from({ length: 600 }, () => page(13, [500], 500))]);
  const steps: number[] = [];
  for (let from: number | null = 0; from !== null; from = gaps.zero(from)) steps.push(from);
  t.deepEqual(steps, [0, 256, 512]);
  const after = readFileSync(path);
  for (let index = 1; index <= 600; index += 1)
    t.true(after.subarray(index * PAGE + 10, index * PAGE + 500).every((byte) => byte === 0));
});

test('a file of so many pages that a number could be taken for a header is refused', (t) => {
  const { path, gaps } = fileOf(t, [FIRST]);
  truncateSync(path, PAGE * 2 ** 25); // a hole: it takes no space
  const error = t.throws(() => gaps.zero(0));
  t.is(error instanceof GatewayError ? error.code : '', 'store_unavailable');
});

test('SQLite finds its database sound afterwards, whatever was done to it before', (t) => {
  const { path, gaps } = fileOf(t, []);
  const open = () => {
    const database = new DatabaseSync(path);
    database.exec(`pragma page_size = ${PAGE}; pragma secure_delete = on`);
    return database;
  };
  const database = open();
  database.exec('create table row (id integer primary key, body text); create index by_body on row (body)');
  const insert = database.prepare('insert into row (body) values (?)');
  for (let index = 0; index < 2000; index += 1) insert.run(`${index} `.repeat(1 + ((index * 7919) % 97)));
  database.exec('delete from row where id % 3 = 0; delete from row where id % 7 < 3');
  const rows = database.prepare('select id, body from row order by id').all();
  database.close();
  for (let from: number | null = 0; from !== null;) from = gaps.zero(from);
  const again = open();
  t.deepEqual(
    again
      .prepare('pragma integrity_check')
      .all()
      .map((row) => Object.values(row)),
    [['ok']],
  );
  t.deepEqual(again.prepare('select id, body from row order by id').all(), rows);
  again.close();
});
