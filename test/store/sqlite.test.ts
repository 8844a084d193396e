// The SQLite driver: the suite, and what only files can do.

import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { spawn } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { GatewayError } from '../../src/core/errors.ts';
import { openStore } from '../../src/store/index.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { migrate, migrations } from '../../src/store/sqlite/database.ts';
import { admission, event, LATER, manualClock, quiet } from './admissions.ts';
import { conforms } from './conformance.ts';

const surroundings = { clock: manualClock(), log: quiet };
const CLAIM = { destination: 'ga4', max: 1000, leaseMs: 1000, now: LATER };

function folder(t: { teardown(clean: () => void): void }): string {
  const path = mkdtempSync(join(tmpdir(), 'sluis-store-'));
  t.teardown(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const code = (error: unknown): string => (error instanceof GatewayError ? error.code : String(error));

conforms(test, 'sqlite', async () => {
  const path = mkdtempSync(join(tmpdir(), 'sluis-store-'));
  const file = join(path, 'sluis.db');
  return {
    open: async (given) => openSqlite({ path: file, reserveBytes: 64 * 1024 }, given),
    forgets: null,
    async tamper(change) {
      const database = new DatabaseSync(file);
      const rows = database.prepare('select seq, schema, head, body from spool').all();
      for (const row of rows) {
        const before = {
          schema: Number(row['schema']),
          head: String(row['head']),
          body: String(row['body']),
        };
        const after = { ...before, ...change(before) };
        database
          .prepare('update spool set schema = ?, head = ?, body = ? where seq = ?')
          .run(after.schema, after.head, after.body, Number(row['seq']));
      }
      database.close();
    },
    bytes: async () => Buffer.concat(readdirSync(path).map((name) => readFileSync(join(path, name)))),
    clean: async () => rmSync(path, { recursive: true, force: true }),
  };
});

test('sqlite: an address names a file, which is made for its owner only', async (t) => {
  const path = join(folder(t), 'deep', 'sluis.db');
  const { store } = await openStore(`sqlite:${path}`, surroundings);
  t.is(statSync(path).mode & 0o777, 0o600);
  await store.close();
  for (const address of ['sqlite:', 'sqlite:a\0b', 'postgres://x', ''])
    t.is(code(await t.throwsAsync(openStore(address, surroundings))), 'config_invalid', address);
});

test('sqlite: migrations apply from empty, and again without effect', (t) => {
  const list = migrations();
  t.deepEqual(
    list.map(({ version }) => version),
    list.map((_, index) => index + 1),
    'numbered from one without a gap',
  );
  const database = new DatabaseSync(join(folder(t), 'sluis.db'));
  migrate(database, list);
  const schema = () => database.prepare('select name, sql from sqlite_schema order by name').all();
  const once_ = schema();
  migrate(database, list);
  t.deepEqual(schema(), once_);
  t.is(Number(database.prepare('pragma user_version').get()?.['user_version']), list.length);
  database.close();
});

test('sqlite: a migration that fails leaves the version before it', (t) => {
  const database = new DatabaseSync(':memory:');
  const list = [...migrations(), { version: 99, sql: 'create table extra (a); create table extra (a)' }];
  t.throws(() => migrate(database, list));
  t.is(Number(database.prepare('pragma user_version').get()?.['user_version']), 1);
  t.is(database.prepare("select 1 from sqlite_schema where name = 'extra'").get(), undefined);
  database.close();
});

test('sqlite: a newer store is refused and left as it is', async (t) => {
  const path = join(folder(t), 'sluis.db');
  await openSqlite({ path }, surroundings).store.close();
  const database = new DatabaseSync(path);
  database.exec('pragma user_version = 1000');
  database.close();
  t.is(code(t.throws(() => openSqlite({ path }, surroundings))), 'store_newer');
});

test('sqlite: what is not our database is refused and left as it is', (t) => {
  const path = folder(t);
  const text = join(path, 'notes.txt');
  writeFileSync(text, 'not a database, but long enough to have had a header '.repeat(40));
  const before = readFileSync(text);
  t.is(code(t.throws(() => openSqlite({ path: text }, surroundings))), 'store_unreadable');
  t.deepEqual(readFileSync(text), before);
  const other = join(path, 'other.db');
  const database = new DatabaseSync(other);
  database.exec('create table theirs (a)');
  database.close();
  t.is(code(t.throws(() => openSqlite({ path: other }, surroundings))), 'store_unreadable');
  t.is(code(t.throws(() => openSqlite({ path }, surroundings))), 'store_unavailable', 'a folder');
});

/** A second process over the file. It does not outlive its test. */
function second(t: ExecutionContext, path: string, mode: string) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'owner.ts'), path, mode], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  return child;
}

async function firstLine(child: ReturnType<typeof second>): Promise<string> {
  for await (const chunk of child.stdout) return String(chunk).split('\n')[0] ?? '';
  return '';
}

test('sqlite: a second owner is refused while the first lives, in this process and in another', async (t) => {
  const path = join(folder(t), 'sluis.db');
  const { store } = openSqlite({ path }, surroundings);
  t.is(code(t.throws(() => openSqlite({ path }, surroundings))), 'store_locked');
  await store.append([admission()]);
  for (const after of ['opening', 'scrubbing the file']) {
    const child = second(t, path, 'open');
    t.is(await firstLine(child), 'store_locked', after);
    await once(child, 'exit');
    await store.erase(['nobody']);
  }
  await store.close();
  const next = openSqlite({ path }, surroundings);
  t.is((await next.store.claim(CLAIM)).length, 1);
  await next.store.close();
});

