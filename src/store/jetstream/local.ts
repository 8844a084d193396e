// The disposable file of one partition: rows as SQLite keeps them, without waiting for the disk, since the stream is the truth and
// a file that is lost is filled again. And the folder for them, which one process has at a time.

import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GatewayError } from '../../core/errors.ts';
import { openDatabase } from '../sqlite/database.ts';
import { asFailure } from '../sqlite/failures.ts';
import { SqliteRows } from '../sqlite/rows.ts';
import type { NatsAddress } from './address.ts';

/** Gateways of one store on one machine that may share the folder for temporary files. */
const MOST = 64;
const LOCK = 'lock.db';

export interface LocalFolder {
  /** Rows in a new file; `close` removes it. */
  open(name: string): SqliteRows;
  close(): void;
}

/** Takes the folder and wipes what an earlier process left. Throws `store_locked` if another one has it. */
export function takeFolder(address: Pick<NatsAddress, 'local' | 'prefix' | 'servers'>): LocalFolder {
  if (address.local !== null) return take(address.local);
  const digest = createHash('sha256').update(`${address.prefix} ${address.servers.join()}`).digest('hex');
  for (let index = 0; index < MOST; index += 1) {
    try {
      return take(join(tmpdir(), `sluis-${process.getuid?.() ?? 0}-${digest.slice(0, 12)}-${index}`));
    } catch (error) {
      if (!(error instanceof GatewayError && error.code === 'store_locked')) throw error;
    }
  }
  throw new GatewayError('store_locked', 'too many gateways share the temporary folder; write `local=PATH`');
}

function take(path: string): LocalFolder {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    // Fails for a folder that is another user's.
    chmodSync(path, 0o700);
    const lock = openDatabase(join(path, LOCK));
    const mine = (name: string): boolean => name.startsWith('spool-');
    const wipe = (): void => {
      // Who cleans up temporary files may have been here.
      if (!existsSync(path)) return;
      for (const name of readdirSync(path)) if (mine(name)) rmSync(join(path, name), { force: true });
    };
    wipe();
    return {
      open: (name) => openRows(join(path, `spool-${name}.db`)),
      close() {
        wipe();
        lock.close();
      },
    };
  } catch (error) {
    throw asFailure(error);
  }
}

class DisposableRows extends SqliteRows {
  readonly #file: string;

  constructor(file: string) {
    const database = openDatabase(file);
    database.exec('pragma synchronous = off; pragma cache_size = -4000');
    super(database, file);
    this.#file = file;
  }

  override close(): void {
    super.close();
    for (const ending of ['', '-wal', '-shm', '-journal']) rmSync(this.#file + ending, { force: true });
  }
}

const openRows = (file: string): SqliteRows => new DisposableRows(file);
