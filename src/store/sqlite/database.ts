// Opens the file as its one owner and brings it to the newest form. Everything here happens before the first event.

import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { GatewayError } from '../../core/errors.ts';

/** `Slui` as a number: tells our files from other programs' databases. */
const APPLICATION = 0x536c7569;
/**
 * Size of the log after which SQLite itself checkpoints inside a commit: the bound when no idle moment comes. The reserve
 * must hold what a checkpoint may add to the file: this and one group.
 */
const WAL_BYTES = 4 * 1024 * 1024;
/** Of new files. Measured against 4 KB: a fifth less system time for each group of appends, and a lower p99. */
const PAGE_BYTES = 8192;

export interface Migration {
  readonly version: number;
  readonly sql: string;
}

/** The numbered files beside this one, from `src/` as from `dist/`: the build copies them. */
export function migrations(): readonly Migration[] {
  const folder = new URL('./', import.meta.url);
  return readdirSync(folder)
    .filter((name) => /^\d{4}\.sql$/.test(name))
    .sort()
    .map((name) => ({
      version: Number(name.slice(0, 4)),
      sql: readFileSync(new URL(name, folder), 'utf8'),
    }));
}

export function openDatabase(path: string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  create(path);
  const database = new DatabaseSync(path, { timeout: 0, enableForeignKeyConstraints: false });
  try {
    // Exclusive before WAL: the index of the log then lives in this process, and nobody else gets in until it ends.
    database.exec('pragma locking_mode = exclusive');
    refuseForeign(database);
    database.exec(`pragma page_size = ${PAGE_BYTES}; pragma journal_mode = wal; pragma synchronous = full; pragma secure_delete = on;
      pragma wal_autocheckpoint = ${WAL_BYTES / PAGE_BYTES}; pragma journal_size_limit = ${WAL_BYTES};
      pragma cache_size = -16000; pragma temp_store = memory; pragma trusted_schema = off`);
    // A write takes the lock for good.
    database.exec('begin immediate; commit');
    migrate(database, migrations());
  } catch (error) {
    database.close();
    throw error;
  }
  return database;
}

/**
 * Created by us so that nobody else may read it; the journal takes over its rights. An existing file is never opened here:
 * closing any descriptor of it would drop the locks that this process holds through SQLite.
 */
function create(path: string): void {
  if (!existsSync(path)) closeSync(openSync(path, 'ax', 0o600));
}

/** Applies what is missing, each in its own transaction, in order. */
export function migrate(database: DatabaseSync, list: readonly Migration[]): void {
  const has = pragma(database, 'user_version');
  const newest = list.at(-1)?.version ?? 0;
  if (has > newest)
    throw new GatewayError(
      'store_newer',
      'the store was written by a newer version; use that version or newer',
    );
  for (const { version, sql } of list) {
    if (version <= has) continue;
    database.exec('begin immediate');
    try {
      database.exec(sql);
      database.exec(`pragma application_id = ${APPLICATION}; pragma user_version = ${version}; commit`);
    } catch (error) {
      if (database.isTransaction) database.exec('rollback');
      throw error;
    }
  }
}

/** An empty file is ours to take; a database of something else is not. */
function refuseForeign(database: DatabaseSync): void {
  const tables = database.prepare('select count(*) as count from sqlite_schema').get()?.['count'];
  if (tables === 0 || pragma(database, 'application_id') === APPLICATION) return;
  throw new GatewayError('store_unreadable', 'the file is a database of another program; name another');
}

function pragma(database: DatabaseSync, name: string): number {
  return Number(database.prepare(`pragma ${name}`).get()?.[name]);
}