test('sqlite: everything acknowledged is there after kill -9 in mid-append', async (t) => {
  const path = join(folder(t), 'sluis.db');
  const child = second(t, path, 'append');
  const acknowledged = new Set<string>();
  let text = '';
  // Listened to rather than iterated over: what is in the pipe when the process dies must be read too.
  child.stdout.on('data', (chunk: Buffer) => {
    const lines = (text + chunk.toString()).split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) acknowledged.add(line);
    if (acknowledged.size > 100) child.kill('SIGKILL');
  });
  await once(child, 'close');
  const { store } = openSqlite({ path }, surroundings);
  const kept = new Set<string>();
  for (let page = await store.claim(CLAIM); page.length > 0; page = await store.claim(CLAIM))
    for (const { item } of page) if ('admission' in item) kept.add(item.admission);
  t.true(acknowledged.size > 100);
  t.deepEqual(
    [...acknowledged].filter((id) => !kept.has(id)),
    [],
  );
  await store.close();
});

/** A copy of the files as they are while the store is open: what a crash leaves. */
function crashed(path: string, to: string): string {
  for (const ending of ['', '-wal']) copyFileSync(path + ending, to + ending);
  return to;
}

test('sqlite: a last write that is cut off or damaged costs itself only', async (t) => {
  const path = join(folder(t), 'sluis.db');
  const { store } = openSqlite({ path }, surroundings);
  await store.append([admission({ id: 'whole-1' }), admission({ id: 'whole-2' })]);
  const intact = statSync(`${path}-wal`).size;
  await store.append([admission({ id: 'last' })]);
  const full = statSync(`${path}-wal`).size;
  t.true(full > intact);
  const admissions = async (file: string): Promise<readonly string[]> => {
    const opened = openSqlite({ path: file }, surroundings);
    const found = await opened.store.find({ state: 'pending' });
    await opened.store.append([admission()]);
    await opened.store.close();
    return found.map((one) => one.admission);
  };
  t.deepEqual(await admissions(crashed(path, `${path}.copy`)), ['whole-1', 'whole-2', 'last']);
  const cut = crashed(path, `${path}.cut`);
  truncateSync(`${cut}-wal`, full - 100);
  t.deepEqual(await admissions(cut), ['whole-1', 'whole-2']);
  const flipped = crashed(path, `${path}.flipped`);
  const bytes = readFileSync(`${flipped}-wal`);
  const at = intact + 200;
  bytes[at] = (bytes[at] ?? 0) ^ 0xff;
  writeFileSync(`${flipped}-wal`, bytes);
  t.deepEqual(await admissions(flipped), ['whole-1', 'whole-2']);
  await store.close();
});

test('sqlite: a page of one payload that is damaged is poison alone', async (t) => {
  const path = join(folder(t), 'sluis.db');
  const canary = (letter: string) => letter.repeat(60_000);
  const first = openSqlite({ path }, surroundings);
  await first.store.append(
    ['a', 'b', 'c'].map((id) => admission({ id, events: [event({ canary: canary(id) })] })),
  );
  await first.store.close();
  const bytes = readFileSync(path);
  const at = bytes.indexOf('b'.repeat(3000));
  bytes.fill(0xff, at, at + 3000);
  writeFileSync(path, bytes);
  const { store } = openSqlite({ path }, surroundings);
  const items = (await store.claim(CLAIM)).map(({ item }) => ('poison' in item ? 'poison' : item.admission));
  t.deepEqual(items, ['a', 'poison', 'c']);
  await store.close();
});

// SQLite leaves copies behind where it rearranges pages, by the sizes of rows.
for (const longer of [0, 60, 200, 400])
  test(`sqlite: what is delivered or erased leaves no trace in the file, with rows ${longer} longer`, async (t) => {
    const path = join(folder(t), 'sluis.db');
    const { store } = openSqlite({ path }, surroundings);
    // Sizes around what fits a page, settled in an order that makes pages merge.
    for (let round = 0; round < 30; round += 1) {
      const size = ([40, 700, 2500, 9000][round % 4] ?? 40) + longer;
      const admissions = Array.from({ length: 20 }, (_, index) =>
        admission({
          subjects: [`s${index % 5}`],
          events: [event({ canary: `canary-${index % 5}-${'y'.repeat(size)}` })],
        }),
      );
      await store.append(admissions);
      const leases = await store.claim({ ...CLAIM, max: 15 });
      const some = leases.filter((_, index) => index % 3 !== 0);
      await store.settle(
        some.map(({ id, token }) => ({ id, token, result: { name: 'delivered', code: null } })),
      );
    }
    await store.erase(['s0', 's1']);
    const held = Buffer.concat(['', '-wal'].map((ending) => readFileSync(path + ending)));
    t.false(held.includes('canary-0'));
    t.false(held.includes('canary-1'));
    t.true(held.includes('canary-2'));
    await store.close();
    const { store: again } = openSqlite({ path }, surroundings);
    const left = new Set((await again.find({ state: 'pending' })).flatMap(({ subjects }) => subjects));
    t.deepEqual([...left].sort(), ['s2', 's3', 's4']);
    await again.close();
  });
